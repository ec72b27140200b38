from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.dispatch.drivers import PICKUP, RIDING
from engine.dispatch.eventlog import EventLog
from engine.dispatch.incidents import COMMANDS
from engine.dispatch.metrics import WALL_CLOCK
from engine.dispatch.riders import DRAWN
from engine.dispatch.scenarios import Scheduled
from engine.dispatch.simulation import DispatchSimulation
from engine.errors import InvalidInput
from engine.params import Params
from tests.engine.dispatch.towns import SMALL, check_laws, town, world


@pytest.mark.parametrize("changes", [
    {"policy": "nearest"}, {"policy": "greedy score"}, {"policy": "optimal batch"},
    {"policy": "optimal batch", "pooling": True, "pool_consent_percent": 90.0},
    {"repositioning": "min-cost flow", "reposition_every_min": 2.0},
    {"drivers": 12, "patience_min": 2.0},
])
def test_the_laws_hold_at_every_step(changes: dict[str, Any]) -> None:
    w = world(**changes)
    for step in range(500):
        if step == 100:
            w.command("stadium", {"riders": 60, "seconds": 600})
            w.command("close_bridge", {"seconds": 600})
        if step == 250:
            w.command("rain", {"seconds": 600})
        w.step()
        check_laws(w)
    done = w.counts()
    assert done["completed"] > 15
    if w.params.drivers == 12:
        assert done["abandoned"] > 30


def test_zero_drivers_serve_nobody_and_everybody_gives_up() -> None:
    w = world(drivers=0, patience_min=1.0)
    for _ in range(600):
        w.step()
        check_laws(w)
    count = w.counts()
    assert count["completed"] == count["assigned"] == 0
    assert count["abandoned"] > 30
    assert w.frame().xy.shape == (DRAWN, 2)
    assert w.summary()["kpis"][2]["value"] == "0.0"
    assert w.inspect(int(np.flatnonzero(w.riders.state)[0]))["kind"] == "rider"


def test_zero_demand_is_a_quiet_city() -> None:
    w = world(trips_per_day=0)
    for _ in range(300):
        w.step()
    assert w.counts()["opened"] == 0
    assert w.dispatcher.cycles == 0
    assert (w.surge.shown == 1.0).all()
    assert all(k["value"] is None for k in w.summary()["kpis"] if k["label"].startswith("Wait"))


