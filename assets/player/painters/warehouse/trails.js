/**
 * Where robots went in the last steps.
 *
 * Kept as edges between cells with the step and state of their last passage: the cost follows the
 * floor, not the number of robots.
 */

import { blend } from "../../raster.js";
import { EMPTY, LOADED } from "./palette.js";

/** Steps after which a trail has faded. */
const LENGTH = 10;
const LONG_AGO = -1000000;

export class Trails {
  /** @param {number} columns @param {number} rows */
  constructor(columns, rows) {
    this.columns = columns;
    this.rows = rows;
    this.east = new Int32Array(columns * rows).fill(LONG_AGO);
    this.south = new Int32Array(columns * rows).fill(LONG_AGO);
    this.eastState = new Uint8Array(columns * rows);
    this.southState = new Uint8Array(columns * rows);
  }

  clear() {
    this.east.fill(LONG_AGO);
    this.south.fill(LONG_AGO);
  }

  /**
   * Remember the moves from one picture to the next.
   * @param {import("../../wire.js").Picture} before
   * @param {import("../../wire.js").Picture} after
   */
  add(before, after) {
    const { columns } = this;
    const { agents, step } = after;
    for (let i = 0; i < agents; i++) {
      const state = after.state[i] & 7;
      if (state !== EMPTY && state !== LOADED) continue;
      const dx = after.x[i] - before.x[i];
      const dy = after.y[i] - before.y[i];
      if ((dx !== 0) === (dy !== 0)) continue;
      if (dx) {
        const row = after.y[i] * columns;
        for (let x = Math.min(before.x[i], after.x[i]), end = x + Math.abs(dx); x < end; x++) {
          this.east[row + x] = step;
          this.eastState[row + x] = state;
        }
      } else {
        for (let y = Math.min(before.y[i], after.y[i]), end = y + Math.abs(dy); y < end; y++) {
          this.south[y * columns + after.x[i]] = step;
          this.southState[y * columns + after.x[i]] = state;
        }
      }
    }
  }

  /** Steps after which a trail has faded, for frames `stride` steps apart. */
  draw(surface, view, palette, step, stride) {
    const { columns, east, south } = this;
    const width = Math.max(1, Math.round((view.scale > 20 ? 3 : view.scale > 6 ? 1.6 : 1) * view.ratio));
    const lead = width >> 1;
    const length = LENGTH * stride;
    const strength = (palette.dark ? 132 : 112) / length;
    for (let r = view.firstRow; r < view.endRow; r++) {
      const y = Math.round(view.centreY(r)) - lead;
      for (let c = view.firstColumn; c < view.endColumn; c++) {
        const cell = r * columns + c;
        // an edge is drawn once its robot has left it behind: at the step it was stamped for
        let left = length - (step - east[cell]);
        if (left > 0 && left <= length) {
          blend(
            surface,
            Math.round(view.centreX(c)),
            y,
            Math.round(view.centreX(c + 1)),
            y + width,
            palette.statePixels[this.eastState[cell]],
            left * strength,
          );
        }
        left = length - (step - south[cell]);
        if (left > 0 && left <= length) {
          const x = Math.round(view.centreX(c)) - lead;
          blend(
            surface,
            x,
            Math.round(view.centreY(r)),
            x + width,
            Math.round(view.centreY(r + 1)),
            palette.statePixels[this.southState[cell]],
            left * strength,
          );
        }
      }
    }
  }
}
