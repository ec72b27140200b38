"""A message as words: lower case, one spelling of quotes and dashes, numbers in one piece."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_TOKEN: Final = re.compile(
    r"[a-z]{1,3}-?\d+(?:x\d+)?\b"
    r"|(?:(?<![\d)\]] )(?<![\w)\]])-)?\d[\d,']*(?:\.\d+)?(?:[a-z]{1,3}\b|%|×)?|\.\d+"
    r"|[a-z]+(?:[-'/][a-z]+)*|[%×+?;.,!:=<>*/()-]")
_DECIMAL: Final = re.compile(r"(?<=\d),(?=\d{1,2}(?![\d,]))")  # 0,50 but not 1,200
_WITH: Final = re.compile(r"\bw/?(?=\s+(?:the\s+)?[\d(]|\s+a\b)")
_THIN: Final = re.compile(r"(?<=\d)[\u2009\u202f\u00a0](?=\d{3}\b)")


def tokens_of(text: str) -> list[str]:
    """Words, numbers and marks; accents are dropped, 1,200 and 1 200 (thin space) stay whole."""
    text = _THIN.sub("", text)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c)).lower()
    for odd, plain in (("’", "'"), ("‘", "'"), ("–", "-"), ("—", " - "), ("−", "-"), ("“", '"'),
                       ("”", '"')):
        text = text.replace(odd, plain)
    text = _WITH.sub("with", _DECIMAL.sub(".", text))
    out: list[str] = []
    for token in _TOKEN.findall(text):
        word = token.rstrip(",'")
        out += [word] if word else []
        out += [","] if token.endswith(",") else []
    return out
