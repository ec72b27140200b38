/** Draws one view with what the network, the tracker and the planner make of it. */

import { CLASSES, CONE, LAMPS, LIGHT, SIGN, kmh, paintMark } from "./names.js";
import { ground, ribbon } from "./project.js";

const CASING = "rgba(8,13,18,.65)";
const PILL = "rgba(13,19,26,.86)";
const PATH_M = 1.6;
/** Points of the planned path a second. */
const A_SECOND = 5;
const LABEL_PX = 18;
const MOST_LABELS = 9;
const LINE_LEAST = 8;

/**
 * Draw a view.
 * @param {CanvasRenderingContext2D} context In CSS pixels.
 * @param {import("./decode.js").Picture} picture
 * @param {number} index Of the view.
 * @param {import("./project.js").View} view
 * @param {{x: number, y: number, w: number, h: number}} cell Where on the canvas.
 * @param {import("./view.js").Wish} wish
 * @param {boolean} large Whether labels are drawn.
 * @param {{font: string}} style
 */
export function drawView(context, picture, index, view, cell, wish, large, style) {
  const scale = cell.w / view.width;
  const whole = [0, 0, cell.w, cell.h];
  context.save();
  context.beginPath();
  context.rect(cell.x, cell.y, cell.w, cell.h);
  context.clip();
  context.translate(cell.x, cell.y);
  // bilinear: a cubic enlargement alone took a quarter of the drawing time
  context.imageSmoothingQuality = "low";
  context.drawImage(...picture.shown(index, wish.depth), ...whole);
  if (wish.drivable) context.drawImage(...picture.ground(index), ...whole);
  context.scale(scale, scale);
  drawGround(context, picture.facts, view, wish, large, 1 / scale);
  const standing = liesOnGround(wish) && picture.standing(index, wish.depth);
  if (standing) context.drawImage(...standing);
  context.scale(1 / scale, 1 / scale);
  const boxes = picture.facts.views[index].boxes;
  if (wish.truth) drawTruth(context, picture.facts.truth.boxes[index], scale);
  if (wish.boxes) {
    drawBoxes(context, boxes, picture.facts, wish, scale, large, index);
    if (large) drawLabels(context, boxes, picture.facts, wish, scale, cell, style.font);
  }
  context.restore();
}

/** Whether anything is drawn on the ground that what stands there hides. */
function liesOnGround(wish) {
  return wish.rejected || wish.path || wish.lanes || wish.predictions;
}

/** Lines and paths on the ground, in pixels of the view; `px` is a CSS pixel there. */
function drawGround(context, facts, view, wish, large, px) {
  if (wish.rejected) drawRejected(context, facts.plan.others, view, px);
  if (wish.path && !facts.manual) drawPath(context, facts.plan.at, view, px);
  if (wish.lanes) drawLines(context, facts.lines, view, px, large);
  if (wish.predictions) drawPredictions(context, facts.tracks, view, wish, px, large);
}

function trace(context, points) {
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
}

function drawPath(context, at, view, px) {
  const way = ground(at);
  if (way.length < 2 || Math.hypot(way.at(-1)[0] - way[0][0], way.at(-1)[1] - way[0][1]) < 0.5) return;
  const outline = view.polygon(ribbon(way, PATH_M));
  if (!outline.length) return;
  trace(context, outline);
  context.closePath();
  context.fillStyle = "rgba(77,163,255,.58)";
  context.fill();
  context.strokeStyle = "rgba(230,240,250,.75)";
  context.lineWidth = px;
  context.stroke();
  context.strokeStyle = "#FFFFFF";
  context.lineWidth = 1.6 * px;
  for (let i = A_SECOND; i < way.length; i += A_SECOND) {
    const [a, b] = [way[i - 1], way[i]];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    if (length < 0.05) break;
    const [nx, ny] = [((b[1] - a[1]) / length) * (PATH_M / 2), ((b[0] - a[0]) / length) * (PATH_M / 2)];
    for (const piece of view.line([[b[0] - nx, b[1] + ny, 0], [b[0] + nx, b[1] - ny, 0]])) {
      trace(context, piece);
      context.stroke();
    }
  }
}

function drawRejected(context, others, view, px) {
  for (const { at, hit } of others) {
    context.strokeStyle = hit ? "rgba(240,112,42,.8)" : "rgba(200,214,229,.55)";
    context.lineWidth = 1.2 * px;
    context.setLineDash(hit ? [4 * px, 3 * px] : []);
    for (const piece of view.line(ground(at))) {
      trace(context, piece);
      context.stroke();
    }
  }
  context.setLineDash([]);
}

function drawLines(context, lines, view, px, large) {
  context.lineJoin = context.lineCap = large ? "round" : "butt";
  const width = (large ? 2.2 : 1.3) * px;
  for (const { at, kind, score } of lines) {
    if (score < LINE_LEAST) continue;
    const pieces = view.line(ground(at)).filter((piece) => view.sees(piece));
    if (!pieces.length) continue;
    context.globalAlpha = Math.min(1, 0.45 + score / 120);
    for (const [colour, extra] of [[CASING, 1.6 * px], [kind === 2 ? "#FFD44A" : kind === 3 ? "#B9C8D8" : "#FFFFFF", 0]]) {
      context.strokeStyle = colour;
      context.lineWidth = width + extra;
      for (const piece of pieces) {
        trace(context, piece);
        context.stroke();
      }
    }
  }
  context.globalAlpha = 1;
  context.lineCap = "butt";
}

