// Where two sources disagree: every region and day at a glance, one region in detail, and the largest differences.

import { disagreementsPath, get, metricsPath } from "../api.js";
import { HeatMap } from "../chart/heatmap.js";
import { TimeChart } from "../chart/time-chart.js";
import { dayOf, isoOf } from "../days.js";
import { h, oncePerFrame, put } from "../dom.js";
import * as i18n from "../i18n.js";
import { AsKnown } from "../parts/as-known.js";
import { button, select, table } from "../parts/controls.js";
import { Figure } from "../parts/figure.js";
import { nothing } from "../parts/message.js";
import { note } from "../parts/note.js";
import { View } from "../points.js";
import { address, momentParams, params, setParams } from "../url.js";

const { t } = i18n;
const CUTS = [0.01, 0.05, 0.25]; // shares of the first source's number at which the colour changes
const MIDDLE = CUTS.length + 1;
const LARGEST = 25;
const REASONED = ["phac", "jhu"]; // the sources of whose differences the API knows reasons
const REASONS = ["reporting-calendar", "late", "restated", "definition"];

export class SourcesPage {
  constructor(app) {
    this.app = app;
    this.reasons = new Map(); // region → Map(day → { difference, reason })
    this.redraw = oncePerFrame(() => this.#draw());
  }

  async start(root) {
    const { catalog, store } = this.app;
    const query = params();
    this.reported = [...catalog.sources.keys()].filter((source) => source !== "merged");
    if (this.reported.length < 2) {
      put(root, h("h1", {}, t("page.sources")), nothing(t("sources.single")));
      return;
    }
    const wanted = (name, otherwise) => (this.reported.includes(query.get(name)) ? query.get(name) : otherwise);
    this.a = wanted("a", this.reported.includes("phac") ? "phac" : this.reported[0]);
    this.b = wanted("b", this.reported.includes("jhu") && this.a !== "jhu" ? "jhu" : this.reported.find((source) => source !== this.a));
    this.column = catalog.counts.includes(query.get("metric")) ? query.get("metric") : "confirmed";
    this.regions = catalog.regionsOf(this.a).filter((region) => region.sources.includes(this.b)).map((region) => region.region);
    this.region = this.regions.includes(query.get("region")) ? query.get("region") : this.regions[0];
    this.listener = () => this.redraw();
    store.addEventListener("rows", this.listener);
    this.asKnown = new AsKnown((then) => this.#load(then), () => this.#renewed());
    await this.#load(store);
    if (this.stopped) return;
    this.reasoned = REASONED.includes(this.a) && REASONED.includes(this.b);
    this.#build(root);
    this.#draw();
    await this.asKnown.renew();
    if (!this.asKnown.moment) await this.#explain();
  }

  stop() {
    this.stopped = true;
    this.map?.stop();
    this.chart?.stop();
    this.app.store.removeEventListener("rows", this.listener);
  }

  /** What was known then comes from the log, through which one at a time may look: one source after the other. */
  async #load(store) {
    if (!this.regions.length) return;
    const [first, second] = [this.a, this.b].map((source) => () => store.load(source, this.regions, [this.column]));
    await (store.moment ? first().then(second) : Promise.all([first(), second()]));
  }

  /** The rows that are shown: of now, or as they were known at the moment that was chosen. */
  get shown() {
    return this.asKnown.store ?? this.app.store;
  }

  #renewed() {
    this.reasons.clear();
    this.#draw();
    return this.#explain();
  }

