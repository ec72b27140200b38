/** From a snapshot's parts to what can be drawn: eight pictures, depth, drivable ground, heat. */

const MASK_CELL = 2;
const DEPTH_CELL = 4;
/** Green of drivable ground, at 24 %. */
const GREEN = [0, 158, 115, 61];
/** Cividis (Nuñez, Anderton and Renslow 2018), near to far; the far end is dark. */
const CIVIDIS = ["FDEA45", "E4D34F", "CBBA69", "B2A376", "9A8D78", "848279", "6E6E73", "575C6D", "3B496C", "123570", "00204D"];

const table = (() => {
  const out = new Uint32Array(256);
  const stops = CIVIDIS.map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  for (let i = 0; i < 255; i += 1) {
    const at = (i / 254) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(at));
    const [r, g, b] = stops[low].map((v, c) => Math.round(v + (stops[low + 1][c] - v) * (at - low)));
    out[i] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return out;
})();

/** CSS gradient of the depth scale, near at the left. */
export const DEPTH_GRADIENT = `linear-gradient(90deg, ${CIVIDIS.map((hex) => `#${hex}`).join(", ")})`;

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A picture of one instant, ready to draw. */
export class Picture {
  constructor(message, images, depth, drivable, heat, width, height) {
    this.facts = message.facts;
    this.step = message.step;
    this.images = images;
    this.depth = depth;
    this.drivable = drivable;
    this.heat = heat;
    this.width = width;
    this.height = height;
    this.sheets = new Map();
  }

  #sheet(key, width, height, paint) {
    if (!this.sheets.has(key)) {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d");
      const image = context.createImageData(width, height);
      paint(new Uint32Array(image.data.buffer));
      context.putImageData(image, 0, 0);
      this.sheets.set(key, canvas);
    }
    return this.sheets.get(key);
  }

  /** Depth of a view in colours. */
  depthSheet(view) {
    const [w, h] = [this.width / DEPTH_CELL, this.height / DEPTH_CELL];
    return this.#sheet(`depth ${view}`, w, h, (out) => {
      for (let i = 0; i < w * h; i += 1) out[i] = table[this.depth[view * w * h + i]];
    });
  }

  #ground(view, i) {
    const at = view * (this.width / MASK_CELL) * (this.height / MASK_CELL) + i;
    return (this.drivable[at >> 3] >> (7 - (at & 7))) & 1;
  }

  /** Drivable ground of a view. */
  groundSheet(view) {
    const [w, h] = [this.width / MASK_CELL, this.height / MASK_CELL];
    const [r, g, b, a] = GREEN;
    const colour = (a << 24) | (b << 16) | (g << 8) | r;
    return this.#sheet(`ground ${view}`, w, h, (out) => {
      for (let i = 0; i < w * h; i += 1) if (this.#ground(view, i)) out[i] = colour;
    });
  }

  /** Where something stands on the ground: inside a box and not drivable. Ground layers are cut by it. */
  standingSheet(view) {
    const [w, h] = [this.width / MASK_CELL, this.height / MASK_CELL];
    return this.#sheet(`standing ${view}`, w, h, (out) => {
      for (const [x0, y0, x1, y1] of this.facts.views[view].boxes) {
        const cell = 10 * MASK_CELL;
        for (let y = Math.max(0, Math.floor(y0 / cell)); y < Math.min(h, y1 / cell); y += 1)
          for (let x = Math.max(0, Math.floor(x0 / cell)); x < Math.min(w, x1 / cell); x += 1)
            if (!this.#ground(view, y * w + x)) out[y * w + x] = 0xff000000;
      }
    });
  }

  close() {
    for (const image of this.images) image?.close();
  }
}

/**
 * Decode a snapshot.
 * @param {object} message Of type SNAPSHOT, with facts and blobs.
 * @param {number} width Pixels of a view.
 * @param {number} height
 * @returns {Promise<?Picture>} Null before the first tick of a drive.
 */
export async function decode(message, width, height) {
  const { facts, blobs } = message;
  if (!facts.seen) return null;
  const image = (bytes) => (bytes.length ? createImageBitmap(new Blob([bytes], { type: "image/jpeg" })) : null);
  const [depth, drivable, heat, ...images] = await Promise.all([
    inflate(blobs[8]), inflate(blobs[9]), blobs[10].length ? inflate(blobs[10]) : null, ...blobs.slice(0, 8).map(image)]);
  return new Picture(message, images, depth, drivable, heat && new Int8Array(heat.buffer), width, height);
}

/** Heat of an explanation in colours: orange speaks for the box, blue against it. */
export function heatSheet(heat, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  heat.forEach((v, i) => {
    const share = Math.min(1, Math.sqrt(Math.abs(v) / 127));
    const colour = v > 0 ? 0x009fe6 : 0xe9b456;
    out[i] = (Math.round(235 * share) << 24) | colour;
  });
  context.putImageData(image, 0, 0);
  return canvas;
}
