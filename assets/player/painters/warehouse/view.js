/** The floor's cells in device pixels for one camera: edges are whole pixels, so cells stay crisp. */

/** Scales (CSS pixels a cell) at which the drawing changes: below, marks; glyphs; outlines; bodies. */
export const MARKS_BELOW = 5;
export const OUTLINES_FROM = 12;
export const BODIES_FROM = 28;

export class View {
  constructor() {
    this.version = -1;
    this.left = new Int32Array(0);
    this.top = new Int32Array(0);
  }

  /**
   * Follow the camera.
   * @param {import("../../camera.js").Camera} camera
   * @param {number} columns
   * @param {number} rows
   */
  update(camera, columns, rows) {
    this.version = camera.version;
    this.scale = camera.scale;
    this.ratio = camera.ratio;
    /** Device pixels a cell. */
    this.cell = camera.deviceScale;
    this.originX = camera.originX;
    this.originY = camera.originY;
    this.width = Math.round(camera.width * camera.ratio);
    this.height = Math.round(camera.height * camera.ratio);
    if (this.left.length !== columns + 1) this.left = new Int32Array(columns + 1);
    if (this.top.length !== rows + 1) this.top = new Int32Array(rows + 1);
    for (let c = 0; c <= columns; c++) this.left[c] = Math.round(c * this.cell) + this.originX;
    for (let r = 0; r <= rows; r++) this.top[r] = Math.round(r * this.cell) + this.originY;
    this.firstColumn = Math.max(0, Math.floor(-this.originX / this.cell));
    this.firstRow = Math.max(0, Math.floor(-this.originY / this.cell));
    this.endColumn = Math.min(columns, Math.ceil((this.width - this.originX) / this.cell));
    this.endRow = Math.min(rows, Math.ceil((this.height - this.originY) / this.cell));
    this.marks = this.scale < MARKS_BELOW;
    this.outlines = this.scale >= OUTLINES_FROM;
    this.near = this.scale >= BODIES_FROM;
  }

  /** Middle of a cell, device pixels, not rounded. */
  centreX(column) {
    return (column + 0.5) * this.cell + this.originX;
  }

  centreY(row) {
    return (row + 0.5) * this.cell + this.originY;
  }
}
