/** Desk cards beside the stations, and the room they need around the floor. */

import { blit, rasterise } from "../../raster.js";
import { mix } from "../../theme.js";
import { DESK, LANE } from "./ground.js";

/** Cells a card takes outward from its desk, and along the wall at most. */
const DEPTH = 3;
const BREADTH = 3.6;
const GAP = 0.2;

/**
 * Middle of the lanes that meet at a desk, along its wall: the card stands before all of them.
 * @param {object} station
 * @param {object} floor Columns, rows, kind.
 * @param {boolean} across Whether the wall runs from top to bottom.
 */
function middle(station, { columns, rows, kind }, across) {
  const used = (k) => k === DESK || k === LANE;
  const at = (i) =>
    across
      ? i < 0 || i >= rows
        ? 0
        : kind[i * columns + station.x]
      : i < 0 || i >= columns
        ? 0
        : kind[station.y * columns + i];
  const here = across ? station.y : station.x;
  let low = here;
  let high = here;
  while (here - low < 2 && used(at(low - 1))) low -= 1;
  while (high - here < 2 && used(at(high + 1))) high += 1;
  return (low + high + 1) / 2;
}

/**
 * Place each station's card beside its desk.
 * @param {object[]} stations Facts: name, x, y, side; one without a side has no card.
 * @param {object} floor Columns, rows, kind.
 * @returns {{station: object, index: number, x: number, y: number, width: number, height: number}[]}
 *     In cells.
 */
export function placeCards(stations, floor) {
  const placed = stations
    .map((station, index) => {
      const across = station.side === "left" || station.side === "right";
      return { station, index, across, middle: middle(station, floor, across) };
    })
    .filter(({ station }) => station.side);
  // all cards of a wall are as wide as its narrowest gap allows
  const breadths = new Map();
  for (const { station, middle: here } of placed) {
    let breadth = breadths.get(station.side) ?? BREADTH;
    for (const other of placed) {
      const distance = Math.abs(other.middle - here);
      if (other.station.side === station.side && distance > 0)
        breadth = Math.min(breadth, Math.max(0.8, distance - GAP));
    }
    breadths.set(station.side, breadth);
  }
  return placed.map((card) => {
    const { station, index, across } = card;
    const breadth = breadths.get(station.side);
    const outward = {
      left: station.x - DEPTH,
      right: station.x + 1,
      top: station.y - DEPTH,
      bottom: station.y + 1,
    }[station.side];
    const along = card.middle - breadth / 2;
    return across
      ? { station, index, x: outward, y: along, width: DEPTH, height: breadth }
      : { station, index, x: along, y: outward, width: breadth, height: DEPTH };
  });
}

/** Smallest rectangle around the used cells and the cards, in cells. */
export function boundsOf(columns, rows, kind, cards) {
  let x0 = columns;
  let y0 = rows;
  let x1 = 0;
  let y1 = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      if (!kind[r * columns + c]) continue;
      if (c < x0) x0 = c;
      if (c >= x1) x1 = c + 1;
      if (r < y0) y0 = r;
      if (r >= y1) y1 = r + 1;
    }
  }
  if (x1 === 0) return { x: 0, y: 0, width: columns, height: rows };
  for (const card of cards) {
    x0 = Math.min(x0, card.x);
    y0 = Math.min(y0, card.y);
    x1 = Math.max(x1, card.x + card.width);
    y1 = Math.max(y1, card.y + card.height);
  }
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

/**
 * Paint a desk card: name and queue, with a vermilion frame when its lane is full.
 * @param {object} station Its facts; a lane of one cell has no queue to be full.
 * @param {number} queue Robots queueing.
 * @param {number} width @param {number} height Device pixels.
 * @param {import("./palette.js").Palette} palette
 * @param {number} ratio Device pixels a CSS pixel.
 */
function paintCard(context, station, queue, width, height, palette, ratio) {
  const { tokens, floor } = palette;
  const places = station.lane?.length ?? 0;
  const full = places > 1 && queue >= places;
  const line = (full ? 2 : 1) * ratio;
  context.fillStyle = mix(floor.ground, tokens.primary, palette.dark ? 0.32 : 0.2);
  context.strokeStyle = full ? tokens.states.fault : tokens.primary;
  context.lineWidth = line;
  context.beginPath();
  const inset = line / 2 + 0.5;
  context.roundRect(inset, inset, width - 2 * inset, height - 2 * inset, Math.min(6 * ratio, height * 0.12));
  context.fill();
  context.stroke();
  if (width < 20 * ratio || height < 12 * ratio) return;
  const roomy = width > 84 * ratio && height > 60 * ratio;
  const two = height >= 18.5 * ratio;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = tokens.text;
  context.font = `600 ${(roomy ? 15 : height < 22 * ratio ? 11 : 11.5) * ratio}px ${palette.font}`;
  context.fillText(station.name, width / 2, height * (roomy ? 0.36 : two ? 0.29 : 0.53), width - 4 * ratio);
  if (roomy) {
    context.font = `${12 * ratio}px ${palette.font}`;
    context.fillText(`${queue} in queue`, width / 2, height * 0.36 + 22 * ratio, width - 8 * ratio);
  } else if (two) {
    if (full) context.fillStyle = floor.full;
    context.font = `${11 * ratio}px ${palette.font}`;
    context.fillText(String(queue), width / 2, height * 0.74);
  }
}

/** @param {Uint8Array} queues Robots queueing at each station. */
export function drawCards(surface, view, sprites, cards, queues) {
  const gap = Math.max(1, Math.round(view.ratio));
  for (const card of cards) {
    const x0 = Math.round(card.x * view.cell) + view.originX;
    const y0 = Math.round(card.y * view.cell) + view.originY;
    const x1 = Math.round((card.x + card.width) * view.cell) + view.originX;
    const y1 = Math.round((card.y + card.height) * view.cell) + view.originY;
    if (x1 < 0 || y1 < 0 || x0 > view.width || y0 > view.height) continue;
    const width = x1 - x0 - 2 * gap;
    const height = y1 - y0 - 2 * gap;
    if (width < 3 || height < 3) continue;
    const queue = queues[card.index] ?? 0;
    const { station } = card;
    const paint = (context) =>
      paintCard(context, station, queue, width, height, sprites.palette, sprites.ratio);
    const make = () => rasterise(width, height, paint, 0, 0);
    blit(surface, sprites.get(`card ${station.name} ${queue} ${width} ${height}`, make), x0 + gap, y0 + gap);
  }
}
