/** The table of candidate moves; a row under the pointer shows its variation on the board. */

import { element, grouped, setAttribute, setText, svg } from "../dom.js";
import { GRADES, side, signed, vertex } from "./names.js";
import { mark } from "./plot.js";

const ROWS = 10;
const CHROME_PX = 92;
const ROW_PX = 33;
const BAR_PX = 64;
const SHOWN_MOVES = 6;
const HEADS = [["Move", ""], ["Visits", "num"], ["Share", ""], ["Q", "num"], ["Prior", "num"], ["Score", "num"], ["Variation", ""]];

export class CandidateTable {
  constructor(view, send) {
    this.view = view;
    this.send = send;
    this.note = element("span.muted");
    this.badge = element("span.badge");
    this.foot = element("p.go-foot");
    this.body = element("tbody");
    this.rows = Array.from({ length: ROWS }, () => this.#row());
    this.empty = element("p.go-empty");
    this.node = element("section.go-card.candidates-card", { "aria-label": "Candidates" },
      element("header", {}, element("h2", {}, "Candidates"), this.note, element("span.grow"), this.badge),
      element("table", {}, element("thead", {}, element("tr", {}, ...HEADS.map(([text, kind]) => element(kind ? `th.${kind}` : "th", { scope: "col" }, text)))), this.body),
      this.empty, this.foot);
  }

  #row() {
    const bar = svg("rect", { x: 0, y: 3, height: 8, rx: 2 });
    const tick = svg("path", { class: "tick-line", "stroke-width": 1.6 });
    const cells = Array.from({ length: HEADS.length }, (_, i) => element(HEADS[i][1] ? `td.${HEADS[i][1]}` : "td"));
    const name = element("button.move-name", { type: "button" });
    cells[0].append(name);
    cells[2].append(svg("svg", { width: BAR_PX, height: 14, "aria-hidden": "true" },
      svg("rect", { x: 0, y: 3, width: BAR_PX, height: 8, rx: 2, class: "track" }), bar, tick));
    const node = element("tr", {}, ...cells);
    const row = { node, cells, bar, tick, name, point: -1 };
    node.addEventListener("pointerenter", () => this.view.set({ hover: row.point }));
    node.addEventListener("pointerleave", () => this.view.set({ hover: -1 }));
    name.addEventListener("focus", () => this.view.set({ hover: row.point }));
    name.addEventListener("blur", () => this.view.set({ hover: -1 }));
    name.addEventListener("click", () => this.send("play", { point: row.point }));
    return row;
  }

  show(facts, theme) {
    const { candidates, rest, size } = facts;
    const { marks } = theme.tokens;
    setText(this.note, facts.over ? `after move ${facts.number}` : `${side(facts.to_play)} to move · move ${facts.number + 1}`);
    const best = candidates[0];
    setText(this.badge, best ? `${vertex(best.point, size)} ${(best.win * 100).toFixed(1)} %` : "");
    this.badge.hidden = !best;
    this.empty.hidden = candidates.length > 0;
    setText(this.empty, facts.over ? "The game is over: there is no move to weigh."
      : "The moves that the search weighs appear here as soon as it thinks: press Run.");
    const room = Math.max(1, Math.floor((this.node.clientHeight - CHROME_PX) / ROW_PX));
    const shown = Math.min(ROWS, room, candidates.length);
    if (this.body.childElementCount !== shown) this.body.replaceChildren(...this.rows.slice(0, shown).map((r) => r.node));
    for (let i = 0; i < shown; i += 1) {
      const c = candidates[i];
      const row = this.rows[i];
      const grade = GRADES[c.grade];
      row.point = c.point;
      const key = `${c.grade} ${c.point} ${theme.name}`;
      if (row.key !== key) {
        row.key = key;
        row.name.replaceChildren(mark(grade.shape, marks[grade.mark], i ? 9 : 11), vertex(c.point, size));
        setAttribute(row.name, "aria-label", `Play ${vertex(c.point, size)}, ${grade.text}`);
        setAttribute(row.bar, "fill", marks[grade.mark]);
      }
      setText(row.cells[1], grouped(c.visits));
      setAttribute(row.bar, "width", String(Math.max(1.5, BAR_PX * c.share)));
      setAttribute(row.tick, "d", `M${(BAR_PX * c.prior).toFixed(1)} 0v14`);
      setText(row.cells[3], signed(c.q, 2));
      setText(row.cells[4], (c.prior * 100).toFixed(1));
      setText(row.cells[5], signed(c.score, 1));
      setText(row.cells[6], c.line.slice(0, SHOWN_MOVES).map((p) => vertex(p, size)).join(" "));
      row.node.classList.toggle("on", this.view.hover >= 0 ? this.view.hover === c.point : i === 0);
    }
    const more = candidates.length - shown + rest.moves;
    const visits = candidates.slice(shown).reduce((sum, c) => sum + c.visits, rest.visits);
    setText(this.foot, candidates.length
      ? `${more > 0 ? `${more} more with ${grouped(visits)} visits · ` : ""}Q, prior % and score for the side to move` : "");
  }

  /** The table as CSV. */
  csv(facts) {
    const head = "move,visits,share,q,win,prior,score,points_lost,variation";
    return [head, ...facts.candidates.map((c) => [
      vertex(c.point, facts.size), c.visits, c.share, c.q, c.win, c.prior, c.score, c.lost,
      c.line.map((p) => vertex(p, facts.size)).join(" ")].join(","))].join("\n");
  }
}
