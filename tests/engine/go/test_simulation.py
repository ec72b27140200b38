"""The game on the runner: seeded, stoppable, and kept whatever is asked of it."""

import json
import time

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go.commands import COMMANDS, MAX_SGF_BYTES
from engine.go.review import Report
from engine.go.scenarios import SCENARIOS
from engine.go.settings import GoParams
from engine.go.simulation import GoSimulation
from engine.go.vertices import point_of, vertex_of
from engine.go.warm import warm
from engine.live.registry import Registry
from engine.live.simulation import SnapshotSource
from engine.params import knobs
from tests.waiting import until

FAST = {"visits": 60, "black_visits": 12, "white_visits": 12, "hold_s": 0.0, "teach_visits": 50,
        "review_visits": 50, "max_nodes": 4000}


def table(seed=1, **params):
    """A game that needs no network; ended games teach it all it knows."""
    sim = GoSimulation(GoParams(**{**FAST, **params}), seed)
    sim.command("set_players", dict.fromkeys(("black", "white", "analysis"), "none"))
    return sim


def settle(sim, limit=4000):
    """Step until nothing is left to do."""
    for _ in range(limit):
        before = sim.step_count, sim.revision
        sim.step()
        if before == (sim.step_count, sim.revision):
            return
    raise AssertionError("it never came to rest")


def facts(sim):
    return sim.snapshot().facts


def moves(sim):
    return [vertex_of(n.move, sim.game.size) for n in sim.game.line()[1:]]


def test_it_shows_snapshots_that_json_can_carry():
    sim = table()
    assert isinstance(sim, SnapshotSource)
    assert len(sim.frame().state) == 0
    assert json.dumps(facts(sim), allow_nan=False)
    settle(sim)
    shown = facts(sim)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert shown["search"]["visits"] >= 60
    assert sum(c["visits"] for c in shown["candidates"]) + shown["rest"]["visits"] == (
        shown["search"]["visits"] - 1)


def test_a_first_look_comes_with_the_first_step():
    sim = table()
    sim.step()
    assert len(facts(sim)["candidates"]) > 1
    assert facts(sim)["search"]["visits"] < 60


def test_nothing_to_do_is_no_step_and_the_same_picture():
    sim = table()
    settle(sim)
    steps, shown = sim.step_count, sim.snapshot()
    sim.step()
    assert sim.step_count == steps
    assert sim.snapshot() is shown


def test_an_engine_answers_a_person_and_waits_for_the_next():
    sim = table()
    sim.command("play", {"vertex": "E5"})
    assert facts(sim)["phase"]["kind"] == "thinking"
    settle(sim)
    assert (len(moves(sim)), moves(sim)[0]) == (2, "E5")
    assert facts(sim)["phase"] == {"kind": "yours", "text": "Your move (Black)"}


def test_a_person_does_not_move_for_an_engine():
    sim = table(black="engine", white="you")
    with pytest.raises(InvalidInput, match="played by an engine"):
        sim.command("play", {"vertex": "E5"})
    assert sim.game.node is sim.game.root


def test_two_engines_play_a_game_to_its_end_and_put_it_on_record():
    sim = table(black="engine", white="engine", size="9", resign_below=0.0, black_visits=2,
                white_visits=2)
    sim.begin(5, 0.5)
    settle(sim)
    assert sim.game.ended
    assert facts(sim)["phase"]["text"].startswith(("Black wins", "White wins", "A draw"))
    assert facts(sim)["result"] == sim.result
    series = {p.name: p for p in sim.drain_points()}
    assert series["game.move_number"].value.tolist() == list(range(1, sim.moves_made + 1))
    assert (np.diff(series["game.move_number"].step) >= 0).all()
    assert {"search.visits_count", "search.simulations_per_s", "search.depth_max_moves",
            "game.black_wins_percent", "game.black_lead_points"} <= set(series)
    assert sim.drain_points() == []
    assert [e.kind for e in sim.drain_events()] == ["end"]
    assert sim.drain_events() == []


def run_of(seed, schedule):
    """A game under commands given at fixed steps."""
    sim = table(seed, noise=0.25, temperature=1.0, opening=2)
    for step, (name, arguments) in schedule:
        for _ in range(5000):
            if sim.step_count >= step:
                break
            sim.step()
        sim.command(name, arguments)
    settle(sim)
    shown = dict(facts(sim))
    for clock in ("per_s", "seconds"):
        shown["search"].pop(clock)
    shown.pop("position")
    return sim, shown


SCHEDULE = [(1, ("play", {"vertex": "E5"})), (4, ("play", {"vertex": "G4"})),
            (7, ("what_if", {"on": True})), (7, ("explore", {"moves": [0, 1]})),
            (8, ("what_if", {"on": False})), (9, ("play", {"vertex": "B2"}))]


