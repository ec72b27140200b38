"""Aerial views of the city: surge and demand as columns, flows as arcs, the last hour's trips.

For pictures that change slowly; the live map is the player's. Streets are drawn from the network:
no tile server is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pydeck as pdk
import streamlit as st

from engine.dispatch import DispatchSimulation
from engine.dispatch.city import City
from engine.errors import EngineError
from engine.live import Run, Simulation
from pages.common.charts import colours
from pages.common.runbar import begin_again

SURGE, DEMAND, FLOWS, TRIPS = "Surge", "Demand", "Flows", "Trips"
EVERY_S: Final = 2.0
TICK_S: Final = 1.0
CONTROLS_PX: Final = 52
MOST_TRIPS: Final = 400
ASKED_TRIPS: Final = 6000
"""Of these, the latest, `MOST_TRIPS` evenly spread in time are replayed."""
MOST_POINTS: Final = 48
"""Points a replayed trip is thinned to."""
MOST_ARCS: Final = 60
TRAIL_S: Final = 240.0
TICK_TRIP_S: Final = 60.0
"""Simulated seconds that the replay moves on with every tick."""
HOUR_S: Final = 3600.0
SURGE_M: Final = 1500.0
"""Height of a column for each 1.0× above the normal fare."""
DEMAND_M: Final = 1800.0
CELL_SHARE: Final = 0.8
"""Columns are narrower than their cells, so that the streets show between them."""
"""Height of the highest demand column."""
BORDER: Final = 1.06
"""Land around the streets, as a multiple of their extent."""
FLAT: Final = {"depthCompare": "always", "depthWriteEnabled": False}
"""Of layers that lie in one plane: the later one is on top."""
PITCH: Final = 50.0
BEARING: Final = -18.0
METRES_A_DEGREE: Final = 111_319.49
"""On the equator, where the city is laid for drawing: there the projection keeps its shape."""
PIXEL_M: Final = 78_271.52
"""Metres a pixel at zoom 0."""
STAGE_WIDTH_PX: Final = 1000
SURGE_RAMP: Final = ((1.0, "surgeLow"), (1.6, "surge"), (2.4, "surgeHigh"))

Float64 = npt.NDArray[np.float64]
Colour = list[int]


class Ground(NamedTuple):
    """What does not move, in degrees about the city's middle.

    width, height: Degrees.
    streets: Segments of collectors and larger: dicts of path and rank.
    water, parks: Rings.
    cells: Rings of the H3 cells.
    districts: Name, position.
    centre: Units of the middle.
    degrees: Degrees a unit.
    """

    width: float
    height: float
    streets: list[dict[str, Any]]
    water: list[list[list[float]]]
    parks: list[list[list[float]]]
    cells: list[list[list[float]]]
    districts: list[tuple[str, list[float]]]
    centre: tuple[float, float]
    degrees: float

    def place(self, xy: npt.ArrayLike) -> list[list[float]]:
        """Points in units as degrees, rounded to about a metre."""
        points = (np.asarray(xy, np.float64) - self.centre) * self.degrees
        return cast(list[list[float]], np.round(points, 5).tolist())


def draw_aerial(run: Run, *, height: int) -> None:
    """The view with its own controls.

    Args:
        run: The run to show.
        height: Pixels of all of it.
    """
    with st.container(key="aerial", border=True, height=height):
        _frame(run, height - CONTROLS_PX - 26)


@st.fragment
def _frame(run: Run, height: int) -> None:
    """Choose what to see; the picture below redraws by itself."""
    with st.container(horizontal=True, vertical_alignment="center", key="aerial-bar"):
        st.session_state.setdefault("dispatch.aerial", SURGE)
        shown = str(st.segmented_control(
            "Layer", [SURGE, DEMAND, FLOWS, TRIPS], key="dispatch.aerial", required=True,
            label_visibility="collapsed",
            help="Price by cell, expected requests by cell, trips between districts in the last "
                 "hour, or their way through the streets."))
        playing = shown == TRIPS and st.toggle("Play", True, key="dispatch.aerial.play")
        note = {SURGE: "Height and colour: the multiplier above 1.0×",
                DEMAND: "Height: expected requests in the cell",
                FLOWS: "From the blue end to the orange one; width: trips of the last hour",
                TRIPS: "Trips that ended in the last hour, a minute a second"}[shown]
        st.caption(note, width="stretch")
    every = TICK_S if playing else None if shown == TRIPS else EVERY_S
    if run.state == "paused" and shown != TRIPS:
        every = None
    st.fragment(_picture, run_every=every)(run, shown, height, playing)


def _picture(run: Run, shown: str, height: int, playing: bool) -> None:
    if run.state == "crashed":
        st.error(f"The run has crashed. {run.error}", icon=":material/error:")
        st.button("Restart", on_click=begin_again, args=(run,), icon=":material/restart_alt:")
        return
    try:
        ground = _ground_of(run)
        layers, said = _MAKERS[shown](run, ground, playing)
    except (EngineError, TimeoutError):
        st.html('<div class="chart-empty">The city is starting; the picture comes by itself.'
                '</div>')
        return
    c = colours()
    # without a provider and without a style: Streamlit puts a map of its own under a style of None
    deck = pdk.Deck(
        layers=[*_base(ground, c), *layers], map_provider=None,
        initial_view_state=_view(ground),
        tooltip={"text": "{note}", "style": {"background": c["panel"], "color": c["text"],
                                             "fontSize": "13px"}})
    st.pydeck_chart(deck, height=height - 24, key="dispatch.deck")
    st.caption(said)


def _view(ground: Ground) -> pdk.ViewState:
    """Where to look from; always the same for a city, so that the person's own view is kept."""
    metres = ground.width * METRES_A_DEGREE
    return pdk.ViewState(
        longitude=0.0, latitude=-0.06 * ground.height, pitch=PITCH, bearing=BEARING,
        zoom=round(float(np.log2(PIXEL_M * STAGE_WIDTH_PX / metres)), 2))


