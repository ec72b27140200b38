from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from engine.perception import weather
from engine.perception.params import PerceptionParams
from engine.perception.rain_kernels import streaks
from engine.perception.render import Renderer
from engine.perception.world import World


@pytest.fixture(scope="module")
def town():
    world = World(PerceptionParams(junctions=1), 31)
    for _ in range(10):
        world.step()
    return world


def test_pictures_do_not_depend_on_the_number_of_threads(town):
    now = town.snapshot()
    one, exposure = Renderer(town).render(now), Renderer(town, threads=2).begin(now)
    with ThreadPoolExecutor(2) as pool:
        for thread in pool.map(lambda t: [exposure.draw(t, v) for v in range(7 - t, -1, -2)],
                               range(2)):
            assert len(thread) == 4
    two = exposure.rendered
    for name in ("images", "depth", "owner", "lane", "drivable", "extent", "visible", "covered"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name


def test_a_picture_drawn_twice_is_the_same(town):
    renderer = Renderer(town)
    first = renderer.render(town.snapshot()).images.copy()
    town_images = renderer.render(town.snapshot()).images
    assert np.array_equal(first, town_images)


def test_covered_is_never_less_than_visible(town):
    seen = Renderer(town).render(town.snapshot())
    assert (seen.covered >= seen.visible).all()
    assert (seen.covered > seen.visible).any()


def test_sky_has_no_depth_and_no_owner(town):
    seen = Renderer(town).render(town.snapshot())
    sky = seen.depth == 0
    assert 0.1 < sky.mean() < 0.7
    assert (seen.owner[sky & (seen.drivable == 0)][:10] == 0).all()
    assert (seen.drivable[sky] == 0).mean() > 0.99
    assert seen.depth.max() < 250


@pytest.mark.parametrize("name", ["fog", "night", "rain", "low sun"])
def test_weather_changes_the_picture_and_not_the_labels(town, name):
    now = town.snapshot()
    plain = Renderer(town).render(now)
    other = World(PerceptionParams(junctions=1, weather=name), 31)
    for _ in range(10):
        other.step()
    seen = Renderer(other).render(other.snapshot())
    assert np.array_equal(seen.owner, plain.owner)
    assert np.array_equal(seen.lane, plain.lane)
    assert np.array_equal(seen.depth, plain.depth)
    assert np.abs(seen.images.astype(int) - plain.images).mean() > 8


def test_night_is_darker_and_fog_has_less_contrast():
    def seen(name):
        world = World(PerceptionParams(junctions=1, weather=name), 31)
        return Renderer(world).render(world.snapshot())
    clear, night, fog = (seen(n) for n in ("clear", "night", "fog"))
    sky = clear.depth == 0
    assert night.images[sky].mean() < 0.4 * clear.images[sky].mean()
    assert night.images.mean() < 0.85 * clear.images.mean()
    far = (clear.depth > 60) & (clear.owner == 0)
    assert fog.images[far].std() < 0.5 * clear.images[far].std()


def test_a_braking_car_shows_its_lamps():
    world = World(PerceptionParams(junctions=1), 31)
    renderer = Renderer(world)
    before = renderer.render(world.snapshot())
    for a in world.traffic.actors:
        a.accel = -3.0
    after = renderer.render(world.snapshot())
    car = np.isin(before.owner, np.arange(1, before.placed.labels + 1))
    red = after.images[..., 0].astype(int) - before.images[..., 0]
    assert np.array_equal(before.owner, after.owner)
    assert (red[car] > 40).sum() > 5
    assert np.abs(red[~car]).max() == 0


def test_more_rain_draws_more_streaks():
    changed = []
    for rate in (1.0, 8.0):
        rgb = np.full((96, 160, 3), 60, np.uint8)
        streaks(rgb, rate, 7)
        changed.append((rgb[..., 0] > 60).mean())
        again = np.full((96, 160, 3), 60, np.uint8)
        streaks(again, rate, 7)
        assert np.array_equal(rgb, again)
    assert 0 < changed[0] < changed[1] < 0.5


def test_the_params_weather_is_the_worlds(town):
    assert town.weather == weather.WEATHERS["clear"]
