"""The rules of Go, compiled: moves, captures, positional superko, area scoring.

A legal move may not recreate any earlier position, whoever is to move (positional superko). Two
passes in a row end the game. Area scoring counts a player's stones and the empty regions that
touch no other colour, with no stone taken for dead (Tromp & Taylor, "The game of Go aka Weiqi in
the West, in its simplest form", rules 6, 7, 9 and 10).

`play` trusts its caller to pass a legal move; `is_legal` and `legal_mask` say which are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.go.board import (
    AREA,
    BLACK,
    BLOOM_WORDS,
    BORDER,
    CAPTURED_BLACK,
    CAPTURED_WHITE,
    EMPTY,
    KEPT,
    LIMIT,
    MOVES,
    PASSES,
    RECENT,
    STATE,
    SUICIDE,
    TO_PLAY,
    Board,
)

Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]
UInt64 = npt.NDArray[np.uint64]
_WORD = np.uint64(BLOOM_WORDS - 1)
_BIT = np.uint64(63)
_ONE = np.uint64(1)
_SHIFT_1 = np.uint64(16)
_SHIFT_2 = np.uint64(32)


@njit(cache=True, nogil=True, inline="always")
def _bloom_bits(key: np.uint64) -> np.uint64:
    """Two bits of one word; the word is named by the key's lowest bits."""
    return (_ONE << ((key >> _SHIFT_1) & _BIT)) | (_ONE << ((key >> _SHIFT_2) & _BIT))


@njit(cache=True, nogil=True)
def remember(board: Board, key: np.uint64) -> None:
    """Add a position to the history that superko forbids to repeat."""
    kept = board.state[KEPT]
    if kept < board.history.size:
        board.history[kept] = key
        board.state[KEPT] = kept + 1
        word = np.int64(key & _WORD)
        board.bloom[word] |= _bloom_bits(key)


@njit(cache=True, nogil=True)
def seen(board: Board, key: np.uint64) -> bool:
    """Whether a position with this hash has been on the board."""
    bits = _bloom_bits(key)
    if (board.bloom[np.int64(key & _WORD)] & bits) != bits:
        return False
    found = False
    for i in range(board.state[KEPT]):
        found |= board.history[i] == key
    return found


@njit(cache=True, nogil=True)
def _remove(board: Board, chain: int, row: int) -> int:
    """Take a chain off the board; returns its stones."""
    stones, head, after, liberties = board.stones, board.head, board.after, board.liberties
    p = chain
    while True:
        stones[p] = EMPTY
        for k in range(4):
            q = board.neighbours[p, k]
            if stones[q] != EMPTY and stones[q] != BORDER:
                liberties[head[q]] += 1
        p = after[p]
        if p == chain:
            break
    board.hash[0] ^= board.chain_hash[chain]
    board.state[CAPTURED_BLACK if row == 0 else CAPTURED_WHITE] += board.length[chain]
    return int(board.length[chain])


@njit(cache=True, nogil=True)
def _merge(board: Board, a: int, b: int) -> None:
    """Join two chains under the longer one's head."""
    head, after = board.head, board.after
    if board.length[a] < board.length[b]:
        a, b = b, a
    p = b
    while True:
        head[p] = a
        p = after[p]
        if p == b:
            break
    after[a], after[b] = after[b], after[a]
    board.liberties[a] += board.liberties[b]
    board.length[a] += board.length[b]
    board.chain_hash[a] ^= board.chain_hash[b]


@njit(cache=True, nogil=True)
def put(board: Board, point: int, colour: int) -> int:
    """Place a stone and remove what has no liberty left; whose turn it is stays as it was.

    Args:
        board: Changed in place.
        point: Empty point.
        colour: 1 black, −1 white.

    Returns:
        Captured stones, or minus the stones that the move took from its own side.
    """
    stones, head, liberties = board.stones, board.head, board.liberties
    row = 0 if colour == BLACK else 1
    key = board.zobrist[row, point]
    stones[point] = colour
    head[point] = point
    board.after[point] = point
    board.length[point] = 1
    board.chain_hash[point] = key
    board.hash[0] ^= key
    free = 0
    for k in range(4):
        q = board.neighbours[point, k]
        if stones[q] == EMPTY:
            free += 1
        elif stones[q] != BORDER:
            liberties[head[q]] -= 1
    liberties[point] = free
    taken = 0
    for k in range(4):
        q = board.neighbours[point, k]
        if stones[q] == -colour and liberties[head[q]] == 0:
            taken += _remove(board, head[q], 1 - row)
    for k in range(4):
        q = board.neighbours[point, k]
        if stones[q] == colour and head[q] != head[point]:
            _merge(board, head[point], head[q])
    if liberties[head[point]] == 0:
        taken = -_remove(board, head[point], row)
    return taken


