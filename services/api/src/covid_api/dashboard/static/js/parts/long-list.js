// A list that the API is asked for with every choice, and that may be long.

import { get } from "../api.js";
import { put } from "../dom.js";
import { number, t } from "../i18n.js";
import { button, table } from "./controls.js";
import { failure, loading } from "./message.js";

const FIRST_SHOWN = 50; // there may be thousands

export class LongList {
  /** `summary`: the line above, which says nothing after a failure; `draw()` is called with each answer. */
  constructor(element, summary, { draw, load }) {
    Object.assign(this, { element, summary, draw, load });
    this.found = null;
  }

  /** A later question ends an earlier one. */
  async ask(path) {
    this.stop();
    const mine = new AbortController();
    this.request = mine;
    this.shown = FIRST_SHOWN;
    this.element.setAttribute("aria-busy", "true");
    if (!this.found) put(this.element, loading());
    try {
      this.found = (await get(path, mine.signal)).data;
    } catch (error) {
      if (error.name === "AbortError") return;
      put(this.summary);
      put(this.element, failure(error, this.load));
      return;
    } finally {
      if (this.request === mine) this.element.removeAttribute("aria-busy");
    }
    this.draw();
  }

  stop() {
    this.request?.abort();
  }

  /** The first of the items as a table, and a button for the rest. `row(item)`: its cells. */
  show(title, columns, items, row) {
    const rest = items.length - this.shown;
    put(this.element,
      table(title, columns, items.slice(0, this.shown).map(row)),
      rest > 0 ? button(t("ledger.rest", { count: rest, number: number(rest) }), () => this.#all()) : null);
  }

  #all() {
    this.shown = Infinity;
    this.draw();
    this.element.querySelector(".scroll").focus({ preventScroll: true });
  }
}
