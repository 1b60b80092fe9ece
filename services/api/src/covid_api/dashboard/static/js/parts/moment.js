// As known when: a day, and what counts of it. Both stand in the address; without a day it is now.

import { dayOf, isoOf } from "../days.js";
import { h } from "../dom.js";
import * as i18n from "../i18n.js";
import { momentParams, params, setParams } from "../url.js";
import { button, dayField, select } from "./controls.js";

const { t } = i18n;
const FIRST = dayOf("2020-01-01"); // nothing was reported before
const TIMES = ["as_of", "known_at"]; // what the sources had said by then, what this system had been told

/** The days that can be chosen: the first, and today. */
export const knownDays = () => [FIRST, dayOf(new Date().toISOString())];

/** The day that a parameter of the address names, null for none and for one that cannot be chosen. */
export function givenDay(name) {
  const [first, last] = knownDays();
  const day = dayOf(params().get(name) ?? "");
  return day >= first && day <= last ? day : null;
}

/** The moment of the address, { time, date }, null for none. */
export function givenMoment() {
  const time = TIMES.find((each) => givenDay(each) !== null);
  return time ? { time, date: isoOf(givenDay(time)) } : null;
}

/** The control that chooses a moment: what counts is asked once there is a day. */
export class MomentField {
  /** `onChange(moment)` is called when the address has it; null: back to now. */
  constructor(moment, onChange) {
    this.moment = moment;
    this.onChange = onChange;
    const day = dayField(t("as-known.label"), moment && dayOf(moment.date), knownDays(), (chosen) => this.#choose(chosen));
    this.box = day.querySelector("input");
    this.time = select(t("as-known.time"), [[null, TIMES.map((time) => [time, t(`as-known.time.${time}`)])]], moment?.time ?? TIMES[0], () => this.#choose(dayOf(this.moment.date)));
    this.now = button(t("as-known.today"), () => {
      this.box.value = "";
      this.#choose(null);
      this.box.focus();
    });
    this.element = h("div", { class: "moment" }, day, this.time, this.now);
    this.#offer();
  }

  #choose(day) {
    this.moment = day === null ? null : { time: this.time.querySelector("select").value, date: isoOf(day) };
    setParams({ ...Object.fromEntries(TIMES.map((time) => [time, null])), ...momentParams(this.moment) });
    this.#offer();
    this.onChange(this.moment);
  }

  #offer() {
    this.time.hidden = this.moment === null;
    this.now.hidden = this.moment === null;
  }
}
