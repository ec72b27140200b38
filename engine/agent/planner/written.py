"""What is written out in a message to be run: arithmetic, Python, a query."""

from __future__ import annotations

import ast
import re
from typing import Final

LONGEST: Final = 600
STARTS: Final = 40
TAILS: Final = 7


def arithmetic(text: str) -> str:
    """Arithmetic in a sentence as an expression, or "" when there is none."""
    said = text.lower().replace("×", "*").replace("·", "*").replace("−", "-").replace("÷", "/")
    for words, sign in ((r"\bdivided by\b|\bover\b", "/"), (r"\bmultiplied by\b|\btimes\b", "*"),
                        (r"\bplus\b", "+"), (r"\bminus\b", "-"), (r"\bmodulo\b|\bmod\b", "%"),
                        (r"\bto the power of\b|\^", "**"), (r"\bsquared\b", "**2"),
                        (r"\bcubed\b", "**3"), (r"(?<=\d)\s*x\s*(?=\d)", "*"),
                        (r"(?:\bpercent|\bper cent|%)\s+of\b", "/ 100 *")):
        said = re.sub(words, f" {sign} ", said)
    said = re.sub(r"(?<=\d),(?=\d{3}\b)", "", said)
    root = re.search(r"(square|cube) root of\s+([\d.]+\d|\d)", said)
    if root:
        return f"{root.group(2)} ** {'0.5' if root.group(1) == 'square' else '(1 / 3)'}"
    for word, function in (("mean", "sum(v) / len(v)"), ("average", "sum(v) / len(v)"),
                           ("sum", "sum(v)"), ("total", "sum(v)"), ("add", "sum(v)"),
                           ("median", "stats(v)['median']"), ("deviation", "stats(v)['sd']"),
                           ("largest", "max(v)"), ("maximum", "max(v)"), ("smallest", "min(v)"),
                           ("minimum", "min(v)")):
        numbers = re.findall(r"-?\d+(?:\.\d+)?", said)
        if re.search(rf"\b{word}\b", said) and len(numbers) >= 2:
            return f"v = [{', '.join(numbers)}]\n{function}"
    found = re.findall(r"[-+(]?[\d(][\d.\s()+*/%-]*[\d)]", said)
    best = max((f.strip() for f in found), key=len, default="")
    if not re.search(r"\d\s*[-+*/%]", best) or best.count("(") != best.count(")"):
        return ""
    return best


def python(text: str) -> str:
    """Python in a sentence: between backticks, else the longest part that is an expression."""
    fenced = re.search(r"```(?:python)?\s*(.+?)```", text, re.DOTALL) or \
        re.search(r"`([^`]+)`", text)
    if fenced:
        return fenced.group(1).strip()
    text = re.sub(r"(?i)\s+(?:in|with|using)\s+(?:the\s+)?(?:python|sandbox)\b.*$", "",
                  text.strip()[:LONGEST])
    after = re.search(r":\s*(.+)$", text, re.DOTALL)
    if after and _works(after.group(1)):
        return after.group(1).strip()
    starts = [m.start() for m in re.finditer(r"(?<![\w.'\"])[\w(\[{'\"-]", text)][:STARTS]
    ends = [len(text), *(m.start() for m in reversed(list(re.finditer(r"\s+|[.?!]+$", text))))]
    for start in starts:
        for end in ends[:TAILS]:
            if end > start and _works(text[start:end]):
                return text[start:end].strip()
    return ""


def _works(source: str) -> bool:
    """Whether it is Python that computes something, and not a word that happens to be a name."""
    try:
        tree = ast.parse(source.strip())
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return any(isinstance(node, ast.Call | ast.ListComp | ast.Import | ast.For)
               for node in ast.walk(tree))


def query(text: str) -> str:
    """A SELECT in a message."""
    return re.sub(r"(?is)^.*?\b(select|with)\b", r"\1", text, count=1).strip().rstrip(";?")
