import numpy as np

from engine.perception.label_kernels import extents


def test_a_box_is_the_extent_of_its_pixels():
    owner = np.random.default_rng(3).integers(0, 4, (20, 30)).astype(np.int16)
    owner[:, 25:] = 0
    box, count = np.empty((5, 4), np.int32), np.empty(5, np.int32)
    extents(owner, box, count)
    for k in (1, 2, 3):
        y, x = np.nonzero(owner == k)
        assert box[k].tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]
        assert count[k] == len(x)
    assert count[4] == 0


def test_one_pixel_is_a_box_of_one_pixel():
    owner = np.zeros((4, 6), np.int16)
    owner[2, 5] = 1
    box, count = np.empty((2, 4), np.int32), np.empty(2, np.int32)
    extents(owner, box, count)
    assert box[1].tolist() == [5, 2, 6, 3]
    assert count.tolist() == [0, 1]
