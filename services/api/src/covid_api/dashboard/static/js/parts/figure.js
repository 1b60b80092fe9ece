// A chart with all that belongs to it: heading, downloads, the table behind it, and how it is computed.

import { getText } from "../api.js";
import { pngBlob, save, svgText } from "../chart/export.js";
import { h, put, unique } from "../dom.js";
import { t } from "../i18n.js";
import { button, lazyDetails, table } from "./controls.js";

export class Figure {
  /** `announce(text)` tells screen readers what happened. */
  constructor(announce) {
    this.announce = announce;
    const id = unique("figure");
    this.heading = h("h2", { id });
    this.subtitle = h("p", { class: "subtitle" });
    this.legend = h("ul", { class: "legend" });
    this.host = h("div", { class: "host" });
    this.below = h("div", { class: "below" });
    this.table = lazyDetails(t("table.show"), () => this.#table(), { class: "data-table" });
    this.note = h("details", { class: "note" });
    this.buttons = h("div", { class: "downloads", role: "group", "aria-label": t("download") },
      button("CSV", () => this.#csv(), { title: t("download.csv"), "data-format": "csv" }),
      button("PNG", () => this.#image("png"), { title: t("download.png"), "data-format": "png" }),
      button("SVG", () => this.#image("svg"), { title: t("download.svg"), "data-format": "svg" }),
      button(t("link.copy"), () => this.#link(), { "data-format": "link" }));
    this.element = h("section", { class: "figure", "aria-labelledby": id },
      h("header", {}, h("div", {}, this.heading, this.subtitle), this.buttons),
      this.legend, this.host, this.below, this.table, this.note);
  }

  /** spec: { title, subtitle, footer, file, csv: [paths, or functions that give such a text], legend: [[class, text]], table(): { columns, rows }, note: nodes } */
  update(spec) {
    this.spec = spec;
    put(this.heading, spec.title);
    put(this.subtitle, spec.subtitle);
    put(this.legend, (spec.legend ?? []).map(([kind, text]) => h("li", {}, h("span", { class: `key ${kind}`, "aria-hidden": "true" }), text)));
    put(this.note, h("summary", {}, t("note.title")), spec.note);
    this.table.renew();
  }

  #table() {
    const { columns, rows } = this.spec.table();
    return table(this.spec.title, columns, rows);
  }

  async #csv() {
    await this.#guarded(async () => {
      const parts = await Promise.all(this.spec.csv.map((part) => (typeof part === "string" ? getText(part) : part())));
      // One heading, then the rows of all.
      const text = parts.map((part, i) => (i ? part.slice(part.indexOf("\n") + 1) : part)).join("");
      save(`${this.spec.file}.csv`, new Blob([text], { type: "text/csv" }));
    });
  }

  async #image(format) {
    await this.#guarded(async () => {
      const text = svgText(this.host.querySelector("svg"), { title: this.spec.title, subtitle: this.spec.subtitle, footer: `${this.spec.footer} · ${location.href}` });
      save(`${this.spec.file}.${format}`, format === "svg" ? new Blob([text], { type: "image/svg+xml" }) : await pngBlob(text));
    });
  }

  async #link() {
    await this.#guarded(async () => {
      await navigator.clipboard.writeText(location.href);
      this.announce(t("link.copied"));
    });
  }

  async #guarded(run) {
    try {
      await run();
    } catch (error) {
      this.announce(t("failed.sentence", { reason: error.message }));
    }
  }
}
