/** How many runs this server keeps alive, for the right end of the navigation. */

import { element, setText } from "./dom.js";
import { adoptSheet, sheetOf } from "./sheet.js";
import { applyTheme, hostOf, themeName } from "./theme.js";

const EVERY_MS = 3000;
const CSS = `
.livecount { display: inline-flex; align-items: center; gap: 8px; height: 30px; padding: 0 10px; border: 1px solid var(--border); border-radius: 8px; background: var(--ground); color: var(--text); font-size: 13px; font-weight: 600; white-space: nowrap; }
.livecount i { width: 8px; height: 8px; border-radius: 50%; background: var(--muted); }
.livecount i.on { background: var(--good); }
@media (max-width: 700px) { .livecount { display: none; } }
`;
const sheet = sheetOf(CSS);

export default function mount({ parentElement }) {
  if (parentElement.atriumCount) return parentElement.atriumCount;
  adoptSheet(parentElement, sheet);
  const dot = element("i");
  const text = element("span");
  const root = element("div.livecount", { role: "status" }, dot, text);
  parentElement.append(root);
  const look = async () => {
    applyTheme(root, themeName(hostOf(parentElement)));
    if (document.hidden) return;
    try {
      const runs = await (await fetch("/live/runs")).json();
      const live = runs.filter((r) => r.state === "running").length;
      dot.className = live ? "on" : "";
      setText(text, live === 1 ? "1 run live" : `${live} runs live`);
    } catch {
      dot.className = "";
      setText(text, "offline");
    }
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  parentElement.atriumCount = () => {
    clearInterval(timer);
    root.remove();
    parentElement.atriumCount = null;
  };
  return parentElement.atriumCount;
}
