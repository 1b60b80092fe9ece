// One region: any measure over time, what its source corrected, and why days have no number.

import { metricsPath } from "../api.js";
import { Brush } from "../chart/brush.js";
import { spark } from "../chart/spark.js";
import { TimeChart } from "../chart/time-chart.js";
import { dayOf, isoOf } from "../days.js";
import { h, oncePerFrame, put } from "../dom.js";
import * as i18n from "../i18n.js";
import { AsKnown } from "../parts/as-known.js";
import { button, lazyDetails, segmented, select, table, toggle } from "../parts/controls.js";
import { Editor } from "../parts/editor.js";
import { Figure } from "../parts/figure.js";
import { nothing } from "../parts/message.js";
import { givenDay } from "../parts/moment.js";
import { note } from "../parts/note.js";
import { Nowcast } from "../parts/nowcast.js";
import { Why } from "../parts/why.js";
import { View, corrections, dailyPair, daysOf, fieldsFor, interval, rtNote, spanOf, statusOf, statusRuns } from "../points.js";
import { address, momentParams, params, setParams } from "../url.js";

const { t } = i18n;
const CARDS = ["new_confirmed", "new_deaths", "new_recovered", "active", "new_tests", "positivity_7d", "incidence_7d", "doubling_time", "rt"];
const DEFAULT = "new_confirmed";

export class RegionPage {
  constructor(app) {
    this.app = app;
    this.redraw = oncePerFrame(() => this.#draw());
  }

  async start(root) {
    const { catalog, store } = this.app;
    const query = params();
    const asked = query.get("region");
    this.region = catalog.regions.has(asked) ? asked : "CA";
    const sources = [...catalog.sources.keys()].filter((source) => catalog.has(source, this.region));
    this.source = sources.includes(query.get("source")) ? query.get("source") : sources.includes("merged") ? "merged" : sources[0];
    this.column = catalog.measure(query.get("metric")) ? query.get("metric") : DEFAULT;
    this.scale = query.get("scale") === "log" ? "log" : "linear";
    this.scaled = query.get("per") === "capita";
    this.listener = () => this.redraw();
    store.addEventListener("rows", this.listener);
    this.picked = givenDay("day");
    if (this.source) await this.#load(store);
    if (this.stopped) return;
    if (!this.source || this.series.first === null) {
      put(root, h("h1", {}, catalog.regionName(this.region)), this.#choosers(sources), nothing(t("nothing.region", { region: catalog.regionName(this.region) })));
      return;
    }
    this.#build(root, sources, query);
    this.#draw();
    await this.asKnown.renew();
  }

  stop() {
    this.stopped = true;
    this.chart?.stop();
    this.brush?.stop();
    this.editor?.close();
    this.app.store.removeEventListener("rows", this.listener);
  }

  #load(store) {
    return store.load(this.source, [this.region], fieldsFor(this.app.catalog, this.app.catalog.measures.keys()));
  }

  /** The rows of now. */
  get series() {
    return this.app.store.series(this.source, this.region);
  }

  /** The rows that are shown: of now, or as they were known on the day that was chosen. */
  get shown() {
    return this.asKnown.store?.series(this.source, this.region) ?? this.series;
  }

  get span() {
    return spanOf([this.series, this.shown]);
  }

  #choosers(sources) {
    const { catalog } = this.app;
    const all = catalog.regionsOf(null);
    const named = (region) => [region.region, i18n.regionName(region)];
    const go = (changes) => {
      setParams({ ...changes, from: null, to: null });
      this.app.open();
    };
    return [
      select(t("control.region"), [[t("canada"), all.filter((region) => region.country === "CA").map(named)], [t("world"), all.filter((region) => region.country !== "CA").map(named)]].filter(([, options]) => options.length), this.region, (region) => go({ region })),
      sources.length ? select(t("control.source"), [[null, sources.map((source) => [source, catalog.sourceTitle(source)])]], this.source, (source) => go({ source })) : null,
    ];
  }

