/** Land, parks, water and streets, drawn with the 2D canvas once a camera. */

import { alpha } from "../../theme.js";

const ARTERIAL = 2;

/** Where the ground is drawn: device pixels of place (0, 0), pixels a unit, and the canvas's size. */
/** @typedef {{unit: number, x: number, y: number, width: number, height: number}} Frame */

function trace(context, frame, points) {
  const { unit, x, y } = frame;
  points.forEach(([px, py], i) => {
    if (i) context.lineTo(px * unit + x, py * unit + y);
    else context.moveTo(px * unit + x, py * unit + y);
  });
  context.closePath();
}

function fillRings(context, frame, rings, colour) {
  if (!rings.length) return;
  context.fillStyle = colour;
  context.beginPath();
  for (const ring of rings) trace(context, frame, ring);
  context.fill();
}

/** One path of every street of a rank in the frame. */
function pathOf(context, city, frame, rank) {
  const { unit, x, y, width, height } = frame;
  context.beginPath();
  for (const { box, lines } of city.tiles) {
    const seen =
      box[2] * unit + x > 0 && box[3] * unit + y > 0 && box[0] * unit + x < width && box[1] * unit + y < height;
    if (!seen) continue;
    for (const line of lines[rank]) {
      context.moveTo(line[0] * unit + x, line[1] * unit + y);
      for (let i = 2; i < line.length; i += 2) context.lineTo(line[i] * unit + x, line[i + 1] * unit + y);
    }
  }
}

/**
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {import("./city.js").City} city
 * @param {import("./palette.js").Palette} palette
 * @param {import("./view.js").View} view
 * @param {Frame} frame
 */
export function paintGround(context, city, palette, view, frame) {
  const c = palette.city;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = c.land;
  context.fillRect(0, 0, frame.width, frame.height);
  fillRings(context, frame, city.land, c.block);
  fillRings(context, frame, city.parks, c.park);
  fillRings(context, frame, city.fields, c.field);
  fillRings(context, frame, city.river, c.water);
  fillRings(context, frame, city.water, c.water);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (let rank = 0; rank < palette.streets.length; rank++) {
    const width = view.street(rank);
    pathOf(context, city, frame, rank);
    const cased = rank >= ARTERIAL || !palette.dark;
    if (cased) {
      context.strokeStyle = rank ? c.casing : alpha(c.casing, view.faint ? 0.75 : 1);
      context.lineWidth = width + (rank >= ARTERIAL ? 2 : 1.1) * view.ratio;
      context.stroke();
    }
    context.strokeStyle = alpha(palette.streets[rank], rank === 0 && view.faint ? 0.8 : 1);
    context.lineWidth = width;
    context.stroke();
  }
  paintClosed(context, city, c.closed, view, frame);
}

/** Streets that are closed: crossed dashes on top of them. */
function paintClosed(context, city, colour, view, frame) {
  if (!city.closed.length) return;
  const { unit, x, y } = frame;
  context.strokeStyle = colour;
  context.lineWidth = Math.max(2.4 * view.ratio, view.street(ARTERIAL));
  context.lineCap = "butt";
  context.setLineDash([5 * view.ratio, 4 * view.ratio]);
  context.beginPath();
  for (const [x0, y0, x1, y1] of city.closed) {
    context.moveTo(x0 * unit + x, y0 * unit + y);
    context.lineTo(x1 * unit + x, y1 * unit + y);
  }
  context.stroke();
  context.setLineDash([]);
}
