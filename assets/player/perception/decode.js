/** From a snapshot's parts to what can be drawn: eight pictures, depth, drivable ground, heat. */

const VIEWS = 8;
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

/** One canvas above the other for all views, kept from picture to picture: a new one costs more than its content. */
class Sheet {
  /** @param {number} width Of a view. @param {number} height */
  constructor(width, height, views) {
    this.canvas = new OffscreenCanvas(width, height * views);
    this.context = this.canvas.getContext("2d");
    this.size = [width, height];
    /** Of whom it shows something, and what of it. */
    this.owner = null;
    this.key = "";
  }

  /** Fill from pixels: `paint` gets them cleared, one uint32 each. */
  paint(paint) {
    this.image ??= this.context.createImageData(this.canvas.width, this.canvas.height);
    const out = new Uint32Array(this.image.data.buffer);
    out.fill(0);
    paint(out);
    this.context.putImageData(this.image, 0, 0);
  }

  /** Arguments of `drawImage` for one view. */
  part(view) {
    const [w, h] = this.size;
    return [this.canvas, 0, view * h, w, h];
  }
}

const sheets = new Map();

/**
 * Masks from the lengths of their runs, see `run_lengths` in engine/perception/picture.py.
 * @param {Uint8Array} bytes @param {number} size Cells of a view. @param {number} views
 * @returns {Uint8Array} 1 inside the mask.
 */
export function unrun(bytes, size, views) {
  const out = new Uint8Array(size * views);
  const lengths = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let value = 0;
  for (let i = 0, at = 0; i < bytes.byteLength; i += 2) {
    const end = at + lengths.getUint16(i, true);
    if (value) out.fill(1, at, end);
    // a run that fills a view ends it; an empty one only says that the view begins inside
    value = end > at && end % size === 0 ? 0 : 1 - value;
    at = end;
  }
  return out;
}

/** A picture of one instant, ready to draw. */
export class Picture {
  constructor(message, images, depth, drivable, heat, width, height) {
    this.facts = message.facts;
    this.step = message.step;
    this.images = images;
    /** Bytes of every view, or null until `openDepth`. */
    this.depth = depth;
    this.packed = message.blobs[8];
    this.drivable = drivable;
    this.heat = heat;
    this.width = width;
    this.height = height;
  }

  #sheet(name, cell, key, fill) {
    let sheet = sheets.get(name);
    const [w, h] = [this.width / cell, this.height / cell];
    if (!sheet || sheet.size[0] !== w || sheet.size[1] !== h) sheets.set(name, (sheet = new Sheet(w, h, this.images.length)));
    if (sheet.owner !== this || sheet.key !== key) {
      sheet.owner = this;
      sheet.key = key;
      fill(sheet);
    }
    return sheet;
  }

  /** Open the depth of a picture that was decoded without. @param {() => void} then When it is there. */
  openDepth(then) {
    this.opening ??= inflate(this.packed).then((depth) => {
      this.depth = depth;
      then();
    });
  }

  /** What lies under the layers of a view: the picture, or its depth in colours. */
  shown(view, depth) {
    const image = this.images[view];
    return depth && this.depth ? this.#depths().part(view) : [image, 0, 0, image.width, image.height];
  }

  #depths() {
    return this.#sheet("depth", DEPTH_CELL, "", (sheet) => sheet.paint((out) => {
      for (let i = 0; i < out.length; i += 1) out[i] = table[this.depth[i]];
    }));
  }

  /** Drivable ground of a view. */
  ground(view) {
    const [r, g, b, a] = GREEN;
    const colour = (a << 24) | (b << 16) | (g << 8) | r;
    return this.#sheet("ground", MASK_CELL, "", (sheet) => sheet.paint((out) => {
      for (let i = 0; i < out.length; i += 1) out[i] = this.drivable[i] * colour;
    })).part(view);
  }

  /**
   * Where something stands on the ground, inside a box and not drivable: what it hides of the layers on the ground.
   * @returns {?Array} Arguments of `drawImage` in pixels of the view; null where nothing stands.
   */
  standing(view, depth) {
    const mask = this.#sheet("mask", MASK_CELL, "", (sheet) => sheet.paint((out) => this.#stand(out)));
    const { canvas } = this.#sheet("standing", 1, depth && this.depth ? "depth" : "", ({ context }) => {
      this.stood.forEach((bounds, i) => {
        if (!bounds || !this.images[i]) return;
        const [x, y, w, h] = bounds;
        const [source, sx, sy, sw] = this.shown(i, depth);
        const scale = sw / this.width;
        const place = [x, y + i * this.height, w, h];
        context.clearRect(...place);
        context.drawImage(mask.canvas, x / MASK_CELL, (y + i * this.height) / MASK_CELL, w / MASK_CELL, h / MASK_CELL, ...place);
        context.globalCompositeOperation = "source-atop";
        context.drawImage(source, sx + x * scale, sy + y * scale, w * scale, h * scale, ...place);
        context.globalCompositeOperation = "source-over";
      });
    });
    const bounds = this.stood[view];
    return bounds && [canvas, bounds[0], bounds[1] + view * this.height, bounds[2], bounds[3], ...bounds];
  }

  #stand(out) {
    const [w, h] = [this.width / MASK_CELL, this.height / MASK_CELL];
    const cell = 10 * MASK_CELL;
    /** Bounds of what stands in each view: x, y, width, height; null for nothing. */
    this.stood = this.facts.views.map(({ boxes }, view) => {
      let [left, top, right, low] = [w, h, 0, 0];
      for (const [x0, y0, x1, y1] of boxes)
        for (let y = Math.max(0, Math.floor(y0 / cell)); y < Math.min(h, y1 / cell); y += 1)
          for (let x = Math.max(0, Math.floor(x0 / cell)); x < Math.min(w, x1 / cell); x += 1) {
            const i = (view * h + y) * w + x;
            if (this.drivable[i]) continue;
            out[i] = 0xff000000;
            left = Math.min(left, x);
            right = Math.max(right, x + 1);
            top = Math.min(top, y);
            low = Math.max(low, y + 1);
          }
      return right > left ? [left, top, right - left, low - top].map((v) => v * MASK_CELL) : null;
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
 * @param {boolean} deep Whether its depth is shown at once.
 * @returns {Promise<?Picture>} Null before the first tick of a drive.
 */
export async function decode(message, width, height, deep) {
  const { facts, blobs } = message;
  if (!facts.seen) return null;
  const image = (bytes) => (bytes.length ? createImageBitmap(new Blob([bytes], { type: "image/jpeg" })) : null);
  const drivable = unrun(blobs[9], (width / MASK_CELL) * (height / MASK_CELL), VIEWS);
  const [depth, heat, ...images] = await Promise.all([
    deep ? inflate(blobs[8]) : null, blobs[10].length ? inflate(blobs[10]) : null, ...blobs.slice(0, VIEWS).map(image)]);
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
