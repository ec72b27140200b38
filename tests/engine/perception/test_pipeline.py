from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from engine.perception.bev import GRID, GRID_M
from engine.perception.cameras import rig
from engine.perception.hydranet import HydraNet
from engine.perception.pipeline import STAGES, Motion, Pipeline, lively
from engine.perception.runtime import TorchRuntime

STILL = Motion(0.0, 0.0, 0.0, 0.1)


@pytest.fixture(scope="module")
def runtime() -> TorchRuntime:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        return TorchRuntime(HydraNet("tiny"))


@pytest.fixture(scope="module")
def pipeline(runtime: TorchRuntime) -> Pipeline:
    return Pipeline(rig(), runtime, least_score=0.02)


def frame() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (8, 192, 320, 3), dtype=np.uint8)


def test_eight_pictures_become_one_scene(pipeline: Pipeline) -> None:
    seen = pipeline.step(frame(), STILL, 5.0)
    assert tuple(seen.times_ms) == STAGES
    assert seen.depth.shape == (8, 2, 48, 80)
    assert seen.drivable.shape == (round((GRID[1] - GRID[0]) / GRID_M),
                                   round((GRID[3] - GRID[2]) / GRID_M))
    assert len(seen.found) == 8
    assert all(f is not None for f in seen.found)
    assert seen.forecasts is None


def test_a_missing_camera_is_skipped_and_the_others_seen_as_before(pipeline: Pipeline) -> None:
    whole = pipeline.step(frame(), STILL, 5.0)
    use = np.ones(8, bool)
    use[[0, 5]] = False
    part = pipeline.step(frame(), STILL, 5.0, use)
    assert part.found[0] is None
    assert part.lines_found[5] == ()
    assert np.isnan(part.depth[0]).all()
    for v in (1, 7):
        assert part.found[v] is not None
        assert np.abs(part.depth[v] - whole.depth[v]).max() < 1e-4


def test_no_camera_at_all_sees_nothing(pipeline: Pipeline) -> None:
    seen = pipeline.step(frame(), STILL, 5.0, np.zeros(8, bool))
    assert len(seen.objects.score) == 0
    assert seen.lines == ()
    assert np.isnan(seen.drivable).all()


def test_what_is_seen_does_not_depend_on_the_threads(pipeline: Pipeline,
                                                     runtime: TorchRuntime) -> None:
    use = np.array([True, True, False, True, True, True, True, True])
    pipeline.restart()
    alone = pipeline.step(frame(), STILL, 5.0, use)
    shared = Pipeline(rig(), runtime, least_score=0.02, threads=3).step(frame(), STILL, 5.0, use)
    assert tuple(shared.times_ms) == STAGES
    assert [f is None for f in shared.found] == [not u for u in use]
    assert np.nanmax(np.abs(shared.depth - alone.depth)) < 1e-4
    assert np.abs(shared.masks - alone.masks).max() < 1e-4
    for a, b in zip(alone.found, shared.found, strict=True):
        if a is not None and b is not None:
            assert a.scores == pytest.approx(b.scores, abs=1e-4)


def test_pictures_may_come_while_others_are_looked_at(runtime: TorchRuntime) -> None:
    whole, images = frame(), np.empty((8, 192, 320, 3), np.uint8)
    filled: list[int] = []

    def expose(thread: int, view: int) -> None:
        assert thread in (0, 1)
        images[view] = 60 if view == 3 else whole[view]
        filled.append(view)

    use = np.ones(8, bool)
    use[5] = False
    seen = Pipeline(rig(), runtime, least_score=0.02, threads=2).step(
        images, STILL, 5.0, use, expose=expose)
    # a camera that is lost is drawn all the same: its truth is shown
    assert sorted(filled) == list(range(8))
    assert np.flatnonzero(~seen.used).tolist() == [3, 5]
    blank = whole.copy()
    blank[3] = 60
    given = Pipeline(rig(), runtime, least_score=0.02).step(blank, STILL, 5.0, use)
    assert np.array_equal(given.masks, seen.masks)
    assert [f is None for f in given.found] == [f is None for f in seen.found]
    assert seen.times_ms["render"] > 0.0 == given.times_ms["render"]


def test_a_dead_camera_is_told_from_a_dark_street() -> None:
    dark = np.random.default_rng(1).integers(8, 24, (192, 320, 3)).astype(np.uint8)
    line = np.full((192, 320, 3), 40, np.uint8)
    assert not lively(line)
    line[:, ::16] = 90
    assert lively(dark)
    assert lively(line)


def test_a_restart_forgets_the_tracks(runtime: TorchRuntime) -> None:
    # an untrained network is a little sure of everything
    pipeline = Pipeline(rig(), runtime, least_score=0.005)
    pipeline.step(frame(), STILL, 5.0)
    assert pipeline.tracker.tracks
    pipeline.restart()
    assert not pipeline.tracker.tracks


def test_no_thread_is_refused(runtime: TorchRuntime) -> None:
    with pytest.raises(InvalidInput, match="threads is 0"):
        Pipeline(rig(), runtime, threads=0)


def test_pictures_of_another_rig_are_refused(pipeline: Pipeline) -> None:
    with pytest.raises(InvalidInput, match="the rig gives"):
        pipeline.step(frame()[:7], STILL, 5.0)
