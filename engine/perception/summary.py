"""The six cards above the cameras."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from engine.perception.score import TTC_MIN_S

if TYPE_CHECKING:
    from engine.perception.simulation import PerceptionSimulation

FAR_TTC_S: Final = 10.0
"""A time to collision beyond this is told as free."""


def cards(sim: PerceptionSimulation) -> list[Mapping[str, Any]]:
    """Label, value, note, change and recent past of each card."""
    tell, quality = sim.telemetry, sim.quality
    shown = sim.shown
    least = min((t for t in tell.minute()["ttc"] if t is not None), default=None)
    result = sim.scorer.result()
    speed = None if shown is None else 3.6 * shown.now.ego[0]
    ttc = sim.ttc if math.isfinite(sim.ttc) and sim.ttc < FAR_TTC_S else None
    loop = sim.loop_ms
    tell.remember("speed", speed)
    tell.remember("ttc", ttc)
    tell.remember("score", result["driving_score"])
    tell.remember("ap50", quality.ap50)
    tell.remember("abs_rel", quality.abs_rel)
    tell.remember("loop", 1e3 / loop if loop else None)
    return [
        {"label": "Speed", "unit": "km/h", "value": _text(speed, 0),
         "note": f"wanted {sim.params.target_kmh:.0f}", "series": tell.recent("speed"),
         "help": "Of the car; the planner slows for bends, lights and others."},
        {"label": "Time to collision", "unit": "" if ttc is None else "s",
         "value": _text(ttc, 1) or "free",
         "note": "" if least is None else f"least {least:.1f}",
         "series": tell.recent("ttc"),
         "help": "Until the nearest body straight ahead is reached at present speeds, by the "
                 "truth; least of the last minute. nuPlan's limit is "
                 f"{TTC_MIN_S:g} s."},
        {"label": "Driving score", "value": _text(result["driving_score"], 1),
         "note": f"{100 * result['completion']:.0f} % of the way", "series": tell.recent("score"),
         "help": "Share of the route driven, times a penalty for each infraction (Bench2Drive). "
                 "Of this drive so far: it rises with the way."},
        {"label": "Detection AP50", "value": _text(quality.ap50, 3),
         "note": "latest samples" if quality.samples > 1 else "", "series": tell.recent("ap50"),
         "help": "Mean over the classes present, objects of 25 visible pixels or more, latest "
                 "samples of this drive, one a second. A few pictures, so an indication; the "
                 "model card has the benchmark."},
        {"label": "Depth AbsRel", "value": _text(quality.abs_rel, 3),
         "series": tell.recent("abs_rel"), "note": "below 80 m",
         "help": "Mean relative error of the depth below 80 m over this drive; lower is better."},
        {"label": "Loop", "unit": "Hz", "value": _text(1e3 / loop if loop else None, 1),
         "note": "" if not loop else f"{loop:.0f} ms a tick", "series": tell.recent("loop"),
         "help": "What this machine could do: render eight cameras, network, track, forecast, "
                 "plan, control; mean of the last second."},
    ]


def _text(value: float | None, digits: int) -> str | None:
    return None if value is None else f"{value:,.{digits}f}"
