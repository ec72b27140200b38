"""The protocol, driven as a controller does: lines in, text out."""

import io
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.go.__main__ import main
from engine.go.gtp import Lines, raw_lines, serve, split
from engine.go.gtp_engine import GtpEngine
from engine.go.opponent import Opponent
from engine.go.params import SearchParams
from tests.engine.go.minds import Counter

ROOT = Path(__file__).parents[3]
PARAMS = SearchParams(visits=40, symmetry=False, max_nodes=4000, cache=64)
COMMANDS = frozenset((
    "protocol_version", "name", "version", "known_command", "list_commands", "quit", "boardsize",
    "clear_board", "komi", "play", "genmove", "undo", "fixed_handicap", "place_free_handicap",
    "set_free_handicap", "loadsgf", "reg_genmove", "time_settings", "time_left", "final_score",
    "final_status_list", "showboard", "lz-analyze", "kata-analyze", "lz-genmove_analyze",
    "kata-genmove_analyze"))
MOVE = r"(?:[A-HJ][1-9]|pass)"


def spoken(script, evaluator=None, params=PARAMS):
    """Everything the engine says to a script."""
    lines = Lines(script.splitlines(keepends=True))
    engine = GtpEngine(evaluator or Counter(), params, np.random.default_rng(1), lines, size=9)
    out = io.StringIO()
    serve(engine, lines, out)
    return out.getvalue()


def answers(script, **options):
    """One answer a command, without the empty line that ends it."""
    said = spoken(script, **options)
    assert said.endswith("\n\n")
    return said[:-2].split("\n\n")


@pytest.mark.parametrize(("line", "parts"), [
    ("1 play b D4\n", ("1", ["play", "b", "D4"])),
    ("name # a comment\n", ("", ["name"])),
    ("  12\tkomi\t5.5 \r\n", ("12", ["komi", "5.5"])),
    ("na\x07me\x7f\n", ("", ["name"])),
    ("# nothing\n", ("", [])),
    ("\n", ("", [])),
    ("7\n", ("7", [])),
])
def test_lines_are_cleaned_and_split(line, parts):
    assert split(line) == parts


def test_ids_and_forms_of_answers():
    assert spoken("1 protocol_version\nname\n\n# note\n3 nonsense\nquit\n") == (
        "=1 2\n\n= Atrium\n\n?3 unknown command\n\n=\n\n")


def test_every_command_of_the_standard_is_there():
    listed = answers("list_commands")[0][2:].split("\n")
    assert set(listed) >= COMMANDS
    assert answers("known_command genmove\nknown_command fly\n5 known_command") == [
        "= true", "= false", "=5 false"]


@pytest.mark.parametrize(("line", "error"), [
    ("boardsize 20", "unacceptable size"), ("boardsize nine", "syntax error"),
    ("boardsize", "syntax error"), ("komi x", "syntax error"), ("komi 1e9", "syntax error"),
    ("komi nan", "syntax error"), ("play b", "syntax error"), ("play green D4", "syntax error"),
    ("play b I5", "invalid coordinate"), ("play b K10", "invalid coordinate"),
    ("undo", "cannot undo"), ("genmove", "syntax error"), ("fixed_handicap 1",
                                                           "invalid number of stones"),
    ("fixed_handicap 10", "invalid number of stones"), ("place_free_handicap 81",
                                                        "invalid number of stones"),
    ("set_free_handicap A1 A1", "bad vertex list"), ("set_free_handicap A1 pass",
                                                     "bad vertex list"),
    ("set_free_handicap A1 Z9", "bad vertex list"), ("loadsgf /nowhere.sgf", "cannot load file"),
    ("time_left b x 3", "syntax error"), ("time_settings 1 2", "syntax error"),
    ("final_status_list maybe", "syntax error"), ("kata-analyze b fast", "syntax error"),
    ("lz-analyze interval", "syntax error"), ("lz-analyze avoid b Z9 1", "invalid coordinate"),
])
def test_errors_are_the_standards(line, error):
    assert answers(f"4 {line}\nprotocol_version") == [f"?4 {error}", "= 2"]


def test_an_illegal_move_keeps_the_game():
    said = answers("play b D4\nplay w D4\nplay w D5\nundo\nplay w D4\nshowboard")
    assert said[1] == "? illegal move"
    assert said[4] == "? illegal move"
    assert " 4 . . . X" in said[5]
    assert "White to play" in said[5]


