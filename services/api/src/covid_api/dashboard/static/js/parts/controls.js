// Labelled controls.

import { dayOf, isoOf } from "../days.js";
import { h, put, unique } from "../dom.js";

const SETTLED = 400; // milliseconds: a day is typed and stepped through part by part

/** A select. `groups`: [[group label or null, [[value, text]]]]. */
export function select(label, groups, value, onChange) {
  const id = unique("select");
  const option = ([each, text]) => h("option", { value: each, selected: each === value }, text);
  const box = h("select", { id, onchange: () => onChange(box.value) },
    groups.map(([group, options]) => (group ? h("optgroup", { label: group }, options.map(option)) : options.map(option))));
  return h("div", { class: "control" }, h("label", { for: id }, label), box);
}

/** A choice of few, shown all at once. */
export function segmented(label, options, value, onChange) {
  const name = unique("choice");
  return h("fieldset", { class: "segmented" },
    h("legend", {}, label),
    h("div", {}, options.map(([each, text]) => {
      const id = unique("option");
      return [
        h("input", { type: "radio", id, name, value: each, checked: each === value, onchange: () => onChange(each) }),
        h("label", { for: id }, text),
      ];
    })));
}

/** On or off. `why` explains a control that cannot be used. */
export function toggle(label, checked, onChange, why = null) {
  const id = unique("toggle");
  const box = h("input", { type: "checkbox", id, checked, disabled: why !== null, onchange: () => onChange(box.checked) });
  return h("div", { class: "toggle", title: why }, box, h("label", { for: id }, label));
}

/** A day, or null. `onChange` hears of days within the bounds, once the reader has come to rest. */
export function dayField(label, value, [first, last], onChange) {
  const id = unique("day");
  let timer = null;
  const settled = () => {
    if (box.isConnected && box.validity.valid) onChange(box.value ? dayOf(box.value) : null);
  };
  const box = h("input", {
    type: "date", id, min: isoOf(first), max: isoOf(last), value: value === null ? null : isoOf(value),
    onchange: () => {
      clearTimeout(timer);
      timer = setTimeout(settled, SETTLED);
    },
  });
  return h("div", { class: "control" }, h("label", { for: id }, label), box);
}

export function button(text, onClick, props = {}) {
  return h("button", { type: "button", onclick: onClick, ...props }, text);
}

/** A table's column that can be sorted by. `order`: [key, whether descending] of now. */
export function sortable(key, text, [by, descending], onSort) {
  const sorted = by === key ? (descending ? "descending" : "ascending") : "none";
  return { text, sorted, content: button(text, onSort, { class: "sort", "data-sort": key }) };
}

/** A table. `columns`: [{ text, content, number, day, sorted }]; the first cell of each row is its heading. */
export function table(caption, columns, rows, props = {}) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", props,
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": column.sorted ?? null }, column.content ?? column.text)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, i) => {
        const kind = { class: columns[i].number ? "number" : columns[i].day ? "day" : null };
        return i ? h("td", kind, cell) : h("th", { scope: "row", ...kind }, cell);
      }))))));
}

/** Details whose content is made when they are first opened, and again by `renew()` while open. */
export function lazyDetails(summary, make, props = {}) {
  const body = h("div", {});
  const details = h("details", props, h("summary", {}, summary), body);
  const renew = () => (details.open ? put(body, make()) : put(body));
  details.addEventListener("toggle", renew);
  return Object.assign(details, { renew });
}
