from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from engine.errors import InvalidInput
from engine.perception import video
from engine.perception.__main__ import main
from engine.perception.cli_fleet import PRODUCTION
from engine.perception.clips import ClipStore
from engine.perception.pictures import CameraParams
from engine.perception.runtime import load_runtime
from engine.perception.truth import generate


def street() -> Iterator[np.ndarray]:
    """A short rendered drive, as good as a dashcam's."""
    for sample in generate(21, scenario="cut-in", style="Avenue", weather="clear", n_frames=4,
                           every=2, views=(0,)):
        yield sample.images[0]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An mp4 of 0.8 s at 5 frames a second."""
    path = tmp_path_factory.mktemp("film") / "drive.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.bit_rate = 320, 192, 4_000_000
        for image in street():
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        out.mux(stream.encode())
    return path


def png(image: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def test_a_film_is_seen_frame_by_frame(film: Path, tmp_path: Path) -> None:
    with video.open_video(film.read_bytes(), "drive.mp4") as source:
        assert (source.width, source.height, source.fps) == (320, 192, 5.0)
        assert source.duration_s == pytest.approx(0.8, abs=0.05)
        seen = list(video.analyse(video.frames(source), load_runtime(PRODUCTION), CameraParams()))
    assert [round(f.time_s, 2) for f in seen] == [0.0, 0.2, 0.4, 0.6]
    true = list(street())
    assert np.abs(seen[2].picture.astype(float) - true[2]).mean() < 12.0
    assert all("outside" in f.facts["domain"] for f in seen)
    assert sum(len(f.facts["boxes"]) for f in seen) > 0
    assert any(f.facts["tracks"] for f in seen)
    assert all(f.uncertainty > 0.0 for f in seen)
    store = ClipStore(tmp_path)
    assert store.add(video.clip_of(seen, "mine", {"name": "drive.mp4"}))
    kept, = store.clips()
    assert (kept.trigger, kept.frames, kept.labelled) == (video.TRIGGER, 4, False)


def test_frames_are_taken_no_oftener_than_asked(film: Path) -> None:
    with video.open_video(film, "drive.mp4") as source:
        assert [round(t, 2) for t, _ in video.frames(source, 0.35)] == [0.0, 0.4]
        with pytest.raises(InvalidInput, match="every"):
            list(video.frames(source, 0.0))


def test_pictures_are_seen_as_a_film_is() -> None:
    images = [("a.png", png(next(street()))), ("b.png", png(np.zeros((120, 90, 3), np.uint8)))]
    seen = list(video.analyse(video.pictures(images), load_runtime(PRODUCTION), CameraParams()))
    assert [f.time_s for f in seen] == [0.0, 0.2]
    assert seen[1].picture.shape == (120, 90, 3)
    assert seen[1].image.shape == (192, 320, 3)
    assert seen[1].facts["size"] == [90, 120]
    with pytest.raises(InvalidInput, match="0 pictures"):
        list(video.pictures([]))
    with pytest.raises(InvalidInput, match="no picture"):
        list(video.pictures([("x.png", b"not one")]))
    with pytest.raises(InvalidInput, match="no frames"):
        video.clip_of([], "x", {})


@pytest.mark.parametrize(("data", "words"), [
    (b"", "0.0 MB"), (b"no film at all" * 40, "no film"),
    (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "no film"),
    (b"\0" * (video.MOST_BYTES + 1), "64 MB")])
def test_what_is_no_film_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words), video.open_video(data, "x.mp4"):
        pass


def test_a_broken_film_and_a_missing_one_are_told(film: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not there"), video.open_video(tmp_path / "x", "x"):
        pass
    whole = film.read_bytes()
    with pytest.raises(InvalidInput, match="no film"), video.open_video(whole[:900], "cut.mp4"):
        pass


def test_a_film_of_too_many_pixels_is_refused(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MOST_PIXELS", 100)
    with pytest.raises(InvalidInput, match="320 × 192"), video.open_video(film, "drive.mp4"):
        pass
    monkeypatch.undo()
    monkeypatch.setattr(video, "MOST_SECONDS", 0.5)
    with pytest.raises(InvalidInput, match="at most 0 s"), video.open_video(film, "drive.mp4"):
        pass


def test_the_command_says_what_is_in_a_film(film: Path, tmp_path: Path,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "clips"
    assert main(["video", str(film), "--every", "0.4", "--weights", str(PRODUCTION),
                 "--out", str(tmp_path / "frames"), "--keep", str(kept)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [f["time_s"] for f in told["frames"]] == [0.0, 0.4]
    assert told["kept"]
    assert len(ClipStore(kept).clips()) == 1
    assert len(list((tmp_path / "frames").glob("frame-*.png"))) == 2
    assert all("outside" in f["domain"] for f in told["frames"])
    assert main(["video", str(tmp_path / "none.mp4")]) == 2
    assert "none.mp4" in capsys.readouterr().err
