/**
 * Layout of the explored tree: layers from left to right, ribbon width = visits.
 *
 * Room is shared from the leaves up: a branch takes the height of its ribbons or of its children
 * with gaps, whichever is more, and one factor scales visits so that the whole fits.
 */

export const PLIES = 7;
const GAPS = [9, 4, 1.5, 0.8, 0.5, 0.4, 0.3, 0.3];
const STEPS = [62, 54, 46, 42, 40, 38, 34];
const NODE_PX = 4;
const LEAST_PX = 0.7;
const EDGE_PX = 4;
/** Part of the height that gaps and the thinnest ribbons may take. */
const GAP_SHARE = 0.45;
const LEFT_PX = 12;
const RIGHT_PX = 32;

/**
 * @typedef {object} Branch
 * @property {number} move Point, −1 at the root.
 * @property {number} visits
 * @property {number} win Black's chance to win.
 * @property {number} depth
 * @property {Branch|null} parent
 * @property {Branch[]} children In a fixed order.
 * @property {number} x @property {number} y @property {number} height
 * @property {number} from Where its ribbon leaves the parent. @property {number} fromHeight
 */

/**
 * Branches of a snapshot's tree; siblings are sorted by point, so that they keep their places
 * while visits move from one to another.
 * @param {{parent: number[], move: number[], visits: number[], win: number[]}} tree Parents first.
 * @returns {Branch[]}
 */
export function branches(tree) {
  const all = tree.move.map((move, i) => ({ move, visits: tree.visits[i], win: tree.win[i] / 1000, children: [], parent: null, depth: 0 }));
  all.forEach((branch, i) => {
    const parent = all[tree.parent[i]];
    if (i === 0 || !parent) return;
    branch.parent = parent;
    branch.depth = parent.depth + 1;
    parent.children.push(branch);
  });
  for (const branch of all) branch.children.sort((a, b) => a.move - b.move);
  return all;
}

const gapOf = (branch, tight) => tight * GAPS[Math.min(branch.depth, GAPS.length - 1)];
const gapsOf = (branch, tight) => Math.max(0, branch.children.length - 1) * gapOf(branch, tight);
const heightOf = (branch, scale) => Math.max(LEAST_PX, branch.visits * scale);

/** Height that each branch needs at a scale, with gaps made `tight` in [0, 1]; parents come first. */
function measure(all, scale, tight) {
  for (let i = all.length - 1; i >= 0; i -= 1) {
    const b = all[i];
    let inner = gapsOf(b, tight);
    for (const child of b.children) inner += child.room;
    b.room = Math.max(heightOf(b, scale), inner);
  }
  return all[0].room;
}

/** The largest number in [0, 1] up to which `fits` holds. */
function most(fits) {
  if (fits(1)) return 1;
  let low = 0;
  let high = 1;
  for (let i = 0; i < 24; i += 1) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Give every branch its place. Gaps give way first, so that a wide tree still shows its visits.
 * @param {Branch[]} all From `branches`; changed.
 * @param {number} width @param {number} height Pixels.
 */
export function place(all, width, height) {
  const space = height - 2 * EDGE_PX;
  const tight = most((t) => measure(all, 0, t) <= GAP_SHARE * space);
  const fullest = height / Math.max(1, all[0].visits);
  const scale = fullest * most((part) => measure(all, part * fullest, tight) <= space);
  measure(all, scale, tight);
  const total = STEPS.reduce((a, b) => a + b, 0);
  const stretch = (width - LEFT_PX - RIGHT_PX) / total;
  const columns = [LEFT_PX];
  for (const step of STEPS) columns.push(columns.at(-1) + step * stretch);
  all[0].top = EDGE_PX + Math.max(0, (height - 2 * EDGE_PX - all[0].room) / 2);
  for (const b of all) {
    b.height = heightOf(b, scale);
    b.x = columns[b.depth];
    b.y = b.top + (b.room - b.height) / 2;
    let inner = gapsOf(b, tight);
    let ribbons = 0;
    for (const child of b.children) {
      inner += child.room;
      ribbons += heightOf(child, scale);
    }
    let top = b.top + (b.room - inner) / 2;
    let from = b.y;
    const fit = Math.min(1, b.height / Math.max(ribbons, 1e-6));
    for (const child of b.children) {
      child.top = top;
      top += child.room + gapOf(b, tight);
      child.from = from;
      child.fromHeight = heightOf(child, scale) * fit;
      from += child.fromHeight;
    }
  }
}

/** Draw a ribbon's outline from its parent. */
export function ribbon(g, branch) {
  const left = branch.parent.x + NODE_PX;
  const middle = (left + branch.x) / 2;
  const { from, fromHeight, y, height } = branch;
  g.beginPath();
  g.moveTo(left, from);
  g.bezierCurveTo(middle, from, middle, y, branch.x, y);
  g.lineTo(branch.x, y + height);
  g.bezierCurveTo(middle, y + height, middle, from + fromHeight, left, from + fromHeight);
  g.closePath();
}

/** Branch whose node or ribbon's end is under a place, or null. */
export function hit(all, x, y) {
  let best = null;
  let nearest = 14;
  for (const b of all) {
    if (!b.parent) continue;
    const dx = Math.max(b.x - 26 - x, 0, x - b.x - 26);
    const dy = Math.max(b.y - y, 0, y - b.y - b.height);
    const away = Math.hypot(dx, dy) + (dx ? 4 : 0);
    if (away < nearest) [best, nearest] = [b, away];
  }
  return best;
}

export { NODE_PX };
