from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception.clips import Clip, ClipStore
from engine.perception.labels import BOX, View

MEGABYTE = 2**20


def noise(seed: int, views: int = 1, size: int = 128) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (views, size, size, 3), np.uint8)


def clip(name: str, value: float = 0.5, trigger: str = "cut-in", frames: int = 2,
         **facts: object) -> Clip:
    return Clip(name, trigger, value, {"scenario": "town drive", **facts},
                [noise(k) for k in range(frames)])


def label(image: np.ndarray) -> View:
    boxes = np.zeros(2, BOX)
    boxes["kind"] = (1, 3)
    return View(image, np.array([0.1, 0.2, 0.3], np.float32), 1.5,
                np.full((64, 64), 7.0, np.float16), np.ones((128, 128), np.uint8), boxes)


def test_a_clip_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    store = ClipStore(tmp_path)
    images = [noise(1, 2), noise(2, 2)]
    labels = [label(i) for frame in images for i in frame]
    assert store.add(Clip("one", "track lost", 0.7, {"why": "dark"}, images, labels))
    facts, = store.clips()
    assert (facts.id, facts.trigger, facts.value, facts.frames, facts.views, facts.labelled) == (
        "one", "track lost", 0.7, 2, 2, True)
    assert facts.facts == {"why": "dark"}
    assert facts.bytes == store.size == (tmp_path / "one.clip").stat().st_size
    assert len(store.frames("one", 1)) == 2
    assert store.thumbnail("one") == store.frames("one")[1]
    back = store.views("one")
    assert [v for v, _ in back] == [0, 1, 0, 1]
    assert np.array_equal(back[0][1].boxes, labels[0].boxes)
    assert back[3][1].scale == 1.5
    # what JPEG changes is small beside the noise
    assert np.abs(back[0][1].image.astype(float) - images[0][0]).mean() < 12.0
    store.delete("one")
    store.delete("one")
    assert store.clips() == []


def test_the_least_worth_goes_when_the_quota_is_reached(tmp_path: Path) -> None:
    one = clip("size")
    ClipStore(tmp_path / "probe").add(one)
    each = ClipStore(tmp_path / "probe").size
    store = ClipStore(tmp_path / "store", 3 * each + each // 2 if 3 * each > MEGABYTE
                      else MEGABYTE)
    fits = store.quota // each
    for k in range(fits):
        assert store.add(clip(f"clip-{k}", 0.5 + 0.01 * k))
    assert not store.add(clip("worse", 0.2))
    assert store.add(clip("better", 0.99))
    names = {c.id for c in store.clips()}
    assert "clip-0" not in names
    assert len(names) == fits
    assert store.size <= store.quota
    # one of another kind is worth its place though its value is lower
    assert store.add(clip("odd", 0.4, trigger="disagreement"))
    assert "odd" in {c.id for c in store.clips()}
    # the same name takes its own place
    assert store.add(clip("odd", 0.45, trigger="disagreement"))
    assert len(store.clips()) == fits


def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    store = ClipStore(tmp_path, MEGABYTE)
    with pytest.raises(InvalidInput, match="quota"):
        ClipStore(tmp_path, 10)
    with pytest.raises(InvalidInput, match="quota"):
        store.add(clip("long", frames=60))
    with pytest.raises(InvalidInput, match="name"):
        store.add(clip("../out"))
    with pytest.raises(InvalidInput, match="value"):
        store.add(clip("none", 0.0))
    with pytest.raises(InvalidInput, match="labels"):
        store.add(Clip("half", "cut-in", 0.5, {}, [noise(1), noise(2)], [label(noise(1)[0])]))
    with pytest.raises(InvalidInput, match="no clip"):
        store.thumbnail("gone")
    store.add(clip("one"))
    with pytest.raises(InvalidInput, match="view 1"):
        store.frames("one", 1)
    (tmp_path / "broken.clip").write_bytes(b"PK\x03\x04 no zip")
    assert [c.id for c in store.clips()] == ["one"]
    with pytest.raises(InvalidInput, match="damaged"):
        store.thumbnail("broken")
    assert store.views("one") == []


def test_a_kill_leaves_whole_clips_or_none(tmp_path: Path) -> None:
    program = f"""
import os, pathlib, numpy as np
from engine.perception import files
from engine.perception.clips import Clip, ClipStore
store = ClipStore(pathlib.Path({str(tmp_path)!r}))
image = np.zeros((1, 64, 64, 3), np.uint8)
store.add(Clip("whole", "cut-in", 0.5, {{}}, [image]))
os.fsync = lambda _: os._exit(9)  # the power goes while the second clip is written
store.add(Clip("half", "cut-in", 0.5, {{}}, [image]))
"""
    ended = subprocess.run([sys.executable, "-c", program], env={**os.environ}, check=False,
                           cwd=Path(__file__).parents[3])
    assert ended.returncode == 9
    assert len(list(tmp_path.iterdir())) == 2
    store = ClipStore(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["whole.clip"]
    assert [c.id for c in store.clips()] == ["whole"]
    assert len(store.frames("whole")) == 1
