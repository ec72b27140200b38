/** A run that the chat works on, small and live: its picture from the same stream, or its figures. */

import { element, grouped, setAttribute, setText, svg } from "../dom.js";
import { Geometry, drawStones, drawWood, readStones } from "../go/goban.js";
import { sparkline } from "../kpis.js";
import { painterOf } from "../painters/index.js";
import { acquireHub, releaseHub } from "../registry.js";
import { Session } from "../session.js";
import { Stage } from "../stage.js";
import { applyTheme } from "../theme.js";

const FPS = 5;
const FIGURES = 3;
/** What costs time and cannot be read at this size. */
const LEFT_OUT = ["trails", "ids", "reservation"];

const paintable = (domain) => {
  try {
    return painterOf(domain);
  } catch {
    return null;
  }
};

export class Thumb {
  /**
   * @param {{token: string, engine: string, number: number}} run
   * @param {() => "light"|"dark"} theme
   */
  constructor(run, theme) {
    this.token = run.token;
    this.theme = theme;
    this.stage = new Stage();
    setAttribute(this.stage.canvas, "tabindex", "-1");
    setAttribute(this.stage.canvas, "role", "img");
    setAttribute(this.stage.canvas, "aria-label", `${run.engine} run ${run.number}, live`);
    this.lamp = element("span.lamp");
    this.step = element("span.muted");
    this.figures = element("div.thumb-figures");
    this.node = element(
      "figure.thumb",
      {},
      element("figcaption", {}, this.lamp, element("b", {}, `${run.engine} ${run.number}`), element("span.grow"), this.step),
      this.stage.box,
      this.figures,
    );
    this.stage.box.hidden = true;
    this.hub = acquireHub(run.token);
    this.session = new Session(this.hub, `/live/ws?run=${encodeURIComponent(run.token)}`, {
      scene: (facts) => this.#scene(facts),
      array: (name, values) => {
        if (this.painter?.setArray(name, values)) this.stage.camera.setBounds(this.painter.bounds());
      },
      layer: (name, values, step) => this.painter?.setLayer(name, values, step),
      key: (picture) => this.painter?.reset(picture),
      frame: (before, after) => this.painter?.step(before, after),
    });
    this.off = this.hub.on("summary", () => this.#figures());
    this.timer = setInterval(() => this.#draw(performance.now()), 1000 / FPS);
  }

  #scene(facts) {
    const Painter = paintable(facts.domain);
    this.painter = Painter && new Painter(facts);
    this.stage.box.hidden = !this.painter && facts.domain !== "go";
    this.stage.painter = null;
    if (!this.painter) return;
    this.layers = Object.fromEntries(Painter.layers.map(({ id, on }) => [id, on && !LEFT_OUT.includes(id)]));
    this.stage.setPainter(this.painter);
  }

  #draw(now) {
    const { hub, session, stage } = this;
    const name = this.theme();
    if (this.node.dataset.theme !== name) stage.setTheme(applyTheme(this.node, name));
    const state = hub.link.state === "ended" ? "ended" : (hub.status?.state ?? "");
    this.lamp.dataset.tone = state === "running" ? "good" : state === "crashed" ? "bad" : "";
    setText(this.step, hub.status ? `${state === "running" ? "" : `${state} · `}step ${grouped(hub.status.step)}` : state);
    if (document.hidden || !this.node.isConnected || stage.box.hidden) return;
    stage.resize();
    if (hub.snapshot && !this.painter) {
      this.#board(hub.snapshot.facts);
      return;
    }
    const loaded = session.tick(now);
    stage.draw({
      before: session.reel.before,
      after: session.reel.after,
      fraction: session.fraction,
      now,
      layers: this.layers,
      selected: -1,
      hovered: -1,
      hoverSince: now,
      only: -1,
      loaded: loaded && session.reel.after.agents > 0,
      facts: null,
      follow: false,
      label: "",
      tag: "",
    });
  }

  /** A Go position. */
  #board(facts) {
    const { canvas, context, theme } = this.stage;
    if (!facts.stones || !theme) return;
    const ratio = this.stage.camera.ratio;
    const side = Math.min(canvas.width, canvas.height) / ratio;
    const geometry = new Geometry(facts.size, side);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = theme.tokens.panel;
    context.fillRect(0, 0, canvas.width / ratio, canvas.height / ratio);
    context.translate((canvas.width / ratio - side) / 2, (canvas.height / ratio - side) / 2);
    drawWood(context, geometry, theme);
    drawStones(context, geometry, readStones(facts.stones));
  }

  /** The first key figures with their lines. */
  #figures() {
    const cards = (this.hub.summary?.kpis ?? []).slice(0, FIGURES);
    this.figures.replaceChildren(
      ...cards.map((card) => {
        const { line } = sparkline(card.series ?? []);
        const known = card.value !== null && card.value !== undefined;
        return element(
          "div",
          { title: card.help || null },
          element("span.muted", {}, card.label),
          element("b", {}, known ? `${card.value} ${card.unit ?? ""}` : "—"),
          svg("svg", { viewBox: "0 0 200 24", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { d: line, class: "spark-line", "vector-effect": "non-scaling-stroke" })),
        );
      }),
    );
  }

  close() {
    clearInterval(this.timer);
    this.off();
    this.session.close();
    this.stage.close();
    releaseHub(this.hub);
    this.node.remove();
  }
}
