import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception.bodies import LIGHT, SIGN
from engine.perception.cameras import clip_near
from engine.perception.scenarios import SCENARIOS
from engine.perception.styles import STYLE, STYLES
from engine.perception.truth import SPLITS, generate, world_seed


@pytest.fixture(scope="module")
def samples():
    return list(generate(21, scenario="town drive", style="Avenue", weather="clear", n_frames=2,
                         every=20))


def test_shapes_and_types_are_what_the_sample_says(samples):
    s = samples[0]
    assert s.images.shape == (8, 192, 320, 3)
    assert (s.images.dtype, s.depth.dtype, s.instance.dtype) == (np.uint8, np.float16, np.int16)
    assert s.lane.max() <= 3
    assert s.futures.shape == (len(s.actors), 30, 2)
    assert s.pasts.shape == (len(s.actors), 10, 2)
    assert len(s.boxes) == len(s.box_view) == len(s.box_class) == len(s.box_light) > 10
    assert s.route.shape == (32, 2)


def test_a_box_is_exactly_its_visible_pixels(samples):
    s = samples[1]
    for k, view in enumerate(s.box_view):
        x0, y0, x1, y1 = s.boxes[k].astype(int)
        inside = s.instance[view, y0:y1, x0:x1]
        found = [i for i in np.unique(inside) if i > 0 and (inside == i).sum() == s.box_pixels[k]]
        assert any(inside[0].__eq__(i).any() and inside[-1].__eq__(i).any()
                   and (inside[:, 0] == i).any() and (inside[:, -1] == i).any() for i in found)
        assert 0.0 < s.box_visible[k] <= 1.0


def test_a_box_lies_around_its_actor(samples):
    s = samples[0]
    checked = 0
    for k, row in enumerate(s.box_actor):
        if row < 0 or s.box_visible[k] < 0.95 or s.box_pixels[k] < 60:
            continue
        camera = s.cameras[s.box_view[k]]
        x, y, z = camera.R @ (s.actors[row, :3].astype(float) - camera.t)
        u, v = camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy
        x0, y0, x1, y1 = s.boxes[k]
        if x0 > 0 and x1 < 320 and y1 < 192 and y0 > 0:
            assert x0 - 1 <= u <= x1 + 1
            assert y0 - 1 <= v <= y1 + 1
            checked += 1
    assert checked > 5


def test_depth_within_a_box_is_the_distance_of_its_actor(samples):
    s = samples[0]
    checked = 0
    for k, row in enumerate(s.box_actor):
        if row < 0 or s.box_pixels[k] < 60:
            continue
        camera, view = s.cameras[s.box_view[k]], s.box_view[k]
        z = (camera.R @ (s.actors[row, :3].astype(float) - camera.t))[2]
        x0, y0, x1, y1 = s.boxes[k].astype(int)
        patch = s.depth[view, y0:y1, x0:x1].astype(float)
        values, counts = np.unique(s.instance[view, y0:y1, x0:x1], return_counts=True)
        own = next(i for i, c in zip(values, counts, strict=True) if i and c == s.box_pixels[k])
        depth = np.median(patch[s.instance[view, y0:y1, x0:x1] == own])
        assert abs(depth - z) < 0.5 * np.hypot(*s.actors[row, 4:6]) + 0.5
        checked += 1
    assert checked > 5


def test_lines_lie_on_the_pixels_labelled_as_lines(samples):
    s = samples[0]
    assert {2, 3} <= set(s.lane_type.tolist())
    for kind in set(s.lane_type.tolist()):
        on = total = 0
        for line in s.lanes[s.lane_type == kind]:
            line = line[~np.isnan(line[:, 0])].astype(float)
            line = line[(line[:, 0] > 4) & (line[:, 0] < 25)]
            if len(line) < 2:
                continue
            for piece in clip_near(s.cameras[0], line):
                for u, v in piece:
                    i, j = int(v), int(u)
                    if 1 <= i < 191 and 3 <= j < 317 and s.instance[0, i, j] == 0 and (
                            s.drivable[0, i, j]):
                        total += 1
                        # two lines painted close together are one boundary between them
                        reach = 2 if kind != 2 else 3
                        on += (s.lane[0, i - 1:i + 2, j - reach:j + reach + 1] == kind).any()
        assert total > 3, kind
        assert on / total > 0.9, kind


def test_lane_labels_lie_on_the_carriageway(samples):
    for s in samples:
        assert (s.drivable[s.lane > 0] == 1).all()
        assert (s.instance[s.drivable > 0] == 0).all()


