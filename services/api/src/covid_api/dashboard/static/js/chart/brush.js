// A small picture of all days with two handles that choose which of them the chart shows.

import { h, put, svg } from "../dom.js";
import * as i18n from "../i18n.js";
import { line } from "./paths.js";
import { days, linear } from "./scale.js";
import { sized } from "./size.js";

const HEIGHT = 46;
const LEAST_DAYS = 6;

/** `onChange(first, last)` is called while a handle moves. */
export class Brush {
  constructor(host, onChange) {
    this.onChange = onChange;
    this.picture = svg("svg", { class: "brush-picture", "aria-hidden": "true", height: HEIGHT });
    this.window = h("div", { class: "brush-window" });
    this.handles = ["start", "end"].map((side) => this.#handle(side));
    this.area = h("div", { class: "brush" }, this.picture, this.window, this.handles);
    put(host, this.area);
    this.window.addEventListener("pointerdown", (event) => this.#drag(event, "both"));
    this.picture.addEventListener("dblclick", () => this.#set(...this.spec.days));
    this.sizing = sized(host, (width) => this.#draw(width));
  }

  /** spec: { days: [first, last], points, chosen: [first, last], color } */
  render(spec) {
    this.spec = spec;
    this.chosen = spec.chosen;
    this.sizing.redraw();
  }

  stop() {
    this.sizing.stop();
  }

  #handle(side) {
    const handle = h("button", { type: "button", class: `brush-handle ${side}`, role: "slider", "aria-label": i18n.t(`brush.${side}`) });
    handle.addEventListener("pointerdown", (event) => this.#drag(event, side));
    handle.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -30, PageUp: 30 };
      const [first, last] = this.chosen;
      let to = null;
      if (event.key in moves) to = (side === "start" ? first : last) + moves[event.key];
      if (event.key === "Home") to = side === "start" ? this.spec.days[0] : first + LEAST_DAYS;
      if (event.key === "End") to = side === "start" ? last - LEAST_DAYS : this.spec.days[1];
      if (to === null) return;
      event.preventDefault();
      if (side === "start") this.#set(to, last);
      else this.#set(first, to);
    });
    return handle;
  }

  #draw(width) {
    if (!this.spec) return;
    const values = this.spec.points.map(([, value]) => value ?? 0);
    this.x = days(this.spec.days, [8, width - 8]);
    const y = linear([0, Math.max(1e-9, ...values)], [HEIGHT - 3, 4]);
    this.picture.setAttribute("width", width);
    put(this.picture, svg("path", { class: `line s${this.spec.color}`, d: line(this.spec.points, this.x, y) }));
    this.#place();
  }

  #place() {
    const [first, last] = this.chosen;
    const [a, b] = [this.x(first), this.x(last)];
    this.window.style.left = `${a}px`;
    this.window.style.width = `${b - a}px`;
    this.handles.forEach((handle, i) => {
      handle.style.left = `${[a, b][i]}px`;
      handle.setAttribute("aria-valuemin", this.spec.days[0]);
      handle.setAttribute("aria-valuemax", this.spec.days[1]);
      handle.setAttribute("aria-valuenow", this.chosen[i]);
      handle.setAttribute("aria-valuetext", i18n.date(this.chosen[i]));
    });
  }

  #drag(event, side) {
    event.preventDefault();
    const target = event.currentTarget;
    target.setPointerCapture(event.pointerId);
    target.focus?.();
    const start = event.clientX;
    const [first, last] = this.chosen;
    const perPixel = 1 / (this.x(1) - this.x(0));
    const move = (moved) => {
      const by = Math.round((moved.clientX - start) * perPixel);
      if (side === "start") this.#set(first + by, last);
      else if (side === "end") this.#set(first, last + by);
      else this.#shift(first, last, by);
    };
    target.addEventListener("pointermove", move);
    target.addEventListener("lostpointercapture", () => target.removeEventListener("pointermove", move), { once: true });
  }

  #shift(first, last, by) {
    const [from, to] = this.spec.days;
    const step = Math.max(from - first, Math.min(to - last, by));
    this.#set(first + step, last + step);
  }

  #set(first, last) {
    const [from, to] = this.spec.days;
    const moved = first !== this.chosen[0];
    let [a, b] = [Math.max(from, first), Math.min(to, last)];
    if (b - a < LEAST_DAYS) [a, b] = moved ? [Math.max(from, b - LEAST_DAYS), b] : [a, Math.min(to, a + LEAST_DAYS)];
    this.chosen = [a, b];
    this.#place();
    this.onChange(a, b);
  }
}
