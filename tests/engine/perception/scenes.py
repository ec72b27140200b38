"""Small scenes for the rasteriser's tests."""

import numpy as np

from engine.perception.cameras import FAR_M
from engine.perception.raster_kernels import Frame, Soup, View


def soup(triangles, labels=None, materials=None):
    """One object for each triangle [T, 3, 3], labelled 0 unless said."""
    xyz = np.asarray(triangles, np.float32).reshape(-1, 3, 3)
    n = len(xyz)
    centre = xyz.mean(1)
    radius = np.sqrt(((xyz - centre[:, None]) ** 2).sum(2)).max(1) + 0.01
    return Soup(
        xyz, np.zeros((n, 3, 2), np.float32), np.full((n, 3), 0.5, np.float32),
        np.zeros(n, np.float32),
        np.zeros(n, np.uint8) if materials is None else np.asarray(materials, np.uint8),
        np.zeros(n, np.int16), np.arange(n, dtype=np.int32), np.ones(n, np.int32),
        centre.astype(np.float32), radius.astype(np.float32),
        np.zeros(n, np.int16) if labels is None else np.asarray(labels, np.int16))


def view(camera):
    """A camera on an ego at the world's origin."""
    return View(camera.R, camera.t, (camera.fx, camera.fy, camera.cx, camera.cy), FAR_M)


def frame(camera, records=512):
    shape = (camera.height, camera.width)
    return Frame(np.empty(shape, np.float32), np.empty(shape, np.int32), np.empty(shape, np.int16),
                 np.empty(records, np.int32), np.empty((records, 9), np.float32),
                 np.empty(records, np.int16), np.empty(shape, np.float32))


def plate(x, y0, y1, z0, z1):
    """An upright rectangle at distance x that faces the origin."""
    a, b, c, d = [x, y1, z0], [x, y0, z0], [x, y0, z1], [x, y1, z1]
    return [[a, b, c], [a, c, d]]


def floor(x0, x1, y0, y1, z=0.0):
    a, b, c, d = [x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]
    return [[a, b, c], [a, c, d]]
