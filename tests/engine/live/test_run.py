import asyncio
import threading
import time

import numpy as np
import pytest

from engine.errors import Infeasible, InvalidInput, StoreError
from engine.live.codec import DELTA, KEY, LAYER, MOVES, Decoder
from engine.live.registry import Registry
from engine.live.run import Run
from engine.live.viewer import Viewer
from tests.engine.live.walkers import WalkerParams, Walkers
from tests.waiting import until


class Notebook:
    """A recorder that remembers."""

    def __init__(self, fail=False):
        self.runs, self.points, self.events, self.fail = [], {}, [], fail

    def begin_run(self, domain, params, seed, label="", step_s=None):
        if self.fail:
            raise StoreError("the disk is full")
        self.runs.append({"domain": domain, "params": params, "seed": seed, "step_s": step_s,
                          "outcome": "running"})
        return len(self.runs)

    def end_run(self, run, outcome, note=""):
        self.runs[run - 1]["outcome"] = outcome

    def append(self, run, name, step, value):
        steps, values = self.points.setdefault((run, name), ([], []))
        steps.extend(step)
        values.extend(value)

    def event(self, run, step, kind, text, data):
        self.events.append((run, step, kind, text))


@pytest.fixture
def start():
    runs = []

    def make(params=None, seed=1, **options):
        run = Run(f"token{len(runs)}", "walkers", Walkers, params or WalkerParams(), seed,
                  **options).start()
        runs.append(run)
        assert run.wait_started(5)
        return run

    yield make
    for run in runs:
        run.stop()


class Screen:
    """A viewer with a loop of its own that decodes what it is sent."""

    def __init__(self, run):
        self.run, self.texts, self.frames, self.layers = run, [], {}, []
        self.decoder, self.kinds = Decoder(), []
        self.loop = asyncio.new_event_loop()
        self.viewer = Viewer(self.loop)
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self._take(),))
        self.thread.start()
        run.join(self.viewer)

    async def _take(self):
        while (messages := await self.viewer.take()) is not None:
            for m in messages:
                if isinstance(m, str):
                    self.texts.append(m)
                    continue
                self.kinds.append(m[0])
                if m[0] & 15 == LAYER:
                    self.layers.append(m)
                else:
                    self.frames.update(self.decoder.frames(m))

    def close(self):
        self.run.leave(self.viewer)
        self.viewer.close()
        self.thread.join(5)
        self.loop.close()


@pytest.fixture
def watch():
    screens = []

    def make(run):
        screens.append(Screen(run))
        return screens[-1]

    yield make
    for screen in screens:
        screen.close()


def test_a_run_steps_at_its_rate_and_pauses(start):
    run = start(rate=200.0)
    until(lambda: run.step_count > 20)
    run.set_running(False)
    until(lambda: run.state == "paused")
    held = run.step_count
    run.single_step()
    until(lambda: run.step_count == held + 1)
    assert run.state == "paused"
    run.set_running(True)
    until(lambda: run.step_count > held + 5)


def test_what_a_viewer_sees_is_the_world(start, watch):
    run = start(rate=0.0)
    screen = watch(run)
    until(lambda: len(screen.frames) > 60)
    run.set_running(False)
    until(lambda: run.state == "paused")
    twin = Walkers(WalkerParams(), 1)
    truth = {0: twin.frame().xy.copy()}
    for _ in range(run.step_count):
        twin.step()
        truth[twin.step_count] = twin.frame().xy.copy()
    for step, frame in list(screen.frames.items()):
        np.testing.assert_array_equal(frame.xy, truth[step])
    assert any('"t":"scene"' in t for t in screen.texts)
    assert LAYER in screen.kinds
    assert KEY in screen.kinds


def test_fast_runs_send_a_part_of_the_frames_and_stay_right(start, watch):
    run = start(rate=1000.0)
    screen = watch(run)
    until(lambda: run.step_count > 1500)
    run.set_running(False)
    until(lambda: run.state == "paused")
    assert DELTA in screen.kinds
    assert len(screen.frames) < run.step_count / 4
    twin = Walkers(WalkerParams(), 1)
    for _ in range(run.step_count):
        twin.step()
        if twin.step_count in screen.frames:
            np.testing.assert_array_equal(screen.frames[twin.step_count].xy, twin.frame().xy)


