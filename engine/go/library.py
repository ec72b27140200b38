"""A folder of games to learn from that others write to while it is read.

It may hold a teacher's shards (`lessons-*.jsonl`) and files of games (`games-*.npz`). What has
been taken is known by file and count, so that a resumed run can take exactly the same again.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput
from engine.go.lessons import games_of
from engine.go.replay import Games, join, last, read_games
from engine.go.teacher import read_lessons

_HELD_OUT: Final = 32  # one game in so many is never learnt from


class Library:
    """Games of one board size in one folder, in order of their files' names.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: dict[str, int] = {}
        self._learnt: dict[str, list[Games]] = {}
        self._held: dict[str, list[Games]] = {}

    def take(self, counts: Mapping[str, int] | None = None) -> int:
        """Read what has come since the last time.

        Args:
            counts: Take exactly so many games of each file; None for all there are.

        Returns:
            Games taken altogether, those held out included.

        Raises:
            InvalidInput: If a file is damaged or has fewer games than `counts` says.
        """
        names = sorted(p.name for pattern in ("lessons-*.jsonl", "games-*.npz")
                       for p in self.folder.glob(pattern)) if counts is None else sorted(counts)
        for name in names:
            self._take(self.folder / name, None if counts is None else counts[name])
        return sum(self.counts.values())

    def learnt(self, window: int | None = None) -> Games:
        """The games to learn from, or the last so many of them.

        Raises:
            InvalidInput: If there are none.
        """
        games = self._joined(self._learnt)
        return games if window is None else last(games, window)

    def positions(self, prefix: str = "") -> int:
        """Positions to learn from in files whose names begin so."""
        return sum(int(((g.policy_weight > 0) | (g.value_weight > 0)).sum())
                   for name, parts in self._learnt.items() if name.startswith(prefix)
                   for g in parts)

    def before(self, own: Games, count: int) -> Games:
        """The last `count` games of this library, with a player's own games behind them."""
        return join((self.learnt(count), own))

    def held_out(self) -> Games | None:
        """The games kept for judging; None while there are too few."""
        return self._joined(self._held) if self._held else None

    def _joined(self, parts: Mapping[str, list[Games]]) -> Games:
        if not parts:
            raise InvalidInput(f"There are no games in {self.folder}; let a teacher or self-play "
                               "write some first.")
        return join(part for name in sorted(parts) for part in parts[name])

    def _take(self, path: Path, wanted: int | None) -> None:
        have = self.counts.get(path.name, 0)
        if path.suffix == ".npz":
            if have:
                return
            games = [read_games(path)]
            self.counts[path.name] = len(games[0].komi)
            self._learnt.setdefault(path.name, []).extend(games)
            return
        lessons = list(islice(read_lessons(path), have, wanted))
        if wanted is not None and have + len(lessons) < wanted:
            raise InvalidInput(f"{path} has {have + len(lessons):,} games, but {wanted:,} were "
                               "learnt from before; put the missing ones back or start anew.")
        self.counts[path.name] = have + len(lessons)
        for parts, keep in ((self._learnt, False), (self._held, True)):
            chosen = [x for n, x in enumerate(lessons, have)
                      if (n % _HELD_OUT == _HELD_OUT - 1) == keep]
            if chosen:
                parts.setdefault(path.name, []).append(games_of(chosen))
