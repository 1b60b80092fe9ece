// The ledger of corrections: counts that fall, jump or end, and what later reports say otherwise.

import { correctionsPath, feedPath, historyPath } from "../api.js";
import { dayOf, isoOf } from "../days.js";
import { h, put } from "../dom.js";
import * as i18n from "../i18n.js";
import { dayField, select, sortable } from "../parts/controls.js";
import { LongList } from "../parts/long-list.js";
import { nothing } from "../parts/message.js";
import { MomentField, givenDay, givenMoment, knownDays } from "../parts/moment.js";
import { address, params, setParams } from "../url.js";

const { t } = i18n;
const COUNTRY = "CA";
const EVERY = "all"; // Canada and all provinces, which takes the longest
const KINDS = ["decreased", "level-break", "ended", "restated", "back-filled", "deleted", "withdrawn"];

export class CorrectionsPage {
  constructor(app) {
    this.app = app;
  }

  async start(root) {
    const { catalog } = this.app;
    const query = params();
    const known = (name, values, otherwise) => (values.includes(query.get(name)) ? query.get(name) : otherwise);
    this.asked = {
      region: known("region", [EVERY, ...catalog.regions.keys()], COUNTRY),
      source: known("source", [...catalog.sources.keys()], null),
      kind: known("kind", KINDS, null),
      from: givenDay("from"),
      to: givenDay("to"),
      moment: givenMoment(),
    };
    this.order = [known("sort", ["date", "size"], "size"), query.get("desc") !== "0"];
    this.#build(root);
    await this.#load();
  }

  stop() {
    this.list?.stop();
  }

  #build(root) {
    const { catalog } = this.app;
    const { asked } = this;
    const regions = catalog.regionsOf(null);
    const named = (region) => [region.region, i18n.regionName(region)];
    const ours = [[EVERY, t("ledger.everywhere")], ...regions.filter((region) => region.country === COUNTRY).map(named)];
    const others = regions.filter((region) => region.country !== COUNTRY).map(named);
    const sources = [...catalog.sources.keys()].map((source) => [source, catalog.sourceTitle(source)]);
    const day = (label, name) => dayField(label, asked[name], knownDays(), (chosen) => this.#ask(name, chosen));
    this.summary = h("p", { class: "lead", role: "status" });
    this.csv = h("a", { class: "button", title: t("download.csv"), "data-format": "csv" }, "CSV");
    this.feed = h("a", { class: "button", title: t("ledger.feed") }, "Atom");
    this.body = h("section", { class: "card ledger" });
    this.list = new LongList(this.body, this.summary, { draw: () => this.#draw(), load: () => this.#load() });
    this.note = h("p", {});
    put(root,
      h("h1", {}, t("page.corrections")),
      h("p", { class: "lead" }, t("ledger.lead")),
      h("div", { class: "controls" },
        select(t("control.region"), [[t("canada"), ours], [t("world"), others]].filter(([, options]) => options.length), asked.region, (region) => this.#ask("region", region)),
        select(t("control.source"), [[null, [["", t("ledger.every-source")], ...sources]]], asked.source ?? "", (source) => this.#ask("source", source || null)),
        select(t("ledger.kind"), [[null, [["", t("ledger.every-kind")], ...KINDS.map((kind) => [kind, t(`ledger.kind.${kind}`)])]]], asked.kind ?? "", (kind) => this.#ask("kind", kind || null)),
        day(t("ledger.from"), "from"), day(t("ledger.to"), "to"),
        new MomentField(asked.moment, (moment) => this.#ask("moment", moment)).element),
      h("div", { class: "title" }, this.summary, h("div", { class: "downloads" }, this.csv, this.feed)),
      this.body,
      h("details", { class: "note" },
        h("summary", {}, t("ledger.note.title")),
        h("dl", { class: "steps" }, KINDS.map((kind) => [h("dt", {}, t(`ledger.kind.${kind}`)), h("dd", {}, t(`ledger.text.${kind}`))])),
        h("p", {}, t("ledger.note")),
        this.note));
  }

  #ask(name, value) {
    this.asked[name] = value;
    const { region, source, kind } = this.asked;
    const date = (each) => (this.asked[each] === null ? null : isoOf(this.asked[each]));
    setParams({ region: region === COUNTRY ? null : region, source, kind, from: date("from"), to: date("to") });
    return this.#load();
  }

  /** What is asked for, as the parameters of the API. */
  get #query() {
    const { region, source, kind, from, to, moment } = this.asked;
    const date = (day) => (day === null ? null : isoOf(day));
    return { region: region === EVERY ? null : region, source, kind, from: date(from), to: date(to), moment };
  }

  #load() {
    const path = correctionsPath(this.#query);
    this.csv.setAttribute("href", correctionsPath({ ...this.#query, format: "csv" }));
    this.feed.setAttribute("href", feedPath(this.#query));
    put(this.note, t("note.query"), " ", h("a", { href: path }, path));
    put(this.summary, t(this.asked.region === EVERY ? "ledger.loading.long" : "as-known.loading"));
    return this.list.ask(path);
  }

  #draw() {
    const { found } = this.list;
    put(this.summary, t("ledger.summary", { count: found.length, number: i18n.number(found.length) }));
    if (!found.length) {
      put(this.body, nothing(t("ledger.none")));
      return;
    }
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.sort : null;
    const sorted = found.toSorted(ORDERS[this.order[0]]);
    if (this.order[1]) sorted.reverse();
    // What has no size, a deletion say, comes last either way.
    if (this.order[0] === "size") sorted.sort((a, b) => (a.size === null) - (b.size === null));
    const columns = [
      { day: true, ...this.#sortable("date", t("day")) },
      { text: t("region") },
      { number: true, ...this.#sortable("size", t("ledger.size")) },
      { text: t("ledger.kind") }, { text: t("count") },
      { text: t("ledger.old"), number: true }, { text: t("ledger.new"), number: true },
      { text: t("source") }, { text: t("ledger.reported"), day: true }, { text: t("ledger.offset"), number: true },
    ];
    this.list.show(t("ledger.title"), columns, sorted, (row) => this.#row(row));
    if (focused) this.body.querySelector(`[data-sort="${focused}"]`)?.focus();
  }

  #row(row) {
    const { catalog } = this.app;
    const { region, source, date, field } = row;
    return [
      i18n.date(dayOf(date), "medium"),
      h("a", { href: address("/region", Object.entries({ region, source, metric: field && `new_${field}`, day: date }).filter(([, value]) => value)) }, catalog.regionName(region)),
      i18n.number(row.size, "count", { signed: true }),
      t(`ledger.kind.${row.kind}`),
      field ? catalog.measureTitle(field) : t("ledger.record"),
      i18n.number(row.old), i18n.number(row.new),
      catalog.sourceTitle(source),
      row.reported_at ? i18n.date(dayOf(row.reported_at), "medium") : "–",
      row.offset === null ? "–" : h("a", { href: historyPath(`${source}:${region}:${date}`) }, String(row.offset)),
    ];
  }

  #sortable(key, text) {
    const [by, descending] = this.order;
    return sortable(key, text, this.order, () => {
      this.order = [key, by === key ? !descending : true];
      setParams({ sort: key === "size" ? null : key, desc: this.order[1] ? null : 0 });
      this.#draw();
    });
  }
}

/** The least first. */
const ORDERS = {
  date: (a, b) => a.date.localeCompare(b.date),
  size: (a, b) => Math.abs(a.size ?? 0) - Math.abs(b.size ?? 0),
};
