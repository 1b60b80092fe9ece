"""Charts without a browser: a region's metric over time as PNG or SVG, in English or French."""