  #build(root) {
    const { catalog } = this.app;
    const go = (changes) => {
      setParams(changes);
      this.app.open();
    };
    const options = this.reported.map((source) => [source, catalog.sourceTitle(source)]);
    const announce = (text) => this.app.announce(text);
    this.overview = new Figure(announce);
    this.detail = new Figure(announce);
    this.map = new HeatMap(this.overview.host);
    this.chart = new TimeChart(this.detail.host);
    this.largest = h("section", { class: "card" });
    this.summary = h("p", { class: "lead" });
    this.why = h("div", { role: "status" });
    this.empty = h("div", {});
    put(this.detail.below, this.why);
    put(root,
      h("h1", {}, t("page.sources")),
      this.summary,
      h("div", { class: "controls" },
        select(t("control.metric"), [[null, catalog.counts.map((count) => [count, catalog.measureTitle(count)])]], this.column, (metric) => go({ metric })),
        select(t("sources.first"), [[null, options.filter(([source]) => source !== this.b)]], this.a, (a) => go({ a })),
        select(t("sources.second"), [[null, options.filter(([source]) => source !== this.a)]], this.b, (b) => go({ b })),
        select(t("control.region"), [[null, this.regions.map((region) => [region, catalog.regionName(region)])]], this.region, (region) => this.#pick(region)),
        this.asKnown.element),
      this.empty,
      this.regions.length ? [this.overview.element, this.detail.element, this.largest] : nothing(t("sources.none")));
  }

