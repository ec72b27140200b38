/** The Perception page's desk: one session with the run, and every card that shows what it says. */

import { element } from "../dom.js";
import { Meter } from "../meter.js";
import { Notice, noticeOf } from "../notice.js";
import { acquireHub, releaseHub } from "../registry.js";
import { Session } from "../session.js";
import { adoptSheet } from "../sheet.js";
import { applyTheme, hostOf, themeName } from "../theme.js";
import { BirdsEye } from "./birdseye.js";
import { DepthChart, DetectionChart, DrivesCard, LatencyCard, SpeedChart, TriggerChart } from "./charts.js";
import { ControlsCard } from "./controls.js";
import { DecisionCard } from "./decision.js";
import { decode } from "./decode.js";
import { Mosaic } from "./mosaic.js";
import { VIEW_LABELS } from "./names.js";
import { View } from "./project.js";
import { Timeline } from "./timeline.js";
import { Wish } from "./view.js";
import { Wheel } from "./wheel.js";

const NOTICE_MS = 250;
const SLOW_MS = 400;
/** Commands whose answer is seen and need not be said. */
const SILENT = new Set(["wheel", "take_over", "camera", "forget", "explain", "look"]);
const SAID_MS = 6000;

const sheet = new CSSStyleSheet();
sheet.replaceSync(await (await fetch(new URL("desk.css", import.meta.url))).text());

