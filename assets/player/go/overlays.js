/** What lies on the board besides stones: candidates, heat, ownership, a variation, numbers. */

import { alpha, mix } from "../theme.js";
import { drawStone } from "./goban.js";
import { GRADES } from "./names.js";

/** Shares under this get a dot without text. */
const LABEL_SHARE = 0.015;
/** Moves under this share are left out, but never the best. */
const LEAST_SHARE = 0.004;
/** Visits under which a move is not labelled. */
const LABEL_VISITS = 8;
const LEAST_OWNED = 0.18;
/** Shares under this, or under a part of the highest where all are small, get no square. */
const HEAT_FROM = 0.012;
const HEAT_PART = 0.15;
const TWO_LINES_PX = 34;
const ONE_LINE_PX = 15;

function word(g, text, x, y, weight, size, colour, font) {
  g.font = `${weight} ${size}px ${font}`;
  g.textAlign = "center";
  g.textBaseline = "middle";
  g.fillStyle = colour;
  g.fillText(text, x, y);
}

function square(g, x, y, side, round) {
  g.beginPath();
  g.roundRect(x - side / 2, y - side / 2, side, side, round);
}

/**
 * Opaque squares from white to blue by the root of the share.
 * @param {ArrayLike<number>} shares By point.
 */
export function drawHeat(g, geometry, theme, stones, shares) {
  const { cell } = geometry;
  const c = theme.tokens.go;
  let high = 0;
  for (let p = 0; p < stones.length; p += 1) high = Math.max(high, shares[p]);
  if (!high) return;
  const least = Math.min(HEAT_FROM, high * HEAT_PART);
  for (let p = 0; p < stones.length; p += 1) {
    if (stones[p] || shares[p] < least) continue;
    const depth = Math.sqrt(shares[p] / high);
    g.fillStyle = mix(c.heatLow, c.heatHigh, depth);
    square(g, geometry.x(p), geometry.y(p), cell * 0.94, cell * 0.12);
    g.fill();
    if (cell > 20 && shares[p] >= 0.02)
      word(g, String(Math.round(shares[p] * 100)), geometry.x(p), geometry.y(p) + 0.5, 600, cell * 0.38,
        depth > 0.55 ? "#FFFFFF" : c.black, theme.font);
  }
}

/**
 * Squares for who will own a point, larger and denser by certainty.
 * @param {ArrayLike<number>} owner By point, 1 black to −1 white.
 * @param {boolean} onStones Those on stones that disagree, or those on empty points.
 */
export function drawOwnership(g, geometry, theme, stones, owner, onStones) {
  const { cell } = geometry;
  const c = theme.tokens.go;
  for (let p = 0; p < stones.length; p += 1) {
    const v = owner[p];
    const sure = Math.abs(v);
    if (Boolean(stones[p]) !== onStones || sure < LEAST_OWNED) continue;
    if (onStones && Math.sign(v) === stones[p]) continue;
    g.fillStyle = v > 0 ? alpha("#0B0F14", 0.25 + 0.55 * sure) : alpha("#FFFFFF", 0.3 + 0.6 * sure);
    const side = cell * (0.1 + 0.26 * sure);
    square(g, geometry.x(p), geometry.y(p), side, side * 0.18);
    g.fill();
    if (!onStones) continue;
    g.strokeStyle = v > 0 ? c.white : c.black;
    g.lineWidth = 1;
    g.stroke();
  }
}

/** Ring on the last move. */
export function drawLast(g, geometry, theme, stones, last) {
  if (last < 0 || last >= stones.length || !stones[last]) return;
  g.strokeStyle = stones[last] > 0 ? "#FFFFFF" : theme.tokens.go.black;
  g.lineWidth = Math.max(1.4, geometry.cell * 0.04);
  g.beginPath();
  g.arc(geometry.x(last), geometry.y(last), geometry.radius * 0.5, 0, 7);
  g.stroke();
}

/** Move numbers on stones. @param {Map<number, number>} numbers Point to move number. */
export function drawNumbers(g, geometry, theme, stones, numbers) {
  for (const [p, n] of numbers)
    if (stones[p])
      word(g, String(n), geometry.x(p), geometry.y(p) + 0.5, 600, geometry.cell * (n > 99 ? 0.32 : 0.4),
        stones[p] > 0 ? "#FFFFFF" : theme.tokens.go.black, theme.font);
}

/**
 * Candidate moves: colour and size by quality, arc by share, tick by prior.
 * @param {object[]} candidates Best first: {point, visits, share, prior, win, grade}.
 * @param {"both"|"visits"|"prior"} mode
 */
