"""Ratings from results: Bradley–Terry on the Elo scale, and intervals of a share.

Sources: Bradley & Terry 1952 (doi:10.2307/2334029); Hunter 2004 (doi:10.1214/aos/1079120141) for
ties counted as half a win each way and for when a maximum exists; Wilson 1927
(doi:10.1080/01621459.1927.10502953).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

_POINTS: Final = 400.0 / math.log(10.0)  # Elo points a natural unit
_PRIOR: Final = 0.5  # games drawn, in the mind, by each pair that met: keeps 10-0 finite
_Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Result:
    """All games of one pair.

    Attributes:
        first: Player.
        second: Player.
        wins: Games that `first` won.
        draws: Games without a winner.
        losses: Games that `second` won.
    """

    first: str
    second: str
    wins: int
    draws: int
    losses: int

    def __post_init__(self) -> None:
        if min(self.wins, self.draws, self.losses) < 0:
            raise InvalidInput(f"{self.first} against {self.second}: {self.wins} wins, "
                               f"{self.draws} draws, {self.losses} losses; a count is 0 or more.")
        if self.first == self.second:
            raise InvalidInput(f"{self.first!r} cannot be rated by games against itself.")


@dataclass(frozen=True, slots=True)
class Rating:
    """A player's strength.

    Attributes:
        elo: Points; 400 more are ten times the odds.
        error: Standard error against the anchor, points; 0 for the anchor.
        games: Games counted.
    """

    elo: float
    error: float
    games: int


def wilson(wins: float, games: int, z: float = _Z95) -> tuple[float, float]:
    """Interval of the chance to win; draws count as half a win.

    Args:
        wins: 0 to `games`.
        games: Number of games, >= 0; without any the interval is [0, 1].
        z: Quantile of the normal distribution; the default makes a 95 % interval.

    Raises:
        InvalidInput: If `wins` does not lie in [0, games].
    """
    if not 0 <= wins <= games:
        raise InvalidInput(f"{wins:g} wins in {games} games: give 0 to {games}.")
    if games == 0:
        return 0.0, 1.0
    share, spread = wins / games, z * z / games
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / games + spread / (4 * games)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def expected(elo_difference: float) -> float:
    """Expected share of points for a player so many Elo points ahead."""
    return 1.0 / (1.0 + math.pow(10.0, -elo_difference / 400.0))


def difference(share: float) -> float:
    """Elo points that a share of points stands for; infinite for 0 and 1."""
    if not 0 <= share <= 1:
        raise InvalidInput(f"A share of {share:g} is none; it lies between 0 and 1.")
    if share in (0.0, 1.0):
        return math.copysign(math.inf, share - 0.5)
    return 400.0 * math.log10(share / (1.0 - share))


def ratings(results: Sequence[Result], anchor: str, at: float = 0.0) -> dict[str, Rating]:
    """Most likely ratings of all players, with one player's given.

    Args:
        results: Pairs that met; several lines of one pair add up.
        anchor: Player whose rating is `at`.
        at: Its rating.

    Returns:
        Ratings by player, the strongest first.

    Raises:
        InvalidInput: If the anchor is unknown, or some player never met, even through others,
            the anchor: nothing can then be said of the two.
    """
    names = sorted({n for r in results for n in (r.first, r.second)})
    if anchor not in names:
        raise InvalidInput(f"{anchor!r} has played no game; anchor one of "
                           f"{', '.join(names) or 'nobody: there are no results'}.")
    index = {n: i for i, n in enumerate(names)}
    won = np.zeros((len(names), len(names)))  # points of row against column
    for r in results:
        i, j = index[r.first], index[r.second]
        won[i, j] += r.wins + r.draws / 2
        won[j, i] += r.losses + r.draws / 2
    games = won + won.T
    _require_connected(games, names, anchor)
    won += _PRIOR / 2 * (games > 0)
    strength, covariance = _fit(won, index[anchor])
    order = sorted(range(len(names)), key=lambda i: -strength[i])
    return {names[i]: Rating(at + _POINTS * float(strength[i]),
                             _POINTS * math.sqrt(max(0.0, float(covariance[i, i]))),
                             int(games[i].sum())) for i in order}


def _fit(won: npt.NDArray[np.float64],
         anchor: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Newton's method on the log-likelihood, which is concave; strengths are natural units."""
    players = len(won)
    played = won + won.T
    free = np.array([i for i in range(players) if i != anchor], np.int64)
    strength = np.zeros(players)
    covariance = np.zeros((players, players))
    for _ in range(100):
        chance = 1.0 / (1.0 + np.exp(strength[None, :] - strength[:, None]))
        slope = (won - played * chance).sum(1)
        weight = played * chance * (1.0 - chance)
        curvature = np.diag(weight.sum(1)) - weight
        inner = curvature[np.ix_(free, free)]
        step = np.linalg.solve(inner, slope[free])
        step *= min(1.0, 2.0 / max(1e-12, float(np.abs(step).max(initial=0.0))))
        strength[free] += step
        if float(np.abs(step).max(initial=0.0)) < 1e-10:
            break
    covariance[np.ix_(free, free)] = np.linalg.inv(inner)
    return strength, covariance


def _require_connected(games: npt.NDArray[np.float64], names: Sequence[str],
                       anchor: str) -> None:
    reached = {names.index(anchor)}
    edge = list(reached)
    while edge:
        edge = [int(j) for i in edge for j in np.flatnonzero(games[i]) if int(j) not in reached]
        reached.update(edge)
    missing = [n for i, n in enumerate(names) if i not in reached]
    if missing:
        raise InvalidInput(f"{missing[0]!r} has met nobody who met {anchor!r}, so they cannot be "
                           "compared; let them play.")


def read_results(path: Path) -> list[Result]:
    """Results of matches, one JSON object a line as the command `match` prints it.

    Raises:
        InvalidInput: If the file cannot be read or a line is no result.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read as results: {error}.") from error
    results = []
    for number, line in enumerate(lines, 1):
        try:
            facts = json.loads(line)
            results.append(Result(str(facts["first"]), str(facts["second"]), int(facts["wins"]),
                                  int(facts["draws"]), int(facts["losses"])))
        except (ValueError, TypeError, KeyError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput(f"{path}, line {number} is no result of a match; remove it."
                               ) from error
    return results


def table(rated: Mapping[str, Rating]) -> list[dict[str, float | int | str]]:
    """Ratings as JSON-able rows, the strongest first."""
    return [{"player": name, "elo": round(r.elo), "error": round(r.error), "games": r.games}
            for name, r in rated.items()]
