// What a page says instead of a chart.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { button } from "./controls.js";

export const loading = () => h("p", { class: "message loading", role: "status" }, t("loading"));

/** Nothing has been published yet. */
export function emptyStore() {
  return h("section", { class: "message", role: "status" },
    h("h2", {}, t("empty.title")), h("p", {}, t("empty.text")), h("p", {}, h("code", {}, "covid publish PATH")));
}

/** There is data, but none of this. */
export const nothing = (text) => h("p", { class: "message", role: "status" }, text);

/** Something did not work. */
export function failure(error, retry) {
  const away = error.status === 0;
  return h("section", { class: "message failure", role: "alert" },
    h("h2", {}, t(away ? "down.title" : "failed.title")),
    h("p", {}, away ? t("down.text") : error.message),
    button(t("retry"), retry));
}
