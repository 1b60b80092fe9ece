// Canada at a glance: key figures, the map at a day, and a table of all provinces and territories.

import { metricsPath } from "../api.js";
import { breaks } from "../chart/scale.js";
import { spark } from "../chart/spark.js";
import { TileMap } from "../chart/tilemap.js";
import { isoOf, dayOf } from "../days.js";
import { h, oncePerFrame, put, unique } from "../dom.js";
import * as i18n from "../i18n.js";
import { button, select, sortable, table } from "../parts/controls.js";
import { Figure } from "../parts/figure.js";
import { nothing } from "../parts/message.js";
import { note } from "../parts/note.js";
import { dailyPair } from "../points.js";
import { address, params, setParams } from "../url.js";

const { t } = i18n;
const SOURCE = "merged";
const COUNTRY = "CA";
const KEY_FIGURES = ["confirmed", "deaths", "recovered", "active", "tests", "avg7_confirmed", "incidence_7d", "positivity_7d"];
const TABLE = ["confirmed", "deaths", "avg7_confirmed", "incidence_7d"];
const MAPPED = "incidence_7d";
const BINS = 6;
const WEEK = 7;
const PLAY_STEP = 7;
const PLAY_MILLISECONDS = 110;
const RECENT = 45; // days that are asked for first, so that there is something to see while the rest comes

