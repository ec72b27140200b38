/** Labels on the canvas: one callout joined to its subject, and the id of what is hovered. */

import { clamp } from "./dom.js";

const HEIGHT = 24;
const widths = new Map();

function widthOf(context, text) {
  const key = context.font + text;
  if (!widths.has(key)) {
    if (widths.size > 500) widths.clear();
    widths.set(key, context.measureText(text).width);
  }
  return widths.get(key);
}

/** How many of the cells ahead a rectangle covers. */
function covered(points, left, top, width, height) {
  let count = 0;
  for (const { x, y } of points)
    if (x > left - 6 && x < left + width + 6 && y > top - 6 && y < top + height + 6) count += 1;
  return count;
}

/**
 * Text on a plate with a leader: above right of its subject, else where it covers neither the
 * subject's next places nor the canvas's edge.
 * @param {CanvasRenderingContext2D} context In CSS pixels.
 * @param {{x: number, y: number, radius: number, ahead: {x: number, y: number}[]}} subject CSS pixels.
 * @param {string} text
 * @param {{width: number, height: number}} room
 * @param {{tokens: object, font: string}} theme
 */
export function drawCallout(context, subject, text, room, theme) {
  const { floor } = theme.tokens;
  context.font = `600 12.5px ${theme.font}`;
  const width = widthOf(context, text) + 18;
  let best = null;
  for (const [sx, sy] of [
    [1, -1],
    [1, 1],
    [-1, -1],
    [-1, 1],
  ]) {
    const left = clamp(
      sx > 0 ? subject.x + subject.radius + 4 : subject.x - subject.radius - 4 - width,
      4,
      Math.max(4, room.width - width - 4),
    );
    const top = subject.y + sy * (subject.radius + 20) - HEIGHT / 2;
    const outside = top < 4 || top + HEIGHT > room.height - 4 ? 100 : 0;
    const onSubject = subject.x + subject.radius > left && subject.x - subject.radius < left + width ? 1 : 0;
    const cost =
      outside + 10 * covered(subject.ahead, left, top, width, HEIGHT) + onSubject + (best ? 0.1 : 0);
    if (!best || cost < best.cost) best = { left, top, sx, sy, cost };
  }
  const { left, top, sx, sy } = best;
  const edge = 0.71 * subject.radius;
  context.strokeStyle = floor.select;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(subject.x + sx * edge, subject.y + sy * edge);
  context.lineTo(clamp(subject.x + sx * (subject.radius + 6), left + 6, left + width - 6), top + HEIGHT / 2);
  context.stroke();
  context.fillStyle = floor.plate;
  context.beginPath();
  context.roundRect(left, top, width, HEIGHT, 6);
  context.fill();
  context.fillStyle = floor.plateText;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, left + 9, top + HEIGHT / 2 + 0.5);
}

/** Small plate with the id of the hovered agent, below it. */
export function drawTag(context, x, y, text, room, theme) {
  const { tokens } = theme;
  context.font = `600 12px ${theme.font}`;
  const width = widthOf(context, text) + 12;
  const left = clamp(x - width / 2, 2, room.width - width - 2);
  const top = y + 20 > room.height ? y - 40 : y;
  context.fillStyle = tokens.raise;
  context.strokeStyle = tokens.border;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left, top, width, 20, 5);
  context.fill();
  context.stroke();
  context.fillStyle = tokens.text;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, left + 6, top + 10.5);
}
