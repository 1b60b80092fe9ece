// Numbers to SVG path data.

const GAP_DAYS = 7; // a weekly series is one line; anything longer without a row is a gap

const round = (value) => Math.round(value * 10) / 10;

/** A line through points [day, value]; it breaks at nulls and where rows are more than a week apart. */
export function line(points, x, y) {
  let path = "";
  let before = null;
  for (const [day, value] of points) {
    if (value === null || value === undefined || Number.isNaN(y(value)) || !Number.isFinite(y(value))) {
      before = null;
      continue;
    }
    const joined = before !== null && day - before <= GAP_DAYS;
    // A single point is drawn as a dot, which a line of no length with round caps is.
    path += `${joined ? "L" : "M"}${round(x(day))} ${round(y(value))}`;
    if (!joined) path += "h0";
    before = day;
  }
  return path;
}

/** The area between the ends of points [day, low, high]; it breaks where a line does. */
export function band(points, x, y) {
  const runs = [];
  let before = null;
  for (const [day, low, high] of points) {
    if (!Number.isFinite(low === null || high === null ? NaN : y(low) + y(high))) {
      before = null;
      continue;
    }
    if (before === null || day - before > GAP_DAYS) runs.push([]);
    runs.at(-1).push([round(x(day)), round(y(low)), round(y(high))]);
    before = day;
  }
  return runs
    .map((run) => `M${run.map(([at, , high]) => `${at} ${high}`).join("L")}L${run.toReversed().map(([at, low]) => `${at} ${low}`).join("L")}Z`)
    .join("");
}

/** Bars of points [day, value] from a base line, one path for all. */
export function bars(points, x, y, base, clip) {
  const width = Math.max(0.6, Math.min(24, (x(1) - x(0)) * 0.75));
  let path = "";
  for (const [day, value] of points) {
    if (!value) continue;
    const top = Math.min(Math.max(y(value), clip[0]), clip[1]);
    if (!Number.isFinite(top)) continue;
    path += `M${round(x(day) - width / 2)} ${round(base)}V${round(top)}h${round(width)}V${round(base)}Z`;
  }
  return path;
}

/** Runs of days as rectangles, one path for all. */
export function runs(spans, x, top, height) {
  return spans
    .map(([first, last]) => `M${round(x(first - 0.5))} ${top}H${round(Math.max(x(last + 0.5), x(first - 0.5) + 1.2))}v${height}H${round(x(first - 0.5))}Z`)
    .join("");
}

/** Runs [first, last] of the days on which something holds; days without a row end a run. */
export function runsOf(rows, holds) {
  const found = [];
  for (const row of rows) {
    if (!holds(row)) continue;
    const run = found.at(-1);
    if (run && run[1] === row.day - 1) run[1] = row.day;
    else found.push([row.day, row.day]);
  }
  return found;
}
