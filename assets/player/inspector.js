/** The inspector: what the selected agent is doing, beside the live picture. */

import { clamp, element, fillList, setAttribute, setText } from "./dom.js";
import { painterOf } from "./painters/index.js";
import { mounting } from "./mounting.js";
import { acquireHub, releaseHub } from "./registry.js";
import { adoptSheet } from "./sheet.js";
import { applyTheme, hostOf, themeName } from "./theme.js";
import { Why } from "./why.js";

const THEME_MS = 500;

class Inspector {
  constructor(parent, data) {
    this.parent = parent;
    this.icon = element("canvas.inspector-icon", { width: 40, height: 40, "aria-hidden": "true" });
    this.name = element("h2");
    this.tag = element("span.tag");
    this.follow = element(
      "button.tag.action",
      { type: "button", onclick: () => this.hub.setFollow(!this.hub.follow) },
      "Follow",
    );
    this.clear = element(
      "button.tag.close",
      {
        type: "button",
        title: "Clear the selection (Esc)",
        "aria-label": "Clear the selection",
        onclick: () => this.hub.select(-1),
      },
      "✕",
    );
    this.header = element("header", {}, this.icon, this.name, this.tag, this.follow, this.clear);
    this.stages = element("div.stages");
    this.rows = element("dl.rows");
    this.bars = element("div.bars");
    this.eventsTitle = element("h3", {}, "Last events");
    this.events = element("ol.agent-events");
    this.past = element("p.past", { hidden: true }, "The picture shows the past; these are facts of now.");
    this.why = new Why((agent) => this.hub.peek(agent), (agent) => this.hub.select(agent));
    this.facts = element(
      "div.facts",
      {},
      this.header,
      this.past,
      this.stages,
      this.rows,
      this.bars,
      this.why.node,
      this.eventsTitle,
      this.events,
    );
    this.emptyText = element("p");
    this.empty = element("div.inspector-empty", {}, this.emptyText);
    this.root = element("section.atrium.inspector", { "aria-label": "Inspector" }, this.facts, this.empty);
    parent.append(this.root);
    adoptSheet(this.root);
    this.update(data);
    this.timer = setInterval(() => this.#theme(), THEME_MS);
  }

  update(data) {
    this.data = data;
    this.root.style.height = data.height ? `${data.height}px` : "";
    this.#theme();
    if (data.run === this.hub?.token) return;
    this.#release();
    this.hub = acquireHub(data.run);
    const draw = () => this.draw();
    this.offs = ["select", "inspect", "follow", "mode", "scene"].map((topic) => this.hub.on(topic, draw));
    this.draw();
  }

  #release() {
    if (!this.hub) return;
    for (const off of this.offs) off();
    releaseHub(this.hub);
    this.hub = null;
  }

  #theme() {
    const name = themeName(hostOf(this.parent), this.data.theme);
    if (this.root.dataset.theme === name) return;
    this.theme = applyTheme(this.root, name);
    this.drawnIcon = null;
    if (this.hub) this.draw();
  }

  draw() {
    const { hub } = this;
    const chosen = hub.selected >= 0;
    this.facts.hidden = !chosen;
    this.empty.hidden = chosen;
    const nouns = hub.groups.map(({ noun }) => noun).filter(Boolean).join(" or a ");
    const noun = nouns || (hub.facts && painterOf(hub.facts.domain).noun);
    setText(this.emptyText, noun ? `Click a ${noun}, or press / and type its number` : "");
    if (!chosen) {
      hub.peek(-1);
      return;
    }
    const facts = hub.inspect ?? {
      agent: hub.selected,
      name: hub.agentName(hub.selected),
      stages: [],
      rows: [],
      bars: [],
      events: [],
    };
    this.root.classList.toggle("waiting", !hub.inspect);
    setText(this.name, facts.name);
    setText(this.tag, facts.tag ?? "");
    this.tag.hidden = !facts.tag;
    setAttribute(this.follow, "aria-pressed", String(hub.follow));
    setText(this.follow, hub.follow ? "Following" : "Follow");
    this.past.hidden = hub.mode === "live";
    this.#icon(facts);
    this.#stages(facts.stages ?? []);
    this.#rows(facts.rows ?? []);
    this.#bars(facts.bars ?? []);
    this.why.write(facts.why);
    this.#events(facts.events ?? []);
  }

  #icon(facts) {
    const { hub } = this;
    const state = hub.facts?.states?.indexOf(facts.state) ?? -1;
    const key = `${state} ${facts.carrying} ${this.theme.name}`;
    if (key === this.drawnIcon || state < 0) return;
    this.drawnIcon = key;
    const Painter = painterOf(hub.facts.domain);
    const context = this.icon.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, 40, 40);
    context.setTransform(2, 0, 0, 2, 0, 0);
    Painter.paintIcon(context, this.theme, state, 20, Boolean(facts.carrying));
  }

  #stages(stages) {
    this.stages.hidden = !stages.length;
    const current = stages.findIndex((s) => s.done > 0 && s.done < 1);
    fillList(
      this.stages,
      stages,
      () => element("div.stage-step", {}, element("div.stage-bar", {}, element("i")), element("span")),
      (node, stage) => {
        node.querySelector("i").style.transform = `scaleX(${clamp(stage.done, 0, 1)})`;
        setText(node.querySelector("span"), stage.name);
        node.classList.toggle("current", stages.indexOf(stage) === current);
      },
    );
  }

  #rows(rows) {
    fillList(
      this.rows,
      rows,
      () => element("div.row", {}, element("dt"), element("dd")),
      (node, [label, text]) => {
        setText(node.firstChild, label);
        setText(node.lastChild, text);
        setAttribute(node.lastChild, "title", text);
      },
    );
  }

  #bars(bars) {
    fillList(
      this.bars,
      bars,
      () =>
        element(
          "div.bar-row",
          {},
          element("span.muted"),
          element("span.bar", {}, element("i")),
          element("b"),
        ),
      (node, bar) => {
        setText(node.children[0], bar.name);
        const fill = node.children[1].firstChild;
        fill.style.transform = `scaleX(${clamp(bar.value, 0, 1)})`;
        fill.dataset.tone = bar.tone ?? "good";
        setText(node.children[2], bar.text);
      },
    );
  }

  #events(events) {
    this.eventsTitle.hidden = !events.length;
    fillList(
      this.events,
      events,
      () => element("li", {}, element("time"), element("span")),
      (node, [time, text]) => {
        setText(node.firstChild, time);
        setText(node.lastChild, text);
      },
    );
  }

  close() {
    clearInterval(this.timer);
    this.#release();
    this.root.remove();
  }
}

/** Data: {run: string, height?: number, theme?: string}; the player with the same token feeds it. */
export default mounting(Inspector);