def _ground_of(run: Run) -> Ground:
    """The ground of a run's city, made once a city."""
    city = run.ask(_city, 2.0)
    kept: tuple[City, Ground] | None = st.session_state.get("dispatch.ground")
    if kept is None or kept[0] is not city:
        kept = (city, run.ask(_ground, 5.0))
        st.session_state["dispatch.ground"] = kept
    return kept[1]


def _city(sim: Simulation) -> City:
    return cast(DispatchSimulation, sim).city


def _ground(sim: Simulation) -> Ground:
    scene = sim.scene()
    facts, arrays = scene.facts, scene.arrays
    unit = float(facts["unit_m"])
    empty = Ground(0, 0, [], [], [], [], [], (facts["width"] / 2, facts["height"] / 2),
                   unit / METRES_A_DEGREE)
    rank = arrays["arc_rank"]
    ends = arrays["arc_xy"].reshape(-1, 2, 2)[rank > 0]
    polygons: Mapping[str, Sequence[Any]] = facts["polygons"]
    return empty._replace(
        width=facts["width"] * empty.degrees, height=facts["height"] * empty.degrees,
        streets=[{"path": empty.place(e), "rank": int(r)}
                 for e, r in zip(ends, rank[rank > 0], strict=True)],
        water=[empty.place(r) for k in ("river", "water") for r in polygons.get(k, ())],
        parks=[empty.place(r) for r in polygons.get("park", ())],
        cells=[empty.place(r.mean(0) + CELL_SHARE * (r - r.mean(0)))
               for r in arrays["hex_ring"].reshape(-1, 6, 2)],
        districts=[(d["name"], empty.place([[d["x"], d["y"]]])[0]) for d in facts["districts"]])


def _rgb(colour: str, opacity: float = 1.0) -> Colour:
    return [int(colour[i:i + 2], 16) for i in (1, 3, 5)] + [round(255 * opacity)]