@pytest.mark.parametrize("weights", [
    (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (1.0, 1.0, 1.0, 1.0)])
def test_absurd_weights_still_serve(weights: tuple[float, ...]) -> None:
    names = ("weight_distance", "weight_eta", "weight_rating", "weight_direction")
    w = world(**dict(zip(names, weights, strict=True)))
    for _ in range(300):
        w.step()
    check_laws(w)
    assert w.counts()["completed"] > 5
    assert w.dispatcher.proven


@pytest.mark.parametrize("changes", [
    {}, {"pooling": True, "repositioning": "min-cost flow", "shadow": "nearest"}])
def test_same_seed_and_schedule_repeat_bit_for_bit(changes: dict[str, Any]) -> None:
    def run() -> tuple[list[bytes], dict[str, list[float]], list[Any], str]:
        log = io.StringIO()
        w = DispatchSimulation(SMALL.with_changes(**changes), 11, town(), events=EventLog(log))
        frames = []
        for step in range(400):
            if step == 100:
                w.command("rain", {"seconds": 300})
            if step == 150:
                w.apply(w.params.with_changes(trips_per_day=16_000, policy="greedy score"))
            if step == 250:
                w.command("surge_outage", {"seconds": 300})
            w.step()
            frame = w.frame()
            frames.append(frame.xy.tobytes() + frame.state.tobytes())
        points = {p.name: p.value.tolist() for p in w.drain_points() if p.name not in WALL_CLOCK}
        events = [(e.step, e.kind, e.text) for e in w.drain_events()]
        return frames, points, [events, [v.tobytes() for v in w.layers().values()]], log.getvalue()

    assert run() == run()


def test_another_seed_is_another_run() -> None:
    def last(seed: int) -> bytes:
        w = world(seed)
        for _ in range(60):
            w.step()
        return w.frame().xy.tobytes()

    assert last(1) != last(2)


def test_reading_the_world_does_not_change_it() -> None:
    quiet, watched = world(4), world(4)
    for step in range(300):
        quiet.step()
        watched.step()
        for read in (watched.layers, watched.status, watched.scene, watched.frame,
                     watched.summary, watched.chart_data, watched.flows, watched.counts):
            read()
        watched.inspect(step % SMALL.drivers)
        watched.recent_trips(20)
    assert np.array_equal(quiet.frame().xy, watched.frame().xy)
    assert np.array_equal(quiet.fleet.earned, watched.fleet.earned)


@pytest.mark.parametrize("disturb", [
    lambda w: w.command("stadium", {"riders": 200}),
    lambda w: w.command("close_bridge", {}),
    lambda w: w.apply(w.params.with_changes(trips_per_day=60_000)),
    lambda w: w.apply(w.params.with_changes(policy="nearest")),
])
def test_the_past_does_not_know_the_future(disturb: Callable[[DispatchSimulation], Any]) -> None:
    """Perturb the future: every event before it stays as it was, and those after do not."""
    logs = []
    for perturbed in (False, True):
        out = io.StringIO()
        w = DispatchSimulation(SMALL.with_changes(drivers=25), 3, town(), events=EventLog(out))
        for step in range(600):
            if step == 300 and perturbed:
                disturb(w)
            if step == 300:
                logs.append([out.getvalue()])
            w.step()
        logs[-1].append(out.getvalue())
    assert logs[0][0] == logs[1][0]
    assert logs[0][1] != logs[1][1]


def test_two_policies_meet_the_same_riders() -> None:
    def riders(policy: str) -> list[tuple[float, int, int]]:
        w = world(7, policy=policy, surge=False)
        seen = []
        for _ in range(300):
            before = w.riders.asked
            w.step()
            new = np.flatnonzero(w.riders.number > before)
            seen += [(float(w.riders.asked_s[s]), int(w.riders.origin[s]),
                      int(w.riders.destination[s])) for s in new.tolist()]
        return sorted(set(seen))

    nearest, batch = riders("nearest"), riders("optimal batch")
    assert len(nearest) > 60
    assert nearest == batch


def test_little_s_law_holds_for_riders_in_the_city() -> None:
    """L = lambda W: mean riders present are arrivals a second times the mean time present."""
    w = world(5, drivers=40, surge=False)
    present, spent = 0.0, 0.0
    inside: dict[int, float] = {}
    for _ in range(1500):
        w.step()
        r = w.riders
        open_now = {int(n): float(t) for n, t, s in zip(r.number, r.asked_s, r.state, strict=True)
                    if s}
        spent += sum(w.now_s - t for n, t in inside.items() if n not in open_now)
        inside = open_now
        present += len(open_now)
    spent += sum(w.now_s - t for t in inside.values())
    seconds = 1500 * w.step_s
    rate = w.riders.asked / seconds
    assert present / 1500 == pytest.approx(rate * spent / w.riders.asked, rel=0.02)


def test_intervals_of_a_driver_never_overlap() -> None:
    out = io.StringIO()
    w = DispatchSimulation(SMALL.with_changes(drivers=30), 2, town(), events=EventLog(out))
    for _ in range(900):
        w.step()
    busy: dict[int, tuple[int, str]] = {}
    rides = 0
    last = 0.0
    for row in out.getvalue().splitlines()[1:]:
        time_s, event, rider, driver, _ = row.split(",")
        assert float(time_s) >= last
        last = float(time_s)
        d, n = int(driver), int(rider)
        if event == "assign":
            assert d not in busy, f"driver {d} is sent to {n} while serving {busy[d]}"
            busy[d] = (n, "assign")
        elif event == "board":
            assert busy[d] == (n, "assign")
            busy[d] = (n, "board")
        elif event == "alight":
            assert busy.pop(d) == (n, "board")
            rides += 1
        elif event == "release":
            assert busy.pop(d) == (n, "assign")
        elif event == "home":
            assert d not in busy
    assert rides > 70


def test_nobody_drives_faster_than_the_street_allows() -> None:
    w = world(3)
    free_mps = w.city.network.length_m / w.city.network.free_s
    fastest = float(free_mps.max())
    for _ in range(400):
        v = w.fleet.vehicles
        arc, along, driven = v.arc.copy(), v.along_m.copy(), v.driven_m.copy()
        w.step()
        v = w.fleet.vehicles
        gone = v.driven_m - driven
        same = (v.arc == arc) & (v.along_m >= along)
        limit = np.where(same, free_mps[arc], fastest) * w.step_s
        assert (gone <= limit + 1e-3).all()


def test_frame_scene_layers_and_status_keep_the_contract() -> None:
    w = world()
    for _ in range(400):
        w.step()
    frame, scene, layers, status = w.frame(), w.scene(), w.layers(), w.status()
    drivers, cells = SMALL.drivers, len(w.hexes.names)
    facts = scene.facts
    assert facts["agents"] == drivers + DRAWN == len(frame.state) == len(frame.xy)
    assert frame.xy.dtype == np.int16
    assert frame.state.dtype == np.uint8
    assert [g["count"] for g in facts["groups"]] == [drivers, DRAWN]
    assert len(facts["states"]) == 8
    assert facts["hexes"] == cells
    segments = len(scene.arrays["arc_rank"])
    assert {n: (a.dtype, a.shape) for n, a in scene.arrays.items()} == {
        "arc_xy": (np.int16, (segments, 4)), "arc_rank": (np.uint8, (segments,)),
        "arc_closed": (np.uint8, (segments,)), "hex_x": (np.int16, (cells,)),
        "hex_y": (np.int16, (cells,)), "hex_ring": (np.int16, (cells, 12))}
    assert {n: a.dtype for n, a in layers.items()} == {
        "surge": np.float32, "demand": np.float32, "supply": np.float32, "match": np.int16,
        "traffic": np.uint8, "reach": np.uint8}
    assert len(layers["traffic"]) == len(scene.arrays["arc_rank"])
    assert not len(layers["reach"]), "no point is chosen"
    kind = frame.state & 7
    assert np.bincount(kind[:drivers], minlength=8)[:5].tolist() == status["counts"][:5]
    assert np.count_nonzero(kind[drivers:] == 5) == status["counts"][5]
    assert np.count_nonzero(kind[drivers:] == 6) == status["counts"][6] > 0
    pairs = layers["match"].reshape(-1, 2)
    assert len(pairs) == status["counts"][6]
    for driver, slot in pairs.tolist():
        assert kind[driver] in (PICKUP, RIDING)
        assert w.riders.driver[slot] == driver
    assert status["clock_s"] == 17 * 3600 + 800
    assert status["gap_percent"] == 0.0
    assert status["certified"] is True
    assert frame.xy.min() >= 0
    assert frame.xy[:, 0].max() <= facts["width"]


def test_a_closed_bridge_is_drawn_and_nobody_is_sent_over_it() -> None:
    w = world(2)
    for _ in range(300):
        w.step()
    version = w.scene_version
    assert w.command("close_bridge", {"seconds": 400}) == "Long Bridge is closed for 7 min"
    w.step()
    closed = np.flatnonzero(w.streets.closed)
    assert w.scene_version == version + 1
    assert w.scene().arrays["arc_closed"].sum() == len(closed) // 2 > 0
    on = set(np.flatnonzero(np.isin(w.fleet.vehicles.arc, closed)).tolist())
    for _ in range(190):
        w.step()
        now = set(np.flatnonzero(np.isin(w.fleet.vehicles.arc, closed)
                                 & (w.fleet.vehicles.at < w.fleet.vehicles.end)).tolist())
        assert now <= on, "who was on the bridge leaves it, nobody enters it on a route"
        on &= now
    for _ in range(20):
        w.step()
    assert not w.streets.closed.any()
    assert w.scene_version == version + 2


def test_a_script_gives_its_commands_on_time() -> None:
    script = (Scheduled(100.0, "rain", {"seconds": 60}), Scheduled(200.0, "surge_outage", {}))
    w = DispatchSimulation(SMALL, 1, town(), script=script)
    for _ in range(150):
        w.step()
    told = [(e.kind, e.step) for e in w.drain_events()]
    assert told == [("rain", 51), ("recovered", 81), ("outage", 101)]
    assert w.script == script


def test_knobs_that_need_a_reset_are_refused_and_named() -> None:
    w = world()
    with pytest.raises(InvalidInput, match="drivers cannot change while the city runs"):
        w.apply(SMALL.with_changes(drivers=61))
    with pytest.raises(InvalidInput, match="are not the dispatch settings"):
        w.apply(Params())
    w.apply(SMALL.with_changes(policy="nearest", congestion=2.0))
    assert [e.kind for e in w.drain_events()] == ["policy"]
    before = w.streets.drive_s.copy()
    w.step()
    assert (w.streets.drive_s >= before).all()
    assert w.streets.drive_s.sum() > 1.2 * before.sum()


def test_strange_agents_are_refused() -> None:
    w = world()
    with pytest.raises(InvalidInput, match="there is no agent 9999; drivers and riders are 0 to"):
        w.inspect(9999)
    with pytest.raises(InvalidInput, match="R-0000 is gone"):
        w.inspect(SMALL.drivers)


def test_commands_declare_what_they_take() -> None:
    assert set(COMMANDS) == {
        "rain", "stadium", "airport_bank", "surge_outage", "close_bridge", "recover", "reach"}
