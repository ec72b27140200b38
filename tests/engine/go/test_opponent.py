import sys
import time

import pytest

from engine.errors import InvalidInput, ModelUnavailable
from engine.go.board import BLACK, WHITE
from engine.go.opponent import Opponent, Refusal

ANSWERS = """
import sys
for line in sys.stdin:
    words = line.split()
    if not words:
        continue
{body}
    sys.stdout.flush()
"""


def program(tmp_path, body):
    """A GTP engine of a few lines; `words` is the command."""
    path = tmp_path / "engine.py"
    path.write_text(ANSWERS.format(body="\n".join("    " + x for x in body.splitlines())), "utf-8")
    return [sys.executable, "-u", str(path)]


def test_gnu_go_plays(gnugo):
    with Opponent(gnugo) as engine:
        engine.begin(9, 7.0)
        engine.play(BLACK, 40, 9)
        move = engine.genmove(WHITE, 9)
        assert move is not None
        assert 0 <= move < 81
        assert move != 40
        assert engine.points("list_stones black", 9) == [40]
        assert engine.knows("final_score")
        assert not engine.knows("sing")


def test_gnu_go_counts(gnugo):
    with Opponent(gnugo) as engine:
        engine.begin(5, 2.5)
        for point in (2, 7, 12, 17, 22):
            engine.play(BLACK, point, 5)
        engine.play(WHITE, 25, 5)
        assert engine.final_score() == 22.5


def test_a_refusal_leaves_the_engine_alive(gnugo):
    with Opponent(gnugo) as engine:
        engine.begin(9, 7.0)
        engine.play(BLACK, 0, 9)
        with pytest.raises(Refusal, match=r"refuses 'play w A9'.*illegal move"):
            engine.play(WHITE, 0, 9)
        assert engine.ask("name") == "GNU Go"


def test_an_answer_may_have_an_id_and_lines(tmp_path):
    with Opponent(program(tmp_path, "print('noise'); print('=12 one\\ntwo\\n')")) as engine:
        assert engine.ask("x") == "one\ntwo"


@pytest.mark.parametrize(("answer", "score"), [
    ("B+3.5", 3.5), ("W+12", -12.0), ("0", 0.0), ("draw", 0.0), ("b+0.5 (with komi)", 0.5),
])
def test_a_score_is_read(tmp_path, answer, score):
    with Opponent(program(tmp_path, f"print('= {answer}\\n')")) as engine:
        assert engine.final_score() == score


@pytest.mark.parametrize("answer", ["", "B+", "B+?", "who knows"])
def test_what_is_no_score_is_said(tmp_path, answer):
    with (Opponent(program(tmp_path, f"print('= {answer}\\n')")) as engine,
          pytest.raises(ModelUnavailable, match=r"B\+2.5, W\+2.5 or 0 is expected")):
        engine.final_score()


def test_it_may_resign(tmp_path):
    with Opponent(program(tmp_path, "print('= resign\\n')")) as engine:
        assert engine.genmove(BLACK, 9) is None


def test_a_move_off_the_board_ends_it(tmp_path):
    with Opponent(program(tmp_path, "print('= Z99\\n')")) as engine:
        with pytest.raises(ModelUnavailable, match="'Z99', which is no move"):
            engine.genmove(BLACK, 9)
        assert engine._process.poll() is not None


def test_one_that_hangs_is_ended(tmp_path):
    engine = Opponent(program(tmp_path, "import time; time.sleep(600)"), timeout_s=0.3)
    begun = time.monotonic()
    with pytest.raises(ModelUnavailable, match=r"no answer to 'genmove b' within 0.3 s"):
        engine.ask("genmove b")
    assert engine._process.poll() is not None
    assert time.monotonic() - begun < 10


def test_one_that_dies_leaves_its_last_words(tmp_path):
    engine = Opponent(program(tmp_path, "sys.exit('out of coffee')"))
    with pytest.raises(ModelUnavailable, match=r"status 1.*'genmove b'.*out of coffee"):
        engine.ask("genmove b")
    with pytest.raises(ModelUnavailable, match="ended"):
        engine.ask("genmove b")
    engine.close()


def test_one_that_never_stops_talking_is_ended(tmp_path):
    engine = Opponent(program(tmp_path, "while True: print('= ' + 'x' * 9999)"), timeout_s=20)
    with pytest.raises(ModelUnavailable, match="more than 1,048,576 characters"):
        engine.ask("genmove b")
    assert engine._process.poll() is not None


def test_a_command_is_one_line(tmp_path):
    with (Opponent(program(tmp_path, "print('=\\n')")) as engine,
          pytest.raises(InvalidInput, match="one line")):
        engine.ask("play b A1\nquit")


@pytest.mark.parametrize("command", ["", "  ", "gnugo 'open quote"])
def test_a_command_line_that_is_none_is_refused(command):
    with pytest.raises(InvalidInput, match="command line"):
        Opponent(command)


def test_a_missing_program_is_named():
    with pytest.raises(ModelUnavailable, match="'no-such-engine' cannot be started"):
        Opponent("no-such-engine --gtp")