class Desk {
  constructor(parent, data, trigger) {
    this.parent = parent;
    this.wish = new Wish();
    this.meter = new Meter();
    this.asked = 0;
    this.blanks = 0;
    this.dirty = true;
    this.slowAt = this.noticeAt = 0;
    this.picture = null;
    const send = (name, wish) => this.#send(name, wish);
    this.mosaic = new Mosaic(this.wish, send);
    this.bev = new BirdsEye(this.wish);
    this.decision = new DecisionCard(this.wish, (box) => this.#explain(box));
    this.controls = new ControlsCard(() => this.#send("take_over", { on: !this.picture?.facts.manual }));
    this.wheel = new Wheel(send, () => Boolean(this.picture?.facts.manual) && this.hub?.mode === "live");
    this.timeline = new Timeline((step) => this.session.seek(step, false), () => this.session.live());
    this.latency = new LatencyCard();
    this.fast = [this.mosaic, this.bev, this.decision, this.controls];
    this.slow = [this.latency, new DrivesCard(), new SpeedChart(), new DetectionChart(), new DepthChart(), new TriggerChart()];
    this.said = element("div.pc-said", { role: "status", hidden: true });
    this.notice = new Notice((action) => this.trigger("action", action));
    this.mosaic.box.append(this.notice.bar, this.notice.card, this.said);
    const [latency, drives, ...charts] = this.slow.map((c) => c.node);
    this.desk = element("div.pc", {}, this.mosaic.node, this.bev.node, element("div.pc-right", {}, this.decision.node, this.controls.node), this.timeline.node,
      element("div.pc-pair", {}, latency, drives), element("div.pc-four", {}, ...charts), this.#export());
    this.root = element("div.atrium.pc-frame", {}, this.desk);
    parent.append(this.root);
    adoptSheet(this.root);
    const tree = this.root.getRootNode();
    if (!tree.adoptedStyleSheets.includes(sheet)) tree.adoptedStyleSheets = [...tree.adoptedStyleSheets, sheet];
    this.wish.listeners.add(() => this.#stain());
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
    const save = (name, blob) => {
      const link = element("a", { href: URL.createObjectURL(blob), download: name });
      link.click();
      URL.revokeObjectURL(link.href);
    };
    const button = (label, act) => element("button.pc-button", { type: "button", onclick: () => { if (this.picture) act(this.picture); } }, label);
    return element("section.pc-card.pc-export", { "aria-label": "Export of the picture" }, element("b", {}, "This picture"), element("span.muted", {}, "what the cards show now"), element("span.grow"),
      button("Keep for the data engine", () => this.#send("keep")), button("Cameras PNG", (p) => this.mosaic.canvas.toBlob((blob) => save(`perception-step-${p.step}.png`, blob))),
      button("Boxes CSV", (p) => save(`perception-boxes-step-${p.step}.csv`, new Blob([this.#csv(p.facts)], { type: "text/csv" }))),
      button("Everything JSON", (p) => save(`perception-step-${p.step}.json`, new Blob([JSON.stringify(p.facts, null, 1)], { type: "application/json" }))));
  }

  #csv(facts) {
    const names = this.hub.facts.classes;
    const rows = facts.views.flatMap((view, i) => view.boxes.map((b) => [facts.step, this.mosaic.views[i].name, names[b[4]], ...b.slice(0, 4).map((v) => v / 10), b[5] / 100, b[6] / 10, b[7]].join(",")));
    return ["step,view,class,x0_px,y0_px,x1_px,y1_px,score,distance_m,track", ...rows].join("\n") + "\n";
  }

  /** New data of the component; another token connects anew. */
  update(data, trigger) {
    this.trigger = trigger;
    if (data.run === this.hub?.token) return;
    this.#disconnect();
    this.hub = acquireHub(data.run);
    this.session = new Session(this.hub, `/live/ws?run=${encodeURIComponent(data.run)}`, {
      scene: (facts) => this.#scene(facts),
      array() {},
      layer: (name, values) => {
        if (name !== "road") return;
        this.bev.takeRoad(values);
        this.#stain();
      },
      key() {},
      frame() {},
    });
    this.offs = [
      this.hub.on("snapshot", () => this.#take()),
      this.hub.on("summary", () => (this.slowAt = 0)),
      this.hub.on("events", () => (this.slowAt = 0)),
      this.hub.on("said", () => this.#answer(this.hub.said)),
    ];
    window.__atrium ??= { players: {} };
    this.tools = this.#tools();
    window.__atrium.perception = this.tools;
  }

  #scene(facts) {
    this.mosaic.views = this.bev.views = facts.views.map((v) => new View(v));
    this.size = [facts.width, facts.height];
    if (!this.mosaic.views.some((v) => v.name === this.wish.large)) this.wish.set({ large: this.mosaic.views[0].name });
    this.wish.set({ selected: -1, box: null });
    this.#stain();
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
        const picture = await decode(message, ...this.size);
        if (picture && this.picture && picture.images.some((image, i) => !image && picture.facts.views[i].on)) this.blanks += 1;
        this.picture?.close();
        this.picture = picture;
      } catch (error) {
        this.blanks += 1;
        this.#tell(`A picture could not be decoded: ${error.message}`, true);
      }
      this.#stain();
    }
    this.decoding = false;
  }

  #explain(box) {
    if (!box) return;
    this.mosaic.keepInset(box.view);
    this.#send("explain", { view: this.mosaic.views[box.view].name, box: box.box, step: box.step });
  }

  #send(name, wish = {}) {
    this.asked += 1;
    this.hub.send({ do: "command", name, arguments: wish, id: this.asked });
  }

  #answer(said) {
    if (said.error) this.#tell(said.error, true);
    else if (said.text && !SILENT.has(said.name)) this.#tell(said.text, false);
  }

  #tell(text, bad) {
    this.said.textContent = text;
    this.said.dataset.tone = bad ? "bad" : "plain";
    this.said.hidden = false;
    clearTimeout(this.saidTimer);
    this.saidTimer = setTimeout(() => (this.said.hidden = true), SAID_MS);
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
        this.slowAt = 0;
      }
      this.notice.show(this.mosaic.box, noticeOf(this.hub, Boolean(this.picture), now));
    }
    if (!this.theme || document.hidden) {
      this.meter.pause();
      return;
    }
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
      if (facts.explain?.state === "working" && this.hub.status?.state === "paused") this.#send("look");
    }
  }

  /** What tests ask, as `window.__atrium.perception`. */
  #tools() {
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

  #disconnect() {
    if (!this.hub) return;
    for (const off of this.offs) off();
    this.session.close();
    releaseHub(this.hub);
    this.hub = null;
    this.picture?.close();
    this.picture = null;
  }

  close() {
    cancelAnimationFrame(this.raf);
    clearTimeout(this.saidTimer);
    this.sizes.disconnect();
    this.wheel.close();
    this.#disconnect();
    // a page that redraws mounts the next desk before it takes this one away
    if (window.__atrium?.perception === this.tools) delete window.__atrium.perception;
    this.root.remove();
  }
}

const desks = new WeakMap();

/**
 * Mount or update the desk of a run.
 * @param {{data: {run: string}, parentElement: Element|ShadowRoot, setTriggerValue?: Function}} component
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
