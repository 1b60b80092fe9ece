// Intervals of single days to SVG path data.

const LEAST = 2; // pixels: an interval of one number is seen, too

const round = (value) => Math.round(value * 10) / 10;

/** A box for each of points [day, low, high], narrower than a bar; one path for all. `clip`: [top, bottom]. */
export function boxes(points, x, y, clip) {
  const width = Math.max(1.2, Math.min(16, (x(1) - x(0)) * 0.5));
  const inside = (value) => Math.min(Math.max(y(value), clip[0]), clip[1]);
  let path = "";
  for (const [day, low, high] of points) {
    const [top, bottom] = [inside(high), inside(low)];
    if (!Number.isFinite(top)) continue; // on a logarithmic scale there is no zero
    const end = Math.max(Number.isFinite(bottom) ? bottom : clip[1], top + LEAST);
    path += `M${round(x(day) - width / 2)} ${round(top)}h${round(width)}V${round(end)}h${round(-width)}Z`;
  }
  return path;
}
