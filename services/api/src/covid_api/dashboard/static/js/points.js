// From rows to what charts draw.

import { runsOf } from "./chart/paths.js";

/** What a source's region shows of a measure. `scaled`: per so many inhabitants, where that makes sense. */
export class View {
  constructor(catalog, series, column, scaled = false) {
    this.catalog = catalog;
    this.series = series;
    this.column = column;
    this.measure = catalog.measure(column);
    const population = catalog.regions.get(series.region)?.population;
    this.scaled = scaled && this.measure.scalable && Boolean(population);
    this.factor = this.scaled ? catalog.per / population : 1;
  }

  get form() {
    return this.scaled ? "decimal" : this.measure.form;
  }

  value(row) {
    const value = row?.[this.column] ?? null;
    return value === null ? null : value * this.factor;
  }

  at(day) {
    return this.value(this.series.rows.get(day));
  }

  get points() {
    return this.series.list.map((row) => [row.day, this.value(row)]);
  }
}

/** The measure that evens out a daily one, and the other way round: [daily, average], or null for others. */
export function dailyPair(catalog, column) {
  const field = catalog.counts.find((count) => column === `new_${count}` || column === `avg7_${count}`);
  return field ? [`new_${field}`, `avg7_${field}`] : null;
}

/** The columns of the effective reproduction number, the lower and the upper end of its interval. */
const RT = ["rt", "rt_lower", "rt_upper"];

/** The interval [day, low, high] around a measure that has one, and the number that it is compared with. */
export function interval(column, series) {
  if (!RT.includes(column)) return { band: null, level: null };
  return { band: series.list.map((row) => [row.day, row.rt_lower ?? null, row.rt_upper ?? null]), level: 1 };
}

/** Why a row has no effective reproduction number, or what to know about it; null where there is nothing. */
export function rtNote(catalog, column, row) {
  return (RT.includes(column) && catalog.rtNotes.get(row?.rt_note)) || null;
}

const GRAVEST_FIRST = ["suppressed", "missing", "ended", "not_due"];

/** The status of a measure's inputs on a row, the gravest where there are several; null for plain numbers. */
export function statusOf(measure, row) {
  const given = measure.inputs.map((field) => row[`${field}_status`]);
  return GRAVEST_FIRST.find((status) => given.includes(status)) ?? null;
}

/** Map(status → runs of days) of a measure. */
export function statusRuns(measure, series) {
  const found = new Map();
  for (const status of GRAVEST_FIRST) {
    const runs = runsOf(series.list, (row) => statusOf(measure, row) === status);
    if (runs.length) found.set(status, runs);
  }
  return found;
}

/** The days on which a cumulative count fell: [{ day, field, size }], sizes negative. */
export function corrections(measure, series) {
  return series.list.flatMap((row) =>
    measure.inputs.filter((field) => row[`new_${field}`] < 0).map((field) => ({ day: row.day, field, size: row[`new_${field}`] })));
}

/** The first and last day of several series; not finite where none has a row. */
export function spanOf(several) {
  const known = several.filter((series) => series.first !== null);
  return [Math.min(...known.map((series) => series.first)), Math.max(...known.map((series) => series.last))];
}

/** The days of a period on which any of several series has a row, the newest first. */
export function daysOf(several, [first, last]) {
  const all = new Set(several.flatMap((series) => series.list.map((row) => row.day)));
  return [...all].filter((day) => day >= first && day <= last).sort((a, b) => b - a);
}

/** The fields that a measure's chart needs of the API. */
export function fieldsFor(catalog, columns) {
  const fields = new Set();
  for (const column of columns) {
    fields.add(column);
    if (RT.includes(column)) [...RT, "rt_note"].forEach((name) => fields.add(name));
    for (const field of catalog.measure(column).inputs) {
      fields.add(`${field}_status`);
      fields.add(`new_${field}`);
    }
  }
  return [...fields].sort();
}
