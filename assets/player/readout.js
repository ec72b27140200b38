/** Simulated time of a run, and its step or dispatch cycle. */

import { clockText, element, grouped, setText } from "./dom.js";
import { follower } from "./follow.js";

const CSS = `
.readout { height: 36px; display: flex; align-items: center; justify-content: flex-end; gap: 8px; white-space: nowrap; color: var(--muted); font-size: 13px; font-variant-numeric: tabular-nums; }
.readout b { color: var(--text); font-size: 16px; font-weight: 600; }
`;

export default follower(CSS, (root) => {
  const time = element("b");
  const step = element("span");
  root.append(element("div.readout", {}, time, step));
  return {
    topics: ["status"],
    draw(hub) {
      const at = hub.status?.step;
      setText(time, at === undefined ? "—" : clockText(hub.clockAt(at)));
      const cycle = hub.status?.cycle;
      setText(step, at === undefined ? "" : cycle === undefined ? `step ${grouped(at)}` : `cycle ${grouped(cycle)}`);
    },
  };
});
