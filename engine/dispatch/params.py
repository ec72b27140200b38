"""Every knob of the dispatch laboratory, declared once."""

from __future__ import annotations

from typing import Literal

from engine.dispatch.score import MEASURED
from engine.params import Params, knob

Policy = Literal["nearest", "greedy score", "optimal batch"]
Repositioning = Literal["none", "min-cost flow"]
Day = Literal["weekday", "Friday", "Saturday", "Sunday"]
Shadow = Literal["none", "nearest", "greedy score", "optimal batch"]


class DispatchParams(Params):
    """A city's riders and drivers and the rules by which they meet.

    One step is two seconds.
    """

    policy: Policy = knob(
        "optimal batch", "Policy", "Each rider in turn takes the nearest driver or the best "
        "score; or a batch is solved as one: most riders first, then the best sum.",
        group="Matching")
    batch_window_s: int = knob(
        4, "Batch window", "Time between two matching rounds; riders wait it out, and a longer "
        "one has more to choose from.",
        low=2, high=60, step=2, unit="s", group="Matching")
    radius_km: float = knob(
        5.0, "Search radius", "Drivers farther from a rider than this, as the crow flies, are no "
        "candidates.",
        low=0.5, high=15.0, step=0.5, unit="km", group="Matching")
    longest_pickup_min: float = knob(
        12.0, "Longest pickup", "Drivers whose way to the rider takes longer are no candidates.",
        low=2.0, high=30.0, step=1.0, unit="min", group="Matching")
    candidates: int = knob(
        24, "Candidates a rider", "The nearest drivers in time that the round looks at; the "
        "optimum is among these.",
        low=1, high=60, step=1, group="Matching")
    reassign: bool = knob(
        True, "Re-assignment", "An optimal batch may swap drivers that are still on their way to "
        "a pickup.", group="Matching")
    reassign_every_s: int = knob(
        20, "Re-assign every", "Time between two rounds that reconsider the drivers under way.",
        low=2, high=120, step=2, unit="s", group="Matching")
    weight_distance: float = knob(
        MEASURED.distance, "Distance", "Weight of the metres to the rider; the published rule has "
        "0.3.",
        low=0.0, high=1.0, step=0.05, group="Matching")
    weight_eta: float = knob(
        MEASURED.eta, "ETA", "Weight of the seconds to the rider; the published rule has 0.2.",
        low=0.0, high=1.0, step=0.05, group="Matching")
    weight_rating: float = knob(
        MEASURED.rating, "Rating", "Weight of the driver's stars; the published rule has 0.3.",
        low=0.0, high=1.0, step=0.05, group="Matching")
    weight_direction: float = knob(
        MEASURED.direction, "Direction", "Weight of facing the rider's way already; the published "
        "rule has 0.2.",
        low=0.0, high=1.0, step=0.05, group="Matching")
    shadow: Shadow = knob(
        "none", "Shadow policy", "Decides beside the policy in force on the same snapshots; its "
        "decisions are counted and never carried out.", group="Matching")

    pooling: bool = knob(
        False, "Pooling", "Riders on similar ways share a car, up to four.", group="Pooling")
    pool_consent_percent: float = knob(
        60.0, "Riders who share", "Share of riders who agree to ride with others.",
        low=0.0, high=100.0, step=5.0, unit="%", group="Pooling")
    pool_detour_percent: float = knob(
        40.0, "Longest detour", "Time a shared ride may take beyond the direct one.",
        low=5.0, high=150.0, step=5.0, unit="%", group="Pooling")
    pool_discount_percent: float = knob(
        25.0, "Discount", "What a rider who agrees to share saves.",
        low=0.0, high=60.0, step=5.0, unit="%", group="Pooling")

    surge: bool = knob(
        True, "Surge pricing", "Fares rise where requests outrun free drivers.", group="Surge")
    surge_cap: float = knob(
        2.4, "Cap", "Highest multiplier.",
        low=1.0, high=5.0, step=0.1, unit="×", group="Surge")
    surge_slope: float = knob(
        0.7, "Slope", "Multiplier added when requests are twice what the free drivers of the "
        "neighbourhood can take.",
        low=0.0, high=3.0, step=0.1, unit="×", group="Surge")
    surge_smoothing_min: float = knob(
        4.0, "Smoothing", "Time constant over which demand, supply and multiplier are averaged.",
        low=0.5, high=20.0, step=0.5, unit="min", group="Surge")
    surge_hysteresis: float = knob(
        0.1, "Hysteresis", "A shown multiplier moves only when the smoothed one has left it by "
        "more than this.",
        low=0.0, high=0.5, step=0.05, unit="×", group="Surge")
    driver_response: float = knob(
        0.25, "Drivers' response", "How readily drivers follow high fares: those off shift nearby "
        "come out, free ones move to the dearer cell beside theirs.",
        low=0.0, high=2.0, step=0.05, group="Surge")

    drivers: int = knob(
        3000, "Drivers", "Drivers registered; shifts decide who is out.",
        low=0, high=20_000, step=50, group="Fleet", live=False)
    out_percent: float = knob(
        100.0, "Drivers out", "Share of those on shift who really come out.",
        low=0.0, high=100.0, step=1.0, unit="%", group="Fleet")
    shift_h: float = knob(
        9.0, "Shift", "Mean length of a shift; starts follow demand.",
        low=1.0, high=24.0, step=0.5, unit="h", group="Fleet", live=False)
    acceptance_percent: float = knob(
        94.0, "Acceptance", "Share of offers a driver takes when the pickup is near; long ways "
        "are declined more often.",
        low=10.0, high=100.0, step=1.0, unit="%", group="Fleet")
    cruising: bool = knob(
        True, "Cruising", "Free drivers drive around for some minutes before they park.",
        group="Fleet")
    repositioning: Repositioning = knob(
        "none", "Repositioning", "Send free drivers where forecast demand lacks them, by the "
        "cheapest flow.", group="Fleet")
    reposition_every_min: float = knob(
        2.0, "Reposition every", "Time between two repositioning rounds.",
        low=1.0, high=30.0, step=1.0, unit="min", group="Fleet")

    trips_per_day: int = knob(
        100_000, "Demand", "Mean requests of a weekday at normal fares; hours, districts and "
        "events shape them.",
        low=0, high=400_000, step=1000, unit="requests/day", group="Riders")
    patience_min: float = knob(
        6.0, "Patience", "Median time a rider waits for a driver before giving up.",
        low=0.5, high=30.0, step=0.5, unit="min", group="Riders")
    price_elasticity: float = knob(
        0.8, "Price elasticity", "At multiplier m a share m^-e of those who look still asks.",
        low=0.0, high=4.0, step=0.1, group="Riders")
    trip_km: float = knob(
        4.5, "Reach of trips", "Distance over which the attraction of a destination falls by e.",
        low=1.0, high=30.0, step=0.5, unit="km", group="Riders")

    congestion: float = knob(
        1.0, "Rush hour", "Scales the time-of-day slowdown; 0 is a free road all day.",
        low=0.0, high=2.5, step=0.1, unit="×", group="Traffic")
    signal_red_s: float = knob(
        14.0, "Red light", "Longest wait at a signal; routing does not know of it, the arrival "
        "estimate learns it.",
        low=0.0, high=60.0, step=2.0, unit="s", group="Traffic")
    day: Day = knob(
        "weekday", "Day", "Shape of the day.", group="Traffic", live=False)
    start_h: float = knob(
        17.0, "Start at", "Time of day at step 0.",
        low=0.0, high=23.5, step=0.5, unit="h", group="Traffic", live=False)

    fare_base: float = knob(
        2.5, "Base fare", "Paid for every ride.",
        low=0.0, high=20.0, step=0.1, unit="€", group="Fares")
    fare_km: float = knob(
        1.1, "Per km", "Paid for each kilometre of the direct way.",
        low=0.0, high=10.0, step=0.1, unit="€", group="Fares")
    fare_min: float = knob(
        0.3, "Per minute", "Paid for each minute of the direct way.",
        low=0.0, high=5.0, step=0.05, unit="€", group="Fares")
    commission_percent: float = knob(
        25.0, "Commission", "Share of the fare that the driver does not get.",
        low=0.0, high=60.0, step=1.0, unit="%", group="Fares")
