/** Where on the plane the canvas looks, in CSS pixels a unit; drawing snaps it to whole pixels. */

import { clamp } from "./dom.js";

export class Camera {
  constructor() {
    this.width = 1;
    this.height = 1;
    this.ratio = 1;
    /** Pixels a unit. */
    this.scale = 1;
    /** World coordinates at the middle of the canvas. */
    this.x = 0;
    this.y = 0;
    this.bounds = { x: 0, y: 0, width: 1, height: 1 };
    /** Pixels a unit at the nearest view. */
    this.nearest = 64;
    this.fitted = true;
    /** Grows with every change: caches compare it. */
    this.version = 0;
  }

  /** Scale at which all is seen. */
  get fitScale() {
    const { width, height } = this.bounds;
    return Math.max(0.001, Math.min((this.width - 12) / width, (this.height - 8) / height));
  }

  /** Zoom relative to the fit. */
  get zoom() {
    return this.scale / this.fitScale;
  }

  /** @param {{x: number, y: number, width: number, height: number}} bounds World rectangle. */
  setBounds(bounds) {
    this.bounds = bounds;
    if (this.fitted) this.fit();
    else this.#settle();
  }

  /** @param {number} width @param {number} height CSS pixels. @param {number} ratio Device pixels each. */
  resize(width, height, ratio) {
    if (width === this.width && height === this.height && ratio === this.ratio) return;
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    if (this.fitted) this.fit();
    else this.#settle();
  }

  fit() {
    const { x, y, width, height } = this.bounds;
    this.scale = this.fitScale;
    this.x = x + width / 2;
    this.y = y + height / 2;
    this.fitted = true;
    this.version += 1;
  }

  /**
   * Zoom by a factor about a canvas point, which keeps its place.
   * @param {number} factor
   * @param {number} px @param {number} py CSS pixels.
   */
  zoomAt(factor, px, py) {
    const fit = this.fitScale;
    const scale = clamp(this.scale * factor, fit, Math.max(this.nearest, 4 * fit));
    if (scale === this.scale) return;
    const dx = px - this.width / 2;
    const dy = py - this.height / 2;
    this.x += dx / this.scale - dx / scale;
    this.y += dy / this.scale - dy / scale;
    this.scale = scale;
    this.fitted = scale <= fit * 1.0001;
    if (this.fitted) this.fit();
    else this.#settle();
  }

  /** Move by CSS pixels. */
  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.fitted = false;
    this.#settle();
  }

  /** Look at a world point. */
  lookAt(x, y) {
    if (x === this.x && y === this.y) return;
    this.x = x;
    this.y = y;
    this.fitted = false;
    this.#settle();
  }

  /** Look where another camera does. @param {{x: number, y: number, scale: number}} other */
  follow({ x, y, scale }) {
    this.scale = clamp(scale, this.fitScale, Math.max(this.nearest, 4 * this.fitScale));
    this.x = x;
    this.y = y;
    this.fitted = this.scale <= this.fitScale * 1.0001;
    this.#settle();
  }

  /** At least half the canvas shows the world. */
  #settle() {
    const { x, y, width, height } = this.bounds;
    const slackX = Math.max(0, width / 2 - this.width / this.scale / 4);
    const slackY = Math.max(0, height / 2 - this.height / this.scale / 4);
    this.x = clamp(this.x, x + width / 2 - slackX, x + width / 2 + slackX);
    this.y = clamp(this.y, y + height / 2 - slackY, y + height / 2 + slackY);
    this.version += 1;
  }

  /** Device pixels a unit. */
  get deviceScale() {
    return this.scale * this.ratio;
  }

  /** World origin in device pixels, whole. */
  get originX() {
    return Math.round((this.width * this.ratio) / 2 - this.x * this.deviceScale);
  }

  get originY() {
    return Math.round((this.height * this.ratio) / 2 - this.y * this.deviceScale);
  }

  /** World coordinates of a canvas point in CSS pixels. */
  worldX(px) {
    return (px * this.ratio - this.originX) / this.deviceScale;
  }

  worldY(py) {
    return (py * this.ratio - this.originY) / this.deviceScale;
  }

  /** Canvas point, in CSS pixels, of world coordinates. */
  screenX(x) {
    return (this.originX + x * this.deviceScale) / this.ratio;
  }

  screenY(y) {
    return (this.originY + y * this.deviceScale) / this.ratio;
  }

  /** Whether some of the world is out of view. */
  get partial() {
    return this.zoom > 1.02;
  }
}
