/** Robots at every zoom, and finding the one under the pointer. */

import { blend, blit, blitFaint, fill } from "../../raster.js";
import { CARRIES, EMPTY, FAULT, LOADED } from "./palette.js";
import { PHASES } from "./sprites.js";

/** Opacity of states that the legend does not point at. */
const FAINT = 64;
/** Longest way between two frames that is a drive, in cells a step; beyond it is a jump. */
const DRIVE = 2;

export class Robots {
  constructor() {
    /** Interpolated cell coordinates of the last drawing. */
    this.x = new Float32Array(0);
    this.y = new Float32Array(0);
    /** Layer value of the pod each robot carries, 0 while unknown: it was lifted before we looked. */
    this.load = new Uint8Array(0);
    this.battery = new Uint8Array(0);
  }

  /** @param {number} agents */
  resize(agents) {
    if (this.x.length === agents) return;
    this.x = new Float32Array(agents);
    this.y = new Float32Array(agents);
    this.load = new Uint8Array(agents);
    this.battery = new Uint8Array(agents).fill(100);
  }

  /** Place every robot between two pictures. @param {number} t In [0, 1]. */
  place(before, after, t) {
    this.resize(after.agents);
    const { x, y } = this;
    const reach = DRIVE * Math.max(1, after.step - before.step);
    for (let i = 0; i < after.agents; i++) {
      const dx = after.x[i] - before.x[i];
      const dy = after.y[i] - before.y[i];
      const jumps = dx > reach || dx < -reach || dy > reach || dy < -reach;
      const f = jumps ? (t < 0.5 ? 0 : 1) : t;
      x[i] = before.x[i] + dx * f;
      y[i] = before.y[i] + dy * f;
    }
  }

  /**
   * The stretch of trail between the last cell left and the robot.
   * @param {import("../../wire.js").Picture} before
   * @param {import("../../wire.js").Picture} after
   */
  drawWakes(surface, view, palette, before, after) {
    const width = Math.max(1, Math.round((view.scale > 20 ? 3 : view.scale > 6 ? 1.6 : 1) * view.ratio));
    const lead = width >> 1;
    const opacity = palette.dark ? 132 : 112;
    for (let i = 0; i < after.agents; i++) {
      const state = after.state[i] & 7;
      if (state !== EMPTY && state !== LOADED) continue;
      const dx = this.x[i] - before.x[i];
      const dy = this.y[i] - before.y[i];
      if ((dx !== 0) === (dy !== 0)) continue;
      const x0 = Math.round(view.centreX(before.x[i]));
      const y0 = Math.round(view.centreY(before.y[i]));
      const x1 = Math.round(view.centreX(this.x[i]));
      const y1 = Math.round(view.centreY(this.y[i]));
      if (dx)
        blend(
          surface,
          Math.min(x0, x1),
          y0 - lead,
          Math.max(x0, x1),
          y0 - lead + width,
          palette.statePixels[state],
          opacity,
        );
      else
        blend(
          surface,
          x0 - lead,
          Math.min(y0, y1),
          x0 - lead + width,
          Math.max(y0, y1),
          palette.statePixels[state],
          opacity,
        );
    }
  }

  /**
   * @param {import("../../raster.js").Surface} surface
   * @param {import("./view.js").View} view
   * @param {import("./stock.js").Stock} stock
   * @param {import("../../wire.js").Picture} after
   * @param {number} only State at full strength while the others are faint, or -1.
   * @param {number} opacity Of all, in [0, 256]: agents fade in.
   */
  draw(surface, view, palette, sprites, stock, after, only, opacity) {
    if (view.marks) this.#drawMarks(surface, view, palette, after, only, opacity);
    else this.#drawSprites(surface, view, sprites, stock, after, only, opacity);
  }

  #drawMarks(surface, view, palette, after, only, opacity) {
    const side = Math.max(2, Math.round(view.cell * 0.7));
    const lead = side >> 1;
    for (let i = 0; i < after.agents; i++) {
      const state = after.state[i] & 7;
      const px = Math.round(view.centreX(this.x[i])) - lead;
      const py = Math.round(view.centreY(this.y[i])) - lead;
      const strength = only >= 0 && only !== state ? FAINT : opacity;
      if (strength >= 256) fill(surface, px, py, px + side, py + side, palette.statePixels[state]);
      else blend(surface, px, py, px + side, py + side, palette.statePixels[state], strength);
    }
  }

  #drawSprites(surface, view, sprites, stock, after, only, opacity) {
    const { cell, width, height, near } = view;
    const offsetX = 0.5 * cell + view.originX;
    const offsetY = 0.5 * cell + view.originY;
    const right = width + cell;
    const bottom = height + cell;
    for (let i = 0; i < after.agents; i++) {
      const px = this.x[i] * cell + offsetX;
      const py = this.y[i] * cell + offsetY;
      if (px < -cell || py < -cell || px > right || py > bottom) continue;
      const raw = after.state[i];
      const state = raw & 7;
      const carries = raw & CARRIES ? 1 : 0;
      const heading = after.heading[i] - 1;
      const alongX = heading % 2 === 0;
      // the axis it drives along keeps quarter pixels, the other one is whole
      const exact = alongX ? px : py;
      const whole = Math.floor(exact);
      const phase = ((exact - whole) * PHASES) | 0;
      const x = alongX ? whole : Math.round(px);
      const y = alongX ? Math.round(py) : whole;
      const sprite = sprites.robot(state, carries, heading, phase);
      const strength = only >= 0 && only !== state ? FAINT : opacity;
      if (strength < 256) blitFaint(surface, sprite, x, y, strength);
      else {
        blit(surface, sprite, x, y);
        if (near) this.#drawLoad(surface, sprites, stock, i, state, carries, x, y);
      }
    }
  }

  /** On top of a body: the pod it carries or stands under, else its battery. */
  #drawLoad(surface, sprites, stock, agent, state, carries, x, y) {
    const above = carries
      ? this.load[agent]
      : stock.podAt(Math.round(this.x[agent]), Math.round(this.y[agent]));
    if (carries || above) blit(surface, sprites.carriedShelf(above, state, carries), x, y);
    else if (state !== FAULT) blit(surface, sprites.battery(this.battery[agent]), x, y);
  }

  /** Ids under the robots in view, on top of every body. */
  drawIds(surface, view, sprites, agents, skip) {
    const drop = Math.round(view.near ? view.cell * 0.41 : view.cell * 0.62);
    const digits = Math.max(4, String(Math.max(0, agents - 1)).length);
    for (let i = 0; i < agents; i++) {
      if (i === skip) continue;
      const px = Math.round(view.centreX(this.x[i]));
      const py = Math.round(view.centreY(this.y[i]));
      if (px < 0 || py < 0 || px > view.width || py > view.height) continue;
      blit(surface, sprites.id(i, String(i).padStart(digits, "0")), px, py + drop);
    }
  }

  /**
   * Nearest robot to a point.
   * @param {number} x @param {number} y Cell coordinates (middle of cell 0 is 0.5).
   * @param {number} reach Farthest, in cells.
   * @returns {number} Agent, or -1.
   */
  nearest(x, y, reach) {
    let best = -1;
    let least = reach * reach;
    for (let i = 0; i < this.x.length; i++) {
      const dx = this.x[i] + 0.5 - x;
      const dy = this.y[i] + 0.5 - y;
      const distance = dx * dx + dy * dy;
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }
}