def test_the_same_seed_and_commands_give_the_same_game():
    first, seen = run_of(5, SCHEDULE)
    second, again = run_of(5, SCHEDULE)
    assert moves(first) == moves(second)
    assert first.step_count == second.step_count
    assert seen == again
    other, _ = run_of(6, SCHEDULE)
    assert moves(other) != moves(first)


@pytest.mark.parametrize(("name", "arguments", "says"), [
    ("play", {"vertex": "E5"}, "has a black stone"),
    ("play", {"vertex": "Z9"}, "no point of a 9×9 board"),
    ("play", {"point": 82}, "must be 0 to 81"),
    ("play", {"point": True}, "must be 0 to 81"),
    ("play", {"point": 3, "colour": 1}, "no argument colour"),
    ("goto", {"node": 999}, "not in this game"),
    ("goto", {}, "whole number"),
    ("delete", {"node": 0}, "beginning of a game"),
    ("explore", {"moves": []}, "1 to 60 points"),
    ("explore", {"moves": [0, 0]}, "has a"),
    ("new_game", {"size": 40}, "board size is 40"),
    ("new_game", {"komi": "much"}, "must be a number"),
    ("new_game", {"komi": float("nan")}, "komi is nan"),
    ("new_game", {"handicap": 7, "size": 7}, "handicap of 7"),
    ("new_game", {"opening": 10**9}, "choose 0 to 40"),
    ("new_game", {"opening": -1}, "choose 0 to 40"),
    ("what_if", {"on": "no"}, "true or false"),
    ("set_players", {"black": "/etc/passwd"}, "no network"),
    ("set_players", {"black": "../x.safetensors"}, "no network"),
    ("set_players", {}, "name a network"),
    ("load_sgf", {"text": "no game"}, "SGF"),
    ("load_sgf", {"text": 7}, "hold the SGF"),
    ("load_sgf", {"text": "x" * (MAX_SGF_BYTES + 1)}, "bytes"),
    ("play_on", {}, "no warning"),
    ("stop_review", {}, "no review"),
    ("dance", {}, "no command 'dance'"),
])
def test_what_cannot_be_done_is_a_sentence_and_the_game_is_kept(name, arguments, says):
    sim = table(black="you", white="you")
    sim.command("play", {"vertex": "E5"})
    sim.command("play", {"vertex": "C3"})
    before = (facts(sim)["stones"], moves(sim), sim.what_if, sim.game)
    with pytest.raises(InvalidInput, match=says):
        sim.command(name, arguments)
    assert (facts(sim)["stones"], moves(sim), sim.what_if, sim.game) == before


def test_undo_takes_the_engines_answer_back_too():
    sim = table()
    sim.command("play", {"vertex": "E5"})
    settle(sim)
    sim.command("undo", {})
    assert sim.game.node is sim.game.root
    settle(sim)
    assert sim.game.node is sim.game.root
    with pytest.raises(InvalidInput, match="no move to take back"):
        sim.command("undo", {})


def test_looking_back_does_not_make_an_engine_move():
    sim = table()
    sim.command("play", {"vertex": "E5"})
    settle(sim)
    sim.command("goto", {"node": 1})
    settle(sim)
    assert facts(sim)["phase"]["kind"] == "looking"
    assert sim.game.node.index == 1
    sim.command("goto", {"node": 2})
    assert facts(sim)["phase"]["kind"] == "yours"


def test_what_if_tries_moves_for_both_and_returns_to_the_game():
    sim = table()
    sim.command("play", {"vertex": "E5"})
    settle(sim)
    live = sim.game.node
    sim.command("explore", {"moves": [point_of("C3", 9), point_of("G7", 9)]})
    settle(sim)
    assert facts(sim)["mode"] == "what_if"
    assert sim.game.node.number == 4
    sim.command("what_if", {"on": False})
    assert sim.game.node is live


def test_a_resignation_ends_the_game_and_can_be_taken_back():
    sim = table()
    sim.command("resign", {})
    assert facts(sim)["phase"]["text"] == "White wins by resignation"
    with pytest.raises(InvalidInput, match="over"):
        sim.command("play", {"vertex": "E5"})
    settle(sim)
    sim.command("undo", {})
    assert not facts(sim)["over"]
    sim.command("play", {"vertex": "E5"})


def test_two_passes_count_the_board():
    sim = table(black="you", white="you", komi=6.5)
    sim.command("play", {"vertex": "E5"})
    sim.command("pass", {})
    sim.command("pass", {})
    settle(sim)
    assert facts(sim)["result"] == "B+74.5"
    assert facts(sim)["ownership"] == [100] * 81
    assert facts(sim)["legal"] == "0" * 82


def test_a_review_judges_every_move_and_comes_home():
    sim = table(black="you", white="you")
    for vertex in ("E5", "C3", "G7"):
        sim.command("play", {"vertex": vertex})
    home = sim.game.node
    sim.command("review", {})
    assert facts(sim)["review"] == {"done": 0, "of": 3}
    settle(sim)
    assert facts(sim)["review"] is None
    assert sim.game.node is home
    assert facts(sim)["line"]["known"] == 3
    assert None not in facts(sim)["line"]["win"]