@njit(cache=True, nogil=True)
def play(board: Board, move: int) -> int:
    """Make a legal move and pass the turn.

    Args:
        board: Changed in place.
        move: Point, or `size * size` to pass; must be legal.

    Returns:
        Captured stones, or minus the stones lost by suicide.
    """
    state = board.state
    colour = state[TO_PLAY]
    for i in range(RECENT - 1, 0, -1):
        board.recent[i] = board.recent[i - 1]
    board.recent[0] = move
    state[MOVES] += 1
    state[TO_PLAY] = -colour
    if move == state[AREA]:
        state[PASSES] += 1
        return 0
    state[PASSES] = 0
    taken = put(board, move, colour)
    remember(board, board.hash[0])
    return taken


@njit(cache=True, nogil=True, inline="always")
def _allowed(
    stones: Int8, head: Int32, liberties: Int32, chain_hash: UInt64, around: Int32, colour: int,
    position: np.uint64, stone: np.uint64, may_suicide: bool, added_only: bool,
) -> tuple[int, np.uint64]:
    """Whether a stone may come on an empty point, superko aside, and the position after it.

    A contact with the point is a pseudo-liberty that the stone takes away, so a neighbouring chain
    is in atari exactly when all its pseudo-liberties are contacts with this point; a chain with
    more than four cannot be.

    Args:
        stones: As in `Board`.
        head: As in `Board`.
        liberties: As in `Board`.
        chain_hash: As in `Board`.
        around: int32 [4], neighbours of the point.
        colour: Whose stone.
        position: Hash of the position without the stone.
        stone: Hash of the stone on its point.
        may_suicide: Whether a chain of two or more may be given up.
        added_only: Whether nothing has been captured so far.

    Returns:
        0 for suicide, 1 for allowed, 2 for allowed unless the history has the position that
        follows; and that position's hash.
    """
    alive = False
    taken = False
    key = position ^ stone
    own = np.uint64(0)
    for k in range(4):
        q = around[k]
        v = stones[q]
        if v == EMPTY:
            alive = True
        elif v != BORDER:
            chain = head[q]
            contacts = 1
            first = True
            if liberties[chain] <= 4:
                for j in range(4):
                    other = around[j]
                    if j != k and stones[other] == v and head[other] == chain:
                        contacts += 1
                        first &= j > k
            if v == colour:
                alive |= liberties[chain] > contacts
                own ^= chain_hash[chain] if first else np.uint64(0)
            elif liberties[chain] == contacts:
                alive = True
                taken = True
                key ^= chain_hash[chain] if first else np.uint64(0)
    if alive:
        return 2 if taken or not added_only else 1, key
    return 2 if may_suicide and own != 0 else 0, position ^ own


@njit(cache=True, nogil=True)
def is_legal(board: Board, move: int) -> bool:
    """Whether the player to move may make this move; a pass always is."""
    area = board.state[AREA]
    if move == area:
        return True
    if move < 0 or move > area or board.stones[move] != EMPTY:
        return False
    colour = board.state[TO_PLAY]
    row = 0 if colour == BLACK else 1
    verdict, key = _allowed(
        board.stones, board.head, board.liberties, board.chain_hash, board.neighbours[move],
        colour, board.hash[0], board.zobrist[row, move], board.state[SUICIDE] != 0,
        board.state[CAPTURED_BLACK] + board.state[CAPTURED_WHITE] == 0)
    return verdict == 1 or (verdict == 2 and not seen(board, key))