def _base(ground: Ground, c: dict[str, Any]) -> list[pdk.Layer]:
    """Land, parks, water and the larger streets."""
    city = c["city"]
    w, h = 0.5 * ground.width, 0.5 * ground.height
    w, h = BORDER * w, BORDER * h
    areas = [{"ring": [[-w, -h], [w, -h], [w, h], [-w, h]], "fill": _rgb(city["block"])}]
    areas += [{"ring": r, "fill": _rgb(city["park"])} for r in ground.parks]
    areas += [{"ring": r, "fill": _rgb(city["water"])} for r in ground.water]
    names = ("collector", "arterial", "motorway")
    return [
        pdk.Layer("PolygonLayer", areas, id="areas", get_polygon="ring", get_fill_color="fill",
                  stroked=False, parameters=FLAT),
        *(pdk.Layer(
            "PathLayer", [s for s in ground.streets if s["rank"] == rank], id=f"streets-{name}",
            get_path="path", get_color=_rgb(_street(c, name)), get_width=12 * rank,
            width_min_pixels=0.4 + 0.6 * rank, parameters=FLAT)
          for rank, name in enumerate(names, 1)),
    ]


def _street(c: dict[str, Any], name: str) -> str:
    """Colour of a street without a casing."""
    light = {"collector": "casing", "arterial": "casing", "motorway": "motorway"}
    colour: str = c["city"][light[name] if c["ground"] == "#FFFFFF" else name]
    return colour


def _names(ground: Ground, c: dict[str, Any]) -> pdk.Layer:
    data = [{"name": n, "at": p} for n, p in ground.districts]
    return pdk.Layer(
        "TextLayer", data, id="names", get_position="at", get_text="name", get_size=13,
        size_units=pdk.types.String("pixels"), get_color=_rgb(c["text"]), font_weight=600,
        font_family=pdk.types.String("Source Sans, sans-serif"), parameters=FLAT)


def _columns(rows: list[dict[str, Any]], name: str) -> pdk.Layer:
    return pdk.Layer("PolygonLayer", rows, id=name, get_polygon="ring", extruded=True,
                     get_fill_color="fill", get_elevation="height", pickable=True,
                     wireframe=False, auto_highlight=True)


def _surge(run: Run, ground: Ground, _: bool) -> tuple[list[pdk.Layer], str]:
    c = colours()
    value = run.ask(partial(_layer, name="surge"), 2.0)
    rows = [{"ring": ring, "height": float(SURGE_M * (v - 1.0)), "note": f"{v:.2f}×",
             "fill": _rgb(_ramp(v, c), 0.86)}
            for ring, v in zip(ground.cells, value.tolist(), strict=True) if v >= 1.05]
    most = float(value.max(initial=1.0))
    return [_columns(rows, "surge"), _names(ground, c)], (
        f"{len(rows)} of {len(value)} cells above the normal fare, the highest at {most:.1f}×.")


def _ramp(value: float, c: dict[str, Any]) -> str:
    """Colour of a multiplier, as on the map."""
    for (low, a), (high, b) in pairwise(SURGE_RAMP):
        if value <= high or high == SURGE_RAMP[-1][0]:
            share = min(1.0, max(0.0, (value - low) / (high - low)))
            first, second = _rgb(c["city"][a]), _rgb(c["city"][b])
            return "#" + "".join(f"{round(p + (q - p) * share):02X}"
                                 for p, q in zip(first[:3], second[:3], strict=True))
    raise AssertionError("the ramp has a last stretch")


def _demand(run: Run, ground: Ground, _: bool) -> tuple[list[pdk.Layer], str]:
    c = colours()
    value = run.ask(partial(_layer, name="demand"), 2.0)
    most = float(value.max()) if len(value) and value.max() > 0 else 1.0
    rows = [{"ring": ring, "height": float(DEMAND_M * v / most), "note": f"demand {v:.1f}",
             "fill": _rgb(c["primary"], 0.35 + 0.55 * v / most)}
            for ring, v in zip(ground.cells, value.tolist(), strict=True) if v > 0.02 * most]
    return [_columns(rows, "demand"), _names(ground, c)], (
        f"Smoothed requests by cell; the highest column stands for {most:.1f}.")


