// Insert, correct, delete and withdraw, for who has a write key. Nothing is written before the second step,
// which shows what will be written and which later days change with it.

import { get, metricsPath, write } from "../api.js";
import { dayOf, isoOf } from "../days.js";
import { h, put, unique } from "../dom.js";
import * as i18n from "../i18n.js";
import { button, segmented, table } from "./controls.js";

const { t } = i18n;
const KEPT = "covid-write-key"; // in sessionStorage: it ends with the tab
const WAIT_SECONDS = 20;

export class Editor {
  /** `day()`: the day that is offered first. */
  constructor(app, { source, region, day }) {
    this.app = app;
    this.region = region;
    this.offered = { source: source === "merged" ? "" : source, day };
    this.dialog = h("dialog", { class: "editor", "aria-labelledby": "editor-title" });
    this.dialog.addEventListener("close", () => this.dialog.remove());
  }

  open() {
    this.action = "correct";
    this.draft = { source: this.offered.source, date: isoOf(this.offered.day()), counts: {} };
    document.body.append(this.dialog);
    this.#form();
    this.dialog.showModal();
  }

  close() {
    this.dialog.close();
  }

  #shell(title, ...content) {
    put(this.dialog,
      h("header", {}, h("h2", { id: "editor-title", tabindex: -1 }, title), button("×", () => this.close(), { "aria-label": t("close") })),
      ...content);
  }

  #form(problem = null) {
    const { catalog } = this.app;
    const field = (name, props, value) => {
      const id = unique("field");
      const input = h("input", { id, value, ...props, name });
      return [input, h("div", { class: "control" }, h("label", { for: id }, props.label), input, props.hint ? h("p", { class: "muted", id: `${id}-hint` }, props.hint) : null)];
    };
    const [key, keyBox] = field("key", { label: t("edit.key"), type: "password", autocomplete: "off", required: true, hint: t("edit.key.hint") }, kept());
    const [source, sourceBox] = field("source", { label: t("edit.source"), pattern: "[a-z0-9][a-z0-9\\-]{0,62}", required: true, hint: t("edit.source.hint"), list: "editor-sources" }, this.draft.source);
    const [date, dateBox] = field("date", { label: t("day"), type: "date", required: true }, this.draft.date);
    const counts = catalog.counts.map((count) => [count, ...field(count, { label: catalog.measureTitle(count), type: "number", min: 0, step: 1, inputmode: "numeric" }, this.draft.counts[count] ?? "")]);
    const fieldset = h("fieldset", { class: "counts" }, h("legend", {}, t("edit.counts")), counts.map(([, , box]) => box));
    const form = h("form", {
      onsubmit: (event) => {
        event.preventDefault();
        keep(key.value);
        this.draft = { source: source.value, date: date.value, counts: Object.fromEntries(counts.filter(([, input]) => input.value !== "").map(([count, input]) => [count, Number(input.value)])) };
        if (this.action === "correct" && !Object.keys(this.draft.counts).length) this.#form(t("edit.says-nothing"));
        else this.#review();
      },
    },
      problem ? h("p", { class: "problem", role: "alert" }, problem) : null,
      h("p", {}, t("edit.for", { region: catalog.regionName(this.region) })),
      segmented(t("edit.action"), ["correct", "delete", "withdraw"].map((action) => [action, t(`edit.${action}`)]), this.action, (action) => {
        this.action = action;
        fieldset.hidden = action !== "correct";
        put(explanation, t(`edit.${action}.text`));
      }),
    );
    const explanation = h("p", { class: "muted" }, t(`edit.${this.action}.text`));
    fieldset.hidden = this.action !== "correct";
    form.append(explanation,
      h("div", { class: "row" }, sourceBox, dateBox), fieldset, keyBox,
      h("datalist", { id: "editor-sources" }, [...catalog.sources.keys()].filter((each) => each !== "merged").map((each) => h("option", { value: each }))),
      h("div", { class: "row" },
        h("button", { type: "submit", class: "primary" }, t("edit.review")),
        button(t("edit.forget"), () => { forget(); key.value = ""; })));
    this.#shell(t("edit.title"), form);
  }

  get id() {
    return `${this.draft.source}:${this.region}:${this.draft.date}`;
  }

  async #review() {
    this.#shell(t("edit.review"), h("p", { role: "status" }, t("loading")));
    try {
      const affected = await this.#affected();
      const sure = button(t(`edit.${this.action}.sure`), () => this.#send(), { class: this.action === "delete" ? "danger" : "primary" });
      this.#shell(t("edit.review"),
        h("p", {}, t(`edit.${this.action}.will`, { id: this.id })),
        this.action === "correct" ? h("p", {}, h("code", {}, JSON.stringify(this.#record()))) : null,
        h("h3", {}, t("edit.later")),
        affected.length
          ? table(t("edit.later.caption"), [{ text: t("day"), day: true }, { text: t("source") }, { text: t("edit.measures") }, { text: t("edit.now"), number: true }], affected)
          : h("p", {}, t("edit.later.none")),
        h("div", { class: "row" }, sure, button(t("edit.back"), () => this.#form())));
      this.dialog.querySelector("#editor-title").focus();
    } catch (error) {
      this.#form(error.status === 0 ? t("down.text") : error.message);
    }
  }

  #record() {
    return { source: this.draft.source, region: this.region, date: this.draft.date, ...this.draft.counts };
  }

  /** The days that change, with what of them: [day, source, measures, values now]. */
  async #affected() {
    const { catalog } = this.app;
    // A deletion or withdrawal may change every count.
    const counts = this.action === "correct" ? Object.keys(this.draft.counts) : catalog.counts;
    const moved = [...catalog.measures.values()].filter((measure) => measure.inputs.some((field) => counts.includes(field)));
    const day = dayOf(this.draft.date);
    const lags = [...new Set(moved.flatMap((measure) => measure.days))].sort((a, b) => a - b);
    const to = day + Math.max(0, ...lags);
    const fields = moved.map((measure) => measure.column);
    const sources = [this.draft.source, ...(this.region.startsWith("CA") && this.draft.source !== "merged" ? ["merged"] : [])];
    const found = [];
    for (const source of sources.filter((each) => catalog.has(each, this.region))) {
      const { data } = await get(metricsPath({ source, regions: [this.region], fields: [...fields, ...counts.map((count) => `${count}_source`)], from: isoOf(day), to: isoOf(to) }));
      for (const row of data) {
        const after = dayOf(row.date) - day;
        // A merged row takes each count from one publisher: another's correction leaves it as it is.
        const own = moved.filter((measure) => measure.days.includes(after) && (source !== "merged" || measure.inputs.some((field) => counts.includes(field) && row[`${field}_source`] === this.draft.source)));
        if (!own.length) continue;
        found.push([
          i18n.date(dayOf(row.date), "medium"), catalog.sourceTitle(source),
          h("ul", { class: "plain" }, own.map((measure) => h("li", {}, i18n.say(measure.title)))),
          h("ul", { class: "plain" }, own.map((measure) => h("li", {}, i18n.number(row[measure.column], measure.form)))),
        ]);
      }
    }
    return found;
  }

  async #send() {
    this.#shell(t("edit.title"), h("p", { role: "status" }, t("edit.sending")));
    const id = encodeURIComponent(this.id);
    try {
      const key = kept();
      const { status, content } =
        this.action === "correct" ? await write("POST", `/v1/records?wait=${WAIT_SECONDS}`, key, this.#record())
        : this.action === "delete" ? await write("DELETE", `/v1/records?id=${id}&wait=${WAIT_SECONDS}`, key)
        : await write("POST", `/v1/records/withdraw?id=${id}&wait=${WAIT_SECONDS}`, key);
      this.#done(status, content);
    } catch (error) {
      if (error.status === 401) forget();
      this.#form(error.status === 0 ? t("down.text") : error.message);
    }
  }

  #done(status, content) {
    const outcome = status === 202 ? "logged" : content.applied === false ? "superseded" : this.action;
    this.#shell(t("edit.done"),
      h("p", { role: "status", class: "outcome", "data-outcome": outcome }, t(`edit.done.${outcome}`, { id: this.id, reason: content.reason ?? "" })),
      h("p", { class: "muted" }, t("edit.position", { topic: content.topic, partition: content.partition, offset: content.offset })),
      h("div", { class: "row" }, button(t("close"), () => this.close(), { class: "primary" }), button(t("edit.another"), () => this.#form())));
    this.dialog.querySelector("#editor-title").focus();
  }
}

let inMemory = "";

function kept() {
  try {
    return sessionStorage.getItem(KEPT) ?? inMemory;
  } catch {
    return inMemory; // storage is switched off
  }
}

function keep(key) {
  inMemory = key;
  try {
    sessionStorage.setItem(KEPT, key);
  } catch {
    // Then it lasts as long as the page.
  }
}

function forget() {
  inMemory = "";
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // It was never there.
  }
}
