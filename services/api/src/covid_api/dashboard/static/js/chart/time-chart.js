// The chart over time: lines, daily bars, marks on days, and a strip that says why numbers are missing.

import { put, svg, h, unique } from "../dom.js";
import * as i18n from "../i18n.js";
import { boxes } from "./intervals.js";
import { band, bars, line, runs } from "./paths.js";
import { days, linear, logarithmic } from "./scale.js";
import { sized } from "./size.js";

const BOTTOM = 26;
const TOP = 14;
const STRIP = 9;
const CLIP = -0.18; // a correction may be larger than all else: its bar is cut here, and its mark says how large it is
const LABELS = 4; // of marks: the largest are named
const LABEL_WIDTH = 62;

/** Draws a spec into a host.
 *
 * spec: { label, days: [first, last], form, scale: "linear" | "log", height,
 *   lines: [{ label, color, points: [[day, value]], muted }], bars: { label, color, points } | null,
 *   band: { color, points: [[day, low, high]] } | null, level: a number that a line marks, or null,
 *   intervals: of single days { color, points: [[day, low, high]] } | null,
 *   marks: [{ day, value, text, kind, onPick() }], spans: Map(status → [[first, last]]), statusName(id),
 *   endLabels: whether lines are named at their ends, clip: whether far negative bars are cut,
 *   rows(day): [[label, text, color]], onPick(day), picked: the day last picked, or null }
 * A color is the number of a CSS colour, --c1 and so on.
 */
