"""The city as a simulation: one step is two seconds.

Within a step, in this order: traffic is taken in when it is due; everybody drives; who has come to
a stop boards, alights or rests; riders whose patience is over leave; shifts, prices and
repositioning follow when they are due; people ask for rides; the dispatcher runs its round.

Shape letters: D drivers, S rider slots, N nodes, H cells, A agents (drivers, then slots).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.dispatch import metrics, picture, pricing, telemetry
from engine.dispatch import summary as cards
from engine.dispatch.arrival import Arrivals
from engine.dispatch.city import City, default_city
from engine.dispatch.demand import Demand, Requests, Source
from engine.dispatch.dispatcher import Dispatcher
from engine.dispatch.drivers import IDLE, MOVING, Fleet
from engine.dispatch.eventlog import EventLog
from engine.dispatch.fields import Fields
from engine.dispatch.hexes import Hexes, hexes
from engine.dispatch.incidents import Incidents
from engine.dispatch.inspector import describe
from engine.dispatch.movement_kernels import advance
from engine.dispatch.overlays import Overlays
from engine.dispatch.params import DispatchParams
from engine.dispatch.reposition import Repositioning
from engine.dispatch.riders import ABOARD, ASSIGNED, DRAWN, WAITING, Riders, kerb_s, patience_s
from engine.dispatch.rides import Rides
from engine.dispatch.scenarios import Scheduled
from engine.dispatch.shadow import Shadow
from engine.dispatch.sharing import Sharing
from engine.dispatch.streams import CONSENT, PRICE, uniform
from engine.dispatch.streets import Streets
from engine.dispatch.trips import Trips, TripSource
from engine.dispatch.zones import zones
from engine.errors import InvalidInput
from engine.live.simulation import Array, Event, Frame, Points, Scene
from engine.params import Params

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

STEP_S: Final = 2.0
_SHIFTS_EVERY: Final = 30
_RESPONSE_EVERY: Final = 150
_CALLED_S: Final = 5400.0
_LONGEST_ROUTE: Final = 16_384
_ACTIVE: Final = np.array([0, 1, 2, 3, 2], np.uint8)
"""What a driver's state means for driving; see `movement_kernels.advance`."""


