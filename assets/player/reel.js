/** The buffer of frames: opened chunks, and the two pictures around the play head. */

import { KEY, Picture } from "./wire.js";

export class Reel {
  constructor() {
    this.before = new Picture();
    this.after = new Picture();
    /** @type {import("./wire.js").Message[]} */
    this.chunks = [];
    this.next = 0;
    this.last = 0;
    this.loaded = false;
  }

  /** Forget everything; the pictures stay as they are for a last look. */
  clear() {
    this.chunks.length = 0;
    this.next = 0;
    this.loaded = false;
  }

  /**
   * Take a KEY: both pictures become it and the queue starts anew.
   * @param {import("./wire.js").Message} message
   */
  load(message) {
    if (message.type !== KEY) throw new Error(`A KEY is needed to begin, got type ${message.type}.`);
    if (this.before.agents !== message.count) {
      this.before = new Picture(message.count);
      this.after = new Picture(message.count);
    }
    this.clear();
    this.before.load(message);
    this.after.copy(this.before);
    this.last = message.step;
    this.loaded = true;
  }

  /**
   * Queue a chunk that follows what is queued.
   * @param {import("./wire.js").Message} message
   * @returns {boolean} False when it does not follow: a KEY is needed.
   */
  push(message) {
    const follows =
      this.loaded && message.count === this.before.agents && message.step - message.stride === this.last;
    if (!follows) return false;
    this.chunks.push(message);
    this.last = message.step + (message.frames - 1) * message.stride;
    return true;
  }

  /**
   * Move one frame on: `after` becomes `before`, the next frame becomes `after`.
   * @returns {boolean} False when nothing is queued.
   */
  advance() {
    if (!this.chunks.length) return false;
    this.before.copy(this.after);
    const chunk = this.chunks[0];
    this.after.advance(chunk, this.next);
    this.next += 1;
    if (this.next === chunk.frames) {
      this.chunks.shift();
      this.next = 0;
    }
    return true;
  }

  /** First step of the first queued chunk of another epoch than the shown one, or -1. */
  nextEpochStep() {
    for (const chunk of this.chunks) if (chunk.epoch !== this.after.epoch) return chunk.step;
    return -1;
  }
}
