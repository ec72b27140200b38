"""Proof that a player can force a score, compiled: AND/OR search under positional superko.

The search is one-sided: `prove` answers "forced within so many plies" or "not shown", and only the
first is a claim. Superko makes a position's value depend on the way to it (graph-history
interaction; Kishimoto & Müller 2004, "A general solution to the graph history interaction
problem"), so a stored proof is used only where the way cannot matter. Two things could break it:

1. An opponent's move left out because an earlier position barred it. A proof is stored only where
   every such position lies at or below its own root.
2. A move of the prover that this way's history bars. A proof keeps the points where it places
   stones and the points that it may empty; it is refused on a way that holds a position which
   these could recreate.

Keys hold the whole position, so no two positions share one. Enhanced transposition cut-off: Plaat,
Schaeffer, Pijls & de Bruin 1996. Bits: point p is bit p for Black and bit 25 + p for White.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.go.bit_kernels import POINTS, WHITE_BITS, safe_points, size_of
from engine.go.board import AREA, BLACK, KEPT, PASSES, TO_PLAY, Board
from engine.go.kernels import area_owner, copy_into, ended, is_legal, play
from engine.go.tree_kernels import board_at

Int8 = npt.NDArray[np.int8]
Int64 = npt.NDArray[np.int64]

HALF: Final = 13          # bits that one look-up turns
PROVED: Final = 127      # depth that says "forced"
ALONE: Final = 1 << 20   # no earlier position was needed

# Columns of Solver.proof.
EMPTIED: Final = 0       # points that the proof may empty
OWN: Final = 1           # points where the prover places
OTHER: Final = 2         # points where the opponent places
NEEDS: Final = 3         # earliest position of the history that bars an opponent's move

# Entries of Solver.goal.
PLAYER: Final = 0
TARGET: Final = 1
NODES: Final = 2
BUDGET: Final = 3
TRUST: Final = 4


class Solver(NamedTuple):
    """Work space of a search. P plies, S entries, A points.

    Attributes:
        boards: A board for each ply, stacked [P].
        path: int64 [LIMIT + 1], the stones of each position of the history.
        proof: int64 [P, 4], what the proof at each ply rests on.
        table: int64 [S, 3]; key, points emptied and placed, placed by the other with move and
            depth. S is a power of two.
        mirror: int32 [8, A], where each symmetry takes a point.
        turned: int32 [8, 2, 2^HALF], a colour's lower and upper bits under each symmetry.
        merit: int64 [2, A + 1], cut-offs by move (history heuristic), row 0 black.
        killer: int64 [P], last move that cut off at a ply.
        goal: int64 [5]; see the index constants.
        edges: int64 [3], board size, points not in the first column, not in the last.
        owner: int8 [A], scratch.
    """

    boards: Board
    path: Int64
    proof: Int64
    table: Int64
    mirror: npt.NDArray[np.int32]
    turned: npt.NDArray[np.int32]
    merit: Int64
    killer: Int64
    goal: Int64
    edges: Int64
    owner: Int8


@njit(cache=True, nogil=True)
def stones_of(board: Board) -> int:
    """The stones as bits."""
    bits = 0
    for p in range(board.state[AREA]):
        if board.stones[p] != 0:
            bits |= 1 << (p if board.stones[p] == BLACK else p + WHITE_BITS)
    return bits


@njit(cache=True, nogil=True)
def _moved(bits: int, mirror: npt.NDArray[np.int32], back: bool) -> int:
    """Bits of one colour under a symmetry, or under its inverse."""
    out = 0
    for p in range(mirror.size):
        a, b = (mirror[p], p) if back else (p, mirror[p])
        out |= ((bits >> a) & 1) << b
    return out


@njit(cache=True, nogil=True)
def _canonical(solver: Solver, bits: int, board: Board) -> tuple[int, int]:
    """The least key of a position among its symmetries, and the symmetry."""
    best, which = np.int64(-1), 0
    half, low = np.int64(HALF), np.int64((1 << HALF) - 1)
    black, white = bits & POINTS, bits >> WHITE_BITS
    for s in range(8):
        lower, upper = solver.turned[s, 0], solver.turned[s, 1]
        key = (np.int64(lower[black & low] | upper[black >> half])
               | np.int64(lower[white & low] | upper[white >> half]) << WHITE_BITS)
        if best < 0 or key < best:
            best, which = key, s
    turn = (board.state[TO_PLAY] == BLACK) + 2 * board.state[PASSES] + 4
    return int(best | np.int64(turn) << 50), which


@njit(cache=True, nogil=True)
def _slot(solver: Solver, key: int) -> int:
    """The row of a key, or the row that it would take, as −1 − row."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    row = np.int64(mixed >> np.uint64(20)) & (len(solver.table) - 1)
    if solver.table[row, 0] == key:
        return int(row)
    if solver.table[row ^ 1, 0] == key:
        return int(row ^ 1)
    deeper = solver.table[row, 2] >> 32 > solver.table[row ^ 1, 2] >> 32
    return -1 - int(row ^ 1 if deeper else row)


