"""The drive on the runner: seeded, drawable, and kept whatever is asked of it."""

import io
import json
import re
import zlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import perception
from engine.errors import EngineError, InvalidInput
from engine.live.codec import decode_snapshot, encode_snapshot
from engine.live.simulation import SnapshotSource
from engine.params import knobs
from engine.perception import models, picture
from engine.perception.cameras import VIEWS
from engine.perception.clips import ClipStore
from engine.perception.driver import LET_GO_TICKS, Wheel
from engine.perception.live_commands import COMMANDS
from engine.perception.live_params import DriveParams
from engine.perception.simulation import PerceptionSimulation

TOWN = {"junctions": 0, "traffic_per_km": 20.0, "pedestrians_per_km": 10.0}
TIMED = ("times",)


def drive(seed=4, ticks=0, **params):
    sim = PerceptionSimulation(DriveParams(**{**TOWN, **params}), seed)
    for _ in range(ticks):
        sim.step()
    return sim


@pytest.fixture(scope="module")
def seen():
    """A drive that has looked around; tests only read it."""
    return drive(ticks=11)


def untimed(snapshot):
    return {k: v for k, v in snapshot.facts.items() if k not in TIMED}


def test_a_snapshot_travels_as_it_is(seen):
    assert isinstance(seen, SnapshotSource)
    assert len(seen.frame().state) == 0
    shot = seen.snapshot()
    assert seen.snapshot() is shot, "nothing has happened"
    step, there = decode_snapshot(encode_snapshot(shot, 11))
    assert step == 11
    assert there.facts == json.loads(json.dumps(shot.facts, allow_nan=False))
    assert there.blobs == shot.blobs


def test_the_parts_are_eight_pictures_depth_and_ground(seen):
    parts = seen.snapshot().blobs
    sizes = [Image.open(io.BytesIO(part)).size for part in parts[:8]]
    assert sizes == [(320, 192)] * 8
    depth = np.frombuffer(zlib.decompress(parts[8]), np.uint8).reshape(8, 48, 80)
    near, far = picture.DEPTH_M
    metres = near * (far / near) ** (depth[0] / 254.0)
    assert np.median(metres[-4:]) < np.median(metres[20:24]), "the road is nearer than the horizon"
    lengths = np.frombuffer(parts[9], "<u2")
    assert lengths.sum() == 8 * 96 * 160