  #build(root, sources, query) {
    const { catalog } = this.app;
    this.asKnown = new AsKnown((store) => this.#load(store), this.redraw);
    const [first, last] = this.span;
    const day = (name, otherwise) => (query.get(name) ? Math.min(last, Math.max(first, dayOf(query.get(name)) || otherwise)) : otherwise);
    this.days = [day("from", first), day("to", last)];
    if (this.days[1] <= this.days[0]) this.days = [first, last];
    this.figure = new Figure((text) => this.app.announce(text));
    this.chart = new TimeChart(this.figure.host);
    const brush = h("div", { class: "brush-host" });
    this.brush = new Brush(brush, (from, to) => {
      this.days = [from, to];
      const [first, last] = this.span;
      setParams({ from: from === first ? null : isoOf(from), to: to === last ? null : isoOf(to) });
      this.redraw();
    });
    this.figure.host.after(brush);
    this.corrections = lazyDetails("", () => this.#correctionTable(), { class: "corrections" });
    this.nowcast = new Nowcast(catalog, this.redraw);
    this.expected = h("div", {});
    put(this.figure.below, this.expected, this.corrections);
    this.cards = h("ul", { class: "cards" });
    this.options = h("div", { class: "options" });
    this.why = new Why(catalog);
    this.editor = new Editor(this.app, { source: this.source, region: this.region, day: () => this.picked ?? this.series.last });
    put(root,
      h("div", { class: "title" }, h("h1", {}, catalog.regionName(this.region)),
        button(t("edit.open"), () => this.editor.open(), { class: "edit" })),
      h("p", { class: "lead" }, t("chart.footer", { source: `${catalog.sourceTitle(this.source)} (${catalog.sourceName(this.source)})` })),
      h("div", { class: "controls" }, this.options, this.asKnown.element), this.cards, this.figure.element, this.why.element);
    this.sources = sources;
  }

  #drawOptions() {
    const { catalog } = this.app;
    const measure = catalog.measure(this.column);
    const population = catalog.regions.get(this.region)?.population;
    const why = !measure.scalable ? t("capita.measure") : population ? null : t("capita.population");
    const focus = document.activeElement;
    const held = this.options.contains(focus) ? [...this.options.querySelectorAll("select,input")].indexOf(focus) : -1;
    const counts = [...catalog.measures.values()].map((each) => [each.column, i18n.say(each.title)]);
    put(this.options,
      this.#choosers(this.sources),
      select(t("control.metric"), [[null, counts]], this.column, (column) => this.#choose(column)),
      segmented(t("control.scale"), [["linear", t("scale.linear")], ["log", t("scale.log")]], this.scale, (scale) => {
        this.scale = scale;
        setParams({ scale: scale === "linear" ? null : scale });
        this.redraw();
      }),
      toggle(t("control.capita", { per: i18n.number(catalog.per) }), this.scaled && why === null, (on) => {
        this.scaled = on;
        setParams({ per: on ? "capita" : null });
        this.redraw();
      }, why));
    if (held >= 0) this.options.querySelectorAll("select,input")[held]?.focus();
  }

  #choose(column) {
    this.column = column;
    setParams({ metric: column === DEFAULT ? null : column });
    this.redraw();
  }

