"""Games to SGF and back: moves, variations, setup stones, and all that is not understood.

Source: Hollosi, SGF File Format FF[4], and its Go-specific properties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.errors import InvalidInput
from engine.go import sgf
from engine.go.board import BLACK, WHITE, Board
from engine.go.game import Game, Node, Setup

MOVES: Final = {"B": BLACK, "W": WHITE}
STONES: Final = {"AB": BLACK, "AW": WHITE, "AE": 0}
UNDERSTOOD: Final = frozenset({*MOVES, *STONES, "PL", "SZ", "KM", "HA", "FF", "GM", "CA", "AP"})
WIN_RATE: Final = "SBKV"  # Sabaki's: Black's chance to win, in per cent
KEPT_BOARDS: Final = 64
DEFAULT_KOMI: Final = 7.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A game that was read.

    Attributes:
        game: Stands at the end of its main line.
        left_out: Variations whose first move no rule allows; they are not in the game.
    """

    game: Game
    left_out: int


def read(data: bytes | str, *, suicide: bool = False) -> Opened:
    """Read the first game of an SGF file.

    Args:
        data: The file, or pasted text.
        suicide: Whether multi-stone suicide is allowed.

    Raises:
        InvalidInput: If it is no SGF, of another game, too large, or its main line breaks the
            rules; the sentence names the move.
    """
    root = sgf.parse_game(data)
    size = _size(root.properties)
    game = Game(size, _number(root.properties, "KM", DEFAULT_KOMI), suicide,
                handicap=int(_number(root.properties, "HA", 0.0)))
    game.info = {name: texts[0] for name, texts in root.properties.items()
                 if name not in {*UNDERSTOOD, WIN_RATE} and len(texts) == 1}
    left_out = 0
    # a branch waits with its board, or is replayed when too many wait
    waiting: list[tuple[sgf.Node, Node, Board | None, bool]] = [(root, game.root, None, True)]
    while waiting:
        source, parent, board, main = waiting.pop()
        if source is not root:
            if board is not None:
                game.node, game.board = parent, board
            else:
                game.go(parent.index)
        try:
            _enter(game, source, at_root=source is root)
        except InvalidInput as error:
            if main:
                where = f"after move {game.node.number}"
                raise InvalidInput(f"the game breaks the rules {where}: {error}") from error
            left_out += 1
            continue
        for i in reversed(range(len(source.children))):
            kept = game.board if len(waiting) < KEPT_BOARDS else None
            waiting.append((source.children[i], game.node, kept, main and i == 0))
    for node in game.nodes:
        if node is not None:
            node.chosen = None
    game.go(game.root.index)
    game.go(game.line()[-1].index)
    return Opened(game, left_out)


def write(game: Game, players: Mapping[str, str], result: str = "") -> str:
    """A game with all its variations as SGF.

    Args:
        game: Read only.
        players: Names under "PB" and "PW"; those of an opened file stay.
        result: As SGF writes it ("B+3.5", "W+R"), or "" for the one in the file, if any.
    """
    head = {"FF": ["4"], "GM": ["1"], "CA": ["UTF-8"], "AP": ["Atrium"], "SZ": [str(game.size)],
            "KM": [f"{game.komi:g}"]}
    if game.handicap:
        head["HA"] = [str(game.handicap)]
    info = {**players, **game.info}
    if result:
        info["RE"] = result
    root = sgf.Node()
    made = {game.root.index: root}
    todo = [game.root]
    while todo:
        node = todo.pop()
        target = made[node.index]
        if node is game.root:
            target.properties.update(head)
            target.properties.update({name: [text] for name, text in info.items()})
        _describe(game, node, target)
        for child in node.children:
            made[child.index] = sgf.Node()
            target.children.append(made[child.index])
        todo.extend(node.children)
    return sgf.write(root)


def _enter(game: Game, source: sgf.Node, *, at_root: bool) -> None:
    """Make the moves and put down the stones of one SGF node."""
    given = source.properties
    moves = [(colour, text) for name, colour in MOVES.items() for text in given.get(name, [])]
    before = game.node
    for colour, text in moves:
        game.play(sgf.point(text, game.size), colour, resume=True)
    stones = [(p, colour) for name, colour in STONES.items()
              for text in given.get(name, []) for p in _points(text, game.size)]
    turn = {"B": BLACK, "W": WHITE}.get((given.get("PL") or [""])[0][:1].upper(), 0)
    others = {n: list(v) for n, v in given.items() if n not in UNDERSTOOD}
    if not at_root and game.node is before:
        if not (stones or turn or others):
            return  # nothing happens here
        game.add_empty()
    if stones or turn:
        game.put_down(Setup(tuple(stones), turn))
    if at_root:
        others = {n: v for n, v in others.items() if n not in game.info}
    game.node.properties.update(others)


def _describe(game: Game, node: Node, target: sgf.Node) -> None:
    """Write one node's move, stones and the rest."""
    if node.move is not None:
        name = "B" if node.colour == BLACK else "W"
        target.properties[name] = [sgf.text(node.move, game.size)]
    if node.setup is not None:
        for name, colour in STONES.items():
            points = [sgf.text(p, game.size) for p, c in node.setup.stones if c == colour]
            if points:
                target.properties[name] = points
        if node.setup.to_play:
            target.properties["PL"] = ["B" if node.setup.to_play == BLACK else "W"]
    target.properties.update(node.properties)
    if node.report is not None:
        target.properties[WIN_RATE] = [f"{100 * node.report.win:.2f}"]


def _size(properties: Mapping[str, list[str]]) -> int:
    text = (properties.get("SZ") or ["19"])[0]
    columns, _, rows = text.partition(":")
    if rows and rows.strip() != columns.strip():
        raise InvalidInput(f"the board is {text[:20]}; only square boards can be played here")
    try:
        return int(columns)
    except ValueError:
        raise InvalidInput(f"the board size is {text[:20]!r}; it must be a whole number from 2 "
                           "to 19") from None


def _number(properties: Mapping[str, list[str]], name: str, default: float) -> float:
    text = (properties.get(name) or [""])[0].strip().replace(",", ".")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        return default  # many programs write words here
    return value if value == value and abs(value) <= 361 else default


def _points(text: str, size: int) -> list[int]:
    """One point, or a rectangle "aa:cc"."""
    first, _, last = text.partition(":")
    a = sgf.point(first, size)
    if not last:
        return [a]
    b = sgf.point(last, size)
    (top, left), (bottom, right) = divmod(a, size), divmod(b, size)
    return [row * size + col for row in range(min(top, bottom), max(top, bottom) + 1)
            for col in range(min(left, right), max(left, right) + 1)]