def test_a_fast_run_shows_where_it_stopped(start, watch):
    run = start(rate=1000.0)
    screen = watch(run)
    until(lambda: run.step_count > 700)
    run.set_running(False).result(5)
    until(lambda: max(screen.frames) == run.step_count)


def test_a_change_bumps_the_epoch_and_is_answered_at_once(start, watch):
    run = start(rate=5.0)
    screen = watch(run)
    until(lambda: screen.decoder.epoch == run.epoch)
    before = run.epoch
    asked = time.perf_counter()
    assert run.set_params(WalkerParams(calm=1.0)) == ()
    until(lambda: screen.decoder.epoch == before + 1)
    assert time.perf_counter() - asked < 2.0
    assert run.params.calm == 1.0
    assert [e.kind for e in run.events] == ["setting"]
    assert "Calm 0.5 → 1" in run.events[0].text


def test_a_change_while_paused_is_shown_too(start, watch):
    run = start(rate=50.0)
    screen = watch(run)
    run.set_running(False)
    until(lambda: run.state == "paused")
    before = run.epoch
    run.set_params(WalkerParams(calm=0.0))
    until(lambda: screen.decoder.epoch == before + 1)


def test_a_knob_that_needs_a_reset_waits_for_it(start):
    run = start()
    assert run.set_params(WalkerParams(walkers=33, calm=0.9)) == ("Walkers",)
    until(lambda: run.params.calm == 0.9)
    assert run.params.walkers == 20
    assert run.pending is not None
    run.reset()
    until(lambda: run.params.walkers == 33)
    assert run.pending is None


def test_the_same_seed_and_schedule_give_the_same_run(start):
    def play():
        book = Notebook()
        run = start(rate=300.0, recorder=book, seed=4)
        run.set_running(False)
        until(lambda: run.state == "paused")
        run.reset(running=False)
        until(lambda: run.step_count == 0)
        for _ in range(10):
            held = run.step_count
            run.single_step()
            until(lambda held=held: run.step_count == held + 1)
        run.set_params(WalkerParams(calm=0.1))
        for _ in range(10):
            held = run.step_count
            run.single_step()
            until(lambda held=held: run.step_count == held + 1)
        number = run.record.number
        run.stop()
        return book.points[(number, "walk.moved")]

    assert play() == play()


def test_a_crash_is_shown_and_a_reset_recovers(start, watch):
    run = start(WalkerParams(fail_at=3), rate=100.0)
    screen = watch(run)
    until(lambda: run.state == "crashed")
    assert "the floor gave way" in run.error
    until(lambda: any('"t":"error"' in t for t in screen.texts))
    with pytest.raises(InvalidInput, match="crashed"):
        run.command("close", {})
    run.reset(params=WalkerParams())
    until(lambda: run.state == "running")
    assert run.error == ""


def test_a_world_that_cannot_be_built_says_why(start):
    run = start(WalkerParams(walkers=500))
    assert run.state == "crashed"
    assert run.error == "500 walkers, but the floor takes 400"


def test_commands_answer_or_refuse(start):
    run = start(rate=50.0)
    assert run.command("close", {"aisle": 3}) == "closed"
    until(lambda: [e.kind for e in run.events] == ["closure"])
    with pytest.raises(InvalidInput, match="no command 'fly'"):
        run.command("fly", {})
    assert run.state == "running"


def test_the_record_is_complete_when_a_run_ends(start):
    book = Notebook()
    run = start(rate=200.0, recorder=book)
    until(lambda: run.step_count > 30)
    run.set_params(WalkerParams(calm=0.8))
    until(lambda: run.params.calm == 0.8)
    run.stop()
    assert (book.runs[0]["outcome"], book.runs[0]["step_s"]) == ("stopped", 1.0)
    steps, _ = book.points[(1, "walk.moved")]
    assert steps == list(range(1, run.step_count + 1))
    assert [e[2] for e in book.events] == ["setting"]


