// What the latest days' new counts are expected to be once their source has settled on them.

import { get, nowcastPath } from "../api.js";
import { dayOf } from "../days.js";
import { h } from "../dom.js";
import * as i18n from "../i18n.js";

const { t } = i18n;
const COLOR = 2;
const NONE = { intervals: null, rows: () => [], legend: [], note: [], message: null };

export class Nowcast {
  #lines = new Map(); // by address; null while they come, or if they do not
  #failed = new Set();

  /** `onChange()` is called when one has come that was asked for. */
  constructor(catalog, onChange) {
    this.catalog = catalog;
    this.onChange = onChange;
  }

  /** What a chart of a view (see points.js) adds: { intervals, rows(day), legend, note, message }. */
  of(view, { source, region, moment }) {
    const field = this.catalog.counts.find((count) => view.column === `new_${count}`);
    // Merged rows are no reports: where PHAC counts by day they are its own.
    const publisher = source === "merged" ? "phac" : source;
    if (!field || !this.catalog.has(publisher, region)) return NONE;
    const path = nowcastPath({ source: publisher, region, field, moment });
    if (!this.#lines.has(path)) this.#load(path);
    if (this.#failed.has(path)) return { ...NONE, message: h("p", { class: "muted nowcast" }, t("nowcast.failed")) };
    const lines = this.#lines.get(path);
    return lines?.length ? this.#shown(lines, view, publisher, path) : NONE;
  }

  async #load(path) {
    this.#lines.set(path, null);
    try {
      this.#lines.set(path, (await get(path)).data);
    } catch {
      this.#failed.add(path); // the rows are shown all the same
    }
    this.onChange();
  }

  #shown(lines, view, publisher, path) {
    const known = lines.filter((one) => one.reason === null);
    const number = (value) => i18n.number(value * view.factor, view.form);
    const days = new Map(known.map((one) => [dayOf(one.date), one]));
    const changing = known.filter((one) => one.lower !== one.reported || one.upper !== one.reported).length;
    const of = { source: this.catalog.sourceTitle(publisher), days: i18n.number(lines.at(-1).learnt_from), reports: i18n.number(lines.at(-1).reports), last: i18n.date(dayOf(lines.at(-1).date)) };
    return {
      intervals: known.length ? { color: COLOR, points: known.map((one) => [dayOf(one.date), one.lower * view.factor, one.upper * view.factor]) } : null,
      rows: (day) => {
        const one = days.get(day);
        return one ? [[t("nowcast.expected"), t("nowcast.range", { expected: number(one.expected), lower: number(one.lower), upper: number(one.upper) }), COLOR]] : [];
      },
      legend: known.length ? [[`interval k${COLOR}`, t("legend.nowcast")]] : [],
      note: [t("nowcast.note")],
      message: h("p", { class: "muted nowcast" },
        known.length ? t("nowcast.said", { ...of, changing: i18n.number(changing), number: i18n.number(known.length) }) : t("nowcast.none", of),
        " ", h("a", { href: path }, t("nowcast.numbers"))),
    };
  }
}
