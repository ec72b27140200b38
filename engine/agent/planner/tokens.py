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
_GROUPED: Final = re.compile(r"(?<![\w.,/-])[1-9]\d{0,2}(?: 000)+(?![\w/-]|[.,]\d)")
_SPELT: Final = {"bee": "b", "cee": "c", "dee": "d", "eff": "f", "gee": "g", "aitch": "h",
                 "jay": "j", "kay": "k"}
_SWAPPED: Final = {"teh": "the", "hte": "the", "adn": "and", "nad": "and", "plz": "please"}
_LETTER: Final = re.compile(r"[a-hj-t]")
_LINE: Final = {w: str(n) for n, w in enumerate((
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    1)}
_A_BOARD: Final = re.compile(r"x\d|by\b|lines?\b|board")  # "a 13 by 13 board" names no point
_POINT: Final = re.compile(r"[a-hj-t]-(?:1\d|[1-9])")


def tokens_of(text: str) -> list[str]:
    """Words, numbers and marks; accents are dropped, 1,200 and 1 200 and 20 000 stay whole."""
    text = _GROUPED.sub(lambda found: found.group().replace(" ", ""), _THIN.sub("", text))
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c)).lower()
    for odd, plain in (("’", "'"), ("‘", "'"), ("–", "-"), ("—", " - "), ("−", "-"), ("“", '"'),
                       ("”", '"')):
        text = text.replace(odd, plain)
    text = _WITH.sub("with", _DECIMAL.sub(".", text))
    out: list[str] = []
    for token in _TOKEN.findall(text):
        word = token.rstrip(",'")
        out += [_SWAPPED.get(word, word)] if word else []
        out += [","] if token.endswith(",") else []
    return out


def points_joined(tokens: list[str]) -> list[str]:
    """The words with points of a board in one piece: c 3, F-6, dee four."""
    out: list[str] = []
    for i, token in enumerate(tokens):
        letter = _SPELT.get(out[-1], out[-1]) if out else ""
        line = _LINE.get(token, token)
        if _LETTER.fullmatch(letter) and line.isdigit() and 1 <= int(line) <= len(_LINE) \
                and (letter != "a" or (token.isdigit() and not _A_BOARD.match(
                    " ".join(tokens[i + 1:i + 2])))):
            out[-1] = letter + line
        else:
            out.append(token.replace("-", "") if _POINT.fullmatch(token) else token)
    return out
