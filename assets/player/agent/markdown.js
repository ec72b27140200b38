/**
 * A small part of Markdown as DOM nodes: text is only ever text, so nothing that a model says can
 * become markup. Links lead within the app; pictures are named and not loaded.
 */

import { element } from "../dom.js";

const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|\*([^*\s][^*]*?)\*|!\[([^\]]*)\]\([^)]*\)|\[([^\]]+)\]\(([^)\s]+)\)/;
const INSIDE = /^\/(?![/\\])[\w./?=&%#:,+~-]*$/;

/**
 * @param {string} text
 * @returns {Node[]}
 */
export function inline(text) {
  const out = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    if (found.index) out.push(document.createTextNode(rest.slice(0, found.index)));
    const [whole, , code, bold, italic, picture, words, target] = found;
    if (code !== undefined) out.push(element("code", {}, code));
    else if (bold !== undefined) out.push(element("b", {}, ...inline(bold)));
    else if (italic !== undefined) out.push(element("i", {}, ...inline(italic)));
    else if (words !== undefined)
      out.push(
        INSIDE.test(target)
          ? element("a", { href: target, target: target.startsWith("/export/") ? "_blank" : "_self" }, words)
          : document.createTextNode(`${words} (${target})`),
      );
    else out.push(document.createTextNode(`(picture: ${picture || "not shown"})`));
    rest = rest.slice(found.index + whole.length);
  }
  if (rest) out.push(document.createTextNode(rest));
  return out;
}

const cells = (line) => line.replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

function table(lines) {
  const [head, , ...rows] = lines;
  return element(
    "div.said-table",
    {},
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...cells(head).map((c) => element("th", { scope: "col" }, ...inline(c))))),
      element("tbody", {}, ...rows.map((r) => element("tr", {}, ...cells(r).map((c) => element("td", {}, ...inline(c)))))),
    ),
  );
}

/**
 * @param {string} text
 * @returns {Node[]} Paragraphs, lists, tables, headings, code and quotes.
 */
export function blocks(text) {
  const out = [];
  const lines = text.split("\n");
  let i = 0;
  const take = (test) => {
    const from = i;
    while (i < lines.length && test(lines[i])) i += 1;
    return lines.slice(from, i);
  };
  while (i < lines.length) {
    const line = lines[i];
    const fence = /^(`{3,}|~{3,})/.exec(line);
    if (fence) {
      i += 1;
      const code = take((l) => !l.startsWith(fence[1]));
      i += 1;
      out.push(element("pre", { tabindex: "0" }, element("code", {}, code.join("\n"))));
    } else if (!line.trim()) i += 1;
    else if (/^#{1,6}\s/.test(line)) {
      out.push(element("h4", {}, ...inline(line.replace(/^#+\s+/, ""))));
      i += 1;
    } else if (line.startsWith("|") && /^\|?[\s:|-]+\|?$/.test(lines[i + 1] ?? "")) out.push(table(take((l) => l.startsWith("|"))));
    else if (/^\s*[-*]\s/.test(line))
      out.push(element("ul", {}, ...take((l) => /^\s*[-*]\s/.test(l)).map((l) => element("li", {}, ...inline(l.replace(/^\s*[-*]\s+/, ""))))));
    else if (/^\s*\d+[.)]\s/.test(line))
      out.push(element("ol", {}, ...take((l) => /^\s*\d+[.)]\s/.test(l)).map((l) => element("li", {}, ...inline(l.replace(/^\s*\d+[.)]\s+/, ""))))));
    else if (line.startsWith(">")) out.push(element("blockquote", {}, ...inline(take((l) => l.startsWith(">")).map((l) => l.replace(/^>\s?/, "")).join(" "))));
    else {
      const paragraph = take((l) => l.trim() && !/^(\||#{1,6}\s|>|`{3}|~{3}|\s*[-*]\s|\s*\d+[.)]\s)/.test(l));
      // a line that begins like a block and is none
      if (!paragraph.length) paragraph.push(lines[i++]);
      const p = element("p");
      paragraph.forEach((l, n) => p.append(...(n ? [element("br")] : []), ...inline(l)));
      out.push(p);
    }
  }
  return out;
}
