/** The floor that does not move: walls, aisles, slots, lanes, chargers, guidance, closures. */

import { blit, fill } from "../../raster.js";

export const [WALL, AISLE, SLOT, CHARGER, DESK, LANE] = [0, 1, 2, 3, 4, 5];

/**
 * Mark the walls that enclose nothing: those joined to the border are the outside, not shelving.
 * @param {Uint8Array} kind [C]
 * @param {number} columns
 * @param {number} rows
 * @returns {Uint8Array} [C] 1 = outside.
 */
export function outside(kind, columns, rows) {
  const mark = new Uint8Array(kind.length);
  const stack = [];
  const visit = (cell) => {
    if (kind[cell] === WALL && !mark[cell]) {
      mark[cell] = 1;
      stack.push(cell);
    }
  };
  for (let c = 0; c < columns; c++) {
    visit(c);
    visit((rows - 1) * columns + c);
  }
  for (let r = 0; r < rows; r++) {
    visit(r * columns);
    visit(r * columns + columns - 1);
  }
  while (stack.length) {
    const cell = stack.pop();
    const c = cell % columns;
    if (c > 0) visit(cell - 1);
    if (c < columns - 1) visit(cell + 1);
    if (cell >= columns) visit(cell - columns);
    if (cell < columns * (rows - 1)) visit(cell + columns);
  }
  return mark;
}

/**
 * Paint the ground of all cells in view.
 * @param {import("../../raster.js").Surface} surface
 * @param {import("./view.js").View} view
 * @param {object} floor Columns, rows, kind, lane, closed, outside.
 * @param {import("./palette.js").Palette} palette
 * @param {import("./sprites.js").Sprites} sprites
 * @param {boolean} guidance Whether to draw the preferred directions.
 */
export function paintGround(surface, view, floor, palette, sprites, guidance) {
  const { columns, kind, lane, closed } = floor;
  const { left, top } = view;
  const { ground, store, mat, wall, edge, slot, line } = palette.pixels;
  surface.pixels.fill(ground);
  const colours = [wall, store, store, mat, mat, mat];
  const thin = Math.max(1, Math.round(view.ratio));
  const dense = view.scale > 20;
  const inset = view.outlines ? Math.round(1.5 * view.ratio) : 1;
  const half = view.cell / 2;
  for (let r = view.firstRow; r < view.endRow; r++) {
    for (let c = view.firstColumn; c < view.endColumn; c++) {
      const cell = r * columns + c;
      const k = kind[cell];
      if (k === WALL && floor.outside[cell]) continue;
      const x0 = left[c];
      const x1 = left[c + 1];
      const y0 = top[r];
      const y1 = top[r + 1];
      fill(surface, x0, y0, x1, y1, colours[k]);
      if (k === WALL || view.marks) continue;
      if (k === SLOT) {
        fill(surface, x0 + inset, y0 + inset, x1 - inset, y1 - inset, slot);
        fill(surface, x0 + inset + thin, y0 + inset + thin, x1 - inset - thin, y1 - inset - thin, store);
      } else if (dense && k === AISLE)
        fill(surface, x0 - thin, y0 - thin, x0 + 2 * thin, y0 + 2 * thin, line);
    }
  }
  if (!view.marks) paintEdges(surface, view, floor, edge, line, thin);
  for (let r = view.firstRow; r < view.endRow; r++) {
    for (let c = view.firstColumn; c < view.endColumn; c++) {
      const cell = r * columns + c;
      const k = kind[cell];
      if (k === CHARGER && !view.marks) blit(surface, sprites.bay(), left[c], top[r]);
      else if (
        guidance &&
        lane[cell] &&
        !view.marks &&
        (k === AISLE || k === LANE) &&
        (dense || (r + c) % 3 === 0)
      ) {
        blit(surface, sprites.chevron(lane[cell] - 1), Math.round(left[c] + half), Math.round(top[r] + half));
      }
      if (closed[cell] && k !== WALL) blit(surface, sprites.hatch(), left[c], top[r]);
    }
  }
}

/** A line where floor meets wall, and along the sides of queue lanes. */
function paintEdges(surface, view, floor, edge, line, thin) {
  const { columns, rows, kind } = floor;
  const { left, top } = view;
  const hard = (k) => k === LANE || k === DESK;
  for (let r = view.firstRow; r < view.endRow; r++) {
    for (let c = view.firstColumn; c < view.endColumn; c++) {
      const cell = r * columns + c;
      const k = kind[cell];
      const east = c + 1 < columns ? kind[cell + 1] : WALL;
      const south = r + 1 < rows ? kind[cell + columns] : WALL;
      if ((k === WALL) !== (south === WALL))
        fill(
          surface,
          left[c],
          top[r + 1],
          left[c + 1],
          top[r + 1] + thin,
          hard(k) || hard(south) ? line : edge,
        );
      else if (hard(k) && hard(south))
        fill(surface, left[c], top[r + 1], left[c + 1], top[r + 1] + thin, line);
      if ((k === WALL) !== (east === WALL) && !hard(k) && !hard(east))
        fill(surface, left[c + 1], top[r], left[c + 1] + thin, top[r + 1], edge);
    }
  }
}
