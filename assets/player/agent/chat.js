/** The chat: one session with its run, the talk in the middle, what belongs to it at both sides. */

import { element, isTyping, saveFile, setAttribute, setText } from "../dom.js";
import { mounting } from "../mounting.js";
import { acquireHub, releaseHub } from "../registry.js";
import { DEAF, Session } from "../session.js";
import { adoptSheet, loadSheet } from "../sheet.js";
import { applyTheme, hostOf, themeName } from "../theme.js";
import { Beside, History } from "./beside.js";
import { Talk } from "./talk.js";

const sheet = await loadSheet(new URL("chat.css", import.meta.url));
const MAX_CHARACTERS = 100_000;
const THEME_MS = 1000;

/** The key to this browser's saved chats; the server keeps only its hash. */
function ownerKey() {
  try {
    let key = localStorage.getItem("atrium.owner");
    if (!/^[\w-]{16,64}$/.test(key ?? "")) {
      key = [...crypto.getRandomValues(new Uint8Array(24))].map((b) => b.toString(16).padStart(2, "0")).join("");
      localStorage.setItem("atrium.owner", key);
    }
    return key;
  } catch {
    return ""; // a browser that keeps nothing keeps no chats
  }
}

class Chat {
  constructor(parent, data) {
    this.parent = parent;
    this.asked = 0;
    this.awaited = new Map();
    const send = (name, wish, then) => this.#send(name, wish, then);
    this.talk = new Talk(send, () => this.root.dataset.theme);
    this.history = new History(send);
    this.beside = new Beside(send);
    this.banner = element("div.banner", {}, element("span.ring", { "aria-hidden": "true" }), (this.label = element("span")));
    this.suggestions = element("div.suggestions", { "aria-label": "Suggestions" });
    this.field = element("textarea.ask", { rows: 1, placeholder: "Ask, or say what should happen", "aria-label": "Your message", oninput: () => this.#typed(), onkeydown: (e) => this.#key(e) });
    this.count = element("span.muted.count");
    this.button = element("button.primary.send", { type: "button", onclick: () => (this.facts?.busy ? this.#stop() : this.#ask()) }, "Ask");
    this.fresh = element("button", { type: "button", onclick: () => this.#send("new", {}) }, "New chat");
    this.save = element("button", { type: "button", title: "Save this chat as Markdown", onclick: () => this.#save() }, "Save");
    this.problem = element("p.problem", { role: "alert", hidden: true });
    this.middle = element(
      "section.card.middle",
      { "aria-label": "Chat" },
      element("header.talk-head", {}, this.banner, element("span.grow"), this.save, this.fresh),
      this.talk.node,
      element("footer.composer", {}, this.suggestions, this.problem, element("div.composer-row", {}, this.field, element("div.composer-side", {}, this.count, this.button))),
    );
    this.root = element("div.atrium.chat", {}, this.history.node, this.middle, this.beside.node);
    parent.append(this.root);
    adoptSheet(this.root);
    adoptSheet(this.root, sheet);
    const theme = () => applyTheme(this.root, themeName(hostOf(parent)));
    theme();
    this.timer = setInterval(theme, THEME_MS);
    this.onKey = (e) => {
      if (e.key === "Escape" && this.facts?.busy) this.#stop();
      else if (e.key === "/" && !isTyping(e)) {
        e.preventDefault();
        this.field.focus();
      }
    };
    document.addEventListener("keydown", this.onKey);
    this.update(data);
  }

  update(data) {
    this.root.style.height = `${data.height}px`;
    if (data.run === this.hub?.token) return;
    this.#disconnect();
    this.hub = acquireHub(data.run);
    this.session = new Session(this.hub, `/live/ws?run=${encodeURIComponent(data.run)}`, DEAF);
    this.owned = false;
    this.offs = [
      this.hub.on("snapshot", () => this.#draw(this.hub.snapshot.facts)),
      this.hub.on("said", () => this.#said(this.hub.said)),
      this.hub.on("link", () => this.#link()),
    ];
    window.__atrium ??= { players: {} };
    window.__atrium.chat = { facts: () => this.facts, field: () => this.field };
  }

  #draw(facts) {
    this.facts = facts;
    if (!this.owned) {
      this.owned = true;
      const owner = ownerKey();
      if (owner) this.#send("own", { owner });
    }
    this.talk.draw(facts);
    this.history.draw(facts);
    this.beside.draw(facts);
    setText(this.label, facts.label);
    setAttribute(this.label, "title", facts.label);
    setText(this.button, facts.busy ? "Stop" : "Ask");
    this.button.classList.toggle("stop", facts.busy);
    const offered = facts.busy ? [] : facts.suggestions;
    if (this.offered !== offered.join("|")) {
      this.offered = offered.join("|");
      this.suggestions.replaceChildren(...offered.map((s) => element("button.suggestion", { type: "button", onclick: () => this.#suggest(s) }, s)));
    }
    setAttribute(this.root, "data-busy", String(facts.busy));
  }

  /** Ask what is suggested; what ends in dots is for the person to complete. */
  #suggest(text) {
    if (!text.endsWith("…")) {
      this.#send("ask", { text });
      return;
    }
    this.field.value = text.slice(0, -1);
    this.#typed();
    this.field.focus();
  }

  #typed() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(160, this.field.scrollHeight)}px`;
    const n = this.field.value.length;
    setText(this.count, n > 200 ? `${n.toLocaleString("en-US")} of ${MAX_CHARACTERS.toLocaleString("en-US")}` : "");
    this.count.classList.toggle("over", n > MAX_CHARACTERS);
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!this.facts?.busy) this.#ask();
  }

  #ask() {
    const text = this.field.value;
    if (!text.trim()) return;
    if (text.length > MAX_CHARACTERS) {
      this.#complain(`The message has ${text.length.toLocaleString("en-US")} characters; at most ${MAX_CHARACTERS.toLocaleString("en-US")} are read. Attach the text as a file.`);
      return;
    }
    this.waiting = text;
    this.#send("ask", { text });
    this.field.value = "";
    this.#typed();
  }

  #stop() {
    this.#send("stop", {});
  }

  #send(name, wish, then) {
    this.#complain("");
    this.asked += 1;
    if (then) this.awaited.set(this.asked, then);
    this.hub.send({ do: "command", name, arguments: wish, id: this.asked });
  }

  #said(said) {
    const then = this.awaited.get(said.id);
    this.awaited.delete(said.id);
    if (then) then(said);
    else if (said.error) {
      if (said.name === "ask" && !this.field.value) {
        this.field.value = this.waiting ?? ""; // nothing that was typed is lost
        this.#typed();
      }
      this.#complain(said.error[0].toUpperCase() + said.error.slice(1) + (/[.!?]$/.test(said.error) ? "" : "."));
    }
    if (said.name === "ask") this.waiting = null;
  }

  #complain(text) {
    this.problem.hidden = !text;
    setText(this.problem, text);
  }

  #link() {
    const { state, text } = this.hub.link;
    this.root.dataset.link = state;
    if (state === "lost") this.#complain("The connection is lost; it is being made again. What you type is kept.");
    else if (state === "ended") this.#complain(`This chat has ended on the server (${text}). Reload the page: it is in the history.`);
    else if (state === "open") this.#complain("");
  }

  #save() {
    this.#send("save", {}, (said) => {
      if (said.error) {
        this.#complain(said.error);
        return;
      }
      saveFile("atrium-chat.md", new Blob([said.text], { type: "text/markdown" }));
    });
  }

  #disconnect() {
    if (!this.hub) return;
    for (const off of this.offs) off();
    this.session.close();
    releaseHub(this.hub);
    this.hub = null;
  }

  close() {
    clearInterval(this.timer);
    document.removeEventListener("keydown", this.onKey);
    this.#disconnect();
    this.talk.close();
    this.root.remove();
  }
}

/** Data: {run: string, height: number}. */
export default mounting(Chat);
