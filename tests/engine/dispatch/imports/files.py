"""The same small grid of streets in every format, for tests."""

import zlib

import numpy as np

SIDE = 6
PITCH = 0.001
"""Degrees between nodes."""
WEST, SOUTH = 11.5, 48.1


def grid():
    """Node ids with (lon, lat), and directed pairs: all streets both ways."""
    nodes = {100 + i * SIDE + j: (WEST + PITCH * j, SOUTH + PITCH * i)
             for i in range(SIDE) for j in range(SIDE)}
    pairs = []
    for i in range(SIDE):
        for j in range(SIDE):
            a = 100 + i * SIDE + j
            pairs += [(a, a + 1), (a + 1, a)] if j + 1 < SIDE else []
            pairs += [(a, a + SIDE), (a + SIDE, a)] if i + 1 < SIDE else []
    return nodes, pairs


def length_m(nodes, a, b):
    (lon1, lat1), (lon2, lat2) = nodes[a], nodes[b]
    metre = 111_195.08
    return float(np.hypot((lon2 - lon1) * metre * np.cos(np.radians(SOUTH)), (lat2 - lat1) * metre))


def csv_files(nodes, pairs, swap=False):
    """Generic tables in degrees."""
    rows = [f"{n},{lat},{lon}" if swap else f"{n},{lon},{lat}" for n, (lon, lat) in nodes.items()]
    lines = [f"{a},{b},{length_m(nodes, a, b):.2f},30" for a, b in pairs]
    return {"nodes.csv": ("id,lon,lat\n" + "\n".join(rows)).encode(),
            "edges.csv": ("from,to,length,speed_kph\n" + "\n".join(lines)).encode()}


def fleetpy_files():
    """FleetPy's tables in UTM 32N, metres; nodes from 0."""
    at = {i * SIDE + j: (691_000 + 90.0 * j, 5_330_000 + 90.0 * i)
          for i in range(SIDE) for j in range(SIDE)}
    rows = [f"{n},False,{x},{y}" for n, (x, y) in at.items()]
    lines = [f"{a - 100},{b - 100},90.0,9.0,0" for a, b in grid()[1]]
    return {"nodes.csv": ("node_index,is_stop_only,pos_x,pos_y\n" + "\n".join(rows)).encode(),
            "edges.csv": ("from_node,to_node,distance,travel_time,source_edge_id\n"
                          + "\n".join(lines)).encode(),
            "crs.info": b"EPSG:32632", "LICENSE": b"free",
            "example_100.csv": b"rq_time,start,end,request_id\n1,0,5,0\n"}


def graphml(nodes, pairs):
    """As OSMnx writes it."""
    body = [f'<node id="{n}"><data key="d1">{lat}</data><data key="d2">{lon}</data></node>'
            for n, (lon, lat) in nodes.items()]
    body += [f'<edge source="{a}" target="{b}" id="0"><data key="d3">{length_m(nodes, a, b)}'
             '</data><data key="d4">residential</data></edge>' for a, b in pairs]
    return ('<?xml version="1.0" encoding="utf-8"?>'
            '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
            '<key id="d0" for="graph" attr.name="crs"/><key id="d1" for="node" attr.name="y"/>'
            '<key id="d2" for="node" attr.name="x"/><key id="d3" for="edge" attr.name="length"/>'
            '<key id="d4" for="edge" attr.name="highway"/>'
            '<graph edgedefault="directed"><data key="d0">epsg:4326</data>'
            + "".join(body) + "</graph></graphml>").encode()


def ways():
    """The grid as OSM ways: (tags, node ids); rows are residential, columns are secondary."""
    rows = [({"highway": "residential"}, [100 + i * SIDE + j for j in range(SIDE)])
            for i in range(SIDE)]
    columns = [({"highway": "secondary", "maxspeed": "50"},
                [100 + i * SIDE + j for i in range(SIDE)]) for j in range(SIDE)]
    return rows + columns


def osm_xml(nodes, streets):
    body = [f'<node id="{n}" lon="{lon}" lat="{lat}"/>' for n, (lon, lat) in nodes.items()]
    for k, (tags, points) in enumerate(streets):
        body.append(f'<way id="{k}">' + "".join(f'<nd ref="{p}"/>' for p in points)
                    + "".join(f'<tag k="{key}" v="{v}"/>' for key, v in tags.items()) + "</way>")
    return ('<?xml version="1.0"?><osm version="0.6">' + "".join(body) + "</osm>").encode()


def varint(value):
    value &= 2**64 - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def zigzag(value):
    return (value << 1) ^ (value >> 63)


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def deltas(values):
    steps = np.diff(values, prepend=0).tolist()
    return b"".join(varint(zigzag(s)) for s in steps)


def pbf(nodes, streets, dense=True, compress=True):
    """The specification's blobs: a header, one block of nodes, one of ways."""
    words = [b"", *sorted({w.encode() for tags, _ in streets for pair in tags.items()
                           for w in pair})]
    table = text(1, b"".join(text(1, w) for w in words))
    grain = [(n, round(lat * 1e7), round(lon * 1e7)) for n, (lon, lat) in nodes.items()]
    if dense:
        ids, lat, lon = zip(*grain, strict=True)
        group = text(2, text(1, deltas(ids)) + text(8, deltas(lat)) + text(9, deltas(lon)))
    else:
        group = b"".join(text(1, number(1, zigzag(n)) + number(8, zigzag(lat))
                              + number(9, zigzag(lon))) for n, lat, lon in grain)
    lines = b""
    for k, (tags, points) in enumerate(streets):
        keys = b"".join(varint(words.index(t.encode())) for t in tags)
        values = b"".join(varint(words.index(v.encode())) for v in tags.values())
        lines += text(3, number(1, k) + text(2, keys) + text(3, values) + text(8, deltas(points)))
    out = b""
    for kind, block in ((b"OSMHeader", text(4, b"OsmSchema-V0.6")), (b"OSMData", table
                        + text(2, group)), (b"OSMData", table + text(2, lines))):
        blob = number(2, len(block)) + text(3, zlib.compress(block)) if compress else text(1, block)
        header = text(1, kind) + number(3, len(blob))
        out += len(header).to_bytes(4, "big") + header + blob
    return out
