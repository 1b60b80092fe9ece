// Elements are made by these two functions and nowhere else: text is always text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. `props`: attributes; `on…` functions are listeners; null and false leave one out. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** An SVG element, likewise. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replace what is in an element. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Let `draw` make anew what is in an element, and keep what the reader has there: the focus, and how far a table is
 * scrolled. Parts are told by their names. */
export function redrawn(element, draw) {
  const name = (part) => `${part.tagName} ${part.getAttribute("aria-label") ?? part.textContent}`;
  const focused = element.contains(document.activeElement) ? name(document.activeElement) : null;
  const scrolled = new Map([...element.querySelectorAll(".scroll")].map((part) => [name(part), [part.scrollLeft, part.scrollTop]]));
  draw();
  for (const part of element.querySelectorAll(".scroll")) [part.scrollLeft, part.scrollTop] = scrolled.get(name(part)) ?? [0, 0];
  if (focused === null) return;
  [...element.querySelectorAll("a, button, summary, [tabindex]")].find((part) => name(part) === focused)?.focus({ preventScroll: true });
}

let last = 0;

/** An id that no other element has. */
export function unique(prefix) {
  last += 1;
  return `${prefix}-${last}`;
}

/** Calls a function once a frame at most, however often it is asked. */
export function oncePerFrame(run) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      run();
    });
  };
}
