"""Which cameras of the car a clause means, and whether they are to see again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.agent.planner.steps import AskBack

# words for each view, the most particular first; a longer name is never taken for a shorter one
_VIEWS: Final = (
    ("front_narrow", ("front narrow", "narrow front", "narrow", "tele", "long range",
                      "telephoto", "zoom")),
    ("front_wide", ("front wide", "wide front", "wide", "wide-angle", "wide angle", "fisheye")),
    ("left_repeater", ("left repeater", "repeater left", "left rear side", "left fender",
                       "left wing", "left-hand repeater")),
    ("right_repeater", ("right repeater", "repeater right", "right rear side", "right fender",
                        "right wing", "right-hand repeater")),
    ("left_pillar", ("left pillar", "left b-pillar", "pillar left", "left side pillar",
                     "left-hand pillar")),
    ("right_pillar", ("right pillar", "right b-pillar", "pillar right", "right side pillar",
                      "right-hand pillar")),
    ("rear", ("rear", "back", "backward", "rearview", "rear-view", "behind", "reversing")),
    ("front", ("front", "forward", "main", "front-facing", "windscreen", "windshield")),
)
_NOUNS: Final = frozenset(("camera", "cameras", "cam", "cams", "repeater", "repeaters", "pillar",
                           "pillars", "view", "lens", "eye", "one", "ones", "narrow", "wide"))
_SIDES: Final = tuple(
    (word, (f"left_{side}", f"right_{side}")) for side in ("repeater", "pillar")
    for word in (f"{side}s", f"both {side}", f"{side} cameras", f"{side} cams"))
_SEEING: Final = re.compile(r"(?:camera|cam|view|lens|eye|one)s?\b")
_NONE: Final = frozenset(("no", "without"))
_AGAIN: Final = frozenset(("on", "restore", "back", "again", "repair", "fix", "reconnect", "revive",
                           "enable", "uncover", "return", "unblind", "recover", "reactivate",
                           "activate", "bring", "working"))
_DARK: Final = frozenset(("off", "kill", "blind", "cover", "lose", "disable", "dead", "dies", "out",
                          "break", "fails", "fail", "down", "without", "cut", "dark",
                         "broken", "gone", "tape", "mud", "dirt", "dirty", "blocked", "covered",
                         "smashed", "splashed", "unplug", "blindfold"))

# words that tell of switching only beside others
_LIGHT: Final = frozenset(("on", "back", "again", "out", "down", "without", "return", "bring",
                           "dark"))


def views_in(tokens: Sequence[str]) -> list[str]:
    """Names of the views that are spoken of, from left to right; empty where none is."""
    text = f" {' '.join(t for t in tokens if t not in ('the', 'a'))} "
    if not _NOUNS & set(tokens):
        return []
    found: list[tuple[int, str]] = []
    for word, both in _SIDES:
        if f" {word} " in text and not any(f" {s} {word} " in text for s in ("left", "right")):
            found += [(text.index(f" {word} ") + i, v) for i, v in enumerate(both)]
    for view, names in _VIEWS:
        for name in names:
            at = text.find(f" {name} ")
            if at >= 0 and (name != "back" or _SEEING.match(text[at + 6:])):
                found.append((at, view))
                text = text[:at + 1] + "_" * len(name) + text[at + 1 + len(name):]
                break
    return list(dict.fromkeys(view for _, view in sorted(found)))


def is_switched(tokens: Sequence[str]) -> bool:
    """Whether a camera is spoken of with a word that makes it see or not."""
    if not tokens:
        return False
    named = bool(views_in(tokens)) or bool({"camera", "cameras", "cam", "cams"} & set(tokens))
    words = set(tokens)
    last = tuple(tokens[-2:])  # "from now on" switches nothing
    on = (tokens[-1] in ("on", "out", "dark") and last != ("now", "on")) \
        or last == ("on", "again") or {"bring", "back"} <= words or {"come", "back"} <= words \
        or {"work", "again"} <= words
    on = on or bool("out" in words and {"take", "pull", "knock", "put", "black", "rip"} & words)
    on = on or (tokens[0] in _NONE and bool(views_in(tokens)))
    return named and (on or bool(((_AGAIN | _DARK | {"switch", "turn"}) - _LIGHT) & set(tokens)))


def switches(tokens: Sequence[str]) -> list[dict[str, object]]:
    """Arguments of the command for each view that is meant.

    Raises:
        AskBack: If it is not said which camera.
    """
    views = views_in(tokens)
    if not views:
        known = ", ".join(v.replace("_", " ") for v, _ in reversed(_VIEWS))
        raise AskBack(f"Which camera: {known}?")
    back = " ".join(tokens).replace("back camera", "").replace("back cam", "").split()
    on = bool(_AGAIN & set(back)) and not _DARK & set(tokens)
    return [{"view": v, "on": on} for v in views]
