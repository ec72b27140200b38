/** What the person wants to see: shared by the cards of a desk, kept in the browser. */

export class Choices {
  /** @type {string} Where they are kept. */
  #store;
  /** @type {object} Each kept choice with what it is at first. */
  #defaults;

  /**
   * @param {string} store
   * @param {object} defaults Become properties, with what was kept of them.
   */
  constructor(store, defaults) {
    this.#store = store;
    this.#defaults = defaults;
    this.listeners = new Set();
    Object.assign(this, defaults, this.#read());
  }

  #read() {
    try {
      const saved = JSON.parse(localStorage.getItem(this.#store)) ?? {};
      return Object.fromEntries(Object.entries(this.#defaults).filter(([k, v]) => typeof saved[k] === typeof v).map(([k]) => [k, saved[k]]));
    } catch {
      return {}; // storage may be forbidden; the defaults do
    }
  }

  /** @param {object} change Choices, or what a subclass keeps beside them. */
  set(change) {
    if (Object.entries(change).every(([k, v]) => this[k] === v)) return;
    Object.assign(this, change);
    try {
      localStorage.setItem(this.#store, JSON.stringify(Object.fromEntries(Object.keys(this.#defaults).map((k) => [k, this[k]]))));
    } catch {
      // not kept then
    }
    for (const listener of this.listeners) listener();
  }
}