def _flows(run: Run, ground: Ground, _: bool) -> tuple[list[pdk.Layer], str]:
    c = colours()
    flow = run.ask(_flow, 2.0)
    np.fill_diagonal(flow, 0)
    order = np.argsort(flow, axis=None)[::-1][:MOST_ARCS]
    most = max(1, int(flow.max(initial=0)))
    rows = []
    for origin, destination in zip(*np.unravel_index(order, flow.shape), strict=True):
        count = int(flow[origin, destination])
        if count:
            (a, start), (b, end) = ground.districts[origin], ground.districts[destination]
            rows.append({"from": start, "to": end, "width": 1.0 + 8.0 * count / most,
                         "note": f"{a} → {b}: {count} trips"})
    arcs = pdk.Layer(
        "ArcLayer", rows, id="flows", get_source_position="from", get_target_position="to",
        get_width="width", get_source_color=_rgb(c["marks"]["blue"], 0.8),
        get_target_color=_rgb(c["marks"]["orange"], 0.9), pickable=True, auto_highlight=True,
        get_height=0.5)
    return [arcs, _names(ground, c)], (
        f"The {len(rows)} busiest pairs of districts; {int(flow.sum()):,} trips between districts "
        "were asked for in the last hour.")


class Replay(NamedTuple):
    """Trips to replay.

    rows: path (degrees) and times (seconds from the first one).
    begin_s: Second of the day of the first.
    span_s: Seconds to the last.
    """

    rows: list[dict[str, Any]]
    begin_s: float
    span_s: float


def _trips(run: Run, ground: Ground, playing: bool) -> tuple[list[pdk.Layer], str]:
    c = colours()
    replay, at = _moment(run, ground, playing)
    if not replay.rows:
        return [_names(ground, c)], "No trip has ended yet."
    layer = pdk.Layer(
        "TripsLayer", replay.rows, id="trips", get_path="path", get_timestamps="times",
        get_color=_rgb(c["city"]["riding"], 0.9), width_min_pixels=2.5, trail_length=TRAIL_S,
        current_time=at, cap_rounded=True, joint_rounded=True)
    seconds = int(replay.begin_s + at) % 86_400
    return [layer, _names(ground, c)], (
        f"{seconds // 3600:02d}:{seconds // 60 % 60:02d} · {len(replay.rows)} trips along their "
        "real routes.")


def _moment(run: Run, ground: Ground, playing: bool) -> tuple[Replay, float]:
    """The trips, read anew when the replay begins again, and how far it is."""
    key = f"{run.token}.replay"
    replay, at = st.session_state.get(key, (None, 0.0))
    if replay is None or at > replay.span_s or not replay.rows:
        replay, at = _replay(run.ask(_recent, 5.0), ground), 0.0
    elif playing:
        at += TICK_TRIP_S
    st.session_state[key] = (replay, at)
    return replay, at


def _replay(trips: Sequence[tuple[Any, Any]], ground: Ground) -> Replay:
    if not trips:
        return Replay([], 0.0, 0.0)
    begin = max(min(float(t[0]) for _, t in trips),
                max(float(t[-1]) for _, t in trips) - HOUR_S)
    rows = []
    for xy, time_s in trips:
        keep = np.unique(np.linspace(0, len(time_s) - 1, MOST_POINTS).round().astype(int))
        rows.append({"path": ground.place(xy[keep]),
                     "times": np.round(time_s[keep] - begin, 1).tolist()})
    return Replay(rows, begin, max(float(t[-1]) for _, t in trips) - begin + TRAIL_S)


def _layer(sim: Simulation, name: str) -> Float64:
    return np.asarray(sim.layers()[name], np.float64)


def _flow(sim: Simulation) -> npt.NDArray[np.int32]:
    return cast(DispatchSimulation, sim).flows().copy()


def _recent(sim: Simulation) -> Sequence[tuple[Any, Any]]:
    trips = cast(DispatchSimulation, sim).recent_trips(ASKED_TRIPS)
    return trips[::max(1, -(-len(trips) // MOST_TRIPS))]


_MAKERS: Final = {SURGE: _surge, DEMAND: _demand, FLOWS: _flows, TRIPS: _trips}