def test_a_handicap_needs_an_empty_board():
    said = answers("fixed_handicap 4\nfixed_handicap 2\nclear_board\nplace_free_handicap 12\n"
                   "clear_board\nset_free_handicap A1 B2\nshowboard")
    assert said[0] == "= C3 G7 C7 G3"
    assert said[1] == "? board not empty"
    assert len(set(said[3][2:].split())) == 12
    assert "White to play" in said[6]


def test_genmove_plays_and_undo_takes_back():
    said = answers("genmove b\nreg_genmove w\ngenmove w\nshowboard\nundo\nundo\nundo\nshowboard")
    assert all(re.fullmatch(f"= {MOVE}", said[i]) for i in (0, 1, 2))
    assert said[3].count("X") == 1
    assert said[6] == "? cannot undo"
    assert "X" not in said[7].replace("Black", "")


def test_a_colour_may_move_twice_in_a_row():
    said = answers("genmove b\ngenmove b\nshowboard")
    assert sum(a.startswith("= ") for a in said) == 3
    assert said[2].count("X") == 2


def test_the_tree_is_kept_from_move_to_move():
    """After two moves the searched part of the tree saves the network work."""
    evaluator = Counter()
    script = "genmove b\ngenmove w\ngenmove b\n"
    answers(script, evaluator=evaluator)
    alone = Counter()
    answers(script.replace("\n", "\nclear_board\n"), evaluator=alone,
            params=PARAMS.with_changes(cache=0))
    assert sum(evaluator.batches) < sum(alone.batches)


SCORED = "boardsize 5\nkomi 0.5\n" + "".join(
    f"play {colour} {vertex}\n"
    for colour, stones in (("b", "C1 C2 C3 C4 C5 B2 B4"), ("w", "D1 D2 D3 D4 D5 E2 E4 A3"))
    for vertex in stones.split())


def test_the_score_counts_without_the_dead():
    said = answers(SCORED + "final_score\nfinal_status_list dead\nfinal_status_list alive\n"
                   "final_status_list seki")
    assert said[-4:] == ["= B+4.5", "= A3", "= C5 B4 C4 C3 B2 C2 C1\nD5 D4 E4 D3 D2 E2 D1", "="]


def test_a_game_goes_out_and_comes_back_as_sgf(tmp_path):
    path = tmp_path / "game.sgf"
    text = answers("boardsize 9\nkomi 5.5\nplay b E5\nplay w pass\nplay b C3\n"
                   f"printsgf\nprintsgf {path}")[5]
    assert ";B[ee];W[];B[cg]" in text
    said = answers(f"loadsgf {path}\nshowboard\nget_komi\nloadsgf {path} 2\nshowboard\n"
                   f"loadsgf {path} 1\nshowboard")
    assert said[0] == "= white"
    assert said[1].count("X") == 2
    assert said[2] == "= 5.5"
    assert said[3] == "= white"
    assert said[4].count("X") == 1
    assert said[5] == "= black"
    assert "X" not in said[6].replace("Black", "")


def test_a_broken_file_leaves_the_game(tmp_path):
    path = tmp_path / "broken.sgf"
    path.write_text("(;SZ[9];B[ee];W[ee])")
    said = answers(f"play b A1\nloadsgf {path}\nloadsgf {tmp_path}\nshowboard")
    assert said[1] == said[2] == "? cannot load file"
    assert said[3].count("X") == 1


def test_leela_zeros_lines():
    said = spoken("lz-genmove_analyze b 1 maxmoves 2\n")
    head, first, *rest = said.split("\n")
    assert head == "="
    block = (rf"info move {MOVE} visits \d+ winrate \d+ prior \d+ lcb \d+ order \d"
             rf" pv {MOVE}(?: {MOVE})*")
    assert re.fullmatch(f"{block} {block}", first), first
    assert re.fullmatch(f"play {MOVE}", rest[-3]), rest
    assert rest[-2:] == ["", ""]


def test_katas_lines():
    said = spoken("kata-genmove_analyze w 1 maxmoves 1 rootInfo true ownership true "
                  "pvVisits true\n")
    line = said.split("\n")[1]
    number = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
    assert re.match(rf"info move {MOVE} visits \d+ utility {number} winrate {number} scoreMean "
                    rf"{number} scoreLead {number} prior {number} lcb {number} utilityLcb "
                    rf"{number} order 0 pv {MOVE}(?: {MOVE})* pvVisits \d+(?: \d+)*"
                    rf" rootInfo visits \d+", line), line
    assert len(line.split("ownership ")[1].split()) == 81


