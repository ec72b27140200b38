/** Desk cards beside the stations, and the room they need around the floor. */

import { blit } from "../../raster.js";

/** Cells a card takes outward from its desk. */
const DEPTH = 3;
const BREADTH = 3;

/**
 * Place each station's card beside its desk.
 * @param {object[]} stations Facts: name, x, y, side.
 * @returns {{station: object, index: number, x: number, y: number, width: number, height: number}[]}
 *     In cells.
 */
export function placeCards(stations) {
  return stations.map((station, index) => {
    const across = station.side === "left" || station.side === "right";
    const along = across ? "y" : "x";
    let breadth = BREADTH;
    for (const other of stations) {
      if (other === station || other.side !== station.side) continue;
      const distance = Math.abs(other[along] - station[along]);
      if (distance > 0) breadth = Math.min(breadth, Math.max(0.8, distance - 0.6));
    }
    const width = across ? DEPTH : breadth;
    const height = across ? breadth : DEPTH;
    const x = { left: station.x - DEPTH, right: station.x + 1 }[station.side] ?? station.x + 0.5 - width / 2;
    const y = { top: station.y - DEPTH, bottom: station.y + 1 }[station.side] ?? station.y + 0.5 - height / 2;
    return { station, index, x, y, width, height };
  }).filter((card) => card.station.side);
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
    blit(surface, sprites.card(card.station, queues[card.index] ?? 0, width, height), x0 + gap, y0 + gap);
  }
}
