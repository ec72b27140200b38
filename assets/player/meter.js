/** Counts frames and what they cost, without allocating while it counts. */

const WINDOW = 600;
/** A frame at 60 a second, ms. */
const FULL_MS = 1000 / 60;

class Ring {
  constructor() {
    this.values = new Float64Array(WINDOW);
    this.count = 0;
  }

  add(value) {
    this.values[this.count % WINDOW] = value;
    this.count += 1;
  }

  /** @param {number} share In [0, 1]. */
  quantile(share) {
    const held = Math.min(this.count, WINDOW);
    if (!held) return 0;
    const sorted = this.values.slice(0, held).sort();
    return sorted[Math.min(held - 1, Math.floor(share * held))];
  }
}

export class Meter {
  constructor() {
    this.draws = 0;
    this.fps = 0;
    this.cost = new Ring();
    this.interval = new Ring();
    this.smoothCost = 0;
    this.then = 0;
    this.sampleAt = 0;
    this.sampleDraws = 0;
  }

  /**
   * One frame was drawn.
   * @param {number} now Time of the frame, ms.
   * @param {number} cost Main thread time it took, ms.
   */
  frame(now, cost) {
    this.draws += 1;
    this.cost.add(cost);
    // one interrupted frame says nothing about the next: it counts as twice a full one at most
    this.smoothCost += 0.04 * (Math.min(cost, 2 * FULL_MS) - this.smoothCost);
    if (this.then) this.interval.add(now - this.then);
    this.then = now;
    if (now - this.sampleAt >= 1000) {
      this.fps = ((this.draws - this.sampleDraws) * 1000) / (now - this.sampleAt);
      this.sampleAt = now;
      this.sampleDraws = this.draws;
    }
  }

  /** Forget the distance to the last frame: drawing was suspended. */
  pause() {
    this.then = 0;
  }

  /** Start the percentiles anew. */
  reset() {
    this.cost.count = 0;
    this.interval.count = 0;
  }
}
