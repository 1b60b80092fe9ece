// Several regions and sources on one chart.

import { metricsPath } from "../api.js";
import { Brush } from "../chart/brush.js";
import { TimeChart } from "../chart/time-chart.js";
import { dayOf, isoOf } from "../days.js";
import { h, oncePerFrame, put } from "../dom.js";
import * as i18n from "../i18n.js";
import { AsKnown } from "../parts/as-known.js";
import { button, segmented, select, toggle } from "../parts/controls.js";
import { Figure } from "../parts/figure.js";
import { nothing } from "../parts/message.js";
import { note } from "../parts/note.js";
import { View, daysOf, spanOf } from "../points.js";
import { params, setParams } from "../url.js";

const { t } = i18n;
const DEFAULT = "incidence_7d";
const FIRST = ["CA-ON", "CA-QC", "CA-AB", "CA-BC"];
const MOST = 8; // as many colours as can be told apart

export class ComparePage {
  constructor(app) {
    this.app = app;
    this.redraw = oncePerFrame(() => this.#draw());
  }

  async start(root) {
    const { catalog, store } = this.app;
    const query = params();
    this.column = catalog.measure(query.get("metric")) ? query.get("metric") : DEFAULT;
    this.scale = query.get("scale") === "log" ? "log" : "linear";
    this.scaled = query.get("per") === "capita";
    this.asked = [query.get("from"), query.get("to")].map((text) => (text ? dayOf(text) || null : null));
    const source = catalog.sources.has("merged") ? "merged" : [...catalog.sources.keys()][0];
    const given = query.has("lines") ? query.get("lines").split(",").map((text) => text.split("@")) : FIRST.map((region) => [region, source]);
    this.lines = given.filter(([region, from]) => catalog.has(from, region)).slice(0, MOST).map(([region, from], i) => ({ region, source: from, color: i + 1 }));
    this.adding = { region: "CA", source };
    this.asKnown = new AsKnown((then) => this.#load(then), this.redraw);
    await this.#load(store);
    if (this.stopped) return;
    this.listener = () => this.redraw();
    store.addEventListener("rows", this.listener);
    this.#build(root);
    this.#draw();
    await this.asKnown.renew();
  }

  stop() {
    this.stopped = true;
    this.chart?.stop();
    this.brush?.stop();
    this.app.store.removeEventListener("rows", this.listener);
  }

  /** Source by source: rows of a day in the past come from the log, which one at a time may look through. */
  async #load(store) {
    for (const [source, lines] of Map.groupBy(this.lines, (line) => line.source)) {
      await store.load(source, lines.map((line) => line.region), [this.column]);
    }
  }

  #build(root) {
    this.options = h("div", { class: "options" });
    this.chips = h("ul", { class: "chips", "aria-label": t("compare.shown") });
    this.figure = new Figure((text) => this.app.announce(text));
    this.chart = new TimeChart(this.figure.host);
    const brush = h("div", { class: "brush-host" });
    this.brush = new Brush(brush, (from, to) => {
      this.asked = [from, to];
      this.#keep();
      this.redraw();
    });
    this.figure.host.after(brush);
    this.empty = h("div", {});
    put(root, h("h1", {}, t("page.compare")), h("p", { class: "lead" }, t("compare.lead")), h("div", { class: "controls" }, this.options, this.asKnown.element), this.chips, this.empty, this.figure.element);
  }

