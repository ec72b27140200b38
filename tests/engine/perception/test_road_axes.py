from __future__ import annotations

import numpy as np
import pytest

from engine.perception.bev import Objects, nothing
from engine.perception.params import PerceptionParams
from engine.perception.road_axes import RoadAxes, align, axes_around, fold
from engine.perception.scene import from_world
from engine.perception.world import World


def crossing() -> RoadAxes:
    """A road along x, and one across it at x = 40."""
    t = np.arange(-30.0, 61.0, 2.0)
    along = np.stack([t, 0.0 * t], axis=1)
    across = np.stack([0.0 * t + 40.0, t], axis=1)
    return RoadAxes(np.concatenate([along, across]),
                    np.repeat([0.0, np.pi / 2], len(t)), np.full(2 * len(t), 5.0),
                    np.repeat([0, 1], len(t)))


def seen(place: tuple[float, float], heading: float, kind: int = 0) -> Objects:
    return Objects(np.array([[*place, 0.8]]), np.eye(2)[None], np.array([heading]),
                   np.array([[4.5, 1.8, 1.5]]), np.array([kind]), np.array([0.8]),
                   np.zeros(1, np.int64), np.ones(1, np.int64))


@pytest.mark.parametrize(("place", "heading", "kind", "aligned"), [
    ((10.0, 3.0), 0.6, 0, 0.0),
    ((10.0, 3.0), -2.6, 1, -np.pi),
    ((40.0, 20.0), 1.1, 0, np.pi / 2),
    # where the roads cross, the nearer axis
    ((40.0, 1.0), 1.2, 0, np.pi / 2),
    ((40.0, 1.0), 0.3, 0, 0.0),
    # a pedestrian, and what stands off the road, keep theirs
    ((10.0, 3.0), 0.6, 3, 0.6),
    ((10.0, 30.0), 0.6, 0, 0.6),
])
def test_vehicles_stand_along_the_road(place: tuple[float, float], heading: float, kind: int,
                                       aligned: float) -> None:
    found = float(align(seen(place, heading, kind), crossing()).heading[0])
    assert np.cos(found - aligned) == pytest.approx(1.0)


def test_nothing_is_aligned_with_nothing() -> None:
    assert len(align(nothing(), crossing()).heading) == 0
    empty = RoadAxes(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    assert align(seen((1.0, 0.0), 0.7), empty).heading[0] == 0.7


def test_an_angle_between_axes_is_at_most_a_right_one() -> None:
    assert fold(np.array([0.2, np.pi - 0.2, -np.pi, 2.0])) == pytest.approx(
        [0.2, -0.2, 0.0, 2.0 - np.pi])


def test_the_cars_own_road_runs_as_its_route() -> None:
    world = World(PerceptionParams(), 5)
    axes = axes_around(world.network, world.snapshot())
    route = from_world(world).route[8:40]
    for point, ahead in zip(route[:-1], np.diff(route, axis=0), strict=True):
        nearest = int(np.linalg.norm(axes.xy - point, axis=1).argmin())
        assert abs(float(fold(axes.yaw[nearest] - np.arctan2(ahead[1], ahead[0])))) < 0.1
        assert np.linalg.norm(axes.xy[nearest] - point) < axes.half[nearest]
