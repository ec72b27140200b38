/** What does not move: streets as polylines by rank, land, water, names. North is up: y is turned over here. */

const RANKS = 4;
/** Streets are kept in square tiles of this many units, so that a close view draws few of them. */
const TILE = 2048;

/**
 * Join segments that share ends into polylines: their joints are round and a path has few starts.
 * @param {Int16Array} xy [4E] Ends of the segments.
 * @param {number[]} members Segments to join.
 * @returns {number[][]} Each [x0, y0, x1, y1, …].
 */
export function chain(xy, members) {
  const at = new Map();
  const key = (x, y) => (x + 32768) * 65536 + y + 32768;
  const ends = (s) => [key(xy[4 * s], xy[4 * s + 1]), key(xy[4 * s + 2], xy[4 * s + 3])];
  for (const s of members)
    for (const k of ends(s)) {
      if (!at.has(k)) at.set(k, []);
      at.get(k).push(s);
    }
  const used = new Set();
  const walk = (line, from) => {
    for (let here = from; ;) {
      const s = at.get(here).find((candidate) => !used.has(candidate));
      if (s === undefined) return line;
      used.add(s);
      const [a, b] = ends(s);
      const far = a === here ? 2 : 0;
      line.push(xy[4 * s + far], xy[4 * s + far + 1]);
      here = a === here ? b : a;
    }
  };
  const out = [];
  for (const s of members) {
    if (used.has(s)) continue;
    // begun at the segment's first end; what lies the other way becomes a line of its own
    out.push(walk([xy[4 * s], xy[4 * s + 1]], ends(s)[0]));
  }
  return out;
}

export class City {
  /** @param {object} facts Facts of the scene. */
  constructor(facts) {
    this.width = facts.width;
    this.height = facts.height;
    this.unitM = facts.unit_m ?? 1;
    const up = (ring) => ring.map(([x, y]) => [x, this.height - y]);
    const polygons = facts.polygons ?? {};
    this.land = (polygons.land ?? []).map(up);
    this.parks = (polygons.park ?? []).map(up);
    this.river = (polygons.river ?? []).map(up);
    this.water = (polygons.water ?? []).map(up);
    this.fields = [...(polygons.airfield ?? []), ...(polygons.stadium ?? [])].map(up);
    const named = (list) => list.map((p) => ({ ...p, y: this.height - p.y }));
    this.districts = named(facts.districts ?? []);
    this.places = named(facts.places ?? []);
    this.waters = (facts.waters ?? []).map(({ name, spots }) => ({ name, spots: up(spots) }));
    this.arcXy = new Int16Array(0);
    this.arcRank = new Uint8Array(0);
    this.arcClosed = null;
    this.tiles = [];
    this.closed = [];
    this.hexX = new Int16Array(0);
    this.hexY = new Int16Array(0);
    this.hexRing = new Int16Array(0);
  }

  /** Cells of the surge layer. */
  get cells() {
    return this.hexX.length;
  }

  /** A static array of the scene. @returns {boolean} Whether the picture of the ground changes. */
  setArray(name, values) {
    const turned = (every) => values.map((v, i) => (i % every ? this.height - v : v));
    if (name === "arc_xy") this.arcXy = turned(2);
    else if (name === "arc_rank") this.arcRank = values;
    else if (name === "arc_closed") this.arcClosed = values;
    else if (name === "hex_x") this.hexX = values;
    else if (name === "hex_y") this.hexY = values.map((v) => this.height - v);
    else if (name === "hex_ring") this.hexRing = turned(2);
    else return false;
    if (name.startsWith("hex")) return false;
    if (this.arcXy.length === 4 * this.arcRank.length) this.#layOut();
    return true;
  }

  /** Sort the streets into tiles, each with its polylines by rank. */
  #layOut() {
    const { arcXy: xy, arcRank, arcClosed } = this;
    const tiles = new Map();
    this.closed = [];
    for (let s = 0; s < arcRank.length; s++) {
      if (arcClosed?.[s]) this.closed.push([xy[4 * s], xy[4 * s + 1], xy[4 * s + 2], xy[4 * s + 3]]);
      const column = Math.floor((xy[4 * s] + xy[4 * s + 2]) / 2 / TILE);
      const row = Math.floor((xy[4 * s + 1] + xy[4 * s + 3]) / 2 / TILE);
      const k = row * 1000 + column;
      if (!tiles.has(k)) tiles.set(k, { box: [1e9, 1e9, -1e9, -1e9], members: [[], [], [], []] });
      const { box, members } = tiles.get(k);
      members[Math.min(RANKS - 1, arcRank[s])].push(s);
      for (const end of [0, 2]) {
        box[0] = Math.min(box[0], xy[4 * s + end]);
        box[1] = Math.min(box[1], xy[4 * s + end + 1]);
        box[2] = Math.max(box[2], xy[4 * s + end]);
        box[3] = Math.max(box[3], xy[4 * s + end + 1]);
      }
    }
    this.tiles = [...tiles.values()].map(({ box, members }) => ({
      box,
      lines: members.map((list) => chain(xy, list)),
    }));
  }
}
