"""Handicap stones where the program likes them.

Shape letters: A points.
"""

from __future__ import annotations

import numpy as np

from engine.errors import InvalidInput
from engine.go.openings import handicap_points


def free_handicap_points(size: int, stones: int) -> list[int]:
    """The traditional points as far as they go, then those far from stones and edges.

    Args:
        size: Rows and columns.
        stones: 2 or more, fewer than the board's points.

    Raises:
        InvalidInput: If that many do not fit.
    """
    if not 2 <= stones < size * size:
        raise InvalidInput(f"{stones} handicap stones on {size}×{size}; choose 2 to "
                           f"{size * size - 1}")
    chosen: list[int] = []
    for traditional in range(min(stones, 9), 1, -1):
        try:
            chosen = handicap_points(size, traditional)
            break
        except InvalidInput:
            continue  # this board has fewer of them
    rows, cols = np.divmod(np.arange(size * size), size)
    edge = np.minimum.reduce([rows, cols, size - 1 - rows, size - 1 - cols]) + 1.0
    while len(chosen) < stones:
        away = np.full(size * size, np.inf)
        for p in chosen:
            away = np.minimum(away, np.hypot(rows - rows[p], cols - cols[p]))
        worth = np.minimum(away, 2.0 * edge)
        worth[chosen] = -1.0
        chosen.append(int(worth.argmax()))
    return chosen
