"""Planar metres of a city and longitude, latitude on the Earth.

A city is small: x and y are the equirectangular projection about its own origin, whose error over
20 km at 60° is under 0.2 %. Transverse Mercator is read, because road files come in it.

Shape letters: K points.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Float64 = npt.NDArray[np.float64]

RADIUS_M: Final = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""

_SEMI_MAJOR_M: Final = 6_378_137.0
_FLATTENING: Final = 1 / 298.257223563
_UTM_SCALE: Final = 0.9996
_FALSE_EAST_M: Final = 500_000.0
_FALSE_NORTH_M: Final = 10_000_000.0


class Projection(NamedTuple):
    """Equirectangular projection about a city's south-west corner.

    lon, lat: Degrees, where x and y are 0.
    """

    lon: float
    lat: float

    @property
    def east_m(self) -> float:
        """Metres in a degree of longitude."""
        return float(np.radians(1.0) * RADIUS_M * np.cos(np.radians(self.lat)))

    @property
    def north_m(self) -> float:
        """Metres in a degree of latitude."""
        return float(np.radians(1.0) * RADIUS_M)

    def to_xy(self, lon: Float64, lat: Float64) -> tuple[Float64, Float64]:
        """Project degrees to metres, float64 [K] each."""
        return (lon - self.lon) * self.east_m, (lat - self.lat) * self.north_m

    def to_lonlat(self, x: Float64, y: Float64) -> tuple[Float64, Float64]:
        """Take metres back to degrees, float64 [K] each."""
        return self.lon + x / self.east_m, self.lat + y / self.north_m


def from_utm(east_m: Float64, north_m: Float64, epsg: int) -> tuple[Float64, Float64]:
    """Longitude and latitude of UTM coordinates, good to a centimetre within a zone.

    Args:
        east_m: float64 [K].
        north_m: float64 [K].
        epsg: 32601–32660 (north) or 32701–32760 (south) on WGS 84, 25828–25838 on ETRS 89.

    Raises:
        InvalidInput: If the code is none of these.

    Source: Krüger 1912 in the form of Karney 2011, doi:10.1007/s00190-011-0445-3, eqs. 11, 36.
    """
    zone = epsg % 100
    if not (epsg // 100 in (326, 327) and 1 <= zone <= 60) and not 25828 <= epsg <= 25838:
        raise InvalidInput(
            f"EPSG:{epsg} is not a UTM zone; give EPSG:32601 to 32660 (north), 32701 to 32760 "
            "(south), 25828 to 25838, or 4326 for longitude and latitude"
        )
    n = _FLATTENING / (2 - _FLATTENING)
    meridian = _SEMI_MAJOR_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64) * _UTM_SCALE
    south = epsg // 100 == 327
    xi = (north_m - (_FALSE_NORTH_M if south else 0.0)) / meridian
    eta = (east_m - _FALSE_EAST_M) / meridian
    beta = (n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96, n**2 / 48 + n**3 / 15, 17 * n**3 / 480)
    xi_sphere, eta_sphere = xi.copy(), eta.copy()
    for j, b in enumerate(beta, 1):
        xi_sphere -= b * np.sin(2 * j * xi) * np.cosh(2 * j * eta)
        eta_sphere -= b * np.cos(2 * j * xi) * np.sinh(2 * j * eta)
    conformal = np.arcsin(np.sin(xi_sphere) / np.cosh(eta_sphere))
    delta = (2 * n - 2 * n**2 / 3 - 2 * n**3, 7 * n**2 / 3 - 8 * n**3 / 5, 56 * n**3 / 15)
    lat = conformal + sum(d * np.sin(2 * j * conformal) for j, d in enumerate(delta, 1))
    lon = np.arctan2(np.sinh(eta_sphere), np.cos(xi_sphere))
    return np.degrees(lon) + (zone * 6.0 - 183.0), np.degrees(lat)
