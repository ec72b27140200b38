"""Every knob of the driving world, declared once."""

from __future__ import annotations

from typing import Literal

from engine.params import Params, knob

ScenarioName = Literal[
    "town drive", "difficult intersection", "construction zone", "adverse weather", "cut-in",
    "jaywalker", "debris", "stopped truck"]
StyleName = Literal[
    "Old town", "Avenue", "Suburb", "Works quarter", "Southern coast", "Northern grey",
    "Garden city", "Glass centre", "Autumn"]
WeatherName = Literal["clear", "overcast", "low sun", "rain", "fog", "night"]


class PerceptionParams(Params):
    """A generated town, its traffic, the air above it and the car that drives through."""

    scenario: ScenarioName = knob(
        "town drive", "Scenario", "What the drive is about.", group="Scenario", live=False)
    style: StyleName = knob(
        "Old town", "Style", "How the town looks; the last three are never trained on.",
        group="Scenario", live=False)
    lanes: int = knob(
        2, "Lanes a direction", "Lanes of the main road.",
        low=1, high=3, step=1, group="Scenario", live=False)
    bend: float = knob(
        0.5, "Bends", "0 is straight, 1 winds as far as a town road does.",
        low=0.0, high=1.0, step=0.05, group="Scenario", live=False)
    slope_percent: float = knob(
        3.0, "Slopes", "Steepest slope of the ground.",
        low=0.0, high=8.0, step=0.5, unit="%", group="Scenario", live=False)
    junctions: int = knob(
        2, "Intersections", "Cross streets on the way.",
        low=0, high=4, step=1, group="Scenario", live=False)

    traffic_per_km: float = knob(
        26.0, "Traffic", "Vehicles on a kilometre of lane, in both directions.",
        low=0.0, high=60.0, step=1.0, unit="/km", group="Traffic", live=False)
    trucks_percent: float = knob(
        14.0, "Trucks and buses", "Share of large vehicles.",
        low=0.0, high=60.0, step=1.0, unit="%", group="Traffic", live=False)
    cyclists_per_km: float = knob(
        6.0, "Cyclists", "Cyclists on a kilometre of road.",
        low=0.0, high=30.0, step=1.0, unit="/km", group="Traffic", live=False)
    pedestrians_per_km: float = knob(
        40.0, "Pedestrians", "Pedestrians on a kilometre of road.",
        low=0.0, high=160.0, step=2.0, unit="/km", group="Traffic", live=False)
    parked_percent: float = knob(
        45.0, "Parked cars", "Share of bays that are taken.",
        low=0.0, high=95.0, step=5.0, unit="%", group="Traffic", live=False)
    aggression: float = knob(
        0.3, "Aggression", "0 keeps long gaps, 1 pushes in.",
        low=0.0, high=1.0, step=0.05, group="Traffic", live=False)

    weather: WeatherName = knob(
        "clear", "Weather", "Sets sun, clouds, haze and rain; the sliders below change them.",
        group="Weather")
    sun_height_deg: float = knob(
        48.0, "Sun height", "Height above the horizon; below 2° it is night and lamps are lit.",
        low=-20.0, high=75.0, step=1.0, unit="°", group="Weather")
    visibility_m: float = knob(
        4000.0, "Visibility", "Range at which fog leaves 5 % of contrast.",
        low=40.0, high=5000.0, step=10.0, unit="m", group="Weather")
    rain_mm_h: float = knob(
        0.0, "Rain", "Streaks, a wet road and lost contrast.",
        low=0.0, high=30.0, step=0.5, unit="mm/h", group="Weather")

    target_kmh: float = knob(
        45.0, "Target speed", "Speed the planner wants on a free road.",
        low=10.0, high=70.0, step=1.0, unit="km/h", group="Car")
