"""Which policy is better, and which experiment would have told: paired, switchback, naive split.

A simulator can run both policies on the same riders and drivers, so it knows the truth: the mean
difference of whole runs, pair by pair (common random numbers). A company cannot. It randomises
blocks of time (a switchback: Bojinov, Simchi-Levi and Zhao 2023, doi:10.1287/mnsc.2022.4583) and
pays for what one block carries over into the next; or it splits the riders, and the two arms take
each other's drivers (interference: Johari, Li, Liskovich and Weintraub 2022,
doi:10.1287/mnsc.2021.4247). Each design's estimate stands here beside the truth.

Shape letters: S seeds, B blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from engine.dispatch.city import City
from engine.dispatch.outcome import Outcome
from engine.dispatch.params import DispatchParams
from engine.dispatch.simulation import DispatchSimulation
from engine.dispatch.streams import BLOCK, keys, uniform
from engine.dispatch.trips import Trips
from engine.errors import InvalidInput
from engine.params import knobs

Float64 = npt.NDArray[np.float64]
Watch = Callable[[int], None]
"""Is told of every so many steps made; an exception it raises ends the experiment."""

CONFIDENCE: Final = 0.95
WARM_UP_H: Final = 0.25
"""Left out at the beginning: an empty city fills."""
RUNS_OF_DESIGNS: Final = 4
_GROUP: Final = 1 << 43
_STEPS_A_WORD: Final = 30

FIGURES: Final[dict[str, Callable[[Outcome], float]]] = {
    "wait_mean_s": lambda o: _value(o.mean("rider.wait_s")),
    "wait_p95_s": lambda o: _value(o.percentile("rider.wait_s", 95)),
    "pickup_mean_s": lambda o: _value(o.mean("rider.pickup_s")),
    "pickup_p95_s": lambda o: _value(o.percentile("rider.pickup_s", 95)),
    "matched_percent": lambda o: _value(o.mean("rider.matched_percent")),
    "empty_km_percent": lambda o: _value(o.mean("fleet.empty_km_percent")),
    "earned_per_h": lambda o: _value(o.mean("money.earned_per_h")),
}
"""What runs are compared by."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Treatment less control.

    Attributes:
        control, treatment: Means over the seeds or blocks.
        mean: Of the differences.
        low, high: 95 % interval of the mean.
        percent: `mean` over `control`, in percent.
    """

    control: float
    treatment: float
    mean: float
    low: float
    high: float
    percent: float

    @property
    def settled(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True, slots=True)
class Paired:
    """Two sets of knobs on the same seeds.

    Attributes:
        control, treatment: Policies.
        seeds: Of the runs.
        hours: Of each run.
        figures: Differences by figure, see `FIGURES`.
    """

    control: str
    treatment: str
    seeds: tuple[int, ...]
    hours: float
    figures: dict[str, Difference]

    def facts(self) -> dict[str, Any]:
        """JSON-able; figures that nobody had are left out."""
        known = {n: d for n, d in self.figures.items() if np.isfinite(d.mean)}
        return asdict(self) | {
            "seeds": list(self.seeds), "figures": {n: asdict(d) for n, d in known.items()},
            "settled": {n: d.settled for n, d in known.items()}}


def paired(
    control: DispatchParams, treatment: DispatchParams, seeds: Iterable[int], hours: float, *,
    city: City | None = None, trips: Trips | None = None, warm_up_h: float = WARM_UP_H,
    watch: Watch | None = None,
) -> Paired:
    """Run two sets of knobs on the same riders and drivers, seed by seed.

    Args:
        control: Knobs A.
        treatment: Knobs B.
        seeds: Of the pairs, at least two.
        hours: Simulated time of each run, > `warm_up_h`.
        city: The shipped one if None.
        trips: Requests to replay; generated ones if None.
        warm_up_h: Left out at the beginning.
        watch: Is told of steps made; 2 · S · hours altogether.

    Raises:
        InvalidInput: If there are fewer than two seeds or no time is left.
    """
    numbers = tuple(seeds)
    if len(numbers) < 2:
        raise InvalidInput(f"{len(numbers)} seed gives no interval; use at least 2")
    _check_hours(hours, warm_up_h)
    rows: dict[str, list[tuple[float, float]]] = {n: [] for n in FIGURES}
    for seed in numbers:
        pair = [_figures(_outcome(p, seed, hours, warm_up_h, city, trips, watch=watch))
                for p in (control, treatment)]
        for name in FIGURES:
            rows[name].append((pair[0][name], pair[1][name]))
    return Paired(control.policy, treatment.policy, numbers, hours,
                  {n: difference(np.array(v)) for n, v in rows.items()})


def difference(pairs: Float64) -> Difference:
    """Mean difference of pairs with Student's interval.

    Args:
        pairs: float64 [S, 2], control and treatment.
    """
    gap = pairs[:, 1] - pairs[:, 0]
    many = len(gap)
    mean = float(gap.mean())
    half = float("nan")
    if many > 1:
        quantile = float(student.ppf(0.5 + CONFIDENCE / 2.0, many - 1))
        half = quantile * float(gap.std(ddof=1)) / many ** 0.5
    base = float(pairs[:, 0].mean())
    return Difference(base, float(pairs[:, 1].mean()), mean, mean - half, mean + half,
                      100.0 * mean / base if base else float("nan"))


def designs(
    control: DispatchParams, treatment: DispatchParams, seed: int, hours: float, block_s: float, *,
    city: City | None = None, trips: Trips | None = None, warm_up_h: float = WARM_UP_H,
    figure: str = "rider.wait_s", watch: Watch | None = None,
) -> dict[str, Any]:
    """One city, four runs: all control, all treatment, a switchback and a split of the riders.

    A rider can be matched by other rules than the next one; everything else (prices, pooling,
    repositioning) belongs to the city, and there is no split of it.

    Args:
        control: Knobs A.
        treatment: Knobs B; may differ from A in live knobs alone.
        seed: Of all four runs.
        hours: Simulated time.
        block_s: Length of a switchback's block; its first third is left out as carry-over.
        city: The shipped one if None.
        trips: Requests to replay; generated ones if None.
        warm_up_h: Left out at the beginning.
        figure: Series compared, one point a rider.
        watch: Is told of steps made.

    Returns:
        JSON-able: truth, switchback with its 95 % interval, split (None where A and B differ
        beyond the matching), and the bias of each.

    Raises:
        InvalidInput: If there would be fewer than four blocks, or A and B differ in a knob that
            needs a reset.
    """
    _check_hours(hours, warm_up_h)
    fixed = treatment.needs_reset(control)
    if fixed:
        raise InvalidInput(f"{', '.join(fixed)} cannot switch while the city runs; compare two "
                           "runs in place of a switchback")
    _blocks(hours, warm_up_h, block_s)
    whole = [float(_outcome(p, seed, hours, warm_up_h, city, trips, watch=watch)
                   .values(figure).mean()) for p in (control, treatment)]
    truth = whole[1] - whole[0]
    back = switchback(control, treatment, seed, hours, block_s, city=city, trips=trips,
                      warm_up_h=warm_up_h, figure=figure, watch=watch)
    arms = None
    if can_split(control, treatment):
        arms = split(control, treatment, seed, hours, city=city, trips=trips,
                     warm_up_h=warm_up_h, watch=watch)
    return {
        "figure": figure, "control": control.policy, "treatment": treatment.policy, "seed": seed,
        "hours": hours, "block_min": block_s / 60.0,
        "truth": {"control": whole[0], "treatment": whole[1], "difference": truth},
        "switchback": asdict(back) | {"bias": back.mean - truth},
        "split": arms and {"control": arms[0], "treatment": arms[1],
                           "difference": arms[1] - arms[0], "bias": arms[1] - arms[0] - truth},
    }


def can_split(control: DispatchParams, treatment: DispatchParams) -> bool:
    """Whether riders can be split between two sets of knobs: they differ in the matching alone."""
    matching = {k.name for k in knobs(DispatchParams) if k.group == "Matching"}
    return set(treatment.changed_from(control)) <= matching


def switchback(
    control: DispatchParams, treatment: DispatchParams, seed: int, hours: float, block_s: float, *,
    city: City | None = None, trips: Trips | None = None, warm_up_h: float = WARM_UP_H,
    figure: str = "rider.wait_s", watch: Watch | None = None,
) -> Difference:
    """Alternate policies in blocks of time, in random order within each pair of blocks.

    The interval is Student's over pairs of neighbouring blocks, so that the time of day cancels.
    Arguments as in `designs`.

    Raises:
        InvalidInput: If there would be fewer than four blocks.
    """
    blocks = _blocks(hours, warm_up_h, block_s)
    order = arms_of_blocks(seed, blocks)
    world = DispatchSimulation(control, seed, city, trips)
    first = round(warm_up_h * 3600.0 / world.step_s)
    each = round(block_s / world.step_s)
    _go(world, first, watch)
    means = np.zeros(blocks)
    for b in range(blocks):
        world.apply(treatment if order[b] else control)
        _go(world, each // 3, watch)
        means[b] = _value(_go(world, each - each // 3, watch).mean(figure))
    pairs = means.reshape(-1, 2)
    swapped = order.reshape(-1, 2)[:, 0]
    pairs = np.where(swapped[:, None], pairs[:, ::-1], pairs)
    return difference(pairs[np.isfinite(pairs).all(axis=1)])


def arms_of_blocks(seed: int, blocks: int) -> npt.NDArray[np.bool_]:
    """Which blocks are treated, bool [B]: one of each two, by the toss of a coin."""
    coin = uniform(keys(seed, _GROUP, blocks // 2), BLOCK) < 0.5
    return np.stack([coin, ~coin], axis=1).ravel()


def split(
    control: DispatchParams, treatment: DispatchParams, seed: int, hours: float, *,
    city: City | None = None, trips: Trips | None = None, warm_up_h: float = WARM_UP_H,
    watch: Watch | None = None,
) -> tuple[float, float]:
    """Give half of the riders to each policy, on the same drivers.

    Returns:
        Mean wait of the riders of A and of B, seconds.
    """
    seen = _outcome(control, seed, hours, warm_up_h, city, trips, treatment, watch)
    wait, arm = seen.values("rider.wait_s"), seen.values("rider.arm")
    return float(wait[arm == 0.0].mean()), float(wait[arm == 1.0].mean())


def _outcome(
    params: DispatchParams, seed: int, hours: float, warm_up_h: float, city: City | None,
    trips: Trips | None, against: DispatchParams | None = None, watch: Watch | None = None,
) -> Outcome:
    world = DispatchSimulation(params, seed, city, trips)
    if against is not None:
        world.dispatcher.split_with(against)
    _go(world, round(warm_up_h * 3600.0 / world.step_s), watch)
    return _go(world, round((hours - warm_up_h) * 3600.0 / world.step_s), watch)


def _go(world: DispatchSimulation, steps: int, watch: Watch | None) -> Outcome:
    """Make steps; what was measured in them."""
    world.drain_points()
    seen = Outcome()
    for at in range(0, steps, _STEPS_A_WORD):
        many = min(_STEPS_A_WORD, steps - at)
        for _ in range(many):
            world.step()
        seen.take(world.drain_points())
        if watch is not None:
            watch(many)
    return seen


def _blocks(hours: float, warm_up_h: float, block_s: float) -> int:
    """Blocks of a switchback, an even number; refused where there are too few."""
    # whole seconds: a length in hours is rarely a round binary number
    blocks = round((hours - warm_up_h) * 3600.0) // round(block_s)
    blocks -= blocks % 2
    if blocks < 4:
        raise InvalidInput(
            f"{hours:g} h hold {max(blocks, 0)} blocks of {block_s / 60:g} min after the warm-up; "
            "a switchback needs at least 4: run longer or use shorter blocks")
    return blocks


def _figures(seen: Outcome) -> dict[str, float]:
    return {name: of(seen) for name, of in FIGURES.items()}


def _value(value: float | None) -> float:
    return float("nan") if value is None else value


def _check_hours(hours: float, warm_up_h: float) -> None:
    if not hours > warm_up_h:
        raise InvalidInput(f"hours is {hours:g}; it must be more than the warm-up of "
                           f"{warm_up_h:g} h")
