"""A game at the board: who plays, what is due, and one slice of thought after the other.

A slice thinks for a few milliseconds about the position that is due, or lets an engine move once
it has thought enough. What is due, in this order: the review of a whole game; the verdict on a
move in a lesson; the move of an engine; else the position on the board. A slice that has nothing
to do does not count as a step. How much a slice holds follows from the network and the board
alone, so that the same commands at the same steps give the same game on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from engine.errors import EngineError
from engine.go import picture
from engine.go.board import colour_name
from engine.go.coaching import Lesson, Review
from engine.go.game import Game, Node, handicap_setup
from engine.go.openings import LEAST_STONES, handicap_points, random_opening
from engine.go.players import NO_NETWORK, Mind, Seat, Seats, default_network, open_mind
from engine.go.review import MIN_VISITS, Report, better, cost
from engine.go.scoring import Score, cleaned_score
from engine.go.settings import GoParams
from engine.go.telemetry import Telemetry
from engine.go.thinker import Thinker
from engine.live.simulation import Event

STEPS_PER_S: Final = 200.0
ANALYST: Final = "analysis"
ROLES: Final = ("black", "white", ANALYST)
_SCORING_STREAM: Final = 11
_OPENING_STREAM: Final = 12


class Table:
    """A game, its players and whoever explains it.

    Attributes:
        params: Knobs now in force.
        step_count: Slices of search made so far, and holds between moves.
        seed: Seed of the run.
        game: The record with its variations.
        live: Where the game that is played stands.
        problem: What stands in the way of thinking well, or "".
        what_if: Whether moves are only tried and the players wait.
        networks: Network of "black", "white" and "analysis".
        review: A review under way, or None.
        lesson: Verdicts of the teaching mode.
        telemetry: Figures for the store and the cards.
        moves_made: Moves made in this run, those taken back included.
        resigned: Where somebody gave up, and who, or None.
        events: What happened since they were last drained.
        revision: Grows when the picture changes without a step.
    """

    def __init__(self, params: GoParams | None = None, seed: int = 0) -> None:
        """Set up the board, handicap and opening included.

        Args:
            params: Knobs; the defaults if None.
            seed: Of everything that is drawn.

        Raises:
            InvalidInput: If the board has no such handicap.
        """
        self.params = params or GoParams()
        self.seed = seed
        self.step_count = 0
        self.telemetry = Telemetry()
        self.moves_made = 0
        self.networks = dict.fromkeys(ROLES, default_network())
        self.review: Review | None = None
        self.lesson = Lesson()
        self.what_if = False
        self.problem = ""
        self._minds: dict[str, Mind] = {}
        self._thinkers: dict[str, Thinker] = {}
        self.events: list[Event] = []
        self.revision = 0
        p = self.params
        self.begin(int(p.size), p.komi, p.handicap, p.opening)

    # ---- the game -------------------------------------------------------------------------

    def begin(self, size: int, komi: float, handicap: int = 0, opening: int = 0) -> None:
        """Put a new game on the board; the present one stays if that fails.

        Raises:
            InvalidInput: If size, komi or handicap cannot be.
        """
        setup = None
        if handicap >= LEAST_STONES:
            setup = handicap_setup(handicap_points(size, handicap))
        game = Game(size, komi, self.params.suicide, setup, handicap if setup else 0)
        rng = np.random.default_rng((_OPENING_STREAM, self.seed))
        for move in random_opening(game.board, opening, rng):
            game.play(move)
        self.take_over(game)

    def take_over(self, game: Game) -> None:
        """Make a game the one that is played, from where it stands."""
        if any(thinker.size != game.size for thinker in self._thinkers.values()):
            self._thinkers.clear()
        self.game = game
        self.live = game.node
        self.resigned: tuple[Node, int] | None = None
        self.what_if = False
        self.review = None
        self.lesson.forget()
        self._hold = 0
        self._scores: dict[int, Score] = {}
        for thinker in self._thinkers.values():
            thinker.forget()
        self.changed()

    def changed(self) -> None:
        """Note that the picture is another one."""
        self.revision += 1

    @property
    def seats(self) -> Seats:
        """Who plays, by the knobs and the chosen networks."""
        p = self.params
        return Seats(Seat(p.black == "you", self.networks["black"], p.black_visits),
                     Seat(p.white == "you", self.networks["white"], p.white_visits))

    @property
    def over(self) -> bool:
        """Whether the position on the board is the end of a game."""
        return self.game.ended or (
            self.resigned is not None and self.resigned[0] is self.game.node)

    @property
    def result(self) -> str:
        """The outcome at the position on the board as SGF writes it, or ""."""
        if self.resigned is not None and self.resigned[0] is self.game.node:
            return "W+R" if self.resigned[1] > 0 else "B+R"
        return self.final_score(self.game.node).text() if self.game.ended else ""

    def final_score(self, node: Node) -> Score:
        """The count of a finished position; stones that cannot be saved are taken for dead."""
        if node.index not in self._scores:
            rng = np.random.default_rng((_SCORING_STREAM, self.seed, node.index))
            self._scores[node.index] = cleaned_score(self.game.board_at(node), rng)
        return self._scores[node.index]

    def made(self, move: int) -> Node:
        """Make a move of the game and put it on record."""
        mover = self.game.to_play
        thought = self.figures()
        node = self.game.play(move)
        self.live = node
        self.moves_made += 1
        self._hold = round(self.params.hold_s * STEPS_PER_S) if self.seats.engines else 0
        before = node.parent.report if node.parent is not None else None
        values: dict[str, float] = {"game.move_number": node.number}
        if before is not None:
            values |= {"game.black_wins_percent": 100.0 * before.win,
                       "game.black_lead_points": before.score,
                       "search.visits_count": before.visits}
        judged = cost(node.parent) if node.parent is not None else None
        if judged is not None:  # the move before: this one is not searched yet
            values["game.points_lost"] = judged.points
        if thought["visits"]:
            values |= {"search.simulations_per_s": thought["per_s"],
                       "search.depth_max_moves": thought["depth"],
                       "search.depth_mean_moves": thought["mean_depth"],
                       "search.cache_percent": thought["cache_percent"],
                       "search.time_s": thought["seconds"]}
        self.telemetry.sample(self.step_count, values)
        if not self.seats.of(mover).person:
            self.telemetry.remember("seconds", float(thought["seconds"]))
        if self.game.ended:
            self.note("end", f"The game ended: {self.result}", {"result": self.result})
        self.changed()
        return node

    def resign(self) -> str:
        """The side to move gives up."""
        colour = self.game.to_play
        self.resigned = (self.game.node, colour)
        self.live = self.game.node
        text = f"{colour_name(colour)} resigned"
        self.note("end", text, {"result": self.result})
        self.changed()
        return text

    def note(self, kind: str, text: str, data: Mapping[str, Any] | None = None) -> None:
        """Put something on record."""
        self.events.append(Event(self.step_count, kind, text, data or {}))

    # ---- thinking -------------------------------------------------------------------------

    def step(self) -> None:
        """Think for one slice, or let an engine move that has thought enough."""
        if self.review is not None:
            self._step_review(self.review)
        elif self.lesson.due is not None:
            self._step_lesson(self.lesson.due)
        elif self._engine_to_move():
            self._step_engine()
        else:
            self.think(ANALYST, self.game.node, self.params.visits)

    def think(self, role: str, node: Node, visits: int) -> bool:
        """Spend one slice on a position.

        Args:
            role: "black", "white" or "analysis"; each has a tree of its own, so that an engine is
                as strong as its visits say and no stronger for what was shown to a person.
            node: Position of the game.
            visits: Simulations to reach.

        Returns:
            Whether the position had been thought through before this call.
        """
        thinker = self.thinker(role)
        board = self.game.board if node is self.game.node else self.game.board_at(node)
        if thinker.follow(self.game, node, board):
            self.changed()
        if thinker.ended:
            score = self.final_score(node).margin
            win = 0.5 + 0.5 * float(np.sign(score))
            node.report = Report(MIN_VISITS, win, score)
            return True
        if thinker.visits >= visits or thinker.spent:
            return True
        self.step_count += 1
        thinker.think(visits)
        node.report = better(node.report, thinker.report())
        return False

    def mind(self, name: str) -> Mind:
        """A network, opened once.

        Raises:
            EngineError: If its file is gone or cannot be used.
        """
        if name not in self._minds:
            self._minds[name] = open_mind(name)
        return self._minds[name]

    def thinker(self, role: str) -> Thinker:
        """Who thinks in a role; a network that cannot be used is done without, and said so."""
        found = self._thinkers.get(role)
        if found is not None and found.mind.name == self.networks[role]:
            return found
        try:
            mind = self.mind(self.networks[role])
        except EngineError as error:
            self.problem = f"{error} The search goes on without a network."
            self.note("network", self.problem)
            self.networks[role] = NO_NETWORK
            mind = self.mind(NO_NETWORK)
        found = Thinker(mind, self.params, self.game.size, (self.seed, ROLES.index(role)))
        self._thinkers[role] = found
        return found

    def watched(self) -> Thinker | None:
        """Who has thought about the position on the board, the one with most visits first."""
        there = [t for t in self._thinkers.values()
                 if t.node is self.game.node and t.visits > 0 and not t.ended]
        turn = "black" if self.game.to_play > 0 else "white"
        if self._engine_to_move():
            there = [t for t in there if t is self._thinkers.get(turn)] or there
        return max(there, key=lambda t: t.visits, default=None)

    def figures(self) -> dict[str, Any]:
        """How the search of the position on the board goes."""
        watched = self.watched()
        if watched is None:
            facts: dict[str, Any] = picture.no_search(self.networks[ANALYST])["search"]
            return facts
        return watched.figures()

    def _engine_to_move(self) -> bool:
        return (not self.what_if and self.game.node is self.live and not self.over
                and self.lesson.warning is None
                and not self.seats.of(self.game.to_play).person)

    def _step_engine(self) -> None:
        colour = self.game.to_play
        seat, role = self.seats.of(colour), "black" if colour > 0 else "white"
        if not self.think(role, self.game.node, seat.visits):
            return
        self.step_count += 1
        if self._hold > 0:
            self._hold -= 1
            return
        thinker = self.thinker(role)
        if thinker.resigns():
            self.resign()
        else:
            self.made(thinker.choose())

    def _step_lesson(self, node: Node) -> None:
        visits = self.params.teach_visits
        before = node.parent
        assert before is not None, "a verdict is on a move"
        if (before.report is None or before.report.visits < visits) and not self.think(
                ANALYST, before, visits):
            return
        if self.think(ANALYST, node, visits):
            self.lesson.judge(node, self.params.teach_points, self.game.size)
            if self.lesson.warning is not None:
                self.note("lesson", self.lesson.warning.text)
            self.changed()

    def _step_review(self, review: Review) -> None:
        node = review.node
        if node is None:
            self.review = None
            if review.follows:
                self.game.go(review.home.index)
            text = f"Reviewed {len(review.nodes) - 1} moves"
            self.note("review", text)
            self.changed()
            return
        if review.follows and self.game.node is not node:
            self.game.go(node.index)
            self.changed()
        enough = self.params.review_visits
        if (node.report is not None and node.report.visits >= enough) or self.think(
                ANALYST, node, enough):
            self.step_count += 1
            review.at += 1
            self.changed()
