from __future__ import annotations

import dataclasses
import os

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception.cli_fleet import PRODUCTION
from engine.perception.decode import Detections
from engine.perception.faults import FAULTS, Spoiler, sky_with
from engine.perception.fleet import Drive, Job, job_of
from engine.perception.fleet_truth import Things, mistakes
from engine.perception.ledger import Ledger, facts, rows, running
from engine.perception.runtime import Runtime, load_runtime
from engine.perception.styles import STYLES
from engine.perception.weather import WEATHERS


@pytest.fixture(scope="module")
def network() -> Runtime:
    return load_runtime(PRODUCTION)


def found(*boxes: tuple[float, float, float, float], kind: int = 0, score: float = 0.8,
          ) -> Detections:
    n = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(n, 4), np.full(n, score, np.float32),
        np.full(n, kind, np.int64), np.ones(n, np.float32), np.zeros((n, 4), np.float32),
        np.zeros((n, 2), np.float32), np.zeros(n, np.float32), np.ones((n, 3), np.float32),
        np.zeros(n, np.float32), np.zeros(n, np.float32))


def things(*boxes: tuple[float, ...], view: int = 0, must: bool = True) -> Things:
    n = len(boxes)
    corners = np.array(boxes, np.float32).reshape(n, 4)
    return Things(np.full(n, view), corners, np.zeros(n, np.int64), np.full(n, 100),
                  1 + np.arange(n), np.zeros((n, 2)), np.full(n, must))


def test_a_drive_is_the_same_each_time_whoever_watches(network: Runtime) -> None:
    job = job_of("held-out", 70, 3)
    assert job.style in STYLES["held-out"]
    alone, watched = Drive(job, (network,), 1.0), Drive(job, (network, network), 1.0)
    first, second = list(alone), list(watched)
    assert len(first) == len(second) == 5
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a.images, b.images)
        assert a.plans[0].command == b.plans[0].command == b.plans[1].command
    assert alone.result() == watched.result()
    assert [len(i.speeds) for i in first] == [1, 2, 2, 2, 2]


def test_a_human_is_watched_and_not_obeyed(network: Runtime) -> None:
    drive = Drive(job_of("held-out", 70, 3), (network,), 1.0, human=True)
    assert sum(1 for _ in drive) == 5
    assert drive.world.car is None
    assert drive.result()["distance_m"] > 2.0


def test_jobs_differ_and_bad_ones_are_refused(network: Runtime) -> None:
    jobs = [job_of("val", 70, k, 0.5) for k in range(40)]
    assert len({j.seed for j in jobs}) == 40
    assert len({j.scenario for j in jobs}) == 8
    assert 10 <= sum(j.fault is not None for j in jobs) <= 30
    with pytest.raises(InvalidInput, match="split"):
        job_of("test", 1, 1)
    with pytest.raises(InvalidInput, match="share"):
        job_of("val", 1, 1, 1.5)
    with pytest.raises(InvalidInput, match="seconds"):
        Drive(jobs[0], (network,), 0.5)
    with pytest.raises(InvalidInput, match="network"):
        Drive(jobs[0], (), 5.0)


def test_a_phantom_and_a_miss_are_told_from_a_find() -> None:
    there = things((10, 10, 30, 30), (100, 10, 130, 40))
    wrong = mistakes([found((11, 10, 30, 31), (200, 100, 230, 130))], there, 0.35)
    assert wrong.phantoms == ((0, 1),)
    assert wrong.missed == {2}
    assert wrong.found == {1}
    # what one view misses another may find; what need not be found is no phantom either
    wide = Things(*(np.concatenate([a, b]) for a, b in zip(
        there, things((50, 50, 80, 80), (90, 90, 99, 99), view=1, must=False), strict=True)))
    wrong = mistakes([found(), found((50, 50, 80, 80))], wide, 0.35)
    assert not wrong.phantoms
    assert wrong.found == {1}
    assert wrong.missed == {2}
    # another family of class is no find
    assert mistakes([found((10, 10, 30, 30), kind=3)], there, 0.35).missed == {1, 2}
    assert mistakes([found(score=0.8)], things(), 0.35) == ((), frozenset(), frozenset())


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_fault_changes_pictures_or_sky(fault: str) -> None:
    rng = np.random.default_rng(4)
    image = rng.integers(0, 256, (1, 192, 320, 3), np.uint8)
    spoilt = Spoiler(fault, np.random.default_rng(1))(image)
    sky = sky_with(fault, WEATHERS["clear"], rng)
    changed = not np.array_equal(spoilt, image)
    assert changed != (sky != WEATHERS["clear"])
    assert spoilt.dtype == np.uint8
    assert np.array_equal(spoilt, Spoiler(fault, np.random.default_rng(1))(image))


def test_without_a_fault_pictures_are_as_they_were(network: Runtime) -> None:
    image = np.full((1, 192, 320, 3), 9, np.uint8)
    assert Spoiler(None, np.random.default_rng(1))(image) is image
    with pytest.raises(InvalidInput, match="fault"):
        sky_with("hail", WEATHERS["clear"], np.random.default_rng(1))
    foggy = Drive(Job(0, 5, "town drive", "Autumn", "dense fog"), (network,), 1.0)
    assert foggy.world.weather.visibility_m < 40.0
    assert dataclasses.asdict(foggy.world.weather)["name"] == "fog"


def test_a_ledger_survives_a_kill_and_lets_one_process_in(tmp_path) -> None:
    with Ledger(tmp_path, {"seed": 1}) as ledger:
        assert running(tmp_path) == os.getpid()
        ledger.add({"number": 0})
        ledger.state({"done": 1})
    with (tmp_path / "rows.jsonl").open("ab") as file:
        file.write(b'{"number": ')
    assert rows(tmp_path) == [{"number": 0}]
    with Ledger(tmp_path, {"seed": 1}) as ledger:
        ledger.add({"number": 1})
    assert rows(tmp_path) == [{"number": 0}, {"number": 1}]
    assert facts(tmp_path) == {"done": 1}
    assert running(tmp_path) is None
    with pytest.raises(InvalidInput, match="seed"), Ledger(tmp_path, {"seed": 2}):
        pass
    (tmp_path / "pid").write_text(f"{os.getppid()}\n")
    with pytest.raises(InvalidInput, match="process"), Ledger(tmp_path, {"seed": 1}):
        pass
    assert facts(tmp_path / "none") == {}