export class TimeChart {
  constructor(host) {
    this.host = host;
    this.spec = null;
    this.day = null;
    this.tip = h("div", { class: "tip", hidden: true });
    this.root = svg("svg", { class: "chart", tabindex: 0, role: "slider" });
    put(host, this.root, this.tip);
    this.root.addEventListener("pointermove", (event) => this.#point(event));
    this.root.addEventListener("pointerleave", () => this.#show(null));
    this.root.addEventListener("blur", () => this.#show(null));
    this.root.addEventListener("focus", () => this.#show(this.day ?? this.spec?.days[1] ?? null));
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.root.addEventListener("click", (event) => {
      this.#point(event); // a finger does not move before it taps
      this.#pick();
    });
    this.sizing = sized(host, (width) => this.#draw(width));
  }

  /** Draw it, or draw it again: who is reading a day goes on reading it, unless it is not there any more. */
  render(spec) {
    const reading = !this.tip.hidden;
    const [first, last] = spec.days;
    if (this.day < first || this.day > last) this.day = null;
    this.spec = spec;
    this.sizing.redraw();
    this.#show(reading ? this.day : null);
  }

  stop() {
    this.sizing.stop();
  }

  #draw(width) {
    const spec = this.spec;
    if (!spec) return;
    const height = spec.height ?? Math.max(260, Math.min(440, width * 0.52));
    const inView = (points) => points.filter(([day]) => day >= spec.days[0] && day <= spec.days[1]);
    const lines = spec.lines.map((each) => ({ ...each, points: inView(each.points) }));
    const barPoints = spec.bars ? inView(spec.bars.points) : [];
    const bandPoints = spec.band ? inView(spec.band.points) : [];
    const intervals = spec.intervals ? inView(spec.intervals.points) : [];
    const level = spec.level ?? null;
    const values = [
      ...[...lines.flatMap((each) => each.points), ...barPoints].map(([, value]) => value),
      ...[...bandPoints, ...intervals].flatMap(([, low, high]) => [low, high]),
      level,
    ]
      .filter((value) => value !== null && value !== undefined);
    const hasStrip = spec.spans.size > 0;
    const bottom = height - BOTTOM - (hasStrip ? STRIP + 4 : 0);
    const y = this.#vertical(values, [bottom, TOP]);
    const labels = y.ticks.map((value) => i18n.tick(value, spec.form));
    const left = Math.max(30, 12 + Math.max(0, ...labels.map((label) => label.length)) * 7.2);
    const named = lines.filter((each) => !each.muted);
    const wide = spec.endLabels && width > 620;
    const longest = wide ? Math.max(...named.map((each) => each.label.length), 0) : 0;
    const right = width - (wide ? Math.min(190, longest * 7 + 18) : 14);
    const x = days(spec.days, [left + 4, right]);
    this.geometry = { x, y, width, height, bottom };

    const base = spec.scale === "log" ? bottom : y(0);
    const statuses = [...spec.spans];
    this.root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.root.setAttribute("width", width);
    this.root.setAttribute("height", height);
    this.root.setAttribute("aria-label", spec.label);
    this.root.setAttribute("aria-valuemin", spec.days[0]);
    this.root.setAttribute("aria-valuemax", spec.days[1]);
    this.#say();
    const clipId = unique("clip");
    put(
      this.root,
      svg("defs", {},
        svg("clipPath", { id: clipId }, svg("rect", { x: left, y: TOP - 6, width: Math.max(0, right - left + 6), height: bottom - TOP + 8 })),
        statuses.map(([status]) => pattern(status))),
      svg("g", { class: "grid" }, y.ticks.map((value, i) => [
        svg("line", { x1: left, x2: right, y1: y(value), y2: y(value), class: value === 0 ? "zero" : null }),
        svg("text", { x: left - 6, y: y(value), dy: "0.32em", "text-anchor": "end" }, labels[i]),
      ])),
      svg("g", { class: "time" }, x.ticks.map((mark) => [
        svg("line", { x1: x(mark.day), x2: x(mark.day), y1: bottom, y2: bottom + 5 }),
        svg("text", { x: x(mark.day), y: height - 6, "text-anchor": anchor(x(mark.day), left, right) }, dayLabel(mark, x.ticks[0])),
      ])),
      svg("g", { "clip-path": `url(#${clipId})` },
        spec.bars ? svg("path", { class: `bars f${spec.bars.color} ${lines.length ? "" : "alone"}`, d: bars(barPoints, x, y, base, [TOP, bottom]) }) : null,
        spec.band ? svg("path", { class: `band f${spec.band.color}`, d: band(bandPoints, x, (value) => (spec.scale === "log" && value <= 0 ? NaN : y(value))) }) : null,
        level === null ? null : svg("line", { class: "level", x1: left, x2: right, y1: y(level), y2: y(level) }),
        spec.intervals ? svg("path", { class: `intervals f${spec.intervals.color} s${spec.intervals.color}`, d: boxes(intervals, x, y, [TOP, bottom]) }) : null,
        lines.map((each) => svg("path", { class: `line s${each.color} ${each.muted ? "muted" : ""}`, d: line(each.points, x, (value) => (spec.scale === "log" && value <= 0 ? NaN : y(value))) }))),
      hasStrip ? svg("g", { class: "strip" }, statuses.map(([status, spans]) =>
        svg("path", { class: `status ${status}`, fill: `url(#status-${status})`, d: runs(clipRuns(spans, spec.days), x, bottom + 7, STRIP) },
          svg("title", {}, spec.statusName(status))))) : null,
      svg("g", { class: "marks" }, this.#marks(x, y, base, bottom)),
      wide ? svg("g", { class: "ends" }, endLabels(named, x, y, right, TOP, bottom)) : null,
      (this.picked = svg("g", { class: "picked" })),
      (this.cross = svg("g", { class: "cross", hidden: true })),
    );
    this.#mark();
  }

  #vertical(values, range) {
    const spec = this.spec;
    if (spec.scale === "log") {
      const positive = values.filter((value) => value > 0);
      const low = positive.length ? Math.min(...positive) : 1;
      const high = positive.length ? Math.max(...positive) : 10;
      return logarithmic([low, high > low ? high : low * 10], range);
    }
    const high = Math.max(...values, values.length ? -Infinity : 1) || 1;
    const least = Math.min(...values, 0);
    const low = spec.clip ? Math.max(least, Math.abs(high) * CLIP) : least;
    const top = high <= 0 ? 1 : high;
    return linear([low, low === top ? top + 1 : top * 1.04], range, 5);
  }

  #marks(x, y, base, bottom) {
    const [first, last] = this.spec.days;
    const seen = this.spec.marks.filter((mark) => mark.day >= first && mark.day <= last);
    const labelled = new Set();
    for (const mark of [...seen].sort((a, b) => Math.abs(b.value) - Math.abs(a.value))) {
      const crowded = [...labelled].some((other) => Math.abs(x(other.day) - x(mark.day)) < LABEL_WIDTH);
      if (!crowded && labelled.size < LABELS) labelled.add(mark);
    }
    return seen.map((mark) => {
      const top = mark.kind === "correction" ? Math.min(base + 4, bottom - 4) : y(mark.value);
      const text = labelled.has(mark);
      const shape = mark.kind === "correction" ? "M-4.5 0h9L0 7Z" : "M0-5a5 5 0 1 0 .01 0Z";
      const pick = mark.onPick && ((event) => {
        event.stopPropagation();
        mark.onPick();
      });
      return svg("g", { class: `mark ${mark.kind}`, onclick: pick, transform: `translate(${x(mark.day).toFixed(1)} ${top.toFixed(1)})` },
        svg("path", { d: shape }, svg("title", {}, mark.text)),
        text ? svg("text", { y: mark.kind === "correction" ? 18 : -10, "text-anchor": x(mark.day) > x(last) - 40 ? "end" : "middle" }, mark.short) : null);
    });
  }

  #point(event) {
    if (!this.geometry) return;
    const box = this.root.getBoundingClientRect();
    const [first, last] = this.spec.days;
    this.#show(Math.min(last, Math.max(first, this.geometry.x.invert(event.clientX - box.left))));
  }

  #key(event) {
    const [first, last] = this.spec.days;
    const now = this.day ?? last;
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -30, PageUp: 30 };
    let next = null;
    if (event.key in moves) next = now + moves[event.key];
    if (event.key === "Home") next = first;
    if (event.key === "End") next = last;
    if (event.key === "Enter") this.#pick();
    if (next === null) return;
    event.preventDefault();
    this.#show(Math.min(last, Math.max(first, next)));
  }

