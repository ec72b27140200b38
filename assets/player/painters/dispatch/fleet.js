/** Drivers and riders of a picture: where they are between two frames, drawing, finding. */

import { blit, blitFaint } from "../../raster.js";
import { ABSENT, ASSIGNED, CARS, HEADINGS, WAITING } from "./palette.js";
import { PHASES } from "./sprites.js";

/** Opacity of kinds that the legend does not point at. */
const FAINT = 64;
/** Nobody drives faster, m/s: a longer way between two frames is a jump. */
const FASTEST_MPS = 60;
const LONG_AGO = -1;

const HEADING_COS = Float32Array.from({ length: HEADINGS }, (_, i) => Math.cos((2 * Math.PI * i) / HEADINGS));
const HEADING_SIN = Float32Array.from({ length: HEADINGS }, (_, i) => Math.sin((2 * Math.PI * i) / HEADINGS));

export class Fleet {
  /**
   * @param {number} drivers Agents before the rider slots.
   * @param {number} height Of the city in units: y is turned over.
   * @param {number} unitM Metres a unit.
   * @param {number} stepS Seconds a step.
   */
  constructor(drivers, height, unitM, stepS) {
    this.drivers = drivers;
    this.height = height;
    this.reach = (FASTEST_MPS * stepS) / unitM;
    this.#allocate(0);
  }

  #allocate(agents) {
    /** Interpolated places of the last drawing, in units. */
    this.x = new Float32Array(agents);
    this.y = new Float32Array(agents);
    this.kind = new Uint8Array(agents);
    this.detail = new Uint8Array(agents);
    /** Step at which each agent last became another kind, or another rider took the slot. */
    this.since = new Int32Array(agents).fill(LONG_AGO);
    this.order = new Uint16Array(agents);
  }

  /** The picture starts anew. */
  reset(picture) {
    if (this.x.length !== picture.agents) this.#allocate(picture.agents);
    this.since.fill(LONG_AGO);
  }

  /** One frame passed: note who became what. */
  step(before, after) {
    for (let i = 0; i < after.agents; i++) {
      const moved = i >= this.drivers && (before.x[i] !== after.x[i] || before.y[i] !== after.y[i]);
      if ((before.state[i] & 7) !== (after.state[i] & 7) || moved) this.since[i] = after.step;
    }
  }

  /** Place everybody between two pictures. @param {number} t In [0, 1]. */
  place(before, after, t) {
    if (this.x.length !== after.agents) this.#allocate(after.agents);
    const { x, y, kind, detail, drivers, height } = this;
    const reach = this.reach * Math.max(1, after.step - before.step);
    const late = t >= 0.5;
    for (let i = 0; i < after.agents; i++) {
      const dx = after.x[i] - before.x[i];
      const dy = after.y[i] - before.y[i];
      // riders stand; a slot that changes hands, like a jump, is shown as one or the other
      const jumps = i >= drivers || dx > reach || dx < -reach || dy > reach || dy < -reach;
      const f = jumps ? (late ? 1 : 0) : t;
      x[i] = before.x[i] + dx * f;
      y[i] = height - (before.y[i] + dy * f);
      const state = (late || t > 0.99 ? after : before).state[i];
      kind[i] = state & 7;
      detail[i] = state >> 3;
    }
  }

  /**
   * Cars by kind from the lowest to the topmost.
   * @param {import("../../raster.js").Surface} surface
   * @param {number} only Kind at full strength while the others are faint, or -1.
   * @param {number} opacity Of all, in [0, 256].
   */
  drawCars(surface, view, sprites, only, opacity) {
    const { x, y, kind, detail, drivers } = this;
    const margin = 2 * view.car * view.ratio;
    for (const wanted of CARS) {
      const strength = only >= 0 && only !== wanted ? FAINT : opacity;
      for (let i = 0; i < drivers; i++) {
        if (kind[i] !== wanted) continue;
        const heading = detail[i];
        // on the right of the street, as they drive: two ways of one street do not overlap
        const px = view.px(x[i]) + HEADING_SIN[heading] * view.lane;
        const py = view.py(y[i]) + HEADING_COS[heading] * view.lane;
        if (!view.sees(px, py, margin)) continue;
        const column = Math.floor(px);
        const row = Math.floor(py);
        const phase = ((px - column) * PHASES | 0) + PHASES * ((py - row) * PHASES | 0);
        const sprite = sprites.car(wanted, heading, phase);
        if (strength < 256) blitFaint(surface, sprite, column, row, strength);
        else blit(surface, sprite, column, row);
      }
    }
  }

  /** Riders, the longest waiting on top. */
  drawRiders(surface, view, sprites, only, opacity) {
    const { x, y, kind, detail, drivers, order } = this;
    let count = 0;
    for (let i = drivers; i < kind.length; i++) {
      if (kind[i] !== ABSENT && view.sees(view.px(x[i]), view.py(y[i]), 10 * view.ratio)) order[count++] = i;
    }
    const shown = order.subarray(0, count).sort((a, b) => detail[a] - detail[b] || a - b);
    for (const i of shown) {
      const strength = only >= 0 && only !== kind[i] ? FAINT : opacity;
      const sprite = sprites.rider(kind[i], detail[i]);
      const px = Math.round(view.px(x[i]));
      const py = Math.round(view.py(y[i]));
      if (strength < 256) blitFaint(surface, sprite, px, py, strength);
      else blit(surface, sprite, px, py);
    }
  }

  /** Place of an agent as its mark is drawn, device pixels from the world's: cars keep right. */
  shift(i, view) {
    if (i >= this.drivers || !view.lane) return { x: 0, y: 0 };
    const heading = this.detail[i];
    return { x: HEADING_SIN[heading] * view.lane, y: HEADING_COS[heading] * view.lane };
  }

  /** Direction a car faces, radians. */
  turn(i) {
    return (2 * Math.PI * this.detail[i]) / HEADINGS;
  }

  /** Whether an agent is on the map. */
  present(i) {
    return i >= 0 && i < this.kind.length && this.kind[i] !== ABSENT;
  }

  /** Whether an agent is a rider who waits. */
  waits(i) {
    return i >= this.drivers && (this.kind[i] === WAITING || this.kind[i] === ASSIGNED);
  }

  /**
   * Nearest agent to a point.
   * @param {boolean} riders Whether riders are shown.
   * @returns {number} Agent, or -1.
   */
  nearest(x, y, reach, riders) {
    let best = -1;
    let least = reach * reach;
    const end = riders ? this.kind.length : this.drivers;
    for (let i = 0; i < end; i++) {
      if (this.kind[i] === ABSENT) continue;
      const dx = this.x[i] - x;
      const dy = this.y[i] - y;
      const distance = dx * dx + dy * dy;
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }
}
