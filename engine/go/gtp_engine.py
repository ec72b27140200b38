"""The commands of a GTP engine that thinks with a `Search`.

Source: Farnebäck, Specification of the Go Text Protocol version 2, draft 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from engine.errors import EngineError, InvalidInput
from engine.go import openings, record, sgf
from engine.go.board import BLACK, LARGEST, PASSES, SMALLEST, TO_PLAY, WHITE, Board, diagram
from engine.go.evaluator import Evaluator
from engine.go.game import Game, handicap_setup
from engine.go.game import Node as Position
from engine.go.gtp import Command, Failure, Lines
from engine.go.gtp_clock import Clock
from engine.go.gtp_report import Options, parse_options, report
from engine.go.gtp_words import PLAYERS, integer, number, player, player_alone
from engine.go.handicap import free_handicap_points
from engine.go.kernels import copy_board
from engine.go.params import SearchParams
from engine.go.scoring import Score, cleaned_score
from engine.go.search import Search
from engine.go.status import statuses
from engine.go.vertices import point_of, vertex_of

NAME: Final = "Atrium"
VERSION: Final = "0.1.0"
_SLICE_S: Final = 0.02
_HOPELESS_MOVES: Final = 2   # own moves in a row before it resigns
_WITHOUT_END: Final = 2**40
_UNTIL_ASKED_S: Final = 1e6   # how long a finished analysis waits for the next line


class GtpEngine:
    """A game, a search and a clock behind GTP commands.

    Attributes:
        game: The game so far.
        commands: Every command by name.
    """

    def __init__(
        self, evaluator: Evaluator, params: SearchParams, rng: np.random.Generator, lines: Lines,
        *, size: int = 19, komi: float = 7.0,
    ) -> None:
        """Set up an empty board.

        Args:
            evaluator: Judges positions.
            params: How to search; `visits` a move.
            rng: Of the search and of the random games that find dead stones without a network.
            lines: The controller's lines, so that an analysis ends with the next one.
            size: Board size to begin with.
            komi: Komi to begin with.
        """
        self._evaluator = evaluator
        self._params = params
        self._rng = rng
        self._lines = lines
        self._clock = Clock()
        self._hopeless = {BLACK: 0, WHITE: 0}
        self.game = Game(size, komi)
        self._search = Search(evaluator, size, params, rng)
        self._searched: tuple[Position | None, int] = (None, 0)
        self.commands: Mapping[str, Command] = {
            "protocol_version": lambda _: "2",
            "name": lambda _: NAME,
            "version": lambda _: VERSION,
            "known_command": self._known_command,
            "list_commands": lambda _: "\n".join(self.commands),
            "quit": lambda _: "",
            "boardsize": self._boardsize,
            "clear_board": self._clear_board,
            "komi": self._komi,
            "get_komi": lambda _: f"{self.game.komi:g}",
            "play": self._play,
            "genmove": self._genmove,
            "reg_genmove": self._reg_genmove,
            "undo": self._undo,
            "fixed_handicap": self._fixed_handicap,
            "place_free_handicap": self._place_free_handicap,
            "set_free_handicap": self._set_free_handicap,
            "loadsgf": self._loadsgf,
            "printsgf": self._printsgf,
            "time_settings": self._time_settings,
            "time_left": self._time_left,
            "final_score": lambda _: self._final().text(),
            "final_status_list": self._final_status_list,
            "showboard": self._showboard,
            "lz-analyze": lambda words: self._analyse(words, "lz"),
            "kata-analyze": lambda words: self._analyse(words, "kata"),
            "lz-genmove_analyze": lambda words: self._genmove_analyse(words, "lz"),
            "kata-genmove_analyze": lambda words: self._genmove_analyse(words, "kata"),
        }

    # Administration.

    def _known_command(self, words: list[str]) -> str:
        return "true" if len(words) == 1 and words[0] in self.commands else "false"

    def _boardsize(self, words: list[str]) -> str:
        size = integer(words, 1)
        if not SMALLEST <= size <= LARGEST:
            raise Failure("unacceptable size")
        komi = self.game.komi
        self._begin(Game(size, max(-2.0 * size * size, min(2.0 * size * size, komi))))
        return ""

    def _clear_board(self, _: list[str]) -> str:
        self._begin(Game(self.game.size, self.game.komi))
        return ""

    def _begin(self, game: Game) -> None:
        """Put another game on the board."""
        if game.size != self._search.searches.size:
            self._search = Search(self._evaluator, game.size, self._params, self._rng)
        self.game = game
        self._searched = (None, 0)
        self._hopeless = {BLACK: 0, WHITE: 0}

    def _komi(self, words: list[str]) -> str:
        if len(words) != 1:
            raise Failure("syntax error")
        try:
            komi = float(words[0])
            Game(self.game.size, komi)  # refuses a komi out of range
        except ValueError:
            raise Failure("syntax error") from None
        self.game.komi = komi
        self._searched = (None, 0)
        return ""

    # Play.

    def _play(self, words: list[str]) -> str:
        if len(words) != 2:
            raise Failure("syntax error")
        colour = player(words[0])
        if words[1].lower() == "resign":
            return ""
        try:
            move = point_of(words[1], self.game.size)
        except InvalidInput:
            raise Failure("invalid coordinate") from None
        try:
            self.game.play(move, colour, resume=True)
        except InvalidInput:
            raise Failure("illegal move") from None
        return ""

    def _genmove(self, words: list[str]) -> str:
        colour = player_alone(words)
        self._think(colour)
        return self._settle(colour)

    def _reg_genmove(self, words: list[str]) -> str:
        self._think(player_alone(words))
        return vertex_of(self._search.choose(), self.game.size)

    def _think(self, colour: int) -> None:
        """Search the position with a colour to move until the move's budget is spent."""
        self._face(colour)
        self._search.run(self._params.visits, self._clock.seconds(colour, self.game))

    def _settle(self, colour: int) -> str:
        """Play what the search has chosen, or resign."""
        hopeless = self._search.hopeless()
        self._hopeless[colour] = self._hopeless[colour] + 1 if hopeless else 0
        if self._hopeless[colour] >= _HOPELESS_MOVES and self.game.node.number > self.game.size:
            return "resign"
        move = self._search.choose()
        self.game.play(move, colour, resume=True)
        return vertex_of(move, self.game.size)

    def _face(self, colour: int) -> None:
        """Point the search at the position with a colour to move; keep what it knows of it."""
        node, known = self.game.node, self._searched
        if known == (node, colour):
            return
        steps: list[Position] = []
        here: Position | None = node
        while here is not None and here is not known[0] and len(steps) < 2:
            steps.append(here)
            here = here.parent
        turn = known[1]
        follows = here is not None and here is known[0]
        for step in reversed(steps):
            follows = follows and step.move is not None and step.setup is None
            follows = follows and step.colour == turn
            turn = -turn
        if follows and turn == colour:
            for step in reversed(steps):
                assert step.move is not None
                self._search.advance(step.move)
        else:
            board = self._board()
            if board.state[TO_PLAY] != colour:
                board.state[TO_PLAY] = colour
                board.state[PASSES] = 0
            self._search.begin(board)
        self._searched = (node, colour)

    def _board(self) -> Board:
        """The position with the komi that the controller named last."""
        board = copy_board(self.game.board)
        board.komi[0] = self.game.komi
        return board

    def _undo(self, _: list[str]) -> str:
        parent = self.game.node.parent
        if parent is None or self.game.node.move is None:
            raise Failure("cannot undo")
        self.game.go(parent.index)
        return ""

    # Handicap.

    def _fixed_handicap(self, words: list[str]) -> str:
        stones = integer(words, 1)
        self._needs_empty()
        try:
            return self._hand_out(openings.handicap_points(self.game.size, stones))
        except InvalidInput:
            raise Failure("invalid number of stones") from None

    def _place_free_handicap(self, words: list[str]) -> str:
        stones = integer(words, 1)
        self._needs_empty()
        try:
            return self._hand_out(free_handicap_points(self.game.size, stones))
        except InvalidInput:
            raise Failure("invalid number of stones") from None

    def _set_free_handicap(self, words: list[str]) -> str:
        self._needs_empty()
        try:
            points = [point_of(word, self.game.size) for word in words]
        except InvalidInput:
            raise Failure("bad vertex list") from None
        if len(points) < 2 or len(set(points)) < len(points) or self.game.pass_move in points:
            raise Failure("bad vertex list")
        self._hand_out(points)
        return ""

    def _needs_empty(self) -> None:
        if self.game.board.stones[:-1].any():
            raise Failure("board not empty")

    def _hand_out(self, points: list[int]) -> str:
        game = Game(self.game.size, self.game.komi, setup=handicap_setup(points),
                    handicap=len(points))
        self._begin(game)
        return " ".join(vertex_of(p, game.size) for p in points)

    # Records.

    def _loadsgf(self, words: list[str]) -> str:
        if len(words) not in (1, 2):
            raise Failure("syntax error")
        before = integer(words[1:], 1) if len(words) == 2 else None
        try:
            path = Path(words[0])
            if path.stat().st_size > sgf.MAX_BYTES:
                raise Failure("cannot load file")
            game = record.read(path.read_bytes()).game
        except (OSError, EngineError, ValueError):
            raise Failure("cannot load file") from None
        if before is not None:
            earlier = [n for n in game.line() if n.number < before]
            game.go(earlier[-1].index if earlier else game.root.index)
        self._begin(game)
        return "black" if game.to_play == BLACK else "white"

    def _printsgf(self, words: list[str]) -> str:
        text = record.write(self.game, {}).strip()
        if not words:
            return text
        try:
            Path(words[0]).write_text(text + "\n", "utf-8")
        except OSError as error:
            raise Failure(f"cannot write {words[0]}: {error.strerror}") from None
        return ""

    # Time.

    def _time_settings(self, words: list[str]) -> str:
        if len(words) != 3:
            raise Failure("syntax error")
        self._clock.settings(*(number(w) for w in words))
        return ""

    def _time_left(self, words: list[str]) -> str:
        if len(words) != 3:
            raise Failure("syntax error")
        self._clock.left(player(words[0]), number(words[1]), int(number(words[2])))
        return ""

    # The end.

    def _final(self) -> Score:
        """Area once the dead are off; the same position is always scored alike."""
        board = self._board()
        return cleaned_score(board, np.random.default_rng(int(board.hash[0])))

    def _final_status_list(self, words: list[str]) -> str:
        if len(words) != 1 or words[0] not in ("alive", "seki", "dead"):
            raise Failure("syntax error")
        board = self.game.board
        chosen = statuses(board, self._final())[words[0]]
        return "\n".join(" ".join(vertex_of(p, self.game.size) for p in chain)
                         for chain in chosen)

    def _showboard(self, _: list[str]) -> str:
        size = self.game.size
        letters = "   " + " ".join(vertex_of(c, size)[0] for c in range(size))
        rows = [f"{size - i:2d} {row}" for i, row in
                enumerate(diagram(self.game.board).split("\n"))]
        turn = "Black" if self.game.to_play == BLACK else "White"
        return "\n".join(["", letters, *rows, f"{turn} to play, komi {self.game.komi:g}"])

    # Analysis.

    def _options(self, words: list[str]) -> tuple[int, Options]:
        colour = self.game.to_play
        if words and words[0].lower() in PLAYERS:
            colour, words = player(words[0]), words[1:]
        return colour, parse_options(words, self.game.size)

    def _analyse(self, words: list[str], style: str) -> Iterator[str]:
        colour, options = self._options(words)
        self._face(colour)
        self._bar(colour, options)
        yield from self._watch(options, style, None, None)

    def _genmove_analyse(self, words: list[str], style: str) -> Iterator[str]:
        colour, options = self._options(words)
        self._face(colour)
        self._bar(colour, options)
        yield from self._watch(options, style, self._params.visits,
                               self._clock.seconds(colour, self.game))
        yield f"play {self._settle(colour)}"

    def _bar(self, colour: int, options: Options) -> None:
        """Keep the moves of an avoid or allow list from being tried."""
        barred = options.barred(colour, self.game.size)
        if barred:
            self._search.begin(self._search.board)  # what was searched may lie under such moves
            self._search.bar(barred)
            self._searched = (None, 0)

    def _watch(
        self, options: Options, style: str, visits: int | None, seconds: float | None
    ) -> Iterator[str]:
        """Search in slices and report each interval; without a budget, until a line comes."""
        begun = self._search.effort().seconds
        due = options.interval_s
        while True:
            left = None if seconds is None else begun + seconds - self._search.effort().seconds
            if left is not None and left <= 0:
                why = "time"
            else:
                why = self._search.run(visits or _WITHOUT_END, left, pause_s=_SLICE_S)
            spent = self._search.effort().seconds - begun
            over = why != "pause"
            asked = visits is None and self._lines.waiting()
            if over or asked or spent >= due:
                due = spent + options.interval_s
                if self._search.candidates().move.size:  # an empty line would end the answer
                    yield report(self._search, options, style)
            if over and visits is None:
                self._lines.waiting(_UNTIL_ASKED_S)
            if over or asked:
                return

