from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import InvalidInput
from engine.perception.__main__ import main
from engine.perception.calibration import ground_plane
from engine.perception.checkpoint import save_network
from engine.perception.detect import describe
from engine.perception.hydranet import HydraNet
from engine.perception.pictures import CameraParams, fit, read_picture
from engine.perception.runtime import TorchRuntime


def encoded(height: int, width: int) -> bytes:
    out = io.BytesIO()
    picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(("height", "width"), [(192, 320), (400, 300), (120, 900), (33, 32)])
def test_any_shape_fits_and_comes_back(height: int, width: int) -> None:
    picture = read_picture(encoded(height, width), "a.png")
    fitted = fit(picture, CameraParams())
    assert fitted.image.shape == (192, 320, 3)
    corner = np.array([fitted.left, fitted.top])
    assert fitted.back(corner).tolist() == [0.0, 0.0]
    end = fitted.back(320 - corner if width / height > 320 / 192 else 192 - corner)
    assert np.abs(end - (width if width / height > 320 / 192 else height)).min() < 8
    assert np.isfinite(ground_plane(fitted.camera)).all()


def test_the_field_of_view_makes_the_focal_length() -> None:
    fitted = fit(read_picture(encoded(192, 320), "a.png"), CameraParams(fov_deg=90.0))
    assert fitted.camera.fx == pytest.approx(160.0)


@pytest.mark.parametrize(("data", "words"), [
    (b"no picture", "no picture"), (b"", "no picture"), (encoded(8, 300), "at least"),
    (encoded(192, 320)[:500], "no picture"), (b"0" * (33 * 2**20), "at most"),
])
def test_what_is_no_picture_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_picture(data, "a.png")


def test_facts_are_json_in_the_pictures_own_pixels() -> None:
    picture = read_picture(encoded(400, 300), "a.png")
    facts, drawn = describe(picture, TorchRuntime(HydraNet("tiny")), CameraParams(), 0.0)
    assert drawn.shape == picture.shape
    assert json.loads(json.dumps(facts))["size"] == [300, 400]
    assert facts["boxes"]
    for box in facts["boxes"]:
        x0, y0, x1, y1 = box["box"]
        assert 0 <= x0 <= x1 <= 300
        assert 0 <= y0 <= y1 <= 400


def test_the_command_prints_json_and_writes_overlays(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_network(tmp_path / "net.safetensors", HydraNet("tiny"), {})
    (tmp_path / "a.png").write_bytes(encoded(100, 160))
    status = main(["detect", str(tmp_path / "a.png"), "--out", str(tmp_path / "out"), "--weights",
                   str(tmp_path / "net.safetensors")])
    assert status == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pictures"][str(tmp_path / "a.png")]["overlay"] == "a-overlay.png"
    assert (tmp_path / "out" / "a-overlay.png").is_file()
    assert main(["detect", str(tmp_path / "none.png")]) == 2
    assert "not there" in capsys.readouterr().err
