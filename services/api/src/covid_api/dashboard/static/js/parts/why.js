// Why a day's number is what it is: the formula, the counts put into it, and the records that these are of.

import { explainPath, get, historyPath } from "../api.js";
import { dayOf, isoOf } from "../days.js";
import { h, put, unique } from "../dom.js";
import * as i18n from "../i18n.js";
import { rtNote } from "../points.js";
import { table } from "./controls.js";
import { failure } from "./message.js";

const { t } = i18n;
const DIGITS = 10; // of a result: as many as a pocket calculator shows

export class Why {
  #shown = null;

  constructor(catalog) {
    this.catalog = catalog;
    const id = unique("why");
    this.lead = h("p", { role: "status" });
    this.body = h("div", {});
    this.element = h("section", { class: "card why", "aria-labelledby": id }, h("h2", { id }, t("why.title")), this.lead, this.body);
  }

  /** Explain measures of a day, if that is not what stands here.
   *
   * `moment`: as known when, null for now. `row`: of that day, as it was known then; none where nothing was
   * reported. `after`: nodes that follow. Without a day it says how one is chosen.
   */
  async show(spec) {
    const { source, region, day, moment, row, columns, after } = spec;
    const key = JSON.stringify([source, region, day, moment, columns, row?.revision, columns.map((column) => row?.[column])]);
    if (key === this.#shown) return;
    this.#shown = key;
    this.body.removeAttribute("aria-busy");
    if (day === null) {
      put(this.lead, t("why.hint"));
      put(this.body);
      return;
    }
    put(this.lead, t("why.lead", { region: this.catalog.regionName(region), date: i18n.date(day), source: this.catalog.sourceTitle(source) }), " ", this.#when(moment));
    put(this.body, row ? [] : h("p", {}, t("no-report")));
    if (!row) return;
    this.body.setAttribute("aria-busy", "true");
    let content;
    try {
      const id = `${source}:${region}:${isoOf(day)}`;
      const explained = [];
      // One at a time: what was known then comes from the log.
      for (const column of columns) explained.push(await get(explainPath(id, column, moment)));
      content = [explained.map((each) => this.#explained(each, row)), after];
    } catch (error) {
      content = failure(error, () => {
        this.#shown = null;
        this.show(spec);
      });
    }
    if (key !== this.#shown) return; // another day was chosen meanwhile
    this.body.removeAttribute("aria-busy");
    put(this.body, content);
  }

  #when(moment) {
    return moment ? t(`why.when.${moment.time}`, { date: i18n.date(dayOf(moment.date)) }) : t("why.when.now");
  }

  #explained(answer, row) {
    const measure = this.catalog.measure(answer.metric);
    const noted = rtNote(this.catalog, answer.metric, row);
    // A formula of sums over many days is not written out with its numbers.
    const given = answer.arithmetic ?? (answer.value === null ? (noted ? i18n.say(noted.explanation) : this.#lacking(answer)) : t("why.sums"));
    const result = answer.value === null ? null : String(Number(answer.value.toPrecision(DIGITS)));
    // A ratio is written with its unit, the percent sign.
    const value = [i18n.number(answer.value, measure.form), ...(result === null || measure.form === "ratio" ? [] : [i18n.say(measure.unit)])].join(" ");
    return h("section", {},
      h("h3", {}, t("why.number", { measure: i18n.say(measure.title), value })),
      h("dl", { class: "steps" },
        h("dt", {}, t("why.formula")), h("dd", {}, h("code", {}, answer.formula)),
        h("dt", {}, t("why.arithmetic")), h("dd", {}, answer.arithmetic === null ? given : h("code", {}, given === result ? result : `${given} = ${result}`))),
      noted && answer.value !== null ? h("p", {}, i18n.say(noted.explanation)) : null,
      this.#inputs(answer));
  }

  #inputs({ id, inputs }) {
    const region = id.split(":")[1];
    return table(t("why.inputs"),
      [{ text: t("count") }, { text: t("day"), day: true }, { text: t("why.value"), number: true }, { text: t("why.record") }, { text: t("why.offsets"), number: true }, { text: t("why.revision"), number: true }],
      inputs.map((input) => {
        const date = input.id.split(":")[2];
        // A merged row's count is of a record of the source that it was taken from.
        const record = input.source && `${input.source}:${region}:${date}`;
        return [
          this.catalog.measureTitle(input.field), i18n.date(dayOf(date), "medium"),
          [i18n.number(input.value), input.status ? ` (${this.catalog.statusName(input.status)})` : null],
          record ? h("a", { href: historyPath(record) }, h("code", {}, record)) : "–",
          input.lineage.join(", ") || "–", input.revision ?? "–",
        ];
      }));
  }

  /** Why there is no number, in the reader's language: the API's own reason is in English. */
  #lacking({ formula, population, inputs }) {
    const unknown = inputs.find((input) => input.value === null);
    if (unknown) {
      const status = unknown.status ? this.catalog.statusName(unknown.status) : t("no-number");
      return t("why.unknown", { field: this.catalog.measureTitle(unknown.field), date: i18n.date(dayOf(unknown.id.split(":")[2])), status });
    }
    if (formula.includes("population") && population === null) return t("capita.population");
    const sources = [...new Set(inputs.map((input) => input.source))];
    return sources.length > 1 ? t("why.mixed", { sources: i18n.list(sources.map((source) => this.catalog.sourceTitle(source))) }) : t("why.undefined");
  }
}
