"""What a model says, made safe to show: no HTML, nothing fetched from elsewhere, no hidden text.

An answer may repeat what a poisoned page told it to say. An image whose address carries a secret is
the classic way out (the browser fetches it unasked), a link that shows another address than it
opens the second. So images are named and not loaded, links lead within the app alone, and others
are shown with their whole address as text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_SHOWN: Final = 60_000
_IMAGE: Final = re.compile(r"!\[([^\]\n]*)\](?:\([^)\n]*\)?|\[[^\]\n]*\])?")
_LINK: Final = re.compile(r"(?<!!)\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)\n]*\)")
_REFERENCE: Final = re.compile(r"^[ \t]{0,3}\[[^\]\n]+\]:[ \t]*\S.*$", re.MULTILINE)
_AUTOLINK: Final = re.compile(r"<((?:[a-z][a-z0-9+.-]{1,31}:|[\w.+-]+@)[^\s<>]*)>", re.IGNORECASE)
_BARE: Final = re.compile(r"(?<![`\w])((?:https?|ftp)://|www\.)([^\s`<>)\]]+)", re.IGNORECASE)
_INSIDE: Final = re.compile(r"/(?!/|\\)[\w./?=&%#:,+~-]*")
_FENCE: Final = re.compile(
    r"(?:^|\n)(?:(`{3,})[^`\n]*|(~{3,})[^\n]*)"  # backticks after backticks: code in a line
    r"(?:(?:\n.*?)?\n(?:\1`*|\2~*)[ \t]*(?=\n|\Z)|(?:\n.*)?\Z)", re.DOTALL)
_CODE: Final = re.compile(r"(`+)(?!`)(?:.*?[^`])\1(?!`)")


def safe_markdown(text: str) -> str:
    """Markdown that can be shown, and that means what the reader sees.

    Code stays as it is; HTML is escaped; images become their description; links that leave the app
    become text with their address; characters that hide or turn text are dropped.
    """
    text = visible(text)
    if len(text) > MAX_SHOWN:
        text = text[:MAX_SHOWN] + "\n\n… [cut: the answer is longer]"
    out: list[str] = []
    at = 0
    for fence in _FENCE.finditer(text):
        out += [_prose(text[at:fence.start()]), fence.group()]
        at = fence.end()
    out.append(_prose(text[at:]))
    return "".join(out)


def visible(text: str) -> str:
    """Without controls, direction marks, tags and other characters that nobody sees."""
    return "".join(c for c in text
                   if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs")
                   or c in "\u200d\ufe0f")  # joiners of emoji


def _prose(text: str) -> str:
    """Everything outside fenced code; code in a line stays as it is too."""
    out: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        out += [_plain(text[at:code.start()]), code.group()]
        at = code.end()
    out.append(_plain(text[at:]))
    return "".join(out)


def _plain(text: str) -> str:
    """Prose without code."""
    text = _REFERENCE.sub("", text)
    text = _IMAGE.sub(lambda m: f"(picture: {m.group(1) or 'not shown'})", text)
    text = _AUTOLINK.sub(lambda m: f"`{m.group(1)}`", text)
    kept: list[str] = []

    def link(found: re.Match[str]) -> str:
        words, target = found.groups()
        if _INSIDE.fullmatch(target):
            kept.append(f"[{words}]({target})")
            return f"\x01{len(kept) - 1}\x01"
        return f"{words} ({target})" if target else words

    text = _LINK.sub(link, text)
    # what is left of this form may still be a link to some viewer: over two lines, or never closed
    text = text.replace("](", "] (")
    text = _BARE.sub(lambda m: f"`{m.group(1)}{m.group(2)}`", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"(?m)^((?:&gt; ?)+)", lambda m: m.group(1).replace("&gt;", ">"), text)
    return re.sub("\x01(\\d+)\x01", lambda m: kept[int(m.group(1))], text)
