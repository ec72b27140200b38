/** The Go page's desk: one session with the run, and every card that shows what it says. */

import { element, grouped } from "../dom.js";
import { Notice, noticeOf } from "../notice.js";
import { acquireHub, releaseHub } from "../registry.js";
import { Session } from "../session.js";
import { adoptSheet } from "../sheet.js";
import { applyTheme, hostOf, themeName } from "../theme.js";
import { BoardCard } from "./board.js";
import { CandidateTable } from "./candidates.js";
import { GrowthChart, LossChart, PriorChart } from "./charts.js";
import { WinGraph } from "./graph.js";
import { Mistakes } from "./mistakes.js";
import { TreeCard } from "./tree.js";
import { Growth, View } from "./view.js";

const NOTICE_MS = 250;
/** Commands whose answer is seen on the board and need not be said. */
const SILENT = new Set(["play", "pass", "undo", "goto", "explore", "what_if", "play_on"]);

const sheet = new CSSStyleSheet();
sheet.replaceSync(await (await fetch(new URL("desk.css", import.meta.url))).text());

class Desk {
  constructor(parent, data, trigger) {
    this.parent = parent;
    this.view = new View();
    this.growth = new Growth();
    this.asked = 0;
    this.draws = 0;
    this.dirty = true;
    this.noticeAt = 0;
    const send = (name, wish) => this.#send(name, wish);
    this.board = new BoardCard(this.view, send);
    this.table = new CandidateTable(this.view, send);
    this.tree = new TreeCard(this.view, send);
    this.graph = new WinGraph(this.view, send);
    this.mistakes = new Mistakes(this.view, send);
    this.shares = new GrowthChart();
    this.priors = new PriorChart();
    this.losses = new LossChart(this.view, send);
    this.cards = [this.board, this.table, this.tree, this.graph, this.mistakes, this.shares, this.priors, this.losses];
    this.notice = new Notice((action) => this.trigger("action", action));
    this.board.box.append(this.notice.bar, this.notice.card);
    this.top = element("div.desk-top");
    this.lower = element("div.desk-lower");
    this.desk = element("div.desk", {}, this.board.node, this.top, this.graph.node, this.lower, this.#export());
    this.root = element("div.atrium.desk-frame", {}, this.desk);
    parent.append(this.root);
    adoptSheet(this.root);
    const tree = this.root.getRootNode();
    if (!tree.adoptedStyleSheets.includes(sheet)) tree.adoptedStyleSheets = [...tree.adoptedStyleSheets, sheet];
    this.view.listeners.add(() => this.#stain());
    this.sizes = new ResizeObserver(() => this.#stain());
    this.sizes.observe(this.root);
    this.update(data, trigger);
    const loop = (now) => {
      this.raf = requestAnimationFrame(loop);
      this.#frame(now);
    };
    this.raf = requestAnimationFrame(loop);
  }

  #export() {
    const save = (name, kind, text) => {
      const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: kind })), download: name });
      link.click();
      URL.revokeObjectURL(link.href);
    };
    const button = (label, act) => element("button.go-button", { type: "button", onclick: () => { if (this.hub?.snapshot) act(this.hub.snapshot.facts); } }, label);
    return element("section.go-card.desk-export", { "aria-label": "Export of the picture" },
      element("b", {}, "This position"), element("span.muted", {}, "what the cards show now"), element("span.grow"),
      button("Candidates CSV", (facts) => save(`go-candidates-move-${facts.number}.csv`, "text/csv", this.table.csv(facts))),
      button("Tree JSON", (facts) => save(`go-tree-move-${facts.number}.json`, "application/json", this.tree.json(facts))),
      button("Board PNG", () => this.board.save()));
  }

  /** New data of the component; another token connects anew. */
  update(data, trigger) {
    this.trigger = trigger;
    if (data.view !== this.arranged) this.#arrange(data.view);
    if (data.run === this.hub?.token) return;
    this.#disconnect();
    this.hub = acquireHub(data.run);
    this.session = new Session(this.hub, `/live/ws?run=${encodeURIComponent(data.run)}`, {
      scene() {},
      array() {},
      layer: (name, values) => {
        if (name !== "growth") return;
        this.growth.layer(values);
        if (this.view.growth !== null) this.#stain();
      },
      key() {},
      frame() {},
    });
    this.offs = [
      this.hub.on("snapshot", () => {
        const { facts } = this.hub.snapshot;
        if (facts.version === this.version) return; // a board at rest is sent again and again
        this.version = facts.version;
        if (facts.position !== this.growth.position) this.view.set({ growth: null }); // of another search
        this.growth.take(facts);
        this.#stain();
      }),
      this.hub.on("scene", () => {
        this.version = null;
      }),
      this.hub.on("said", () => this.#said(this.hub.said)),
    ];
    window.__atrium ??= { players: {} };
    this.tools = this.#tools();
    window.__atrium.go = this.tools;
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
    this.#stain();
  }

  #send(name, wish = {}) {
    this.asked += 1;
    this.hub.send({ do: "command", name, arguments: wish, id: this.asked });
  }

  #said(said) {
    if (said.error) this.board.say(said.error, true);
    else if (said.text && !SILENT.has(said.name)) this.board.say(said.text, false);
  }

  #stain() {
    this.dirty = true;
  }

  #frame(now) {
    if (now - this.noticeAt > NOTICE_MS) {
      this.noticeAt = now;
      const name = themeName(hostOf(this.parent));
      if (name !== this.theme?.name) {
        this.theme = applyTheme(this.root, name);
        this.#stain();
      }
      this.notice.show(this.board.box, noticeOf(this.hub, Boolean(this.hub.snapshot), now));
    }
    const snapshot = this.hub.snapshot;
    if (!this.dirty || !snapshot || !this.theme || document.hidden) return;
    this.dirty = false;
    this.draws += 1;
    const latest = snapshot.facts.search.visits;
    const facts = this.growth.at(snapshot.facts, this.view.growth);
    for (const card of this.cards) card.show(facts, this.theme, latest);
    this.root.dataset.position = String(facts.position);
  }

  /** What tests ask, as `window.__atrium.go`. */
  #tools() {
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

  #disconnect() {
    if (!this.hub) return;
    for (const off of this.offs) off();
    this.session.close();
    releaseHub(this.hub);
    this.hub = null;
  }

  close() {
    cancelAnimationFrame(this.raf);
    this.sizes.disconnect();
    this.#disconnect();
    // a page that redraws mounts the next desk before it takes this one away
    if (window.__atrium?.go === this.tools) delete window.__atrium.go;
    this.root.remove();
  }
}

const desks = new WeakMap();

/**
 * Mount or update the desk of a run.
 * @param {{data: {run: string, view: "play"|"review"}, parentElement: Element|ShadowRoot, setTriggerValue?: Function}} component
 * @returns {() => void} Unmount.
 */
export default function mount({ data, parentElement, setTriggerValue = () => {} }) {
  const desk = desks.get(parentElement);
  if (desk) desk.update(data, setTriggerValue);
  else desks.set(parentElement, new Desk(parentElement, data, setTriggerValue));
  return () => {
    desks.get(parentElement)?.close();
    desks.delete(parentElement);
  };
}
