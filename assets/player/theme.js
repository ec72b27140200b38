/** Colours: the tokens that Python reads too, light or dark found from the page around the component. */

const TOKENS = await (await fetch(new URL("../tokens.json", import.meta.url))).json();

/** @typedef {{name: "light"|"dark", tokens: object, font: string}} Theme */

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

/** Blend of two hex colours, `share` of the second in [0, 1]. */
export function mix(a, b, share) {
  const p = channels(a);
  const q = channels(b);
  return (
    "#" +
    p
      .map((v, i) =>
        Math.round(v + (q[i] - v) * share)
          .toString(16)
          .padStart(2, "0"),
      )
      .join("")
  );
}

/** CSS colour with an alpha. */
export function alpha(hex, a) {
  const [r, g, b] = channels(hex);
  return `rgba(${r},${g},${b},${a})`;
}

/** Opaque pixel as ImageData's little-endian uint32 has it (ABGR). */
export function pixel(hex) {
  const [r, g, b] = channels(hex);
  return (255 << 24) | (b << 16) | (g << 8) | r;
}

/** Relative luminance of a CSS colour in [0, 1], NaN when it cannot be read. WCAG 2.2. */
function luminance(colour) {
  const probe = new OffscreenCanvas(1, 1).getContext("2d");
  probe.fillStyle = "#010203";
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  if (probe.fillStyle === "#010203") return NaN;
  const linear = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

const known = new Map();

/**
 * Light or dark: what the host page's own background says, else the wish, else the system.
 * @param {Element} host An element inside the page's theme.
 * @param {string} [wish] "light" or "dark".
 * @returns {"light"|"dark"}
 */
export function themeName(host, wish) {
  const background = getComputedStyle(host).getPropertyValue("--st-background-color").trim();
  if (background) {
    if (!known.has(background)) known.set(background, luminance(background));
    const light = known.get(background);
    if (!Number.isNaN(light)) return light > 0.4 ? "light" : "dark";
  }
  if (wish === "light" || wish === "dark") return wish;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

/**
 * Put the tokens on an element as custom properties and return them.
 * @param {HTMLElement} node
 * @param {"light"|"dark"} name
 * @returns {Theme}
 */
export function applyTheme(node, name) {
  const tokens = TOKENS[name];
  if (node.dataset.theme !== name) {
    node.dataset.theme = name;
    const flat = { ...tokens, ...tokens.marks };
    for (const [key, value] of Object.entries(flat))
      if (typeof value === "string") node.style.setProperty(`--${key}`, value);
    for (const [key, value] of Object.entries(tokens.states)) node.style.setProperty(`--state-${key}`, value);
    node.style.setProperty("--pod-cold", tokens.floor.podCold);
    node.style.setProperty("--pod-hot", tokens.floor.podHot);
    node.style.setProperty("--heat", tokens.floor.heat);
  }
  return { name, tokens, font: getComputedStyle(node).fontFamily };
}

/** The host element of a mount point: a shadow root's host, or the element itself. */
export const hostOf = (parent) => (parent instanceof ShadowRoot ? parent.host : parent);
