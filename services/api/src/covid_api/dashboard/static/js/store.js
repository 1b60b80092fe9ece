// The rows that pages have asked for, and what the live stream changes of them.

import { get, metricsPath } from "./api.js";
import { dayOf } from "./days.js";

/** Rows of one source and region, by day. */
export class Series {
  constructor(source, region) {
    this.source = source;
    this.region = region;
    this.rows = new Map();
    this.complete = new Set(); // fields that every row has
    this.sorted = null;
  }

  /** Rows in the order of days. */
  get list() {
    this.sorted ??= [...this.rows.values()].sort((a, b) => a.day - b.day);
    return this.sorted;
  }

  get first() {
    return this.list[0]?.day ?? null;
  }

  get last() {
    return this.list.at(-1)?.day ?? null;
  }

  /** A column's value on a day, null where there is none. */
  at(day, column) {
    return this.rows.get(day)?.[column] ?? null;
  }

  /** The last day on which a column has a number, null if never. */
  lastKnown(column, until = Infinity) {
    for (let i = this.list.length - 1; i >= 0; i -= 1) {
      const row = this.list[i];
      if (row.day <= until && row[column] !== null && row[column] !== undefined) return row.day;
    }
    return null;
  }

  put(row) {
    const day = dayOf(row.date);
    this.rows.set(day, { ...this.rows.get(day), ...row, day });
    this.sorted = null;
  }

  remove(day) {
    this.rows.delete(day);
    this.sorted = null;
  }

  /** Have the days of these rows alone. Of a day that stays, fields that they lack are kept. */
  replace(rows) {
    const before = this.rows;
    this.rows = new Map();
    for (const row of rows) this.put({ ...before.get(dayOf(row.date)), ...row });
    this.sorted = null;
  }
}

const MOST_CHANGES = 2000;

/** Whether a row is newer than another; one that was loaded without its revision is not. */
function isNewer(row, than) {
  if (row.revision === undefined) return false;
  return row.generation === than.generation ? row.revision > than.revision : row.generation > than.generation;
}

/** Rows of today, or as they were known at a moment: those the stream does not change. */
export class Store extends EventTarget {
  /** `moment`: { time, date } or null, as in api.js. */
  constructor(moment = null) {
    super();
    this.moment = moment;
  }

  #series = new Map();
  #changes = []; // what the stream changed while the page is open, the newest last
  #asking = 0; // answers under way
  #meanwhile = []; // what the stream told since the first of them was asked for: they may have been read before

  /** A source's region; empty until loaded. */
  series(source, region) {
    const key = `${source}#${region}`;
    if (!this.#series.has(key)) this.#series.set(key, new Series(source, region));
    return this.#series.get(key);
  }

  /** Nothing of what was asked for is there. */
  get empty() {
    return [...this.#series.values()].every((series) => series.first === null);
  }

  /** Have these fields of these regions, asking only for what is missing. Throws ApiError.
   *
   * With `from` only the days since then are sure to be there afterwards.
   */
  async load(source, regions, fields, { from = null } = {}) {
    const lacking = regions.filter((region) => fields.some((field) => !this.series(source, region).complete.has(field)));
    if (!lacking.length) return;
    const asked = lacking.map((region) => this.series(source, region));
    const wanted = fields.filter((field) => asked.some((series) => !series.complete.has(field)));
    const path = metricsPath({ source, regions: lacking, fields: wanted, from, moment: this.moment });
    await this.#answered(get(path), (answer) => {
      for (const row of answer.data) this.series(source, row.region).put(row);
      if (from === null) for (const series of asked) wanted.forEach((field) => series.complete.add(field));
    });
  }

  /** Take an answer, and then once more what the stream told meanwhile. */
  async #answered(answer, take) {
    this.#asking += 1;
    try {
      take(await answer);
    } finally {
      this.#asking -= 1;
      const told = this.#meanwhile;
      if (!this.#asking) this.#meanwhile = [];
      this.#apply(told);
    }
  }

  /** Apply rows of the stream. "seen" tells of all of them, "rows" that something changed of what is loaded. */
  apply(rows) {
    this.dispatchEvent(new CustomEvent("seen", { detail: rows }));
    if (this.#asking) this.#meanwhile.push(...rows);
    this.#apply(rows);
  }

  #apply(rows) {
    const applied = [];
    for (const row of rows) {
      const series = this.#series.get(`${row.source}#${row.region}`);
      if (!series?.complete.size) continue;
      const day = dayOf(row.date);
      const before = series.rows.get(day) ?? null;
      if (before && isNewer(before, row)) continue;
      if (row.deleted) series.remove(day);
      else series.put(row);
      applied.push({ row, day, before });
    }
    if (!applied.length) return;
    const known = new Set(this.#changes.map(({ row }) => row));
    const changes = applied.filter(({ row }) => !known.has(row));
    this.#changes = [...this.#changes, ...changes].slice(-MOST_CHANGES);
    this.dispatchEvent(new Event("rows"));
  }

  /** What the stream changed of a source's region while the page is open. */
  changesOf(source, region) {
    return this.#changes.filter(({ row }) => row.source === source && row.region === region);
  }

  /** Ask again for all that is loaded: the stream could not say what changed meanwhile. */
  async reload() {
    const loaded = [...this.#series.values()].filter((series) => series.complete.size);
    const asked = loaded.map(async (series) => {
      const { source, region, complete } = series;
      return [series, await get(metricsPath({ source, regions: [region], fields: [...complete] }))];
    });
    await this.#answered(Promise.all(asked), (fresh) => {
      for (const [series, answer] of fresh) series.replace(answer.data);
    });
    this.dispatchEvent(new Event("rows"));
  }
}
