"""Visual styles: palettes, architecture and markings; some are never trained on.

Colours are linear reflectances. A style changes what a network might learn by heart: materials,
windows, trees, lane markings, the camera's response.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from engine.perception.meshes import Colour


@dataclass(frozen=True, slots=True)
class Style:
    """How a town and the pictures of it look.

    Attributes:
        name: As shown.
        asphalt: Carriageway.
        pavement: Slabs.
        kerb: Kerb stones.
        land: Grass, sand or paving around.
        marking: White paint.
        centre: Paint of the centre line.
        centre_double: Two solid lines in the middle, else one dashed line on small roads.
        dash_m: Length of a lane dash.
        period_m: From dash to dash.
        line_m: Width of a line.
        zebra_m: From bar to bar of a crossing.
        walls: Façades.
        roof: Roofs.
        storeys: Least and most.
        setback_m: From pavement to wall.
        gap: Share of plots left empty.
        window: Pitch along and up (m), share of glass along and up.
        foliage: Trees.
        conifer: Share of conifers.
        trees: Trees a 10 m of pavement.
        lamp_arm_m: Arm of the street lamps.
        signal_yellow: Whether signal heads are yellow.
        exposure: Of the camera.
        contrast: Of the camera, 1 neutral.
        saturation: Of the camera, 1 neutral.
        tint: White balance, red, green, blue.
        noise: Of the sensor, share of full scale.
        vignette: Fall of light towards the corners.
        texture: Contrast of the ground's textures.
    """

    name: str
    asphalt: Colour = (0.085, 0.088, 0.095)
    pavement: Colour = (0.34, 0.33, 0.31)
    kerb: Colour = (0.42, 0.42, 0.41)
    land: Colour = (0.10, 0.16, 0.055)
    marking: Colour = (0.74, 0.74, 0.72)
    centre: Colour = (0.74, 0.74, 0.72)
    centre_double: bool = False
    dash_m: float = 3.0
    period_m: float = 9.0
    line_m: float = 0.14
    zebra_m: float = 1.0
    walls: tuple[Colour, ...] = (
        (0.48, 0.37, 0.27), (0.33, 0.23, 0.18), (0.58, 0.54, 0.47), (0.27, 0.30, 0.33),
        (0.43, 0.22, 0.14), (0.38, 0.42, 0.36))
    roof: Colour = (0.18, 0.17, 0.17)
    storeys: tuple[int, int] = (2, 6)
    setback_m: float = 0.6
    gap: float = 0.12
    window: tuple[float, float, float, float] = (2.4, 3.1, 0.50, 0.52)
    foliage: tuple[Colour, ...] = ((0.075, 0.13, 0.04), (0.10, 0.15, 0.05), (0.06, 0.115, 0.045))
    conifer: float = 0.1
    trees: float = 0.55
    lamp_arm_m: float = 2.0
    signal_yellow: bool = False
    exposure: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    tint: Colour = (1.0, 1.0, 1.0)
    noise: float = 0.012
    vignette: float = 0.5
    texture: float = 1.0


_OLD_TOWN = Style("Old town")

_ALL: Final = (
    _OLD_TOWN,
    replace(_OLD_TOWN, name="Avenue", asphalt=(0.11, 0.11, 0.115), centre=(0.72, 0.46, 0.06),
            centre_double=True, walls=((0.55, 0.55, 0.56), (0.30, 0.34, 0.40), (0.62, 0.58, 0.52),
                                       (0.22, 0.24, 0.27), (0.50, 0.42, 0.36)),
            storeys=(4, 12), window=(3.0, 3.4, 0.72, 0.60), setback_m=2.0, trees=0.4,
            lamp_arm_m=3.2, signal_yellow=True, zebra_m=1.2, line_m=0.12, contrast=1.08,
            pavement=(0.42, 0.41, 0.40)),
    replace(_OLD_TOWN, name="Suburb", asphalt=(0.13, 0.13, 0.13), storeys=(1, 3), gap=0.42,
            setback_m=6.0, walls=((0.66, 0.62, 0.54), (0.58, 0.44, 0.34), (0.70, 0.68, 0.64),
                                  (0.44, 0.50, 0.52), (0.52, 0.30, 0.22)),
            roof=(0.28, 0.12, 0.08), window=(3.4, 3.0, 0.38, 0.42), trees=0.9, conifer=0.3,
            land=(0.12, 0.20, 0.06), dash_m=4.0, period_m=12.0, saturation=1.12,
            tint=(1.02, 1.0, 0.97)),
    replace(_OLD_TOWN, name="Works quarter", asphalt=(0.07, 0.07, 0.075), storeys=(2, 4),
            walls=((0.30, 0.14, 0.09), (0.38, 0.20, 0.13), (0.34, 0.35, 0.36), (0.46, 0.44, 0.40)),
            window=(4.2, 3.6, 0.66, 0.44), gap=0.25, trees=0.2, land=(0.17, 0.15, 0.10),
            pavement=(0.26, 0.26, 0.25), texture=1.4, saturation=0.85, noise=0.018,
            dash_m=2.0, period_m=6.0, exposure=0.94),
    replace(_OLD_TOWN, name="Southern coast", asphalt=(0.16, 0.155, 0.15),
            walls=((0.80, 0.78, 0.72), (0.74, 0.60, 0.42), (0.70, 0.46, 0.34), (0.78, 0.70, 0.56)),
            roof=(0.40, 0.18, 0.10), storeys=(1, 5), window=(2.9, 3.2, 0.34, 0.46),
            land=(0.28, 0.24, 0.14), pavement=(0.50, 0.46, 0.40), foliage=((0.11, 0.14, 0.05),
                                                                          (0.09, 0.12, 0.06)),
            trees=0.35, saturation=1.1, tint=(1.05, 1.0, 0.92), exposure=1.08, line_m=0.12),
    replace(_OLD_TOWN, name="Northern grey", asphalt=(0.075, 0.08, 0.09), gap=0.3, conifer=0.6,
            walls=((0.40, 0.42, 0.44), (0.52, 0.52, 0.50), (0.30, 0.16, 0.12), (0.24, 0.28, 0.30)),
            land=(0.10, 0.125, 0.06), foliage=((0.045, 0.085, 0.04), (0.055, 0.10, 0.05)),
            saturation=0.8, tint=(0.96, 1.0, 1.05), contrast=0.94, centre=(0.72, 0.46, 0.06),
            dash_m=3.0, period_m=12.0, window=(2.7, 2.9, 0.42, 0.48)),
    # never trained on
    replace(_OLD_TOWN, name="Garden city", asphalt=(0.10, 0.095, 0.09), gap=0.35, storeys=(2, 4),
            walls=((0.74, 0.72, 0.68), (0.50, 0.26, 0.20), (0.62, 0.66, 0.60), (0.36, 0.40, 0.46)),
            window=(2.1, 2.8, 0.58, 0.58), setback_m=4.0, trees=0.8, land=(0.085, 0.175, 0.05),
            pavement=(0.40, 0.36, 0.33), kerb=(0.50, 0.49, 0.47), dash_m=2.5, period_m=8.0,
            line_m=0.15, zebra_m=0.9, saturation=1.05, tint=(0.99, 1.01, 0.99), vignette=0.7),
    replace(_OLD_TOWN, name="Glass centre", asphalt=(0.095, 0.10, 0.105), storeys=(6, 16),
            walls=((0.36, 0.42, 0.48), (0.26, 0.30, 0.34), (0.60, 0.62, 0.64), (0.44, 0.40, 0.38)),
            window=(1.6, 3.5, 0.84, 0.74), setback_m=3.0, trees=0.3, centre=(0.74, 0.50, 0.08),
            centre_double=True, pavement=(0.46, 0.45, 0.45), dash_m=3.5, period_m=10.0,
            lamp_arm_m=2.6, signal_yellow=True, contrast=1.12, tint=(0.97, 1.0, 1.04)),
    replace(_OLD_TOWN, name="Autumn", asphalt=(0.12, 0.115, 0.11), gap=0.2, conifer=0.15,
            foliage=((0.34, 0.17, 0.03), (0.26, 0.09, 0.03), (0.30, 0.22, 0.05)), trees=0.7,
            land=(0.19, 0.15, 0.06), walls=((0.56, 0.46, 0.36), (0.44, 0.26, 0.20),
                                            (0.66, 0.60, 0.50)),
            window=(2.6, 3.3, 0.46, 0.56), saturation=1.0, tint=(1.04, 1.0, 0.94), texture=1.2,
            dash_m=3.0, period_m=8.0, noise=0.015),
)

STYLE: Final[Mapping[str, Style]] = {s.name: s for s in _ALL}
"""Every style by name."""

_HELD_OUT: Final = ("Garden city", "Glass centre", "Autumn")
_KNOWN: Final = tuple(s.name for s in _ALL if s.name not in _HELD_OUT)

STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    "train": _KNOWN, "val": _KNOWN, "held-out": _HELD_OUT,
}
"""Styles of each split: validation differs from training by its seeds, held-out by its styles."""
