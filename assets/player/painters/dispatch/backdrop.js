/**
 * The kept picture below everything that moves: ground, and traffic, rings and surge cells on it.
 *
 * It reaches beyond the view, so that a pan or a followed car only copies another part of it. While
 * the zoom changes the old picture is scaled; it is drawn anew once the wheel has come to rest.
 */

import { Surface } from "../../raster.js";
import { paintCells } from "./cells.js";
import { paintGround } from "./ground.js";
import { paintOverlays } from "./overlays.js";

/** Part of the view's size that is drawn beyond each of its edges while not all of it is seen. */
const MARGIN = 0.25;
const REST_MS = 120;

const keyOf = ({ cells, overlays }) => `${cells.key} ${overlays.key}`;

export class Backdrop {
  constructor() {
    this.frame = null;
    this.pixels = new Uint32Array(0);
    this.drawnFor = { version: -1, theme: null, cells: "" };
    this.scaledAt = 0;
    this.zoomedUnit = 0;
  }

  /**
   * Write the part in view to a surface.
   * @param {Surface} surface
   * @param {import("./view.js").View} view
   * @param {object} wanted city, palette, cells and overlays (values and what to show of them),
   *     version (of the city), fitted, now (ms).
   * @returns {boolean} Whether the surface differs from what was written last.
   */
  write(surface, view, wanted) {
    const { frame } = this;
    const resized = !frame || frame.viewWidth !== surface.width || frame.viewHeight !== surface.height;
    const changed =
      resized || this.drawnFor.version !== wanted.version || this.drawnFor.palette !== wanted.palette;
    const zoomed = !changed && frame.unit !== view.unit;
    if (view.unit !== this.zoomedUnit) {
      this.zoomedUnit = view.unit;
      this.scaledAt = wanted.now;
    }
    if (zoomed && wanted.now - this.scaledAt < REST_MS) {
      this.#scaled(surface, view, wanted.palette.land);
      return true;
    }
    const inside = !changed && !zoomed && this.#covers(view);
    if (!inside) this.#draw(surface, view, wanted);
    const recoloured = !inside || this.drawnFor.cells !== keyOf(wanted);
    if (recoloured) this.#colour(view, wanted);
    const x = Math.round(this.frame.x - view.originX);
    const y = Math.round(this.frame.y - view.originY);
    if (!recoloured && x === this.shownX && y === this.shownY) return false;
    this.shownX = x;
    this.shownY = y;
    this.#copy(surface, x, y);
    return true;
  }

  /** Whether the view still lies within the kept picture. */
  #covers(view) {
    const left = this.frame.x - view.originX;
    const top = this.frame.y - view.originY;
    return (
      left >= 0 &&
      top >= 0 &&
      left + view.width <= this.frame.width &&
      top + view.height <= this.frame.height
    );
  }

  #draw(surface, view, { city, palette, version, fitted }) {
    const marginX = fitted ? 0 : Math.round(MARGIN * surface.width);
    const marginY = fitted ? 0 : Math.round(MARGIN * surface.height);
    const width = surface.width + 2 * marginX;
    const height = surface.height + 2 * marginY;
    if (!this.ground || this.frame.width !== width || this.frame.height !== height) {
      const options = { alpha: false, willReadFrequently: true };
      this.ground = new OffscreenCanvas(width, height).getContext("2d", options);
      this.coloured = new OffscreenCanvas(width, height).getContext("2d", options);
    }
    this.frame = {
      unit: view.unit,
      x: view.originX + marginX,
      y: view.originY + marginY,
      width,
      height,
      viewWidth: surface.width,
      viewHeight: surface.height,
    };
    paintGround(this.ground, city, palette, view, this.frame);
    this.drawnFor.version = version;
    this.drawnFor.palette = palette;
  }

  #colour(view, wanted) {
    const { frame, coloured } = this;
    const { city, palette, cells, overlays } = wanted;
    coloured.drawImage(this.ground.canvas, 0, 0);
    paintOverlays(coloured, city, palette, view, frame, overlays);
    paintCells(coloured, city, palette, view, frame, cells);
    const { data } = coloured.getImageData(0, 0, frame.width, frame.height);
    this.pixels = new Uint32Array(data.buffer);
    this.drawnFor.cells = keyOf(wanted);
  }

  #copy(surface, x, y) {
    const { width } = this.frame;
    for (let row = 0; row < surface.height; row++) {
      const from = (row + y) * width + x;
      surface.pixels.set(this.pixels.subarray(from, from + surface.width), row * surface.width);
    }
  }

  /** The old picture at the new zoom, each pixel its nearest. */
  #scaled(surface, view, land) {
    const { frame, pixels } = this;
    const factor = frame.unit / view.unit;
    const columns = new Int32Array(surface.width);
    for (let x = 0; x < surface.width; x++)
      columns[x] = Math.floor((x - view.originX) * factor + frame.x);
    for (let y = 0; y < surface.height; y++) {
      const row = Math.floor((y - view.originY) * factor + frame.y);
      const to = y * surface.width;
      if (row < 0 || row >= frame.height) {
        surface.pixels.fill(land, to, to + surface.width);
        continue;
      }
      const from = row * frame.width;
      for (let x = 0; x < surface.width; x++) {
        const column = columns[x];
        surface.pixels[to + x] = column < 0 || column >= frame.width ? land : pixels[from + column];
      }
    }
    this.shownX = NaN;
  }
}
