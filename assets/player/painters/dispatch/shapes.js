/** Cars and riders drawn with the 2D canvas, for sprites, legend icons and the selected ones. */

import { alpha } from "../../theme.js";
import { AGE_S, ASSIGNED, FULL_S, IDLE, MOVING, POOLED, RIDING, WAITING } from "./palette.js";

const CHEVRON = [1.2, 0, -0.9, -0.95, -0.4, 0, -0.9, 0.95];
const IDLE_CAR = [1, -0.12, 0.7, -0.6, -0.9, -0.6, -0.9, 0.6, 0.7, 0.6, 1, 0.12];
const CAR = [1.35, 0, 0.5, -0.72, -1.1, -0.72, -1.1, 0.72, 0.5, 0.72];

/**
 * A car: filled when committed, hollow when free, a bright seat for each rider aboard, a chevron
 * when it repositions.
 * @param {CanvasRenderingContext2D} context
 * @param {import("./palette.js").Palette} palette
 * @param {number} kind IDLE, PICKUP, RIDING, MOVING or POOLED.
 * @param {number} x @param {number} y Middle.
 * @param {number} a Half its length.
 * @param {number} turn Radians, counter-clockwise from east on the screen.
 */
export function car(context, palette, kind, x, y, a, turn) {
  const colour = palette.kinds[kind];
  const hollow = kind === IDLE || kind === MOVING;
  const outline = kind === MOVING ? CHEVRON : kind === IDLE ? IDLE_CAR : CAR;
  context.save();
  context.translate(x, y);
  context.rotate(-turn);
  context.beginPath();
  for (let i = 0; i < outline.length; i += 2) context.lineTo(outline[i] * a, outline[i + 1] * a);
  context.closePath();
  context.lineJoin = "round";
  if (hollow) {
    context.fillStyle = palette.city.land;
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1, 0.3 * a);
    context.fill();
    context.stroke();
  } else {
    // a rim of ground keeps cars apart that drive close together
    context.strokeStyle = palette.city.land;
    context.lineWidth = Math.max(0.8, 0.22 * a);
    context.fillStyle = colour;
    context.stroke();
    context.fill();
  }
  if (kind === RIDING || kind === POOLED) {
    context.fillStyle = palette.city.seat;
    for (const at of kind === POOLED ? [0.22, -0.62] : [-0.2]) {
      context.beginPath();
      context.arc(at * a, 0, 0.34 * a, 0, 7);
      context.fill();
    }
  }
  context.restore();
}

/**
 * A rider: a person in a ring that fills with the waiting time; hollow once a car is on its way.
 * @param {number} kind WAITING or ASSIGNED.
 * @param {number} age In units of 15 s.
 * @param {number} r Radius of the ring.
 */
export function rider(context, palette, kind, age, x, y, r) {
  const { city, tokens } = palette;
  const seconds = age * AGE_S;
  context.fillStyle = alpha(city.land, 0.88);
  context.beginPath();
  context.arc(x, y, 1.23 * r, 0, 7);
  context.fill();
  context.lineWidth = 0.22 * r;
  context.strokeStyle = alpha(tokens.muted, 0.45);
  context.beginPath();
  context.arc(x, y, r, 0, 7);
  context.stroke();
  const full = Math.min(1, seconds / FULL_S);
  if (full > 0) {
    context.lineWidth = 0.38 * r;
    context.strokeStyle = palette.age(seconds);
    context.beginPath();
    context.arc(x, y, r, -Math.PI / 2, (2 * full - 0.5) * Math.PI);
    context.stroke();
  }
  const person = kind === WAITING ? city.rider : city.assigned;
  context.fillStyle = person;
  context.strokeStyle = person;
  context.lineWidth = 0.17 * r;
  for (const shape of [
    () => context.arc(x, y - 0.24 * r, 0.26 * r, 0, 7),
    () => context.arc(x, y + 0.58 * r, 0.46 * r, Math.PI, 0),
  ]) {
    context.beginPath();
    shape();
    if (kind === ASSIGNED) {
      context.closePath();
      context.stroke();
    } else context.fill();
  }
}

/** Letter of a candidate on a disc. */
export function badge(context, palette, letter, x, y, chosen) {
  const { tokens, floor, city } = palette;
  context.fillStyle = chosen ? tokens.primary : floor.plate;
  context.strokeStyle = city.land;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y, 8, 0, 7);
  context.fill();
  context.stroke();
  context.fillStyle = chosen ? tokens.onPrimary : floor.plateText;
  context.font = `700 11px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter, x, y + 0.5);
}
