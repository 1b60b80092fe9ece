// Charts are drawn for the width that they have, and again when it changes.

const LEAST = 80; // pixels; a page on its way out is narrower

/** Calls `draw(width)` now, when the host's width changes, and when `redraw()` of the result is called. */
export function sized(host, draw) {
  let width = 0;
  const observer = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now >= LEAST && now !== width) {
      width = now;
      draw(width);
    }
  });
  observer.observe(host);
  return {
    redraw: () => width && draw(width),
    stop: () => observer.disconnect(),
  };
}
