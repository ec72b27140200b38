/** The timeline: activity as an area, events as marks, the play head; scrubs the kept window. */

import { clamp, clockText, element, setAttribute, setText } from "./dom.js";
import { paintKey, paintMark } from "./marks.js";
import { alpha } from "./theme.js";

/** Shortest window shown, in steps, so that a young run does not stretch. */
const SHORTEST = 120;
const BASE = 39;
const AREA = 20;
const REACH_PX = 8;
/** A press that moves less than this stays on its event. */
const CLICK_PX = 4;
/** Share of the track that the kept window takes; what is buffered ahead is beyond. */
const NOW_AT = 0.975;

export class Timeline {
  /**
   * @param {object} hub
   * @param {object} on `seek(step, play)`, `live()`, `place()` (step shown or about to be).
   */
  constructor(hub, on) {
    this.hub = hub;
    this.on = on;
    this.theme = null;
    this.gap = -1;
    this.dragging = false;
    this.wanted = -1;
    this.span = element("div.timeline-span");
    this.canvas = element("canvas.timeline-canvas", {
      tabindex: "0",
      role: "slider",
      "aria-label": "Timeline: arrow keys step, with Shift ten steps",
      "aria-valuemin": "0",
      "aria-valuemax": "0",
      "aria-valuenow": "0",
      onpointerdown: (e) => this.#press(e),
      onpointermove: (e) => this.#move(e),
      onpointerup: () => this.#release(),
      onpointercancel: () => this.#release(),
      onpointerleave: () => this.#leave(),
      onkeydown: (e) => this.#key(e),
    });
    this.tip = element("div.timeline-tip", { role: "tooltip", hidden: true });
    this.track = element("div.timeline-track", {}, this.canvas, this.tip);
    this.lag = element("div.timeline-lag");
    this.lamp = element("i.lamp");
    this.liveButton = element(
      "button.timeline-live",
      { type: "button", title: "Return to the present", onclick: () => on.live() },
      this.lamp,
      "Live",
    );
    this.node = element(
      "div.timeline",
      {},
      element("div.timeline-head", {}, element("b", {}, "Timeline"), this.span),
      this.track,
      element("div.timeline-foot", {}, this.liveButton, this.lag),
    );
    this.observer = new ResizeObserver(() => {
      this.size = null;
    });
    this.observer.observe(this.track);
  }

  get first() {
    return this.hub.status?.first ?? 0;
  }

  get last() {
    return this.hub.status?.last ?? 0;
  }

  get length() {
    return Math.max(SHORTEST, this.last - this.first);
  }

