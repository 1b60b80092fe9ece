// What goes through the log now: how much, how far its readers are, what was refused, what came last,
// and whether the stores were found to agree with it.

import { h, put, redrawn, svg } from "../dom.js";
import * as i18n from "../i18n.js";
import { table } from "../parts/controls.js";
import { Figure } from "../parts/figure.js";
import { failure, loading } from "../parts/message.js";

const { t } = i18n;

/** How what `covid verify` said is marked. */
const VERDICTS = { equal: "up", refused: "behind", lagging: "behind", different: "stuck" };

export class PipelinePage {
  constructor(app) {
    this.app = app;
  }

  async start(root) {
    this.root = root;
    this.body = h("div", {}, loading());
    this.figure = new Figure((text) => this.app.announce(text));
    put(root, h("h1", {}, t("page.pipeline")), h("p", { class: "lead" }, t("pipeline.lead")), this.body);
    this.listener = () => redrawn(this.body, () => this.#draw());
    this.app.health.addEventListener("state", this.listener);
    if (this.app.health.state || this.app.health.error) this.#draw();
    await this.app.health.ask();
  }

  stop() {
    this.app.health.removeEventListener("state", this.listener);
  }

  #draw() {
    const { state, error } = this.app.health;
    if (error) {
      put(this.body, failure(error, () => this.app.health.ask()));
      return;
    }
    const letters = state.dead_letters.reduce((sum, each) => sum + each.messages, 0);
    put(this.body,
      h("ul", { class: "key-figures" }, [
        [t("pipeline.rate"), i18n.number(state.records.per_second, "decimal"), t("pipeline.rate.unit")],
        [t("pipeline.minute"), i18n.number(state.records.last_minute), t("pipeline.minute.unit")],
        [t("pipeline.total"), i18n.number(state.records.total), t("pipeline.total.unit")],
        [t("pipeline.refused"), i18n.number(letters), t("pipeline.refused.unit")],
      ].map(([title, value, unit]) => h("li", {}, h("h2", {}, title), h("p", { class: "value" }, value), h("p", { class: "as-of" }, unit)))),
      this.figure.element,
      this.#readers(state.readers),
      this.#verified(state.verified, state.records.total),
      this.#arrivals(state.records),
      state.dead_letters.map((letters) => this.#letters(letters)),
      h("p", { class: "muted" }, t("pipeline.at", { time: i18n.time(state.at) })));
    this.#slices(state.records, state.at); // as wide as the place that it has got
  }

  #slices({ slices, slice_seconds: seconds, last_minute: sum }, at) {
    const most = Math.max(...slices, 1);
    const [width, height, gap] = [Math.max(20, Math.floor(this.figure.host.clientWidth / slices.length)), 90, 4];
    const label = t("pipeline.slices.label", { count: sum, number: i18n.number(sum) });
    const begins = slices.map((_, i) => new Date(Date.parse(at) - (slices.length - i) * seconds * 1000).toISOString());
    put(this.figure.host, svg("svg", { class: "slices", role: "img", "aria-label": label, viewBox: `0 0 ${slices.length * width} ${height + 18}`, width: slices.length * width, height: height + 18 },
      slices.map((count, i) => [
        svg("rect", { class: "f1", x: i * width, width: width - gap, y: height - (count / most) * (height - 16), height: (count / most) * (height - 16) }),
        count ? svg("text", { x: i * width + (width - gap) / 2, y: height - (count / most) * (height - 16) - 4, "text-anchor": "middle" }, i18n.tick(count)) : null,
      ]),
      svg("line", { class: "zero", x1: 0, x2: slices.length * width, y1: height, y2: height }),
      svg("text", { x: 0, y: height + 14 }, t("pipeline.ago", { seconds: seconds * slices.length })),
      svg("text", { x: slices.length * width - gap, y: height + 14, "text-anchor": "end" }, t("pipeline.now"))));
    this.figure.update({
      title: t("pipeline.slices", { seconds }),
      subtitle: label,
      footer: t("pipeline.at.short", { time: i18n.moment(at) }),
      file: "covid-pipeline",
      csv: [() => ["from,records", ...slices.map((count, i) => `${begins[i]},${count}`), ""].join("\n")],
      table: () => ({
        columns: [{ text: t("pipeline.from-time") }, { text: t("pipeline.minute.unit"), number: true }],
        rows: slices.map((count, i) => [i18n.time(begins[i]), i18n.number(count)]),
      }),
      note: [h("p", {}, t("pipeline.note")), h("p", {}, t("note.query"), " ", h("a", { href: "/v1/pipeline" }, "/v1/pipeline"))],
    });
  }

