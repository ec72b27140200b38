/**
 * Pixels written by our own loops.
 *
 * Without a GPU a `drawImage` an agent costs more than the few dozen pixels it moves; typed-array
 * writes into one ImageData reach 60 frames a second at thousands of agents. Pixels are ImageData's
 * little-endian uint32 (ABGR), always opaque; sprites are premultiplied.
 */

export class Surface {
  /** @param {number} width @param {number} height Device pixels. @param {Uint32Array} [pixels] */
  constructor(width, height, pixels = new Uint32Array(width * height)) {
    this.width = width;
    this.height = height;
    this.pixels = pixels;
  }
}

/** @typedef {{width: number, height: number, pixels: Uint32Array, dx: number, dy: number}} Sprite dx, dy: anchor. */

let pad = null;

/**
 * Draw a sprite with the 2D canvas once, to be blitted often.
 * @param {number} width @param {number} height Device pixels.
 * @param {(context: OffscreenCanvasRenderingContext2D) => void} paint Draws from the top left corner.
 * @param {number} [dx] Anchor, from the left.
 * @param {number} [dy] Anchor, from the top.
 * @returns {Sprite}
 */
export function rasterise(width, height, paint, dx = width >> 1, dy = height >> 1) {
  if (!pad || pad.canvas.width < width || pad.canvas.height < height) {
    pad = new OffscreenCanvas(Math.max(256, width), Math.max(64, height)).getContext("2d", {
      willReadFrequently: true,
    });
  }
  pad.setTransform(1, 0, 0, 1, 0, 0);
  pad.globalAlpha = 1;
  pad.clearRect(0, 0, width, height);
  pad.save();
  paint(pad);
  pad.restore();
  const { data } = pad.getImageData(0, 0, width, height);
  const pixels = new Uint32Array(width * height);
  for (let i = 0, j = 0; i < pixels.length; i++, j += 4) {
    const a = data[j + 3];
    const f = a / 255;
    pixels[i] =
      (a << 24) |
      (Math.floor(data[j + 2] * f) << 16) |
      (Math.floor(data[j + 1] * f) << 8) |
      Math.floor(data[j] * f);
  }
  return { width, height, pixels, dx, dy };
}

/**
 * Copy a sprite over a surface with its anchor at (x, y), clipped.
 * @param {Surface} surface
 * @param {Sprite} sprite
 * @param {number} x @param {number} y Whole device pixels.
 */
export function blit(surface, sprite, x, y) {
  const left = x - sprite.dx;
  const top = y - sprite.dy;
  const x0 = left < 0 ? -left : 0;
  const y0 = top < 0 ? -top : 0;
  const x1 = left + sprite.width > surface.width ? surface.width - left : sprite.width;
  const y1 = top + sprite.height > surface.height ? surface.height - top : sprite.height;
  const source = sprite.pixels;
  const target = surface.pixels;
  for (let row = y0; row < y1; row++) {
    let i = row * sprite.width + x0;
    let j = (top + row) * surface.width + left + x0;
    for (const end = row * sprite.width + x1; i < end; i++, j++) {
      const s = source[i];
      const a = s >>> 24;
      if (a === 255) target[j] = s;
      else if (a !== 0) {
        const d = target[j];
        const keep = 256 - a;
        target[j] =
          0xff000000 |
          ((s & 0xff00ff) + ((Math.imul(d & 0xff00ff, keep) >>> 8) & 0xff00ff)) |
          ((s & 0xff00) + ((Math.imul(d & 0xff00, keep) >>> 8) & 0xff00));
      }
    }
  }
}

/**
 * The same with an opacity in [0, 256].
 * @param {number} opacity
 */
export function blitFaint(surface, sprite, x, y, opacity) {
  const left = x - sprite.dx;
  const top = y - sprite.dy;
  const x0 = Math.max(0, -left);
  const y0 = Math.max(0, -top);
  const x1 = Math.min(sprite.width, surface.width - left);
  const y1 = Math.min(sprite.height, surface.height - top);
  const target = surface.pixels;
  for (let row = y0; row < y1; row++) {
    for (let column = x0; column < x1; column++) {
      const s = sprite.pixels[row * sprite.width + column];
      const a = ((s >>> 24) * opacity) >> 8;
      if (a === 0) continue;
      const j = (top + row) * surface.width + left + column;
      const d = target[j];
      const keep = 256 - a;
      const rb =
        ((Math.imul(s & 0xff00ff, opacity) >>> 8) & 0xff00ff) +
        ((Math.imul(d & 0xff00ff, keep) >>> 8) & 0xff00ff);
      const g =
        ((Math.imul(s & 0xff00, opacity) >>> 8) & 0xff00) + ((Math.imul(d & 0xff00, keep) >>> 8) & 0xff00);
      target[j] = 0xff000000 | rb | g;
    }
  }
}

/** Fill a rectangle [x0, x1) x [y0, y1) with a pixel, clipped. */
export function fill(surface, x0, y0, x1, y1, colour) {
  const { width, height, pixels } = surface;
  if (x0 < 0) x0 = 0;
  if (y0 < 0) y0 = 0;
  if (x1 > width) x1 = width;
  if (y1 > height) y1 = height;
  if (x0 >= x1) return;
  for (let y = y0; y < y1; y++) {
    const row = y * width;
    for (let j = row + x0, end = row + x1; j < end; j++) pixels[j] = colour;
  }
}

/**
 * Blend a pixel over a rectangle, clipped.
 * @param {number} opacity In [0, 256].
 */
export function blend(surface, x0, y0, x1, y1, colour, opacity) {
  const { width, height, pixels } = surface;
  if (x0 < 0) x0 = 0;
  if (y0 < 0) y0 = 0;
  if (x1 > width) x1 = width;
  if (y1 > height) y1 = height;
  if (x0 >= x1) return;
  const keep = 256 - opacity;
  const rb = Math.imul(colour & 0xff00ff, opacity);
  const g = Math.imul(colour & 0xff00, opacity);
  for (let y = y0; y < y1; y++) {
    const row = y * width;
    for (let j = row + x0, end = row + x1; j < end; j++) {
      const d = pixels[j];
      pixels[j] =
        0xff000000 |
        (((rb + Math.imul(d & 0xff00ff, keep)) >>> 8) & 0xff00ff) |
        (((g + Math.imul(d & 0xff00, keep)) >>> 8) & 0xff00);
    }
  }
}

/** Outline of a rectangle, `line` pixels inside its edge. */
export function frame(surface, x0, y0, x1, y1, line, colour) {
  fill(surface, x0, y0, x1, y0 + line, colour);
  fill(surface, x0, y1 - line, x1, y1, colour);
  fill(surface, x0, y0 + line, x0 + line, y1 - line, colour);
  fill(surface, x1 - line, y0 + line, x1, y1 - line, colour);
}
