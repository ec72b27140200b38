/** Colours of the city as pixels and CSS colours, derived from the tokens once a theme. */

import { mix, pixel } from "../../theme.js";

/** What an agent is, by the low three bits of its state. */
export const KINDS = ["absent", "idle", "pickup", "riding", "moving", "waiting", "assigned", "pooled"];
export const [ABSENT, IDLE, PICKUP, RIDING, MOVING, WAITING, ASSIGNED, POOLED] = KINDS.keys();
/** Kinds of cars from the lowest to the topmost in the picture. */
export const CARS = [IDLE, MOVING, RIDING, POOLED, PICKUP];
/** The five high bits: a car's heading in 32nds of a turn, a rider's age in units of 15 s. */
export const HEADINGS = 32;
export const AGE_S = 15;
/** Age at which a rider's ring is full, and at which it turns amber and vermilion, s. */
export const FULL_S = 300;
export const SOON_S = 90;
export const LATE_S = 180;
/** From this multiplier on a cell is coloured, and labelled; the ramp ends at the last. */
export const SURGE_FROM = 1.05;
export const SURGE_LABEL_FROM = 1.35;
const SURGE_MIDDLE = 1.6;
export const SURGE_FULL = 2.4;

const share = (v, low, high) => Math.max(0, Math.min(1, (v - low) / (high - low)));

export class Palette {
  /** @param {import("../../theme.js").Theme} theme */
  constructor(theme) {
    const { tokens } = theme;
    this.dark = theme.name === "dark";
    this.font = theme.font;
    this.tokens = tokens;
    this.floor = tokens.floor;
    this.city = tokens.city;
    const { city } = tokens;
    this.kinds = [
      city.idle,
      city.idle,
      city.pickup,
      city.riding,
      city.moving,
      city.rider,
      city.assigned,
      city.pooled,
    ];
    this.kindPixels = Int32Array.from(this.kinds, pixel);
    this.land = pixel(city.land);
    this.streets = [city.local, city.collector, city.arterial, city.motorway];
  }

  /** @param {number} multiplier @returns {string} Amber to vermilion. */
  surge(multiplier) {
    const { surgeLow, surge, surgeHigh } = this.city;
    return multiplier < SURGE_MIDDLE
      ? mix(surgeLow, surge, share(multiplier, 1, SURGE_MIDDLE))
      : mix(surge, surgeHigh, share(multiplier, SURGE_MIDDLE, SURGE_FULL));
  }

  /** Opacity of a surge cell in [0, 1]. */
  surgeOpacity(multiplier) {
    return (this.dark ? 0.14 : 0.24) + 0.28 * share(multiplier, 1, 2.2);
  }

  /** Ring of a rider by age. @param {number} seconds @returns {string} */
  age(seconds) {
    const { late, soon, rider } = this.city;
    return seconds >= LATE_S ? late : seconds >= SOON_S ? soon : rider;
  }
}
