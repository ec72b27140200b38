/**
 * What the desks have in common: a page's cards around one session with a run, drawn when something
 * has changed, with the notice over its picture and the theme of the page around it.
 */

import { element } from "./dom.js";
import { Notice, noticeOf } from "./notice.js";
import { acquireHub, releaseHub } from "./registry.js";
import { DEAF, Session } from "./session.js";
import { adoptSheet } from "./sheet.js";
import { applyTheme, hostOf, themeName } from "./theme.js";

const NOTICE_MS = 250;

/** A subclass lays its cards out in its constructor, then calls `place` and `update`. */
export class Desk {
  #asked = 0;
  #noticeAt = 0;
  #raf = 0;
  #silent;
  #sizes;
  #offs = [];
  #tools = null;

  /**
   * @param {Element|ShadowRoot} parent
   * @param {string} name What tests ask it by, as a property of `window.__atrium`.
   * @param {string[]} silent Commands whose answer is seen and need not be said.
   */
  constructor(parent, name, silent) {
    this.parent = parent;
    this.name = name;
    this.#silent = new Set(silent);
    this.hub = null;
    this.dirty = true;
    this.notice = new Notice((action) => this.trigger("action", action));
    this.send = (command, wish = {}) => {
      this.#asked += 1;
      this.hub.send({ do: "command", name: command, arguments: wish, id: this.#asked });
    };
  }

  // ---- what a desk says of itself ----------------------------------------------------------

  /** What of the stream it takes: parts of a session's sink. */
  get sink() {
    return {};
  }

  /** Whether a picture was ever shown. */
  get loaded() {
    return Boolean(this.hub.snapshot);
  }

  /** Listen to the hub; returns what stops each. */
  listen() {
    return [];
  }

  /** @param {string} text @param {boolean} bad */
  tell() {}

  /** Draw what has changed; the desk is seen and has its theme. */
  draw() {}

  /** A frame in which nobody sees the desk. */
  rest() {}

  /** The colours have changed. */
  themed() {
    this.stain();
  }

  /** What tests ask. */
  tools() {
    return {};
  }

  // ---- what they share ---------------------------------------------------------------------

  /**
   * Put it on the page and begin to draw; called once.
   * @param {HTMLElement} node Every card.
   * @param {HTMLElement} box Holds the picture that notices lie over.
   * @param {CSSStyleSheet} sheet The desk's own rules.
   */
  place(node, box, sheet) {
    this.box = box;
    box.append(this.notice.bar, this.notice.card);
    this.root = element("div.atrium.desk-frame", {}, node);
    this.parent.append(this.root);
    adoptSheet(this.root);
    adoptSheet(this.root, sheet);
    this.#sizes = new ResizeObserver(() => this.stain());
    this.#sizes.observe(this.root);
    const loop = (now) => {
      this.#raf = requestAnimationFrame(loop);
      this.#frame(now);
    };
    this.#raf = requestAnimationFrame(loop);
  }

  /** New data of the component; another token connects anew. */
  update(data, trigger) {
    this.trigger = trigger;
    if (data.run === this.hub?.token) return;
    this.disconnect();
    this.hub = acquireHub(data.run);
    this.session = new Session(this.hub, `/live/ws?run=${encodeURIComponent(data.run)}`, { ...DEAF, ...this.sink });
    this.#offs = [...this.listen(), this.hub.on("said", () => this.#said(this.hub.said))];
    window.__atrium ??= { players: {} };
    this.#tools = window.__atrium[this.name] = this.tools();
  }

  #said(said) {
    if (said.error) this.tell(said.error, true);
    else if (said.text && !this.#silent.has(said.name)) this.tell(said.text, false);
  }

  /** Ask for another drawing. */
  stain() {
    this.dirty = true;
  }

  #frame(now) {
    if (now - this.#noticeAt > NOTICE_MS) {
      this.#noticeAt = now;
      const name = themeName(hostOf(this.parent));
      if (name !== this.theme?.name) {
        this.theme = applyTheme(this.root, name);
        this.themed();
      }
      this.notice.show(this.box, noticeOf(this.hub, this.loaded, now));
    }
    if (!this.theme || document.hidden) this.rest();
    else this.draw(now);
  }

  /** Leave the run. */
  disconnect() {
    if (!this.hub) return;
    for (const off of this.#offs) off();
    this.session.close();
    releaseHub(this.hub);
    this.hub = null;
  }

  close() {
    cancelAnimationFrame(this.#raf);
    this.#sizes.disconnect();
    this.disconnect();
    // a page that redraws mounts the next desk before it takes this one away
    if (window.__atrium?.[this.name] === this.#tools) delete window.__atrium[this.name];
    this.root.remove();
  }
}
