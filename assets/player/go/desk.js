/** The Go page's desk: one session with the run, and every card that shows what it says. */

import { Desk } from "../desk.js";
import { element, grouped, saveFile } from "../dom.js";
import { mounting } from "../mounting.js";
import { loadSheet } from "../sheet.js";
import { BoardCard } from "./board.js";
import { CandidateTable } from "./candidates.js";
import { GrowthChart, LossChart, PriorChart } from "./charts.js";
import { WinGraph } from "./graph.js";
import { Mistakes } from "./mistakes.js";
import { TreeCard } from "./tree.js";
import { Growth, View } from "./view.js";

/** Commands whose answer is seen on the board and need not be said. */
const SILENT = ["play", "pass", "undo", "goto", "explore", "what_if", "play_on"];

const sheet = await loadSheet(new URL("desk.css", import.meta.url));

class GoDesk extends Desk {
  constructor(parent, data, trigger) {
    super(parent, "go", SILENT);
    this.view = new View();
    this.growth = new Growth();
    this.draws = 0;
    this.board = new BoardCard(this.view, this.send);
    this.table = new CandidateTable(this.view, this.send);
    this.tree = new TreeCard(this.view, this.send);
    this.graph = new WinGraph(this.view, this.send);
    this.mistakes = new Mistakes(this.view, this.send);
    this.shares = new GrowthChart();
    this.priors = new PriorChart();
    this.losses = new LossChart(this.view, this.send);
    this.cards = [this.board, this.table, this.tree, this.graph, this.mistakes, this.shares, this.priors, this.losses];
    this.top = element("div.desk-top");
    this.lower = element("div.desk-lower");
    this.desk = element("div.desk", {}, this.board.node, this.top, this.graph.node, this.lower, this.#export());
    this.place(this.desk, this.board.box, sheet);
    this.view.listeners.add(() => this.stain());
    this.update(data, trigger);
  }

  #export() {
    const save = (name, type, text) => saveFile(name, new Blob([text], { type }));
    const button = (label, act) => element("button.go-button", { type: "button", onclick: () => { if (this.hub?.snapshot) act(this.hub.snapshot.facts); } }, label);
    return element("section.go-card.desk-export", { "aria-label": "Export of the picture" },
      element("b", {}, "This position"), element("span.muted", {}, "what the cards show now"), element("span.grow"),
      button("Candidates CSV", (facts) => save(`go-candidates-move-${facts.number}.csv`, "text/csv", this.table.csv(facts))),
      button("Tree JSON", (facts) => save(`go-tree-move-${facts.number}.json`, "application/json", this.tree.json(facts))),
      button("Board PNG", () => this.board.save()));
  }

  update(data, trigger) {
    if (data.view !== this.arranged) this.#arrange(data.view);
    super.update(data, trigger);
  }

  get sink() {
    return {
      layer: (name, values) => {
        if (name !== "growth") return;
        this.growth.layer(values);
        if (this.view.growth !== null) this.stain();
      },
    };
  }

  listen() {
    return [
      this.hub.on("snapshot", () => {
        const { facts } = this.hub.snapshot;
        if (facts.version === this.version) return; // a board at rest is sent again and again
        this.version = facts.version;
        if (facts.position !== this.growth.position) this.view.set({ growth: null }); // of another search
        this.growth.take(facts);
        this.stain();
      }),
      this.hub.on("scene", () => {
        this.version = null;
      }),
    ];
  }

  /** Playing shows what the search thinks; reviewing shows what the moves cost. */
  #arrange(view) {
    this.arranged = view;
    const thinking = [this.table.node, this.tree.node];
    const judging = [this.mistakes.node, this.losses.node];
    const review = view === "review";
    this.top.replaceChildren(...(review ? judging : thinking));
    this.lower.replaceChildren(...(review ? thinking : judging.slice(0, 1)), this.shares.node, this.priors.node, ...(review ? [] : judging.slice(1)));
    this.desk.dataset.view = view;
    this.stain();
  }

  tell(text, bad) {
    this.board.say(text, bad);
  }

  draw() {
    const { snapshot } = this.hub;
    if (!this.dirty || !snapshot) return;
    this.dirty = false;
    this.draws += 1;
    const latest = snapshot.facts.search.visits;
    const facts = this.growth.at(snapshot.facts, this.view.growth);
    for (const card of this.cards) card.show(facts, this.theme, latest);
    this.root.dataset.position = String(facts.position);
  }

  tools() {
    const desk = this;
    return {
      get facts() {
        return desk.hub.snapshot?.facts ?? null;
      },
      get counters() {
        return {
          draws: desk.draws, theme: desk.theme?.name, link: desk.hub.link.state, state: desk.hub.status?.state ?? "",
          visits: grouped(desk.hub.snapshot?.facts.search.visits ?? 0), hover: desk.view.hover, cursor: desk.board.cursor,
          growth: desk.view.growth, moments: desk.growth.moments(desk.hub.snapshot?.facts), branches: desk.tree.all.length,
        };
      },
      where: (point) => desk.board.where(point),
      branch: (i) => desk.tree.all[i],
    };
  }
}

/** Data: {run: string, view: "play"|"review"}. */
export default mounting(GoDesk);
