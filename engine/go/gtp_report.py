"""Analysis lines as Leela Zero and KataGo print them.

Win rates, scores and bounds are those of the player to move. Leela Zero writes them in
ten-thousandths, KataGo as numbers.

Sources: https://github.com/lightvector/KataGo/blob/master/docs/GTP_Extensions.md and
https://github.com/leela-zero/leela-zero (lz-analyze).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.errors import InvalidInput
from engine.go.gtp import Failure
from engine.go.gtp_words import PLAYERS
from engine.go.search import Search
from engine.go.vertices import point_of, vertex_of

_FLAGS: Final = ("ownership", "rootInfo", "pvVisits", "movesOwnership", "movesOwnershipStdev",
                 "ownershipStdev", "noResultValue")


@dataclass(slots=True)
class Options:
    """What an analysis was asked for.

    Attributes:
        interval_s: Between reports.
        least_moves: Moves to report at least, those with a prior alone included.
        most_moves: Moves to report at most.
        flags: Names of the switches that are on.
        avoid: Moves not to try, by colour.
        allow: The only moves to try, by colour; empty for all.
    """

    interval_s: float = 1.0
    least_moves: int = 0
    most_moves: int = 1000
    flags: set[str] = field(default_factory=set)
    avoid: dict[int, set[int]] = field(default_factory=dict)
    allow: dict[int, set[int]] = field(default_factory=dict)

    def barred(self, colour: int, size: int) -> list[int]:
        """Moves that a colour may not try at the root."""
        out = set(self.avoid.get(colour, ()))
        if only := self.allow.get(colour):
            out |= set(range(size * size + 1)) - only
        return sorted(out)


def parse_options(words: list[str], size: int) -> Options:
    """Read `[interval] [key value]…`, the interval in hundredths of a second.

    Raises:
        Failure: "syntax error" for what is neither.
    """
    options = Options()
    left = list(words)
    if left and _is_number(left[0]):
        options.interval_s = _interval(left.pop(0))
    while left:
        key = left.pop(0)
        if key == "interval" and left:
            options.interval_s = _interval(left.pop(0))
        elif key == "minmoves" and left:
            options.least_moves = _count(left.pop(0))
        elif key == "maxmoves" and left:
            options.most_moves = _count(left.pop(0))
        elif key in _FLAGS and left and left[0] in ("true", "false"):
            options.flags -= {key}
            options.flags |= {key} if left.pop(0) == "true" else set()
        elif key in ("avoid", "allow") and len(left) >= 3:
            colour, names, depth = left.pop(0).lower(), left.pop(0), left.pop(0)
            if colour not in PLAYERS or _count(depth) < 1:
                raise Failure("syntax error")
            which = options.avoid if key == "avoid" else options.allow
            try:
                moves = {point_of(name, size) for name in names.split(",")}
            except InvalidInput:
                raise Failure("invalid coordinate") from None
            which.setdefault(PLAYERS[colour], set()).update(moves)
        else:
            raise Failure("syntax error")
    return options


def report(search: Search, options: Options, style: str) -> str:
    """One line about the root's moves, the most visited first.

    Args:
        search: Between two slices.
        options: What to say.
        style: "lz" or "kata".
    """
    size = search.searches.size
    rows = search.candidates()
    parts: list[str] = []
    for i in range(min(rows.move.size, max(options.most_moves, 1))):
        line = [int(rows.move[i]), *search.variation(int(rows.node[i]))]
        bound = float(np.clip((rows.bound[i] + 1.0) / 2.0, 0.0, 1.0))
        win, prior = float(rows.win_rate[i]), float(rows.prior[i])
        head = f"info move {vertex_of(line[0], size)} visits {rows.visits[i]}"
        pv = " ".join(vertex_of(m, size) for m in line)
        if style == "lz":
            parts.append(f"{head} winrate {round(1e4 * win)} prior {round(1e4 * prior)} "
                         f"lcb {round(1e4 * bound)} order {i} pv {pv}")
            continue
        parts.append(
            f"{head} utility {rows.utility[i]:.6g} winrate {win:.6g} scoreMean {rows.score[i]:.6g} "
            f"scoreLead {rows.score[i]:.6g} prior {prior:.6g} lcb {bound:.6g} "
            f"utilityLcb {max(float(rows.bound[i]), -2.0):.6g} order {i} pv {pv}"
            + (f" pvVisits {_visits_along(search, int(rows.node[i]), len(line))}"
               if "pvVisits" in options.flags else "")
            + (f" movesOwnership {_numbers(-search.ownership(int(rows.node[i])))}"
               if "movesOwnership" in options.flags else ""))
    if style == "kata" and "rootInfo" in options.flags:
        said = search.opinion()
        parts.append(f"rootInfo visits {said.visits} utility {said.utility:.6g} "
                     f"winrate {said.win_rate:.6g} scoreLead {said.score:.6g}")
    if style == "kata" and "ownership" in options.flags:
        parts.append("ownership " + _numbers(search.ownership()))
    return " ".join(parts)


def _visits_along(search: Search, node: int, length: int) -> str:
    """Visits of each position on the most visited line below a node, the node's own first."""
    visits = [search.opinion(node).visits]
    while len(visits) < length:
        rows = search.candidates(node)
        visits.append(int(rows.visits[0]))
        node = int(rows.node[0])
    return " ".join(map(str, visits))


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{v:.3g}" for v in values)


def _is_number(word: str) -> bool:
    return word.isascii() and word.replace(".", "", 1).isdigit() and len(word) < 12


def _interval(word: str) -> float:
    if not _is_number(word):
        raise Failure("syntax error")
    return max(0.01, float(word) / 100.0)


def _count(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 7):
        raise Failure("syntax error")
    return int(word)
