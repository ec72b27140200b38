"""OpenStreetMap protocol buffers (`.osm.pbf`): nodes and ways, without a protobuf library.

Source: https://wiki.openstreetmap.org/wiki/PBF_Format (fileformat.proto, osmformat.proto).

Shape letters: K numbers of a packed field.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.imports.osm_ways import Ways, network_of_ways
from engine.dispatch.imports.raw import RawNetwork
from engine.dispatch.imports.streets import Street, street_of
from engine.errors import InvalidInput

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_LARGEST_BLOCK: Final = 32 * 1024 * 1024
"""Bytes of an unpacked block, by the specification."""
_NANO: Final = 1e-9
_BYTES: Final = 2
"""Wire type of a field with a length."""


def read_pbf(data: bytes, name: str) -> RawNetwork:
    """Read the streets of an OSM extract.

    Raises:
        InvalidInput: If it is no PBF, is cut off, packed by anything but zlib, or has no streets.
    """
    ids: list[Int64] = []
    lon: list[Float64] = []
    lat: list[Float64] = []
    streets: list[Street] = []
    points: list[Int64] = []
    try:
        for kind, block in _blocks(data):
            if kind == b"OSMData":
                _read_block(block, ids, lon, lat, streets, points)
    except (LookupError, OverflowError, ValueError, zlib.error) as error:
        raise InvalidInput(f"{name} is no complete .osm.pbf file ({error}); download it again"
                           ) from error
    first = np.cumsum([0, *(len(p) for p in points)])
    none = np.zeros(0, np.int64)
    return network_of_ways(
        Ways(streets, np.concatenate([none, *points]), first.astype(np.int64)),
        np.concatenate([none, *ids]), np.concatenate([none.astype(float), *lon]),
        np.concatenate([none.astype(float), *lat]), name)


def _blocks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and unpacked content of every blob."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        header = dict(_fields(data[at + 4:at + 4 + size]))
        at += 4 + size
        length = header[3]
        blob = dict(_fields(data[at:at + length])) if isinstance(length, int) else {}
        if not isinstance(length, int) or at + length > len(data):
            raise ValueError("a block is cut off")
        at += length
        raw, packed = blob.get(1), blob.get(3)
        if isinstance(packed, bytes):
            unpack = zlib.decompressobj()
            raw = unpack.decompress(packed, _LARGEST_BLOCK)
            if unpack.unconsumed_tail:
                raise ValueError("a block is larger than the format allows")
        if not isinstance(raw, bytes):
            raise ValueError("a block is packed by something else than zlib")
        kind = header[1]
        yield (kind if isinstance(kind, bytes) else b""), raw


def _read_block(
    block: bytes, ids: list[Int64], lon: list[Float64],
    lat: list[Float64], streets: list[Street], points: list[Int64],
) -> None:
    """Take in one block of nodes and ways."""
    fields = list(_fields(block))
    words = [w for k, table in fields if k == 1 and isinstance(table, bytes)
             for j, w in _fields(table) if j == 1 and isinstance(w, bytes)]
    single = {k: v for k, v in fields if isinstance(v, int)}
    grain = single.get(17, 100) * _NANO
    base_lat, base_lon = (_signed(single.get(k, 0)) * _NANO for k in (19, 20))
    for key, group in fields:
        if key != 2 or not isinstance(group, bytes):
            continue
        for kind, item in _fields(group):
            if not isinstance(item, bytes):
                continue
            if kind == 1:
                node = {k: v for k, v in _fields(item) if isinstance(v, int)}
                ids.append(np.array([_unzigzag(node[1])], np.int64))
                lat.append(np.array([base_lat + grain * _unzigzag(node[8])], np.float64))
                lon.append(np.array([base_lon + grain * _unzigzag(node[9])], np.float64))
            elif kind == 2:
                dense = {k: v for k, v in _fields(item) if isinstance(v, bytes)}
                if 1 in dense:
                    ids.append(np.cumsum(_zigzags(dense[1])))
                    lat.append(base_lat + grain * np.cumsum(_zigzags(dense[8])).astype(np.float64))
                    lon.append(base_lon + grain * np.cumsum(_zigzags(dense[9])).astype(np.float64))
            elif kind == 3:
                way = {k: v for k, v in _fields(item) if isinstance(v, bytes)}
                keys, values = _varints(way.get(2, b"")), _varints(way.get(3, b""))
                tags = {words[k].decode("utf-8", "replace"): words[v].decode("utf-8", "replace")
                        for k, v in zip(keys.tolist(), values.tolist(), strict=True)}
                street = street_of(tags)
                if street is not None and 8 in way:
                    streets.append(street)
                    points.append(np.cumsum(_zigzags(way[8])))


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values of a message; fixed-width fields are passed over."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
        elif wire == _BYTES:
            size, at = _varint(message, at)
            if at + size > len(message):
                raise ValueError("a field is cut off")
            yield tag >> 3, message[at:at + size]
            at += size
        elif wire in {1, 5}:
            at += 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire} is unknown")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7


def _varints(packed: bytes) -> Int64:
    """All numbers of a packed field, int64 [K]."""
    byte = np.frombuffer(packed, np.uint8)
    last = np.flatnonzero(byte < 128)
    if not len(last):
        return np.zeros(0, np.int64)
    begin = np.concatenate([[0], last[:-1] + 1])
    place = np.arange(last[-1] + 1) - np.repeat(begin, last - begin + 1)
    part = (byte[:last[-1] + 1] & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.add.reduceat(part, begin).astype(np.int64)


def _zigzags(packed: bytes) -> Int64:
    raw = _varints(packed)
    return (raw >> 1) & np.int64(2**63 - 1) ^ -(raw & 1)


def _unzigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _signed(value: int) -> int:
    """A varint of type int64, in two's complement."""
    return value - 2**64 if value >= 2**63 else value
