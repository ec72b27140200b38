import json
import urllib.error
import urllib.request

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from engine.live.codec import KEY, LAYER, LOOK_BACK, Decoder
from engine.live.registry import Registry
from engine.live.routes import UNKNOWN_RUN, live_routes
from tests.engine.live.walkers import WalkerParams, Walkers
from tests.serving import serve
from tests.waiting import until


@pytest.fixture(scope="module")
def server():
    runs = Registry()
    with serve(live_routes(runs)) as port:
        yield runs, port
    runs.close()


@pytest.fixture
def run(server):
    runs, _ = server
    run = runs.open("walkers", Walkers, WalkerParams(), 3, rate=100.0)
    assert run.wait_started(5)
    yield run
    runs.stop(run.token)


def join(server, token, **options):
    return connect(f"ws://127.0.0.1:{server[1]}/live/ws?run={token}", **options)


def hear(socket, true, limit=2000):
    """Messages until one satisfies `true`."""
    heard = []
    for _ in range(limit):
        message = socket.recv(timeout=10)
        heard.append(json.loads(message) if isinstance(message, str) else message)
        if true(heard[-1]):
            return heard
    raise AssertionError("never heard it")


def says(kind):
    return lambda m: isinstance(m, dict) and m["t"] == kind


def test_a_viewer_gets_scene_layers_key_and_then_the_walk(server, run):
    with join(server, run.token) as socket:
        heard = hear(socket, says("status"))
        kinds = [m["t"] if isinstance(m, dict) else m[0] for m in heard]
        assert kinds.index("scene") < kinds.index(LAYER) < kinds.index(KEY)
        decoder, frames = Decoder(), {}

        def see(message):
            if isinstance(message, bytes) and message[0] != LAYER:
                frames.update(decoder.frames(message))

        for message in heard:
            see(message)
        while len(frames) < 30:
            see(socket.recv(timeout=10))
    run.set_running(False).result(5)
    twin = Walkers(WalkerParams(), 3)
    while twin.step_count < max(frames):
        twin.step()
        if twin.step_count in frames:
            np.testing.assert_array_equal(frames[twin.step_count].xy, twin.frame().xy)


def test_wishes_are_obeyed(server, run):
    with join(server, run.token) as socket:
        socket.send(json.dumps({"do": "select", "agent": 4}))
        hear(socket, lambda m: says("inspect")(m) and m["agent"] == 4)
        socket.send(json.dumps({"do": "stats", "fps": 60, "buffer": 0.5, "stalls": 0}))
        until(lambda: any(s.get("fps") == 60 for s in run.viewer_stats))
        until(lambda: run.step_count > 100)
        socket.send(json.dumps({"do": "seek", "step": 20}))
        hear(socket, lambda m: isinstance(m, bytes) and m[0] == KEY | LOOK_BACK)
        socket.send(json.dumps({"do": "live"}))
        hear(socket, lambda m: isinstance(m, bytes) and m[0] == KEY)


@pytest.mark.parametrize("wish", ["{", "[]", '{"do": "seek"}', '{"do": 7}', '"x"', "1",
                                  '{"do":"seek","step":"far"}', '{"do":"select","agent":[]}',
                                  "x" * 1_000_000])
def test_a_malformed_wish_is_ignored(server, run, wish):
    with join(server, run.token) as socket:
        hear(socket, says("status"))
        socket.send(wish)
        socket.send(json.dumps({"do": "select", "agent": 1}))
        hear(socket, lambda m: says("inspect")(m) and m["agent"] == 1)


def test_an_unknown_token_is_told_so(server):
    with join(server, "nobody") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd.code == UNKNOWN_RUN


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}])
def test_another_site_is_kept_out(server, run, headers):
    with pytest.raises(InvalidStatus) as refused:
        join(server, run.token, additional_headers=headers).close()
    assert refused.value.response.status_code == 403


def test_the_end_of_a_run_closes_its_windows(server):
    runs, _ = server
    run = runs.open("walkers", Walkers, WalkerParams(), 3)
    with join(server, run.token) as socket:
        hear(socket, says("status"))
        runs.stop(run.token)
        with pytest.raises(ConnectionClosed) as closed:
            hear(socket, lambda m: False)
    assert closed.value.rcvd.code == UNKNOWN_RUN


def test_leaving_is_noticed(server, run):
    with join(server, run.token) as socket:
        hear(socket, says("status"))
        assert run.viewers == 1
    until(lambda: run.viewers == 0)


def test_the_list_of_runs_says_what_is_alive_but_no_token(server, run):
    url = f"http://127.0.0.1:{server[1]}/live/runs"
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    assert run.token not in text
    assert [r["domain"] for r in json.loads(text)] == ["walkers"]
    foreign = urllib.request.Request(url, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(foreign, timeout=10)
    assert refused.value.code == 403
    refused.value.close()