  #view(column, series = this.shown) {
    return new View(this.app.catalog, series, column, this.scaled);
  }

  #draw() {
    if (this.stopped || !this.chart) return;
    if (this.series.first === null) return;
    const { span, shown } = this;
    const whole = this.brush.spec && this.days[0] === this.brush.spec.days[0] && this.days[1] === this.brush.spec.days[1];
    if (whole) this.days = span;
    const { catalog } = this.app;
    const pair = dailyPair(catalog, this.column);
    const [barColumn, lineColumn] = pair ?? [null, this.column];
    const lineView = this.#view(lineColumn);
    const barView = barColumn ? this.#view(barColumn) : null;
    const main = barView ?? lineView;
    const title = i18n.say(catalog.measure(pair ? barColumn : this.column).title);
    const { band, level } = interval(lineColumn, shown);
    const fell = this.#fallen(main);
    const runs = statusRuns(main.measure, shown);
    // What is known now stands beside what was known then.
    const now = this.asKnown.moment ? [{ label: title, color: 1, muted: true, points: this.#view(lineColumn, this.series).points }] : [];
    const unit = main.scaled ? t("unit.capita", { unit: i18n.say(main.measure.unit), per: i18n.number(catalog.per) }) : i18n.say(main.measure.unit);
    const nowcast = this.nowcast.of(main, { source: this.source, region: this.region, moment: this.asKnown.moment });
    put(this.expected, nowcast.message);
    this.#drawOptions();
    this.#drawCards();
    const spec = {
      label: t("chart.label", { metric: title, region: catalog.regionName(this.region) }),
      days: this.days,
      form: main.form,
      scale: this.scale,
      lines: [...now, { label: title, color: 1, points: lineView.points }],
      bars: barView ? { color: 1, points: barView.points } : null,
      band: band && { color: 1, points: band },
      level,
      intervals: nowcast.intervals,
      marks: [...fell, ...(this.asKnown.moment ? [] : this.#changed(main))],
      spans: runs,
      statusName: (status) => catalog.statusName(status),
      clip: true,
      picked: this.picked,
      onPick: (day) => this.#pick(day),
      rows: (day) => [...this.#tip(day, barView ? [barView, lineView] : [lineView]), ...nowcast.rows(day)],
    };
    this.chart.render(spec);
    this.brush.render({ days: span, points: this.#view(lineColumn, this.series).points, chosen: this.days, color: 1 });
    this.#drawFigure({ title, unit, pair, main, lineView, runs, fell, nowcast });
    this.#explain();
  }

  #pick(day) {
    this.picked = day;
    setParams({ day: isoOf(day) });
    this.#explain();
  }

  /** Why the numbers of the day that was picked are what they are. */
  #explain() {
    const { catalog } = this.app;
    const { picked: day, source, region } = this;
    this.why.show({
      source, region, day,
      moment: this.asKnown.moment,
      row: day === null ? null : this.shown.rows.get(day),
      columns: dailyPair(catalog, this.column) ?? [this.column],
      after: day === null ? null : [
        h("p", { class: "muted" }, t("why.note")),
        h("p", {}, h("a", { href: this.#ledger(day) }, t("why.ledger", { date: i18n.date(day) }))),
      ],
    });
  }

  /** The address of the ledger: of one day, or of the whole region. */
  #ledger(day = null) {
    return address("/corrections", {
      region: this.region,
      // What is merged is corrected by whom it is of.
      ...(this.source === "merged" ? {} : { source: this.source }),
      ...(day === null ? {} : { from: isoOf(day), to: isoOf(day) }),
      ...momentParams(this.asKnown.moment),
    });
  }

  #drawFigure({ title, unit, pair, main, lineView, runs, fell, nowcast }) {
    const { catalog } = this.app;
    const columns = pair ?? [this.column];
    const [from, to] = this.days.map(isoOf);
    const path = metricsPath({ source: this.source, regions: [this.region], fields: [...columns, ...main.measure.inputs.map((field) => `${field}_status`)], from, to, moment: this.asKnown.moment, format: "csv" });
    const seen = fell.filter((mark) => mark.day >= this.days[0] && mark.day <= this.days[1]);
    this.fallen = seen;
    put(this.corrections.querySelector("summary"), t("corrections", { count: seen.length, number: i18n.number(seen.length) }));
    this.corrections.hidden = !seen.length;
    this.corrections.renew();
    this.figure.update({
      title: `${title}, ${catalog.regionName(this.region)}`,
      subtitle: `${unit}, ${i18n.date(this.days[0], "medium")} – ${i18n.date(this.days[1], "medium")}${this.asKnown.subtitle}`,
      footer: t("chart.footer", { source: catalog.sourceName(this.source) }),
      file: `covid-${this.source}-${this.region}-${this.column}${this.asKnown.suffix}`,
      csv: [path],
      legend: [
        ...(pair ? [["bar k1", t("legend.daily")], ["stroke k1", t("legend.average")]] : [["stroke k1", title]]),
        ...(interval(this.column, this.shown).band ? [["band k1", t("legend.interval")], ["level", t("legend.level")]] : []),
        ...this.asKnown.legend(1),
        ...nowcast.legend,
        ...(seen.length ? [["correction", t("legend.correction")]] : []),
        ...[...runs.keys()].map((status) => [`status ${status}`, catalog.statusName(status)]),
      ],
      table: () => ({
        columns: [
          { text: t("day"), day: true },
          ...columns.map((column) => ({ text: i18n.say(catalog.measure(column).title), number: true })),
          ...(this.asKnown.moment ? columns.map((column) => ({ text: t("as-known.column", { metric: i18n.say(catalog.measure(column).title) }), number: true })) : []),
          { text: t("status") },
        ],
        rows: daysOf([this.shown, this.series], this.days).map((day) => [
          i18n.date(day, "medium"),
          ...(this.asKnown.moment ? [this.shown, this.series] : [this.shown]).flatMap((series) => columns.map((column) => i18n.number(this.#view(column, series).at(day), this.#view(column, series).form))),
          this.#statusText(lineView.measure, this.shown.rows.get(day)),
        ]),
      }),
      note: note(catalog, columns, [this.source], path, [t("note.corrections"), ...this.asKnown.note, ...nowcast.note, main.scaled ? t("note.capita", { per: i18n.number(catalog.per), population: i18n.number(catalog.regions.get(this.region).population) }) : null].filter(Boolean)),
    });
  }

  #drawCards() {
    const { catalog } = this.app;
    const held = this.cards.contains(document.activeElement) ? document.activeElement.dataset.column : null;
    put(this.cards, CARDS.map((column) => {
      const view = this.#view(column);
      const day = this.shown.lastKnown(column);
      const pair = dailyPair(catalog, column);
      const curve = pair ? this.#view(pair[1]) : view;
      const current = pair ? pair.includes(this.column) : column === this.column;
      return h("li", {}, h("button", { type: "button", "aria-pressed": String(current), "data-column": column, onclick: () => this.#choose(column) },
        h("span", { class: "name" }, i18n.say(view.measure.title)),
        h("span", { class: "value" }, day === null ? "–" : i18n.number(view.at(day), view.form)),
        h("span", { class: "as-of" }, day === null ? t("never") : i18n.date(day, "medium")),
        spark(curve.points, { width: 130, height: 26 })));
    }));
    if (held) this.cards.querySelector(`[data-column="${held}"]`)?.focus();
  }

  /** The marks of days on which the source lowered a count that the measure is computed from. */
  #fallen(view) {
    const { catalog } = this.app;
    return corrections(view.measure, this.shown).map(({ day, field, size }) => {
      const short = i18n.number(size);
      return { day, field, value: size, kind: "correction", short, onPick: () => this.app.navigate(this.#ledger(day)), text: t("correction.text", { date: i18n.date(day), field: catalog.measureTitle(field), size: short }) };
    });
  }

  /** The marks of days that changed while the page is open, with the value before and after. */
  #changed(view) {
    const marks = new Map();
    for (const { row, day, before } of this.app.store.changesOf(this.source, this.region)) {
      const [old, now] = [before ? view.value(before) : null, row.deleted ? null : view.value(row)];
      if (old === now) continue;
      const first = marks.get(day)?.old ?? old;
      const short = `${i18n.number(first, view.form)} → ${i18n.number(now, view.form)}`;
      marks.set(day, { old: first, day, value: now ?? first ?? 0, kind: "changed", short, text: t("changed.text", { date: i18n.date(day), change: short }) });
    }
    return [...marks.values()].filter((mark) => this.scale !== "log" || mark.value > 0);
  }

  #tip(day, views) {
    const row = this.shown.rows.get(day);
    const now = this.asKnown.moment ? views.map((view) => [t("as-known.column", { metric: i18n.say(view.measure.title) }), i18n.number(this.#view(view.column, this.series).at(day), view.form)]) : [];
    if (!row) return [[t("no-report"), ""], ...now];
    const status = this.#statusText(views[0].measure, row);
    const fell = corrections(views[0].measure, { list: [row] });
    return [
      ...views.map((view) => [i18n.say(view.measure.title), i18n.number(view.value(row), view.form), 1]),
      ...now,
      ...fell.map(({ field, size }) => [t("correction.of", { field: this.app.catalog.measureTitle(field) }), i18n.number(size)]),
      ...this.#rtTip(views[0].column, row),
      ...(status ? [[t("status"), status]] : []),
    ];
  }

  /** Beside an effective reproduction number: its interval and its note. */
  #rtTip(column, row) {
    const note = rtNote(this.app.catalog, column, row);
    const [low, high] = [row.rt_lower, row.rt_upper].map((value) => i18n.number(value ?? null, "decimal"));
    return [
      ...(column === "rt" && row.rt !== null ? [[t("legend.interval"), `${low} – ${high}`]] : []),
      ...(note ? [[t("note"), i18n.say(note.name)]] : []),
    ];
  }

  #statusText(measure, row) {
    const status = row && statusOf(measure, row);
    return status ? this.app.catalog.statusName(status) : "";
  }

  #correctionTable() {
    const { catalog } = this.app;
    return [
      table(t("corrections.title"), [{ text: t("day"), day: true }, { text: t("count") }, { text: t("change"), number: true }],
        this.fallen.toSorted((a, b) => a.value - b.value).map((mark) => [h("a", { href: this.#ledger(mark.day) }, i18n.date(mark.day, "medium")), catalog.measureTitle(mark.field), mark.short])),
      h("p", {}, h("a", { href: this.#ledger() }, t("corrections.ledger", { region: catalog.regionName(this.region) }))),
    ];
  }
}
