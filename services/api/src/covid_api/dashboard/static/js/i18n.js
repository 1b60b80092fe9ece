// Words, numbers and dates of the chosen language. Names of measures, statuses and sources come from the API.

import { dateOf } from "./days.js";

export const LANGUAGES = ["en", "fr"];
const KEPT = "covid-language";
const MINUS = "\u2212";

let words = {};
export let language = "en";
let formats = {};

/** The language of the address, of the last choice, or of the browser, in this order. */
export function preferred(params) {
  const asked = [params.get("lang"), kept(), ...(navigator.languages ?? [navigator.language])];
  for (const tag of asked) {
    const short = (tag ?? "").slice(0, 2).toLowerCase();
    if (LANGUAGES.includes(short)) return short;
  }
  return "en";
}

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // storage is switched off
  }
}

/** Keep a choice for the next visit. */
export function keep(choice) {
  try {
    localStorage.setItem(KEPT, choice);
  } catch {
    // Without storage the choice lasts as long as the address says it.
  }
}

/** Load a language's words and make its formats. */
export async function use(choice) {
  const answer = await fetch(new URL(`../i18n/${choice}.json`, import.meta.url));
  words = await answer.json();
  language = choice;
  const locale = `${choice}-CA`;
  const number = (options) => new Intl.NumberFormat(locale, options);
  const date = (options) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
  formats = {
    whole: number({ maximumFractionDigits: 0 }),
    decimal: number({ minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    fine: number({ maximumSignificantDigits: 2 }),
    ratio: number({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    fineRatio: number({ style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    compact: number({ notation: "compact", maximumFractionDigits: 1 }),
    tickRatio: number({ style: "percent", maximumFractionDigits: 2 }),
    long: date({ dateStyle: "long" }),
    medium: date({ day: "numeric", month: "short", year: "numeric" }),
    month: date({ month: "short" }),
    monthYear: date({ month: "short", year: "numeric" }),
    dayMonth: date({ day: "numeric", month: "short" }),
    moment: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }),
    time: new Intl.DateTimeFormat(locale, { timeStyle: "medium" }),
    places: new Intl.DisplayNames(locale, { type: "region" }),
    list: new Intl.ListFormat(locale, { type: "conjunction" }),
    plural: new Intl.PluralRules(locale),
    collator: new Intl.Collator(locale),
  };
  document.documentElement.lang = locale;
}

/** The words of a key; `{name}` stands for a value. A key with `.one` and `.other` takes its plural from `count`. */
export function t(key, values = {}) {
  const text = words[key] ?? words[`${key}.${formats.plural.select(values.count ?? 0)}`] ?? words[`${key}.other`];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The part of a text of both languages. */
export const say = (text) => text[language];

/** A value as its form is written; a dash for null. `signed`: a plus before what is positive. */
export function number(value, form = "count", { signed = false } = {}) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const small = size !== 0 && size < (form === "ratio" ? 0.01 : 1);
  const format = {
    count: formats.whole,
    decimal: small ? formats.fine : formats.decimal,
    ratio: small ? formats.fineRatio : formats.ratio,
  }[form];
  const sign = value < 0 ? MINUS : signed && value > 0 ? "+" : "";
  return sign + format.format(size);
}

/** A number for an axis: short. */
export function tick(value, form = "count") {
  const sign = value < 0 ? MINUS : "";
  return sign + (form === "ratio" ? formats.tickRatio : formats.compact).format(Math.abs(value));
}

/** A day in words. `style`: long, medium, month, monthYear or dayMonth. */
export const date = (day, style = "long") => formats[style].format(dateOf(day));

/** Hour, minute and second of a moment (an ISO text), in the reader's time zone. */
export const time = (iso) => formats.time.format(new Date(iso));

/** Day, hour and minute of a moment (an ISO text), in the reader's time zone. */
export const moment = (iso) => formats.moment.format(new Date(iso));

/** "a, b and c". */
export const list = (parts) => formats.list.format(parts);

/** The order of two texts. */
export const compare = (a, b) => formats.collator.compare(a, b);

/** A region's name; countries are named by the browser where the API has English only. */
export function regionName(region) {
  if (language === "fr" && region.name_fr) return region.name_fr;
  if (language === "fr" && region.kind === "country" && region.region.length === 2) {
    return formats.places.of(region.region) ?? region.name;
  }
  return region.name;
}
