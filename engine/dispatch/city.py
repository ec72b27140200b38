"""A city: its road network and what stands around it; the one that is shipped.

Shape letters: N nodes, M arcs, P points of a polygon.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as entry
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.network import Network
from engine.dispatch.projection import Projection
from engine.errors import InvalidInput

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

SHIPPED: Final = Path(__file__).parents[2] / "assets" / "dispatch" / "city.npz"
_VERSION: Final = 1
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class District:
    """A named part of the city.

    Attributes:
        name: As shown on the map.
        kind: "centre", "business", "transit", "culture", "nightlife", "docks", "leisure",
            "residential", "airport", or "mixed" where nothing is known.
        x: Metres, of the label.
        y: Metres, of the label.
    """

    name: str
    kind: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Place:
    """A destination by itself.

    Attributes:
        name: As shown on the map.
        kind: "stadium", "airport", "station", "docks", "park" or "museum".
        node: Where vehicles stop.
    """

    name: str
    kind: str
    node: int


@dataclass(frozen=True, slots=True)
class Water:
    """A named river or lake.

    Attributes:
        name: As shown on the map.
        spots: Metres (x, y), places for the name, the best first.
    """

    name: str
    spots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Bridge:
    """A way across the river.

    Attributes:
        name: As shown.
        arcs: Arcs over water, both directions.
    """

    name: str
    arcs: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """Roads, names and outlines.

    Attributes:
        name: As shown.
        network: Road graph.
        lonlat: float64 [N, 2], degrees.
        node_id: int64 [N], number of a node in the file it came from; its index if it has none.
        projection: Between metres and degrees.
        width_m: Extent east.
        height_m: Extent north.
        districts: By index of `network.district`.
        places: Destinations by themselves.
        bridges: From west to east.
        polygons: Outlines float32 [P, 2] in metres by kind: "river", "water", "park", "airfield",
            "stadium".
        notes: What an import left out or assumed, a sentence each.
        waters: Rivers and lakes that have a name.
    """

    name: str
    network: Network
    lonlat: Float64
    node_id: Int64
    projection: Projection
    width_m: float
    height_m: float
    districts: tuple[District, ...]
    places: tuple[Place, ...] = ()
    bridges: tuple[Bridge, ...] = ()
    polygons: Mapping[str, tuple[Float32, ...]] = entry(default_factory=dict)
    notes: tuple[str, ...] = ()
    waters: tuple[Water, ...] = ()

    @property
    def origin(self) -> tuple[float, float]:
        """Longitude and latitude of x = y = 0."""
        return self.projection.lon, self.projection.lat


def node_lonlat(network: Network, projection: Projection) -> Float64:
    """Degrees of every node, float64 [N, 2]."""
    lon, lat = projection.to_lonlat(network.x.astype(np.float64), network.y.astype(np.float64))
    return np.stack([lon, lat], axis=1)


def dump_city(city: City) -> bytes:
    """Pack a city into one file; the same city gives the same bytes."""
    facts = {
        "version": _VERSION, "name": city.name, "projection": list(city.projection),
        "width_m": city.width_m, "height_m": city.height_m,
        "districts": [asdict(d) for d in city.districts],
        "places": [asdict(p) for p in city.places],
        "bridges": [asdict(b) for b in city.bridges],
        "polygons": {kind: len(rings) for kind, rings in city.polygons.items()},
        "notes": list(city.notes), "waters": [asdict(w) for w in city.waters],
    }
    arrays: dict[str, npt.NDArray[Any]] = city.network._asdict() | {"node_id": city.node_id}
    for kind, rings in sorted(city.polygons.items()):
        arrays |= {f"{kind}.{i}": ring for i, ring in enumerate(rings)}
    arrays["facts"] = np.frombuffer(json.dumps(facts, sort_keys=True).encode(), np.uint8)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, array in arrays.items():
            body = io.BytesIO()
            np.lib.format.write_array(body, array, allow_pickle=False)
            info = zipfile.ZipInfo(name + ".npy", _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body.getvalue(), compresslevel=9)
    return out.getvalue()


def load_city(path: Path) -> City:
    """Read a city that `dump_city` packed.

    Raises:
        InvalidInput: If the file cannot be read or is of another version.
    """
    try:
        return parse_city(path.read_bytes(), path.name)
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}; name a city file (.npz)") from error


def parse_city(data: bytes, name: str) -> City:
    """Unpack what `dump_city` packed.

    Args:
        data: Content of the file.
        name: Of the file, for messages.

    Raises:
        InvalidInput: If it is no city file or of another version.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        facts = json.loads(arrays["facts"].tobytes())
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"{name} is no city file ({error}); build it anew with "
                           "`python -m engine.dispatch.generate`") from error
    if facts["version"] != _VERSION:
        raise InvalidInput(
            f"{name} is a city file of version {facts['version']}; this program reads "
            f"version {_VERSION}: build it anew with `python -m engine.dispatch.generate`"
        )
    network = Network(*(arrays[field] for field in Network._fields))
    projection = Projection(*facts["projection"])
    return City(
        facts["name"], network, node_lonlat(network, projection), arrays["node_id"], projection,
        facts["width_m"], facts["height_m"],
        tuple(District(**d) for d in facts["districts"]),
        tuple(Place(**p) for p in facts["places"]),
        tuple(Bridge(b["name"], tuple(b["arcs"])) for b in facts["bridges"]),
        {kind: tuple(arrays[f"{kind}.{i}"] for i in range(count))
         for kind, count in facts["polygons"].items()},
        tuple(facts["notes"]),
        tuple(Water(w["name"], tuple((x, y) for x, y in w["spots"]))
              for w in facts.get("waters", ())),
    )


@lru_cache(maxsize=1)
def default_city() -> City:
    """The city that comes with the program; read once."""
    return load_city(SHIPPED)