def lesson(points):
    """A lesson in which Black's first move loses so many points."""
    sim = table(teach=True, teach_points=2.0)
    sim.game.root.report = Report(500, 0.6, 6.0, point_of("E5", 9))
    sim.command("play", {"vertex": "A1"})
    sim.game.node.report = Report(500, 0.5, 6.0 - points)
    assert facts(sim)["phase"]["kind"] == "judging"
    settle(sim)
    return sim


def test_a_lesson_stops_a_losing_move_until_it_is_taken_back():
    sim = lesson(2.5)
    assert "A1 loses about 2.5 points; E5 was better" in facts(sim)["teach"]["warning"]["text"]
    assert sim.game.node.number == 1
    with pytest.raises(InvalidInput, match="lesson waits"):
        sim.command("play", {"vertex": "C3"})
    sim.command("undo", {})
    assert facts(sim)["teach"]["warning"] is None
    assert sim.game.node is sim.game.root


def test_a_lesson_can_be_overruled():
    sim = lesson(2.5)
    sim.command("play_on", {})
    settle(sim)
    assert sim.game.node.number == 2


def test_looking_elsewhere_answers_a_lesson_too():
    sim = lesson(2.5)
    sim.command("goto", {"node": 0})
    assert facts(sim)["teach"]["warning"] is None
    sim.command("goto", {"node": 1})
    settle(sim)
    assert sim.game.node.number == 2


def test_a_lesson_lets_good_moves_pass():
    sim = lesson(1.5)
    assert sim.game.node.number == 2


def test_new_knobs_are_taken_between_steps_and_fixed_ones_refused():
    sim = table()
    settle(sim)
    sim.apply(sim.params.with_changes(visits=100, c_puct=2.0))
    settle(sim)
    assert facts(sim)["search"]["visits"] >= 100
    with pytest.raises(InvalidInput, match="komi"):
        sim.apply(sim.params.with_changes(komi=0.5))


def test_a_gumbel_root_and_back():
    sim = table()
    settle(sim)
    sim.apply(sim.params.with_changes(gumbel=8))
    settle(sim)
    assert facts(sim)["search"]["visits"] >= 60
    sim.apply(sim.params.with_changes(gumbel=0))
    settle(sim)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_begins(name):
    sim = GoSimulation(SCENARIOS[name].params, 3)
    assert sim.game.node.number == SCENARIOS[name].params.opening
    assert sim.summary()["kpis"]
    assert sim.status()["doing"]


def test_every_knob_is_explained():
    assert all(k.label and k.help and k.group for k in knobs(GoParams))
    assert all(c.help for c in COMMANDS.values())


def test_a_board_has_no_agents():
    with pytest.raises(InvalidInput, match="points"):
        table().inspect(0)


def test_a_run_stops_at_once_while_it_thinks():
    runs = Registry()
    run = runs.open("go", lambda p, s: table(s, visits=20_000, max_nodes=30_000), GoParams(), 1,
                    rate=200.0)
    assert run.wait_started(20)
    until(lambda: run.step_count > 2)
    began = time.monotonic()
    runs.stop(run.token)
    assert time.monotonic() - began < 2.0
    assert run.state == "ended"


def test_the_growth_of_the_tree_is_kept_in_one_array():
    sim = table(visits=400)
    settle(sim)
    words = sim.layers()["growth"].tolist()
    assert words[0] == facts(sim)["position"]
    at, totals = 1, []
    while at < len(words):
        n = words[at]
        parent, move, visits = (words[at + 1 + i * n:at + 1 + (i + 1) * n] for i in range(3))
        assert (parent[0], move[0]) == (-1, -1)
        assert all(p < i for i, p in enumerate(parent))
        assert all(visits[p] >= visits[i] for i, p in enumerate(parent) if i)
        totals.append(visits[0])
        at += 1 + 4 * n
    assert at == len(words)
    assert len(totals) > 3
    assert totals == sorted(totals)


def test_warming_up_leaves_nothing_behind():
    warm()
    assert table().step_count == 0


def test_a_network_file_that_cannot_be_used_is_told_and_done_without(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    nets = tmp_path / "go" / "nets"
    nets.mkdir(parents=True)
    (nets / "evil.safetensors").write_bytes(b"\x80\x04 a pickle")
    (nets / "evil.json").write_text(json.dumps({"elo": 9999}))
    sim = GoSimulation(GoParams(**FAST), 1)
    assert sim.networks["analysis"] == "evil"
    sim.command("play", {"vertex": "E5"})
    settle(sim)
    assert sim.game.node.number == 2
    assert "evil.safetensors is a pickle" in facts(sim)["problem"]
    with pytest.raises(InvalidInput, match="pickle"):
        sim.command("set_players", {"white": "evil"})
    assert sim.networks["white"] == "none"
    sim.command("set_players", {"analysis": "none"})
    assert facts(sim)["problem"] == ""
