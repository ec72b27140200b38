/** The talk: questions, replies with their steps, the reply under way, and what waits for a yes. */

import { element, setText } from "../dom.js";
import { blocks } from "./markdown.js";
import { dollars, shown } from "./shows.js";
import { Thumb } from "./thumb.js";

const HOLD_MS = 1000;
/** Runs that are shown live at once; each costs a socket and some drawing. */
const THUMBS = 2;

const seconds = (s) => (s === null ? "" : s < 1 ? `${Math.max(1, Math.round(s * 1000))} ms` : `${s.toFixed(2)} s`);
const oneLine = (v) =>
  typeof v === "string" ? v : Object.entries(v).map(([k, x]) => `${k} ${typeof x === "object" ? JSON.stringify(x) : x}`).join(" · ");
const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
};

function step(data, live, waits) {
  const state = waits ? "waiting" : live ? "running" : data.ok === null ? "stopped" : data.ok ? "done" : "failed";
  const node = element(
    "details.step",
    { "data-state": state, open: state === "failed" },
    element(
      "summary",
      {},
      element("span.mark", { role: "img", "aria-label": state }),
      element("b", {}, data.tool),
      element("span.arguments", {}, state === "failed" ? data.result : oneLine(data.arguments)),
      element("span.time", {}, seconds(live ? live.seconds : data.seconds)),
    ),
    element(
      "div.step-body",
      {},
      element("div", {}, element("h5", {}, "Arguments"), element("pre", { tabindex: "0" }, typeof data.arguments === "string" ? data.arguments : JSON.stringify(data.arguments, null, 1))),
      element("div", {}, element("h5", {}, data.untrusted ? "Result, text from outside" : "Result"), element("pre", { tabindex: "0" }, pretty(data.result) || "…")),
    ),
  );
  return node;
}

function branches(item, send) {
  if (!item.branches.length) return [];
  const at = item.branches.indexOf(item.node) >= 0 ? item.branches.indexOf(item.node) : item.branches.length - 1;
  const go = (i) => send("switch", { node: item.branches[i] });
  return [
    element(
      "span.branches",
      {},
      element("button", { type: "button", "aria-label": "Earlier version", disabled: at === 0, onclick: () => go(at - 1) }, "‹"),
      `${at + 1} of ${item.branches.length}`,
      element("button", { type: "button", "aria-label": "Later version", disabled: at === item.branches.length - 1, onclick: () => go(at + 1) }, "›"),
    ),
  ];
}

