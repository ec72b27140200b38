"""Any picture as network input, and its answer back in the picture's own pixels.

A picture of another shape is scaled to fit and padded, so that nothing is stretched; its camera is
guessed from a field of view, a height and a pitch. What the network says of real photographs is
outside its training domain, which answers say.

Shape letters: H, W the network's rows and columns; h, w the picture's.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.params import Params, knob
from engine.perception.output_format import HEIGHT, WIDTH

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

UInt8 = npt.NDArray[np.uint8]

MOST_BYTES: Final = 32 * 2**20
MOST_PIXELS: Final = 40_000_000
LEAST_SIDE: Final = 32
_PADDING: Final = 115


class CameraParams(Params):
    """Where the camera of an uploaded picture is taken to be."""

    fov_deg: float = knob(60.0, "Field of view", "Horizontal field of view of the camera.",
                          low=20.0, high=140.0, step=1.0, unit="°", group="Camera")
    height_m: float = knob(1.4, "Height", "Height of the camera above the road.", low=0.3,
                           high=4.0, step=0.05, unit="m", group="Camera")
    pitch_deg: float = knob(2.0, "Pitch", "How far the camera looks down.", low=-20.0, high=45.0,
                            step=0.5, unit="°", group="Camera")


class Fitted(NamedTuple):
    """A picture as the network takes it.

    image: uint8 [H, W, 3]. camera: Its camera. scale: Network pixels a pixel of the picture.
    left, top: Padding in network pixels.
    """

    image: UInt8
    camera: Camera
    scale: float
    left: float
    top: float

    def back(self, uv: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Network pixels (…, 2) to pixels of the picture."""
        return (np.asarray(uv, np.float64) - (self.left, self.top)) / self.scale


def read_picture(data: bytes, name: str) -> UInt8:
    """Decode an uploaded picture.

    Args:
        data: The file.
        name: Its name, for messages.

    Returns:
        uint8 [h, w, 3], RGB.

    Raises:
        InvalidInput: If it is too large, too small or no picture.
    """
    from PIL import Image, UnidentifiedImageError

    if len(data) > MOST_BYTES:
        raise InvalidInput(f"{name} has {len(data) / 2**20:.0f} MB; at most "
                           f"{MOST_BYTES // 2**20} MB are taken. Give a smaller picture")
    try:
        with Image.open(io.BytesIO(data)) as opened:
            w, h = opened.size
            if w * h > MOST_PIXELS:
                raise InvalidInput(f"{name} has {w} × {h} pixels; at most "
                                   f"{MOST_PIXELS // 10**6} million are taken")
            if min(w, h) < LEAST_SIDE:
                raise InvalidInput(f"{name} has {w} × {h} pixels; both sides must have at least "
                                   f"{LEAST_SIDE}")
            return np.asarray(opened.convert("RGB"), np.uint8)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{name} is no picture that can be read (PNG, JPEG, WebP): "
                           f"{error}") from error


def read_picture_file(path: Path) -> UInt8:
    """Decode a picture file.

    Raises:
        InvalidInput: As `read_picture`, or if there is no such file.
    """
    if not path.is_file():
        raise InvalidInput(f"{path} is not there; give a picture file")
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput(f"{path.name} has {path.stat().st_size / 2**20:.0f} MB; at most "
                           f"{MOST_BYTES // 2**20} MB are taken. Give a smaller picture")
    return read_picture(path.read_bytes(), path.name)


def fit(picture: UInt8, params: CameraParams) -> Fitted:
    """Scale a picture into the network's size, padding what is left.

    Args:
        picture: uint8 [h, w, 3].
        params: Its camera.
    """
    from PIL import Image

    from engine.perception.cameras import Camera

    h, w = picture.shape[:2]
    scale = min(WIDTH / w, HEIGHT / h)
    inner = (max(1, round(w * scale)), max(1, round(h * scale)))
    left, top = (WIDTH - inner[0]) // 2, (HEIGHT - inner[1]) // 2
    image = np.full((HEIGHT, WIDTH, 3), _PADDING, np.uint8)
    small = Image.fromarray(picture).resize(inner, Image.Resampling.BILINEAR)
    image[top:top + inner[1], left:left + inner[0]] = np.asarray(small)
    focal = inner[0] / 2 / math.tan(math.radians(params.fov_deg) / 2)
    c, s = math.cos(math.radians(params.pitch_deg)), math.sin(math.radians(params.pitch_deg))
    rotation = np.array([[0.0, -1.0, 0.0], [-s, 0.0, -c], [c, 0.0, -s]])
    camera = Camera(focal, focal, left + inner[0] / 2, top + inner[1] / 2, rotation,
                    np.array([0.0, 0.0, params.height_m]), WIDTH, HEIGHT)
    return Fitted(image, camera, inner[0] / w, float(left), float(top))
