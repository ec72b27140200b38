/**
 * The play clock: which step is shown now.
 *
 * Chunks come about five times a second, or as seldom as there are steps; the head trails the newest
 * step by `TARGET_S` seconds of play, more where steps are long, at the rate at which steps arrive, a
 * little faster or slower to hold that distance. It never runs backwards.
 */

import { clamp } from "./dom.js";

const TARGET_S = 0.5;
const GAIN = 0.7;
/** Beyond this many seconds behind the head jumps. */
const RESYNC_S = 2;
/** A new epoch is reached within this time (the answer to a slider). */
const RUSH_MS = 60;
/** With less than this queued play eases out, so that a late chunk finds it slow, not stopped. */
const EASE_S = 0.25;
/** With less than this it stands for the eye: a stall. */
const STANDS_S = 0.02;
/** Arrivals are never taken for faster than this share of the wanted rate. */
const MOST_OF_WANTED = 1.1;
const WINDOW = 12;

/** Speed relative to the arrival rate, from the seconds of play that are queued. */
const pace = (level, target) => Math.min(1 + clamp(GAIN * (level - target), -0.5, 1), level / EASE_S);

export class PlayClock {
  constructor() {
    this.head = 0;
    /** Steps a second at which frames arrive. */
    this.rate = 1;
    this.most = Infinity;
    /** Seconds of play held beyond the usual, where steps are long. */
    this.slack = 0;
    this.stalls = 0;
    this.resyncs = 0;
    this.#reset();
    this.rushTo = -1;
    this.rushEnd = 0;
    this.arrivals = new Float64Array(2 * WINDOW);
    this.arrived = 0;
    this.then = 0;
  }

  #reset() {
    this.filling = true;
    this.stalled = false;
  }

  /** Start at a step: a key frame was taken. */
  jump(step) {
    this.head = step;
    this.arrived = 0;
    this.rushTo = -1;
    this.#reset();
  }

  /** The wanted rate changed, in steps a second; 0 says "as fast as it goes" and is measured. */
  hint(rate) {
    if (rate > 0) this.rate = rate;
    // a step that takes longer than the buffer is queued whole as soon as it comes
    this.slack = rate > 0 ? Math.max(0, 0.5 / rate - EASE_S) : 0;
    this.most = rate > 0 ? MOST_OF_WANTED * rate : Infinity;
    this.arrived = 0;
  }

  /**
   * Steps up to `last` are queued.
   * @param {number} last
   * @param {number} now Milliseconds.
   */
  extend(last, now) {
    const slot = this.arrived % WINDOW;
    this.arrivals[2 * slot] = now;
    this.arrivals[2 * slot + 1] = last;
    this.arrived += 1;
    const held = Math.min(this.arrived, WINDOW);
    if (held < 3) return;
    const oldest = (this.arrived - held) % WINDOW;
    const seconds = (now - this.arrivals[2 * oldest]) / 1000;
    const steps = last - this.arrivals[2 * oldest + 1];
    // chunks held up on their way come in a burst: no run is faster than it is asked to be
    if (seconds > 0.1 && steps > 0) this.rate = Math.min(steps / seconds, this.most);
  }

  /** Reach `step` within RUSH_MS. */
  rush(step, now) {
    this.rushTo = step;
    this.rushEnd = now + RUSH_MS;
  }

  /** Seconds of play between the head and the newest step. */
  level(last) {
    return Math.max(0, last - this.head) / this.rate;
  }

  /**
   * Advance to `now`.
   * @param {number} now Milliseconds.
   * @param {number} last Newest queued step.
   * @param {boolean} flowing Whether more is expected; else what is queued is played out.
   * @returns {number} The head, in steps.
   */
  tick(now, last, flowing) {
    const seconds = clamp((now - this.then) / 1000, 0, 0.25);
    this.then = now;
    const level = this.level(last);
    const target = TARGET_S + this.slack;
    if (flowing && level > RESYNC_S + 3 * this.slack) {
      this.head = last - target * this.rate;
      this.resyncs += 1;
      return this.head;
    }
    if (this.filling && flowing && level < 0.8 * target) return this.head;
    this.filling = false;
    let speed = this.rate * (flowing ? pace(level, target) : Math.max(1, level));
    if (this.rushTo >= 0) {
      const left = (this.rushEnd - now) / 1000;
      if (this.head >= this.rushTo) this.rushTo = -1;
      else speed = Math.max(speed, (this.rushTo - this.head) / Math.max(left, 0.001));
    }
    let head = this.head + seconds * speed;
    // rushing ends on the new epoch's first frame: beyond it play goes on at its own pace
    if (this.rushTo >= 0) head = Math.min(head, Math.max(this.rushTo, this.head + seconds * this.rate));
    head = Math.min(head, Math.max(last, this.head));
    const stands = flowing && level < STANDS_S;
    if (stands && !this.stalled) this.stalls += 1;
    this.stalled = stands;
    this.head = head;
    return head;
  }
}
