// What goes through the log now: how much, how far its readers are, what was refused, what came last.

import { svg, h, put } from "../dom.js";
import * as i18n from "../i18n.js";
import { table } from "../parts/controls.js";
import { failure, loading } from "../parts/message.js";

const { t } = i18n;

export class PipelinePage {
  constructor(app) {
    this.app = app;
  }

  async start(root) {
    this.root = root;
    this.body = h("div", {}, loading());
    put(root, h("h1", {}, t("page.pipeline")), h("p", { class: "lead" }, t("pipeline.lead")), this.body);
    this.listener = () => this.#draw();
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
    const open = [...this.body.querySelectorAll("details")].map((details) => details.open);
    put(this.body,
      h("ul", { class: "key-figures" }, [
        [t("pipeline.rate"), i18n.number(state.records.per_second, "decimal"), t("pipeline.rate.unit")],
        [t("pipeline.minute"), i18n.number(state.records.last_minute), t("pipeline.minute.unit")],
        [t("pipeline.total"), i18n.number(state.records.total), t("pipeline.total.unit")],
        [t("pipeline.refused"), i18n.number(letters), t("pipeline.refused.unit")],
      ].map(([title, value, unit]) => h("li", {}, h("h2", {}, title), h("p", { class: "value" }, value), h("p", { class: "as-of" }, unit)))),
      this.#slices(state.records),
      this.#readers(state.readers),
      this.#arrivals(state.records),
      state.dead_letters.map((letters) => this.#letters(letters)),
      h("details", { class: "note" }, h("summary", {}, t("note.title")), h("p", {}, t("pipeline.note")), h("p", {}, t("note.query"), " ", h("a", { href: "/v1/pipeline" }, "/v1/pipeline")), h("p", { class: "muted" }, t("pipeline.at", { time: i18n.time(state.at) }))));
    this.body.querySelectorAll("details").forEach((details, i) => (details.open = open[i] ?? false));
  }

  #slices({ slices, slice_seconds: seconds, last_minute: sum }) {
    const most = Math.max(...slices, 1);
    const [width, height, gap] = [30, 90, 4];
    const label = t("pipeline.slices.label", { count: sum, number: i18n.number(sum) });
    return h("section", { class: "card" },
      h("h2", {}, t("pipeline.slices", { seconds })),
      h("p", {}, label),
      svg("svg", { class: "slices", role: "img", "aria-label": label, viewBox: `0 0 ${slices.length * width} ${height + 18}`, width: slices.length * width },
        slices.map((count, i) => [
          svg("rect", { class: "f1", x: i * width, width: width - gap, y: height - (count / most) * (height - 16), height: (count / most) * (height - 16) }),
          count ? svg("text", { x: i * width + (width - gap) / 2, y: height - (count / most) * (height - 16) - 4, "text-anchor": "middle" }, i18n.tick(count)) : null,
        ]),
        svg("line", { class: "zero", x1: 0, x2: slices.length * width, y1: height, y2: height }),
        svg("text", { x: 0, y: height + 14 }, t("pipeline.ago", { seconds: seconds * slices.length })),
        svg("text", { x: slices.length * width - gap, y: height + 14, "text-anchor": "end" }, t("pipeline.now"))));
  }

  #readers(readers) {
    const name = ({ store, group }) => (store ? t("pipeline.sink", { store }) : NAMED[group]?.() ?? group);
    return h("section", { class: "card" }, table(t("pipeline.readers"),
      [{ text: t("pipeline.reader") }, { text: t("pipeline.topic") }, { text: t("pipeline.done"), number: true }, { text: t("pipeline.lag"), number: true }, { text: t("pipeline.state") }],
      readers.map((reader) => [name(reader), reader.topic, i18n.number(reader.committed), i18n.number(reader.lag), h("span", { class: `state ${condition(reader)}` }, t(`pipeline.state.${condition(reader)}`))])));
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
      newest.map((letter) => [letter.code, letter.reason, letter.origin ?? "–", i18n.time(letter.at)])));
  }
}

/** Readers that are no store's. */
const NAMED = { "covid-stream": () => t("pipeline.stream"), "covid-alerts": () => t("pipeline.alerts") };

function condition(reader) {
  if (!reader.lag) return "up";
  if (reader.stuck) return "stuck";
  return "behind";
}
