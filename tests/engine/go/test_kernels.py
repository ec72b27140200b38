import numpy as np
import pytest

from engine.go.board import BLACK, CAPTURED_BLACK, CAPTURED_WHITE, EMPTY, TO_PLAY, WHITE, new_board
from engine.go.kernels import (
    area_owner,
    area_score,
    copy_board,
    ended,
    is_legal,
    legal_mask,
    play,
    put,
    seen,
)
from engine.go.vertices import point_of
from tests.engine.go.boards import SlowBoard, drawn, may, moves, picture


def board_agrees(board, slow):
    """Stones, hash and every chain's book-keeping against a recount."""
    area = board.stones.size - 1
    assert tuple(board.stones[:area].tolist()) == slow.cells
    key = np.uint64(0)
    for p, v in enumerate(slow.cells):
        if v == EMPTY:
            continue
        key ^= board.zobrist[0 if v == BLACK else 1, p]
        chain = slow.region(slow.cells, p)[0]
        head = int(board.head[p])
        assert {q for q in range(area) if slow.cells[q] and board.head[q] == head} == chain
        assert board.length[head] == len(chain)
        contacts = sum(slow.cells[q] == EMPTY for s in chain for q in slow.around(s))
        assert board.liberties[head] == contacts
        q, circle = p, set()
        while q not in circle:
            circle.add(q)
            q = int(board.after[q])
        assert circle == chain
    assert board.hash[0] == key


@pytest.mark.parametrize(("size", "games", "suicide"), [
    (2, 60, False), (2, 60, True), (3, 40, False), (3, 40, True), (4, 15, True), (5, 6, False),
    (7, 2, True), (9, 1, False)])
def test_random_games_follow_the_rules_as_written(size, games, suicide):
    """Every legal mask, every position and every score of games that fill the board up again."""
    area = size * size
    mask = np.empty(area + 1, np.uint8)
    owner = np.empty(area, np.int8)
    refused = 0
    for game in range(games):
        rng = np.random.default_rng((size, game, suicide))
        board, slow = new_board(size, 0.0, suicide), SlowBoard(size, suicide)
        for _ in range(12 * size):
            count = legal_mask(board, mask)
            expected = slow.legal()
            assert mask.tolist() == expected, picture(board)
            assert count == sum(expected)
            assert [bool(is_legal(board, m)) for m in range(area + 1)] == expected
            refused += sum(not e for p, e in enumerate(expected[:-1]) if slow.cells[p] == EMPTY)
            choice = np.flatnonzero(mask[:-1])
            if not choice.size:
                break
            move = int(rng.choice(choice))
            before = len(slow.seen)
            play(board, move)
            slow.play(move)
            assert len(slow.seen) == before + 1
            board_agrees(board, slow)
            assert area_owner(board, owner) == slow.margin() == owner.sum()
    assert refused > 0


def test_a_ko_is_not_taken_back_at_once():
    board = drawn("""
        .XO..
        X.XO.
        .XO..
        .....
        .....""", to_play=WHITE)
    moves(board, "B4")
    assert board.stones[point_of("C4", 5)] == EMPTY
    assert not may(board, "C4")
    moves(board, "E1", "E2")
    assert may(board, "C4")


def test_snapback_takes_back_the_capturers():
    board = drawn("""
        .....
        .....
        .XXX.
        XOOOX
        XO..X""")
    moves(board, "C1")
    assert play(board, point_of("D1", 5)) == 1
    assert may(board, "C1")
    assert play(board, point_of("C1", 5)) == 5


def test_two_stones_sent_for_one_returned_may_not_come_again():
    text = """
        ....
        ....
        XXO.
        .O.O"""
    board = moves(drawn(text, to_play=WHITE), "A1", "C1")
    assert board.state[CAPTURED_WHITE] == 2
    assert not may(board, "B1")  # would take C1 and give back the position drawn
    assert may(moves(board, "D4", "A4"), "B1")


def test_one_stone_may_never_take_its_own_life():
    board = drawn("""
        .O.
        O..
        ...""", suicide=True)
    assert not may(board, "A3")


def test_a_chain_may_take_its_own_life_where_the_rules_say_so():
    text = """
        .XO.
        OOO.
        ....
        ...."""
    assert not may(drawn(text), "A4")
    board = drawn(text, suicide=True)
    assert may(board, "A4")
    assert play(board, point_of("A4", 4)) == -2
    assert picture(board).split()[0] == "..O."
    assert board.state[CAPTURED_BLACK] == 2
    assert board.state[TO_PLAY] == WHITE


