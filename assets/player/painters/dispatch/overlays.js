/** Slow pictures of the streets: how fast they are now, and the minutes to a chosen point. */

import { alpha } from "../../theme.js";

/** Speed over free flow, percent, below which a street is coloured: [below, colour of the tokens]. */
export const SLOW = [
  [92, "surgeLow"],
  [75, "surge"],
  [55, "surgeHigh"],
];
/** Minutes of the rings, from the outermost. */
export const RINGS_MIN = [12, 9, 6, 3];
/** Streets of a ring are drawn this wide, m, so that those between them are covered too. */
const RING_M = 210;
const RING_LEAST_PX = 5;
/** Streets that are slower than this rank are not watched by anybody. */
const WATCHED_RANK = 1;

export class Overlays {
  constructor() {
    this.traffic = new Uint8Array(0);
    this.reach = new Uint8Array(0);
    /** The chosen point in units, or null. */
    this.point = null;
    this.version = 0;
  }

  /** A slow picture. @returns {boolean} Whether it is one of these. */
  setLayer(name, values) {
    if (name !== "traffic" && name !== "reach") return false;
    if (values.length === this[name].length && values.every((v, i) => v === this[name][i])) return true;
    this[name] = values.slice();
    this.version += 1;
    return true;
  }

  /**
   * What the world is asked for: the rings about a point, or none.
   * @param {?{x: number, y: number}} point Units.
   * @param {import("./city.js").City} city
   */
  ask(point, city) {
    const clamped = point && {
      x: Math.max(0, Math.min(city.width, point.x)),
      y: Math.max(0, Math.min(city.height, point.y)),
    };
    this.point = clamped;
    this.version += 1;
    // the last unit may reach a little beyond the city's metres
    const metres = (v) => Math.floor(Math.max(0, v - 1) * city.unitM);
    const place = clamped && { x: metres(clamped.x), y: metres(city.height - clamped.y) };
    return { do: "command", name: "reach", arguments: place ?? {} };
  }

  /** What to draw of them. */
  show(layers) {
    const { traffic, reach } = layers;
    return { key: `${this.version} ${traffic} ${reach}`, values: this, traffic, reach };
  }
}

/** One path of the segments that are meant. */
function pathOf(context, city, frame, meant) {
  const { arcXy: xy } = city;
  const { unit, x, y } = frame;
  context.beginPath();
  for (let s = 0; 4 * s < xy.length; s++) {
    if (!meant(s)) continue;
    context.moveTo(xy[4 * s] * unit + x, xy[4 * s + 1] * unit + y);
    context.lineTo(xy[4 * s + 2] * unit + x, xy[4 * s + 3] * unit + y);
  }
}

/**
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {import("./city.js").City} city
 * @param {import("./palette.js").Palette} palette
 * @param {import("./view.js").View} view
 * @param {import("./ground.js").Frame} frame
 * @param {ReturnType<Overlays["show"]>} shown
 */
export function paintOverlays(context, city, palette, view, frame, shown) {
  const { traffic, reach, point } = shown.values;
  const { arcRank } = city;
  context.lineCap = "round";
  if (shown.reach && reach.length === arcRank.length) {
    context.lineWidth = Math.max(RING_M * view.perMetre, RING_LEAST_PX) * view.ratio;
    context.strokeStyle = alpha(palette.tokens.primary, palette.dark ? 0.13 : 0.15);
    for (const minutes of RINGS_MIN) {
      pathOf(context, city, frame, (s) => reach[s] <= minutes);
      context.stroke();
    }
    if (point) paintPin(context, palette, view, point.x * frame.unit + frame.x, point.y * frame.unit + frame.y);
  }
  if (!shown.traffic || traffic.length !== arcRank.length) return;
  for (let k = 0; k < SLOW.length; k++) {
    const below = SLOW[k][0];
    const from = SLOW[k + 1]?.[0] ?? 0;
    context.strokeStyle = palette.city[SLOW[k][1]];
    for (let rank = WATCHED_RANK; rank < palette.streets.length; rank++) {
      pathOf(
        context,
        city,
        frame,
        (s) => Math.min(arcRank[s], palette.streets.length - 1) === rank && traffic[s] < below && traffic[s] >= from,
      );
      context.lineWidth = Math.max(1.2 * view.ratio, 0.8 * view.street(rank));
      context.stroke();
    }
  }
}

function paintPin(context, palette, view, x, y) {
  const radius = 6 * view.ratio;
  context.fillStyle = palette.tokens.primary;
  context.strokeStyle = palette.city.land;
  context.lineWidth = 2 * view.ratio;
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
  context.stroke();
  context.fillStyle = palette.city.land;
  context.beginPath();
  context.arc(x, y, radius / 3, 0, 7);
  context.fill();
}