  #readers(readers) {
    const name = ({ store, group }) => (store ? t("pipeline.sink", { store }) : NAMED[group]?.() ?? group);
    return h("section", { class: "card" }, table(t("pipeline.readers"),
      [{ text: t("pipeline.reader") }, { text: t("pipeline.topic") }, { text: t("pipeline.done"), number: true }, { text: t("pipeline.lag"), number: true }, { text: t("pipeline.state") }],
      readers.map((reader) => [name(reader), reader.topic, i18n.number(reader.committed), i18n.number(reader.lag), h("span", { class: `state ${condition(reader)}` }, t(`pipeline.state.${condition(reader)}`))])));
  }

  #verified(stores, records) {
    const title = t("pipeline.verified");
    if (!stores.length) return h("section", { class: "card" }, h("h2", {}, title), h("p", {}, t("pipeline.verified.none")));
    return h("section", { class: "card" }, table(title,
      [{ text: t("pipeline.store") }, { text: t("pipeline.verdict") }, { text: t("pipeline.verified.at") }, { text: t("pipeline.verified.rows"), number: true }, { text: t("pipeline.verified.differences"), number: true }, { text: t("pipeline.verified.refused"), number: true }, { text: t("pipeline.verified.since"), number: true }],
      stores.map((each) => {
        const compared = each.verdict !== "lagging";
        const figure = (count) => (compared ? i18n.number(count) : "–");
        return [each.store, h("span", { class: `state ${VERDICTS[each.verdict]}` }, t(`pipeline.verdict.${each.verdict}`)), i18n.moment(each.at), figure(each.rows), figure(each.differences), figure(each.refused), i18n.number(Math.max(0, records - each.records))];
      })));
  }

  #arrivals({ newest }) {
    if (!newest.length) return h("section", { class: "card" }, h("h2", {}, t("pipeline.arrived")), h("p", {}, t("pipeline.arrived.none")));
    return h("section", { class: "card" }, table(t("pipeline.arrived"),
      [{ text: t("pipeline.record") }, { text: t("pipeline.kind") }, { text: t("pipeline.from") }, { text: t("pipeline.time") }, { text: t("pipeline.offset"), number: true }],
      newest.map((each) => [each.id ?? "–", t(`kind.${each.kind}`), each.file ?? each.actor ?? "–", i18n.time(each.at), `${each.partition}:${each.offset}`])));
  }

  #letters({ topic, messages, newest }) {
    if (!messages) return h("section", { class: "card" }, h("h2", {}, topic), h("p", {}, t("pipeline.letters.none")));
    return h("section", { class: "card" }, table(t("pipeline.letters", { topic, count: messages, number: i18n.number(messages) }),
      [{ text: t("pipeline.code") }, { text: t("pipeline.reason") }, { text: t("pipeline.origin") }, { text: t("pipeline.time") }],
      newest.map((letter) => [letter.code, letter.reason, letter.origin ?? "–", i18n.moment(letter.at)])));
  }
}

/** Readers that are no store's. */
const NAMED = { "covid-stream": () => t("pipeline.stream"), "covid-alerts": () => t("pipeline.alerts") };

function condition(reader) {
  if (!reader.lag) return "up";
  if (reader.stuck) return "stuck";
  return "behind";
}
