/** The keyboard as steering wheel: held keys are told when they change, and once a second while held. */

import { isTyping } from "../dom.js";

const HEARTBEAT_MS = 1000;
const KEYS = {
  ArrowLeft: "left", a: "left", ArrowRight: "right", d: "right", ArrowUp: "up", w: "up", ArrowDown: "down", s: "down",
};

export class Wheel {
  /** @param {(name: string, wish: object) => void} send @param {() => boolean} taken Whether the person drives. */
  constructor(send, taken) {
    this.send = send;
    this.taken = taken;
    this.held = new Set();
    this.listeners = { keydown: (event) => this.#down(event), keyup: (event) => this.#up(event), blur: () => this.#release() };
    for (const [name, listener] of Object.entries(this.listeners)) addEventListener(name, listener, true);
    this.timer = setInterval(() => {
      if (this.taken()) this.#tell();
    }, HEARTBEAT_MS);
  }

  #key(event) {
    return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  }

  #down(event) {
    if (!this.taken() || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") this.send("take_over", { on: false });
    else if (this.#key(event)) {
      if (!this.held.has(this.#key(event))) {
        this.held.add(this.#key(event));
        this.#tell();
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #up(event) {
    if (this.held.delete(this.#key(event)) && this.taken()) this.#tell();
  }

  #release() {
    if (!this.held.size) return;
    this.held.clear();
    if (this.taken()) this.#tell();
  }

  #tell() {
    const on = (key) => (this.held.has(key) ? 1 : 0);
    this.send("wheel", { steer: on("left") - on("right"), throttle: on("up"), brake: on("down") });
  }

  close() {
    clearInterval(this.timer);
    for (const [name, listener] of Object.entries(this.listeners)) removeEventListener(name, listener, true);
  }
}