@njit(cache=True, nogil=True)
def _free_of_history(solver: Solver, bits: int, rests: Int64, index: int) -> bool:
    """Whether no move of a proof's prover can recreate a position before its root."""
    black = solver.goal[PLAYER] == BLACK
    own, other = bits & POINTS, bits >> WHITE_BITS
    if not black:
        own, other = other, own
    for i in range(index):
        was, met = solver.path[i] & POINTS, solver.path[i] >> WHITE_BITS
        if not black:
            was, met = met, was
        changed = (own ^ was) | (other ^ met)
        if (was & rests[OWN] and (own | other) & changed & ~rests[EMPTIED] == 0
                and was & ~own & ~rests[OWN] == 0 and met & ~other & ~rests[OTHER] == 0):
            return False
    return True


@njit(cache=True, nogil=True)
def _known(solver: Solver, board: Board, ply: int, bits: int, depth: int) -> tuple[int, int]:
    """What the table says: 1 forced, 0 not shown at this depth, −1 nothing; and its move."""
    key, s = _canonical(solver, bits, board)
    row = _slot(solver, key)
    if row < 0:
        return -1, -1
    first, second = solver.table[row, 1], solver.table[row, 2]
    move = (second >> WHITE_BITS) & 127
    for p in range(board.state[AREA]):
        if solver.mirror[s, p] == move:
            move = p
            break
    if second >> 32 == PROVED:
        rests = solver.proof[ply]
        rests[EMPTIED] = _moved(first & POINTS, solver.mirror[s], True)
        rests[OWN] = _moved(first >> WHITE_BITS, solver.mirror[s], True)
        rests[OTHER] = _moved(second & POINTS, solver.mirror[s], True)
        rests[NEEDS] = ALONE
        return (1 if _free_of_history(solver, bits, rests, board.state[KEPT] - 1) else -1), move
    return (0 if second >> 32 > depth and solver.goal[TRUST] else -1), move


@njit(cache=True, nogil=True)
def _store(solver: Solver, board: Board, ply: int, bits: int, depth: int, move: int) -> None:
    """Keep a result; a depth of `PROVED` says that the score is forced."""
    key, s = _canonical(solver, bits, board)
    row = _slot(solver, key)
    if row >= 0 and depth != PROVED and solver.table[row, 2] >> 32 == PROVED:
        return
    row = row if row >= 0 else -1 - row
    rests, mirror = solver.proof[ply], solver.mirror[s]
    at = mirror[move] if move < mirror.size else move
    solver.table[row, 0] = key
    solver.table[row, 1] = (_moved(rests[EMPTIED], mirror, False)
                            | _moved(rests[OWN], mirror, False) << WHITE_BITS)
    solver.table[row, 2] = (_moved(rests[OTHER], mirror, False) | np.int64(at) << WHITE_BITS
                            | np.int64(depth if depth == PROVED else depth + 1) << 32)


@njit(cache=True, nogil=True)
def _clear(rests: Int64) -> None:
    rests[:3] = 0
    rests[NEEDS] = ALONE


@njit(cache=True, nogil=True)
def _settled(solver: Solver, board: Board, ply: int, bits: int) -> int:
    """1 where the score is certain, 0 where it cannot be had, −1 where it is open."""
    goal, edges = solver.goal, solver.edges
    area, target = board.state[AREA], goal[TARGET]
    if ended(board) or board.state[PASSES] == 1:
        reached = goal[PLAYER] * area_owner(board, solver.owner) >= target
        if ended(board) or reached == (board.state[TO_PLAY] == goal[PLAYER]):
            return int(reached)
    full = (np.int64(1) << area) - 1
    own, other = bits & POINTS, bits >> WHITE_BITS
    if goal[PLAYER] != BLACK:
        own, other = other, own
    if 2 * size_of(full & ~other) - area >= target and size_of(own) > 2:
        safe, answers = safe_points(own, other, full, edges)
        if 2 * size_of(safe) - area >= target:
            rests = solver.proof[ply]
            if answers:
                rests[EMPTIED] = rests[OTHER] = full & ~safe | answers
                rests[OWN] = answers
            if _free_of_history(solver, bits, rests, board.state[KEPT] - 1):
                return 1
            _clear(rests)
    if size_of(other) > 2:
        safe, answers = safe_points(other, own, full, edges)
        if area - 2 * size_of(safe) < target:
            return 0
    return -1