export class Talk {
  /**
   * @param {(name: string, wish: object, then?: (said: object) => void) => void} send
   * @param {() => "light"|"dark"} theme
   */
  constructor(send, theme) {
    this.send = send;
    this.theme = theme;
    this.thumbs = new Map();
    this.node = element("div.talk", { role: "log", "aria-label": "Conversation", tabindex: "0", onscroll: () => this.#where() });
    /** Whether the last words are in view: then what grows later must not push them out. */
    this.atEnd = true;
    this.grown = new ResizeObserver(() => this.#stay());
    this.kept = new Map();
    this.opened = new Set();
    this.question = null;
  }

  /** @param {object} facts Snapshot of the chat. */
  draw(facts) {
    const { node } = this;
    const wanted = [];
    const last = facts.items.at(-1);
    facts.items.forEach((item) => {
      const open = facts.busy && item === last && item.who === "agent";
      wanted.push(this.#item(item, open ? facts : null, facts));
    });
    if (facts.busy && last?.who !== "agent") wanted.push(this.#live({ who: "agent", steps: [], text: "", branches: [], node: -1 }, facts));
    if (!facts.items.length) wanted.push(this.#empty(facts));
    if (facts.question) wanted.push(this.#ask(facts.question));
    else this.question = null;
    if (facts.notice && facts.notice !== last?.ended?.text) wanted.push(element("p.notice-line", { role: "status" }, facts.notice));
    if (wanted.length !== node.children.length || wanted.some((n, i) => n !== node.children[i])) {
      node.replaceChildren(...wanted);
      this.grown.disconnect();
      for (const item of wanted) this.grown.observe(item);
    }
    this.#show(facts);
    this.#stay();
  }

  #where() {
    const { scrollHeight, scrollTop, clientHeight } = this.node;
    this.atEnd = scrollHeight - scrollTop - clientHeight < 60;
  }

  #stay() {
    if (this.atEnd) this.node.scrollTop = this.node.scrollHeight;
  }

  /** The newest runs live, each where it was last spoken of. */
  #show(facts) {
    const alive = new Map(facts.runs.map((r) => [r.token, r]));
    const slots = new Map();
    for (const slot of [...this.node.querySelectorAll(".run-slot")].reverse()) {
      const { token } = slot.dataset;
      if (slots.size < THUMBS && alive.has(token) && !slots.has(token)) slots.set(token, slot);
    }
    for (const [token, thumb] of this.thumbs)
      if (!slots.has(token)) {
        thumb.close();
        this.thumbs.delete(token);
      }
    for (const [token, slot] of slots) {
      if (!this.thumbs.has(token)) this.thumbs.set(token, new Thumb(alive.get(token), this.theme));
      const { node } = this.thumbs.get(token);
      if (node.parentNode !== slot) slot.prepend(node);
    }
  }

  close() {
    this.grown.disconnect();
    for (const thumb of this.thumbs.values()) thumb.close();
    this.thumbs.clear();
  }

  #item(item, live, facts) {
    const key = `${item.who}${item.node}${item.steps?.length ?? 0}${item.text.length}${item.ended ? 1 : 0}${item.steps?.map((s) => s.ok).join("") ?? ""}${item.branches.length}${item.thumb}`;
    if (live) return this.#live(item, facts);
    const kept = this.kept.get(key);
    if (kept) return kept;
    const node = item.who === "you" ? this.#you(item) : this.#agent(item);
    if (this.kept.size > 400) this.kept.clear();
    this.kept.set(key, node);
    return node;
  }

  #empty(facts) {
    return (this.emptyNode ??= element(
      "div.empty",
      {},
      element("h3", {}, "Ask for something that runs here"),
      element("p.muted", {}, facts.offline ? "The offline planner matches words to tools. Every call is shown, with what it brought." : "Every call is shown, with what it brought."),
    ));
  }

  #you(item) {
    const text = element("div.bubble", {}, ...item.text.split("\n").flatMap((l, i) => (i ? [element("br"), l] : [l])));
    const edit = () => {
      const field = element("textarea", { "aria-label": "Your message, edited", rows: Math.min(8, item.text.split("\n").length + 1) });
      field.value = item.text;
      const back = () => box.replaceWith(text);
      const box = element(
        "div.edit",
        {},
        field,
        element("div", {},
          element("button.primary", { type: "button", onclick: () => { back(); this.send("edit", { node: item.node, text: field.value }); } }, "Ask this instead"),
          element("button", { type: "button", onclick: back }, "Cancel")),
      );
      text.replaceWith(box);
      field.focus();
    };
    return element("article.you", {}, text, element("div.under", {}, ...branches(item, this.send), element("button", { type: "button", onclick: edit }, "Edit")));
  }

  #agent(item) {
    const body = element("div.reply", {}, ...this.#steps(item.steps, null), ...blocks(item.text));
    for (const s of item.steps) {
      const picture = shown(s.show, this.send);
      if (picture) body.append(picture);
    }
    const sources = [...new Set(item.steps.flatMap((s) => s.sources))].slice(0, 6);
    if (sources.length) body.append(element("div.sources", {}, ...sources.map((s) => element("span.tag", {}, s))));
    if (item.ended && item.ended.how !== "answered") body.append(element("p.outcome", {}, item.ended.text || item.ended.how));
    const said = item.ended ? `${seconds(item.ended.seconds)} · ${item.ended.tokens.toLocaleString("en-US")} tokens · ${dollars(item.ended.dollars, item.ended.priced)}` : item.finish === "cancelled" ? "stopped" : "";
    const thumb = (up) =>
      element(
        "button",
        {
          type: "button",
          "aria-label": up ? "Good answer" : "Bad answer",
          "aria-pressed": String(item.thumb === up),
          title: `${up ? "Good" : "Bad"} answer: keeps this question in this server's evaluation set`,
          onclick: () => this.send("thumb", { node: item.node, up }),
        },
        up ? "▲" : "▼",
      );
    body.append(
      element(
        "div.under",
        {},
        element("span.muted", {}, said),
        element("span.grow"),
        ...branches(item, this.send),
        ...(item.text || item.steps.length
          ? [thumb(true), thumb(false), element("button", { type: "button", onclick: () => navigator.clipboard?.writeText(item.text) }, "Copy")]
          : []),
        element("button", { type: "button", onclick: () => this.send("again", { node: item.node }) }, "Again"),
      ),
    );
    return element("article.agent", {}, element("span.who", { "aria-hidden": "true" }, "◆"), body);
  }

  #steps(steps, running, question) {
    return steps.length
      ? [element("section.steps", { "aria-label": "Steps" }, ...steps.map((s) => step(s, running?.find((r) => r.call === s.id) ?? null, question?.call_id === s.id)))]
      : [];
  }

