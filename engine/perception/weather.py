"""Weather and time of day: light, haze, rain and the camera's response to them.

Haze follows Koschmieder 1924: contrast falls by exp(-β r), and visibility is the range at which
5 % is left, β = 3 / visibility. Sun colour by height after Preetham et al. 1999
(doi:10.1145/311535.311545), fitted by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception.params import PerceptionParams
from engine.perception.pattern_kernels import TILE, Light, Triple
from engine.perception.shade_kernels import BRIGHTEST, FOG_STEP_M, TONES
from engine.perception.styles import Style

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

HAZE_STEPS: Final = 1024
_TILE: Final = np.random.default_rng(20).random((TILE, TILE), dtype=np.float32)
"""The one lattice of all textures: a constant, not a draw."""
GAMMA: Final = 1.0 / 2.2


@dataclass(frozen=True, slots=True)
class Weather:
    """The state of the air.

    Attributes:
        name: As shown.
        sun_height_deg: Above the horizon; below 0 it is night.
        sun_azimuth_deg: From the world's x axis.
        cloud: Cover, 0 to 1.
        visibility_m: Range at which 5 % of contrast is left.
        rain_mm_h: Rain.
    """

    name: str
    sun_height_deg: float
    sun_azimuth_deg: float
    cloud: float
    visibility_m: float
    rain_mm_h: float

    @property
    def night(self) -> bool:
        """Whether lamps are lit."""
        return self.sun_height_deg < 2.0


WEATHERS: Final[Mapping[str, Weather]] = {w.name: w for w in (
    Weather("clear", 48.0, 40.0, 0.35, 4000.0, 0.0),
    Weather("overcast", 40.0, 120.0, 1.0, 1500.0, 0.0),
    Weather("low sun", 9.0, 10.0, 0.25, 1800.0, 0.0),
    Weather("rain", 35.0, 200.0, 1.0, 420.0, 6.0),
    Weather("fog", 30.0, 80.0, 1.0, 130.0, 0.0),
    Weather("night", -12.0, 0.0, 0.4, 2500.0, 0.0),
)}
"""Weathers by name."""


def drawn(name: str, rng: np.random.Generator) -> Weather:
    """A weather of that name with its dials drawn around the usual values."""
    w = WEATHERS[name]
    return Weather(
        w.name, w.sun_height_deg * float(rng.uniform(0.7, 1.35)), float(rng.uniform(0.0, 360.0)),
        min(1.0, w.cloud * float(rng.uniform(0.6, 1.2))),
        w.visibility_m * float(rng.uniform(0.7, 1.5)), w.rain_mm_h * float(rng.uniform(0.5, 2.0)))


def light_of(weather: Weather, style: Style, lamps: Float32) -> Light:
    """Everything the shader asks about light.

    Args:
        weather: State of the air.
        style: Pattern sizes and the camera's response.
        lamps: float32 [N, N] map of artificial light around the ego; [1, 1] for none.
    """
    height = np.radians(max(1.0, weather.sun_height_deg))
    azimuth = np.radians(weather.sun_azimuth_deg)
    sun = np.array([np.cos(height) * np.cos(azimuth), np.cos(height) * np.sin(azimuth),
                    np.sin(height)])
    day = float(np.clip((weather.sun_height_deg + 4.0) / 12.0, 0.0, 1.0))
    low = float(np.exp(-max(0.0, weather.sun_height_deg) / 9.0))
    veiled = float(np.clip((weather.cloud - 0.55) / 0.45, 0.0, 1.0))
    beam = np.array([1.75, 1.62 - 0.50 * low, 1.42 - 0.95 * low]) * day * (1.0 - veiled)
    blue = np.array([0.16, 0.30, 0.62])
    grey = np.array([0.62, 0.66, 0.70])
    zenith = (blue + (grey - blue) * veiled) * (0.25 + 0.75 * day)
    horizon_clear = np.array([0.66, 0.74, 0.82]) + low * np.array([0.22, 0.02, -0.22])
    horizon = (horizon_clear + (np.array([0.74, 0.76, 0.78]) - horizon_clear) * veiled)
    ambient = np.array([0.46, 0.52, 0.60]) * (1.0 - 0.35 * low) + veiled * 0.30
    if weather.night:
        zenith, horizon = np.array([0.006, 0.009, 0.020]), np.array([0.030, 0.030, 0.038])
        ambient, beam = np.array([0.040, 0.046, 0.062]), np.zeros(3)
    fog = horizon.copy()
    beta = 3.0 / weather.visibility_m
    haze = 1.0 - np.exp(-beta * FOG_STEP_M * np.arange(HAZE_STEPS))
    wet = float(min(1.0, weather.rain_mm_h / 4.0))
    glare = 0.0 if weather.night else (1.0 - veiled) * (0.35 + 0.9 * low)
    dials = np.array([
        weather.cloud, glare, wet, 0.55 if weather.night else 0.04 + 0.10 * veiled,
        style.noise * (1.2 if weather.night else 1.0), style.texture, style.vignette,
        style.saturation])
    pattern = np.array([*style.window, 3.8, 0.75, 0.50, 0.35])
    return Light(
        sun=_triple(sun), beam=_triple(beam), ambient=_triple(ambient), zenith=_triple(zenith),
        horizon=_triple(horizon), fog=_triple(fog),
        ground_far=_triple(0.7 * ambient * np.array(style.land) + 0.3 * fog),
        haze=haze.astype(np.float32), tone=_response(weather, style),
        lamps=lamps.astype(np.float32), dials=dials, pattern=pattern, noise=_TILE)


def _triple(v: Float64) -> Triple:
    return float(v[0]), float(v[1]), float(v[2])


def _response(weather: Weather, style: Style) -> UInt8:
    """Radiance to 8-bit values: exposure, a filmic shoulder (Reinhard 2002), gamma, contrast."""
    exposure = style.exposure * (1.9 if weather.night else 1.18)
    radiance = np.arange(TONES) * (BRIGHTEST / TONES)
    table = np.empty((3, TONES), np.uint8)
    for c in range(3):
        level = radiance * exposure * style.tint[c]
        white = 2.0
        mapped = level * (1.0 + level / white**2) / (1.0 + 0.55 * level)
        encoded = np.clip(mapped, 0.0, 1.0) ** GAMMA
        table[c] = np.clip(((encoded - 0.5) * style.contrast + 0.5) * 255.0 + 0.5, 0, 255)
    return table


def from_params(params: PerceptionParams) -> Weather:
    """The weather of the knobs; a named weather gives what a slider at its default leaves open."""
    named = WEATHERS[params.weather]
    default = PerceptionParams()
    return Weather(
        named.name,
        named.sun_height_deg if params.sun_height_deg == default.sun_height_deg
        else params.sun_height_deg,
        named.sun_azimuth_deg, named.cloud,
        named.visibility_m if params.visibility_m == default.visibility_m else params.visibility_m,
        named.rain_mm_h if params.rain_mm_h == default.rain_mm_h else params.rain_mm_h)
