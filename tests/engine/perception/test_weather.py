import math

import numpy as np
import pytest

from engine.perception.params import PerceptionParams
from engine.perception.pattern_kernels import WET
from engine.perception.shade_kernels import FOG_STEP_M
from engine.perception.styles import STYLE
from engine.perception.weather import WEATHERS, drawn, from_params, light_of

NO_LAMPS = np.zeros((1, 1), np.float32)


@pytest.mark.parametrize("name", sorted(WEATHERS))
def test_five_per_cent_of_contrast_is_left_at_the_visibility(name):
    weather = WEATHERS[name]
    light = light_of(weather, STYLE["Old town"], NO_LAMPS)
    at = min(len(light.haze) - 1, round(weather.visibility_m / FOG_STEP_M))
    expected = 1 - math.exp(-3.0 * at * FOG_STEP_M / weather.visibility_m)
    assert light.haze[at] == pytest.approx(expected, abs=1e-6)
    assert light.haze[0] == 0.0
    assert (np.diff(light.haze) >= 0).all()


def test_the_response_never_falls():
    for style in STYLE.values():
        tone = light_of(WEATHERS["clear"], style, NO_LAMPS).tone.astype(int)
        assert (np.diff(tone, axis=1) >= 0).all()
        assert tone[:, 0].max() < 40
        assert tone[:, -1].min() > 215


def test_the_sun_points_where_it_stands_and_is_red_when_low():
    high = light_of(WEATHERS["clear"], STYLE["Old town"], NO_LAMPS)
    low = light_of(WEATHERS["low sun"], STYLE["Old town"], NO_LAMPS)
    assert np.linalg.norm(high.sun) == pytest.approx(1.0)
    assert high.sun[2] == pytest.approx(math.sin(math.radians(48.0)))
    assert low.beam[2] / low.beam[0] < high.beam[2] / high.beam[0]


def test_night_has_no_sun_and_rain_wets_the_road():
    night = light_of(WEATHERS["night"], STYLE["Old town"], NO_LAMPS)
    assert night.beam == (0.0, 0.0, 0.0)
    assert max(night.ambient) < 0.1
    assert light_of(WEATHERS["rain"], STYLE["Old town"], NO_LAMPS).dials[WET] == 1.0
    assert light_of(WEATHERS["clear"], STYLE["Old town"], NO_LAMPS).dials[WET] == 0.0


def test_a_slider_changes_what_the_name_says():
    base = PerceptionParams(weather="fog")
    assert from_params(base) == WEATHERS["fog"]
    assert from_params(base.with_changes(rain_mm_h=9.0)).rain_mm_h == 9.0
    assert from_params(base.with_changes(visibility_m=60.0)).visibility_m == 60.0


def test_drawn_weather_stays_what_it_is_called():
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert drawn("night", rng).night
        assert not drawn("clear", rng).night
        assert 60 < drawn("fog", rng).visibility_m < 260
