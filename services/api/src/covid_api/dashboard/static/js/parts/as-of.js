// The day as of which a page shows its numbers. It stands in the address; without one they are today's.

import { dayOf, isoOf } from "../days.js";
import { h, put } from "../dom.js";
import * as i18n from "../i18n.js";
import { Store } from "../store.js";
import { params, setParams } from "../url.js";
import { button, dayField } from "./controls.js";

const { t } = i18n;
const FIRST = dayOf("2020-01-01"); // nothing was reported before

/** The days that can be chosen: the first, and today. */
export const knownDays = () => [FIRST, dayOf(new Date().toISOString())];

/** The day that a parameter of the address names, null for none and for one that cannot be chosen. */
export function givenDay(name) {
  const [first, last] = knownDays();
  const day = dayOf(params().get(name) ?? "");
  return day >= first && day <= last ? day : null;
}

export class AsOf {
  /** Rows of the day that was chosen; null for today's. */
  store = null;
  #asked = 0;

  /** `load(store)` gets what the page shows; `onChange()` is called when it is there, or today is chosen again. */
  constructor(load, onChange) {
    this.load = load;
    this.onChange = onChange;
    this.day = givenDay("as_of");
    this.host = h("div", { class: "row" });
    this.message = h("div", { class: "muted", role: "status" });
    this.element = h("div", { class: "as-known" }, this.host, this.message);
    this.#draw();
  }

  /** Have what the page shows of that day; until then it shows what it showed. */
  async renew() {
    const mine = (this.#asked += 1);
    const asOf = this.day === null ? null : isoOf(this.day);
    let store = null;
    let message = [];
    if (asOf !== null) {
      store = this.store?.asOf === asOf ? this.store : new Store(asOf);
      this.element.setAttribute("aria-busy", "true");
      put(this.message, t("as-known.loading"));
      try {
        await this.load(store);
        if (store.empty) message = t("as-known.nothing", { date: i18n.date(this.day) });
      } catch (error) {
        store = null;
        message = [t("failed.sentence", { reason: error.message }), " ", button(t("retry"), () => this.renew())];
      }
    }
    if (mine !== this.#asked) return;
    this.element.removeAttribute("aria-busy");
    put(this.message, message);
    if (store === null && this.store === null) return; // today's rows are shown already
    this.store = store;
    this.onChange();
  }

  /** The date as a parameter of the API, while its rows are shown. */
  get date() {
    return this.store?.asOf ?? null;
  }

  /** What it adds to the name of a file. */
  get suffix() {
    return this.date ? `-as-of-${this.date}` : "";
  }

  /** What it adds to a subtitle. */
  get subtitle() {
    return this.date ? `; ${t("as-known.then", { date: i18n.date(dayOf(this.date), "medium") })}` : "";
  }

  /** What the broken line means. */
  legend(color) {
    return this.date ? [[`stroke muted k${color}`, t("as-known.now")]] : [];
  }

  /** How such rows come about, for a chart's note. */
  get note() {
    return this.date ? [t("as-known.note")] : [];
  }

  /** A number of then with that of today, where they differ. */
  both(then, now) {
    return this.date && then !== now ? t("as-known.both", { then, now }) : then;
  }

  #choose(day) {
    this.day = day;
    setParams({ as_of: day === null ? null : isoOf(day) });
    this.today.hidden = day === null;
    return this.renew();
  }

  #draw() {
    this.today = button(t("as-known.today"), () => {
      this.#choose(null);
      this.#draw();
      this.host.querySelector("input").focus();
    }, { hidden: this.day === null });
    put(this.host, dayField(t("as-known.label"), this.day, knownDays(), (day) => this.#choose(day)), this.today);
  }
}
