"""What is said at the board beside moves: take back, resign, another game, my mistakes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from engine.agent.planner.quantities import single

Deed = tuple[str, dict[str, Any]]

SIZES: Final = (9, 13, 19)
_RESIGN: Final = re.compile(
    r"^(?:(?:ok|okay|well|fine|alright|you win|black|white|i|we|let me|i'll|i will|i want to) )*"
    r"(?:resigns?|surrender|concede|give up)\b"
    r"(?! (?:below|under|at|when|if|once|threshold|with|only|less|\d))"
    r"|\bthrow in the towel\b")
_UNDO: Final = re.compile(
    r"\b(?:undo|retract|revert)\b(?: \w+){0,3} (?:moves?|stones?)\b|\btake\b(?: \w+){0,4} back\b"
    r"|\btake back\b|\bretract (?:that|it)\b|\bone move back\b|\bwas a misclick\b")
_NEW: Final = re.compile(
    r"^(?:(?:can|could|may|we|you|i|let's|lets|let|me|have|play|begin|start|set up|put up|give me"
    r"|want|to|i'd|like|a|an|the|now|and|ok|okay|one|some) )*"
    r"(?:(?:new|another|one more|fresh|second|next|more) (?:\d+ )?(?:game|board|round|match)\b"
    r"|rematch\b|play (?:again|another)\b)"
    r"|^(?:(?:let me|i want to|let's|please|can we) )*(?:begin again|start over|start again"
    r"|begin anew)"
    r" (?:on|with)(?: a| an)?(?: empty)? (?:9|13|19|board)\b"
    r"|^(?:(?:could|can|you|we) )*(?:clear|empty|wipe|clean) (?:the )?board\b")
_REVIEW: Final = re.compile(
    r"\b(?:review|analy[sz]e|go (?:over|through)|look over|check)\b[^\d]*\b(?:game|moves)\b"
    r"|\b(?:find|show|look for|point out|list|where (?:are|were|was)|what (?:are|were|was)"
    r"|which (?:was|were))\b.*\bmy (?:\w+ )?(?:mistakes?|blunders?|errors?|worst moves?)\b"
    r"|\bwhich moves? (?:lost|were|was)\b|\bwhere did (?:black|white|i|we) lose\b"
    r"|\bwhere (?:did )?i (?:go|went) wrong\b|\bwhere did i make mistakes\b|\bwhat did i do wrong\b"
    r"|\b(?:show|find|look for)(?: me)? (?:the )?(?:mistakes|blunders|turning point|losing move)\b")
_STOP_REVIEW: Final = re.compile(
    r"\b(?:stop|end|leave|quit|finish|cancel|close|enough|no more)"
    r" (?:the |of the |with the )?review")
_TRY: Final = re.compile(
    r"\bwhat-?\s?if(?: mode)?(?: (?:on|off)(?: again)?\b|$)|\b(?:switch|turn|enter|leave|end"
    r"|start|exit|stop|quit)"
    r" (?:on |off |in )?(?:the )?what-?\s?if\b|\btry (?:some |out |a few )?(?:stuff|moves|things"
    r"|both sides|something)\b"
    r"|\bexplore (?:freely|moves)\b")
_NO_GAME: Final = frozenset(("run", "simulation", "baduk", "weiqi", "goban", "page", "sgf"))
_NUMBERED: Final = re.compile(r"(\d+(?:\.\d+)?) (?:points? )?(?:of )?(?:handicap|stones)"
                              r"|handicap (?:of )?(\d+)")
_KOMI: Final = re.compile(r"komi (?:of )?(-?\d+(?:\.\d+)?)|(-?\d+(?:\.\d+)?) komi")
_SIDE: Final = re.compile(r"\b(9|13|19)(?: ?(?:x|by) ?(?:9|13|19))?\b")


def table_deed(tokens: Sequence[str]) -> Deed | None:
    """The command of a game that a clause asks for, with its arguments; None for none of these."""
    words = [t for t in tokens if t not in (",", ".", "!", "?", "please")]
    said = " ".join(f"{n:g}" if (n := single(t)) is not None and t != "one" else t for t in words)
    if _STOP_REVIEW.search(said):
        return "stop_review", {}
    if _RESIGN.search(said):
        return "resign", {}
    if _TRY.search(said):
        return "what_if", {"on": not {"off", "leave", "end", "exit", "stop", "quit"} & set(words)}
    if _REVIEW.search(said):
        return "review", {}
    if _UNDO.search(said):
        return "undo", {}
    if _NEW.search(said) and not _NO_GAME & set(words) and "of go" not in said \
            and "go game" not in said:
        return "new_game", _set_up(said)
    return None


def _set_up(said: str) -> dict[str, Any]:
    """Size, komi and handicap of the next game, where they are told."""
    out: dict[str, Any] = {}
    if komi := _KOMI.search(said):
        out["komi"] = float(komi.group(1) or komi.group(2))
        said = said.replace(komi.group(), "")
    if stones := _NUMBERED.search(said):
        out["handicap"] = int(float(stones.group(1) or stones.group(2)))
        said = said.replace(stones.group(), "")
    if size := _SIDE.search(said):
        out["size"] = int(size.group(1))
    return out
