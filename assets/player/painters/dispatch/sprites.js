/** Sprites of cars, riders and names, rasterised on first use for one size and theme. */

import { rasterise } from "../../raster.js";
import { alpha } from "../../theme.js";
import { surgePlate } from "./cells.js";
import { ASSIGNED, HEADINGS } from "./palette.js";
import { car, rider } from "./shapes.js";

/** Positions within a pixel along each axis, so that slow cars glide instead of stepping. */
export const PHASES = 2;
const AGES = 32;
const KINDS = 8;
const HALO = 3.5;

export class Sprites {
  constructor() {
    this.size = -1;
    this.names = new Map();
  }

  /** Match zoom and theme; sprites of another are dropped. */
  update(view, palette) {
    const same = view.car === this.size && view.ring === this.ring && view.ratio === this.ratio;
    if (same && palette === this.palette) return;
    if (palette !== this.palette || view.ratio !== this.ratio) this.names.clear();
    this.palette = palette;
    this.size = view.car;
    this.ring = view.ring;
    this.ratio = view.ratio;
    this.cars = new Array(KINDS * HEADINGS * PHASES * PHASES).fill(null);
    this.riders = new Array(2 * AGES).fill(null);
  }

  /** @param {number} heading In 32nds of a turn. @param {number} phase x + PHASES * y. */
  car(kind, heading, phase) {
    const index = (kind * HEADINGS + heading) * PHASES * PHASES + phase;
    return this.cars[index] ?? (this.cars[index] = this.#car(kind, heading, phase));
  }

  #car(kind, heading, phase) {
    const a = this.size * this.ratio;
    const half = Math.ceil(1.5 * a) + 1;
    const x = half + (phase % PHASES) / PHASES;
    const y = half + Math.floor(phase / PHASES) / PHASES;
    const turn = (2 * Math.PI * heading) / HEADINGS;
    return rasterise(
      2 * half + 1,
      2 * half + 1,
      (context) => car(context, this.palette, kind, x, y, a, turn),
      half,
      half,
    );
  }

  /** @param {number} age In units of 15 s. */
  rider(kind, age) {
    const index = (kind === ASSIGNED ? AGES : 0) + age;
    if (!this.riders[index]) {
      const r = this.ring * this.ratio;
      const half = Math.ceil(1.3 * r) + 1;
      this.riders[index] = rasterise(
        2 * half + 1,
        2 * half + 1,
        (context) => rider(context, this.palette, kind, age, half + 0.5, half + 0.5, r),
        half,
        half,
      );
    }
    return this.riders[index];
  }

  /** Name on the map with a halo of the ground. @param {"district"|"park"|"water"|"place"} style */
  name(text, style) {
    return this.#named(`${style} ${text}`, () => {
      const { palette, ratio } = this;
      const slant = style === "water" ? "italic " : "";
      const font = `${slant}${style === "place" ? 500 : 600} ${(style === "place" ? 11.5 : 12.5) * ratio}px ${palette.font}`;
      const height = Math.round(20 * ratio);
      const spacing = style === "place" ? 0 : 0.7 * ratio;
      const probe = new OffscreenCanvas(1, 1).getContext("2d");
      probe.font = font;
      const width = Math.ceil(probe.measureText(text).width + spacing * text.length + 3 * HALO * ratio);
      return rasterise(width, height, (context) => {
        context.font = font;
        context.letterSpacing = `${spacing}px`;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.lineJoin = "round";
        context.lineWidth = HALO * ratio;
        context.strokeStyle = alpha(style === "water" ? palette.city.water : palette.city.land, 0.85);
        context.strokeText(text, width / 2, height / 2);
        context.fillStyle = palette.city[{ park: "parkText", water: "waterText" }[style] ?? "label"];
        context.fillText(text, width / 2, height / 2);
      });
    });
  }

  /** Plate with a multiplier, "1.7×". */
  surge(text) {
    return this.#named(`surge ${text}`, () => surgePlate(this.palette, text, this.ratio));
  }

  #named(key, make) {
    if (!this.names.has(key)) this.names.set(key, make());
    return this.names.get(key);
  }
}
