// Scales map values to pixels; each knows the round values at which an axis is marked.

import { dateOf, monthStart } from "../days.js";

/** Equal steps. `domain` and `range` are pairs. */
export function linear([low, high], [from, to], wanted = 5) {
  const span = high - low || 1;
  const scale = (value) => from + ((value - low) / span) * (to - from);
  const step = niceStep(span / wanted);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) ticks.push(i * step);
  return Object.assign(scale, { ticks, domain: [low, high], invert: (pixel) => low + ((pixel - from) / (to - from)) * span });
}

/** Equal factors; values must be positive. Marked at powers of ten, and at 2 and 5 where there are few. */
export function logarithmic([low, high], [from, to]) {
  const [start, end] = [Math.log10(low), Math.log10(high)];
  const span = end - start || 1;
  const scale = (value) => from + ((Math.log10(value) - start) / span) * (to - from);
  const powers = [];
  for (let power = Math.floor(start); power <= Math.ceil(end); power += 1) {
    const factors = span > 3 ? [1] : span > 1.5 ? [1, 3] : [1, 2, 5];
    powers.push(...factors.map((factor) => Number(`${factor}e${power}`)));
  }
  const ticks = powers.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  return Object.assign(scale, { ticks, domain: [low, high] });
}

/** The least of 1, 2, 2.5 and 5 times a power of ten that is at least `rough`. */
export function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999);
}

/** Days. Ticks: { day, kind }, kind being year, month or day, no closer than `least` pixels. */
export function days([first, last], [from, to], least = 70) {
  const span = last - first || 1;
  const scale = (day) => from + ((day - first) / span) * (to - from);
  const invert = (pixel) => Math.round(first + ((pixel - from) / (to - from)) * span);
  const most = Math.max(2, (to - from) / least);
  return Object.assign(scale, { ticks: dayTicks(first, last, most), domain: [first, last], invert });
}

function dayTicks(first, last, most) {
  const months = (last - first) / 30.4;
  const every = [1, 2, 3, 4, 6, 12, 24, 60].find((step) => months / step <= most) ?? 120;
  if (months < most / 2) {
    const step = [1, 2, 7, 14].find((each) => (last - first) / each <= most) ?? 30;
    const ticks = [];
    for (let day = first; day <= last; day += step) ticks.push({ day, kind: "day" });
    return ticks;
  }
  const ticks = [];
  const year = dateOf(first).getUTCFullYear();
  for (let month = 0; ; month += every) {
    const day = monthStart(year, month);
    if (day > last) return ticks;
    if (day >= first) ticks.push({ day, kind: every >= 12 ? "year" : "month" });
  }
}

/** Where a colour scale changes: `count` - 1 round values between which the values fall about evenly. */
export function breaks(values, count) {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  if (!sorted.length) return [];
  const cuts = [];
  for (let i = 1; i < count; i += 1) {
    const value = sorted[Math.floor((i / count) * sorted.length)];
    const power = 10 ** Math.floor(Math.log10(value));
    const round = [1, 2, 5, 10].reduce((best, factor) =>
      Math.abs(Math.log(factor * power / value)) < Math.abs(Math.log(best / value)) ? factor * power : best, power);
    const exact = Number(round.toPrecision(1));
    if (exact > (cuts.at(-1) ?? 0)) cuts.push(exact);
  }
  return cuts;
}
