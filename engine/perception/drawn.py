"""A drive's present instant as a snapshot: facts and parts put together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.live.simulation import Snapshot
from engine.perception import picture
from engine.perception.cameras import VIEWS
from engine.perception.driver import blind
from engine.perception.live_eyes import Look
from engine.perception.planner import Plan
from engine.perception.vehicle import Command
from engine.perception.world import TICK_S

if TYPE_CHECKING:
    from engine.perception.simulation import PerceptionSimulation


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick left behind.

    Attributes:
        step: Of the run.
        look: What was seen.
        plan: What the planner came to.
        asked: What was asked of the car.
        times_ms: Wall time of each stage.
    """

    step: int
    look: Look
    plan: Plan
    asked: Command
    times_ms: dict[str, float]


def drawn(sim: PerceptionSimulation) -> Snapshot:
    """Everything the page shows of the last tick; little before the first."""
    tick = sim.tick
    facts: dict[str, Any] = {
        "seen": tick is not None, "drive": drive_facts(sim), "model": sim.model,
        "sees": sim.params.sees, "manual": sim.wheel.taken, "explain": sim.explainer.facts,
        "lost": {VIEWS[v]: round((sim.step_count - s) * TICK_S, 1) for v, s in sim.lost.items()}}
    if tick is None:
        return Snapshot(facts)
    look, plan = tick.look, tick.plan
    facts |= {
        "step": tick.step, "time": round(look.now.time, 1),
        "blind": sim.params.sees == "network" and blind(sim.eyes.working),
        "car": car_facts(sim, tick),
        "decision": picture.decision_facts(sim.announcer.said or plan.decision, plan,
                                           (tick.step - sim.announcer.since) * TICK_S),
        "plan": picture.plan_facts(plan),
        "ttc": round(sim.ttc, 2) if math.isfinite(sim.ttc) else None,
        "views": picture.view_facts(look, sim.eyes.cameras, sim.eyes.working),
        "tracks": picture.track_facts(look, sim.params.least_score),
        "lines": picture.line_facts(look),
        "truth": picture.truth_facts(look, sim.world, sim.shapes),
        "times": {k: round(v, 1) for k, v in tick.times_ms.items()},
        "quality": sim.quality.facts(),
    }
    return Snapshot(facts, picture.blobs(look, sim.eyes.working, sim.explainer.heat))


def car_facts(sim: PerceptionSimulation, tick: Tick) -> dict[str, float]:
    """The car's motion (m/s, m/s², m/s³) and controls (degrees), and what was asked of them."""
    speed, turn, accel, steering = tick.look.now.ego
    return {"speed": round(speed, 2), "accel": round(accel, 2), "lateral": round(speed * turn, 2),
            "jerk": round(sim.jerk, 1), "steering": round(math.degrees(steering), 1),
            "asked_accel": round(tick.asked.accel, 2),
            "asked_steering": round(math.degrees(tick.asked.steering), 1),
            "target": round(sim.params.target_kmh / 3.6, 2)}


def drive_facts(sim: PerceptionSimulation) -> dict[str, Any]:
    """How this drive goes."""
    result = sim.scorer.result()
    return {"number": sim.drive_number, "scenario": sim.params.scenario,
            "style": sim.params.style, "weather": sim.params.weather, "over": sim.rest > 0,
            "finished": len(sim.finished),
            "goal_m": round(sim.scorer.goal_m - sim.scorer.start_m, 1),
            **{k: result[k] for k in ("driving_score", "completion", "comfort", "distance_m",
                                      "interventions", "infractions", "time_s")}}
