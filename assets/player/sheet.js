/** The player's style sheet, loaded once and adopted by every root that mounts a component. */

const sheet = new CSSStyleSheet();
sheet.replaceSync(await (await fetch(new URL("player.css", import.meta.url))).text());

/**
 * Make the styles apply inside `node`'s root, once.
 * @param {Element|ShadowRoot} node
 */
export function adoptSheet(node) {
  const root = node.getRootNode();
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
