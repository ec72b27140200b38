"""Folders of games to learn from that others write to while they are read.

They may hold a teacher's shards (`lessons-*.jsonl`) and files of games (`games-*.npz`). What has
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
    """Games of one board size, in order of the folders and of their files' names.

    Attributes:
        counts: Games taken by "number of the folder:file name".

    Args:
        folders: Where they lie.
    """

    def __init__(self, *folders: Path) -> None:
        self.folders = folders
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
        keys = self._found() if counts is None else sorted(counts)
        for key in keys:
            self._take(key, None if counts is None else counts[key])
        return sum(self.counts.values())

    def learnt(self, window: int | None = None) -> Games:
        """The games to learn from, or the last so many of them.

        Raises:
            InvalidInput: If there are none.
        """
        games = self._joined(self._learnt)
        return games if window is None else last(games, window)

    def positions(self, prefix: str = "") -> int:
        """Positions to learn from in files of the first folder whose names begin so."""
        return sum(int(((g.policy_weight > 0) | (g.value_weight > 0)).sum())
                   for key, parts in self._learnt.items() if key.startswith(f"0:{prefix}")
                   for g in parts)

    def before(self, own: Games, count: int) -> Games:
        """The last `count` games of this library, with a player's own games behind them."""
        return join((self.learnt(count), own))

    def held_out(self) -> Games | None:
        """The games kept for judging; None while there are too few."""
        return self._joined(self._held) if self._held else None

    def _joined(self, parts: Mapping[str, list[Games]]) -> Games:
        if not parts:
            raise InvalidInput(f"There are no games in {' or '.join(map(str, self.folders))}; let "
                               "a teacher or self-play write some first.")
        return join(part for key in sorted(parts) for part in parts[key])

    def _found(self) -> list[str]:
        return sorted(f"{n}:{path.name}" for n, folder in enumerate(self.folders)
                      for pattern in ("lessons-*.jsonl", "games-*.npz")
                      for path in folder.glob(pattern))

    def _take(self, key: str, wanted: int | None) -> None:
        number, _, name = key.partition(":")
        path = self.folders[int(number)] / name
        have = self.counts.get(key, 0)
        if path.suffix == ".npz":
            if have:
                return
            games = [read_games(path)]
            self.counts[key] = len(games[0].komi)
            self._learnt.setdefault(key, []).extend(games)
            return
        lessons = list(islice(read_lessons(path), have, wanted))
        if wanted is not None and have + len(lessons) < wanted:
            raise InvalidInput(f"{path} has {have + len(lessons):,} games, but {wanted:,} were "
                               "learnt from before; put the missing ones back or start anew.")
        self.counts[key] = have + len(lessons)
        for parts, keep in ((self._learnt, False), (self._held, True)):
            chosen = [x for n, x in enumerate(lessons, have)
                      if (n % _HELD_OUT == _HELD_OUT - 1) == keep]
            if chosen:
                parts.setdefault(key, []).append(games_of(chosen))
