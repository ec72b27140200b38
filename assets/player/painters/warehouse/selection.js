/** The selected robot: its reserved steps, the way beyond, its goal, its ring. */

import { blit, fill } from "../../raster.js";
import { CARRIES } from "./palette.js";

/**
 * Cells still ahead of a robot.
 * @param {number} here Its cell.
 * @param {number[]} cells From an older or newer step: begins at the robot's cell then.
 */
export function ahead(cells, here) {
  const at = cells.indexOf(here);
  return at > 0 ? cells.slice(at) : cells;
}

/** A path of cells as a thick line with a casing of ground. */
function drawPath(surface, view, columns, cells, startX, startY, width, colour) {
  let px = startX;
  let py = startY;
  const lead = width >> 1;
  for (const cell of cells) {
    const x = Math.round(view.centreX(cell % columns));
    const y = Math.round(view.centreY(Math.floor(cell / columns)));
    // the first stretch may be aslant by a fraction of a cell: two legs draw it
    fill(
      surface,
      Math.min(px, x) - lead,
      py - lead,
      Math.max(px, x) - lead + width,
      py - lead + width,
      colour,
    );
    fill(surface, x - lead, Math.min(py, y) - lead, x - lead + width, Math.max(py, y) - lead + width, colour);
    px = x;
    py = y;
  }
}

/**
 * Reserved window and predicted route. Under the robots where they have outlines, over them when far.
 * @param {object} facts Facts of engine inspect(): reserved, route, goal.
 * @param {number} px @param {number} py Where the robot is drawn, device pixels.
 * @param {(cell: number) => boolean} occupied Whether a robot stands on the cell.
 */
export function drawReserved(surface, view, palette, sprites, columns, facts, here, px, py, occupied) {
  const reserved = ahead(facts.reserved ?? [], here);
  const route = facts.route ?? [];
  const last = reserved.length ? reserved.at(-1) : here;
  const begin = route.indexOf(last);
  const onward = begin >= 0 ? route.slice(begin + 1) : route;
  const { ratio, near } = view;
  const ends = [
    Math.round(view.centreX(last % columns)),
    Math.round(view.centreY(Math.floor(last / columns))),
  ];
  const casing = Math.round((near ? 11 : 7) * ratio);
  const strong = Math.round((near ? 6 : 4) * ratio);
  const thin = Math.max(1, Math.round((near ? 3 : 2) * ratio));
  const { ground } = palette.pixels;
  drawPath(surface, view, columns, onward, ...ends, thin + Math.round((near ? 5 : 3) * ratio), ground);
  drawPath(surface, view, columns, reserved, px, py, casing, ground);
  drawPath(surface, view, columns, onward, ...ends, thin, palette.primary);
  drawPath(surface, view, columns, reserved, px, py, strong, palette.primary);
  const dot = Math.max(2, Math.round(2.5 * ratio));
  const count = reserved.length;
  if (near) {
    for (let i = 1; i < count; i++) {
      const cell = reserved[i];
      if (cell === reserved[i - 1] || occupied(cell)) continue;
      blit(
        surface,
        sprites.step(i),
        Math.round(view.centreX(cell % columns)),
        Math.round(view.centreY(Math.floor(cell / columns))),
      );
    }
  } else {
    const whole = [...reserved, ...onward];
    for (let i = 6; i < whole.length; i += 6) {
      const x = Math.round(view.centreX(whole[i] % columns)) - (dot >> 1);
      const y = Math.round(view.centreY(Math.floor(whole[i] / columns))) - (dot >> 1);
      fill(surface, x, y, x + dot, y + dot, palette.pixels.select);
    }
  }
}

/** Ring at the goal. */
export function drawGoal(surface, view, palette, sprites, columns, goal) {
  if (!(goal >= 0)) return;
  const x = Math.round(view.centreX(goal % columns));
  const y = Math.round(view.centreY(Math.floor(goal / columns)));
  const radius = view.near ? Math.round(view.scale * 0.54) : 6;
  blit(surface, sprites.ring(radius, palette.floor.select, 2, !view.near), x, y);
}

/** Frame (where robots have outlines) or disc, glyph and ring (far) of the selected robot. */
export function drawMark(surface, view, palette, sprites, after, agent, px, py) {
  const { select } = palette.floor;
  if (view.outlines) {
    blit(surface, sprites.frame(select, 2), px, py);
    return;
  }
  const state = after.state[agent];
  blit(surface, sprites.disc(9), px, py);
  blit(surface, sprites.badge(state & 7, state & CARRIES ? 1 : 0, after.heading[agent] - 1, 4.2), px, py);
  blit(surface, sprites.ring(10, select, 2), px, py);
}

/** Ring of the robot under the pointer, in its state's colour. */
export function drawHover(surface, view, palette, sprites, state, px, py) {
  if (view.outlines) blit(surface, sprites.frame(palette.states[state], 1.5), px, py);
  else
    blit(
      surface,
      sprites.ring(Math.max(7, Math.round(view.scale * 0.62)), palette.states[state], 1.5),
      px,
      py,
    );
}