def test_avoid_and_allow_hold_at_the_root():
    line = spoken("kata-genmove_analyze b 1 allow b A1,B1,C1 1\n").split("\n")[1]
    assert set(re.findall(rf"info move ({MOVE})", line)) <= {"A1", "B1", "C1"}
    line = spoken("lz-genmove_analyze b 1 avoid b A9,B9,pass 3\n").split("\n")[1]
    assert not {"A9", "B9", "pass"} & set(re.findall(rf"info move ({MOVE})", line))


def test_an_analysis_streams_until_the_next_line():
    """The next line is held back until reports have come; it ends the analysis at once."""
    reports = threading.Semaphore(0)

    class Listening(io.StringIO):
        def write(self, text):
            if text.startswith("info"):
                reports.release()
            return super().write(text)

    def controller():
        yield "kata-analyze b 1\n"
        for _ in range(3):
            assert reports.acquire(timeout=60)
        yield "9 name\n"

    out = Listening()
    lines = Lines(controller())
    engine = GtpEngine(Counter(), PARAMS, np.random.default_rng(1), lines, size=9)
    serve(engine, lines, out)
    said = out.getvalue()
    assert said.startswith("=\ninfo move")
    assert said.endswith("\n\n=9 Atrium\n\n")
    assert said.count("\ninfo move") >= 3
    visits = [sum(map(int, re.findall(r"visits (\d+)", line)))
              for line in said.split("\n") if line.startswith("info")]
    assert visits == sorted(visits)
    assert visits[-1] > PARAMS.visits


def test_an_ended_game_is_analysed_without_a_word():
    said = spoken("play b pass\nplay w pass\nkata-analyze b 1\ngenmove b\n")
    assert said == "=\n\n=\n\n=\n\n= pass\n\n"


def test_a_full_tree_ends_its_reports_and_waits():
    """The tree holds 30 positions; the analysis has one report to give, then the next line."""
    small = PARAMS.with_changes(max_nodes=30)
    said = spoken("lz-analyze b 100\nname\n", params=small)
    assert said.endswith("\n\n= Atrium\n\n")


def test_it_resigns_what_is_lost_for_two_moves():
    lost = ["boardsize 5", "komi 49"] + [
        f"play {c} {v}" for c, v in zip("bwbwbw", ("A1", "A5", "B1", "B5", "C1", "C5"),
                                        strict=True)]
    said = answers("\n".join([*lost, "genmove b", "play w D5", "genmove b"]),
                   params=PARAMS.with_changes(resign_below=0.2))
    assert said[-3] != "= resign"
    assert said[-1] == "= resign"


def test_the_program_itself_speaks(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "engine.go", "gtp", "--network", "none", "--visits", "20",
         "--size", "5"], input="1 name\n2 genmove b\n3 quit\n", text=True, cwd=ROOT,
        capture_output=True, timeout=300, check=True)
    assert re.fullmatch(r"=1 Atrium\n\n=2 (?:[A-E][1-5]|pass)\n\n=3\n\n", done.stdout)
    assert "no network" in done.stderr


def test_quit_ends_the_program_though_the_controller_stays():
    with subprocess.Popen(
            [sys.executable, "-m", "engine.go", "gtp", "--network", "none"], text=True, cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        program.stdin.write("quit\n")
        program.stdin.flush()
        assert program.wait(timeout=300) == 0
        assert program.stdout.read() == "=\n\n"
        assert "Fatal" not in program.stderr.read()


def test_lines_come_whole_from_pieces():
    reading, writing = os.pipe()
    os.write(writing, b"na")
    os.write(writing, "me\nplay b é\nlast".encode())
    os.close(writing)
    assert list(raw_lines(reading)) == ["name", "play b é", "last"]
    os.close(reading)


def test_settings_out_of_range_are_refused_by_the_program(capsys):
    assert main(["gtp", "--visits", "0"]) == 2
    assert "Simulations is 0" in capsys.readouterr().err
    assert main(["gtp", "--network", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_gnu_go_and_the_engine_play_a_game(gnugo):
    command = [sys.executable, "-m", "engine.go", "gtp", "--network", "none", "--visits", "10"]
    with Opponent(gnugo) as other, Opponent(command) as own:
        for player in (other, own):
            player.begin(5, 0.5)
        passes, colour = 0, 1
        for turn in range(60):
            mover, waiting = (own, other) if turn % 2 == 0 else (other, own)
            move = mover.genmove(colour, 5)
            if move is None or passes == 2:
                break
            waiting.play(colour, move, 5)
            passes = passes + 1 if move == 25 else 0
            colour = -colour
        assert turn >= 2
