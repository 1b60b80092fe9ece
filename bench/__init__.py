"""Side-by-side measurements: the product, and the plainest program that does the same work."""
