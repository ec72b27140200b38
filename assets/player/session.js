/**
 * One viewer's session with a run: messages become hub facts, pictures and layers, and the play
 * head moves through them, live or in a look back.
 */

import { PlayClock } from "./clock.js";
import { Reel } from "./reel.js";
import { Stream } from "./stream.js";
import { KEY, LAYER, SNAPSHOT } from "./wire.js";

/** Decoding beyond this many milliseconds goes on in the next frame. */
const DECODE_BUDGET_MS = 4;
const KEPT_EVENTS = 400;
const KEPT_INSPECTS = 16;
/** Ask for more of the kept window when less than this is queued. */
const MORE_BELOW_S = 1.5;

/** A sink that drops everything: for who hears what a run says and draws no frames. */
export const DEAF = { scene() {}, array() {}, layer() {}, key() {}, frame() {} };

export class Session {
  /**
   * @param {object} hub Shared facts of the run.
   * @param {string} path Socket path.
   * @param {object} sink Receives `scene(facts)`, `array(name, values)`,
   *     `layer(name, values, step)`, `key(picture)`, `frame(before, after)`.
   */
  constructor(hub, path, sink) {
    this.hub = hub;
    this.sink = sink;
    this.reel = new Reel();
    this.clock = new PlayClock();
    this.epochShown = -1;
    /** Layers that wait for the head to reach their step. */
    this.waiting = [];
    this.inspects = [];
    /** Whether a look back plays on, or holds at the step it was taken to. */
    this.playing = true;
    /** Step that a look back was last asked for, and whether the head is still on its way there. */
    this.sought = 0;
    this.target = -1;
    /** A look back is under way; the one that is wanted after it, or null. */
    this.seeking = false;
    this.wanted = null;
    this.asked = false;
    this.wantsKey = true;
    this.gapAt = -1;
    this.suspended = false;
    this.send = (message) => this.stream.send(message);
    hub.send = this.send;
    this.stream = new Stream(path, this);
  }

  /** Whether a later session speaks for the run: a page that redraws mounts it before it takes this one away. */
  get superseded() {
    return this.hub.send !== this.send;
  }

  /** Receiver: the connection's state changed. */
  link(state, text) {
    const { hub } = this;
    if (this.superseded) return;
    // a server that is not there yet is not a lost one
    if (state === "lost" && hub.link.state === "connecting") state = "connecting";
    const same = state === hub.link.state;
    if (state === "lost" && !same) this.gapAt = this.reel.last;
    hub.link = { state, since: same ? hub.link.since : performance.now(), text };
    if (state === "open") {
      this.wantsKey = true;
      this.seeking = false;
      this.#setMode("live");
      this.#goLive();
      if (hub.selected >= 0) hub.send({ do: "select", agent: hub.selected });
    }
    hub.emit("link");
  }

  /** Receiver: a JSON message. */
  text(message) {
    const { hub } = this;
    if (this.superseded) return;
    if (message.t === "scene") {
      const again = hub.facts && hub.facts.agents === message.facts.agents;
      hub.facts = message.facts;
      hub.error = "";
      hub.events = [];
      hub.activity = { from: 0, every: 10, values: [] };
      this.reel.clear();
      this.waiting.length = 0;
      this.inspects.length = 0;
      this.wantsKey = true;
      if (!again) hub.select(-1);
      this.#setMode("live");
      this.sink.scene(message.facts);
      hub.emit("scene");
      hub.emit("events");
    } else if (message.t === "status") this.#status(message);
    else if (message.t === "events") {
      const events = [...hub.events, ...message.items];
      events.sort((a, b) => a.step - b.step);
      hub.events = events.slice(-KEPT_EVENTS);
      hub.emit("events");
    } else if (message.t === "activity") {
      hub.activity = { from: message.from, every: message.every, values: message.values.slice() };
      hub.emit("activity");
    } else if (message.t === "inspect") {
      if (message.agent !== hub.selected) return;
      this.inspects.push({ step: message.step ?? this.reel.last, facts: message });
      if (this.inspects.length > KEPT_INSPECTS) this.inspects.shift();
      hub.inspect = message;
      hub.emit("inspect");
    } else if (message.t === "summary") {
      hub.summary = message;
      hub.emit("summary");
    } else if (message.t === "said") {
      hub.said = message;
      hub.emit("said");
    } else if (message.t === "error") {
      if (message.soft) return;
      hub.error = message.text;
      hub.emit("link");
    }
  }

