// A line the size of a word.

import { svg } from "../dom.js";
import { line } from "./paths.js";
import { days, linear } from "./scale.js";

/** Points [day, value] as a small picture, with a dot on a day. */
export function spark(points, { width = 120, height = 28, color = 1, day = null } = {}) {
  const known = points.filter(([, value]) => value !== null && value !== undefined);
  const root = svg("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
  if (known.length < 2) return root;
  const values = known.map(([, value]) => value);
  const x = days([points[0][0], points.at(-1)[0]], [2, width - 3]);
  const y = linear([Math.min(0, ...values), Math.max(...values) || 1], [height - 3, 3]);
  root.append(svg("path", { class: `line s${color}`, d: line(points, x, y) }));
  const at = day === null ? null : known.findLast(([where]) => where <= day);
  if (at) root.append(svg("circle", { class: `dot f${color}`, cx: x(at[0]), cy: y(at[1]), r: 2.4 }));
  return root;
}
