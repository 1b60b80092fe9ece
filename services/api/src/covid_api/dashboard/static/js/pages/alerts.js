// What the rules of alerts say, and said.

import { alertsFeedPath, alertsPath } from "../api.js";
import { dayOf } from "../days.js";
import { h, put } from "../dom.js";
import * as i18n from "../i18n.js";
import { select } from "../parts/controls.js";
import { LongList } from "../parts/long-list.js";
import { nothing } from "../parts/message.js";
import { address, params, setParams } from "../url.js";

const { t } = i18n;
const COUNTRY = "CA";
const STATES = ["active", "resolved", "withdrawn"];
const SEVERITIES = ["critical", "warning", "info"];

export class AlertsPage {
  constructor(app) {
    this.app = app;
  }

  async start(root) {
    const query = params();
    const known = (name, values) => (values.includes(query.get(name)) ? query.get(name) : null);
    this.asked = {
      region: known("region", [...this.app.catalog.regions.keys()]),
      state: known("state", STATES),
      severity: known("severity", SEVERITIES),
    };
    this.#build(root);
    await this.#load();
  }

  stop() {
    this.list?.stop();
  }

  #build(root) {
    const { asked } = this;
    const regions = this.app.catalog.regionsOf(null).filter((region) => region.country === COUNTRY);
    const every = (text) => [null, [["", text]]];
    const named = (values, name) => [null, [["", t("alerts.every")], ...values.map((value) => [value, name(value)])]];
    this.summary = h("p", { class: "lead", role: "status" });
    this.csv = h("a", { class: "button", title: t("download.csv"), "data-format": "csv" }, "CSV");
    this.feed = h("a", { class: "button", title: t("alerts.feed") }, "Atom");
    this.body = h("section", { class: "card ledger wrapped" });
    this.list = new LongList(this.body, this.summary, { draw: () => this.#draw(), load: () => this.#load() });
    this.note = h("p", {});
    put(root,
      h("h1", {}, t("page.alerts")),
      h("p", { class: "lead" }, t("alerts.lead")),
      h("div", { class: "controls" },
        select(t("control.region"), [every(t("alerts.everywhere")), [t("canada"), regions.map((region) => [region.region, i18n.regionName(region)])]], asked.region ?? "", (region) => this.#ask("region", region)),
        select(t("alerts.state"), [named(STATES, (state) => t(`alerts.state.${state}`))], asked.state ?? "", (state) => this.#ask("state", state)),
        select(t("alerts.severity"), [named(SEVERITIES, (severity) => t(`alerts.severity.${severity}`))], asked.severity ?? "", (severity) => this.#ask("severity", severity))),
      h("div", { class: "title" }, this.summary, h("div", { class: "downloads" }, this.csv, this.feed)),
      this.body,
      h("details", { class: "note" },
        h("summary", {}, t("alerts.note.title")),
        h("dl", { class: "steps" }, STATES.map((state) => [h("dt", {}, t(`alerts.state.${state}`)), h("dd", {}, t(`alerts.text.${state}`))])),
        h("p", {}, t("alerts.note")),
        this.note));
  }

  #ask(name, value) {
    this.asked[name] = value || null;
    setParams(this.asked);
    return this.#load();
  }

  #load() {
    const path = alertsPath(this.asked);
    this.csv.setAttribute("href", alertsPath({ ...this.asked, format: "csv" }));
    this.feed.setAttribute("href", alertsFeedPath(this.asked, i18n.language));
    put(this.note, t("note.query"), " ", h("a", { href: path }, path));
    return this.list.ask(path);
  }

  #draw() {
    const { found } = this.list;
    const active = found.filter((alert) => alert.state === "active").length;
    put(this.summary,
      t("alerts.summary", { count: found.length, number: i18n.number(found.length) }), " ",
      t("alerts.active", { count: active, number: i18n.number(active) }));
    if (!found.length) {
      put(this.body, nothing(t("alerts.none")));
      return;
    }
    const columns = [
      { text: t("alerts.onset"), day: true }, { text: t("alerts.until"), day: true }, { text: t("region") },
      { text: t("alerts.state") }, { text: t("alerts.severity") }, { text: t("alerts.rule") },
      { text: t("alerts.value"), number: true }, { text: t("alerts.peak"), number: true }, { text: t("source") },
    ];
    this.list.show(t("alerts.title"), columns, found, (alert) => this.#row(alert));
  }

  #row(alert) {
    const { catalog } = this.app;
    const { region, source, metric, onset } = alert;
    const number = (value) => this.#number(alert, value);
    return [
      i18n.date(dayOf(onset), "medium"),
      alert.until ? i18n.date(dayOf(alert.until), "medium") : "–",
      h("a", { href: address("/region", Object.entries({ region, source, metric, day: onset })) }, catalog.regionName(region)),
      t(`alerts.state.${alert.state}`),
      t(`alerts.severity.${alert.severity}`),
      i18n.language === "fr" ? alert.title_fr : alert.title_en,
      number(alert.value), number(alert.peak),
      catalog.sourceTitle(source),
    ];
  }

  /** Of a stall and a correction: days and persons; of all else what the metric is in. */
  #number({ kind, metric }, value) {
    if (kind === "stalled") return i18n.number(value);
    if (kind === "correction") return i18n.number(value, "count", { signed: true });
    return i18n.number(value, this.app.catalog.measures.get(metric)?.form);
  }
}
