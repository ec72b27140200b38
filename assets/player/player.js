/** The live player: the stage with its chips and legend, and the timeline below it. */

import { clamp, element, setAttribute } from "./dom.js";
import { Hud } from "./hud.js";
import { attachKeys } from "./keys.js";
import { Legend } from "./legend.js";
import { mounting } from "./mounting.js";
import { Notice, noticeOf } from "./notice.js";
import { painterOf } from "./painters/index.js";
import { attachPointer } from "./pointer.js";
import { Pointing } from "./pointing.js";
import { acquireHub, releaseHub } from "./registry.js";
import { Session } from "./session.js";
import { adoptSheet } from "./sheet.js";
import { Stage } from "./stage.js";
import { applyTheme, hostOf, themeName } from "./theme.js";
import { Timeline } from "./timeline.js";
import { toolsOf } from "./tools.js";

const CHROME_MS = 250;
const LABEL_MS = 5000;
const STATS_MS = 1000;
/** Frames a second when motion is to be reduced. */
const REDUCED_FPS = 3;
/** Scale to zoom to when following from afar, as a multiple of the fit. */
const FOLLOW_ZOOM = 3;

/** Where pictures that stand side by side look; the one that was moved last says so. */
const shared = { owner: null, stamp: 0, x: 0, y: 0, scale: 1 };

class Player {
  constructor(parent, data, triggers) {
    this.parent = parent;
    this.triggers = triggers;
    this.stage = new Stage();
    this.layers = {};
    this.pointing = new Pointing(this);
    this.only = -1;
    this.chromeAt = 0;
    this.labelAt = 0;
    this.statsAt = 0;
    this.drawnAt = 0;
    this.motion = matchMedia("(prefers-reduced-motion: reduce)");
    this.shot = {};
    this.counts = new Uint32Array(8);
    this.hud = new Hud({
      layer: (id) => this.#toggle(id),
      zoom: (f) => this.#zoom(f),
      fit: () => this.#fit(),
      follow: () => this.#follow(),
      find: (text) => this.pointing.find(text),
      peek: (text) => this.pointing.peek(text),
    });
    this.legend = new Legend((state) => {
      this.only = state;
    });
    this.notice = new Notice((action) => this.triggers("action", action));
    this.spoken = element("div.spoken", { role: "status", "aria-live": "polite" });
    this.stage.box.append(this.notice.bar, this.notice.card);
    this.stageNode = element(
      "section.stage",
      { "aria-label": "Live picture" },
      this.hud.node,
      this.stage.box,
      this.legend.node,
      this.spoken,
    );
    this.root = element("div.atrium", {}, this.stageNode);
    parent.append(this.root);
    adoptSheet(this.root);
    this.cleanups = [
      attachPointer(this.stage.canvas, this.stage.camera, {
        hover: (x, y) => {
          this.pointing.at = { x, y };
        },
        leave: () => {
          this.pointing.at = null;
        },
        pick: (x, y) => this.pointing.pick(x, y),
        dragged: () => this.hub.setFollow(false),
        locate: (x, y) => this.pointing.locate(x, y),
      }),
      attachKeys(this.stage.canvas, data.shortcuts !== false, {
        fit: () => this.#fit(),
        zoom: (f) => this.#zoom(f),
        follow: () => this.#follow(),
        find: () => this.hud.openFind(),
        clear: () => this.hub.select(-1),
        walk: (d) => this.pointing.walk(d),
        pan: (dx, dy) => {
          this.hub.setFollow(false);
          this.stage.camera.pan(dx, dy);
        },
      }),
    ];
    const hide = () => this.#visibility();
    document.addEventListener("visibilitychange", hide);
    this.cleanups.push(() => document.removeEventListener("visibilitychange", hide));
    this.update(data, triggers);
    this.loop = (now) => {
      this.raf = requestAnimationFrame(this.loop);
      this.#frame(now);
    };
    this.raf = requestAnimationFrame(this.loop);
  }

  /** New data of the component; a new token connects anew. */
  update(data, triggers) {
    this.triggers = triggers;
    this.data = data;
    this.root.style.height = `${data.height ?? 616}px`;
    this.hud.setTitle(data.title ?? "");
    this.#theme();
    if (data.run !== this.hub?.token) this.#connect(data);
  }

