/** Sprites of robots, pods, marks and plates, rasterised on first use for one zoom and theme. */

import { rasterise } from "../../raster.js";
import { alpha } from "../../theme.js";
import { body, bolt, glyph, plate, shelf } from "./shapes.js";

/** Sub-pixel positions along a robot's way, so that slow robots glide instead of stepping. */
export const PHASES = 4;
const KEPT_PLATES = 3000;

export class Sprites {
  constructor() {
    this.cell = 0;
    this.plates = new Map();
  }

  /**
   * Match the zoom and the theme; sprites of another are dropped.
   * @param {import("./view.js").View} view
   * @param {import("./palette.js").Palette} palette
   */
  update(view, palette) {
    const cell = Math.max(2, Math.round(view.cell));
    const same =
      cell === this.cell &&
      view.ratio === this.ratio &&
      view.near === this.near &&
      view.outlines === this.outlines;
    if (same && palette === this.palette) return;
    this.palette = palette;
    this.view = view;
    this.cell = cell;
    this.near = view.near;
    this.outlines = view.outlines;
    this.ratio = view.ratio;
    /** [state][carries][heading][phase] flattened; filled on demand. */
    this.robots = new Array(6 * 2 * 4 * PHASES).fill(null);
    this.shelves = new Array(10).fill(null);
    this.carried = new Array(120).fill(null);
    this.batteries = new Array(21).fill(null);
    this.named = new Map();
    this.plates.clear();
  }

  /**
   * @param {number} state 0..5 @param {number} carries 0 or 1
   * @param {number} heading 0..3: east, south, west, north
   * @param {number} phase Sub-pixel shift along the heading's axis, 0..PHASES - 1.
   */
  robot(state, carries, heading, phase) {
    const index = ((state * 2 + carries) * 4 + heading) * PHASES + phase;
    return this.robots[index] ?? (this.robots[index] = this.#robot(state, carries, heading, phase));
  }

  #robot(state, carries, heading, phase) {
    const { cell, palette } = this;
    const shift = phase / PHASES;
    const dx = heading % 2 === 0 ? shift : 0;
    const dy = heading % 2 === 1 ? shift : 0;
    const half = Math.ceil(cell * 0.62) + 2;
    const size = 2 * half + 1;
    return rasterise(
      size,
      size,
      (context) => {
        const x = half + dx;
        const y = half + dy;
        if (this.near) body(context, palette, state, x, y, cell, heading);
        else {
          const a = cell * (this.outlines ? 0.3 : 0.39);
          if (carries && this.outlines) {
            const b = cell * 0.42;
            context.strokeStyle = palette.states[state];
            context.fillStyle = alpha(palette.floor.ground, 0.75);
            context.lineWidth = Math.max(1, 1.2 * this.ratio);
            context.beginPath();
            context.roundRect(x - b, y - b, 2 * b, 2 * b, cell * 0.08);
            context.fill();
            context.stroke();
          }
          glyph(context, palette, state, carries === 1, x, y, a, heading);
        }
      },
      half,
      half,
    );
  }

  /** Pod of a stored slot, by layer value 1..255. */
  storedShelf(value) {
    const due = Math.round(((value - 1) / 254) * 9);
    return this.shelves[due] ?? (this.shelves[due] = this.#shelf(due, 0.84, this.palette.podColour(due / 9)));
  }

  /** Pod over a robot: its load, with a rim in its state's colour, or one it stands under. */
  carriedShelf(value, state, carries) {
    const due = Math.round((Math.max(0, value - 1) / 254) * 9);
    const index = (carries * 6 + state) * 10 + due;
    return (
      this.carried[index] ??
      (this.carried[index] = this.#shelf(
        due,
        0.56,
        carries ? this.palette.states[state] : this.palette.podColour(due / 9),
      ))
    );
  }

