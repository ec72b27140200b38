/** What the person looks at: the layers of the board, and the searches that can be looked back at. */

import { Choices } from "../choices.js";

const DEFAULTS = { mode: "both", candidates: true, heat: false, ownership: true, numbers: false };

export class View extends Choices {
  constructor() {
    super("atrium.go.view", DEFAULTS);
    /** Point whose variation is shown, or −1. */
    this.hover = -1;
    /** Simulations to look back at in this search, or null for the newest. */
    this.growth = null;
  }

  set(change) {
    // discs and squares on one point cannot both be read
    const hidden = change.heat ? { candidates: false } : change.candidates ? { heat: false } : {};
    super.set({ ...change, ...hidden });
  }
}

/**
 * What is known of the searches of one position, so that their growth can be looked at again.
 *
 * The newest `KEPT` pictures of a position are thinned by halves when they are too many: early
 * ones, where a tree changes most, stay dense because the spacing follows the simulations.
 */
const KEPT = 160;
const OF_A_SEARCH = ["candidates", "rest", "tree", "root", "search", "policy", "ownership"];

export class Growth {
  constructor() {
    this.position = null;
    this.pictures = [];
    /** What the server kept of the tree: {position, trees}. */
    this.kept = { position: null, trees: [] };
  }

  /**
   * Trees at a growing number of simulations, as the server's layer has them.
   * @param {Int16Array} words Position, then for each picture N and N parents, moves, visits, wins.
   */
  layer(words) {
    const trees = [];
    for (let at = 1; at < words.length;) {
      const n = words[at];
      const column = (i) => Array.from(words.subarray(at + 1 + i * n, at + 1 + (i + 1) * n));
      trees.push({ parent: column(0), move: column(1), visits: column(2), win: column(3), newest: [], leaves: [] });
      at += 1 + 4 * n;
    }
    this.kept = { position: words[0], trees };
  }

  /** @param {object} facts A snapshot. */
  take(facts) {
    if (facts.position !== this.position) {
      this.position = facts.position;
      this.pictures = [];
    }
    const visits = facts.search?.visits ?? 0;
    const last = this.pictures.at(-1);
    if (last && visits < last.visits) this.pictures = [];
    if (!visits || visits === last?.visits) return;
    this.pictures.push({ visits, facts: Object.fromEntries(OF_A_SEARCH.map((k) => [k, facts[k]])) });
    if (this.pictures.length <= KEPT) return;
    // drop the picture that is nearest to its neighbours on a scale of ratios
    let drop = 1;
    let least = Infinity;
    for (let i = 1; i < this.pictures.length - 1; i += 1) {
      const gap = Math.log(this.pictures[i + 1].visits / this.pictures[i - 1].visits);
      if (gap < least) [least, drop] = [gap, i];
    }
    this.pictures.splice(drop, 1);
  }

  /** How many moments of this search can be looked at. */
  moments(facts) {
    return this.pictures.length + (this.kept.position === facts?.position ? this.kept.trees.length : 0);
  }

  /** Facts as they were at `visits`, or the facts themselves. */
  at(facts, visits) {
    if (visits === null) return facts;
    const picture = this.pictures.findLast((p) => p.visits <= visits);
    if (picture) return { ...facts, ...picture.facts };
    const trees = this.kept.position === facts.position ? this.kept.trees : [];
    // before the window was opened only the tree is known
    const tree = trees.findLast((t) => t.visits[0] <= visits) ?? trees[0];
    if (tree) return { ...facts, tree, search: { ...facts.search, visits: tree.visits[0] } };
    return this.pictures.length ? { ...facts, ...this.pictures[0].facts } : facts;
  }
}
