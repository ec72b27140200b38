/** The Perception page's desk: one session with the run, and every card that shows what it says. */

import { Desk } from "../desk.js";
import { element, saveFile } from "../dom.js";
import { Meter } from "../meter.js";
import { mounting } from "../mounting.js";
import { loadSheet } from "../sheet.js";
import { BirdsEye } from "./birdseye.js";
import { DepthChart, DetectionChart, DrivesCard, EventsCard, LatencyCard, SpeedChart } from "./charts.js";
import { ControlsCard } from "./controls.js";
import { DecisionCard } from "./decision.js";
import { decode } from "./decode.js";
import { Mosaic } from "./mosaic.js";
import { VIEW_LABELS } from "./names.js";
import { View } from "./project.js";
import { Timeline } from "./timeline.js";
import { Wish } from "./view.js";
import { Wheel } from "./wheel.js";

const SLOW_MS = 400;
/** Commands whose answer is seen and need not be said. */
const SILENT = ["wheel", "take_over", "camera", "forget", "explain", "look"];
const SAID_MS = 6000;

const sheet = await loadSheet(new URL("desk.css", import.meta.url));

class DriveDesk extends Desk {
  constructor(parent, data, trigger) {
    super(parent, "perception", SILENT);
    const { send } = this;
    this.wish = new Wish();
    this.meter = new Meter();
    this.blanks = 0;
    this.slowAt = 0;
    this.picture = null;
    this.mosaic = new Mosaic(this.wish, send);
    this.bev = new BirdsEye(this.wish);
    this.decision = new DecisionCard(this.wish, (box) => this.#explain(box));
    this.controls = new ControlsCard(() => send("take_over", { on: !this.picture?.facts.manual }));
    this.wheel = new Wheel(send, () => Boolean(this.picture?.facts.manual) && this.hub?.mode === "live");
    this.timeline = new Timeline((step) => this.session.seek(step, false), () => this.session.live());
    this.latency = new LatencyCard();
    this.fast = [this.mosaic, this.bev, this.decision, this.controls];
    this.slow = [this.latency, new DrivesCard(), new SpeedChart(), new DetectionChart(), new DepthChart(), new EventsCard((step) => this.session.seek(step, false))];
    this.said = element("div.pc-said", { role: "status", hidden: true });
    const [latency, drives, ...charts] = this.slow.map((c) => c.node);
    this.place(element("div.pc", {}, this.mosaic.node, this.bev.node, element("div.pc-right", {}, this.decision.node, this.controls.node), this.timeline.node,
      element("div.pc-pair", {}, latency, drives), element("div.pc-four", {}, ...charts), this.#export()), this.mosaic.box, sheet);
    this.mosaic.box.append(this.said);
    this.wish.listeners.add(() => this.stain());
    this.update(data, trigger);
  }

  #export() {
    const button = (label, act) => element("button.pc-button", { type: "button", onclick: () => { if (this.picture) act(this.picture); } }, label);
    return element("section.pc-card.pc-export", { "aria-label": "Export of the picture" }, element("b", {}, "This picture"), element("span.muted", {}, "what the cards show now"), element("span.grow"),
      button("Keep for the data engine", () => this.send("keep")), button("Cameras PNG", (p) => this.mosaic.canvas.toBlob((blob) => saveFile(`perception-step-${p.step}.png`, blob))),
      button("Boxes CSV", (p) => saveFile(`perception-boxes-step-${p.step}.csv`, new Blob([this.#csv(p.facts)], { type: "text/csv" }))),
      button("Everything JSON", (p) => saveFile(`perception-step-${p.step}.json`, new Blob([JSON.stringify(p.facts, null, 1)], { type: "application/json" }))));
  }

  #csv(facts) {
    const names = this.hub.facts.classes;
    const rows = facts.views.flatMap((view, i) => view.boxes.map((b) => [facts.step, this.mosaic.views[i].name, names[b[4]], ...b.slice(0, 4).map((v) => v / 10), b[5] / 100, b[6] / 10, b[7]].join(",")));
    return ["step,view,class,x0_px,y0_px,x1_px,y1_px,score,distance_m,track", ...rows].join("\n") + "\n";
  }

  get sink() {
    return {
      scene: (facts) => this.#scene(facts),
      layer: (name, values) => {
        if (name !== "road") return;
        this.bev.takeRoad(values);
        this.stain();
      },
    };
  }

  get loaded() {
    return Boolean(this.picture);
  }

  listen() {
    return [
      this.hub.on("snapshot", () => this.#take()),
      this.hub.on("summary", () => (this.slowAt = 0)),
      this.hub.on("events", () => (this.slowAt = 0)),
    ];
  }

  #scene(facts) {
    this.mosaic.views = this.bev.views = facts.views.map((v) => new View(v));
    this.size = [facts.width, facts.height];
    if (!this.mosaic.views.some((v) => v.name === this.wish.large)) this.wish.set({ large: this.mosaic.views[0].name });
    this.wish.set({ selected: -1, box: null });
    this.stain();
  }

  /** Decode the newest snapshot; what comes meanwhile waits, and only the newest of it. */
  async #take() {
    this.pending = this.hub.snapshot;
    if (this.decoding || document.hidden) return;
    this.decoding = true;
    while (this.pending) {
      const message = this.pending;
      this.pending = null;
      try {
        const picture = await decode(message, ...this.size, this.wish.depth);
        if (picture && this.picture && picture.images.some((image, i) => !image && picture.facts.views[i].on)) this.blanks += 1;
        this.picture?.close();
        this.picture = picture;
      } catch (error) {
        this.blanks += 1;
        this.tell(`A picture could not be decoded: ${error.message}`, true);
      }
      this.stain();
    }
    this.decoding = false;
  }

  #explain(box) {
    if (!box) return;
    this.mosaic.keepInset(box.view);
    this.send("explain", { view: this.mosaic.views[box.view].name, box: box.box, step: box.step });
  }

  tell(text, bad) {
    this.said.textContent = text;
    this.said.dataset.tone = bad ? "bad" : "plain";
    this.said.hidden = false;
    clearTimeout(this.saidTimer);
    this.saidTimer = setTimeout(() => (this.said.hidden = true), SAID_MS);
  }

  themed() {
    this.stain();
    this.slowAt = 0;
  }

  rest() {
    this.meter.pause();
  }

  draw(now) {
    const { picture } = this;
    const facts = picture?.facts ?? this.hub.snapshot?.facts ?? {};
    if (this.dirty) {
      this.dirty = false;
      const begun = performance.now();
      for (const card of this.fast) card.show(picture, this.theme, facts);
      if (picture && picture.step !== this.shown) {
        this.shown = picture.step;
        this.meter.frame(now, performance.now() - begun);
      }
    }
    if (now - this.slowAt > SLOW_MS) {
      this.slowAt = now;
      this.timeline.show(this.hub, picture?.step ?? null, this.theme);
      for (const card of this.slow) card.show(picture, this.theme, facts, this.hub);
      // a drive that rests sends nothing by itself
      if (facts.explain?.state === "working" && this.hub.status?.state === "paused") this.send("look");
    }
  }

  tools() {
    const desk = this;
    return {
      get facts() {
        return desk.picture?.facts ?? null;
      },
      get counters() {
        return {
          draws: desk.meter.draws, fps: desk.meter.fps, cost: desk.meter.smoothCost, blanks: desk.blanks, theme: desk.theme?.name, state: desk.hub.status?.state ?? "",
          mode: desk.hub.mode, link: desk.hub.link.state, step: desk.picture?.step ?? -1, large: desk.wish.large, selected: desk.wish.selected, heat: Boolean(desk.mosaic.inset?.heat),
        };
      },
      cell: (name) => desk.mosaic.cells[desk.mosaic.views.findIndex((v) => v.name === name)],
      labels: VIEW_LABELS,
    };
  }

  disconnect() {
    super.disconnect();
    this.picture?.close();
    this.picture = null;
  }

  close() {
    clearTimeout(this.saidTimer);
    this.wheel.close();
    super.close();
  }
}

/** Data: {run: string}. */
export default mounting(DriveDesk);
