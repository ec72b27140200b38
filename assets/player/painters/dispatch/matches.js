/** Who is on the way to whom: a dashed line a pair. */

import { pixel } from "../../theme.js";
import { blendLine } from "./lines.js";
import { ASSIGNED, PICKUP, POOLED, RIDING } from "./palette.js";

const WIDTH_PX = 1.15;
const DASH_PX = 7;
const COMES = [PICKUP, RIDING, POOLED];

export class Matches {
  constructor() {
    this.pairs = new Int16Array(0);
    this.step = 0;
  }

  /** @param {Int16Array} pairs [2n] driver, rider slot. @param {number} step At which they held. */
  set(pairs, step) {
    this.pairs = pairs;
    this.step = step;
  }

  /** The pairs that still hold: neither side has changed since they were told. */
  *holding(fleet) {
    const { pairs, step } = this;
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const driver = pairs[i];
      const rider = fleet.drivers + pairs[i + 1];
      if (rider >= fleet.kind.length || fleet.kind[rider] !== ASSIGNED) continue;
      if (!COMES.includes(fleet.kind[driver])) continue;
      if (fleet.since[driver] > step || fleet.since[rider] > step) continue;
      yield [driver, rider];
    }
  }

  draw(surface, view, palette, fleet, skip, opacity) {
    const colour = pixel(palette.city.pickup);
    const strength = (palette.dark ? 0.72 : 0.8) * opacity;
    const width = WIDTH_PX * view.ratio;
    const dash = DASH_PX * view.ratio;
    for (const [driver, rider] of this.holding(fleet)) {
      if (driver === skip || rider === skip) continue;
      const x0 = view.px(fleet.x[driver]);
      const y0 = view.py(fleet.y[driver]);
      const x1 = view.px(fleet.x[rider]);
      const y1 = view.py(fleet.y[rider]);
      blendLine(surface, x0, y0, x1, y1, colour, strength, width, dash);
    }
  }
}
