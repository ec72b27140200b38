/** The last minute, or ten: decisions as bands, time to collision, events; dragging looks back. */

import { element, setText, svg } from "../dom.js";
import { STATES } from "./names.js";

const HEIGHT = 104;
const LEFT = 66;
const RIGHT = 18;
const BAND_Y = 8;
const TTC_Y = [36, 66];
const TTC_MAX_S = 8;
const LIMIT_S = 0.95;
const EVENT_Y = 79;
/** Steps shown, minutes between the ticks of the axis and where the figures are, for each length. */
const SPANS = { "1 min": { steps: 600, every: 150, figures: "minute" }, "10 min": { steps: 6000, every: 1500, figures: "past" } };
export const MARKS = {
  brake: ["hard brake", "M0-5L5 0L0 5L-5 0z", "vermilion"], infraction: ["infraction", "M-4-2.5L-2.5-4L0-1.5L2.5-4L4-2.5L1.5 0L4 2.5L2.5 4L0 1.5L-2.5 4L-4 2.5L-1.5 0z", "vermilion"],
  trigger: ["trigger", "M0-4.5L4.4 4H-4.4z", "orange"], camera: ["camera", "M-4-4h8v8h-8z", "purple"], wheel: ["wheel", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0zM-2 0a2 2 0 1 1 4 0a2 2 0 1 1-4 0z", "green"],
  arrived: ["drive over", "M-1.2-5h2.4v10h-2.4z", "blue"], stuck: ["stuck", "M-1.2-5h2.4v10h-2.4z", "vermilion"], drive: ["new drive", "M-1.2-5h2.4v10h-2.4z", "blue"],
  kept: ["kept", "M0-5L1.5-1.6L5-1.5L2.3.8L3.1 4.4L0 2.4L-3.1 4.4L-2.3.8L-5-1.5L-1.5-1.6z", "green"], model: ["network", "M0-5L5 0L0 5L-5 0z", "purple"], setting: ["setting", "M0-4L4 0L0 4L-4 0z", "blue"],
};
const LEGEND = ["cruise", "follow", "yield", "stop", "change lane"];

export class Timeline {
  /** @param {(step: number) => void} seek @param {() => void} live */
  constructor(seek, live) {
    this.seek = seek;
    this.back = element("button.pc-button", { type: "button", hidden: true, onclick: live }, "Back to live");
    this.legend = element("span.pc-legend");
    this.length = "1 min";
    this.lengths = Object.keys(SPANS).map((name) => element("button.pc-button", { type: "button", onclick: () => this.#choose(name) }, name));
    this.svg = svg("svg", { height: HEIGHT, width: "100%", role: "slider", tabindex: "0", "aria-label": "Timeline" });
    this.note = element("div.timeline-note", { hidden: true });
    this.box = element("div.timeline-box", {}, this.svg, this.note);
    this.node = element("section.pc-card.timeline-card", { "aria-label": "Timeline" }, element("header", {}, element("h2", {}, "Timeline"),
      element("span.muted", {}, "drag to look back"), element("span.pc-choice", { role: "group", "aria-label": "Length of the timeline" }, ...this.lengths), this.back, element("span.grow"), this.legend), this.box);
    this.span = [0, SPANS[this.length].steps];
    this.#choose(this.length);
    this.svg.addEventListener("pointerdown", (event) => {
      this.svg.setPointerCapture(event.pointerId);
      const near = this.#near(event);
      if (near && near.step >= this.first) this.seek((this.asked = near.step));
      else this.#drag(event);
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) this.#drag(event);
      this.#hover(event);
    });
    this.svg.addEventListener("pointerleave", () => (this.note.hidden = true));
    this.svg.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -10, ArrowRight: 10, PageUp: -100, PageDown: 100 }[event.key];
      if (!move) return;
      event.preventDefault();
      this.seek(Math.max(this.first, Math.min(this.last, (this.place ?? this.last) + move)));
    });
  }

  #choose(name) {
    this.length = name;
    for (const button of this.lengths) button.setAttribute("aria-pressed", String(button.textContent === name));
    if (this.drawn) this.show(...this.drawn);
  }

  #x(step) {
    return LEFT + ((step - this.span[0]) / (this.span[1] - this.span[0])) * (this.width - LEFT - RIGHT);
  }

  #step(event) {
    const { left } = this.svg.getBoundingClientRect();
    return Math.round(this.span[0] + ((event.clientX - left - LEFT) / (this.width - LEFT - RIGHT)) * (this.span[1] - this.span[0]));
  }

  #drag(event) {
    const step = Math.max(this.first, Math.min(this.last, this.#step(event)));
    if (step !== this.asked) this.seek((this.asked = step));
  }

  /** The newest event whose mark is under the pointer. */
  #near(event) {
    const { left, top } = this.svg.getBoundingClientRect();
    const x = event.clientX - left;
    if (Math.abs(event.clientY - top - EVENT_Y) > 14) return undefined;
    return (this.events ?? []).filter((e) => MARKS[e.kind] && e.step >= this.span[0] && Math.abs(this.#x(e.step) - x) < 7).at(-1);
  }

  #hover(event) {
    const near = this.#near(event);
    this.svg.style.cursor = near ? "pointer" : "";
    this.note.hidden = !near;
    if (!near) return;
    setText(this.note, near.text);
    const { left } = this.svg.getBoundingClientRect();
    this.note.style.left = `${Math.max(4, Math.min(this.width - this.note.offsetWidth - 4, event.clientX - left - this.note.offsetWidth / 2))}px`;
  }

  /**
   * @param {object} hub @param {?number} shown Step of the picture. @param {object} theme
   */
  show(hub, shown, theme) {
    this.drawn = [hub, shown, theme];
    const { steps, every, figures } = SPANS[this.length];
    const known = hub.summary?.[figures];
    this.width = this.box.clientWidth;
    if (!this.width) return;
    const now = hub.status?.step ?? known?.step?.at(-1) ?? 0;
    this.first = hub.status?.first ?? 0;
    this.last = hub.status?.last ?? now;
    this.place = shown;
    this.events = hub.events;
    this.back.hidden = hub.mode !== "replay";
    const end = Math.max(now, steps);
    this.span = [end - steps, end];
    const marks = theme.tokens.marks;
    let out = "";
    for (const [y, text] of [[24, "Decision"], [56, "TTC"], [83, "Events"]]) out += `<text class="axis" x="12" y="${y - 2}">${text}</text>`;
    if (known?.step?.length) out += this.#bands(known, marks) + this.#ttc(known);
    for (const event of hub.events) {
      const mark = MARKS[event.kind];
      if (!mark || event.step < this.span[0]) continue;
      out += `<path transform="translate(${this.#x(event.step).toFixed(1)} ${EVENT_Y})" d="${mark[1]}" fill="${marks[mark[2]]}" fill-rule="evenodd"/>`;
    }
    for (let s = 0; s <= steps; s += every) {
      const ago = steps > 600 ? `−${s / 600} min` : `−${s / 10} s`;
      out += `<text class="axis" x="${this.#x(end - s).toFixed(1)}" y="${HEIGHT - 3}" text-anchor="${s ? "middle" : "end"}">${s ? ago : "now"}</text>`;
    }
    const kept = this.#x(Math.max(this.span[0], this.first));
    if (kept > LEFT + 2) out += `<rect x="${LEFT}" y="4" width="${(kept - LEFT).toFixed(1)}" height="84" fill="${theme.tokens.panel}" opacity=".55"/>`;
    if (shown !== null && shown !== undefined) out += `<path class="head" d="M${this.#x(shown).toFixed(1)} 4V88"/>`;
    this.svg.innerHTML = out;
    this.svg.setAttribute("aria-valuemin", this.first);
    this.svg.setAttribute("aria-valuemax", this.last);
    this.svg.setAttribute("aria-valuenow", shown ?? now);
    if (this.themed !== theme.name) {
      this.themed = theme.name;
      this.legend.replaceChildren(...LEGEND.map((state) => element("span", {}, element("i.sq", { style: `background:${marks[STATES[state].token]}` }), state)),
        ...["trigger", "brake", "infraction", "camera"].map((kind) => {
          const node = element("span", {});
          node.innerHTML = `<svg viewBox="-6 -6 12 12" class="mark"><path d="${MARKS[kind][1]}" fill="${marks[MARKS[kind][2]]}"/></svg>${MARKS[kind][0]}`;
          return node;
        }));
    }
  }

  #bands({ step, state }, marks) {
    let out = "";
    const wide = SPANS[this.length].steps / 30; // a longer pause between points is a gap
    for (let i = 0; i < step.length;) {
      let j = i;
      while (j + 1 < step.length && state[j + 1] === state[i] && step[j + 1] - step[j] <= wide) j += 1;
      const from = Math.max(this.span[0], step[i]);
      const to = step[j] + 2;
      if (to > this.span[0]) {
        const [x, w] = [this.#x(from) + 0.5, Math.max(1.5, this.#x(to) - this.#x(from) - 1)];
        const colour = marks[STATES[state[i]]?.token ?? "blue"];
        out += `<rect x="${x.toFixed(1)}" y="${BAND_Y}" width="${w.toFixed(1)}" height="18" rx="${Math.min(4, w / 2)}" fill="${colour}" fill-opacity=".32"/><rect x="${x.toFixed(1)}" y="${BAND_Y}" width="${Math.min(4, w).toFixed(1)}" height="18" rx="1.5" fill="${colour}"/>`;
        if (w > 9 * state[i].length) out += `<text class="label" x="${(x + 10).toFixed(1)}" y="21">${state[i] === "manual" ? "you" : state[i]}</text>`;
      }
      i = j + 1;
    }
    return out;
  }

  #ttc({ step, ttc }) {
    const y = (v) => TTC_Y[1] - (Math.min(v, TTC_MAX_S) / TTC_MAX_S) * (TTC_Y[1] - TTC_Y[0]);
    let line = "";
    let pen = false;
    step.forEach((s, i) => {
      if (ttc[i] === null || s < this.span[0]) {
        pen = false;
        return;
      }
      line += `${pen ? "L" : "M"}${this.#x(s).toFixed(1)} ${y(ttc[i]).toFixed(1)}`;
      pen = true;
    });
    return `<path class="limit" d="M${LEFT} ${y(LIMIT_S)}H${this.width - RIGHT}"/><text class="axis" x="${LEFT - 4}" y="${y(LIMIT_S) + 3}" text-anchor="end">0.95</text><path class="ttc" d="${line}"/>`;
  }
}
