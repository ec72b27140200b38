/** What the car means to do and why, or what is known of the object that was chosen. */

import { element, fillList, setText } from "../dom.js";
import { CLASSES, LAMPS, STATES, kmh } from "./names.js";

const ARROWS = { cruise: "M10 17V3M5 8l5-5 5 5", follow: "M10 17V9M6 12l4-4 4 4M5 3h10", stop: "M6 3h8l4 4v6l-4 4H6l-4-4V7z", yield: "M2 4h16l-8 13z" };
const LEFT = "M15 17v-4a4 4 0 0 0-4-4H4M8 5L4 9l4 4";
const RIGHT = "M5 17v-4a4 4 0 0 1 4-4h7M12 5l4 4-4 4";

export class DecisionCard {
  /**
   * @param {import("./view.js").Wish} wish
   * @param {(box: object) => void} explain Ask why a box was found.
   */
  constructor(wish, explain) {
    this.wish = wish;
    this.title = element("h2");
    this.since = element("span.muted");
    this.icon = element("span.verb-icon");
    this.verb = element("b");
    this.why = element("p.why-text");
    this.options = element("div.options");
    this.facts = element("dl.object-facts");
    this.explain = element("button.pc-button", { type: "button", onclick: () => explain(this.wish.box) }, "Explain this box");
    this.clear = element("button.pc-button", { type: "button", onclick: () => wish.set({ selected: -1, box: null }) }, "Back");
    this.actions = element("div.card-actions", {}, this.explain, this.clear);
    this.node = element("section.pc-card.decision-card", { "aria-label": "Decision" }, element("header", {}, this.title, element("span.grow"), this.since),
      element("div.card-body", {}, element("div.verb", {}, this.icon, this.verb), this.why, this.options, this.facts, this.actions));
  }

  show(picture, theme, facts) {
    if (!picture) {
      setText(this.title, "Decision");
      setText(this.why, "What the car decides, with the options and their cost, appears here when it drives.");
      this.actions.hidden = true;
      return;
    }
    const chosen = this.wish.selected >= 0 || this.wish.box;
    this.options.hidden = Boolean(chosen);
    this.facts.hidden = this.actions.hidden = !chosen;
    if (chosen) this.#object(facts);
    else this.#decision(facts);
  }

  #decision({ decision, manual }) {
    const side = decision.side > 0 ? " left" : decision.side < 0 ? " right" : "";
    const state = STATES[manual ? "manual" : decision.state];
    setText(this.title, "Decision");
    setText(this.since, manual ? "" : `for ${decision.since.toFixed(1)} s`);
    setText(this.verb, (state?.label ?? decision.state) + (manual ? "" : side));
    this.#draw(decision.side > 0 ? LEFT : decision.side < 0 ? RIGHT : ARROWS[decision.state] ?? ARROWS.cruise);
    setText(this.why, manual ? `The planner would: ${decision.state}. ${decision.why}` : decision.why);
    const costs = decision.options.filter((o) => !o.collides).map((o) => o.cost);
    const most = Math.max(0.01, ...costs.map(Math.abs));
    fillList(this.options, decision.options, () => element("div.option", {}, element("span"), element("b"), element("i.bar", {}, element("i"))), (node, option, i = [...this.options.children].indexOf(node)) => {
      setText(node.children[0], option.name);
      setText(node.children[1], option.collides ? "collides" : option.cost.toFixed(2));
      node.dataset.tone = option.collides ? "bad" : i === 0 ? "best" : "plain";
      node.lastChild.firstChild.style.transform = `scaleX(${option.collides ? 1 : Math.min(1, Math.abs(option.cost) / most)})`;
    });
  }

  #draw(path) {
    if (this.drawn === path) return;
    this.drawn = path;
    this.icon.innerHTML = path ? `<svg viewBox="0 0 20 20" width="20" height="20"><path d="${path}"/></svg>` : "";
  }

  #object(facts) {
    const track = facts.tracks.find((t) => t.id === this.wish.selected);
    const now = this.#boxNow(facts);
    const row = now?.row ?? this.wish.box?.row;
    const cls = track?.cls ?? row?.[4];
    if (cls === undefined) {
      setText(this.title, "Object");
      setText(this.why, "It is out of sight.");
      fillList(this.facts, [], () => element("div"), () => {});
      return;
    }
    setText(this.title, track ? `Track ${track.id}` : "Detection");
    setText(this.since, track?.missed ? `not seen for ${(track.missed / 10).toFixed(1)} s` : "");
    setText(this.verb, CLASSES[cls].name.replace(/^./, (c) => c.toUpperCase()));
    this.#draw("");
    setText(this.why, "");
    const rows = [];
    if (row) rows.push(["Confidence", `${row[5]} %`], ["Distance", `${(row[6] / 10).toFixed(1)} m`]);
    if (track) {
      rows.push(["Speed", `${kmh(track.speed)} km/h`], ["Size", `${(track.size[0] / 100).toFixed(1)} × ${(track.size[1] / 100).toFixed(1)} × ${(track.size[2] / 100).toFixed(1)} m`],
        ["Place ± σ", `${track.sigma.toFixed(2)} m`], ["Sightings", String(track.seen)]);
      if (track.paths.length) rows.push(["Ways, %", track.paths.slice(0, 3).map((p) => p[0]).join(" · ")]);
    }
    if (row?.[8]) rows.push(["Shows", LAMPS[row[8]]]);
    fillList(this.facts, rows, () => element("div", {}, element("dt"), element("dd")), (node, [name, value]) => {
      setText(node.firstChild, name);
      setText(node.lastChild, value);
    });
    this.explain.disabled = !now || facts.explain?.state === "working";
    this.explain.title = now ? "Integrated gradients over the picture; takes seconds" : "The box is not in this picture";
  }

  /** The chosen box in the present picture: the same track in the same view, else in any. */
  #boxNow(facts) {
    const { box, selected } = this.wish;
    let now = null;
    if (box && box.step === facts.step) now = { ...box, row: facts.views[box.view].boxes[box.box] };
    else if (selected >= 0) {
      const views = box ? [box.view, ...facts.views.keys()] : [...facts.views.keys()];
      for (const view of views) {
        const at = facts.views[view].boxes.findIndex((b) => b[7] === selected);
        if (at >= 0) {
          now = { view, box: at, step: facts.step, row: facts.views[view].boxes[at] };
          break;
        }
      }
    }
    if (now) this.wish.box = now;
    return now;
  }
}
