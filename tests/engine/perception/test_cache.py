from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception import cache
from engine.perception.cache import fill, open_cache, world_of
from engine.perception.dataset import Dataset
from engine.perception.evaluate import evaluate, spread
from engine.perception.hydranet import HydraNet
from engine.perception.runtime import TorchRuntime
from engine.perception.styles import STYLES
from engine.perception.train_params import TrainingParams
from engine.perception.train_run import score, train


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards of one world and one frame each."""
    patch = pytest.MonkeyPatch()
    patch.setattr(cache, "WORLDS", 1)
    patch.setattr(cache, "FRAMES", 1)
    folder = tmp_path_factory.mktemp("cache")
    assert fill(folder, "train", 8, 5)["written"] == 2
    again = fill(folder, "train", 8, 5)
    assert again["written"] == 0
    other = tmp_path_factory.mktemp("other")
    fill(other, "train", 4, 5)
    assert np.array_equal(open_cache(other)[0].images, open_cache(folder)[0].images)
    patch.undo()
    return folder


def test_a_cache_holds_what_was_rendered(filled: Path) -> None:
    shards = open_cache(filled)
    assert [len(s.images) for s in shards] == [4, 4]
    one = shards[0]
    assert one.images.shape == (4, 192, 320, 3)
    assert one.view[0] == 0
    assert one.first[-1] == len(one.boxes)
    camera = one.camera_of(0)
    assert camera.width == 320
    for line in one.lines_of(0):
        assert line.shape[1] == 3
        assert np.isfinite(line).all()


def test_an_unfinished_shard_is_written_anew(filled: Path) -> None:
    (filled / "part-00009").mkdir()
    fill(filled, "train", 8, 5)
    assert not (filled / "part-00009").exists()


def test_another_split_or_seed_is_another_folder(filled: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="another folder"):
        fill(filled, "train", 8, 6)
    with pytest.raises(InvalidInput, match="choose from"):
        fill(tmp_path / "a", "test", 8, 6)
    with pytest.raises(InvalidInput, match="at least 1"):
        fill(tmp_path / "b", "train", 0, 6)
    with pytest.raises(InvalidInput, match="no shard"):
        open_cache(tmp_path / "b")


def test_splits_share_neither_worlds_nor_held_out_styles() -> None:
    assert not set(STYLES["train"]) & set(STYLES["held-out"])
    seeds = {split: {world_of(split, 1, k).seed for k in range(50)} for split in cache.SPLITS}
    assert not seeds["train"] & seeds["held-out"]
    assert not seeds["train"] & seeds["val"]
    assert all(world_of("held-out", 1, k).style in STYLES["held-out"] for k in range(20))


def test_a_run_is_killed_and_goes_on(filled: Path, tmp_path: Path) -> None:
    params = TrainingParams(size="tiny", steps=3, batch=2, warm_up=1)
    half = train(filled, filled, tmp_path / "run", params, 1, stop_after=2)
    assert half["step"] == 2
    with (tmp_path / "run" / "metrics.jsonl").open("a") as lines:
        lines.write('{"step": 99}\n{"step": 3, "br')
    whole = train(filled, filled, tmp_path / "run", params, 1)
    assert whole["step"] == 3
    text = (tmp_path / "run" / "metrics.jsonl").read_text()
    assert '"step": 99' not in text
    assert '"val.ap50"' in text
    for name in ("last", "best"):
        for end in ("safetensors", "json", "onnx"):
            assert (tmp_path / "run" / f"{name}.{end}").is_file()
    with pytest.raises(InvalidInput, match="reached"):
        train(filled, filled, tmp_path / "run", params, 1)


def test_an_untrained_network_scores_low_and_finite(filled: Path) -> None:
    pictures = spread(open_cache(filled), 3)
    assert len(pictures) == 3
    facts = evaluate(pictures, TorchRuntime(HydraNet("tiny")))
    assert facts["ap50"] < 0.1
    assert 0 < facts["abs_rel"] < 20
    assert 0.0 <= score(facts) < 0.7
    with pytest.raises(InvalidInput, match="at least 1"):
        spread(open_cache(filled), 0)


def test_rendered_pictures_make_a_batch(filled: Path) -> None:
    data = Dataset(open_cache(filled), 1)
    one, other = data.batch(range(8), 3), data.batch(range(8), 3)
    assert np.array_equal(one.images.numpy(), other.images.numpy())
    assert one.images.shape == (8, 3, 192, 320)
    assert float(one.labels.depth.max()) > 1.0
    assert int(one.labels.owner.max()) < len(one.labels.boxes)
