/** The moves that cost most, with a way to each, and the review that finds them. */

import { element, setText } from "../dom.js";
import { side, signed, vertex } from "./names.js";
import { mark } from "./plot.js";

const HEAD_PX = 70;
const ROW_PX = 31;

export class Mistakes {
  constructor(view, send) {
    this.send = send;
    this.note = element("span.muted");
    this.button = element("button.go-button", { type: "button", onclick: () => this.send(this.facts?.review ? "stop_review" : "review") });
    this.body = element("tbody");
    this.empty = element("p.go-empty");
    this.bar = element("i");
    this.node = element("section.go-card.mistakes-card", { "aria-label": "Biggest mistakes" },
      element("header", {}, element("h2", {}, "Biggest mistakes"), this.note, element("span.grow"), this.button),
      element("div.review-progress", {}, this.bar),
      element("table", {}, element("thead", {}, element("tr", {},
        ...[["Move", ""], ["Played", ""], ["Best", ""], ["Lost", "num"], ["Win-rate", "num"], ["", ""]].map(([t, k]) => element(k ? `th.${k}` : "th", { scope: "col" }, t)))), this.body),
      this.empty);
  }

  show(facts, theme) {
    this.facts = facts;
    const { mistakes, review, line, size } = facts;
    const rows = Math.max(1, Math.floor((this.node.clientHeight - HEAD_PX) / ROW_PX));
    const key = JSON.stringify([mistakes, review, rows, theme.name, line.nodes.length, line.known]);
    if (key === this.key) return;
    this.key = key;
    setText(this.button, review ? "Stop" : "Review the game");
    this.button.disabled = !review && line.nodes.length < 2;
    setText(this.note, review ? `move ${review.done} of ${review.of}` : `${line.known} of ${line.nodes.length - 1}`);
    this.bar.style.transform = `scaleX(${review ? review.done / Math.max(1, review.of) : 0})`;
    const { text } = theme.tokens;
    this.body.replaceChildren(...mistakes.slice(0, rows).map((m) => element("tr", {},
      element("td", {}, element("span.with-mark", {}, mark(m.colour > 0 ? "circle" : "ring", text), String(m.number))),
      element("td", {}, vertex(m.played, size)), element("td", {}, m.best < 0 ? "—" : vertex(m.best, size)),
      element("td.num.strong", {}, m.points.toFixed(1)), element("td.num", {}, `${signed(m.win * 100, 0)} %`),
      element("td.num", {}, element("button.go-link", {
        type: "button", "aria-label": `Show move ${m.number}, ${side(m.colour)} ${vertex(m.played, size)}`, onclick: () => this.send("goto", { node: m.parent }),
      }, "Show")))));
    this.empty.hidden = mistakes.length > 0;
    setText(this.empty, line.nodes.length < 2 ? "Play or open a game; the moves that lost most points are listed here."
      : line.known < line.nodes.length - 1 ? "Review the game to have every move judged."
        : "No move lost half a point or more.");
  }
}
