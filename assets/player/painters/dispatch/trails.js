/** Where committed cars came from in the last frames, fading. */

import { pixel } from "../../theme.js";
import { blendLine } from "./lines.js";
import { MOVING, PICKUP, POOLED, RIDING } from "./palette.js";

/** Frames kept, and the most simulated seconds a trail reaches back. */
const KEPT = 24;
const LONGEST_S = 60;
const WIDTH_PX = 1.7;
/** A trail is drawn in pieces of at least this many device pixels. */
const PIECE_PX = 3;
const LEAVES = [MOVING, PICKUP, POOLED, RIDING];

export class Trails {
  /** @param {number} drivers @param {number} height Units. @param {number} stepS @param {number} reach Of a drive a step. */
  constructor(drivers, height, stepS, reach) {
    this.drivers = drivers;
    this.height = height;
    this.stepS = stepS;
    this.reach = reach;
    this.x = Array.from({ length: KEPT }, () => new Int16Array(drivers));
    this.y = Array.from({ length: KEPT }, () => new Int16Array(drivers));
    this.steps = new Int32Array(KEPT);
    this.count = 0;
  }

  clear() {
    this.count = 0;
  }

  /** Remember where everybody was. @param {import("../../wire.js").Picture} picture */
  add(picture) {
    const slot = this.count % KEPT;
    this.x[slot].set(picture.x.subarray(0, this.drivers));
    this.y[slot].set(picture.y.subarray(0, this.drivers));
    this.steps[slot] = picture.step;
    this.count += 1;
  }

  /**
   * @param {import("../../raster.js").Surface} surface
   * @param {import("../../wire.js").Picture} picture The newest that has been reached.
   */
  draw(surface, view, palette, picture) {
    const held = Math.min(this.count, KEPT);
    const slots = [];
    for (let k = 1; k <= held; k++) {
      const slot = (this.count - k) % KEPT;
      if ((picture.step - this.steps[slot]) * this.stepS <= LONGEST_S) slots.push(slot);
    }
    if (slots.length < 2) return;
    const colours = palette.kinds.map(pixel);
    const width = WIDTH_PX * view.ratio;
    const strength = palette.dark ? 120 : 128;
    const margin = this.reach * slots.length * view.unit;
    for (let i = 0; i < this.drivers; i++) {
      const kind = picture.state[i] & 7;
      if (!LEAVES.includes(kind)) continue;
      let fromX = view.px(this.x[slots[0]][i]);
      let fromY = view.py(this.height - this.y[slots[0]][i]);
      if (!view.sees(fromX, fromY, margin)) continue;
      for (let k = 1; k < slots.length; k++) {
        const far = this.reach * (this.steps[slots[k - 1]] - this.steps[slots[k]]) * view.unit;
        const x = view.px(this.x[slots[k]][i]);
        const y = view.py(this.height - this.y[slots[k]][i]);
        const long = Math.abs(x - fromX) + Math.abs(y - fromY);
        if (long > 2 * far) break; // it came on shift here
        if (long < PIECE_PX && k < slots.length - 1) continue;
        blendLine(surface, fromX, fromY, x, y, colours[kind], strength * (1 - k / (slots.length + 1)), width);
        fromX = x;
        fromY = y;
      }
    }
  }
}
