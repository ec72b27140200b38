/**
 * The wire format of engine/live/codec.py: messages in, pictures out.
 *
 * A message is opened (inflated) when it arrives and decoded frame by frame when the play head
 * needs it, so no chunk, however long, holds the main thread.
 */

export const KEY = 1;
export const MOVES = 2;
export const DELTA = 3;
export const LAYER = 4;
export const SNAPSHOT = 5;
const LOOK_BACK = 0x10;
const VERSION = 1;
const HEAD_BYTES = 12;
const STEP_X = new Int8Array([0, 1, 0, -1, 0]);
const STEP_Y = new Int8Array([0, 0, 1, 0, -1]);
/** (a + b) mod 5 for a, b < 16: the prediction undone without a division. */
const SUM_MOD_5 = new Uint8Array(256).map((_, i) => ((i >> 4) + (i & 15)) % 5);

/**
 * @typedef {object} Message
 * @property {number} type KEY, MOVES, DELTA, LAYER or SNAPSHOT.
 * @property {boolean} back Answers a look back.
 * @property {number} epoch
 * @property {number} step
 * @property {number} count Agents, values of a layer, or blobs of a snapshot.
 * @property {number} frames Frames in a chunk, else 0.
 * @property {number} stride Steps between two frames, else 0.
 * @property {string} name Name of a layer, else "".
 * @property {Uint8Array} body Inflated body.
 * @property {?(Uint8Array|Int16Array|Float32Array)} values Of a layer.
 * @property {?object} facts Of a snapshot.
 * @property {?Uint8Array[]} blobs Of a snapshot.
 */

/** @param {Uint8Array} bytes zlib stream. */
async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Open one binary message.
 * @param {ArrayBuffer} buffer
 * @returns {Promise<Message>}
 * @throws {Error} If the version or the type is unknown, or the body is cut.
 */
export async function openMessage(buffer) {
  const view = new DataView(buffer);
  const first = view.getUint8(0);
  const version = view.getUint8(1);
  if (version !== VERSION)
    throw new Error(`The server speaks wire version ${version}, this player ${VERSION}: reload the page.`);
  const message = {
    type: first & ~LOOK_BACK,
    back: (first & LOOK_BACK) !== 0,
    epoch: view.getUint16(2, true),
    step: view.getUint32(4, true),
    count: view.getUint32(8, true),
    frames: 0,
    stride: 0,
    name: "",
    body: null,
    values: null,
    facts: null,
    blobs: null,
  };
  if (message.type === SNAPSHOT) return openSnapshot(message, view);
  let start = HEAD_BYTES;
  let dtype = 0;
  if (message.type === MOVES || message.type === DELTA) {
    message.frames = view.getUint16(12, true);
    message.stride = view.getUint16(14, true);
    start += 4;
  } else if (message.type === LAYER) {
    dtype = view.getUint8(12);
    const length = view.getUint8(13);
    message.name = new TextDecoder("ascii").decode(new Uint8Array(buffer, 16, length));
    start += 4 + length;
  } else if (message.type !== KEY) throw new Error(`Unknown message type ${message.type}: reload the page.`);
  message.body = await inflate(new Uint8Array(buffer, start));
  if (message.type === LAYER) {
    const kinds = [Uint8Array, Int16Array, Float32Array];
    message.values = new kinds[dtype](message.body.buffer, 0, message.count);
  }
  return message;
}

/** Facts and blobs of a snapshot; the blobs are views into the message. */
async function openSnapshot(message, view) {
  const length = view.getUint32(HEAD_BYTES, true);
  let start = HEAD_BYTES + 4 * (message.count + 1);
  const text = await inflate(new Uint8Array(view.buffer, start, length));
  message.facts = JSON.parse(new TextDecoder().decode(text));
  start += length;
  message.blobs = Array.from({ length: message.count }, (_, i) => {
    const size = view.getUint32(HEAD_BYTES + 4 * (i + 1), true);
    const blob = new Uint8Array(view.buffer, start, size);
    start += size;
    return blob;
  });
  return message;
}

/** Every agent at one step, decoded in place. */
export class Picture {
  /** @param {number} agents */
  constructor(agents = 0) {
    this.agents = agents;
    this.step = 0;
    this.epoch = 0;
    this.x = new Int16Array(agents);
    this.y = new Int16Array(agents);
    this.state = new Uint8Array(agents);
    this.move = new Uint8Array(agents);
    /** Last direction each agent moved in: 1 east, 2 south, 3 west, 4 north. */
    this.heading = new Uint8Array(agents).fill(1);
    this.deltaX = new Int16Array(agents);
    this.deltaY = new Int16Array(agents);
  }

  /** Take another picture's values; both have the same number of agents. */
  copy(other) {
    this.step = other.step;
    this.epoch = other.epoch;
    this.x.set(other.x);
    this.y.set(other.y);
    this.state.set(other.state);
    this.move.set(other.move);
    this.heading.set(other.heading);
  }

  /**
   * Take a KEY message.
   * @param {Message} message With `count` = `agents`.
   */
  load(message) {
    const n = this.agents;
    const planes = new Int16Array(message.body.buffer, 0, 2 * n);
    this.x.set(planes.subarray(0, n));
    this.y.set(planes.subarray(n));
    this.state.set(message.body.subarray(4 * n, 5 * n));
    this.move.set(message.body.subarray(5 * n, 6 * n));
    for (let i = 0; i < n; i++) if (this.move[i]) this.heading[i] = this.move[i];
    this.step = message.step;
    this.epoch = message.epoch;
  }

  /**
   * Move on to frame `index` of a chunk; frames are taken in order.
   * @param {Message} message MOVES or DELTA.
   * @param {number} index
   */
  advance(message, index) {
    if (message.type === MOVES) this.#moves(message, index);
    else this.#delta(message, index);
    const n = this.agents;
    const at = message.body.length - (message.frames - index) * n;
    const { state } = this;
    const { body } = message;
    for (let i = 0; i < n; i++) state[i] ^= body[at + i];
    this.step = message.step + index * message.stride;
    this.epoch = message.epoch;
  }

  #moves({ body }, index) {
    const { agents: n, x, y, move, heading } = this;
    const row = index * ((n + 1) >> 1);
    for (let i = 0; i < n; i++) {
      const pair = body[row + (i >> 1)];
      const code = i & 1 ? pair >> 4 : pair & 15;
      const direction = SUM_MOD_5[(code << 4) | move[i]];
      move[i] = direction;
      if (direction) {
        x[i] += STEP_X[direction];
        y[i] += STEP_Y[direction];
        heading[i] = direction;
      }
    }
  }

  #delta({ body }, index) {
    const { agents: n, x, y, move, heading, deltaX, deltaY } = this;
    if (index === 0) {
      deltaX.fill(0);
      deltaY.fill(0);
    }
    const planes = new Int16Array(body.buffer, index * 4 * n, 2 * n);
    for (let i = 0; i < n; i++) {
      const dx = (deltaX[i] += planes[i]);
      const dy = (deltaY[i] += planes[n + i]);
      x[i] += dx;
      y[i] += dy;
      if (dx || dy) heading[i] = Math.abs(dx) >= Math.abs(dy) ? (dx > 0 ? 1 : 3) : dy > 0 ? 2 : 4;
    }
    move.fill(0);
  }
}