def test_pasts_end_where_the_actor_is_and_futures_go_on_from_there(samples):
    s = samples[0]
    assert s.pasts[:, -1] == pytest.approx(s.actors[:, :2], abs=0.02)
    step = np.hypot(*(s.futures[:, 0] - s.pasts[:, -1]).T)
    assert np.nanmax(np.abs(step - s.actors[:, 7] * 0.1)) < 0.25


def test_the_future_is_what_then_happens(samples):
    first, second = samples
    then = {n: r for r, n in enumerate(second.actor_id)}
    both = [(i, then[n]) for i, n in enumerate(first.actor_id) if n in then]
    a, b = (list(t) for t in zip(*both, strict=True))
    seen = first.futures[a, 19]
    # distances between actors do not depend on the ego's frame
    real = second.actors[b, :2]
    keep = ~np.isnan(seen[:, 0])
    assert keep.sum() > 10
    d0 = np.hypot(*(seen[keep][:, None] - seen[keep][None]).transpose(2, 0, 1))
    d1 = np.hypot(*(real[keep][:, None] - real[keep][None]).transpose(2, 0, 1))
    assert np.abs(d0 - d1).max() < 0.05


def test_lights_and_signs_are_no_actors_and_only_lights_have_a_state(samples):
    for s in samples:
        fixed = np.isin(s.box_class, (LIGHT, SIGN))
        assert (s.box_actor[fixed] == -1).all()
        assert (s.box_light[s.box_class != LIGHT] == 0).all()


def test_a_sign_counts_from_the_front_alone_and_without_its_post(samples):
    """Fronts have a red rim, backs and posts are grey."""
    signs = 0
    for s in samples:
        for k in np.flatnonzero(s.box_class == SIGN):
            x0, y0, x1, y1 = s.boxes[k].astype(int)
            inside = s.instance[s.box_view[k], y0:y1, x0:x1]
            ids, pixels = np.unique(inside, return_counts=True)
            own = inside == ids[(ids > 0) & (pixels == s.box_pixels[k])][0]
            colour = s.images[s.box_view[k], y0:y1, x0:x1][own].astype(float)
            assert np.mean(colour[:, 0] > 1.6 * colour[:, 1]) > 0.25
            signs += 1
    assert signs


def test_a_drive_is_the_same_whenever_it_is_made(samples):
    again = next(generate(21, scenario="town drive", style="Avenue", weather="clear", n_frames=1))
    for name in ("images", "depth", "instance", "lane", "boxes", "futures", "lanes"):
        assert np.array_equal(getattr(again, name), getattr(samples[0], name), equal_nan=True), name


def test_fewer_views_are_the_same_views(samples):
    few = next(generate(21, scenario="town drive", style="Avenue", weather="clear", n_frames=1,
                        views=(3, 0)))
    assert np.array_equal(few.images, samples[0].images[[3, 0]])
    assert set(few.box_view.tolist()) <= {0, 3}
    assert few.views == (3, 0)


def test_without_a_view_there_is_no_picture_but_all_tracks(samples):
    blind = next(generate(21, scenario="town drive", style="Avenue", weather="clear", n_frames=1,
                          views=()))
    assert blind.images.shape == (0, 192, 320, 3)
    assert len(blind.boxes) == 0
    assert np.array_equal(blind.futures, samples[0].futures, equal_nan=True)


@pytest.mark.parametrize(("changes", "words"), [
    ({"scenario": "moon"}, "moon"), ({"style": "Baroque"}, "Baroque"),
    ({"weather": "hail"}, "hail"),
    ({"n_frames": 0}, "n_frames 0"), ({"every": 0}, "every 0"), ({"seed": -1}, "seed -1")])
def test_what_is_unknown_is_refused(changes, words):
    asked = {"seed": 1, "scenario": "town drive", "style": "Avenue", "weather": None, "n_frames": 1,
             "every": 1, **changes}
    with pytest.raises(InvalidInput, match=words):
        next(generate(**asked))


def test_splits_share_no_seed_and_held_out_no_style():
    seeds = {split: {world_seed(split, 5, k) for k in range(500)} for split in SPLITS}
    assert all(len(s) == 500 for s in seeds.values())
    assert not seeds["train"] & seeds["val"]
    assert not seeds["train"] & seeds["held-out"]
    assert not set(STYLES["train"]) & set(STYLES["held-out"])
    assert set(STYLES["train"]) | set(STYLES["held-out"]) == set(STYLE)
    with pytest.raises(InvalidInput, match="test"):
        world_seed("test", 0, 0)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_gives_a_sample(name):
    s = next(generate(5, scenario=name, style="Autumn", n_frames=1, views=(0,)))
    assert len(s.boxes) > 0
    assert s.drivable.mean() > 0.1
    assert s.meta["scenario"] == name
