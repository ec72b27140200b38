/** The whole floor in a corner while only a part is in view; its frame can be dragged. */

import { fill, frame, Surface } from "../../raster.js";
import { SLOT, WALL } from "./ground.js";

const WIDEST = 200;
const TALLEST = 120;
const MARGIN = 12;
const PADDING = 8;
const REFRESH_MS = 250;

export class MiniMap {
  /** @param {object} floor Columns, rows, kind, outside. */
  constructor(floor) {
    this.floor = floor;
    this.surface = null;
    this.drawnAt = -Infinity;
    this.box = null;
  }

  /** Lay the map out for a view; `box` is its rectangle in device pixels. */
  #layout(view) {
    const { columns, rows } = this.floor;
    const room = view.ratio * Math.min(1, view.width / view.ratio / 640);
    this.cell = Math.min((WIDEST * room) / columns, (TALLEST * room) / rows);
    const width = Math.round(columns * this.cell);
    const height = Math.round(rows * this.cell);
    const pad = Math.round(PADDING * view.ratio);
    const margin = Math.round(MARGIN * view.ratio);
    if (!this.surface || this.surface.width !== width + 2 * pad || this.surface.height !== height + 2 * pad) {
      this.surface = new Surface(width + 2 * pad, height + 2 * pad);
      this.drawnAt = -Infinity;
    }
    this.pad = pad;
    this.left = view.width - this.surface.width - margin;
    this.top = view.height - this.surface.height - margin;
  }

  /** Pixels missing at both ends of a row `y` from the edge: the corners are round. */
  #corner(y) {
    const radius = this.pad;
    return y >= radius ? 0 : Math.round(radius - Math.sqrt(radius * radius - (radius - y) ** 2));
  }

  #refresh(palette, stock, robots, picture) {
    const { columns, rows, kind, outside } = this.floor;
    const { surface, cell, pad } = this;
    surface.pixels.fill(palette.panel);
    const { store, wall } = palette.pixels;
    for (let r = 0; r < rows; r++) {
      const y0 = pad + Math.round(r * cell);
      const y1 = pad + Math.round((r + 1) * cell);
      for (let c = 0; c < columns; c++) {
        const at = r * columns + c;
        const k = kind[at];
        if (k === WALL && outside[at]) continue;
        const colour =
          k === WALL ? wall : k === SLOT && stock.pods[at] ? palette.pods[stock.pods[at]] : store;
        fill(
          surface,
          pad + Math.round(c * cell),
          y0,
          pad + Math.round((c + 1) * cell),
          Math.max(y0 + 1, y1),
          colour,
        );
      }
    }
    const side = Math.max(1, Math.round(cell));
    for (let i = 0; i < picture.agents; i++) {
      const x = pad + Math.round(robots.x[i] * cell);
      const y = pad + Math.round(robots.y[i] * cell);
      fill(surface, x, y, x + side, y + side, palette.statePixels[picture.state[i] & 7]);
    }
    for (let y = 0; y < surface.height; y++) {
      const inner = Math.min(y, surface.height - 1 - y);
      const cut = this.#corner(inner);
      // as wide as the step to the next row's cut, so that the round corners close
      const line = Math.max(1, inner ? this.#corner(inner - 1) - cut : surface.width);
      fill(surface, cut, y, cut + line, y + 1, palette.border);
      fill(surface, surface.width - cut - line, y, surface.width - cut, y + 1, palette.border);
    }
  }

  /** Draw into the corner of `target`. @param {number} now Milliseconds. */
  draw(target, view, palette, stock, robots, picture, now) {
    this.#layout(view);
    if (now - this.drawnAt > REFRESH_MS || palette !== this.palette) {
      this.palette = palette;
      this.drawnAt = now;
      this.#refresh(palette, stock, robots, picture);
    }
    const { surface, left, top, pad, cell } = this;
    for (let y = 0; y < surface.height; y++) {
      const row = top + y;
      if (row < 0 || row >= target.height || left < 0) continue;
      const to = row * target.width + left;
      const from = y * surface.width;
      const cut = this.#corner(Math.min(y, surface.height - 1 - y));
      for (let x = cut; x < surface.width - cut; x++) target.pixels[to + x] = surface.pixels[from + x];
    }
    const x0 = Math.max(left, left + pad + Math.round((-view.originX / view.cell) * cell));
    const y0 = Math.max(top, top + pad + Math.round((-view.originY / view.cell) * cell));
    const x1 = Math.min(
      left + surface.width,
      left + pad + Math.round(((view.width - view.originX) / view.cell) * cell),
    );
    const y1 = Math.min(
      top + surface.height,
      top + pad + Math.round(((view.height - view.originY) / view.cell) * cell),
    );
    frame(target, x0, y0, x1, y1, Math.max(1, Math.round(1.5 * view.ratio)), palette.pixels.select);
  }

  /**
   * World coordinates under a point of the map.
   * @param {number} x @param {number} y Device pixels.
   * @returns {?{x: number, y: number}} Null outside the map.
   */
  locate(x, y) {
    if (!this.surface) return null;
    const { left, top, surface, pad, cell } = this;
    if (x < left || y < top || x >= left + surface.width || y >= top + surface.height) return null;
    return { x: (x - left - pad) / cell, y: (y - top - pad) / cell };
  }
}
