"""The whole picture of a game as the browser draws it: facts that are ready for JSON.

Names are the ones `assets/player/go` reads. Points are row-major from the top left, the pass is
`size * size`; colours are 1 black and −1 white.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.go import ribbons
from engine.go.board import CAPTURED_BLACK, CAPTURED_WHITE
from engine.go.game import Game, Node
from engine.go.review import MIN_VISITS, costs, mistakes

if TYPE_CHECKING:
    from engine.go.thinker import Thinker

SHOWN: Final = 24
"""Candidates that are sent; the rest are counted."""
FINE: Final = 0.5
FAIR: Final = 2.0
"""Points lost up to which a move is called fine, and fair: the two above."""
LEADERS: Final = 5
STONES: Final = ".XO"


def board_facts(game: Game) -> dict[str, Any]:
    """Stones, prisoners, what may be played, and where the record goes from here."""
    board, node = game.board, game.node
    return {
        "size": game.size, "komi": game.komi, "handicap": game.handicap,
        "stones": "".join(STONES[v] for v in board.stones[:-1].tolist()),
        "to_play": game.to_play, "number": node.number,
        "last": -1 if node.move is None else node.move,
        "prisoners": [int(board.state[CAPTURED_WHITE]), int(board.state[CAPTURED_BLACK])],
        "legal": "".join("01"[v] for v in game.legal().tolist()),
        "node": node.index,
        "children": [{"node": c.index, "move": c.move, "colour": c.colour}
                     for c in node.children],
    }


def search_facts(thinker: Thinker, to_play: int) -> dict[str, Any]:
    """What the search at the present position thinks."""
    found = thinker.candidates()
    total = max(1, int(found.visits.sum()))
    best = float(found.score[0]) if len(found.move) else 0.0
    rows = []
    for i in range(min(SHOWN, len(found.move))):
        move, lost = int(found.move[i]), best - float(found.score[i])
        rows.append({
            "point": move, "visits": int(found.visits[i]),
            "share": _round(found.visits[i] / total, 4), "q": _round(found.value[i], 4),
            "win": _round(found.win_rate[i], 4), "prior": _round(found.prior[i], 4),
            "score": _round(found.score[i], 2), "lost": _round(lost, 2), "grade": grade(i, lost),
            "line": thinker.line(move, int(found.node[i])),
        })
    tree = thinker.tree
    drawn = ribbons.ribbons(tree, to_play)
    win, lead = thinker.judgement()
    return {
        "candidates": rows,
        "rest": {"moves": max(0, len(found.move) - SHOWN),
                 "visits": int(found.visits[SHOWN:].sum())},
        "root": {"win": _round(win, 4), "score": _round(lead, 2)},
        "policy": np.rint(1000.0 * thinker.policy()).astype(int).tolist(),
        "ownership": np.rint(100.0 * thinker.ownership()).astype(int).tolist(),
        "tree": {"parent": drawn.parent, "move": drawn.move, "visits": drawn.visits,
                 "win": drawn.win, "newest": ribbons.newest(tree, drawn),
                 "leaves": ribbons.leaves(tree, drawn, thinker.last_leaves())},
        "search": thinker.figures(),
        "growth": growth_facts(thinker.growth, found.move[:LEADERS].tolist()),
    }


def no_search(network: str) -> dict[str, Any]:
    """The same before anything was thought."""
    return {
        "candidates": [], "rest": {"moves": 0, "visits": 0}, "root": None, "policy": None,
        "ownership": None, "tree": None, "growth": {"moves": [], "at": []},
        "search": {"network": network, "visits": 0, "per_s": 0.0, "depth": 0, "mean_depth": 0.0,
                   "cache_percent": 0.0, "nodes": 0, "seconds": 0.0},
    }


def growth_facts(
    growth: Sequence[tuple[int, Mapping[int, int]]], leaders: Sequence[int]
) -> dict[str, Any]:
    """Visits of the leading moves at each noted number of simulations."""
    return {"moves": list(leaders),
            "at": [[total, *(visits.get(m, 0) for m in leaders)] for total, visits in growth]}


def line_facts(game: Game) -> dict[str, Any]:
    """The game along the line that is looked at: opinions by move, costs, and the place in it."""
    line = game.line()
    lost = {c.node: c.points for c in costs(line)}
    known = [_known(n) for n in line]
    return {
        "nodes": [n.index for n in line],
        "moves": [n.move for n in line],
        "colours": [n.colour for n in line],
        "numbers": [n.number for n in line],
        "win": [round(1000 * r.win) if r else None for r in known],
        "score": [round(10 * r.score) if r else None for r in known],
        "lost": [round(10 * lost[n.index]) if n.index in lost else None for n in line],
        "here": line.index(game.node), "known": len(lost),
    }


def mistake_facts(game: Game) -> list[dict[str, Any]]:
    """The biggest mistakes along the line, and where to look at each."""
    out = []
    for c in mistakes(game.line()):
        parent = game.find(c.node).parent
        assert parent is not None, "a move has a position before it"
        out.append({"node": c.node, "parent": parent.index, "number": c.number,
                    "colour": c.colour, "played": c.played, "best": c.best,
                    "points": _round(c.points, 2), "win": _round(c.win, 4)})
    return out


def grade(rank: int, lost: float) -> int:
    """0 best, 1 fine, 2 fair, 3 poor."""
    if rank == 0:
        return 0
    return 1 if lost <= FINE else 2 if lost <= FAIR else 3


def _known(node: Node) -> Any:
    """A node's report, if enough simulations are behind it."""
    return node.report if node.report is not None and node.report.visits >= MIN_VISITS else None


def _round(value: Any, digits: int) -> float:
    """A short float for JSON; never NaN, which JSON has not."""
    number = float(value)
    return round(number, digits) if np.isfinite(number) else 0.0
