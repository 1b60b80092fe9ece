// Regions by days, coloured by class: one path for each class of a region, however many days there are.

import { h, put, svg } from "../dom.js";
import * as i18n from "../i18n.js";
import { runs, runsOf } from "./paths.js";
import { days } from "./scale.js";
import { sized } from "./size.js";

const ROW = 24;
const BOTTOM = 22;

/** spec: { label, days, regions: [{ code, name, rows: [{ day, bin }] }], bins, chosen, onPick(code, day), describe(code, day) } */
export class HeatMap {
  constructor(host) {
    this.root = svg("svg", { class: "chart heatmap", role: "img" });
    this.tip = h("div", { class: "tip", hidden: true });
    put(host, this.root, this.tip);
    this.root.addEventListener("pointermove", (event) => this.#show(this.#at(event), event));
    this.root.addEventListener("pointerleave", () => (this.tip.hidden = true));
    this.root.addEventListener("click", (event) => {
      const at = this.#at(event);
      if (at) this.spec.onPick(at.region.code, at.day);
    });
    this.sizing = sized(host, (width) => this.#draw(width));
  }

  render(spec) {
    this.spec = spec;
    this.sizing.redraw();
  }

  stop() {
    this.sizing.stop();
  }

  #draw(width) {
    const { spec } = this;
    if (!spec) return;
    const left = width > 620 ? 186 : 40;
    const height = spec.regions.length * ROW + BOTTOM;
    this.x = days(spec.days, [left, width - 10]);
    const x = this.x;
    this.root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.root.setAttribute("width", width);
    this.root.setAttribute("height", height);
    this.root.setAttribute("aria-label", spec.label);
    put(this.root,
      spec.regions.map((region, i) => svg("g", { class: region.code === spec.chosen ? "chosen" : null },
        svg("rect", { class: "lane", x: left, y: i * ROW + 2, width: Math.max(0, width - 10 - left), height: ROW - 4 }),
        svg("text", { x: left - 8, y: i * ROW + ROW / 2, dy: "0.32em", "text-anchor": "end" }, left > 100 ? region.name : region.code.slice(3) || region.code),
        spec.bins.map((bin) => svg("path", { class: `d${bin}`, d: runs(runsOf(region.rows, (row) => row.bin === bin), x, i * ROW + 2, ROW - 4) })))),
      svg("g", { class: "time" }, x.ticks.map(({ day, kind }) =>
        svg("text", { x: x(day), y: height - 6, "text-anchor": "middle" }, i18n.date(day, kind === "day" ? "dayMonth" : "monthYear")))));
  }

  #at(event) {
    const box = this.root.getBoundingClientRect();
    const region = this.spec?.regions[Math.floor((event.clientY - box.top) / ROW)];
    const day = this.x?.invert(event.clientX - box.left);
    const [first, last] = this.spec?.days ?? [];
    return region && day >= first && day <= last ? { region, day } : null;
  }

  #show(at, event) {
    this.tip.hidden = !at;
    if (!at) return;
    const rows = this.spec.describe(at.region.code, at.day);
    put(this.tip, h("strong", {}, `${at.region.name}, ${i18n.date(at.day, "medium")}`),
      h("dl", {}, rows.map(([label, text]) => [h("dt", {}, label), h("dd", {}, text)])));
    const box = this.root.getBoundingClientRect();
    const room = this.tip.offsetWidth + 12;
    const where = event.clientX - box.left;
    this.tip.style.left = `${where + room > box.width ? Math.max(0, where - room) : where + 12}px`;
    this.tip.style.top = `${Math.max(0, event.clientY - box.top - this.tip.offsetHeight - 8)}px`;
  }
}