@njit(cache=True, nogil=True)
def legal_mask(board: Board, out: UInt8) -> int:
    """Write which moves are legal for the player to move, superko included.

    Args:
        board: Read only.
        out: uint8 [A + 1], filled with 0 and 1; the last is the pass and always 1.

    Returns:
        Number of legal moves, the pass included.
    """
    stones, head, liberties = board.stones, board.head, board.liberties
    chain_hash, neighbours, zobrist = board.chain_hash, board.neighbours, board.zobrist
    bloom = board.bloom
    area = board.state[AREA]
    colour = board.state[TO_PLAY]
    row = 0 if colour == BLACK else 1
    may_suicide = board.state[SUICIDE] != 0
    added_only = board.state[CAPTURED_BLACK] + board.state[CAPTURED_WHITE] == 0
    position = board.hash[0]
    count = 1
    for p in range(area):
        out[p] = 0
        if stones[p] != EMPTY:
            continue
        verdict, key = _allowed(stones, head, liberties, chain_hash, neighbours[p], colour,
                                position, zobrist[row, p], may_suicide, added_only)
        ok = verdict != 0
        if verdict == 2:
            bits = _bloom_bits(key)
            if (bloom[np.int64(key & _WORD)] & bits) == bits:
                ok = not seen(board, key)
        out[p] = ok
        count += ok
    out[area] = 1
    return count


@njit(cache=True, nogil=True)
def ended(board: Board) -> bool:
    """Whether two passes, or the limit of moves, have ended the game."""
    return bool(board.state[PASSES] >= 2 or board.state[MOVES] >= board.state[LIMIT])


@njit(cache=True, nogil=True)
def area_owner(board: Board, out: npt.NDArray[np.int8]) -> int:
    """Whose area each point is, with every stone alive.

    Args:
        board: Read only but for its scratch space.
        out: int8 [A], filled: 1 black, −1 white, 0 neither or both.

    Returns:
        Black's points minus White's, without komi.
    """
    area = board.state[AREA]
    visited = board.scratch[0]
    queue = board.scratch[1]
    visited[:] = 0
    margin = 0
    for start in range(area):
        if board.stones[start] != EMPTY:
            out[start] = board.stones[start]
            margin += out[start]
        elif visited[start] == 0:
            visited[start] = 1
            queue[0] = start
            tail = 1
            i = 0
            black = False
            white = False
            while i < tail:
                p = queue[i]
                i += 1
                for k in range(4):
                    q = board.neighbours[p, k]
                    v = board.stones[q]
                    if v == EMPTY:
                        if visited[q] == 0:
                            visited[q] = 1
                            queue[tail] = q
                            tail += 1
                    elif v != BORDER:
                        black |= v == BLACK
                        white |= v != BLACK
            owner = int(black) - int(white)
            for j in range(tail):
                out[queue[j]] = owner
            margin += owner * tail
    return margin


@njit(cache=True, nogil=True)
def area_score(board: Board) -> float:
    """Black's area minus White's minus komi, with every stone alive."""
    out = np.empty(board.state[AREA], np.int8)
    return float(area_owner(board, out) - board.komi[0])


@njit(cache=True, nogil=True)
def copy_into(source: Board, target: Board) -> None:
    """Make one board equal another of the same size.

    The loops are spelt out because slices check their shapes first, which takes longer than these
    few bytes, and drags string formatting into the compiled code.
    """
    for i in range(source.stones.size):
        target.stones[i] = source.stones[i]
    for i in range(source.stones.size):
        target.head[i] = source.head[i]
        target.after[i] = source.after[i]
        target.liberties[i] = source.liberties[i]
        target.length[i] = source.length[i]
    for i in range(source.stones.size):
        target.chain_hash[i] = source.chain_hash[i]
    target.hash[0] = source.hash[0]
    for i in range(source.state[KEPT]):
        target.history[i] = source.history[i]
    for i in range(BLOOM_WORDS):
        target.bloom[i] = source.bloom[i]
    for i in range(RECENT):
        target.recent[i] = source.recent[i]
    for i in range(STATE):
        target.state[i] = source.state[i]
    target.komi[0] = source.komi[0]


@njit(cache=True, nogil=True)
def copy_board(board: Board) -> Board:
    """A board of its own with the same position and history."""
    copied = Board(
        np.empty_like(board.stones), np.empty_like(board.head), np.empty_like(board.after),
        np.empty_like(board.liberties), np.empty_like(board.length),
        np.empty_like(board.chain_hash), np.empty_like(board.hash), np.zeros_like(board.history),
        np.empty_like(board.bloom), np.empty_like(board.recent), np.empty_like(board.state),
        np.empty_like(board.komi), np.zeros_like(board.scratch), board.neighbours, board.zobrist)
    copy_into(board, copied)
    return copied
