/** Small helpers to build and update DOM without a framework. */

/**
 * Create an element.
 * @param {string} tag Tag name, optionally with classes: "button.chip.on".
 * @param {Object<string, any>} [attributes] Attributes; `on*` functions become listeners.
 * @param {...(Node|string)} children Child nodes or texts.
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * Create an SVG element.
 * @param {string} tag
 * @param {Object<string, any>} [attributes]
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** Bring a list of nodes to a length, then write each: nodes that stay are not replaced. */
export function fillList(parent, items, make, write) {
  while (parent.children.length > items.length) parent.lastChild.remove();
  while (parent.children.length < items.length) parent.append(make());
  items.forEach((item, i) => write(parent.children[i], item));
}

/** Write text only when it differs: an unchanged node costs no layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set or remove an attribute only when it differs. */
export function setAttribute(node, name, value) {
  if (value === null) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Whole number with thousands separators. */
export const grouped = (value) => Math.round(value).toLocaleString("en-US");

/**
 * Clock text of a number of seconds.
 * @param {number} seconds Seconds since midnight; wraps at a day.
 * @param {boolean} [withSeconds]
 * @returns {string} "14:02" or "14:02:11".
 */
export function clockText(seconds, withSeconds = true) {
  const s = ((Math.round(seconds) % 86400) + 86400) % 86400;
  const two = (v) => String(v).padStart(2, "0");
  const head = `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}`;
  return withSeconds ? `${head}:${two(s % 60)}` : head;
}

/** Whether a key event comes from a field that wants its keys. */
export function isTyping(event) {
  const target = event.composedPath()[0];
  return (
    target instanceof Element &&
    (target.matches(
      "input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, select",
    ) ||
      target.isContentEditable)
  );
}

/**
 * Hand a file to the person.
 * @param {string} name
 * @param {Blob} blob
 */
export function saveFile(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
