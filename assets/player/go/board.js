/** The board card: layers, stones, the keyboard's cursor, and what can be done with a game. */

import { element, saveFile, setAttribute, setText, svg } from "../dom.js";
import { Geometry, Kept, drawStones, drawWood, readStones } from "./goban.js";
import { GRADES, side, vertex } from "./names.js";
import {
  drawCandidates, drawCursor, drawGhost, drawHeat, drawLast, drawNumbers, drawOwnership, drawTried, drawVariation,
} from "./overlays.js";
import { mark } from "./plot.js";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const VARIATION_MOVES = 8;
const SURE_MS = 3000;
const SAID_MS = 7000;
const ORDINALS = ["best", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

const icon = (d) => svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true", class: "nav-icon" }, svg("path", { d }));

export class BoardCard {
  /**
   * @param {import("./view.js").View} view
   * @param {(name: string, arguments?: object) => void} send Gives a command to the game.
   */
  constructor(view, send) {
    this.view = view;
    this.send = send;
    this.facts = null;
    this.theme = null;
    this.geometry = null;
    this.pointer = -1;
    this.cursor = -1;
    this.wood = new Kept();
    this.stonesKept = new Kept();
    this.canvas = element("canvas.board-canvas", { tabindex: "0", role: "application", "aria-roledescription": "Go board" });
    this.g = this.canvas.getContext("2d");
    this.box = element("div.board-box", {}, this.canvas);
    this.spoken = element("div.spoken", { role: "status", "aria-live": "polite" });
    this.status = element("span.board-status");
    this.legend = element("div.board-legend");
    this.notice = element("div.board-notice", { role: "alert", hidden: true });
    this.node = element("section.go-card.board-card", { "aria-label": "Board" },
      this.#bar(), this.box, this.#actions(), this.notice, this.legend, this.spoken);
    this.#listen();
  }

  // ---- building ---------------------------------------------------------------------------

  #bar() {
    this.modes = ["visits", "prior", "both"].map((mode) =>
      element("button.seg-part", { type: "button", onclick: () => this.view.set({ mode, candidates: true }), "data-mode": mode },
        mode[0].toUpperCase() + mode.slice(1)));
    const chips = [["candidates", "Candidates"], ["heat", "Heat map"], ["ownership", "Ownership"], ["numbers", "Numbers"]];
    this.chips = chips.map(([name, label]) =>
      element("button.go-chip", { type: "button", "data-layer": name, onclick: () => this.view.set({ [name]: !this.view[name] }) },
        element("span.tick"), label));
    return element("div.go-bar", {},
      element("div.seg", { role: "group", "aria-label": "What the discs show" }, ...this.modes),
      element("span.grow"), ...this.chips);
  }

  #actions() {
    // an icon is named for who cannot see it; a word names its button itself
    const button = (label, title, act, bare = false) =>
      element(bare ? "button.go-button.icon" : "button.go-button", { type: "button", title, ...(bare && { "aria-label": title }), onclick: act }, label);
    this.nav = [
      button(icon("M3 2v10M11 2L5 7l6 5z"), "First position", () => this.#walk(-Infinity), true),
      button(icon("M10 2L4 7l6 5z"), "One move back (key ,)", () => this.#walk(-1), true),
      button(icon("M4 2l6 5-6 5z"), "One move on (key .)", () => this.#walk(1), true),
      button(icon("M11 2v10M3 2l6 5-6 5z"), "Last position", () => this.#walk(Infinity), true),
    ];
    this.resign = button("Resign", "Resign for the side to move", () => this.#resign());
    this.whatIf = button("What if", "Try moves for both sides; the players wait", () =>
      this.send("what_if", { on: this.facts?.mode !== "what_if" }));
    this.passing = button("Pass", "Pass (key P)", () => this.send("pass"));
    this.undoing = button("Undo", "Take back (key Backspace)", () => this.send("undo"));
    return element("div.board-actions", {}, this.status, element("span.grow"),
      ...this.nav, this.passing, this.undoing, this.resign, this.whatIf);
  }

  #listen() {
    const { canvas } = this;
    const point = (event) => this.geometry?.at(event.offsetX, event.offsetY) ?? -1;
    canvas.addEventListener("pointermove", (event) => this.#point(point(event)));
    canvas.addEventListener("pointerleave", () => this.#point(-1));
    canvas.addEventListener("click", (event) => {
      const p = point(event);
      if (p >= 0) this.#play(p);
    });
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => {
      // a click focuses too: the cursor is for those who came by the keyboard
      if (canvas.matches(":focus-visible")) this.#move(this.cursor < 0 ? this.#centre() : this.cursor);
    });
    canvas.addEventListener("blur", () => {
      this.cursor = -1;
      this.view.set({ hover: -1 });
      this.draw();
    });
  }

  // ---- hands ------------------------------------------------------------------------------

  #centre() {
    const n = this.facts?.size ?? 9;
    return Math.floor(n / 2) * n + Math.floor(n / 2);
  }

  #point(p) {
    if (p === this.pointer) return;
    this.pointer = p;
    this.#hover(p);
  }

  #hover(p) {
    const known = p >= 0 && this.facts?.candidates?.some((c) => c.point === p);
    this.view.set({ hover: known ? p : -1 });
    this.draw();
  }

  #play(p) {
    this.send("play", { point: p });
    this.pointer = -1; // the stone that is about to appear must not be hidden by a variation
    this.view.set({ hover: -1 });
  }

  #move(p) {
    this.cursor = p;
    this.#hover(p);
    setText(this.spoken, this.describe(p));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.facts) return;
    const n = this.facts.size;
    const { key } = event;
    if (key in ARROWS) {
      const at = this.cursor < 0 ? this.#centre() : this.cursor;
      const [down, right] = ARROWS[key];
      const row = Math.max(0, Math.min(n - 1, Math.floor(at / n) + down));
      const column = Math.max(0, Math.min(n - 1, (at % n) + right));
      this.#move(this.cursor < 0 ? at : row * n + column);
    } else if (key === "Enter" && this.cursor >= 0) this.#play(this.cursor);
    else if (key === "p" || key === "P") this.send("pass");
    else if (key === "Backspace") this.send("undo");
    else if (key === ",") this.#walk(-1);
    else if (key === ".") this.#walk(1);
    else if (key === "Delete") this.send("delete");
    else if (key === "Home") this.#walk(-Infinity);
    else if (key === "End") this.#walk(Infinity);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #walk(by) {
    const line = this.facts?.line;
    if (!line) return;
    const to = Math.max(0, Math.min(line.nodes.length - 1, line.here + by));
    if (to !== line.here) this.send("goto", { node: line.nodes[to] });
  }

  #resign() {
    if (this.resign.dataset.sure) {
      this.send("resign");
      this.#calm();
      return;
    }
    this.resign.dataset.sure = "yes";
    setText(this.resign, "Sure?");
    this.calmer = setTimeout(() => this.#calm(), SURE_MS);
  }

  #calm() {
    clearTimeout(this.calmer);
    delete this.resign.dataset.sure;
    setText(this.resign, "Resign");
  }

  // ---- words ------------------------------------------------------------------------------

  /** A point in words, for who listens. */
  describe(p) {
    const { facts } = this;
    const stone = this.stones[p];
    const name = vertex(p, facts.size);
    if (stone) return `${name}, ${side(stone).toLowerCase()} stone${p === facts.last ? ", last move" : ""}`;
    const rank = facts.candidates.findIndex((c) => c.point === p);
    if (rank < 0) return facts.legal[p] === "1" ? `${name}, empty` : `${name}, empty, not allowed`;
    const c = facts.candidates[rank];
    return `${name}, empty, ${ORDINALS[rank] ?? `${rank + 1}th`} candidate, ${(c.win * 100).toFixed(0)} % to win, ${c.visits} visits`;
  }

  /** Show what the game answered, for a while. */
  say(text, bad) {
    this.said = { text, bad };
    clearTimeout(this.sayer);
    this.sayer = setTimeout(() => {
      this.said = null;
      this.#words();
    }, SAID_MS);
    this.#words();
  }

  #words() {
    const { facts } = this;
    if (!facts) return;
    const warning = facts.teach?.warning;
    const said = this.said ?? (facts.problem ? { text: facts.problem, bad: true } : null);
    const key = JSON.stringify([warning, said, facts.children?.length > 1 && facts.children]);
    if (key === this.wordsKey) return;
    this.wordsKey = key;
    const tried = facts.children ?? [];
    this.notice.hidden = !(warning || said || tried.length > 1);
    this.legend.hidden = !this.notice.hidden;
    this.notice.dataset.tone = warning || said?.bad ? "bad" : "plain";
    const colour = this.theme.tokens.marks;
    if (warning) {
      this.notice.replaceChildren(mark("down", colour.vermilion), element("span.words", {}, warning.text),
        element("button.go-button.primary", { type: "button", onclick: () => this.send("undo") }, "Take back"),
        element("button.go-button", { type: "button", onclick: () => this.send("play_on") }, "Play on"));
    } else if (said) {
      this.notice.replaceChildren(mark(said.bad ? "down" : "circle", said.bad ? colour.vermilion : colour.green),
        element("span.words", {}, said.text));
    } else if (tried.length > 1) {
      this.notice.replaceChildren(element("span.muted", {}, "Tried from here"),
        ...tried.slice(0, 8).map((child, i) => element("button.go-button", {
          type: "button", onclick: () => this.send("goto", { node: child.node }),
        }, `${child.move === null ? "setup" : vertex(child.move, facts.size)}${i === 0 ? " (main)" : ""}`)));
    }
  }

  // ---- picture ----------------------------------------------------------------------------

  /** @param {object} facts Snapshot. @param {import("../theme.js").Theme} theme */
  show(facts, theme) {
    if (theme.name !== this.theme?.name) this.#legend(theme);
    this.facts = facts;
    this.theme = theme;
    if (facts.stones !== this.text) {
      this.text = facts.stones;
      this.stones = readStones(facts.stones);
      setText(this.spoken, facts.last >= 0
        ? `${side(-facts.to_play)} played ${vertex(facts.last, facts.size)}. ${facts.phase.text}` : facts.phase.text);
    }
    this.#words();
    setText(this.status, facts.phase.text);
    setAttribute(this.canvas, "aria-label",
      `${facts.size} by ${facts.size}, move ${facts.number}, ${side(facts.to_play)} to move. Arrow keys move the cursor, Enter plays.`);
    const { nodes, here } = facts.line;
    this.nav.forEach((b, i) => { b.disabled = i < 2 ? here === 0 : here === nodes.length - 1; });
    this.passing.disabled = this.resign.disabled = facts.over;
    this.undoing.disabled = facts.number === 0 && !facts.over;
    setAttribute(this.whatIf, "aria-pressed", String(facts.mode === "what_if"));
    this.draw();
  }

  #legend(theme) {
    const { marks, muted } = theme.tokens;
    this.legend.replaceChildren(
      ...GRADES.map((grade) => element("span.legend-item", {}, mark(grade.shape, marks[grade.mark]), grade.text)),
      element("span.legend-item", {}, mark("line", muted), "arc = visits, tick = prior"));
    this.wordsKey = null;
  }

  /** Draw the layers that are wanted; wood and stones are copied. */
  draw() {
    const { facts, theme, view, canvas } = this;
    if (!facts || !theme) return;
    const room = Math.floor(Math.min(this.box.clientWidth, this.box.clientHeight || Infinity));
    if (room < 40) return;
    const scale = Math.max(1, devicePixelRatio);
    if (this.geometry?.side !== room || this.geometry.size !== facts.size || this.scale !== scale) {
      this.geometry = new Geometry(facts.size, room);
      this.scale = scale;
      canvas.width = canvas.height = Math.round(room * scale);
      canvas.style.width = canvas.style.height = `${room}px`;
    }
    for (const button of this.modes) setAttribute(button, "aria-pressed", String(view.mode === button.dataset.mode));
    for (const chip of this.chips) setAttribute(chip, "aria-pressed", String(view[chip.dataset.layer]));
    const { g, geometry, stones } = this;
    const dress = `${theme.name} ${facts.size} ${room} ${scale}`;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, canvas.width, canvas.height);
    g.drawImage(this.wood.get(dress, room, scale, (on) => drawWood(on, geometry, theme)), 0, 0);
    g.setTransform(scale, 0, 0, scale, 0, 0);
    const owner = view.ownership && facts.ownership ? facts.ownership.map((v) => v / 100) : null;
    if (owner) drawOwnership(g, geometry, theme, stones, owner, false);
    if (view.heat) drawHeat(g, geometry, theme, stones, this.#shares()); // covers ownership: its numbers must be read
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.drawImage(this.stonesKept.get(`${dress} ${facts.stones}`, room, scale, (on) => drawStones(on, geometry, stones)), 0, 0);
    g.setTransform(scale, 0, 0, scale, 0, 0);
    if (owner) drawOwnership(g, geometry, theme, stones, owner, true);
    const shown = view.hover >= 0 && facts.candidates.find((c) => c.point === view.hover);
    // two sets of numbers at once cannot be told apart
    if (view.numbers && !shown) drawNumbers(g, geometry, theme, stones, this.#numbers());
    else drawLast(g, geometry, theme, stones, facts.last);
    if (shown) drawVariation(g, geometry, theme, shown.line.slice(0, VARIATION_MOVES), facts.to_play);
    else {
      if ((facts.children ?? []).length > 1) drawTried(g, geometry, theme, facts.children);
      if (view.candidates) drawCandidates(g, geometry, theme, facts.candidates, view.mode);
      const over = this.pointer;
      if (over >= 0 && facts.legal[over] === "1") drawGhost(g, geometry, over, facts.to_play);
    }
    if (this.cursor >= 0) drawCursor(g, geometry, theme, this.cursor);
  }

  #shares() {
    const { facts, view } = this;
    if (view.mode === "prior") return (facts.policy ?? []).map((v) => v / 1000);
    const shares = new Float32Array(facts.stones.length + 1);
    for (const c of facts.candidates) shares[c.point] = c.share;
    return shares;
  }

  #numbers() {
    const { line } = this.facts;
    const out = new Map();
    for (let i = 1; i <= line.here; i += 1) if (line.moves[i] !== null) out.set(line.moves[i], line.numbers[i]);
    return out;
  }

  /** Place of a point on the canvas, for tests. */
  where(p) {
    return this.geometry && { x: this.geometry.x(p), y: this.geometry.y(p) };
  }

  /** The board as a PNG file. */
  save() {
    this.canvas.toBlob((blob) => saveFile(`go-move-${this.facts.number}.png`, blob));
  }
}