class DispatchSimulation:
    """Riders, drivers and who meets whom; implements `engine.live.simulation.Simulation`.

    Attributes:
        params: Knobs now in force.
        step_count: Steps executed.
        step_s: Seconds a step.
        seed: Seed of the run.
        city: What does not move.
        trips: Requests replayed, or None.
        script: Commands given by themselves.
        now_s: Seconds since midnight of day 0.
        x, y: float32 [N], metres, of the network.
        fleet, riders, rides: Who is there and what they do.
        streets, fields: Traffic, and times to the riders that wait.
        surge, hexes: Prices and the cells they belong to.
        dispatcher, shadow, sharing, repositioning, incidents, source, arrivals, overlays: The
            parts named so.
        refused: People who looked at the price and did not ask.
        recorder, tally: Where figures are kept, and who makes them.
        events: The event log, or None.
    """

    step_s: float = STEP_S

    def __init__(
        self, params: DispatchParams | None = None, seed: int = 0, city: City | None = None,
        trips: Trips | None = None, *, events: EventLog | None = None,
        script: Sequence[Scheduled] = (),
    ) -> None:
        """Set up a city at step 0.

        Args:
            params: Knobs; the defaults if None.
            seed: Of everything that is drawn, >= 0.
            city: The shipped one if None.
            trips: Requests to replay; generated ones if None.
            events: Where every event is written down, if anywhere.
            script: Commands given by themselves, in order of time.
        """
        self.params = p = params or DispatchParams()
        self.seed = seed
        self.city = city or default_city()
        self.trips = trips
        network = self.city.network
        self.x, self.y = network.x, network.y
        self.now_s = p.start_h * 3600.0
        self.step_count = 0
        self.refused = 0
        self.events = events
        self.scratch: Int32 = np.empty(_LONGEST_ROUTE, np.int32)
        parts = zones(network, [(q.kind, float(network.x[q.node]), float(network.y[q.node]))
                                for q in self.city.places])
        self.zones = parts
        self.source: Source = (Demand(network, parts, seed, self.now_s) if trips is None
                               else TripSource(trips, seed, self.now_s))
        self.fleet = Fleet(network, p, seed, parts.density(len(network.x)))
        self.riders = Riders(DRAWN)
        self.rides = Rides(self, p.drivers)
        self.streets = Streets(self.city, self.now_s, p)
        self.fields = Fields(self.streets.router, len(network.x))
        self.hexes: Hexes = hexes(self.city)
        self.surge = pricing.Surge(self.hexes)
        self.incidents = Incidents(self)
        self.shadow = Shadow()
        self.dispatcher = Dispatcher(self)
        self.sharing = Sharing(self)
        self.repositioning = Repositioning(self)
        self.arrivals = Arrivals(self)
        self.overlays = Overlays(self)
        self.recorder = metrics.recorder()
        self.tally = telemetry.Tally(self)
        self._arrived: Int32 = np.empty(p.drivers, np.int32)
        self._arrived_s: Float64 = np.empty(p.drivers)
        self._news: list[Event] = []
        self._scene_version = 0
        self.script = tuple(script)
        self._due = list(script)
        self.fleet.attend(self.now_s, p)

    # ---- stepping -----------------------------------------------------------------------------

    def step(self) -> None:
        """Advance by two seconds."""
        p = self.params
        self.step_count += 1
        self.now_s = p.start_h * 3600.0 + self.step_count * STEP_S
        self.riders.begin_step()
        self.incidents.tick(self.now_s)
        while self._due and self._due[0].after_s <= (self.step_count - 1) * STEP_S:
            due = self._due.pop(0)
            self.command(due.command, due.arguments)
        self._take_in_traffic()
        self._drive()
        self._lose_patience()
        if self.step_count % _SHIFTS_EVERY == 0:
            self._change_shifts()
        if self.step_count % round(pricing.EVERY_S / STEP_S) == 0:
            self._price()
        self.repositioning.tick(self.step_count)
        self._ask(self.source.until(self.now_s, p, self.incidents.raining))
        self.dispatcher.tick(self.step_count)
        if p.pooling:
            self.sharing.tick(self.step_count)
        if self.events is not None:
            self.events.flush()
        self.arrivals.tick(self.step_count)
        self.tally.observe(self.step_count)

    def _take_in_traffic(self) -> None:
        before = self.streets.closed
        if not self.streets.refresh(self.now_s, self.params, self.incidents.raining,
                                    self.incidents.closed.values()):
            return
        self.fields.refresh()
        closed = self.streets.closed
        if not np.array_equal(before, closed):
            self._scene_version += 1
            if (closed & ~before).any():
                self.rides.reroute(closed)

    def _drive(self) -> None:
        fleet = self.fleet
        under_way = fleet.vehicles.at < fleet.vehicles.end
        active = _ACTIVE[fleet.state]
        active[(fleet.state == IDLE) & under_way] = 2
        count = advance(self.streets.roads, fleet.vehicles, self.streets.drive_s, active,
                        self.params.signal_red_s, self.now_s, STEP_S, self._arrived,
                        self._arrived_s)
        order = np.lexsort((self._arrived[:count], self._arrived_s[:count]))
        for i in order.tolist():
            self.rides.arrive(int(self._arrived[i]), float(self._arrived_s[i]))

    def _lose_patience(self) -> None:
        r = self.riders
        over = np.flatnonzero((r.leaves_s <= self.now_s) &
                              ((r.state == WAITING) | (r.state == ASSIGNED)))
        for slot in over[np.lexsort((r.number[over], r.leaves_s[over]))].tolist():
            self.rides.give_up(slot)

    def _change_shifts(self) -> None:
        fleet, p = self.fleet, self.params
        if self.step_count % _RESPONSE_EVERY == 0 and p.driver_response > 0.0:
            high = self.hexes.highest_near(self.hexes.highest_near(self.surge.shown))
            at = self.hexes.cell[self.streets.roads.head[fleet.vehicles.arc]]
            fleet.answer_surge(self.now_s, high[at], p, _RESPONSE_EVERY * STEP_S, _CALLED_S)
        come, go = fleet.attend(self.now_s, p)
        for driver in come.tolist():
            self.log("out", -1, driver, 0.0)
        for driver in go.tolist():
            self.log("home", -1, driver, 0.0)

    def _price(self) -> None:
        cells = len(self.hexes.names)
        fleet, riders = self.fleet, self.riders
        free = (fleet.state == IDLE) | (fleet.state == MOVING)
        node = self.streets.roads.head[fleet.vehicles.arc[free]]
        waiting = riders.origin[riders.state == WAITING]
        self.surge.update(
            np.bincount(self.hexes.cell[waiting], minlength=cells).astype(np.float64),
            np.bincount(self.hexes.cell[node], minlength=cells).astype(np.float64), self.params)
        self.repositioning.chase()

    def _ask(self, requests: Requests) -> None:
        """People open the app, see the fare and ask or turn away."""
        if not len(requests.time_s):
            return
        p, r = self.params, self.riders
        cell = self.hexes.cell[requests.origin]
        self.surge.ask(cell)
        multiplier = self.surge.shown[cell]
        asks = pricing.still_asks(uniform(requests.key, PRICE), multiplier, p)
        shares = uniform(requests.key, CONSENT) * 100.0 < p.pool_consent_percent
        patience = patience_s(requests.key, p.patience_min)
        kerb = kerb_s(requests.key)
        arcs, offset = self.streets.router.paths(requests.origin, requests.destination)
        network = self.city.network
        for i in range(len(asks)):
            if not asks[i]:
                self.refused += 1
                self.tally.turned_away()
                self.log("turn away", -1, -1, float(multiplier[i]), float(requests.time_s[i]))
                continue
            slot = r.enter(requests.key[i], int(requests.origin[i]), int(requests.destination[i]),
                           float(requests.time_s[i]), float(patience[i]))
            r.kerb_s[slot] = kerb[i]
            way = arcs[offset[i]:offset[i + 1]]
            r.way[slot] = way
            r.direct_s[slot] = self.streets.route_s[way].sum(dtype=np.float64)
            r.direct_m[slot] = network.length_m[way].sum(dtype=np.float64)
            r.surge[slot] = multiplier[i]
            r.shares[slot] = bool(shares[i]) and p.pooling
            fare = pricing.fare(r.direct_m[slot], r.direct_s[slot], multiplier[i], p)
            r.fare[slot] = fare * (1.0 - p.pool_discount_percent / 100.0 * r.shares[slot])
            self.tally.asked(slot)
            self.log("ask", slot, -1, float(multiplier[i]), float(requests.time_s[i]))

    # ---- what the parts ask of the whole ---------------------------------------------------------

    def fill_fields(self, slots: Int32) -> None:
        """Make sure that riders have a row of times to their origin."""
        missing = slots[self.riders.row[slots] < 0]
        if len(missing):
            self.riders.row[missing] = self.fields.take(self.riders.origin[missing])

    def places(self, drivers: Int32) -> tuple[Float32, Float32]:
        """Metres east and north of drivers, float32 [K] each."""
        v, roads = self.fleet.vehicles, self.streets.roads
        arc = v.arc[drivers]
        share = v.along_m[drivers] / roads.length_m[arc]
        tail, head = roads.tail[arc], roads.head[arc]
        return (self.x[tail] + share * (self.x[head] - self.x[tail]),
                self.y[tail] + share * (self.y[head] - self.y[tail]))

    def heading(self, drivers: Int32) -> Float32:
        """Where drivers face, radians, float32 [K]."""
        roads = self.streets.roads
        arc = self.fleet.vehicles.arc[drivers]
        tail, head = roads.tail[arc], roads.head[arc]
        return np.asarray(np.arctan2(self.y[head] - self.y[tail],
                                     self.x[head] - self.x[tail]), np.float32)

    def bearing(self, slots: Int32) -> Float32:
        """Where riders want to go from where they stand, radians, float32 [K]."""
        o, d = self.riders.origin[slots], self.riders.destination[slots]
        return np.asarray(np.arctan2(self.y[d] - self.y[o], self.x[d] - self.x[o]), np.float32)

    def log(self, kind: str, slot: int, driver: int, value: float, time_s: float | None = None
            ) -> None:
        """Write an event down, if anybody keeps a log."""
        if self.events is not None:
            number = int(self.riders.number[slot]) if slot >= 0 else 0
            self.events.add(self.now_s if time_s is None else time_s, kind, number, driver, value)

    def tell(self, kind: str, text: str, **data: Any) -> None:
        """Put an event on the timeline."""
        self._news.append(Event(self.step_count, kind, text, data))

    def clock(self, time_s: float) -> str:
        """Time of day, hh:mm:ss."""
        seconds = int(time_s) % 86_400
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

    # ---- Simulation protocol ------------------------------------------------------------------

    def frame(self) -> Frame:
        """Places and states after the last step."""
        return picture.frame(self)

    def scene(self) -> Scene:
        """Streets, water, parks, districts, cells; closed streets change with incidents."""
        return picture.scene(self)

    @property
    def scene_version(self) -> int:
        """Grows when streets are closed or opened."""
        return self._scene_version

    def layers(self) -> Mapping[str, Array]:
        """Surge, demand and supply by cell; who drives to whom."""
        return picture.layers(self)

    def status(self) -> Mapping[str, Any]:
        """Clock, agents by kind and the latest round."""
        return picture.status(self)

    def summary(self) -> Mapping[str, Any]:
        """The KPI cards."""
        return {"kpis": cards.cards(self.recorder, self.step_count)}

    def chart_data(self) -> cards.ChartData:
        """Points of the page's charts."""
        return cards.chart_data(self.recorder, self.step_count,
                                [d.name for d in self.city.districts])

    def shadow_data(self) -> cards.ShadowData:
        """A shadow policy beside the one in force."""
        return cards.shadow_data(self.recorder, self.step_count)

    def apply(self, params: Params) -> None:
        """Take new values for live knobs.

        Raises:
            InvalidInput: If a knob that needs a reset differs, or these are no dispatch knobs.
        """
        if not isinstance(params, DispatchParams):
            raise InvalidInput(f"{type(params).__name__} are not the dispatch settings")
        fixed = params.needs_reset(self.params)
        if fixed:
            raise InvalidInput(f"{', '.join(fixed)} cannot change while the city runs; reset it")
        changed = set(params.changed_from(self.params))
        before, self.params = self.params, params
        if "policy" in changed:
            self.tell("policy", f"Policy switched from {before.policy} to {params.policy}",
                      policy=params.policy)
        if before.pooling and not params.pooling:
            # who agreed to share and waits is matched alone from now on
            self.riders.shares[self.riders.state == WAITING] = False
        if "congestion" in changed:
            self.streets.change()

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Let something happen or end it; see `incidents.COMMANDS`.

        Raises:
            InvalidInput: If the command or an argument is unknown or out of range.
        """
        return self.incidents.command(name, arguments)

    def inspect(self, agent: int) -> Mapping[str, Any]:
        """What the inspector shows of a driver or a rider.

        Raises:
            InvalidInput: If there is no such agent.
        """
        last = self.fleet.count + DRAWN - 1
        if not 0 <= agent <= last:
            raise InvalidInput(f"there is no agent {agent}; drivers and riders are 0 to {last}")
        return describe(self, agent)

    def flows(self) -> npt.NDArray[np.int32]:
        """Trips from district to district asked for in the last hour, int32 [K, K]."""
        return self.tally.flows()

    def recent_trips(self, limit: int = 500) -> list[tuple[Float32, Float32]]:
        """Trips that ended in the last hour, the latest `limit`.

        Returns:
            For each: xy float32 [n, 2] in units of the picture along the real route, and
            seconds of the day float32 [n].
        """
        return self.tally.recent_trips(limit)

    def kpis(self, window_steps: int = cards.WINDOW_STEPS) -> list[dict[str, Any]]:
        """Key figures over the last window (see `metrics.kpi_values`)."""
        return metrics.kpi_values(self.recorder, self.step_count, window_steps)

    def counts(self) -> dict[str, int]:
        """The ledger: asked = waiting + assigned + aboard + completed + abandoned."""
        r = self.riders
        return {"opened": r.asked + self.refused, "turned_away": self.refused, "asked": r.asked,
                "waiting": r.count(WAITING), "assigned": r.count(ASSIGNED),
                "aboard": r.count(ABOARD), "completed": r.completed, "abandoned": r.abandoned}

    def drain_points(self) -> Sequence[Points]:
        """Samples since the last call."""
        return self.recorder.drain()

    def drain_events(self) -> Sequence[Event]:
        """Events since the last call."""
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Nothing is held outside of Python's memory."""
