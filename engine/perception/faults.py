"""What may go wrong with a camera or the sky beyond anything the networks were trained on.

A share of the fleet's vehicles is sent out with one of these, so that the trigger for pictures out
of distribution has something to catch, with the truth known. The strengths follow the corruptions
of ImageNet-C (Hendrycks and Dietterich 2019, arXiv:1903.12261).

Shape letters: V views, H and W rows and columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from engine.errors import InvalidInput
from engine.perception.weather import Weather

UInt8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]

FAULTS: Final[Mapping[str, str]] = MappingProxyType({
    "defocus": "A lens out of focus.",
    "dirt": "Mud on the glass.",
    "sensor noise": "A sensor far too warm.",
    "colour cast": "White balance gone wrong.",
    "over-exposed": "Exposure stuck too long.",
    "dense fog": "Fog thicker than any trained on.",
    "cloudburst": "Rain heavier than any trained on, with spray.",
})
"""Faults and what they are."""


def sky_with(fault: str | None, sky: Weather, rng: np.random.Generator) -> Weather:
    """The weather of a vehicle that has a fault; as it was unless the fault is the sky's.

    Raises:
        InvalidInput: If there is no such fault.
    """
    if fault is not None and fault not in FAULTS:
        raise InvalidInput(f"fault is {fault!r}; choose from {', '.join(FAULTS)}")
    if fault == "dense fog":
        return replace(sky, name="fog", cloud=1.0, sun_height_deg=25.0,
                       visibility_m=float(rng.uniform(18.0, 32.0)), rain_mm_h=0.0)
    if fault == "cloudburst":
        return replace(sky, name="rain", cloud=1.0, sun_height_deg=25.0,
                       visibility_m=float(rng.uniform(50.0, 75.0)),
                       rain_mm_h=float(rng.uniform(26.0, 30.0)))
    return sky


class Spoiler:
    """Spoils the pictures of one vehicle, always in the same way.

    Args:
        fault: A name in `FAULTS`; None leaves pictures as they are.
        rng: Of the fault's pattern and of the noise in each picture.
    """

    def __init__(self, fault: str | None, rng: np.random.Generator) -> None:
        self.fault = fault
        self._rng = rng
        self._dirt: Float32 | None = None

    def __call__(self, images: UInt8) -> UInt8:
        """Pictures with the fault, uint8 [V, H, W, 3]."""
        x = images.astype(np.float32)
        if self.fault == "defocus":
            x = gaussian_filter(x, (0, 2.6, 2.6, 0))
        elif self.fault == "dirt":
            mask = self._splashes(images.shape[1:3])[None, ..., None]
            x = x * (1.0 - mask) + np.array([58.0, 46.0, 34.0], np.float32) * mask
        elif self.fault == "sensor noise":
            x = x + self._rng.normal(0.0, 34.0, x.shape).astype(np.float32)
        elif self.fault == "colour cast":
            x = x * np.array([1.35, 0.9, 0.5], np.float32)
        elif self.fault == "over-exposed":
            x = 255.0 * np.minimum(1.0, x / 255.0 * 2.4) ** 0.8
        else:
            return images
        return np.clip(x, 0.0, 255.0).astype(np.uint8)

    def _splashes(self, size: tuple[int, int]) -> Float32:
        """float32 [H, W] in [0, 1], drawn once: dirt stays where it is."""
        if self._dirt is None:
            rough = gaussian_filter(self._rng.normal(size=size), 9.0)
            rough = (rough - np.quantile(rough, 0.62)) / rough.std()
            self._dirt = np.clip(2.5 * rough, 0.0, 0.92).astype(np.float32)
        return self._dirt