  #connect(data) {
    this.#disconnect();
    this.hub = acquireHub(data.run);
    this.timeline = new Timeline(this.hub, {
      seek: (step, play) => this.session.seek(step, play),
      live: () => this.session.live(),
      place: () => this.session.place,
    });
    this.root.append(this.timeline.node);
    this.painter = null;
    this.stage.painter = null;
    this.session = new Session(this.hub, data.ws ?? `/live/ws?run=${encodeURIComponent(data.run)}`, {
      scene: (facts) => this.#scene(facts),
      array: (name, values) => {
        if (this.painter?.setArray(name, values)) this.stage.camera.setBounds(this.painter.bounds());
      },
      layer: (name, values, step) => this.painter?.setLayer(name, values, step),
      key: (picture) => this.painter?.reset(picture),
      frame: (before, after) => this.painter?.step(before, after),
    });
    this.offs = [
      this.hub.on("select", () => this.#selected()),
      this.hub.on("follow", () => this.#following()),
    ];
    this.#visibility();
    window.__atrium ??= { players: {} };
    this.tools = toolsOf(this);
    window.__atrium.players[data.run] = this.tools;
  }

  #disconnect() {
    if (!this.hub) return;
    // where a page redraws, the next player of this run may stand already
    const { players } = window.__atrium;
    if (players[this.hub.token] === this.tools) delete players[this.hub.token];
    for (const off of this.offs) off();
    this.session.close();
    this.timeline.close();
    this.timeline.node.remove();
    releaseHub(this.hub);
    this.hub = null;
  }