  #x(step) {
    return 8 + ((step - this.first) / this.length) * (this.width - 16) * NOW_AT;
  }

  #stepAt(x) {
    return clamp(
      Math.round(this.first + ((x - 8) / ((this.width - 16) * NOW_AT)) * this.length),
      this.first,
      this.last,
    );
  }

  #measure() {
    if (this.size) return;
    const { width, height } = this.track.getBoundingClientRect();
    if (width < 2) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.width = width;
    this.height = height;
    this.size = ratio;
  }

  /**
   * Redraw, a few times a second.
   * @param {number} head Shown step.
   * @param {import("./theme.js").Theme} theme
   * @param {number} gap Step at which the connection was lost, or -1.
   */
  draw(head, theme, gap) {
    this.theme = theme;
    this.gap = gap;
    const { hub } = this;
    const shown = this.wanted >= 0 ? this.wanted : head;
    const kept = Math.max(0, this.last - this.first) * (hub.facts?.step_s ?? 1);
    setText(this.span, kept >= 90 ? `${Math.round(kept / 60)} min kept` : `${Math.round(kept)} s kept`);
    const live = hub.mode === "live";
    this.node.classList.toggle("replay", !live);
    setAttribute(this.liveButton, "aria-pressed", String(live));
    this.lamp.dataset.tone = live && hub.status?.state === "running" ? "good" : "off";
    const behind = Math.max(0, (this.last - shown) * (hub.facts?.step_s ?? 1));
    setText(
      this.lag,
      live
        ? `step ${Math.floor(shown).toLocaleString("en-US")}`
        : `−${behind >= 90 ? `${Math.floor(behind / 60)} min` : `${Math.round(behind)} s`}`,
    );
    setAttribute(this.canvas, "aria-valuemin", String(this.first));
    setAttribute(this.canvas, "aria-valuemax", String(this.last));
    setAttribute(this.canvas, "aria-valuenow", String(Math.floor(shown)));
    setAttribute(this.canvas, "aria-valuetext", clockText(hub.clockAt(shown)));
    this.#paint(shown);
  }

  #paint(shown) {
    this.#measure();
    if (!this.size || !this.theme) return;
    const { tokens, font } = this.theme;
    const context = this.canvas.getContext("2d");
    context.setTransform(this.size, 0, 0, this.size, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.#paintArea(context, tokens);
    const nowX = this.#x(this.last);
    const end = this.width - 8;
    context.lineWidth = 3;
    context.lineCap = "butt";
    const line = (x0, x1, colour) => {
      context.strokeStyle = colour;
      context.beginPath();
      context.moveTo(x0, BASE);
      context.lineTo(x1, BASE);
      context.stroke();
    };
    line(8, end, tokens.border);
    line(8, nowX, alpha(tokens.primary, this.hub.mode === "live" ? 1 : 0.45));
    if (this.hub.mode !== "live") line(8, this.#x(shown), tokens.primary);
    this.#paintTicks(context, tokens, font);
    const pole = (step, colour) => {
      context.fillStyle = colour;
      context.fillRect(this.#x(step) - 1, BASE - AREA, 2, AREA + 4);
    };
    if (this.gap >= this.first && this.gap > 0) pole(this.gap, tokens.warn);
    if (this.hub.status?.state === "crashed") pole(this.last, tokens.states.fault);
    this.#paintMarks(context, tokens);
    const kinds = new Set(this.hub.events.filter((e) => e.step >= this.first).map((e) => e.kind));
    paintKey(context, kinds, this.theme, 14, 10, this.width - 60);
    const x = this.#x(shown);
    context.strokeStyle = tokens.primary;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, 8);
    context.lineTo(x, BASE);
    context.stroke();
    context.fillStyle = tokens.primary;
    context.strokeStyle = tokens.panel;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, BASE, 7, 0, 7);
    context.fill();
    context.stroke();
  }

  #paintArea(context, tokens) {
    const { activity } = this.hub;
    const { values, from, every } = activity;
    if (values.length < 2) return;
    let most = 1;
    for (const v of values) if (v > most) most = v;
    context.save();
    context.beginPath();
    context.rect(8, 0, this.width - 16, BASE);
    context.clip();
    context.beginPath();
    for (let i = 0; i < values.length; i++) {
      // a short running mean: single steps are noise at this size
      const a = Math.max(0, i - 1);
      const b = Math.min(values.length - 1, i + 1);
      let sum = 0;
      for (let k = a; k <= b; k++) sum += values[k];
      const x = Math.min(this.#x(from + i * every), this.#x(this.last));
      const y = BASE - 2 - (sum / (b - a + 1) / most) * (AREA - 4);
      if (i) context.lineTo(x, y);
      else context.moveTo(x, y);
    }
    context.strokeStyle = alpha(tokens.muted, 0.8);
    context.lineWidth = 1;
    context.stroke();
    context.lineTo(this.#x(Math.min(this.last, from + (values.length - 1) * every)), BASE);
    context.lineTo(this.#x(from), BASE);
    context.closePath();
    context.fillStyle = alpha(tokens.muted, 0.22);
    context.fill();
    context.restore();
  }

  #paintTicks(context, tokens, font) {
    context.font = `11px ${font}`;
    context.fillStyle = tokens.muted;
    context.textBaseline = "alphabetic";
    const { hub } = this;
    const stepS = hub.facts?.step_s ?? 1;
    const seconds = this.length * stepS;
    const unit =
      [15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400].find(
        (u) => (seconds / u) * 76 <= this.width,
      ) ?? 28800;
    const begin = Math.ceil(hub.clockAt(this.first) / unit) * unit;
    for (let at = begin; at <= hub.clockAt(this.last); at += unit) {
      const x = this.#x((at - hub.clockAt(0)) / stepS);
      const text = clockText(at, unit < 60);
      const half = context.measureText(text).width / 2;
      if (x - half < 0 || x + half > this.width) continue;
      context.textAlign = "center";
      context.fillText(text, x, this.height - 3);
    }
  }

  #paintMarks(context, tokens) {
    for (const event of this.hub.events) {
      if (event.step < this.first || event.step > this.last) continue;
      const x = this.#x(event.step);
      context.fillStyle = tokens.panel;
      context.beginPath();
      context.arc(x, BASE, 7.5, 0, 7);
      context.fill();
      paintMark(context, event.kind, tokens, x, BASE);
    }
  }

  #pointer(event) {
    return event.clientX - this.canvas.getBoundingClientRect().left;
  }

  #press(event) {
    if (!this.width || this.last <= this.first) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.dragging = true;
    const x = this.#pointer(event);
    // a press on a mark means the event, to the step
    this.wanted = this.#eventAt(x)?.step ?? this.#stepAt(x);
    this.pressedAt = x;
    this.on.seek(this.wanted, false);
    this.#paint(this.wanted);
  }

  #move(event) {
    if (!this.width) return;
    const x = this.#pointer(event);
    const step = this.#stepAt(x);
    if (this.dragging && Math.abs(x - this.pressedAt) > CLICK_PX && step !== this.wanted) {
      this.pressedAt = Infinity;
      this.wanted = step;
      this.on.seek(step, false);
      this.#paint(step);
    }
    this.#tell(x, step);
  }

  #release() {
    if (!this.dragging) return;
    this.dragging = false;
    const step = this.wanted;
    this.wanted = -1;
    this.on.seek(step, true);
  }

  #leave() {
    this.tip.hidden = true;
  }

  /** The event whose mark is under the pointer, or null. */
  #eventAt(x) {
    let nearest = null;
    let least = REACH_PX;
    for (const event of this.hub.events) {
      const distance = Math.abs(this.#x(event.step) - x);
      if (distance > least || event.step < this.first) continue;
      nearest = event;
      least = distance;
    }
    return nearest;
  }

  /** Say what is under the pointer: an event, else the time. */
  #tell(x, step) {
    const event = this.#eventAt(x);
    setText(
      this.tip,
      event
        ? `${clockText(this.hub.clockAt(event.step))} · ${event.text}`
        : clockText(this.hub.clockAt(step)),
    );
    this.tip.hidden = false;
    const width = this.tip.offsetWidth;
    this.tip.style.left = `${clamp(x - width / 2, 0, Math.max(0, this.width - width))}px`;
  }

  #key(event) {
    const size = event.shiftKey ? 10 : 1;
    const by = { ArrowLeft: -size, ArrowDown: -size, ArrowRight: size, ArrowUp: size }[event.key];
    const here = Math.floor(this.on.place());
    let to = by === undefined ? null : here + by;
    if (event.key === "Home") to = this.first;
    if (event.key === "End") {
      this.on.live();
      event.preventDefault();
      return;
    }
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.on.seek(clamp(to, this.first, this.last), false);
  }

  close() {
    this.observer.disconnect();
  }
}