  #pick(region) {
    this.region = region;
    setParams({ region });
    this.redraw();
    return this.#explain();
  }

  /** Show the reasons of the chosen region, then those of the largest differences: they come from the log, which
   * takes a second or so a region. */
  async #explain() {
    if (!this.reasoned || !this.days) return;
    const { region } = this;
    const lacks = (each) => !this.reasons.has(each);
    if (lacks(region)) put(this.why, h("p", { class: "muted", "aria-busy": "true" }, t("as-known.loading")));
    try {
      for (const regions of [[region], this.foremost]) await this.#ask(regions.filter(lacks));
    } catch (error) {
      if (lacks(region) && region === this.region) put(this.why, h("p", {}, t("failed.sentence", { reason: error.message }), " ", button(t("retry"), () => this.#explain())));
    }
  }

  async #ask(regions) {
    if (!regions.length || this.stopped) return;
    const { moment } = this.asKnown;
    const { data } = await get(disagreementsPath({ regions, field: this.column, moment }));
    if (moment !== this.asKnown.moment) return;
    for (const region of regions) {
      this.reasons.set(region, new Map(data.filter((each) => each.region === region).map((each) => [dayOf(each.date), each])));
    }
    this.redraw();
  }

  /** Why the sources differ on a day, in a word; nothing while it is not known. */
  #reason(region, { day, difference }) {
    const found = this.reasons.get(region)?.get(day);
    // What has changed since it was asked for has another reason, or none.
    if (!found || Math.abs(found.difference) !== Math.abs(difference)) return null;
    return found.reason ? t(`reason.${found.reason}`) : t("reason.none");
  }

  /** The days of a region on which both sources have a number: { day, a, b, difference, share }. */
  #pairs(region) {
    const other = this.shown.series(this.b, region);
    return this.shown.series(this.a, region).list.flatMap((row) => {
      const [a, b] = [row[this.column] ?? null, other.at(row.day, this.column)];
      if (a === null || b === null) return [];
      const difference = b - a;
      return [{ day: row.day, a, b, difference, share: a ? difference / a : difference ? Math.sign(difference) : 0 }];
    });
  }

  #draw() {
    if (this.stopped || !this.map || !this.regions.length) return;
    const all = this.regions.map((region) => ({ region, pairs: this.#pairs(region) }));
    const pairs = all.flatMap((each) => each.pairs);
    const differing = pairs.filter((pair) => pair.difference);
    put(this.summary, t("sources.summary", {
      first: this.app.catalog.sourceTitle(this.a), second: this.app.catalog.sourceTitle(this.b),
      days: i18n.number(pairs.length), differing: i18n.number(differing.length), share: i18n.number(pairs.length ? differing.length / pairs.length : 0, "ratio"),
    }));
    for (const part of [this.overview.element, this.detail.element, this.largest]) part.hidden = !pairs.length;
    put(this.empty, pairs.length ? [] : nothing(t("sources.none")));
    this.days = null;
    if (!pairs.length) return;
    this.days = [Math.min(...all.map((each) => each.pairs[0]?.day ?? Infinity)), Math.max(...all.map((each) => each.pairs.at(-1)?.day ?? -Infinity))];
    this.#drawOverview(all);
    this.#drawDetail(all.find((each) => each.region === this.region)?.pairs ?? []);
    this.#drawLargest(all);
  }

  #paths(regions) {
    const [from, to] = this.days.map(isoOf);
    return [this.a, this.b].map((source) => metricsPath({ source, regions, fields: [this.column], from, to, moment: this.asKnown.moment, format: "csv" }));
  }

  #drawOverview(all) {
    const { catalog } = this.app;
    const [first, second] = [catalog.sourceTitle(this.a), catalog.sourceTitle(this.b)];
    const byRegion = new Map(all.map((each) => [each.region, new Map(each.pairs.map((pair) => [pair.day, pair]))]));
    this.map.render({
      label: t("sources.map.label", { first, second, metric: catalog.measureTitle(this.column) }),
      days: this.days,
      bins: Array.from({ length: 2 * CUTS.length + 1 }, (_, i) => i + 1),
      chosen: this.region,
      regions: all.map(({ region, pairs }) => ({ code: region, name: catalog.regionName(region), rows: pairs.map((pair) => ({ day: pair.day, bin: binOf(pair.share) })) })),
      onPick: (region) => this.#pick(region),
      describe: (region, day) => {
        const pair = byRegion.get(region).get(day);
        return pair ? this.#described(region, pair, first, second) : [[t("sources.not-both"), ""]];
      },
    });
    const paths = this.#paths(this.regions);
    const percent = (share) => i18n.tick(share, "ratio");
    this.overview.update({
      title: t("sources.map.title", { metric: catalog.measureTitle(this.column) }),
      subtitle: `${t("sources.map.subtitle", { first, second })}${this.asKnown.subtitle}`,
      footer: t("chart.footer", { source: `${first}, ${second}` }),
      file: `covid-${this.a}-${this.b}-${this.column}${this.asKnown.suffix}`,
      csv: paths,
      legend: [
        [`d1`, t("sources.less", { share: percent(CUTS[2]) })], [`d2`, `${percent(-CUTS[2])} – ${percent(-CUTS[1])}`], [`d3`, `${percent(-CUTS[1])} – ${percent(-CUTS[0])}`],
        [`d4`, t("sources.agree", { share: percent(CUTS[0]) })],
        [`d5`, `${percent(CUTS[0])} – ${percent(CUTS[1])}`], [`d6`, `${percent(CUTS[1])} – ${percent(CUTS[2])}`], [`d7`, t("sources.more", { share: percent(CUTS[2]) })],
      ],
      table: () => ({
        columns: [{ text: t("region") }, { text: t("sources.days"), number: true }, { text: t("sources.differing"), number: true }, { text: t("sources.greatest"), number: true }],
        rows: all.map(({ region, pairs }) => [
          catalog.regionName(region), i18n.number(pairs.length), i18n.number(pairs.filter((pair) => pair.difference).length),
          i18n.number(pairs.reduce((most, pair) => (Math.abs(pair.difference) > Math.abs(most) ? pair.difference : most), 0), "count", { signed: true }),
        ]),
      }),
      note: note(catalog, [this.column], [this.a, this.b], paths[0], [t("sources.formula", { first, second }), ...this.asKnown.note]),
    });
  }

  #described(region, pair, first, second) {
    const reason = pair.difference ? this.#reason(region, pair) : null;
    return [
      [first, i18n.number(pair.a), 1], [second, i18n.number(pair.b), 2],
      [t("difference"), `${i18n.number(pair.difference, "count", { signed: true })} (${i18n.number(pair.share, "ratio", { signed: true })})`],
      ...(reason ? [[t("reason"), reason]] : []),
    ];
  }

  #drawDetail(pairs) {
    const { catalog } = this.app;
    const [first, second] = [catalog.sourceTitle(this.a), catalog.sourceTitle(this.b)];
    const views = [this.a, this.b].map((source) => new View(catalog, this.shown.series(source, this.region), this.column));
    const byDay = new Map(pairs.map((pair) => [pair.day, pair]));
    const name = catalog.regionName(this.region);
    this.chart.render({
      label: t("sources.detail.label", { region: name, metric: catalog.measureTitle(this.column), first, second }),
      days: this.days, form: "count", scale: "linear",
      lines: [],
      bars: { color: 3, points: pairs.map((pair) => [pair.day, pair.difference]) },
      marks: [], spans: new Map(), statusName: String,
      rows: (day) => (byDay.has(day) ? this.#described(this.region, byDay.get(day), first, second) : [[first, i18n.number(views[0].at(day)), 1], [second, i18n.number(views[1].at(day)), 2]]),
    });
    const paths = this.#paths([this.region]);
    const reasoned = this.reasons.has(this.region);
    if (reasoned) put(this.why, this.#reasonTable(pairs));
    this.detail.update({
      title: t("sources.detail.title", { metric: catalog.measureTitle(this.column), region: name }),
      subtitle: `${second} − ${first}, ${i18n.say(catalog.measure(this.column).unit)}${this.asKnown.subtitle}`,
      footer: t("chart.footer", { source: `${first}, ${second}` }),
      file: `covid-${this.a}-${this.b}-${this.region}-${this.column}${this.asKnown.suffix}`,
      csv: paths,
      table: () => ({
        columns: [{ text: t("day"), day: true }, { text: first, number: true }, { text: second, number: true }, { text: t("difference"), number: true }, ...(reasoned ? [{ text: t("reason") }] : [])],
        rows: pairs.toReversed().map((pair) => [
          i18n.date(pair.day, "medium"), i18n.number(pair.a), i18n.number(pair.b), i18n.number(pair.difference, "count", { signed: true }),
          ...(reasoned ? [pair.difference ? (this.#reason(this.region, pair) ?? "–") : ""] : []),
        ]),
      }),
      note: note(catalog, [this.column], [this.a, this.b], paths[0], [t("sources.formula", { first, second }), ...this.asKnown.note, ...(this.reasoned ? [this.#reasonsAddress()] : [])]),
    });
  }

  #reasonsAddress() {
    const path = disagreementsPath({ regions: [this.region], field: this.column, moment: this.asKnown.moment });
    return [t("sources.reasons.query"), " ", h("a", { href: path }, path)];
  }

  /** How often each reason holds of the region, and what it means. */
  #reasonTable(pairs) {
    const differing = pairs.filter((pair) => pair.difference);
    if (!differing.length) return [];
    const days = Map.groupBy(differing, (pair) => this.reasons.get(this.region).get(pair.day)?.reason ?? "none");
    return table(t("sources.reasons.title", { region: this.app.catalog.regionName(this.region) }),
      [{ text: t("reason") }, { text: t("sources.reasons.days"), number: true }, { text: t("sources.reasons.meaning") }],
      [...REASONS, "none"].filter((reason) => days.has(reason)).map((reason) => [t(`reason.${reason}`), i18n.number(days.get(reason).length), t(`reason.text.${reason}`)]));
  }

  #drawLargest(all) {
    const { catalog } = this.app;
    const rows = all
      .flatMap(({ region, pairs }) => pairs.filter((pair) => pair.difference).map((pair) => ({ region, ...pair })))
      .sort((x, y) => Math.abs(y.difference) - Math.abs(x.difference))
      .slice(0, LARGEST);
    this.foremost = [...new Set(rows.map((row) => row.region))];
    put(this.largest, table(t("sources.largest", { count: LARGEST }),
      [{ text: t("region") }, { text: t("day"), day: true }, { text: catalog.sourceTitle(this.a), number: true }, { text: catalog.sourceTitle(this.b), number: true }, { text: t("difference"), number: true }, { text: "%", number: true }, ...(this.reasoned ? [{ text: t("reason") }] : [])],
      rows.map((row) => [
        h("a", { href: address("/compare", { metric: this.column, lines: `${row.region}@${this.a},${row.region}@${this.b}`, ...momentParams(this.asKnown.moment) }) }, catalog.regionName(row.region)),
        i18n.date(row.day, "medium"), i18n.number(row.a), i18n.number(row.b),
        i18n.number(row.difference, "count", { signed: true }), i18n.number(row.share, "ratio", { signed: true }),
        ...(this.reasoned ? [this.#reason(row.region, row) ?? "–"] : []),
      ])));
  }
}

/** 1 to 7: far below, …, about the same (4), …, far above. */
function binOf(share) {
  const steps = CUTS.filter((cut) => Math.abs(share) >= cut).length;
  return MIDDLE + Math.sign(share) * steps;
}
