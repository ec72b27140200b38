"""Whether a clause asks something, rather than asks for something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

POLITE: Final = frozenset((
    "please", "and", "so", "ok", "okay", "hey", "hi", "well", "then", "but", "now", ",", ".", "!",
    "-", "also", "yo", "um", "uh", "hm", "hmm", "right", "alright", "listen", "quick", "question",
    "just", "oh", "actually", "sorry", ":", "again", "by", "the", "way", "out", "curiosity", "of"))
_ASKING: Final = frozenset((
    "what", "which", "who", "whose", "where", "why", "how", "whats", "what's", "who's", "where's",
    "how's", "is", "are", "was", "were", "does", "did", "has", "had", "am", "isn't", "aren't",
    "doesn't", "didn't", "whose", "hows", "wheres"))
_SUBJECTS: Final = frozenset((
    "we", "you", "i", "they", "riders", "people", "drivers", "robots", "cars", "passengers",
    "customers", "orders", "the", "any", "there", "our", "my", "all", "desks", "stations"))
_TELLING: Final = frozenset(("tell", "show", "explain", "say", "list", "know", "check", "describe",
                             "see", "remind", "read", "report"))
MODAL: Final = frozenset(("can", "could", "would", "will", "may", "might", "shall", "should"))
_NO_QUESTION: Final = (
    ("how", "about"), ("what", "about"), ("what", "happens", "with"), ("what", "if", "we", "use"),
    ("what", "i'd", "like"), ("what", "i", "want"), ("what", "i", "need"), ("what", "we", "need"),
    ("what", "we", "want"), ("what", "we'd", "like"), ("why", "don't"), ("why", "not"),
    ("why", "dont"), ("is", "it", "possible"),
    ("are", "you", "able"))


def is_question(tokens: Sequence[str]) -> bool:
    """Whether something is asked, rather than asked for."""
    words = list(tokens)
    while words and words[0] in POLITE:
        words = words[1:]
    if not words:
        return False
    if any(tuple(words[:len(p)]) == p for p in _NO_QUESTION):
        return False
    if words[0] in _ASKING or (words[0] in ("at", "in", "on", "for", "from", "by", "to", "until")
                               and words[1:2] in (["what"], ["which"])):
        return True
    follows = words[1] if len(words) > 1 else ""
    if words[0] in ("do", "have", "don't"):
        return follows in _SUBJECTS and "steps" not in words
    if words[0] in ("should", "shall", "may") and follows == "i":
        return "have" not in words[2:3]
    if words[0] in ("will", "would") and follows in _SUBJECTS - {"you"} | {"a", "an", "it", "this"}:
        return True
    if words[0] in ("can", "could", "may") and follows in ("the", "a", "an", "it", "this") \
            and "be" in words[2:6] and ("?" in words or "set" in words[3:7]):
        return True
    if words[0] in MODAL:
        return any(w in _TELLING for w in words[1:5])
    return words[0] in _TELLING and any(w in _ASKING for w in words[1:5])