  #pick() {
    if (!this.spec?.onPick) return;
    this.spec.picked = this.day ?? this.spec.days[1];
    this.#mark();
    this.spec.onPick(this.spec.picked);
  }

  /** The line at the day that was picked. */
  #mark() {
    const { x, bottom } = this.geometry;
    const { picked = null, days: [first, last] } = this.spec;
    const seen = picked !== null && picked >= first && picked <= last;
    put(this.picked, seen ? svg("line", { x1: x(picked), x2: x(picked), y1: TOP, y2: bottom }) : null);
  }

  #say() {
    const day = this.day ?? this.spec.days[1];
    this.root.setAttribute("aria-valuenow", day);
    const rows = this.spec.rows(day).map(([label, text]) => `${label} ${text}`);
    this.root.setAttribute("aria-valuetext", `${i18n.date(day)}: ${rows.join("; ")}`);
  }

  #show(day) {
    if (!this.geometry) return;
    this.tip.hidden = day === null;
    this.cross.toggleAttribute("hidden", day === null);
    if (day === null) return;
    this.day = day;
    this.#say();
    const { x, y, width, bottom } = this.geometry;
    const at = x(day);
    const dots = this.spec.lines.filter((each) => !each.muted).map((each) => {
      const point = each.points.find(([where]) => where === day);
      const value = point?.[1];
      if (value === null || value === undefined || (this.spec.scale === "log" && value <= 0)) return null;
      return svg("circle", { class: `dot f${each.color}`, cx: at, cy: y(value), r: 4 });
    });
    put(this.cross, svg("line", { x1: at, x2: at, y1: TOP, y2: bottom }), ...dots);
    put(this.tip, h("strong", {}, i18n.date(day, "medium")), h("dl", {}, this.spec.rows(day).map(([label, text, color]) => [
      h("dt", { class: color ? `k${color}` : null }, label), h("dd", {}, text),
    ])));
    const room = this.tip.offsetWidth + 14;
    this.tip.style.left = `${at + room > width ? Math.max(0, at - room) : at + 14}px`;
    this.tip.style.top = `${TOP}px`;
  }
}

function anchor(at, left, right) {
  if (at < left + 14) return "start";
  return at > right - 14 ? "end" : "middle";
}

function dayLabel({ day, kind }, first) {
  if (kind === "year") return String(new Date(day * 86_400_000).getUTCFullYear());
  if (kind === "day") return i18n.date(day, "dayMonth");
  const january = new Date(day * 86_400_000).getUTCMonth() === 0;
  return i18n.date(day, january || day === first.day ? "monthYear" : "month");
}

function clipRuns(spans, [first, last]) {
  return spans
    .filter(([a, b]) => b >= first && a <= last)
    .map(([a, b]) => [Math.max(a, first), Math.min(b, last)]);
}

/** The names at the ends of lines, pushed apart so that none covers another. */
function endLabels(lines, x, y, right, top, bottom) {
  const step = 15;
  const ends = lines
    .map((each) => ({ ...each, end: each.points.findLast(([, value]) => value !== null && value !== undefined) }))
    .filter((each) => each.end && Number.isFinite(y(each.end[1])))
    .map((each) => ({ ...each, at: Math.min(bottom, Math.max(top, y(each.end[1]))) }))
    .sort((a, b) => a.at - b.at);
  ends.forEach((each, i) => (each.at = i ? Math.max(each.at, ends[i - 1].at + step) : each.at));
  let floor = bottom + 4;
  for (const each of ends.toReversed()) {
    each.at = Math.min(each.at, floor);
    floor = each.at - step;
  }
  return ends.map((each) => svg("text", { class: `f${each.color}`, x: right + 10, y: each.at, dy: "0.32em" }, each.label));
}

/** The hatching of a status; each differs by form and not by colour alone. */
export function pattern(status) {
  const shapes = {
    missing: [svg("path", { d: "M0 6L6 0", class: "hatch" })],
    suppressed: [svg("path", { d: "M0 6L6 0M0 0L6 6", class: "hatch" })],
    not_due: [svg("circle", { cx: 3, cy: 3, r: 1.1, class: "spot" })],
    ended: [svg("rect", { width: 6, height: 6, class: "solid" })],
  };
  return svg("pattern", { id: `status-${status}`, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
    svg("rect", { width: 6, height: 6, class: "ground" }), shapes[status]);
}
