/** Colours of the floor as pixels and look-up tables, derived from the tokens once a theme. */

import { mix, pixel } from "../../theme.js";

export const STATES = ["empty", "loaded", "waiting", "charging", "fault", "idle"];
export const [EMPTY, LOADED, WAITING, CHARGING, FAULT, IDLE] = STATES.keys();
/** Bit of a robot's state that says it carries a pod. */
export const CARRIES = 8;

export class Palette {
  /** @param {import("../../theme.js").Theme} theme */
  constructor(theme) {
    const { tokens } = theme;
    this.dark = theme.name === "dark";
    this.font = theme.font;
    this.tokens = tokens;
    this.floor = tokens.floor;
    this.states = STATES.map((name) => tokens.states[name]);
    this.statePixels = Int32Array.from(this.states, pixel);
    this.pixels = Object.fromEntries(Object.entries(tokens.floor).map(([name, hex]) => [name, pixel(hex)]));
    this.primary = pixel(tokens.primary);
    this.panel = pixel(tokens.panel);
    this.border = pixel(tokens.border);
    /** Pod by its layer value 1..255: demand is lightness alone. */
    this.pods = Int32Array.from({ length: 256 }, (_, v) => pixel(this.podColour((v - 1) / 254)));
    /** Opacity in [0, 256] by congestion. */
    this.heatFar = Uint16Array.from({ length: 256 }, (_, v) => (v / 255) ** 0.8 * (this.dark ? 150 : 128));
    this.heatNear = Uint16Array.from({ length: 256 }, (_, v) => (v / 255) ** 0.8 * 90);
  }

  /** @param {number} demand In [0, 1]. @returns {string} */
  podColour(demand) {
    return mix(this.floor.podCold, this.floor.podHot, Math.max(0, demand) ** 0.8);
  }
}
