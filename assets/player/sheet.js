/** Style sheets, each made once and adopted by every root that mounts a component. */

/** A sheet of these rules. */
export function sheetOf(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

/** The sheet at an address. */
export const loadSheet = async (url) => sheetOf(await (await fetch(url)).text());

const player = await loadSheet(new URL("player.css", import.meta.url));

/**
 * Make a sheet apply inside `node`'s root, once.
 * @param {Element|ShadowRoot} node
 * @param {CSSStyleSheet} [sheet] The player's own when none is named.
 */
export function adoptSheet(node, sheet = player) {
  const root = node.getRootNode();
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
