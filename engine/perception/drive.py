"""Closed-loop drives without a browser, on the truth or by what a network sees."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from time import process_time
from typing import Any, Final

import numpy as np

from engine.errors import InvalidInput
from engine.perception import weather
from engine.perception.planner import Planner
from engine.perception.scenarios import SCENARIOS
from engine.perception.scene import Scene, from_world
from engine.perception.score import Scorer, goal_of, true_ttc
from engine.perception.styles import STYLE
from engine.perception.truth import varied
from engine.perception.world import World

ROUTE_M: Final = 260.0
LONGEST_S: Final = 240.0

Perceive = Callable[[World], Scene]
"""How the planner comes by its scene: the truth, or a network."""


def drive_once(scenario: str, seed: int, *, style: str = "Old town",
               perceive: Perceive = from_world, route_m: float = ROUTE_M) -> dict[str, Any]:
    """One drive through a scenario.

    Args:
        scenario: A name in `SCENARIOS`.
        seed: Of the world, ≥ 0.
        style: A name in `STYLE`.
        perceive: Where the planner's scene comes from; the truth by default.
        route_m: Length of the drive, m, > 0; the end of the road may come before.

    Returns:
        Figures of the drive, JSON-able; see `score.Scorer.result`.

    Raises:
        InvalidInput: If the scenario or style is unknown, the seed negative or the route no length.
    """
    if scenario not in SCENARIOS:
        raise InvalidInput(f"scenario is {scenario!r}; choose from {', '.join(SCENARIOS)}")
    if style not in STYLE:
        raise InvalidInput(f"style is {style!r}; choose from {', '.join(STYLE)}")
    if seed < 0:
        raise InvalidInput(f"seed is {seed}; it must be 0 or more")
    if not route_m > 0.0:
        raise InvalidInput(f"route_m is {route_m}; it must be more than 0 m")
    rng = np.random.default_rng([seed, 91, list(SCENARIOS).index(scenario)])
    kinds = SCENARIOS[scenario].weather
    sky = weather.drawn(kinds[int(rng.integers(len(kinds)))], rng)
    params = varied(scenario, rng).with_changes(style=style, weather=sky.name)
    world = World(params, seed, sky)
    world.take_wheel()
    planner = Planner()
    start = world.snapshot().route_s
    scorer = Scorer(world, goal_of(world, start, route_m), start)
    states: dict[str, int] = {}
    least, plan_s = math.inf, 0.0
    while not scorer.done and world.time < LONGEST_S:
        scene = perceive(world)
        begun = process_time()
        plan = planner.plan(scene)
        plan_s += process_time() - begun
        states[plan.decision.state] = states.get(plan.decision.state, 0) + 1
        world.step(plan.command)
        ttc = true_ttc(world)
        least = min(least, ttc)
        scorer.watch(world.snapshot().route_s, ttc)
    return {
        "scenario": scenario, "seed": seed, "style": style, "weather": sky.name,
        **scorer.result(), "least_ttc_s": None if math.isinf(least) else round(least, 2),
        "states": {k: round(v / max(1, scorer.ticks), 3) for k, v in sorted(states.items())},
        "plan_cpu_ms": round(1e3 * plan_s / max(1, scorer.ticks), 2),
    }


def summary(drives: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over drives, with the 95 % interval of the driving score (normal approximation)."""
    if not drives:
        raise InvalidInput("no drives to sum up; ask for one seed or more")
    scores = np.array([d["driving_score"] for d in drives])
    half = 1.96 * float(scores.std(ddof=1)) / math.sqrt(len(scores)) if len(scores) > 1 else 0.0
    km = sum(d["distance_m"] for d in drives) / 1000.0
    return {
        "drives": len(drives), "driving_score": round(float(scores.mean()), 2),
        "interval": [round(float(scores.mean()) - half, 2), round(float(scores.mean()) + half, 2)],
        "success": round(float(np.mean([d["success"] for d in drives])), 4),
        "completion": round(float(np.mean([d["completion"] for d in drives])), 4),
        "comfort": round(float(np.mean([d["comfort"] for d in drives])), 4),
        "interventions_per_km": round(sum(d["interventions"] for d in drives) / max(km, 1e-3), 3),
        "km": round(km, 3),
    }
