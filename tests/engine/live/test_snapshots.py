"""Worlds whose picture is whole snapshots: what a viewer is sent, keeps and looks back at."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import connect

from engine.live.broadcast import SNAPSHOTS_PER_S
from engine.live.codec import LOOK_BACK, SNAPSHOT, decode_snapshot, encode_snapshot
from engine.live.history import SnapshotHistory
from engine.live.registry import Registry
from engine.live.routes import live_routes
from engine.live.simulation import Frame, Snapshot
from engine.live.viewer import Viewer
from tests.engine.live.walkers import WalkerParams, Walkers
from tests.serving import serve
from tests.waiting import until


class Painter(Walkers):
    """Walkers shown as a list of places and a blob of their states."""

    def frame(self):
        return Frame(np.zeros((0, 2), np.int16), np.zeros(0, np.uint8))

    def snapshot(self):
        return Snapshot({"xy": self._xy.tolist(), "calm": self.params.calm},
                        (self._state.tobytes(), b""))


@pytest.fixture(scope="module")
def server():
    runs = Registry()
    with serve(live_routes(runs)) as port:
        yield runs, port
    runs.close()


@pytest.fixture
def run(server):
    run = server[0].open("walkers", Painter, WalkerParams(), 3, rate=200.0)
    assert run.wait_started(5)
    yield run
    server[0].stop(run.token)


def join(server, run):
    return connect(f"ws://127.0.0.1:{server[1]}/live/ws?run={run.token}")


def hear(socket, true, limit=2000):
    for _ in range(limit):
        message = socket.recv(timeout=10)
        message = json.loads(message) if isinstance(message, str) else message
        if true(message):
            return message
    raise AssertionError("never heard it")


def snapshot(message):
    return isinstance(message, bytes) and message[0] == SNAPSHOT


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.lists(st.binary()),
       st.integers(0, 2**32 - 1), st.integers(0, 2**17))
def test_what_is_decoded_is_what_was_encoded(facts, blobs, step, epoch):
    message = encode_snapshot(Snapshot(facts, tuple(blobs)), step, epoch)
    assert decode_snapshot(message) == (step, Snapshot(facts, tuple(blobs)))


def test_a_viewer_is_shown_the_world_as_it_was_at_each_step(server, run):
    with join(server, run) as socket:
        seen = dict(decode_snapshot(hear(socket, snapshot)) for _ in range(5))
    run.set_running(False).result(5)
    twin = Painter(WalkerParams(), 3)
    while twin.step_count < max(seen):
        twin.step()
        if twin.step_count in seen:
            assert seen[twin.step_count] == twin.snapshot()


def test_snapshots_come_no_faster_than_eyes_want_them(server, run):
    with join(server, run) as socket:
        hear(socket, snapshot)
        begun, count = time.perf_counter(), 10
        for _ in range(count):
            hear(socket, snapshot)
        assert time.perf_counter() - begun > (count - 2) / SNAPSHOTS_PER_S


def test_a_change_while_paused_is_shown_without_a_step(server, run):
    run.set_running(False).result(5)
    held = run.step_count
    with join(server, run) as socket:
        hear(socket, snapshot)
        run.set_params(WalkerParams(calm=0.9))
        message = hear(socket, lambda m: snapshot(m) and decode_snapshot(m)[1].facts["calm"] == 0.9)
    assert decode_snapshot(message)[0] == held


def test_looking_back_shows_what_was_shown(server, run):
    with join(server, run) as socket:
        hear(socket, snapshot)
        until(lambda: run.step_count > 60)
        socket.send(json.dumps({"do": "seek", "step": 30}))
        step, shown = decode_snapshot(hear(
            socket, lambda m: isinstance(m, bytes) and m[0] == SNAPSHOT | LOOK_BACK))
        assert step <= 30
        twin = Painter(WalkerParams(), 3)
        while twin.step_count < step:
            twin.step()
        assert shown == twin.snapshot()
        socket.send(json.dumps({"do": "live"}))
        assert decode_snapshot(hear(socket, snapshot))[0] > 30


def test_a_command_from_the_browser_is_carried_out_and_answered(server, run):
    with join(server, run) as socket:
        socket.send(json.dumps({"do": "command", "name": "close", "id": 7}))
        said = hear(socket, lambda m: isinstance(m, dict) and m["t"] == "said")
        assert said == {"t": "said", "name": "close", "id": 7, "text": "closed"}
        socket.send(json.dumps({"do": "command", "name": "fly", "arguments": {}}))
        refused = hear(socket, lambda m: isinstance(m, dict) and m["t"] == "said")
        assert "no command 'fly'" in refused["error"]
    assert run.state == "running"


def test_a_slow_viewer_gets_the_newest_only():
    async def watch():
        viewer = Viewer(asyncio.get_running_loop())
        viewer.offer_latest(b"one")
        viewer.offer(["words"])
        viewer.offer_latest(b"two")
        first = await viewer.take()
        viewer.offer_latest(b"three")
        return first, await viewer.take()

    with ThreadPoolExecutor(1) as apart:  # a browser's loop may run in this thread
        heard = apart.submit(asyncio.run, watch()).result(10)
    assert heard == (["words", b"two"], [b"three"])


def test_the_kept_window_is_bounded_and_searchable():
    history = SnapshotHistory(max_bytes=100)
    assert history.window == (0, 0)
    assert history.at(5) is None
    assert history.last is None
    for step in range(0, 20, 2):
        history.append(step, bytes([step]) * 10)
    assert history.window == (0, 18)
    assert history.at(7) == bytes([6]) * 10
    assert history.after(10, 2) == [bytes([12]) * 10, bytes([14]) * 10]
    history.append(18, b"again")
    assert history.last == b"again"
    assert history.at(17) == bytes([16]) * 10
    history.clear()
    assert history.window == (0, 0)


def test_the_past_is_thinned_and_not_cut_off():
    history = SnapshotHistory(max_bytes=4000)
    for step in range(10_000):
        history.append(step, step.to_bytes(4, "little") * 10)
    assert history.window == (0, 9999)
    kept = [int.from_bytes(m[:4], "little") for m in history.after(-1, 10_000)]
    assert len(kept) == 100
    gaps = np.diff(kept)
    ages = 9999 - np.array(kept[:-1])
    assert (gaps <= np.maximum(1, ages / 5)).all()
    assert gaps[-10:].max() == 1


class Still(Painter):
    """A world that hands out one picture for as long as nothing changes."""

    picture = Snapshot({"still": True})

    def snapshot(self):
        return self.picture


def test_the_same_picture_is_not_sent_again(server):
    run = server[0].open("walkers", Still, WalkerParams(), 3, rate=200.0)
    try:
        assert run.wait_started(5)
        with join(server, run) as socket:
            hear(socket, snapshot)
            begun = run.step_count
            until(lambda: run.step_count > begun + 100)
            socket.send(json.dumps({"do": "command", "name": "close", "id": 1}))
            said = shown = 0
            while not said or not shown:  # the command is answered, and its epoch shown once more
                message = socket.recv(timeout=10)
                if isinstance(message, bytes):
                    shown += message[0] == SNAPSHOT
                else:
                    said += json.loads(message)["t"] == "said"
        assert shown == 1
    finally:
        server[0].stop(run.token)
