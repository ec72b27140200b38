/** Shapes of the floor drawn with the 2D canvas, for sprites and legend icons. */

import { mix } from "../../theme.js";
import { CHARGING, FAULT, IDLE, WAITING } from "./palette.js";

/** A bolt around (x, y), `a` half its height. */
export function bolt(context, x, y, a) {
  context.beginPath();
  context.moveTo(x + a * 0.3, y - a);
  context.lineTo(x - a * 0.6, y + a * 0.2);
  context.lineTo(x, y + a * 0.2);
  context.lineTo(x - a * 0.3, y + a);
  context.lineTo(x + a * 0.6, y - a * 0.2);
  context.lineTo(x, y - a * 0.2);
  context.closePath();
  context.fill();
}

/** The robot seen from afar: shape says load, fill says moving or waiting, colour repeats the state.
 * @param {CanvasRenderingContext2D} context
 * @param {import("./palette.js").Palette} palette
 * @param {number} state
 * @param {boolean} carries
 * @param {number} x @param {number} y Centre.
 * @param {number} a Half its size.
 * @param {number} turns Quarter turns clockwise from east.
 */
export function glyph(context, palette, state, carries, x, y, a, turns = 0) {
  const colour = palette.states[state];
  const ground = palette.floor.ground;
  context.save();
  context.translate(x, y);
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1.2, a * 0.3);
  if (state === FAULT) {
    context.lineWidth = Math.max(1.5, a * 0.55);
    context.beginPath();
    context.moveTo(-a, -a);
    context.lineTo(a, a);
    context.moveTo(a, -a);
    context.lineTo(-a, a);
    context.stroke();
  } else if (state === CHARGING) bolt(context, 0, 0, a * 1.15);
  else if (state === IDLE && !carries) {
    context.beginPath();
    context.arc(0, 0, a * 0.52, 0, 7);
    context.fill();
  } else if (carries) {
    context.rotate((turns * Math.PI) / 2);
    const hollow = state === WAITING;
    const b = hollow ? a * 0.88 : a;
    context.beginPath();
    context.roundRect(-b, -b, 2 * b, 2 * b, a * 0.25);
    if (hollow) {
      context.fillStyle = mix(ground, colour, 0.15);
      context.fill();
      context.stroke();
    } else {
      context.fill();
      context.fillStyle = ground;
      context.beginPath();
      context.moveTo(a * 0.8, 0);
      context.lineTo(a * 0.05, -a * 0.55);
      context.lineTo(a * 0.05, a * 0.55);
      context.fill();
    }
  } else {
    context.rotate((turns * Math.PI) / 2);
    context.beginPath();
    context.moveTo(a * 1.15, 0);
    context.lineTo(-a * 0.9, -a * 0.95);
    context.lineTo(-a * 0.45, 0);
    context.lineTo(-a * 0.9, a * 0.95);
    context.closePath();
    if (state === WAITING) {
      context.fillStyle = ground;
      context.fill();
      context.stroke();
    } else context.fill();
  }
  context.restore();
}

/** The robot from near: wheels, body, a bar and a nose at its front. Its load comes on top. */
export function body(context, palette, state, x, y, cell, turns) {
  const colour = palette.states[state];
  const a = cell * 0.36;
  context.save();
  context.translate(x, y);
  context.rotate((turns * Math.PI) / 2);
  context.fillStyle = palette.floor.wheel;
  for (const side of [-1, 1]) {
    context.beginPath();
    context.roundRect(-a * 0.45, side * a * 0.98 - a * 0.14, a * 0.9, a * 0.28, 2);
    context.fill();
  }
  context.fillStyle = palette.floor.chassis;
  context.strokeStyle = colour;
  context.lineWidth = cell * 0.054;
  context.beginPath();
  context.roundRect(-a, -a * 0.92, 2 * a, 1.84 * a, a * 0.34);
  context.fill();
  context.stroke();
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(a * 0.6, -a * 0.55, a * 0.2, 1.1 * a, 2);
  context.fill();
  context.beginPath();
  context.moveTo(a * 1.42, 0);
  context.lineTo(a * 1.1, -a * 0.26);
  context.lineTo(a * 1.1, a * 0.26);
  context.fill();
  context.restore();
  if (state === FAULT) {
    context.strokeStyle = colour;
    context.lineWidth = cell * 0.075;
    context.beginPath();
    context.moveTo(x - a * 0.42, y - a * 0.42);
    context.lineTo(x + a * 0.42, y + a * 0.42);
    context.moveTo(x + a * 0.42, y - a * 0.42);
    context.lineTo(x - a * 0.42, y + a * 0.42);
    context.stroke();
  }
}

/**
 * A pod from near: a shelf of 3 x 3 bins, filled from below as far as its demand says.
 * @param {number} size Its side.
 * @param {number} due Pale bins, 0..9.
 * @param {string} rim Colour of its rim.
 */
export function shelf(context, palette, x, y, size, due, rim) {
  const { floor } = palette;
  const demand = due / 9;
  const gap = Math.max(1, size * 0.05);
  context.fillStyle = mix(floor.store, palette.podColour(demand), 0.5);
  context.strokeStyle = rim;
  context.lineWidth = Math.max(1, size * 0.045);
  context.beginPath();
  context.roundRect(x, y, size, size, size * 0.08);
  context.fill();
  context.stroke();
  const inner = size - 3 * gap;
  const bin = (inner - 2 * gap) / 3;
  for (let i = 0; i < 9; i++) {
    context.fillStyle =
      (2 - Math.floor(i / 3)) * 3 + (i % 3) < due
        ? floor.podHot
        : mix(floor.podCold, floor.ground, palette.dark ? 0.45 : 0.25);
    context.fillRect(
      x + 1.5 * gap + (i % 3) * (bin + gap),
      y + 1.5 * gap + Math.floor(i / 3) * (bin + gap),
      bin,
      bin,
    );
  }
}

/** Text on a rounded plate, for ids: centred at (x, y). */
export function plate(context, palette, text, x, y, width, height, size) {
  context.fillStyle = palette.floor.ground;
  context.globalAlpha = 0.84;
  context.beginPath();
  context.roundRect(x - width / 2, y - height / 2, width, height, 0.25 * height);
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = palette.tokens.text;
  context.font = `600 ${size}px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.5);
}
