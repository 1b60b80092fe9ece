// A chart as a file of its own: with title, source and colours that no stylesheet needs to give.

import { svg } from "../dom.js";

const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "font-size", "font-weight", "text-anchor"];
const FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif";
const MARGIN = 20;
const HEAD = 62;
const FOOT = 44;
const SCALE = 2;

/** The SVG text of a drawn chart under a title and a subtitle, with a line that names the source. */
export function svgText(chart, { title, subtitle, footer }) {
  const width = chart.clientWidth || Number(chart.getAttribute("width"));
  const height = chart.clientHeight || Number(chart.getAttribute("height"));
  const page = getComputedStyle(document.body);
  const muted = getComputedStyle(document.documentElement).getPropertyValue("--muted").trim();
  const inner = styled(chart);
  for (const name of ["tabindex", "role", "aria-label", "aria-valuemin", "aria-valuemax", "aria-valuenow", "aria-valuetext", "class"]) inner.removeAttribute(name);
  inner.setAttribute("x", MARGIN);
  inner.setAttribute("y", HEAD);
  inner.querySelectorAll("[hidden]").forEach((hidden) => hidden.remove());
  const total = [width + 2 * MARGIN, height + HEAD + FOOT];
  const root = svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${total.join(" ")}`, width: total[0], height: total[1], "font-family": FONT },
    svg("title", {}, title),
    svg("rect", { width: total[0], height: total[1], fill: page.backgroundColor }),
    svg("text", { x: MARGIN, y: 28, "font-size": 20, "font-weight": 700, fill: page.color }, title),
    svg("text", { x: MARGIN, y: 48, "font-size": 13, fill: muted }, subtitle),
    inner,
    svg("text", { x: MARGIN, y: total[1] - 16, "font-size": 11, fill: muted }, footer));
  return new XMLSerializer().serializeToString(root);
}

function styled(element) {
  const copy = element.cloneNode(false);
  if (element.nodeType === Node.ELEMENT_NODE && element.tagName !== "defs") {
    const computed = getComputedStyle(element);
    for (const name of KEPT) {
      const value = computed.getPropertyValue(name);
      // url(…) of a pattern stands in an attribute already, by its short name.
      if (value && !value.includes("url(")) copy.setAttribute(name, value);
    }
    copy.removeAttribute("class");
  }
  for (const child of element.childNodes) copy.append(styled(child));
  return copy;
}

/** The same as a PNG of twice the size. */
export async function pngBlob(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width * SCALE, image.height * SCALE];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Hand a file to the browser's downloads. */
export function save(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