function drawPredictions(context, tracks, view, wish, px, large) {
  for (const track of tracks) {
    const { colour } = CLASSES[track.cls];
    const [x, y] = [track.at[0] / 100, track.at[1] / 100];
    // a small feed shows the likeliest way alone, and needs no dark edge to be read
    for (const path of large ? track.paths : track.paths.slice(0, 1)) {
      const share = path[0] / 100;
      const pieces = view.line([[x, y, 0], ...ground(path, 1)]).filter((piece) => view.sees(piece));
      if (!pieces.length) continue;
      const faded = wish.selected >= 0 && wish.selected !== track.id ? 0.4 : 1;
      context.globalAlpha = Math.min(1, 0.25 + share) * faded;
      context.setLineDash(share < 0.5 ? [4 * px, 3 * px] : []);
      for (const [ink, width] of large ? [[CASING, 2 + 3 * share], [colour, 0.8 + 3 * share]] : [[colour, 0.8 + 2 * share]]) {
        context.strokeStyle = ink;
        context.lineWidth = width * px;
        for (const piece of pieces) {
          trace(context, piece);
          context.stroke();
        }
      }
      const end = pieces.at(-1)?.at(-1);
      if (end && share >= 0.3) {
        context.fillStyle = colour;
        context.beginPath();
        context.arc(...end, 2.4 * px, 0, 7);
        context.fill();
      }
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function drawTruth(context, boxes, scale) {
  context.setLineDash([3, 3]);
  context.lineWidth = 1.2;
  for (const [x0, y0, x1, y1] of boxes) {
    context.strokeStyle = CASING;
    context.strokeRect(x0 * scale - 0.5, y0 * scale - 0.5, (x1 - x0) * scale + 1, (y1 - y0) * scale + 1);
    context.strokeStyle = "#FFFFFF";
    context.strokeRect(x0 * scale, y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale);
  }
  context.setLineDash([]);
}

/** Rectangle of a box on its cell: visible pixels and 2 more. */
function rectangle([x0, y0, x1, y1], scale) {
  return [(x0 / 10) * scale - 2, (y0 / 10) * scale - 2, ((x1 - x0) / 10) * scale + 4, ((y1 - y0) / 10) * scale + 4];
}

function drawBoxes(context, boxes, facts, wish, scale, large, index) {
  for (const box of boxes) {
    const chosen = (box[7] >= 0 && box[7] === wish.selected)
      || (wish.box && wish.box.step === facts.step && wish.box.view === index && boxes[wish.box.box] === box);
    context.globalAlpha = wish.selected >= 0 && !chosen ? 0.5 : 1;
    const width = chosen ? 3 : large ? 2 : 1.3;
    const outline = rectangle(box, scale);
    context.strokeStyle = CASING;
    context.lineWidth = width + 1.6;
    context.strokeRect(...outline);
    context.strokeStyle = CLASSES[box[4]].colour;
    context.lineWidth = width;
    context.strokeRect(...outline);
  }
  context.globalAlpha = 1;
}

/** What a box is called, from its own figures and its track's. */
export function labelOf(box, facts) {
  const cls = CLASSES[box[4]];
  const name = box[4] === LIGHT && box[8] ? `${LAMPS[box[8]]} light` : cls.short ?? cls.name;
  const track = facts.tracks.find((t) => t.id === box[7]);
  const speed = track && box[4] < CONE ? ` · ${kmh(track.speed)} km/h` : "";
  return `${name} ${Math.round(box[6] / 10)} m${speed}`;
}

function drawLabels(context, boxes, facts, wish, scale, cell, font) {
  context.font = `600 12px ${font}`;
  context.textBaseline = "middle";
  const taken = [[0, 0, cell.w, 34]];
  let cones = 0;
  let drawn = 0;
  const order = boxes.map((box, i) => [box, i]).sort(([a], [b]) => (b[7] === wish.selected) - (a[7] === wish.selected) || a[6] - b[6]);
  for (const [box] of order) {
    if (drawn >= MOST_LABELS || box[4] === SIGN) continue;
    if (box[4] === CONE && cones++) continue;
    const text = labelOf(box, facts);
    const width = context.measureText(text).width + 24;
    const [x, y, w, h] = rectangle(box, scale);
    const places = [
      [x, y - LABEL_PX - 3], [x + w - width, y - LABEL_PX - 3], [x + w / 2 - width / 2, y - LABEL_PX - 3], [x, y + h + 3],
      [x + w + 3, y], [x - width - 3, y], [x + w / 2 - width / 2, y - 2 * LABEL_PX - 5],
    ];
    const place = places.find(([px, py]) => px >= 2 && py >= 2 && px + width <= cell.w - 2 && py + LABEL_PX <= cell.h - 34
      && taken.every(([tx, ty, tw, th]) => px >= tx + tw + 2 || px + width + 2 <= tx || py >= ty + th + 2 || py + LABEL_PX + 2 <= ty));
    if (!place) continue;
    drawn += 1;
    taken.push([...place, width, LABEL_PX]);
    context.fillStyle = PILL;
    context.beginPath();
    context.roundRect(...place, width, LABEL_PX, 4);
    context.fill();
    paintMark(context, CLASSES[box[4]].mark, CLASSES[box[4]].colour, place[0] + 10, place[1] + LABEL_PX / 2);
    context.fillStyle = "#FFFFFF";
    context.textAlign = "left";
    context.fillText(text, place[0] + 18, place[1] + LABEL_PX / 2 + 0.5);
  }
}

/** The smallest box under a pixel of a view, or −1. */
export function boxAt(boxes, u, v) {
  let best = -1;
  let least = Infinity;
  boxes.forEach(([x0, y0, x1, y1], i) => {
    const size = (x1 - x0) * (y1 - y0);
    if (10 * u > x0 - 20 && 10 * u < x1 + 20 && 10 * v > y0 - 20 && 10 * v < y1 + 20 && size < least) [best, least] = [i, size];
  });
  return best;
}
