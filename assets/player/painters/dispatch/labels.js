/** Names on the map and multipliers on the cells: each tries its place and some around it. */

import { blit } from "../../raster.js";
import { labelledCells } from "./cells.js";

/** Offsets tried in turn, CSS pixels. */
const AROUND = [
  [0, 0],
  [0, -24],
  [0, 24],
  [34, 8],
  [-34, 8],
  [34, -16],
  [-34, -16],
  [0, 44],
  [0, -44],
  [50, 26],
  [-50, 26],
];
const AROUND_CELL = [
  [0, 0],
  [0, -13],
  [0, 13],
  [-16, 0],
  [16, 0],
];
/** Nobody reads more. */
const MOST_CELLS = 40;
/** Places of less weight are named from this zoom on. */
const PLACES_FROM = 1.6;

export class Labels {
  constructor() {
    this.placed = [];
    this.seen = "";
  }

  /**
   * Choose the places again when the camera, the cells or what is in the way has changed.
   * @param {{x: number, y: number, width: number, height: number}[]} taken Rectangles, device pixels.
   */
  arrange(city, cells, view, sprites, show, taken) {
    const where = taken.map((t) => `${Math.round(t.x / 24)},${Math.round(t.y / 24)}`).join(" ");
    const seen = `${view.version} ${cells.version} ${city.cells} ${show.surge} ${show.names} ${view.width} ${where}`;
    if (seen === this.seen && sprites.palette === this.palette) return;
    this.seen = seen;
    this.palette = sprites.palette;
    this.placed = [];
    const boxes = [...taken];
    const put = (x, y, sprite, offsets) => {
      const { width, height } = sprite;
      const px = view.px(x);
      const py = view.py(y);
      if (!view.sees(px, py, 0)) return false;
      for (const [dx, dy] of offsets) {
        const left = px + dx * view.ratio - width / 2;
        const top = py + dy * view.ratio - height / 2;
        const outside =
          left < 4 || top < 4 || left + width > view.width - 4 || top + height > view.height - 4;
        if (outside || boxes.some((b) => overlap(b, left, top, width, height))) continue;
        boxes.push({ x: left, y: top, width, height });
        this.placed.push({ sprite, x: Math.round(left + width / 2), y: Math.round(top + height / 2) });
        return true;
      }
      return false;
    };
    if (show.surge)
      for (const { x, y, text } of labelledCells(city, cells, view).slice(0, MOST_CELLS))
        put(x, y, sprites.surge(text), AROUND_CELL);
    if (!show.names) return;
    for (const { name, x, y, park } of city.districts)
      put(x, y, sprites.name(name, park ? "park" : "district"), AROUND);
    for (const { name, spots } of city.waters)
      spots.some(([x, y]) => put(x, y, sprites.name(name, "water"), AROUND.slice(0, 1)));
    const known = new Set(city.districts.map((d) => d.name));
    if (view.zoom >= PLACES_FROM)
      for (const { name, x, y } of city.places)
        if (!known.has(name)) put(x, y, sprites.name(name, "place"), AROUND);
  }

  draw(surface) {
    for (const { sprite, x, y } of this.placed) blit(surface, sprite, x, y);
  }
}

const overlap = (b, x, y, width, height) =>
  b.x < x + width && b.y < y + height && x < b.x + b.width && y < b.y + b.height;
