/** What the person wants to see: shared by every card of the desk, kept in the browser. */

const STORE = "atrium.perception.view";
const DEFAULTS = { boxes: true, lanes: true, drivable: true, predictions: true, path: true, rejected: false, depth: false, truth: false, large: "front" };

export class Wish {
  constructor() {
    this.listeners = new Set();
    Object.assign(this, DEFAULTS, Wish.#read());
    /** Track that is looked at, or −1. */
    this.selected = -1;
    /** The box that was clicked: {view, box, step}, or null. */
    this.box = null;
  }

  static #read() {
    try {
      const saved = JSON.parse(localStorage.getItem(STORE)) ?? {};
      return Object.fromEntries(Object.keys(DEFAULTS).filter((k) => typeof saved[k] === typeof DEFAULTS[k]).map((k) => [k, saved[k]]));
    } catch {
      return {}; // storage may be forbidden; the defaults do
    }
  }

  /** @param {object} change */
  set(change) {
    if (Object.entries(change).every(([k, v]) => this[k] === v)) return;
    Object.assign(this, change);
    try {
      localStorage.setItem(STORE, JSON.stringify(Object.fromEntries(Object.keys(DEFAULTS).map((k) => [k, this[k]]))));
    } catch {
      // not kept then
    }
    for (const listener of this.listeners) listener();
  }
}
