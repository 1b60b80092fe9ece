// The rows of the moment as of which a page shows its numbers; without one they are today's.

import { dayOf } from "../days.js";
import { h, put } from "../dom.js";
import * as i18n from "../i18n.js";
import { Store } from "../store.js";
import { button } from "./controls.js";
import { MomentField, givenMoment } from "./moment.js";

const { t } = i18n;

export class AsKnown {
  /** Rows of the moment that was chosen; null for today's. */
  store = null;
  #asked = 0;
  #chosen = givenMoment();

  /** `load(store)` gets what the page shows; `onChange()` is called when it is there, or today is chosen again. */
  constructor(load, onChange) {
    this.load = load;
    this.onChange = onChange;
    this.message = h("div", { class: "muted", role: "status" });
    const field = new MomentField(this.#chosen, (moment) => {
      this.#chosen = moment;
      return this.renew();
    });
    this.element = h("div", { class: "as-known" }, field.element, this.message);
  }

  /** Have what the page shows of that moment; until then it shows what it showed. */
  async renew() {
    const mine = (this.#asked += 1);
    const moment = this.#chosen;
    let store = null;
    let message = [];
    if (moment !== null) {
      store = this.store?.moment === moment ? this.store : new Store(moment);
      this.element.setAttribute("aria-busy", "true");
      put(this.message, t("as-known.loading"));
      try {
        await this.load(store);
        if (store.empty) message = t(`as-known.nothing.${moment.time}`, { date: i18n.date(dayOf(moment.date)) });
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

  /** The moment, { time, date }, while its rows are shown. */
  get moment() {
    return this.store?.moment ?? null;
  }

  /** What it adds to the name of a file. */
  get suffix() {
    return this.moment ? `-${this.moment.time.replace("_", "-")}-${this.moment.date}` : "";
  }

  /** What it adds to a subtitle. */
  get subtitle() {
    return this.moment ? `; ${t(`as-known.then.${this.moment.time}`, { date: i18n.date(dayOf(this.moment.date), "medium") })}` : "";
  }

  /** What the broken line means. */
  legend(color) {
    return this.moment ? [[`stroke muted k${color}`, t("as-known.now")]] : [];
  }

  /** How such rows come about, for a chart's note. */
  get note() {
    return this.moment ? [t(`as-known.note.${this.moment.time}`)] : [];
  }

  /** A number of then with that of today, where they differ. */
  both(then, now) {
    return this.moment && then !== now ? t("as-known.both", { then, now }) : then;
  }
}
