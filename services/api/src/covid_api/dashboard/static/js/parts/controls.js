// Labelled controls.

import { h, put, unique } from "../dom.js";

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

export function button(text, onClick, props = {}) {
  return h("button", { type: "button", onclick: onClick, ...props }, text);
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
