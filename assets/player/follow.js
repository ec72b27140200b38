/** Mounting of the small components that only read a run's hub. */

import { acquireHub, releaseHub } from "./registry.js";
import { adoptSheet, sheetOf } from "./sheet.js";
import { applyTheme, hostOf, themeName } from "./theme.js";

const THEME_CHECK_MS = 1000;

/**
 * A mount function for a component that shows what its run says.
 * @param {string} css Its style rules.
 * @param {(root: HTMLElement) => {topics: string[], draw: (hub: object, data: object) => void}} build
 *     Fills the root once; `draw` runs after each update and each message of the topics.
 * @returns {(component: object) => () => void}
 */
export function follower(css, build) {
  const sheet = sheetOf(css);
  return ({ data, parentElement }) => {
    let view = parentElement.atriumView;
    if (!view || view.token !== data.run) {
      view?.end();
      view = parentElement.atriumView = open(parentElement, sheet, build, data.run);
    }
    view.data = data;
    view.draw();
    return () => {
      view.end();
      if (parentElement.atriumView === view) parentElement.atriumView = null;
    };
  };
}

function open(parent, sheet, build, token) {
  adoptSheet(parent, sheet);
  const root = document.createElement("div");
  parent.append(root);
  const host = hostOf(parent);
  const hub = acquireHub(token);
  const { topics, draw } = build(root);
  const view = { token, data: null, draw: () => { if (view.data) draw(hub, view.data); } };
  const stops = topics.map((topic) => hub.on(topic, view.draw));
  const theme = () => applyTheme(root, themeName(host));
  theme();
  const timer = setInterval(theme, THEME_CHECK_MS);
  view.end = () => {
    clearInterval(timer);
    for (const stop of stops) stop();
    releaseHub(hub);
    root.remove();
  };
  return view;
}
