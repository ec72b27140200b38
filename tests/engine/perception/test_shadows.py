import math
from dataclasses import replace

import numpy as np
import pytest

from engine.perception.shadows import CONTACT, LONGEST_M, body_shadows
from engine.perception.weather import WEATHERS

SUN = replace(WEATHERS["clear"], sun_height_deg=45.0, sun_azimuth_deg=0.0)
BODY = np.array([[10.0, 4.0, 0.5, 0.3, 4.0, 2.0, 1.5]])


def test_all_shadow_triangles_look_up():
    triangles, _ = body_shadows(np.repeat(BODY, 3, axis=0), SUN)
    e, f = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    assert (np.cross(e, f)[:, 2] >= 0).all()


def test_a_sun_at_45_degrees_throws_a_shadow_as_long_as_the_body_is_high():
    triangles, _ = body_shadows(BODY, SUN)
    foot, _ = body_shadows(BODY, WEATHERS["overcast"])
    # the sun stands in the direction of x, the shadow falls the other way
    shift = foot[..., 0].min() - triangles[..., 0].min()
    shrink = 0.18 * 0.5 * (4.0 * math.cos(0.3) + 2.0 * math.sin(0.3))
    assert shift == pytest.approx(0.92 * 1.5 - shrink, abs=0.02)


def test_without_sun_there_is_only_the_contact_shade():
    for name in ("overcast", "night"):
        triangles, strength = body_shadows(BODY, WEATHERS[name])
        assert len(triangles) == 2
        assert strength == pytest.approx(CONTACT)


def test_a_low_sun_throws_no_endless_shadow():
    low = replace(SUN, sun_height_deg=2.5)
    triangles, _ = body_shadows(np.array([[0, 0, 0, 0, 4.0, 2.0, 50.0]]), low)
    assert np.abs(triangles[..., :2]).max() < LONGEST_M + 3.0


def test_nobody_throws_no_shadow():
    triangles, strength = body_shadows(np.zeros((0, 7)), SUN)
    assert len(triangles) == len(strength) == 0