  #scene(facts) {
    const Painter = painterOf(facts.domain);
    const first = !this.painter;
    const same = this.painter && this.painter.columns === facts.width && this.painter.rows === facts.height;
    this.painter = new Painter(facts);
    if (first) {
      this.layers = Object.fromEntries(Painter.layers.map(({ id, on }) => [id, this.layers[id] ?? on]));
      this.hud.setLayers(Painter.layers, Painter.noun);
      this.hud.setPressed(this.layers);
    }
    if (!same) {
      this.stage.camera.fitted = true;
      this.stage.opening = true;
    }
    this.Painter = Painter;
    this.stage.setPainter(this.painter);
    this.legend.setPainter(this.painter);
    this.legend.setLayers(this.layers);
  }

  #theme() {
    const name = themeName(hostOf(this.parent), this.data.theme);
    if (this.root.dataset.theme === name) return;
    this.theme = applyTheme(this.root, name);
    this.stage.setTheme(this.theme);
    if (this.painter) {
      this.legend.setPainter(this.painter);
      this.legend.setLayers(this.layers);
    }
  }

  #visibility() {
    this.session?.suspend(document.hidden);
    this.stage.meter.pause();
  }

  #toggle(id) {
    this.layers = { ...this.layers, [id]: !this.layers[id] };
    this.hud.setPressed(this.layers);
    this.legend.setLayers(this.layers);
    this.pointing.switched(id, this.layers[id]);
  }

  #zoom(factor) {
    const { camera } = this.stage;
    camera.zoomAt(factor, camera.width / 2, camera.height / 2);
  }

  #fit() {
    this.hub.setFollow(false);
    this.stage.camera.fit();
  }

  #follow() {
    this.hub.setFollow(!this.hub.follow);
  }

  #following() {
    const { camera } = this.stage;
    if (this.hub.follow && camera.zoom < 1.5) this.#zoom(FOLLOW_ZOOM / camera.zoom);
  }

  #selected() {
    const { hub } = this;
    this.pointing.subject = null;
    this.spoken.textContent =
      hub.selected >= 0 ? `${hub.agentName(hub.selected)} selected` : "Selection cleared";
  }

  #frame(now) {
    const { session, stage, hub, pointing } = this;
    if (document.hidden) return;
    stage.resize();
    const reduced = this.motion.matches;
    if (reduced && now - this.drawnAt < 1000 / REDUCED_FPS && !stage.stale) {
      session.tick(now);
      return;
    }
    const loaded = session.tick(now);
    const { camera } = stage;
    this.#share();
    pointing.hover(now);
    const shot = this.shot;
    shot.before = session.reel.before;
    shot.after = session.reel.after;
    shot.fraction = reduced ? 1 : session.fraction;
    shot.now = now;
    shot.layers = reduced ? { ...this.layers, trails: false } : this.layers;
    shot.selected = hub.selected;
    shot.hovered = pointing.peeked >= 0 ? pointing.peeked : hub.peeked >= 0 ? hub.peeked : pointing.hovered;
    shot.hoverSince = pointing.hoverSince;
    shot.only = this.only;
    shot.loaded = loaded && session.reel.after.agents > 0;
    shot.facts = hub.mode === "live" ? session.inspectShown() : null;
    shot.follow = hub.follow;
    shot.label = hub.selected >= 0 ? (shot.facts?.callout ?? hub.agentName(hub.selected)) : "";
    const name = shot.hovered >= 0 ? hub.agentName(shot.hovered) : "";
    shot.tag = name && this.painter?.tag ? this.painter.tag(shot.hovered, name) : name;
    const still = hub.link.state === "lost" || hub.status?.state === "crashed" || hub.link.state === "ended";
    const moved = stage.stale || camera.version !== this.cameraSeen;
    if (moved || !(still || session.settling)) stage.draw(shot);
    this.cameraSeen = camera.version;
    this.drawnAt = now;
    if (shot.loaded && !session.settling) pointing.dropGone();
    if (now - this.chromeAt >= CHROME_MS) this.#chrome(now);
  }

  /** Look where the picture beside this one looks. */
  #share() {
    if (!this.data.title) return;
    const { camera } = this.stage;
    const told = shared.owner && shared.owner !== this && shared.stamp !== this.sharedStamp;
    if (told) camera.follow(shared);
    else if (camera.version !== this.sharedVersion) {
      const { x, y, scale } = camera;
      Object.assign(shared, { owner: this, stamp: shared.stamp + 1, x, y, scale });
    }
    this.sharedStamp = shared.stamp;
    this.sharedVersion = camera.version;
  }

  /** What is not the picture, a few times a second. */
  #chrome(now) {
    this.chromeAt = now;
    const { hub, session, stage } = this;
    this.#theme();
    const { meter } = stage;
    const buffer = session.reel.loaded ? clamp(session.clock.level(session.reel.last), 0, 99) : 0;
    this.hud.setView(stage.camera, hub.follow, hub.selected);
    this.hud.setFluency(hub, {
      fps: meter.fps,
      buffer,
      economy: stage.economy,
      reduced: this.motion.matches,
      now,
      head: session.clock.head,
    });
    // what is drawn is counted, so that legend and picture agree in a look back too
    if (this.painter && session.reel.loaded)
      this.legend.setCounts(this.painter.count(session.reel.after, this.counts));
    this.timeline.draw(session.clock.head, this.theme, session.gapAt);
    this.notice.show(stage.box, noticeOf(hub, session.reel.loaded, now));
    if (now - this.labelAt > LABEL_MS || stage.canvas.getAttribute("aria-label") === "Loading the scene")
      this.#label(now);
    if (now - this.statsAt >= STATS_MS) {
      this.statsAt = now;
      hub.send({
        do: "stats",
        fps: Math.round(meter.fps * 10) / 10,
        buffer: Math.round(buffer * 100) / 100,
        stalls: session.clock.stalls,
      });
    }
  }

  #label(now) {
    const { hub, painter } = this;
    if (!painter || !hub.status) return;
    this.labelAt = now;
    const counts = painter
      .legend()
      .map(({ label, state }) => `${this.counts[state]} ${label.toLowerCase()}`)
      .join(", ");
    setAttribute(
      this.stage.canvas,
      "aria-label",
      `${this.Painter.subject}, ${hub.groups[0].count} ${this.Painter.noun}s: ${counts}`,
    );
  }

  close() {
    cancelAnimationFrame(this.raf);
    if (shared.owner === this) shared.owner = null;
    for (const cleanup of this.cleanups) cleanup();
    this.#disconnect();
    this.stage.close();
    this.root.remove();
  }
}

/**
 * Data: {run: string, ws?: string, height?: number, theme?: "light"|"dark", shortcuts?: boolean}.
 * Triggers "action" with "start", "restart" or "run" when a notice's button is pressed.
 */
export default mounting(Player);