  #status(message) {
    const { hub } = this;
    if (message.rate !== hub.status?.rate) this.clock.hint(message.rate);
    hub.status = message;
    const { activity } = hub;
    // one sample each `every` steps; a run at full speed passes several between two messages
    const index = Math.floor((message.step - activity.from) / activity.every);
    if (message.activity !== undefined && index >= activity.values.length) {
      while (activity.values.length < index) activity.values.push(message.activity);
      activity.values.push(message.activity);
    }
    const excess = Math.floor((message.first - activity.from) / activity.every);
    if (excess > 0) {
      activity.values.splice(0, excess);
      activity.from += excess * activity.every;
    }
    hub.emit("status");
  }

  /** Receiver: a binary message. */
  binary(message) {
    if (message.type === LAYER) this.#layer(message);
    else if (message.back !== (this.hub.mode === "replay")) return;
    else if (message.type === SNAPSHOT) this.#snapshot(message);
    else if (message.type === KEY) this.#key(message);
    else this.#chunk(message);
  }

  #layer(message) {
    if (message.name.startsWith("scene.")) this.sink.array(message.name.slice(6), message.values);
    else if (message.back !== (this.hub.mode === "replay")) return;
    else if (message.back || !this.reel.loaded || message.step <= this.clock.head)
      this.sink.layer(message.name, message.values, message.step);
    else {
      this.waiting.push(message);
      if (this.waiting.length > 40) this.waiting.shift();
    }
  }

  #snapshot(message) {
    const { hub } = this;
    hub.snapshot = message;
    this.epochShown = message.epoch;
    if (message.back) {
      this.seeking = false;
      this.clock.head = message.step;
      if (this.wanted !== null) this.seek(this.wanted, false);
    } else this.clock.jump(message.step);
    hub.emit("snapshot");
  }

  #key(message) {
    this.reel.load(message);
    this.wantsKey = false;
    this.asked = false;
    this.waiting.length = 0;
    this.clock.jump(message.step);
    this.epochShown = message.epoch;
    this.sink.key(this.reel.after);
    if (!message.back) return;
    this.seeking = false;
    this.target = this.sought;
    if (this.wanted !== null) this.seek(this.wanted, this.playing);
  }

  #chunk(message) {
    if (this.wantsKey || this.suspended) return;
    this.asked = false;
    const epoch = this.reel.chunks.length ? this.reel.chunks.at(-1).epoch : this.reel.after.epoch;
    if (!this.reel.push(message)) {
      if (this.hub.mode === "live") this.#goLive();
      return;
    }
    const now = performance.now();
    this.clock.extend(this.reel.last, now);
    if (message.epoch !== epoch && this.hub.mode === "live") this.clock.rush(message.step, now);
  }

  #goLive() {
    this.wantsKey = true;
    this.hub.send({ do: "live" });
  }

  #setMode(mode) {
    if (this.hub.mode === mode) return;
    this.hub.mode = mode;
    this.hub.emit("mode");
  }

  /** Return to the present. */
  live() {
    if (this.hub.mode === "live") return;
    this.#setMode("live");
    this.seeking = false;
    this.wanted = null;
    this.#goLive();
  }

  /**
   * Show a step of the kept window. One look back is under way at a time: while a pointer drags,
   * only the last step it wants is asked for.
   * @param {number} step
   * @param {boolean} play Play on from there, or hold.
   */
  seek(step, play) {
    const { hub, reel } = this;
    if (!hub.status || hub.status.last <= hub.status.first) return;
    this.playing = play;
    this.wanted = null;
    if (hub.mode === "replay" && !this.seeking && reel.loaded && step >= reel.after.step && step <= reel.last) {
      this.target = step;
      return;
    }
    if (this.seeking) {
      this.wanted = step;
      return;
    }
    this.#setMode("replay");
    this.seeking = true;
    this.sought = step;
    this.target = step;
    hub.send({ do: "seek", step });
  }

  /** Whether a look back is still on its way: what is shown meanwhile stays. */
  get settling() {
    return this.hub.mode === "replay" && (this.seeking || this.reel.after.step < this.target);
  }

  /** The step that is shown, or about to be. */
  get place() {
    if (this.hub.mode !== "replay") return this.clock.head;
    return this.wanted ?? (this.target >= 0 ? this.target : this.clock.head);
  }

  /** A hidden page keeps nothing: its frames are dropped until it is seen again. */
  suspend(hidden) {
    if (hidden === this.suspended) return;
    this.suspended = hidden;
    if (!hidden && this.hub.mode === "live") this.#goLive();
  }

  /** Whether the present goes on. */
  get flowing() {
    return this.hub.status?.state === "running" && this.hub.link.state === "open";
  }

  /**
   * Move the head to `now` and decode up to it.
   * @param {number} now Milliseconds.
   * @returns {boolean} Whether there is a picture to show.
   */
  tick(now) {
    const { reel, clock } = this;
    if (!reel.loaded) return false;
    if (this.hub.mode === "replay") this.#tickReplay(now);
    else clock.tick(now, reel.last, this.flowing);
    const begun = performance.now();
    while (clock.head >= reel.after.step && reel.advance()) {
      this.epochShown = reel.after.epoch;
      this.sink.frame(reel.before, reel.after);
      if (performance.now() - begun > DECODE_BUDGET_MS) break;
    }
    for (let i = 0; i < this.waiting.length;) {
      if (this.waiting[i].step > clock.head) {
        i += 1;
        continue;
      }
      const { name, values, step } = this.waiting[i];
      this.waiting.splice(i, 1);
      this.sink.layer(name, values, step);
    }
    return true;
  }

  #tickReplay(now) {
    const { reel, clock, hub } = this;
    clock.then ||= now;
    if (this.seeking) {
      clock.then = now;
      return;
    }
    if (this.target >= 0) {
      // frames from the KEY up to the wanted step are decoded, not played
      clock.head = Math.min(this.target, reel.last);
      clock.then = now;
      if (reel.last >= this.target) this.target = -1;
    } else if (this.playing) {
      const seconds = Math.min(0.25, (now - clock.then) / 1000);
      clock.then = now;
      clock.head = Math.min(reel.last, clock.head + seconds * (hub.status?.rate || clock.rate));
      if (hub.status && hub.status.state === "running" && clock.head >= hub.status.last - 1) {
        this.live();
        return;
      }
    } else clock.then = now;
    const wanted = this.playing ? MORE_BELOW_S : 0;
    const short =
      reel.last - clock.head < wanted * (hub.status?.rate || clock.rate) || this.target > reel.last;
    if (short && !this.asked && reel.last < (hub.status?.last ?? 0)) {
      this.asked = true;
      hub.send({ do: "more", step: reel.last });
    }
  }

  /** How far between the two pictures the head is, in [0, 1]. */
  get fraction() {
    const { before, after } = this.reel;
    const span = after.step - before.step;
    if (span <= 0) return 1;
    return Math.max(0, Math.min(1, (this.clock.head - before.step) / span));
  }

  /** Facts of the selected agent that belong to the shown step. */
  inspectShown() {
    let facts = null;
    for (const entry of this.inspects) {
      if (entry.facts.agent !== this.hub.selected) continue;
      if (!facts || entry.step <= this.clock.head + 0.5) facts = entry.facts;
    }
    return facts;
  }

  close() {
    this.stream.close();
    if (!this.superseded) this.hub.send = () => {};
  }
}
