import numpy as np
import pytest

from engine.dispatch.projection import Projection, from_utm
from engine.errors import InvalidInput


def test_degrees_and_metres_round_trip():
    projection = Projection(11.5, 48.1)
    x, y = np.array([0.0, 12_345.0]), np.array([0.0, 6_789.0])
    back = projection.to_xy(*projection.to_lonlat(x, y))
    assert np.allclose(back, (x, y), atol=1e-6)
    assert projection.to_lonlat(x, y)[0][0] == 11.5


def test_a_degree_of_latitude_is_a_sixtieth_of_sixty_nautical_miles():
    assert Projection(0.0, 0.0).north_m == pytest.approx(60 * 1_852, rel=1e-3)
    assert Projection(0.0, 60.0).east_m == pytest.approx(30 * 1_852, rel=1e-3)


@pytest.mark.parametrize(("east", "north", "epsg", "lon", "lat"), [
    (500_000.0, 4_982_950.400, 32632, 9.0, 45.0),      # 0.9996 of the meridian arc 4,984,944.378 m
    (833_978.557, 0.0, 32631, 6.0, 0.0),               # the zone's edge on the equator
    (166_021.443, 10_000_000.0, 32731, 0.0, 0.0),      # the same from the south
    (500_000.0, 5_017_049.600, 32733, 15.0, -45.0),
    (500_000.0, 4_982_950.400, 25832, 9.0, 45.0),
])
def test_utm_meets_published_points(east, north, epsg, lon, lat):
    found = from_utm(np.array([east]), np.array([north]), epsg)
    assert found[0][0] == pytest.approx(lon, abs=1e-7)
    assert found[1][0] == pytest.approx(lat, abs=1e-7)


@pytest.mark.parametrize("epsg", [3857, 32600, 32661, 25839, 2056])
def test_other_systems_are_refused(epsg):
    with pytest.raises(InvalidInput, match=f"EPSG:{epsg} is not a UTM zone; give"):
        from_utm(np.zeros(1), np.zeros(1), epsg)
