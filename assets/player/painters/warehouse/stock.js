/**
 * Pods in their slots and congestion over the ground, composed cell by cell, so that a pod that is
 * lifted costs the pixels of one cell.
 */

import { blit, fill } from "../../raster.js";
import { SLOT, WALL } from "./ground.js";

export class Stock {
  /** @param {object} floor Columns, rows, kind. */
  constructor(floor) {
    this.floor = floor;
    const cells = floor.columns * floor.rows;
    /** Layer value of the pod stored in each cell, 0 none. */
    this.pods = new Uint8Array(cells);
    const corners = (floor.columns + 1) * (floor.rows + 1);
    /** Congestion at cell corners, row-major, so that cells blend smoothly into each other. */
    this.corners = new Uint8Array(corners);
    this.sums = new Uint16Array(corners);
    this.counts = new Uint8Array(corners);
    this.dirty = [];
    this.version = 0;
  }

  /** @param {Uint8Array} values [C] The truth, once a second. */
  setPods(values) {
    const { pods, dirty } = this;
    for (let cell = 0; cell < pods.length; cell++) {
      if (pods[cell] === values[cell]) continue;
      pods[cell] = values[cell];
      dirty.push(cell);
    }
  }

  /** @param {number} cell @param {number} value Layer value, 0 when lifted. */
  setPod(cell, value) {
    if (this.pods[cell] === value) return;
    this.pods[cell] = value;
    this.dirty.push(cell);
  }

  /** Layer value of the pod stored in a cell, 0 none. */
  podAt(column, row) {
    return this.pods[row * this.floor.columns + column];
  }

  /** @param {Uint8Array} values [C] */
  setHeat(values) {
    const { columns, rows, kind } = this.floor;
    const { corners, sums, counts } = this;
    const wide = columns + 1;
    sums.fill(0);
    counts.fill(0);
    for (let r = 0, cell = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, cell++) {
        const value = values[cell];
        // slots and walls rarely hold a waiting robot: as zeros they would thin out the aisles
        if (value === 0 && (kind[cell] === SLOT || kind[cell] === WALL)) continue;
        const at = r * wide + c;
        sums[at] += value;
        sums[at + 1] += value;
        sums[at + wide] += value;
        sums[at + wide + 1] += value;
        counts[at] += 1;
        counts[at + 1] += 1;
        counts[at + wide] += 1;
        counts[at + wide + 1] += 1;
      }
    }
    for (let i = 0; i < corners.length; i++) corners[i] = counts[i] ? sums[i] / counts[i] : 0;
    this.version += 1;
  }

  /**
   * Compose cells over a copy of the ground.
   * @param {import("../../raster.js").Surface} surface Receives the cells.
   * @param {import("../../raster.js").Surface} ground
   * @param {object} context View, palette, sprites, demand and congestion (booleans).
   */
  composeAll(surface, ground, context) {
    surface.pixels.set(ground.pixels);
    const { view } = context;
    for (let r = view.firstRow; r < view.endRow; r++) {
      for (let c = view.firstColumn; c < view.endColumn; c++) this.#paint(surface, context, r, c);
    }
    this.dirty.length = 0;
  }

  /** Compose the cells that changed. @returns {boolean} Whether any did. */
  composeDirty(surface, ground, context) {
    if (!this.dirty.length) return false;
    const { columns } = this.floor;
    const { view } = context;
    for (const cell of this.dirty) {
      const r = Math.floor(cell / columns);
      const c = cell % columns;
      const x0 = Math.max(0, view.left[c]);
      const x1 = Math.min(surface.width, view.left[c + 1]);
      if (x0 >= x1) continue;
      for (let y = Math.max(0, view.top[r]); y < Math.min(surface.height, view.top[r + 1]); y++) {
        const from = y * surface.width;
        for (let j = from + x0; j < from + x1; j++) surface.pixels[j] = ground.pixels[j];
      }
      this.#paint(surface, context, r, c);
    }
    this.dirty.length = 0;
    return true;
  }

  #paint(surface, context, r, c) {
    const { view, congestion } = context;
    if (congestion && view.near) this.#paintHeat(surface, context, r, c);
    const value = this.pods[r * this.floor.columns + c];
    if (value) this.#paintPod(surface, context, r, c, value);
    if (congestion && !view.near) this.#paintHeat(surface, context, r, c);
  }

  #paintPod(surface, { view, palette, sprites, demand }, r, c, value) {
    const { left, top } = view;
    if (view.near) {
      blit(
        surface,
        sprites.storedShelf(demand ? value : 1),
        (left[c] + left[c + 1]) >> 1,
        (top[r] + top[r + 1]) >> 1,
      );
      return;
    }
    const colour = demand ? palette.pods[value] : palette.pixels.podPlain;
    const gap = view.marks ? 0 : Math.max(1, Math.round(0.08 * view.cell));
    const lead = view.marks ? 0 : gap >> 1;
    const edge = view.outlines ? 2 * gap : 0;
    fill(
      surface,
      left[c] + lead + edge,
      top[r] + lead + edge,
      left[c + 1] - (gap - lead) - edge,
      top[r + 1] - (gap - lead) - edge,
      colour,
    );
  }

  /** Bilinear between the cell's corners. */
  #paintHeat(surface, { view, palette }, r, c) {
    const at = r * (this.floor.columns + 1) + c;
    const a = this.corners[at];
    const b = this.corners[at + 1];
    const d = this.corners[at + this.floor.columns + 1];
    const e = this.corners[at + this.floor.columns + 2];
    if (a + b + d + e < 12) return;
    const x0 = view.left[c];
    const x1 = view.left[c + 1];
    const y0 = view.top[r];
    const y1 = view.top[r + 1];
    const { pixels, width, height } = surface;
    const opacities = view.near ? palette.heatNear : palette.heatFar;
    const colour = palette.pixels.heat;
    const red = colour & 0xff00ff;
    const green = colour & 0xff00;
    const spanX = 1 / (x1 - x0);
    const spanY = 1 / (y1 - y0);
    for (let y = Math.max(0, y0); y < Math.min(height, y1); y++) {
      const v = (y - y0 + 0.5) * spanY;
      const from = a + (d - a) * v;
      const slope = (b + (e - b) * v - from) * spanX;
      for (let x = Math.max(0, x0); x < Math.min(width, x1); x++) {
        const opacity = opacities[(from + slope * (x - x0 + 0.5)) | 0];
        if (opacity === 0) continue;
        const keep = 256 - opacity;
        const j = y * width + x;
        const p = pixels[j];
        pixels[j] =
          0xff000000 |
          (((Math.imul(red, opacity) + Math.imul(p & 0xff00ff, keep)) >>> 8) & 0xff00ff) |
          (((Math.imul(green, opacity) + Math.imul(p & 0xff00, keep)) >>> 8) & 0xff00);
      }
    }
  }
}