def test_giving_up_everything_repeats_the_empty_board():
    board = new_board(2, 0.0, suicide=True)
    moves(board, "A1", "pass", "A2", "pass", "B1", "pass")
    assert not may(board, "B2")


def test_capture_comes_before_suicide():
    board = drawn("""
        .XO.
        XXO.
        OOO.
        ....""", to_play=WHITE)
    moves(board, "A4")
    assert picture(board) == "O.O.\n..O.\nOOO.\n...."
    assert board.state[CAPTURED_BLACK] == 3
    assert board.state[CAPTURED_WHITE] == 0


def test_three_kos_turn_once_round_and_no_further():
    """Whoever is to move can take a ko that the other side took last; the sixth closes the circle.

    White holds the two upper kos (B8, B5), Black the lowest (C2).
    """
    board = drawn("""
        .XO......
        XO.O.....
        .XO......
        .XO......
        XO.O.....
        .XO......
        .XO......
        X.XO.....
        .XO......""")
    before = picture(board)
    moves(board, "C8", "B2", "C5", "B8", "C2")
    assert not may(board, "B5")
    moves(board, "J9", "J1")
    assert may(board, "B5")
    assert picture(board) != before


def test_a_position_is_forbidden_whoever_would_make_it():
    board = new_board(3, 0.0)
    moves(board, "A1", "B1")
    key = board.hash[0]
    assert seen(board, key)
    assert not seen(board, key ^ np.uint64(1))


def test_in_seki_who_moves_first_loses_and_nobody_owns_the_shared_point():
    board = drawn("""
        .X.O.
        XXXOO
        OOOXX
        ..OX.
        ..OX.""")
    owner = np.empty(25, np.int8)
    assert area_owner(board, owner) == -2  # rows from the top: 0, 1, −1, −1, −1
    shared, black_eye, white_eye = (point_of(v, 5) for v in ("C5", "A5", "E5"))
    assert (owner[shared], owner[black_eye], owner[white_eye]) == (0, BLACK, WHITE)
    first = moves(copy_board(board), "C5")
    assert play(first, black_eye) == 5
    second = moves(copy_board(board), "pass", "C5")
    assert play(second, white_eye) == 4


def test_bent_four_in_the_corner_is_a_ko_that_has_to_be_fought():
    """Area scoring knows no rule for it: White may make the four, Black takes them, then ko."""
    board = drawn("""
        .......
        .......
        .......
        OOOO...
        XXXO...
        O.XXO..
        OO.XO..""", to_play=WHITE)
    moves(board, "C1")
    assert play(board, point_of("B2", 7)) == 4
    moves(board, "B1", "A1")
    assert play(board, point_of("A2", 7)) == 1
    assert not may(board, "A1")
    assert may(moves(board, "G7", "G6"), "A1")


def test_two_passes_end_a_game_and_a_stone_between_does_not():
    board = moves(new_board(5), "pass", "C3", "pass")
    assert not ended(board)
    assert ended(moves(board, "pass"))


def test_a_game_ends_at_its_limit_of_moves():
    board = new_board(2, 0.0)
    limit = 4 * 4 + 64
    rng = np.random.default_rng(1)
    mask = np.empty(5, np.uint8)
    for i in range(limit):
        assert not ended(board) or board.state[3] >= 2, i
        legal_mask(board, mask)
        play(board, 4 if not mask[:4].any() or i % 2 else int(rng.choice(np.flatnonzero(mask[:4]))))
    assert ended(board)


def test_komi_counts_for_white():
    assert area_score(new_board(9, 7.5)) == -7.5
    assert area_score(moves(new_board(9, 7.5), "E5")) == 81 - 7.5


def test_a_copy_goes_its_own_way():
    board = moves(new_board(5), "C3", "C4")
    other = copy_board(board)
    moves(other, "B4", "B3")
    assert picture(board) != picture(other)
    assert board.state[TO_PLAY] == BLACK
    assert other.neighbours is not None
    assert np.array_equal(other.history[:3], board.history[:3])


def test_placing_a_stone_outside_a_game_leaves_the_turn():
    board = new_board(3, 0.0)
    assert put(board, 4, WHITE) == 0
    assert board.state[TO_PLAY] == BLACK