def test_a_reset_opens_a_new_record(start):
    book = Notebook()
    run = start(rate=100.0, recorder=book)
    until(lambda: run.step_count > 3)
    run.reset(seed=9)
    until(lambda: len(book.runs) == 2)
    assert [r["seed"] for r in book.runs] == [1, 9]
    assert book.runs[0]["outcome"] == "stopped"


def test_a_store_that_fails_does_not_stop_the_run(start):
    run = start(rate=200.0, recorder=Notebook(fail=True))
    until(lambda: run.step_count > 10)
    assert run.record.number is None
    assert run.state == "running"


def test_looking_back_answers_the_kept_window(start, watch):
    run = start(rate=0.0)
    screen = watch(run)
    until(lambda: run.step_count > 400)
    run.set_running(False)
    until(lambda: run.state == "paused")
    until(lambda: max(screen.frames, default=0) > 300)
    back = Decoder()
    seen = {}
    for message in run._cast.look_back(200, more=False):
        if message[0] & 15 in (KEY, MOVES, DELTA):
            assert message[0] & 16
            seen.update(back.frames(message))
    assert min(seen) <= 200 <= max(seen)
    for step, frame in seen.items():
        if step in screen.frames:
            np.testing.assert_array_equal(frame.xy, screen.frames[step].xy)


def test_a_selected_agent_is_told_about(start, watch):
    run = start(rate=50.0)
    screen = watch(run)
    run.select(screen.viewer, 7)
    until(lambda: any('"agent":7' in t for t in screen.texts))
    run.select(screen.viewer, 999)
    until(lambda: any("no walker 999" in t for t in screen.texts))
    assert run.state == "running"


def test_a_viewer_that_falls_behind_gets_a_key_again():
    loop = asyncio.new_event_loop()
    viewer = Viewer(loop)
    viewer.behind = False
    viewer.offer([b"chunk"] * 200)
    assert viewer.behind
    loop.close()


def test_a_lease_keeps_a_run_and_its_end_stops_it():
    runs = Registry(grace_s=60.0)
    run = runs.open("walkers", Walkers, WalkerParams(), 1)
    assert run.wait_started(5)
    assert runs.find(run.token) is run
    assert runs.find(run.token, "dispatch") is None
    assert runs.reap(time.monotonic() + 59) == []
    assert runs.reap(time.monotonic() + 61) == [run.token]
    assert run.state == "ended"
    assert runs.find(run.token) is None
    runs.close()


def test_a_watched_run_outlives_the_grace_period(watch):
    runs = Registry(grace_s=1.0)
    run = runs.open("walkers", Walkers, WalkerParams(), 1)
    screen = watch(run)
    until(lambda: run.viewers == 1)
    assert runs.reap(time.monotonic() + 1000) == []
    run.leave(screen.viewer)
    assert runs.reap(time.monotonic() + 1000) == [run.token]
    runs.close()


def test_no_more_runs_than_allowed():
    runs = Registry(max_runs=1)
    runs.open("walkers", Walkers, WalkerParams(), 1)
    with pytest.raises(Infeasible, match="1 are allowed at once"):
        runs.open("walkers", Walkers, WalkerParams(), 1)
    runs.close()
    assert not [t for t in threading.enumerate() if t.name == "run-walkers"]


def test_a_question_is_answered_between_steps(start):
    run = start(rate=100.0)
    assert run.ask(lambda sim: sim.params.walkers) == 20
    held = run.ask(lambda sim: (sim.step_count, sim.step_count))
    assert held[0] == held[1]


def test_a_reset_that_cannot_be_built_leaves_the_world_as_it_is(start):
    run = start(rate=200.0)
    run.set_params(WalkerParams(walkers=500))
    with pytest.raises(InvalidInput, match="500 walkers, but the floor takes 400"):
        run.reset().result(5)
    held = run.step_count
    until(lambda: run.step_count > held)
    assert run.params.walkers == 20
    assert run.pending is not None
    run.reset(params=WalkerParams(walkers=5)).result(5)
    assert (run.state, run.params.walkers, run.pending) == ("running", 5, None)
