"""How long a trip really takes: the routed time, corrected by what past trips took.

Gradient boosting learns the relative residual (actual − routed) / (routed + a minute) at three
quantiles; the interval is then widened or narrowed so that it held on later trips than it was
fitted on, and kept honest while it is used.

Sources: residual over a routing engine, Hu et al. 2022 (DeepETA), arXiv:2206.02127; quantile
boosting, Ke et al. 2017 (LightGBM); conformalised quantile regression, Romano, Patterson and Candès
2019, arXiv:1905.03222; adaptive conformal inference, Gibbs and Candès 2021, arXiv:2106.00170.

Shape letters: K trips, F features.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.network import Network
from engine.dispatch.traffic import DAY_S
from engine.errors import Infeasible, InvalidInput

if TYPE_CHECKING:
    import lightgbm

Bool = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

FEATURES: Final = ("routed time", "planned length", "planned arcs", "crow-flies length",
                   "hour, sine", "hour, cosine", "origin east", "origin north", "target east",
                   "target north", "rain")
COVERAGE: Final = 0.8
"""Share of trips that the interval should hold."""
FEWEST: Final = 300
"""Trips a model needs."""
DRIFT: Final = 1.5
"""Error, as a multiple of that when tested, from which a model has drifted."""

_TRAIN, _CALIBRATE = 0.6, 0.2
_MINUTE_S: Final = 60.0
_TREES: Final = 120
_BOOST: Final = {
    "objective": "quantile", "learning_rate": 0.08, "num_leaves": 15, "min_data_in_leaf": 40,
    "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True,
}


class Trips(NamedTuple):
    """Trips that have ended.

    feature: float32 [K, F], of `features`.
    routed_s: float32 [K], > 0, as routed when the trip began.
    actual_s: float32 [K], > 0.
    start_s: float64 [K].
    """

    feature: Float32
    routed_s: Float32
    actual_s: Float32
    start_s: Float64


class Estimate(NamedTuple):
    """Predicted seconds, float32 [K] each; low ≤ median ≤ high."""

    low: Float32
    median: Float32
    high: Float32


@dataclass(frozen=True, slots=True)
class Report:
    """How the model did on the last trips, which neither fitting nor calibration saw.

    Attributes:
        fitted: Trips the trees were fitted on, all ended before the others did.
        calibrated: Trips the interval was set on, later than those.
        tested: Trips of this report, later still.
        mae_s: Mean absolute error of the median.
        routed_mae_s: The same of the routed time alone.
        coverage: Share of trips within the interval, which adapts to trips as they end.
        fixed_coverage: The same had the interval stayed as calibrated.
        width_s: Mean width of the adapting interval.
        importance: Share of the loss each feature took away, falling.
    """

    fitted: int
    calibrated: int
    tested: int
    mae_s: float
    routed_mae_s: float
    coverage: float
    fixed_coverage: float
    width_s: float
    importance: tuple[tuple[str, float], ...]


def features(
    network: Network, origin: Int32, target: Int32, *, routed_s: Float32, length_m: Float32,
    arcs: Int32, start_s: Float64, rain: Bool,
) -> Float32:
    """What is known of trips when they begin, float32 [K, F].

    The length is that of the planned path: the meter's is known only at the end and would leak.

    Args:
        network: Road graph.
        origin: int32 [K], nodes.
        target: int32 [K], nodes.
        routed_s: float32 [K].
        length_m: float32 [K], of the planned path.
        arcs: int32 [K], of the planned path.
        start_s: float64 [K], seconds since midnight of any day.
        rain: bool [K].
    """
    turn = 2 * np.pi * (start_s % DAY_S) / DAY_S
    x, y = network.x, network.y
    return np.stack([
        routed_s, length_m, arcs, np.hypot(x[target] - x[origin], y[target] - y[origin]),
        np.sin(turn), np.cos(turn), x[origin], y[origin], x[target], y[target], rain,
    ], axis=1).astype(np.float32)


class EtaModel:
    """Three boosters and a widening; made by `train`.

    Attributes:
        report: How it did on later trips.
    """

    def __init__(
        self, boosters: tuple[lightgbm.Booster, ...], scores: Float64, report: Report
    ) -> None:
        self.report = report
        self._boosters = boosters
        self._scores = scores

    @property
    def scores(self) -> Float64:
        """Conformity scores of the calibration trips in order of their ends, float64."""
        return self._scores

    def predict(
        self, feature: Float32, routed_s: Float32, widen: float | None = None
    ) -> Estimate:
        """Estimate trips.

        Args:
            feature: float32 [K, F], of `features`.
            routed_s: float32 [K].
            widen: Relative widening to use in place of the calibration's, as of `EtaMonitor`.
        """
        by = _widening(self._scores, COVERAGE) if widen is None else widen
        return _widened(_raw(self._boosters, feature, routed_s), routed_s, by)


def train(trips: Trips, seed: int) -> EtaModel:
    """Fit on the first 60 % of trips by time, calibrate on the next 20 %, report on the last.

    A trip belongs to the part in which it ends: nothing is learned before it is known, and the long
    trips, which begin in one part and end in the next, are not missing from the report.

    Raises:
        Infeasible: If there are fewer than FEWEST trips, or none on one side of a cut.
        InvalidInput: If a time is not above 0.
    """
    import lightgbm

    if len(trips.actual_s) < FEWEST:
        raise Infeasible(f"there are {len(trips.actual_s)} ended trips; an arrival model needs "
                         f"{FEWEST}: let the run go on")
    if not ((trips.routed_s > 0) & (trips.actual_s > 0)).all():
        raise InvalidInput("routed and actual times must be above 0 s; leave out trips that do "
                           "not move")
    end_s = trips.start_s + trips.actual_s
    first, second = np.quantile(end_s, [_TRAIN, _TRAIN + _CALIBRATE])
    fit, test = end_s <= first, end_s > second
    tune = ~fit & ~test
    if min(fit.sum(), tune.sum(), test.sum()) < FEWEST // 10:
        raise Infeasible(
            f"the trips split by time into {fit.sum()}, {tune.sum()} and {test.sum()}; each part "
            f"needs {FEWEST // 10}: let the run go on")
    relative = _relative(trips.actual_s, trips.routed_s)
    half = (1 - COVERAGE) / 2
    weight = trips.routed_s[fit] + _MINUTE_S
    data = lightgbm.Dataset(trips.feature[fit], relative[fit], weight=weight,
                            free_raw_data=False)
    boosters = tuple(
        lightgbm.train({**_BOOST, "alpha": alpha, "seed": seed}, data, _TREES)
        for alpha in (half, 0.5, 1 - half))
    scores = _scores(_raw(boosters, trips.feature[tune], trips.routed_s[tune]),
                     trips.routed_s[tune], trips.actual_s[tune])
    scores = scores[np.argsort(end_s[tune], kind="stable")]
    actual, start = trips.actual_s[test], trips.start_s[test]
    routed = trips.routed_s[test]
    raw = _raw(boosters, trips.feature[test], routed)
    fixed = _widened(raw, routed, _widening(scores, COVERAGE))
    guess = _widened(raw, routed, _in_use(raw, routed, actual, start, scores))
    gain = boosters[1].feature_importance("gain")
    share = gain / max(float(gain.sum()), 1e-12)
    report = Report(
        int(fit.sum()), int(tune.sum()), int(test.sum()),
        float(np.abs(guess.median - actual).mean()),
        float(np.abs(trips.routed_s[test] - actual).mean()),
        float(_hit(guess, actual).mean()), float(_hit(fixed, actual).mean()),
        float((guess.high - guess.low).mean()),
        tuple((FEATURES[i], float(share[i])) for i in np.argsort(-share, kind="stable")),
    )
    return EtaModel(boosters, scores, report)


class AdaptiveWidening:
    """A widening that moves with every hit and miss so that COVERAGE holds whatever comes.

    The level α of Gibbs and Candès, eq. 2, over the latest conformity scores.
    """

    _STEP: Final = 0.01

    def __init__(self, scores: Float64, window: int = 500) -> None:
        self._level = COVERAGE
        self._scores: deque[float] = deque(scores[-window:].tolist(), maxlen=window)

    def now(self) -> float:
        """The relative widening of the next trip."""
        return _widening(np.array(self._scores), self._level)

    def take(self, score: float, hit: bool) -> None:
        """Take in a trip that has ended."""
        self._level = min(max(self._level + self._STEP * (COVERAGE - hit), 0.0), 1.0)
        self._scores.append(score)


class EtaMonitor:
    """Watches a model at work: keeps the interval's coverage and says when to retrain.

    A model is due when its error on a full window of trips is half as large again as when it was
    tested, or after `horizon` trips.

    Attributes:
        model: The model watched.
        seen: Trips observed.
        horizon: Trips after which a model is old.
    """

    def __init__(self, model: EtaModel, *, window: int = 500, horizon: int = 5_000) -> None:
        self.model = model
        self.seen = 0
        self.horizon = horizon
        self._widening = AdaptiveWidening(model.scores, window)
        self._errors: deque[float] = deque(maxlen=window)
        self._hits: deque[bool] = deque(maxlen=window)

    @property
    def mae_s(self) -> float:
        """Mean absolute error over the latest trips, NaN before the first."""
        return float(np.mean(self._errors)) if self._errors else float("nan")

    @property
    def coverage(self) -> float:
        """Share of the latest trips within the interval given for them, NaN before the first."""
        return float(np.mean(self._hits)) if self._hits else float("nan")

    @property
    def drift(self) -> float:
        """The latest error as a multiple of that when tested, NaN before the first trip."""
        return self.mae_s / self.model.report.mae_s

    @property
    def drifted(self) -> bool:
        """Whether the error on a full window is half as large again as when tested."""
        full = len(self._errors) == self._errors.maxlen
        return full and self.drift > DRIFT

    @property
    def due(self) -> bool:
        """Whether a new model should be trained."""
        return self.drifted or self.seen >= self.horizon

    def predict(self, feature: Float32, routed_s: Float32) -> Estimate:
        """Estimate with the interval as it stands now; see `EtaModel.predict`."""
        return self.model.predict(feature, routed_s, self._widening.now())

    def observe(self, feature: Float32, routed_s: Float32, given: Estimate,
                actual_s: Float32) -> None:
        """Take in trips that have ended, in order of their ends.

        Args:
            feature: float32 [K, F], as when they began.
            routed_s: float32 [K].
            given: What was predicted for them when they began.
            actual_s: float32 [K].
        """
        score = _scores(self.model.predict(feature, routed_s, 0.0), routed_s, actual_s)
        error = np.abs(given.median - actual_s)
        for k, hit in enumerate(_hit(given, actual_s).tolist()):
            self._widening.take(float(score[k]), hit)
            self._hits.append(hit)
            self._errors.append(float(error[k]))
            self.seen += 1


def _relative(actual_s: Float32, routed_s: Float32) -> Float64:
    return (actual_s - routed_s).astype(np.float64) / (routed_s + _MINUTE_S)


def _hit(given: Estimate, actual_s: Float32) -> Bool:
    return np.asarray((actual_s >= given.low) & (actual_s <= given.high), np.bool_)


def _scores(raw: Estimate, routed_s: Float32, actual_s: Float32) -> Float64:
    """How far outside (> 0) or inside (< 0) the raw interval a trip ended, relative."""
    out = np.maximum(raw.low - actual_s, actual_s - raw.high)
    return np.asarray(out / (routed_s + _MINUTE_S), np.float64)


def _widening(scores: Float64, level: float) -> float:
    """The score that a new one stays under with probability `level` (Romano et al., eq. 8)."""
    place = min(max(int(np.ceil((len(scores) + 1) * level)) - 1, 0), len(scores) - 1)
    return float(np.partition(scores, place)[place])


def _in_use(
    raw: Estimate, routed_s: Float32, actual_s: Float32, start_s: Float64, scores: Float64
) -> Float64:
    """Widening each trip would have had, knowing only the trips that ended before it began."""
    adaptive = AdaptiveWidening(scores)
    score = _scores(raw, routed_s, actual_s)
    end_s = start_s + actual_s
    out = np.zeros(len(start_s))
    ending = np.argsort(end_s, kind="stable")
    ended = 0
    for k in np.argsort(start_s, kind="stable"):
        while end_s[ending[ended]] <= start_s[k]:
            done = ending[ended]
            adaptive.take(float(score[done]), bool(score[done] <= out[done]))
            ended += 1
        out[k] = adaptive.now()
    return out


def _raw(boosters: tuple[Any, ...], feature: Float32, routed_s: Float32) -> Estimate:
    """Quantiles in seconds as the trees have them; they may cross."""
    if not len(routed_s):
        none = np.zeros(0, np.float32)
        return Estimate(none, none, none)
    scale = routed_s + _MINUTE_S
    relative = (np.asarray(b.predict(feature, num_threads=1)) for b in boosters)
    return Estimate(*((routed_s + r * scale).astype(np.float32) for r in relative))


def _widened(raw: Estimate, routed_s: Float32, by: float | Float64) -> Estimate:
    """Move both ends outwards; the median stays inside, and no time is negative."""
    room = np.asarray(by * (routed_s + _MINUTE_S), np.float32)
    median = np.maximum(raw.median, np.float32(1))
    return Estimate(np.clip(raw.low - room, 0, median), median,
                    np.maximum(raw.high + room, median))