def test_masks_travel_as_runs_that_begin_anew_in_each_view():
    masks = np.array([[[0, 0, 1], [1, 0, 1]], [[1, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]], bool)
    assert picture.run_lengths(masks).tolist() == [2, 2, 1, 1, 0, 2, 4, 6]


def test_boxes_lie_in_their_pictures_and_name_tracks_that_are_there(seen):
    facts = seen.snapshot().facts
    tracks = {t.number for t in seen.shown.seen.tracks}
    boxes = [b for view in facts["views"] for b in view["boxes"]]
    assert boxes
    for x0, y0, x1, y1, kind, score, away, track, _ in boxes:
        assert 0 <= x0 <= x1 <= 3200
        assert 0 <= y0 <= y1 <= 1920
        assert 0 <= kind < 7
        assert 100 * seen.params.least_score - 1 <= score <= 100
        assert away > 0
        assert track == -1 or track in tracks


def test_the_same_seed_drives_the_same_way():
    first, second = (drive(ticks=3, noise_percent=2.0) for _ in range(2))
    assert untimed(first.snapshot()) == untimed(second.snapshot())
    assert first.snapshot().blobs == second.snapshot().blobs
    for sim, noise in ((first, 0.0), (second, 20.0)):
        sim.apply(sim.params.with_changes(noise_percent=noise))
        sim.step()
    assert first.snapshot().blobs[0] != second.snapshot().blobs[0]


def test_a_lost_camera_sends_nothing_and_the_others_go_on():
    sim = drive(ticks=1)
    sim.command("camera", {"view": "rear", "on": False})
    sim.step()
    shot = sim.snapshot()
    rear = VIEWS.index("rear")
    assert shot.blobs[rear] == b""
    assert shot.facts["views"][rear] == {"on": False, "boxes": []}
    assert shot.facts["lost"] == {"rear": 0.1}
    assert all(shot.blobs[v] for v in range(8) if v != rear)
    sim.command("camera", {"view": "rear", "on": True})
    sim.step()
    assert sim.snapshot().blobs[rear]


def test_without_a_camera_ahead_the_car_stops_unless_the_truth_drives():
    sim = drive(ticks=1)
    for view in ("front", "front_narrow", "front_wide"):
        sim.command("camera", {"view": view, "on": False})
    sim.step()
    assert sim.snapshot().facts["blind"]
    assert sim.tick.asked.accel < -3.0
    sim.apply(sim.params.with_changes(sees="truth"))
    sim.step()
    assert not sim.snapshot().facts["blind"]
    assert sim.tick.asked == sim.tick.plan.command


def test_a_person_takes_the_wheel_and_gives_it_back():
    sim = drive(ticks=1)
    with pytest.raises(InvalidInput, match="take over first"):
        sim.command("wheel", {"steer": 1.0})
    sim.command("take_over", {"on": True})
    sim.command("wheel", {"steer": 1.0, "throttle": 1.0})
    sim.step()
    assert sim.snapshot().facts["manual"]
    assert sim.tick.asked.accel > 2.0
    assert sim.tick.asked.steering > 0.0
    sim.command("take_over", {"on": False})
    sim.step()
    assert sim.tick.asked == sim.tick.plan.command


def test_hands_that_are_not_heard_let_go_of_the_wheel():
    wheel = Wheel(taken=True, heard=10)
    assert not wheel.forgotten(10 + LET_GO_TICKS)
    assert wheel.forgotten(11 + LET_GO_TICKS)
    wheel.let_go()
    assert not wheel.forgotten(10_000)


def test_the_wheel_turns_less_the_faster_the_car_is():
    wheel = Wheel(taken=True, steer=-1.0, brake=1.0, throttle=1.0)
    assert wheel.command(20.0).steering > wheel.command(1.0).steering
    assert wheel.command(10.0).accel < 0.0, "brakes win"


def test_weather_changes_in_the_drive_and_towns_do_not():
    sim = drive(ticks=1)
    day = sim.shown.images[0].mean()
    sim.apply(sim.params.with_changes(weather="night"))
    sim.step()
    assert sim.world.weather.night
    assert sim.shown.images[0].mean() < 0.9 * day
    with pytest.raises(InvalidInput, match="lanes"):
        sim.apply(sim.params.with_changes(lanes=3))


def test_the_last_moments_are_kept_for_the_data_engine(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    sim = drive(ticks=4)
    assert "2 moments" in sim.command("keep", {})
    (clip,) = ClipStore().clips()
    assert (clip.frames, clip.views, clip.trigger) == (2, 8, "by hand")
    assert clip.facts["scenario"] == sim.params.scenario
    assert "kept" in [e.kind for e in sim.drain_events()]


def test_the_next_drive_is_another_town():
    sim = drive(ticks=2)
    road = sim.layers()["road"]
    said = sim.command("new_drive", {})
    assert "2" in said
    assert not np.array_equal(sim.layers()["road"], road)
    assert sim.summary()["finished"][0]["drive"] == 1
    sim.step()
    assert sim.snapshot().facts["drive"]["number"] == 2
    assert [e.kind for e in sim.drain_events()].count("drive") == 1


def test_figures_reach_the_store_and_the_cards(seen):
    series = {p.name: p.value for p in seen.drain_points()}
    assert {"drive.speed_kmh", "drive.score", "latency.loop_ms", "network.abs_rel"} <= set(series)
    assert all(np.isfinite(v).all() for v in series.values())
    cards = {c["label"]: c for c in seen.summary()["kpis"]}
    assert cards["Depth AbsRel"]["value"] is not None
    assert float(cards["Depth AbsRel"]["value"]) < 0.6
    minute = seen.summary()["minute"]
    assert len(minute["step"]) == len(minute["state"]) == 5


@pytest.mark.parametrize(("name", "given", "said"), [
    ("fly", {}, "no command"),
    ("camera", {"view": "roof"}, "no camera"),
    ("camera", {"view": "rear", "on": 1}, "true or false"),
    ("new_drive", {"seed": 3}, "no argument"),
    ("set_model", {"name": "yolo"}, "no network"),
    ("explain", {"view": "front", "box": 900}, "no box 900"),
    ("explain", {"view": "front", "box": -1}, "0 or more"),
    ("take_over", {"on": None}, "true or false"),
])
def test_a_wrong_wish_is_refused_in_a_sentence(seen, name, given, said):
    before = untimed(seen.snapshot())
    with pytest.raises(EngineError, match=said):
        seen.command(name, given)
    assert untimed(seen.snapshot()) == before


@pytest.mark.parametrize("steer", [2.0, float("nan"), "left", True])
def test_a_wheel_beyond_its_stop_is_refused(steer):
    sim = drive()
    sim.command("take_over", {})
    with pytest.raises(InvalidInput, match="between -1 and 1"):
        sim.command("wheel", {"steer": steer})


def test_every_command_says_what_it_takes():
    assert all(c.help.endswith(".") for c in COMMANDS.values())
    assert all(k.help for k in knobs(DriveParams))


def test_every_public_name_is_at_home():
    for name in perception.__all__:
        home = find_spec(f"engine.perception.{perception._HOME[name]}")
        assert home is not None, name
        assert re.search(rf"^(class|def) {name}\b|^{name}\b", Path(home.origin).read_text("utf-8"),
                         re.MULTILINE), name
    with pytest.raises(AttributeError, match="teleport"):
        perception.teleport  # noqa: B018 - asking is the test


def test_a_negative_seed_is_refused():
    with pytest.raises(InvalidInput, match="seed is -1"):
        PerceptionSimulation(seed=-1)


def test_networks_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    assert next(iter(models.networks())) == models.DEFAULT
    run = tmp_path / "perception" / "runs" / "mine"
    run.mkdir(parents=True)
    for suffix in ("safetensors", "onnx"):
        (run / f"best.{suffix}").write_bytes(b"no network")
    assert models.find("run mine") == run / "best.safetensors"
    sim = drive()
    with pytest.raises(InvalidInput, match="no network that can be run"):
        sim.command("set_model", {"name": "run mine"})
    assert sim.model == models.DEFAULT
    assert "M weights" in models.describe(models.DEFAULT)
    assert "no card" in models.describe("run mine")
