/** Beside the talk: saved chats at the left; trace, limits, runs and tools at the right. */

import { element } from "../dom.js";
import { dollars } from "./shows.js";

const KINDS = { reply: "reply", turn: "turn", generation: "plan", tool: "tool", waiting: "waiting", guardrail: "guardrail" };

function day(text) {
  const when = new Date(text);
  const days = Math.floor((Date.now() - when.getTime()) / 86400000);
  return days < 1 && when.getDate() === new Date().getDate() ? "Today" : days < 2 ? "Yesterday" : when.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

export class History {
  constructor(send) {
    this.send = send;
    this.find = element("input", { type: "search", placeholder: "Search chats", "aria-label": "Search chats", oninput: () => this.#list() });
    this.list = element("div.history-list");
    this.count = element("span.muted");
    this.node = element("section.card.history", { "aria-label": "Saved chats" }, element("header", {}, element("b", {}, "History"), this.count), this.find, this.list);
  }

  draw(facts) {
    this.facts = facts;
    const drawn = JSON.stringify([facts.history, facts.name]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.count.textContent = String(facts.history.length);
    this.#list();
  }

  #list() {
    const wanted = this.find.value.toLowerCase();
    let last = "";
    const rows = [];
    for (const chat of this.facts.history.filter((c) => c.title.toLowerCase().includes(wanted))) {
      const label = day(chat.saved_at);
      if (label !== last) rows.push(element("h5", {}, label));
      last = label;
      rows.push(
        element(
          "button.chat-row",
          { type: "button", "aria-current": chat.name === this.facts.name ? "true" : null, onclick: () => this.send("open", { name: chat.name }) },
          element("b", {}, chat.title || "Untitled"),
          element("span.muted", {}, `${chat.messages} messages`),
        ),
      );
    }
    this.list.replaceChildren(...(rows.length ? rows : [element("p.muted", {}, this.facts.history.length ? "No chat has these words." : "Chats that you begin are kept here, for this browser alone.")]));
  }
}

function trace(spans) {
  const total = spans.reduce((m, s) => Math.max(m, s.start_s + (s.duration_s ?? 0)), 1e-6);
  const depth = (s) => (s.parent === null ? 0 : 1 + depth(spans[s.parent]));
  return spans.map((s) =>
    element(
      "div.span",
      { title: `${s.name}: ${((s.duration_s ?? 0) * 1000).toFixed(1)} ms${s.ok ? "" : ", failed"}` },
      element("span.span-name", { style: `padding-left:${Math.min(3, depth(s)) * 12}px` }, s.name),
      element("span.span-track", {}, element("i", { "data-kind": s.kind, "data-ok": String(s.ok), style: `left:${(100 * s.start_s) / total}%;width:max(3px,${(100 * (s.duration_s ?? total - s.start_s)) / total}%)` })),
      element("span.span-time", {}, (s.duration_s ?? 0) < 1 ? `${Math.round((s.duration_s ?? 0) * 1000)} ms` : `${s.duration_s.toFixed(2)} s`),
    ),
  );
}

const NAMES = { turns: "Turns", calls: "Tool calls", seconds: "Seconds", tokens: "Tokens", money: "Cost, $" };

export class Beside {
  constructor(send) {
    this.send = send;
    this.trace = element("div.card-body.trace");
    this.limits = element("div.card-body");
    this.cost = element("div.card-body");
    this.runs = element("div.card-body");
    this.considered = element("div.card-body");
    this.tools = element("div.card-body.tools");
    const card = (title, note, body) => element("section.card", { "aria-label": title }, element("header", {}, element("b", {}, title), element("span.muted", {}, note)), body);
    this.traceNote = element("span.muted");
    this.node = element(
      "div.beside",
      {},
      element("section.card", { "aria-label": "Trace of this reply" }, element("header", {}, element("b", {}, "Trace of this reply"), this.traceNote), this.trace),
      card("Limits", "this reply", this.limits),
      card("Cost", "by the price table", this.cost),
      card("Its runs", "yours in this browser", this.runs),
      card("What it considered", "likeliest act first", this.considered),
      element("details.card", {}, element("summary", {}, element("b", {}, "Tools"), element("span.muted", {}, "each on or off")), this.tools),
    );
  }

  draw(facts) {
    const drawn = JSON.stringify([facts.spans, facts.used, facts.spent, facts.tokens, facts.runs, facts.tools]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const { spans } = facts;
    const total = spans.length ? spans[0].duration_s : null;
    this.traceNote.textContent = spans.length ? `${spans.length} spans${total === null ? "" : ` · ${total < 1 ? `${Math.round(total * 1000)} ms` : `${total.toFixed(2)} s`}`}` : "";
    this.trace.replaceChildren(
      ...(spans.length
        ? [...trace(spans), element("div.span-legend", {}, ...["generation", "tool", "waiting", "guardrail"].map((k) => element("span", {}, element("i", { "data-kind": k }), KINDS[k])))]
        : [element("p.muted", {}, "Each request, tool call, wait and check of a reply appears here with its time.")]),
    );
    this.limits.replaceChildren(
      ...(facts.used
        ? Object.entries(facts.used).map(([k, [now, most]]) =>
            element("div.limit", {}, element("span", {}, NAMES[k]), element("span.track", {}, element("i", { style: `width:${Math.min(100, most ? (100 * now) / most : 0)}%` })), element("span.muted", {}, `${k === "money" ? now.toFixed(3) : k === "seconds" ? now.toFixed(1) : now.toLocaleString("en-US")} of ${most.toLocaleString("en-US")}`)),
          )
        : [element("p.muted", {}, "What the last reply used of its limits.")]),
    );
    const { reply, chat, day, cap, reply_priced, unpriced } = facts.spent;
    const row = (name, ...rest) => element("div.limit", {}, element("span", {}, name), ...rest);
    this.cost.replaceChildren(
      row("This reply", element("span"), element("span.muted", {}, dollars(reply, reply_priced))),
      row("This chat", element("span.muted", {}, `${facts.tokens.toLocaleString("en-US")} tokens`), element("span.muted", {}, dollars(chat, !unpriced))),
      row(
        "Today, all chats",
        element("span.track", {}, element("i", { style: `width:${Math.min(100, cap ? (100 * (day ?? 0)) / cap : 0)}%` })),
        element("span.muted", {}, day === null ? "cannot be read" : `$${day.toFixed(2)} of ${cap.toFixed(2)}`),
      ),
    );
    this.runs.replaceChildren(
      ...(facts.runs.length
        ? facts.runs.map((r) =>
            element("div.run-row", {}, element("span.lamp", { "data-tone": r.state === "running" ? "good" : "" }), element("b", {}, `${r.engine} ${r.number ?? ""}`), element("span.muted", {}, r.state), element("span.grow"), element("a", { href: `/${r.engine}?run=${encodeURIComponent(r.token)}`, target: "_self" }, "Open")),
          )
        : [element("p.muted", {}, "Runs that you or it started. A run that nobody watches for a minute is stopped.")]),
    );
    const choice = spans.find((s) => s.considered)?.considered ?? [];
    this.considered.replaceChildren(
      ...(choice.length
        ? choice.map(([name, p], i) => element("div.limit", {}, element("span", {}, i ? name : element("b", {}, name)), element("span.track", {}, element("i", { style: `width:${100 * p}%` })), element("span.muted", {}, p.toFixed(2))))
        : [element("p.muted", {}, "The offline planner says how sure it is of what you meant; below a margin it asks.")]),
    );
    this.tools.replaceChildren(
      ...facts.tools.map((t) =>
        element(
          "label.tool",
          { title: t.description },
          element("input", { type: "checkbox", checked: t.on, onchange: () => this.send("tools", { off: [...this.tools.querySelectorAll("input")].filter((x) => !x.checked).map((x) => x.value) }), value: t.name }),
          element("b", {}, t.name),
          element("span.muted", {}, { read: "reads", change: "changes runs", code: "runs code", money: "costs money" }[t.permission]),
        ),
      ),
    );
  }
}
