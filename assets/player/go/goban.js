/** The board itself: wood, lines, coordinates and stones, drawn once and kept until they change. */

import { alpha } from "../theme.js";
import { letter } from "./names.js";

/** Below this many pixels a board has no coordinates. */
const COORDINATES_FROM_PX = 240;

/** Where the points of a board lie, in CSS pixels. */
export class Geometry {
  /** @param {number} size Rows and columns. @param {number} side Pixels of the square. */
  constructor(size, side) {
    this.size = size;
    this.side = side;
    this.named = side >= COORDINATES_FROM_PX;
    this.pad = this.named ? Math.max(18, side * 0.046) : side * 0.02;
    this.cell = (side - 2 * this.pad) / size;
    this.radius = this.cell * 0.475;
  }

  x(point) {
    return this.pad + ((point % this.size) + 0.5) * this.cell;
  }

  y(point) {
    return this.pad + (Math.floor(point / this.size) + 0.5) * this.cell;
  }

  /** Point under a place, or −1. */
  at(x, y) {
    const column = Math.floor((x - this.pad) / this.cell);
    const row = Math.floor((y - this.pad) / this.cell);
    const on = column >= 0 && column < this.size && row >= 0 && row < this.size;
    return on ? row * this.size + column : -1;
  }
}

/** Star points of a board. @param {number} size */
export function stars(size) {
  if (size < 7) return size % 2 ? [((size * size) - 1) / 2] : [];
  const edge = size < 13 ? 2 : 3;
  const lines = [edge, size - 1 - edge];
  const middle = size % 2 ? (size - 1) / 2 : -1;
  const out = lines.flatMap((r) => lines.map((c) => r * size + c));
  if (middle > 0) out.push(middle * size + middle);
  if (middle > 0 && size >= 13)
    for (const line of lines) out.push(line * size + middle, middle * size + line);
  return out;
}

/** Wood, grid, star points and coordinates. */
export function drawWood(g, geometry, theme) {
  const { size, side, cell, pad } = geometry;
  const c = theme.tokens.go;
  const wood = g.createLinearGradient(0, 0, side, side);
  wood.addColorStop(0, c.woodLight);
  wood.addColorStop(1, c.woodDeep);
  g.fillStyle = wood;
  g.beginPath();
  g.roundRect(0, 0, side, side, Math.min(8, side * 0.02));
  g.fill();
  const first = pad + cell / 2;
  const last = pad + (size - 0.5) * cell;
  g.strokeStyle = alpha(c.line, 0.75);
  g.lineWidth = Math.max(0.7, cell * 0.02);
  g.beginPath();
  for (let i = 0; i < size; i += 1) {
    const at = first + i * cell;
    g.moveTo(at, first);
    g.lineTo(at, last);
    g.moveTo(first, at);
    g.lineTo(last, at);
  }
  g.stroke();
  g.lineWidth = Math.max(1, cell * 0.035);
  g.strokeStyle = c.line;
  g.strokeRect(first, first, last - first, last - first);
  g.fillStyle = c.line;
  for (const p of stars(size)) {
    g.beginPath();
    g.arc(geometry.x(p), geometry.y(p), Math.max(1.6, cell * 0.06), 0, 7);
    g.fill();
  }
  if (!geometry.named) return;
  g.fillStyle = c.coord;
  g.font = `600 ${Math.max(10, Math.min(12, cell * 0.24))}px ${theme.font}`;
  g.textAlign = "center";
  g.textBaseline = "middle";
  for (let i = 0; i < size; i += 1) {
    g.fillText(letter(i), first + i * cell, side - pad * 0.52);
    g.fillText(String(size - i), pad * 0.52, first + i * cell);
  }
}

/** One stone. @param {number} colour 1 black, −1 white */
export function drawStone(g, x, y, colour, radius, opacity = 1) {
  const shine = g.createRadialGradient(
    x - radius * 0.36, y - radius * 0.42, radius * 0.08, x, y, radius * 1.04);
  const stops = colour > 0
    ? [[0, "#5B626B"], [0.35, "#2A2F36"], [1, "#0C0F13"]]
    : [[0, "#FFFFFF"], [0.6, "#F2F1EC"], [1, "#C9C6BC"]];
  for (const [at, shade] of stops) shine.addColorStop(at, shade);
  g.globalAlpha = opacity;
  g.fillStyle = shine;
  g.beginPath();
  g.arc(x, y, radius, 0, 7);
  g.fill();
  g.lineWidth = 0.8;
  g.strokeStyle = colour > 0 ? "rgba(0,0,0,.6)" : "rgba(90,80,60,.5)";
  g.stroke();
  g.globalAlpha = 1;
}

/** Every stone with its shadow. @param {Int8Array} stones */
export function drawStones(g, geometry, stones) {
  const { cell, radius } = geometry;
  g.fillStyle = "rgba(30,18,4,.34)";
  stones.forEach((colour, p) => {
    if (!colour) return;
    g.beginPath();
    g.arc(geometry.x(p) + cell * 0.035, geometry.y(p) + cell * 0.06, radius, 0, 7);
    g.fill();
  });
  stones.forEach((colour, p) => {
    if (colour) drawStone(g, geometry.x(p), geometry.y(p), colour, radius);
  });
}

/** Stones of a position as text: X black, O white, . empty. */
export function readStones(text) {
  const out = new Int8Array(text.length);
  for (let i = 0; i < text.length; i += 1) out[i] = text[i] === "X" ? 1 : text[i] === "O" ? -1 : 0;
  return out;
}

/** A canvas that is drawn once and copied until its key changes. */
export class Kept {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.key = null;
  }

  /** @param {string} key @param {number} side @param {number} scale @param {(g: CanvasRenderingContext2D) => void} draw */
  get(key, side, scale, draw) {
    if (key !== this.key) {
      this.key = key;
      this.canvas.width = this.canvas.height = Math.round(side * scale);
      const g = this.canvas.getContext("2d");
      g.scale(scale, scale);
      draw(g);
    }
    return this.canvas;
  }
}