  #shelf(due, share, rim) {
    const side = Math.round(this.cell * share);
    const size = side + 4;
    return rasterise(size, size, (context) => shelf(context, this.palette, 2, 2, side, due, rim));
  }

  /** Battery arc inside an empty robot. @param {number} percent 0..100 */
  battery(percent) {
    const level = Math.round(percent / 5);
    return this.batteries[level] ?? (this.batteries[level] = this.#battery(level));
  }

  #battery(level) {
    const { palette, cell } = this;
    const radius = cell * 0.18;
    const half = Math.ceil(radius + cell * 0.08);
    return rasterise(
      2 * half + 1,
      2 * half + 1,
      (context) => {
        const c = half + 0.5;
        context.lineWidth = Math.max(2, cell * 0.062);
        context.strokeStyle = palette.tokens.border;
        context.beginPath();
        context.arc(c, c, radius, 0, 2 * Math.PI);
        context.stroke();
        context.strokeStyle = palette.tokens.states[level < 5 ? "fault" : "charging"];
        context.beginPath();
        context.arc(c, c, radius, -Math.PI / 2, -Math.PI / 2 + (level / 20) * 2 * Math.PI);
        context.stroke();
      },
      half,
      half,
    );
  }

  /** A sprite by name, rasterised on first use. */
  get(name, make) {
    let sprite = this.named.get(name);
    if (!sprite) {
      sprite = make();
      this.named.set(name, sprite);
    }
    return sprite;
  }

  /** Guidance chevron. @param {number} direction 0..3 */
  chevron(direction) {
    return this.get(`chevron ${direction}`, () => {
      const { cell, palette } = this;
      const a = cell * (cell > 20 * this.ratio ? 0.12 : 0.17);
      const half = Math.ceil(a) + 2;
      return rasterise(
        2 * half,
        2 * half,
        (context) => {
          context.translate(half, half);
          context.rotate((direction * Math.PI) / 2);
          context.strokeStyle = palette.floor.arrow;
          context.lineWidth = (cell > 20 * this.ratio ? 1.6 : 1) * this.ratio;
          context.lineCap = "round";
          context.beginPath();
          context.moveTo(-a, -a);
          context.lineTo(a * 0.6, 0);
          context.lineTo(-a, a);
          context.stroke();
        },
        half,
        half,
      );
    });
  }

  /** Charger bay with a bolt when there is room for one. */
  bay() {
    return this.get("bay", () => {
      const { cell, palette } = this;
      return rasterise(
        cell,
        cell,
        (context) => {
          const colour = palette.tokens.states.charging;
          context.strokeStyle = alpha(colour, 0.85);
          context.lineWidth = Math.max(1, this.ratio);
          const inset = cell > 8 ? 1 : 0.5;
          context.strokeRect(inset + 0.5, inset + 0.5, cell - 2 * inset - 1, cell - 2 * inset - 1);
          if (cell < 12 * this.ratio) return;
          context.fillStyle = alpha(colour, 0.45);
          bolt(context, cell / 2, cell / 2, cell * 0.24);
        },
        0,
        0,
      );
    });
  }

  /** Hatch over a closed cell. */
  hatch() {
    return this.get("hatch", () => {
      const { cell, palette } = this;
      return rasterise(
        cell,
        cell,
        (context) => {
          const colour = palette.tokens.states.fault;
          context.fillStyle = alpha(colour, 0.18);
          context.fillRect(0, 0, cell, cell);
          context.strokeStyle = alpha(colour, 0.8);
          context.lineWidth = Math.max(1, cell * 0.08);
          context.beginPath();
          for (let x = -cell; x < cell; x += Math.max(3, cell / 2)) {
            context.moveTo(x, cell);
            context.lineTo(x + cell, 0);
          }
          context.stroke();
        },
        0,
        0,
      );
    });
  }

  /** Id of a robot, for the near view. @param {number} agent @param {string} text */
  id(agent, text) {
    let sprite = this.plates.get(agent);
    if (sprite) return sprite;
    if (this.plates.size >= KEPT_PLATES) this.plates.clear();
    const { palette, ratio } = this;
    const height = Math.round(13 * ratio);
    const width = Math.round((7 + 6.2 * text.length) * ratio);
    sprite = rasterise(width, height, (context) =>
      plate(context, palette, text, width / 2, height / 2, width, height, 11 * ratio),
    );
    this.plates.set(agent, sprite);
    return sprite;
  }

  /** Number of a reserved step, "+7", in a ring on the path. */
  step(number) {
    return this.get(`step ${number}`, () => {
      const { palette, ratio } = this;
      const half = Math.round(11 * ratio);
      return rasterise(2 * half, 2 * half, (context) => {
        context.fillStyle = palette.floor.ground;
        context.strokeStyle = palette.tokens.primary;
        context.lineWidth = 2 * ratio;
        context.beginPath();
        context.arc(half, half, 9 * ratio, 0, 7);
        context.fill();
        context.stroke();
        context.fillStyle = palette.tokens.text;
        context.font = `600 ${(number > 9 ? 10 : 11) * ratio}px ${palette.font}`;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.fillText(`+${number}`, half, half + 0.5);
      });
    });
  }

  /** Ring around a place. @param {number} radius CSS pixels. @param {string} colour */
  ring(radius, colour, line, dot = false) {
    return this.get(`ring ${radius} ${colour} ${line} ${dot}`, () => {
      const { ratio } = this;
      const half = Math.ceil((radius + line) * ratio) + 1;
      return rasterise(
        2 * half,
        2 * half,
        (context) => {
          context.strokeStyle = colour;
          context.fillStyle = colour;
          context.lineWidth = line * ratio;
          context.beginPath();
          context.arc(half, half, radius * ratio, 0, 7);
          context.stroke();
          if (!dot) return;
          context.beginPath();
          context.arc(half, half, 2 * ratio, 0, 7);
          context.fill();
        },
        half,
        half,
      );
    });
  }

  /** Square frame around the selected robot, near. */
  frame(colour, line) {
    return this.get(`frame ${colour} ${line}`, () => {
      const side = this.cell * 1.04;
      const half = Math.ceil(side / 2 + line * this.ratio);
      return rasterise(
        2 * half,
        2 * half,
        (context) => {
          context.strokeStyle = colour;
          context.lineWidth = line * this.ratio;
          context.beginPath();
          context.roundRect(half - side / 2, half - side / 2, side, side, 0.17 * this.cell);
          context.stroke();
        },
        half,
        half,
      );
    });
  }

  /** Disc of ground under the selected robot, far. */
  disc(radius) {
    return this.get(`disc ${radius}`, () => {
      const half = Math.ceil(radius * this.ratio) + 1;
      return rasterise(
        2 * half,
        2 * half,
        (context) => {
          context.fillStyle = this.palette.floor.ground;
          context.beginPath();
          context.arc(half, half, radius * this.ratio, 0, 7);
          context.fill();
        },
        half,
        half,
      );
    });
  }

  /** Glyph of a robot at a fixed size, whatever the zoom. @param {number} a Half its size, CSS pixels. */
  badge(state, carries, heading, a) {
    return this.get(`badge ${state} ${carries} ${heading}`, () => {
      const half = Math.ceil(a * 1.5 * this.ratio);
      return rasterise(
        2 * half,
        2 * half,
        (context) => glyph(context, this.palette, state, carries === 1, half, half, a * this.ratio, heading),
        half,
        half,
      );
    });
  }
}