  #keep() {
    const [first, last] = this.#all();
    const [from, to] = this.asked;
    setParams({
      metric: this.column === DEFAULT ? null : this.column,
      scale: this.scale === "linear" ? null : this.scale,
      per: this.scaled ? "capita" : null,
      lines: this.lines.map((line) => `${line.region}@${line.source}`).join(","),
      from: from === null || from <= first ? null : isoOf(from),
      to: to === null || to >= last ? null : isoOf(to),
    });
  }

  async #change(changes) {
    Object.assign(this, changes);
    this.#keep();
    await this.#load(this.app.store);
    this.redraw();
    await this.asKnown.renew();
  }

  #drawOptions() {
    const { catalog } = this.app;
    const { adding } = this;
    const held = this.options.contains(document.activeElement) ? [...this.options.querySelectorAll("select,input,button")].indexOf(document.activeElement) : -1;
    const measures = [...catalog.measures.values()].map((measure) => [measure.column, i18n.say(measure.title)]);
    const sources = [...catalog.sources.keys()].map((source) => [source, catalog.sourceTitle(source)]);
    const regions = catalog.regionsOf(adding.source).map((region) => [region.region, i18n.regionName(region)]);
    if (!catalog.has(adding.source, adding.region)) adding.region = regions[0]?.[0];
    const full = this.lines.length >= MOST;
    put(this.options,
      select(t("control.metric"), [[null, measures]], this.column, (column) => this.#change({ column })),
      segmented(t("control.scale"), [["linear", t("scale.linear")], ["log", t("scale.log")]], this.scale, (scale) => this.#change({ scale })),
      toggle(t("control.capita", { per: i18n.number(catalog.per) }), this.scaled && catalog.measure(this.column).scalable, (scaled) => this.#change({ scaled }), catalog.measure(this.column).scalable ? null : t("capita.measure")),
      h("div", { class: "adding" },
        select(t("control.source"), [[null, sources]], adding.source, (source) => { adding.source = source; this.redraw(); }),
        select(t("control.region"), [[null, regions]], adding.region, (region) => (adding.region = region)),
        button(t("compare.add"), () => this.#add(), { class: "primary", disabled: full, title: full ? t("compare.full", { most: MOST }) : null })));
    if (held >= 0) this.options.querySelectorAll("select,input,button")[held]?.focus();
  }

  #add() {
    const { region, source } = this.adding;
    if (this.lines.some((line) => line.region === region && line.source === source)) return undefined;
    const used = new Set(this.lines.map((line) => line.color));
    const color = Array.from({ length: MOST }, (_, i) => i + 1).find((each) => !used.has(each));
    return this.#change({ lines: [...this.lines, { region, source, color }] });
  }

  #name({ region, source }) {
    const { catalog } = this.app;
    const several = new Set(this.lines.map((line) => line.source)).size > 1;
    return several ? `${catalog.regionName(region)}, ${catalog.sourceTitle(source)}` : catalog.regionName(region);
  }

  #all() {
    const stores = [this.app.store, this.asKnown.store].filter(Boolean);
    return spanOf(stores.flatMap((store) => this.lines.map((line) => store.series(line.source, line.region))));
  }

  #draw() {
    if (this.stopped) return;
    const { catalog, store } = this.app;
    this.#drawOptions();
    put(this.chips, this.lines.map((line) => h("li", { class: `k${line.color}` }, this.#name(line),
      button("×", () => this.#change({ lines: this.lines.filter((each) => each !== line) }), { "aria-label": t("compare.remove", { name: this.#name(line) }) }))));
    const all = this.#all();
    const any = Number.isFinite(all[0]);
    this.figure.element.hidden = !any;
    put(this.empty, any ? [] : nothing(t("compare.none")));
    if (!any) return;
    const days = [Math.max(all[0], this.asked[0] ?? all[0]), Math.min(all[1], this.asked[1] ?? all[1])];
    const measure = catalog.measure(this.column);
    const view = (line, from) => new View(catalog, from.series(line.source, line.region), this.column, this.scaled);
    // `now`: of today, where `view` is of a day in the past.
    const views = this.lines.map((line) => ({ ...line, name: this.#name(line), view: view(line, this.asKnown.store ?? store), now: view(line, store) }));
    const both = this.asKnown.moment ? ["view", "now"] : ["view"];
    const text = (each, day) => this.asKnown.both(...["view", "now"].map((which) => i18n.number(each[which].at(day), each[which].form)));
    const { form, scaled } = views[0].view;
    const title = i18n.say(measure.title);
    const unit = scaled ? t("unit.capita", { unit: i18n.say(measure.unit), per: i18n.number(catalog.per) }) : i18n.say(measure.unit);
    this.chart.render({
      label: t("compare.label", { metric: title, lines: i18n.list(views.map((each) => each.name)) }),
      days, form, scale: this.scale, endLabels: true,
      lines: [
        ...(this.asKnown.moment ? views.map((each) => ({ label: each.name, color: each.color, muted: true, points: each.now.points })) : []),
        ...views.map((each) => ({ label: each.name, color: each.color, points: each.view.points })),
      ],
      bars: null, marks: [], spans: new Map(), statusName: String,
      rows: (day) => views.toSorted((a, b) => (b.view.at(day) ?? -1) - (a.view.at(day) ?? -1)).map((each) => [each.name, text(each, day), each.color]),
    });
    this.brush.render({ days: all, points: views[0].now.points, chosen: days, color: views[0].color });
    const [from, to] = days.map(isoOf);
    const bySource = Map.groupBy(this.lines, (line) => line.source);
    const paths = [...bySource].map(([source, lines]) => metricsPath({ source, regions: lines.map((line) => line.region), fields: [this.column], from, to, moment: this.asKnown.moment, format: "csv" }));
    this.figure.update({
      title,
      subtitle: `${unit}, ${i18n.date(days[0], "medium")} – ${i18n.date(days[1], "medium")}${this.asKnown.subtitle}`,
      footer: t("chart.footer", { source: i18n.list([...bySource.keys()].map((source) => catalog.sourceTitle(source))) }),
      file: `covid-compare-${this.column}${this.asKnown.suffix}`,
      csv: paths,
      legend: [...views.map((each) => [`stroke k${each.color}`, each.name]), ...this.asKnown.legend(7)],
      table: () => ({
        columns: [{ text: t("day"), day: true }, ...views.flatMap((each) => both.map((which) => ({ text: which === "view" ? each.name : t("as-known.column", { metric: each.name }), number: true })))],
        rows: daysOf(views.flatMap((each) => both.map((which) => each[which].series)), days).map((day) => [
          i18n.date(day, "medium"), ...views.flatMap((each) => both.map((which) => i18n.number(each[which].at(day), each[which].form))),
        ]),
      }),
      note: note(catalog, [this.column], [...bySource.keys()], paths[0], [...this.asKnown.note, ...(scaled ? [t("note.capita.plain", { per: i18n.number(catalog.per) })] : [])]),
    });
  }
}