@njit(cache=True, nogil=True)
def _enter(solver: Solver, board: Board, after: Board, ply: int, move: int) -> int:
    """Play a move on the next ply's board; returns the stones that follow."""
    copy_into(board, after)
    play(after, move)
    bits = stones_of(after)
    solver.path[after.state[KEPT] - 1] = bits
    _clear(solver.proof[ply + 1])
    return bits


@njit(cache=True, nogil=True)
def _barred_by(board: Board, after: Board, move: int) -> int:
    """Which position of the history bars an illegal move; `ALONE` where it is not superko."""
    if board.stones[move] != 0:
        return ALONE
    copy_into(board, after)
    if play(after, move) >= 0:
        for i in range(board.state[KEPT]):
            if board.history[i] == after.hash[0]:
                return i
    return ALONE


@njit(cache=True, nogil=True)
def _add(
    solver: Solver, board: Board, ply: int, move: int, bits: int, after: int,
) -> None:
    """Let the proof at a ply rest on that of the next, reached by a move."""
    rests, below = solver.proof[ply], solver.proof[ply + 1]
    lost = bits & ~after
    rests[EMPTIED] |= below[EMPTIED] | (lost & POINTS) | lost >> WHITE_BITS
    rests[OWN] |= below[OWN]
    rests[OTHER] |= below[OTHER]
    rests[NEEDS] = min(rests[NEEDS], below[NEEDS])
    if move < board.state[AREA]:
        rests[OWN if board.state[TO_PLAY] == solver.goal[PLAYER] else OTHER] |= np.int64(1) << move


@njit(cache=True, nogil=True)
def prove(solver: Solver, ply: int, bits: int, depth: int) -> bool:
    """Whether the player of the goal is shown to reach the target within so many plies.

    Args:
        solver: Changed in place; `boards[ply]` is the position, `proof[ply]` is clear.
        ply: Depth of the position.
        bits: Its stones.
        depth: Plies to look ahead.

    Returns:
        True where it is forced under positional superko with this history; False says nothing.
    """
    goal = solver.goal
    goal[NODES] += 1
    board = board_at(solver.boards, ply)
    verdict = _settled(solver, board, ply, bits)
    if verdict >= 0 or depth == 0 or goal[NODES] > goal[BUDGET]:
        return verdict == 1
    verdict, first = _known(solver, board, ply, bits, depth)
    if verdict >= 0:
        return verdict == 1
    rests = solver.proof[ply]
    _clear(rests)
    child = board_at(solver.boards, ply + 1)
    area, own_turn = board.state[AREA], board.state[TO_PLAY] == goal[PLAYER]
    merit = solver.merit[0 if board.state[TO_PLAY] == BLACK else 1]
    order = np.full(area + 1, -1, np.int64)
    worth = np.empty(area + 1, np.int64)
    count = 0
    for move in range(area + 1):
        if not is_legal(board, move):
            if not own_turn:
                rests[NEEDS] = min(rests[NEEDS], _barred_by(board, child, move))
            continue
        value = merit[move] + (1 << 40) * (move == first) + (1 << 30) * (move == solver.killer[ply])
        after = _enter(solver, board, child, ply, move)
        known, _ = _known(solver, child, ply + 1, after, depth - 1)
        if known == int(own_turn):
            if own_turn:
                _add(solver, board, ply, move, bits, after)
                if rests[NEEDS] >= board.state[KEPT] - 1:
                    _store(solver, board, ply, bits, PROVED, move)
                return True
            _store(solver, board, ply, bits, depth, move)
            return False
        i = count
        while i > 0 and worth[i - 1] < value:
            worth[i], order[i] = worth[i - 1], order[i - 1]
            i -= 1
        worth[i], order[i] = value, move
        count += 1
    for i in range(count):
        move = order[i]
        after = _enter(solver, board, child, ply, move)
        shown = prove(solver, ply + 1, after, depth - 1)
        if shown:
            _add(solver, board, ply, move, bits, after)
        if shown == own_turn:
            merit[move] += depth * depth
            solver.killer[ply] = move
            if not shown:
                _store(solver, board, ply, bits, depth, move)
                return False
            if rests[NEEDS] >= board.state[KEPT] - 1:
                _store(solver, board, ply, bits, PROVED, move)
            return True
    if own_turn:
        _store(solver, board, ply, bits, depth, order[0])
        return False
    if rests[NEEDS] >= board.state[KEPT] - 1:
        _store(solver, board, ply, bits, PROVED, order[0])
    return True