  #live(item, facts) {
    const node = (this.liveNode ??= element("article.agent.live", {}, element("span.who", { "aria-hidden": "true" }, "◆"), element("div.reply", {}, element("div.live-steps"), element("div.live-text"))));
    const [stepsBox, textBox] = node.lastChild.children;
    const drawn = `${item.steps.map((s) => `${s.id}${s.ok}`).join()}|${facts.running.map((r) => r.call).join()}|${facts.question?.call_id}`;
    if (stepsBox.dataset.drawn !== drawn) {
      stepsBox.dataset.drawn = drawn;
      stepsBox.replaceChildren(...this.#steps(item.steps, facts.running, facts.question));
    }
    for (const r of facts.running) {
      const at = item.steps.findIndex((s) => s.id === r.call);
      const row = stepsBox.querySelectorAll("details")[at];
      if (row) {
        setText(row.querySelector(".time"), seconds(r.seconds));
        if (r.progress) setText(row.querySelector(".arguments"), r.progress);
      }
    }
    const said = [item.text, facts.partial].filter(Boolean).join("\n\n");
    if (textBox.dataset.said !== said) {
      textBox.dataset.said = said;
      textBox.replaceChildren(...blocks(said));
    }
    const idle = !said && !facts.running.length && !facts.question;
    node.classList.toggle("thinking", idle);
    return node;
  }

  #ask(question) {
    if (this.question?.id === question.call_id) {
      setText(this.question.count, `denied by itself in ${Math.ceil(question.left_s)} s`);
      return this.question.node;
    }
    const count = element("span.muted", {}, "");
    const answer = (yes) => this.send("decide", { call: question.call_id, yes });
    const approve = element("button.primary", { type: "button", disabled: true, onclick: () => answer(true) }, "Approve");
    const deny = element("button", { type: "button", onclick: () => answer(false) }, "Deny");
    // a key pressed for something else must not become a yes
    setTimeout(() => approve.removeAttribute("disabled"), HOLD_MS);
    const node = element(
      "section.approval",
      { role: "alertdialog", "aria-label": "Approval" },
      element("div.approval-head", {}, element("b", {}, "Approve this change?"), count),
      element("div", {}, element("code", {}, question.tool), " ", question.change || oneLine(JSON.parse(question.arguments))),
      element("div.muted", {}, `Asked because ${question.reason}.`),
      element("div.approval-buttons", {}, approve, deny),
    );
    this.question = { id: question.call_id, node, count };
    requestAnimationFrame(() => deny.focus());
    return node;
  }
}