export class CanadaPage {
  constructor(app) {
    this.app = app;
    this.redraw = oncePerFrame(() => this.#draw());
  }

  async start(root) {
    const { app } = this;
    const query = params();
    const asked = query.get("metric");
    this.column = app.catalog.measure(asked) ? asked : MAPPED;
    this.order = [query.get("sort") ?? "region", query.get("desc") === "1"];
    this.source = app.catalog.has(query.get("source"), COUNTRY) ? query.get("source") : app.catalog.has(SOURCE, COUNTRY) ? SOURCE : [...app.catalog.sources.keys()][0];
    this.regions = app.catalog.provinces.map((region) => region.region);
    this.canada = app.store.series(this.source, COUNTRY);
    await app.store.load(this.source, [COUNTRY], this.#keyFields());
    if (this.stopped) return;
    this.last = this.#lastDay();
    if (this.last === null) {
      put(root, h("h1", {}, t("page.canada")), nothing(t("nothing.canada")));
      return;
    }
    await app.store.load(this.source, this.regions, this.#fields(), { from: isoOf(this.last - RECENT) });
    if (this.stopped) return;
    this.day = this.#clamped(query.get("day") ? dayOf(query.get("day")) : this.last);
    this.#build(root);
    this.listener = () => this.redraw();
    app.store.addEventListener("rows", this.listener);
    this.#draw();
    await this.#rest();
  }

  stop() {
    this.stopped = true;
    clearInterval(this.playing);
    this.map?.stop();
    this.app.store.removeEventListener("rows", this.listener);
  }

  /** The history of all regions, which takes longer. */
  async #rest() {
    this.slider.closest(".timeline").setAttribute("aria-busy", "true");
    await this.app.store.load(this.source, this.regions, this.#fields());
    if (this.stopped) return;
    this.slider.closest(".timeline").removeAttribute("aria-busy");
    this.#draw();
  }

  #keyFields() {
    return [...new Set([...KEY_FIGURES, ...TABLE, ...this.#daily(), this.column])].sort();
  }

  #daily() {
    return this.app.catalog.counts.map((field) => `new_${field}`);
  }

  #fields() {
    return [...new Set([...TABLE, this.column])].sort();
  }

  #lastDay() {
    return this.canada.lastKnown("confirmed");
  }

  #clamped(day) {
    return Math.min(this.last, Math.max(this.canada.first, day || this.last));
  }

  #build(root) {
    const { catalog } = this.app;
    this.figures = h("ul", { class: "key-figures" });
    this.figure = new Figure((text) => this.app.announce(text));
    this.map = new TileMap(this.figure.host);
    const id = unique("slider");
    this.slider = h("input", { type: "range", id, min: this.canada.first, max: this.last, step: 1, value: this.day, oninput: () => this.#to(Number(this.slider.value)) });
    this.play = button(t("play"), () => this.#play(), { class: "play" });
    this.output = h("output", { for: id });
    this.rows = h("div", {});
    const measures = [...catalog.measures.values()].map((measure) => [measure.column, i18n.say(measure.title)]);
    this.since = h("p", { class: "lead" });
    put(root,
      h("h1", {}, t("page.canada")),
      this.since,
      this.figures,
      h("div", { class: "controls" },
        select(t("control.metric"), [[null, measures]], this.column, (column) => this.#choose(column)),
        catalog.sources.size > 1 ? select(t("control.source"), [[null, this.#sources()]], this.source, (source) => { setParams({ source: source === SOURCE ? null : source }); this.app.open(); }) : null),
      this.figure.element,
      h("section", { class: "card" }, this.rows));
    this.figure.host.after(h("div", { class: "timeline" }, this.play, h("label", { for: id, class: "hidden" }, t("slider")), this.slider, this.output));
  }

  #sources() {
    return [...this.app.catalog.sources.keys()].filter((source) => this.app.catalog.has(source, COUNTRY)).map((source) => [source, this.app.catalog.sourceTitle(source)]);
  }

  async #choose(column) {
    this.column = column;
    setParams({ metric: column === MAPPED ? null : column });
    await this.app.store.load(this.source, [COUNTRY, ...this.regions], this.#fields());
    if (!this.stopped) this.#draw();
  }

  #to(day) {
    this.day = day;
    setParams({ day: day === this.last ? null : isoOf(day) });
    this.redraw();
  }

  #play() {
    if (this.playing) {
      clearInterval(this.playing);
      this.playing = null;
    } else {
      if (this.day >= this.last) this.day = this.canada.first;
      this.playing = setInterval(() => {
        this.slider.value = Math.min(this.last, this.day + PLAY_STEP);
        this.#to(Number(this.slider.value));
        if (this.day >= this.last) this.#play();
      }, PLAY_MILLISECONDS);
    }
    put(this.play, t(this.playing ? "pause" : "play"));
  }

  #draw() {
    const last = this.#lastDay();
    if (this.stopped || last === null) return;
    if (this.day === this.last) this.day = last; // a new day was reported while the newest was shown
    this.last = last;
    this.slider.max = last;
    this.slider.value = this.day;
    this.slider.setAttribute("aria-valuetext", i18n.date(this.day));
    put(this.output, i18n.date(this.day));
    put(this.since, t("canada.lead", { date: i18n.date(last), source: `${this.app.catalog.sourceTitle(this.source)} (${this.app.catalog.sourceName(this.source)})` }));
    this.#drawFigures();
    this.#drawMap();
    this.#drawTable();
  }

  #drawFigures() {
    const { catalog } = this.app;
    put(this.figures, KEY_FIGURES.map((column) => {
      const measure = catalog.measure(column);
      const day = this.canada.lastKnown(column);
      const value = this.canada.at(day, column);
      const before = day === null ? null : this.canada.at(day - WEEK, column);
      const href = address("/region", { region: COUNTRY, source: this.source, metric: dailyColumn(catalog, column) });
      return h("li", {},
        h("a", { href },
          h("h2", {}, i18n.say(measure.title)),
          h("p", { class: "value" }, i18n.number(value, measure.form)),
          h("p", { class: "change" }, change(value, before, measure.form)),
          h("p", { class: "as-of" }, day === null ? t("never") : t("as-of", { date: i18n.date(day, "medium") }))));
    }));
  }

  #drawMap() {
    const { catalog, store } = this.app;
    const measure = catalog.measure(this.column);
    const series = this.regions.map((region) => store.series(this.source, region));
    const cuts = breaks(series.flatMap((each) => each.list.map((row) => row[this.column]).filter((value) => value !== null && value !== undefined)), BINS);
    const binOf = (value) => (value === null ? 0 : 1 + cuts.filter((cut) => value >= cut).length);
    this.map.render(this.regions.map((region, i) => {
      const value = series[i].at(this.day, this.column);
      const text = i18n.number(value, measure.form);
      return {
        code: region,
        bin: binOf(value),
        text: value !== null && Math.abs(value) >= 100_000 ? i18n.tick(value, measure.form) : text,
        label: `${catalog.regionName(region)}: ${value === null ? t("no-number") : `${text} ${i18n.say(measure.unit)}`}`,
        href: address("/region", { region, source: this.source, metric: dailyColumn(catalog, this.column) }),
      };
    }), t("map.label", { metric: i18n.say(measure.title), date: i18n.date(this.day) }));
    const path = metricsPath({ source: this.source, regions: this.regions, fields: [this.column], from: isoOf(this.day), to: isoOf(this.day), format: "csv" });
    this.figure.update({
      title: t("map.title", { metric: i18n.say(measure.title) }),
      subtitle: `${i18n.say(measure.unit)}, ${i18n.date(this.day)}`,
      footer: t("chart.footer", { source: catalog.sourceName(this.source) }),
      file: `covid-${this.source}-${this.column}-${isoOf(this.day)}`,
      csv: [path],
      legend: [["q0", t("no-number")], ...[0, ...cuts].map((low, i) => [`q${i + 1}`, range(low, cuts[i], measure.form)])],
      table: () => ({
        columns: [{ text: t("region") }, { text: i18n.say(measure.title), number: true }],
        rows: this.regions.map((region, i) => [catalog.regionName(region), i18n.number(series[i].at(this.day, this.column), measure.form)]),
      }),
      note: note(catalog, [this.column], [this.source], path),
    });
  }

  #drawTable() {
    const { catalog, store } = this.app;
    const entries = [COUNTRY, ...this.regions].map((region) => {
      const series = store.series(this.source, region);
      return { region, series, name: catalog.regionName(region), values: TABLE.map((column) => series.at(this.day, column)) };
    });
    const [key, descending] = this.order;
    const at = TABLE.indexOf(key);
    const sorted = entries.slice(1).sort((a, b) => (at < 0 ? i18n.compare(a.name, b.name) : (a.values[at] ?? -1) - (b.values[at] ?? -1)));
    if (descending) sorted.reverse();
    const focused = this.rows.contains(document.activeElement) ? document.activeElement.dataset.sort : null;
    const columns = [
      { ...this.#sortable("region", t("region")) },
      ...TABLE.map((column) => ({ number: true, ...this.#sortable(column, i18n.say(catalog.measure(column).title)) })),
      { text: t("trend", { metric: i18n.say(catalog.measure("avg7_confirmed").title) }) },
    ];
    const rows = [entries[0], ...sorted].map(({ region, series, name, values }) => [
      h("a", { href: address("/region", { region, source: this.source }) }, name),
      ...values.map((value, i) => i18n.number(value, catalog.measure(TABLE[i]).form)),
      spark(series.list.map((row) => [row.day, row.avg7_confirmed ?? null]), { day: this.day }),
    ]);
    put(this.rows, table(t("table.title", { date: i18n.date(this.day) }), columns, rows, { class: "regions" }));
    if (focused) this.rows.querySelector(`[data-sort="${focused}"]`)?.focus();
  }

  #sortable(key, text) {
    const [by, descending] = this.order;
    return sortable(key, text, this.order, () => {
      this.order = [key, by === key ? !descending : key !== "region"];
      setParams({ sort: key === "region" ? null : key, desc: this.order[1] ? 1 : null });
      this.redraw();
    });
  }
}

/** The daily measure behind an average, since the region's page shows both. */
function dailyColumn(catalog, column) {
  return dailyPair(catalog, column)?.[0] ?? column;
}

function change(value, before, form) {
  if (value === null || before === null) return t("change.unknown");
  const difference = value - before;
  const arrow = difference > 0 ? "▲" : difference < 0 ? "▼" : "▬";
  return t("change.week", { arrow, change: i18n.number(difference, form, { signed: true }) });
}

function range(low, high, form) {
  if (high === undefined) return t("range.from", { low: i18n.tick(low, form) });
  return low === 0 ? t("range.below", { high: i18n.tick(high, form) }) : t("range", { low: i18n.tick(low, form), high: i18n.tick(high, form) });
}
