// How a number is computed, in the API's own words, and whose it is.

import { h } from "../dom.js";
import { list, say, t } from "../i18n.js";

const FORMS = [["json", "JSON"], ["ndjson", "NDJSON"], ["parquet", "Parquet"]];

/** The note of measures shown of some sources. `query`: address of the rows shown, as CSV. `extra`: more texts. */
export function note(catalog, columns, sources, query, extra = []) {
  return [
    columns.map((column) => {
      const measure = catalog.measure(column);
      return h("section", {},
        h("h3", {}, say(measure.title)),
        h("p", { class: "formula" }, h("code", {}, measure.formula)),
        h("p", {}, say(measure.explanation)),
        h("p", {}, t("note.unit", { unit: say(measure.unit) })),
        h("p", { class: "muted" }, t("note.reference", { reference: measure.reference })));
    }),
    columns.length ? h("p", {}, t("note.symbols", { symbols: list(symbols(catalog, columns)) })) : null,
    extra.map((text) => h("p", {}, text)),
    h("h3", {}, t("note.sources")),
    h("ul", {}, sources.map((source) => h("li", {}, `${catalog.sourceTitle(source)}: ${catalog.sourceName(source)}`))),
    h("p", {}, t("note.query"), " ", h("a", { href: query }, query)),
    h("p", {}, t("note.forms"), FORMS.map(([form, name]) => [" ", h("a", { href: query.replace("format=csv", `format=${form}`) }, name)])),
  ];
}

function symbols(catalog, columns) {
  const fields = [...new Set(columns.flatMap((column) => catalog.measure(column).inputs))];
  return fields.map((field) => `${catalog.measure(field).formula} = ${catalog.measureTitle(field).toLocaleLowerCase()}`);
}

