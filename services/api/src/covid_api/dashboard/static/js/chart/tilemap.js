// Canada's provinces and territories as tiles of one size, each where it roughly lies.

import { put, svg } from "../dom.js";
import { sized } from "./size.js";

const PLACES = {
  "CA-YT": [0, 0], "CA-NT": [1, 0], "CA-NU": [2, 0],
  "CA-BC": [0, 1], "CA-AB": [1, 1], "CA-SK": [2, 1], "CA-MB": [3, 1], "CA-ON": [4, 1], "CA-QC": [5, 1], "CA-NL": [7, 1],
  "CA-NB": [5, 2], "CA-PE": [6, 2], "CA-NS": [7, 2],
};
const COLUMNS = 8;
const ROWS = 3;
const GAP = 4;

/** Draws tiles: [{ code, name, bin (0 is no number), text, label, href }]. */
export class TileMap {
  constructor(host) {
    this.root = svg("svg", { class: "tilemap", role: "group" });
    put(host, this.root);
    this.sizing = sized(host, (width) => this.#draw(width));
  }

  render(tiles, label) {
    this.tiles = tiles;
    this.label = label;
    this.sizing.redraw();
  }

  stop() {
    this.sizing.stop();
  }

  #draw(width) {
    if (!this.tiles) return;
    const side = Math.min(104, (width + GAP) / COLUMNS);
    const height = side * ROWS;
    this.root.setAttribute("viewBox", `0 0 ${side * COLUMNS} ${height}`);
    this.root.setAttribute("width", side * COLUMNS);
    this.root.setAttribute("height", height);
    this.root.setAttribute("aria-label", this.label);
    const held = this.root.contains(document.activeElement) ? document.activeElement.dataset.code : null;
    put(this.root, this.tiles.map((tile) => this.#tile(tile, side)));
    if (held) this.root.querySelector(`[data-code="${held}"]`)?.focus();
  }

  #tile({ code, bin, text, label, href }, side) {
    const [column, row] = PLACES[code];
    const size = side - GAP;
    return svg("a", { href, "aria-label": label, "data-code": code, class: `tile q${bin}`, transform: `translate(${column * side} ${row * side})` },
      svg("title", {}, label),
      svg("rect", { width: size, height: size, rx: 3 }),
      word("code", size, 0.46, Math.max(12, side * 0.24), code.slice(3)),
      word("value", size, 0.76, Math.max(9.5, side * 0.17), text));
  }
}

function word(kind, size, height, font, text) {
  const element = svg("text", { class: kind, x: size / 2, y: size * height, "text-anchor": "middle" }, text);
  element.style.fontSize = `${font}px`;
  return element;
}