export function drawCandidates(g, geometry, theme, candidates, mode) {
  const { cell } = geometry;
  const c = theme.tokens.go;
  const radius = cell * 0.455;
  const two = cell > TWO_LINES_PX;
  // the best is drawn last: its double ring is wider than its point
  for (let i = candidates.length - 1; i >= 0; i -= 1) {
    const move = candidates[i];
    if (move.point >= geometry.size * geometry.size) continue;
    const share = mode === "prior" ? move.prior : move.share;
    if (share < LEAST_SHARE && i > 0) continue;
    const x = geometry.x(move.point);
    const y = geometry.y(move.point);
    const grade = GRADES[move.grade];
    const fill = c[grade.token];
    const ink = c[grade.ink];
    const known = mode === "prior" ? move.prior >= LABEL_SHARE : move.visits >= LABEL_VISITS && share >= LABEL_SHARE;
    if (!two || !known) {
      g.fillStyle = alpha(fill, 0.95);
      g.beginPath();
      g.arc(x, y, Math.max(3, cell * (two ? 0.17 : 0.34)), 0, 7);
      g.fill();
      g.lineWidth = i === 0 ? 1.8 : 1;
      g.strokeStyle = i === 0 ? "#FFFFFF" : "rgba(255,255,255,.85)";
      g.stroke();
      if (!two && cell > ONE_LINE_PX && known && share > 0.04)
        word(g, String(Math.round(share * 100)), x, y + 0.5, 700, cell * 0.42, ink, theme.font);
      continue;
    }
    if (i === 0) {
      for (const [r, shade] of [[radius + 3.4, "rgba(255,255,255,.96)"], [radius + 1.4, fill]]) {
        g.fillStyle = shade;
        g.beginPath();
        g.arc(x, y, r, 0, 7);
        g.fill();
      }
    }
    g.globalAlpha = i === 0 ? 1 : 0.93;
    g.fillStyle = fill;
    g.beginPath();
    g.arc(x, y, radius, 0, 7);
    g.fill();
    g.globalAlpha = 1;
    const rim = radius - 2.4;
    const top = -Math.PI / 2;
    g.lineWidth = 2.6;
    for (const [shade, turn] of [[alpha(ink, 0.22), 1], [ink, share]]) {
      g.strokeStyle = shade;
      g.beginPath();
      g.arc(x, y, rim, top, top + 2 * Math.PI * turn);
      g.stroke();
    }
    if (mode === "both") {
      const angle = top + 2 * Math.PI * move.prior;
      g.lineWidth = 2;
      g.strokeStyle = ink;
      g.beginPath();
      g.moveTo(x + Math.cos(angle) * (rim - 4), y + Math.sin(angle) * (rim - 4));
      g.lineTo(x + Math.cos(angle) * (radius + 0.5), y + Math.sin(angle) * (radius + 0.5));
      g.stroke();
    }
    word(g, (move.win * 100).toFixed(0), x, y - cell * 0.105, 700, cell * 0.275, ink, theme.font);
    word(g, `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`, x, y + cell * 0.155, 600, cell * 0.2, ink, theme.font);
  }
}

/** A variation: numbered stones, the first with a blue ring. @param {number[]} moves @param {number} colour Who plays first. */
export function drawVariation(g, geometry, theme, moves, colour) {
  const taken = new Set();
  let who = colour;
  moves.forEach((point, i) => {
    if (point < geometry.size * geometry.size && !taken.has(point)) {
      taken.add(point);
      const x = geometry.x(point);
      const y = geometry.y(point);
      drawStone(g, x, y, who, geometry.radius, i === 0 ? 1 : 0.86);
      word(g, String(i + 1), x, y + 0.5, 700, geometry.cell * 0.44, who > 0 ? "#FFFFFF" : theme.tokens.go.black, theme.font);
      if (i === 0) {
        g.strokeStyle = theme.tokens.go.best;
        g.lineWidth = Math.max(2, geometry.cell * 0.07);
        g.beginPath();
        g.arc(x, y, geometry.radius + 1, 0, 7);
        g.stroke();
      }
    }
    who = -who;
  });
}

/** Where other moves were tried from here. @param {{move: number, colour: number}[]} tried */
export function drawTried(g, geometry, theme, tried) {
  g.lineWidth = Math.max(1.2, geometry.cell * 0.035);
  g.setLineDash([3, 3]);
  for (const { move, colour } of tried) {
    if (move === null || move >= geometry.size * geometry.size) continue;
    g.strokeStyle = colour > 0 ? theme.tokens.go.black : "#FFFFFF";
    g.beginPath();
    g.arc(geometry.x(move), geometry.y(move), geometry.radius * 0.98, 0, 7);
    g.stroke();
  }
  g.setLineDash([]);
}

/** The stone that a click would put down. */
export function drawGhost(g, geometry, point, colour) {
  drawStone(g, geometry.x(point), geometry.y(point), colour, geometry.radius, 0.5);
}

/** The keyboard's cursor: a square frame with a dark casing, seen on wood and on stones. */
export function drawCursor(g, geometry, theme, point) {
  const { cell } = geometry;
  for (const [width, shade] of [[4, "#14202E"], [2, "#FFFFFF"]]) {
    g.lineWidth = width;
    g.strokeStyle = shade;
    square(g, geometry.x(point), geometry.y(point), cell * 0.96, cell * 0.14);
    g.stroke();
  }
}
