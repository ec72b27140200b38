/** Surge and demand by cell: hexagons below the cars, multipliers on plates above them. */

import { rasterise } from "../../raster.js";
import { alpha } from "../../theme.js";
import { SURGE_FROM, SURGE_LABEL_FROM } from "./palette.js";

const CORNERS = 6;
/** Cells narrower than this many CSS pixels have no label. */
const LABEL_ROOM_PX = 22;

export class Cells {
  constructor() {
    this.surge = new Float32Array(0);
    this.demand = new Float32Array(0);
    this.version = 0;
    this.most = 1;
  }

  /** A slow picture. @returns {boolean} Whether it is one of these. */
  setLayer(name, values) {
    if (name !== "surge" && name !== "demand") return false;
    // to what can be seen: a cell that changes by less is not drawn anew
    const steps = name === "surge" ? 20 : 4;
    const seen = values.map((v) => Math.round(v * steps) / steps);
    if (seen.length === this[name].length && seen.every((v, i) => v === this[name][i])) return true;
    this[name] = seen;
    if (name === "demand") this.most = seen.reduce((a, b) => Math.max(a, b), 1);
    this.version += 1;
    return true;
  }

  /** What to draw of the cells. */
  show(layers) {
    const { surge, demand } = layers;
    return { key: `${this.version} ${surge} ${demand}`, values: this, surge, demand };
  }
}

function trace(context, ring, i, { unit, x, y }) {
  const first = 2 * CORNERS * i;
  for (let k = first; k < first + 2 * CORNERS; k += 2) {
    if (k === first) context.moveTo(ring[k] * unit + x, ring[k + 1] * unit + y);
    else context.lineTo(ring[k] * unit + x, ring[k + 1] * unit + y);
  }
  context.closePath();
}

/**
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {import("./ground.js").Frame} frame
 * @param {ReturnType<Cells["show"]>} cells
 */
export function paintCells(context, city, palette, view, frame, cells) {
  const { surge, demand, most } = cells.values;
  context.lineWidth = view.ratio;
  if (cells.demand && demand.length === city.cells) {
    for (let i = 0; i < city.cells; i++) {
      if (demand[i] <= 0) continue;
      context.fillStyle = alpha(palette.city.demand, 0.05 + 0.4 * Math.sqrt(demand[i] / most));
      context.beginPath();
      trace(context, city.hexRing, i, frame);
      context.fill();
    }
  }
  if (!cells.surge || surge.length !== city.cells) return;
  for (let i = 0; i < city.cells; i++) {
    if (surge[i] < SURGE_FROM) continue;
    context.fillStyle = alpha(palette.surge(surge[i]), palette.surgeOpacity(surge[i]));
    context.strokeStyle = alpha(palette.surge(Math.max(surge[i], 1.3)), palette.dark ? 0.55 : 0.8);
    context.beginPath();
    trace(context, city.hexRing, i, frame);
    context.fill();
    context.stroke();
  }
}

/** Middles of the cells whose multiplier is said, the highest first: {x, y, text}. */
export function labelledCells(city, cells, view) {
  if (cells.surge.length !== city.cells || !city.cells) return [];
  const ring = city.hexRing;
  // from the first corner to the one opposite
  const across = Math.hypot(ring[0] - ring[CORNERS], ring[1] - ring[CORNERS + 1]);
  if (across * view.unit < LABEL_ROOM_PX * view.ratio) return [];
  return [...cells.surge.keys()]
    .filter((i) => cells.surge[i] >= SURGE_LABEL_FROM)
    .sort((a, b) => cells.surge[b] - cells.surge[a] || a - b)
    .map((i) => ({ x: city.hexX[i], y: city.hexY[i], text: `${cells.surge[i].toFixed(1)}×` }));
}

/** Plate with a multiplier. */
export function surgePlate(palette, text, ratio) {
  const height = Math.round(16 * ratio);
  const width = Math.round((text.length * 6.2 + 9) * ratio);
  return rasterise(width, height, (context) => {
    context.fillStyle = alpha(palette.city.surgePlate, 0.86);
    context.beginPath();
    context.roundRect(0, 0, width, height, 4 * ratio);
    context.fill();
    context.fillStyle = palette.city.surgeText;
    context.font = `700 ${12 * ratio}px ${palette.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, width / 2, height / 2 + 0.5);
  });
}
