"""What the network's numbers mean: sizes, levels, classes, bins. Imported without torch."""

from __future__ import annotations

from typing import Final

HEIGHT: Final = 192
WIDTH: Final = 320
STRIDES: Final = (4, 8, 16)
"""Detection levels P2, P3, P4, in pixels."""
CLASSES: Final = ("car", "truck", "cyclist", "pedestrian", "cone", "traffic light", "sign")
LIGHTS: Final = ("none", "red", "amber", "green")
REACH: Final = 12
"""Largest distance from a point to a side of its box, in strides of its level."""
SPACE: Final = 8
"""Values of a box in space: du, dv, log z, log length, log width, log height, sin, cos."""
BINS: Final = 24
"""Depth bins, evenly spaced in the logarithm."""
NEAREST_M: Final = 0.8
FARTHEST_M: Final = 240.0
MASKS: Final = ("drivable", "lane line", "centre line", "road edge")
