from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from engine.perception.bev import nothing
from engine.perception.forecast import TIMES, Forecast, basis, forecast_loss
from engine.perception.forecast_data import Examples, velocities, with_car
from engine.perception.forecast_features import Actors, Features, features
from engine.perception.forecast_run import ForecastRuntime, export_forecast
from engine.perception.forecast_training import (
    evaluate,
    inputs,
    load_forecast,
    mirror_features,
    save_forecast,
    train,
)
from engine.perception.lane_fit import Line
from engine.perception.metrics import forecast_errors
from engine.perception.track import Tracker
from tests.engine.perception.test_track import STILL, seen


def actors(count: int = 3, seed: int = 0) -> Actors:
    """Actors that drive straight on at different speeds and headings."""
    rng = np.random.default_rng(seed)
    heading = rng.uniform(-np.pi, np.pi, count)
    along = np.stack([np.cos(heading), np.sin(heading)], axis=1)
    velocity = along * rng.uniform(1.0, 12.0, (count, 1))
    now = rng.uniform(-30.0, 30.0, (count, 2))
    past = now[:, None] + 0.1 * np.arange(-9, 1)[None, :, None] * velocity[:, None]
    return Actors(past, heading, velocity, np.tile([4.5, 1.8], (count, 1)), np.zeros(count, int))


LINES = [np.stack([np.linspace(-40, 40, 30), np.full(30, y)], axis=1) for y in (-2.0, 2.0)]


def bends(count: int = 64) -> Examples:
    """Actors that all turn left, as constant velocity cannot."""
    some = actors(count)
    shown = features(some, LINES, [1, 3])
    speed = np.linalg.norm(some.velocity, axis=1)
    t = 0.1 * np.arange(1, TIMES + 1)
    truth = np.stack([speed[:, None] * t, np.tile(0.6 * t**2, (count, 1))], axis=2)
    local = np.stack([speed, np.zeros(count)], axis=1)
    return Examples(shown, local.astype(np.float32), truth.astype(np.float32),
                    np.zeros(count, np.int8))


def test_features_do_not_depend_on_where_the_world_lies() -> None:
    some = actors()
    c, s = np.cos(0.7), np.sin(0.7)
    turn = np.array([[c, -s], [s, c]])
    moved = Actors(some.past @ turn.T + [5.0, -3.0], some.heading + 0.7, some.velocity @ turn.T,
                   some.size, some.kind)
    lines = [q @ turn.T + [5.0, -3.0] for q in LINES]
    for a, b in zip(features(some, LINES, [1, 3]), features(moved, lines, [1, 3]), strict=True):
        assert np.abs(a - b).max() < 1e-4


def test_mirrored_features_are_those_of_the_mirrored_world() -> None:
    some = actors()
    flip = np.array([1.0, -1.0])
    other = Actors(some.past * flip, -some.heading, some.velocity * flip, some.size, some.kind)
    ours = Features(*(f.copy() for f in features(some, LINES, [1, 1])))
    mirror_features(ours, np.ones(3, bool))
    theirs = features(other, [q * flip for q in LINES], [1, 1])
    assert np.abs(ours.own - theirs.own).max() < 1e-5
    assert np.abs(ours.neighbours - theirs.neighbours).max() < 1e-5
    for a, b in zip(ours.lines, theirs.lines, strict=True):
        assert sorted(map(tuple, a.round(3))) == sorted(map(tuple, b.round(3)))


def test_velocity_is_read_from_the_past() -> None:
    some = actors(5)
    assert np.abs(velocities(some.past, some.heading) - some.velocity).max() < 1e-6
    young = some.past.copy()
    young[:, :9] = np.nan
    assert (velocities(young, some.heading) == 0).all()
    assert with_car(some, 3.0).velocity[-1].tolist() == [3.0, 0.0]


def test_paths_leave_at_the_present_place_and_speed() -> None:
    # a knot is half a second away: after a tenth it has moved next to nothing
    assert np.abs(basis()[:, 0]).max() < 0.1
    assert basis()[-1, -1] == pytest.approx(1.0)


def test_the_forecast_learns_what_constant_velocity_cannot() -> None:
    some = bends()
    facts = evaluate(train(some, 120, 3, batch=64, rate=5e-3), some)
    assert facts["min_ade6_m"] < 0.3 * facts["constant_velocity_ade_m"]
    assert facts["actors"] == facts["moving"] == 64
    with pytest.raises(InvalidInput, match="at least one"):
        train(some, 0, 1)


def test_an_identical_forecast_has_no_error_and_no_loss() -> None:
    truth = bends(4).truth
    paths = np.repeat(truth[:, None], 6, axis=1)
    assert forecast_errors(paths, truth)[0].max() == 0.0
    logits = torch.zeros(4, 6)
    loss = forecast_loss(torch.from_numpy(paths), logits, torch.from_numpy(truth))
    assert float(loss) == pytest.approx(0.3 * np.log(6), rel=1e-5)


def test_batched_equals_single_and_loneliness_is_no_nan() -> None:
    network = Forecast().eval()
    some = bends(4)
    with torch.inference_mode():
        whole = network(*inputs(some, slice(None)))
        one = network(*inputs(some, slice(2, 3)))
        empty = [torch.zeros_like(t) for t in inputs(some, slice(0, 1))]
        assert torch.isfinite(network(*empty)[0]).all()
    assert float((whole[0][2] - one[0][0]).abs().max()) < 1e-5


def test_tracks_are_forecast_without_torch_as_with_it(tmp_path: Path) -> None:
    network = Forecast().eval()
    save_forecast(tmp_path / "f.safetensors", network, {})
    export_forecast(load_forecast(tmp_path / "f.safetensors"), tmp_path / "f.onnx")
    runtime = ForecastRuntime(tmp_path / "f.onnx")
    tracker = Tracker()
    for k in range(12):
        tracks = tracker.step(seen([(10 + 0.8 * k, 0.0), (20.0, 5.0)], [0, 6], 0.05), STILL, 0.1)
    lines = [Line(q, 1, 0.9) for q in LINES]
    told = runtime.run(tracks, lines, 5.0)
    assert told.track.tolist() == [1]
    assert told.paths.shape == (1, 6, TIMES, 2)
    assert told.probability.sum() == pytest.approx(1.0)
    # the sign does not move and the untrained network stays near constant velocity
    assert told.paths[0, :, -1, 0] == pytest.approx([10 + 0.8 * 11 + 24.0] * 6, abs=3.5)
    assert len(runtime.run([], lines, 5.0).track) == 0
    assert len(nothing().score) == 0
