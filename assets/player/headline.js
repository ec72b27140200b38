/** Page title, its sentence, and at the right what the run is doing. */

import { element, grouped, isTyping, setText } from "./dom.js";
import { follower } from "./follow.js";

const CSS = `
.headline { display: flex; align-items: baseline; gap: 16px; height: 32px; white-space: nowrap; color: var(--text); font-variant-numeric: tabular-nums; }
.headline h1 { font-size: 24px; line-height: 32px; font-weight: 700; margin: 0; }
.headline p { margin: 0; color: var(--muted); font-size: 15px; overflow: hidden; text-overflow: ellipsis; min-width: 0; }
.headline .doing { margin-left: auto; color: var(--muted); font-size: 13px; display: flex; gap: 8px; align-items: center; }
.headline .doing[hidden] { display: none; }
.headline .doing b { color: var(--text); font-weight: 600; }
.headline i { width: 8px; height: 8px; border-radius: 50%; background: var(--muted); flex: none; }
.headline i.running { background: var(--good); }
.headline i.crashed { background: var(--bad); border-radius: 1px; }
@media (max-width: 1100px) { .headline p { display: none; } }
`;

const WORDS = { starting: "starting", running: "live", paused: "paused", crashed: "stopped by an error", ended: "ended" };

// Streamlit keeps R for its own rerun and refuses it to buttons, so the page's Reset gets it here.
const RESET = '[class*="st-key-"][class*="-reset"] button';
addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "r" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  const button = document.querySelector(RESET);
  if (!button) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  button.click();
}, true);

/** What the run can prove of itself, in two parts. */
function proven(status) {
  if (status?.robot_steps !== undefined)
    return [`${grouped(status.conflicts)} conflicts in`, `${grouped(status.robot_steps)} robot-steps`];
  if (status?.certified) return ["every batch", "certified optimal"];
  if (status?.doing) return ["", status.doing];
  if (Number.isFinite(status?.gap_percent)) return ["optimality gap", `${status.gap_percent.toFixed(2)} %`];
  return ["", ""];
}

export default follower(CSS, (root) => {
  const title = element("h1");
  const sentence = element("p");
  const dot = element("i");
  const before = element("span");
  const count = element("b");
  const doing = element("span.doing", { role: "status" }, dot, before, count);
  root.append(element("div.headline", {}, title, sentence, doing));
  return {
    topics: ["status", "link"],
    draw(hub, data) {
      setText(title, data.title);
      setText(sentence, data.sentence);
      const status = hub.status;
      doing.hidden = data.live === false;
      const state = hub.link.state === "ended" ? "ended" : status?.state ?? "starting";
      dot.className = state;
      const name = status?.number ? `Run ${status.number} · ` : "";
      const [lead, proof] = proven(status);
      setText(before, `${name}${WORDS[state]}${lead || proof ? ` · ${lead}` : ""}`);
      setText(count, proof);
    },
  };
});
