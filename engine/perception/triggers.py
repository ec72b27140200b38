"""Triggers: when a vehicle keeps what it just saw for the data engine, and how good they are.

Each trigger compares one number of `sensing.Signals` with a threshold. Thresholds are fitted on
vehicles that are not measured on, for the best F1 by events (Mesaros et al. 2016,
doi:10.3390/app6060162): an event of the truth is caught when the trigger fires from a little before
it to a little after it, and a firing is right when it meets such an event. Disagreement has several
pieces of evidence, which a judge weighs; its threshold is fitted to what judges say of vehicles
that they were not fitted to.

Shape letters: T looks of a drive, S statistics, R known pictures, F pieces of evidence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput, ModelUnavailable
from engine.live.files import replace
from engine.perception.judge import Judge, fit_judge, judge_from
from engine.perception.ood import Familiar
from engine.perception.sensing import NOTHING, Signals

Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

FILE: Final = Path(__file__).resolve().parents[2] / "assets" / "perception" / "triggers.json"
QUIET_S: Final = 1.0
"""Firings nearer than this are one."""
STRANGE: Final = "out of distribution"
APART: Final = "disagreement"
FOLDS: Final = 5
USUAL: Final = 0.99
"""Share of usual looks that are not strange; by them alone its threshold is fitted, as what is out
of distribution in earnest will not be what was simulated."""
LONGEST_S: Final = 2.0
BEFORE_S: Final = 0.8
AFTER_S: Final = 1.2
"""A firing so long before or after an event still keeps it: clips begin and end as far off."""


class TriggerInfo(NamedTuple):
    """One trigger: its name for people, what it catches, the signal it reads."""

    label: str
    help: str
    signal: str


TRIGGERS: Final[Mapping[str, TriggerInfo]] = MappingProxyType({
    "disagreement": TriggerInfo("Disagreement", "Production and candidate see different things.",
                                "disagreement"),
    "uncertainty": TriggerInfo("Uncertainty", "The network's depth is as unsure as where it errs.",
                               "uncertainty"),
    "hard braking": TriggerInfo("Hard braking", "The car slows by 3.5 m/s² or more.", "braking"),
    "out of distribution": TriggerInfo("Out of distribution", "Pictures unlike any known ones.",
                                       "strangeness"),
    "track lost": TriggerInfo("Track lost", "Somebody in plain view is no longer seen.", "lost"),
    "cut-in": TriggerInfo("Cut-in", "Somebody pulls in from another lane, ahead and near.",
                          "cut_in"),
})


@dataclass(frozen=True, slots=True)
class Fired:
    """A trigger that fired.

    Attributes:
        name: A key of `TRIGGERS`.
        time: s.
        score: The signal.
        value: How far above the threshold, in (0, 1]; what a clip of it is worth.
        why: In words.
    """

    name: str
    time: float
    score: float
    value: float
    why: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """What triggers were fitted to.

    Attributes:
        thresholds: Of each trigger.
        scales: Signal above the threshold that is worth two thirds of the best clip.
        familiar: Known pictures.
        judge: Of disagreement; None where it was fitted to networks that never disagree.
        facts: How it was fitted; JSON-able.
    """

    thresholds: Mapping[str, float]
    scales: Mapping[str, float]
    familiar: Familiar
    judge: Judge | None
    facts: Mapping[str, Any]


class Record(NamedTuple):
    """One drive's signals and truth, to fit and to measure on.

    time: float64 [T], s. scores: float64 [T] of each trigger. truth: bool [T] of each trigger.
    apart: Evidence of disagreement at each look, float64 [F] or None.
    """

    time: Float64
    scores: Mapping[str, Float64]
    truth: Mapping[str, Bool]
    apart: Sequence[Float64 | None] = ()


class Triggers:
    """The triggers of one drive; each fires once an episode.

    Args:
        fitted: Thresholds.
    """

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted
        self._last: dict[str, float] = {}

    def step(self, signals: Signals) -> list[Fired]:
        """Triggers that fire at this look, in the order of `TRIGGERS`."""
        fired = []
        for name, info in TRIGGERS.items():
            score = float(getattr(signals, info.signal))
            over = score - self._fitted.thresholds[name]
            if over < 0.0:
                continue
            quiet = signals.time - self._last.get(name, -np.inf)
            self._last[name] = signals.time
            if quiet > QUIET_S:
                value = 1.0 - float(np.exp(-over / self._fitted.scales[name]))
                fired.append(Fired(name, signals.time, score, max(value, 0.01),
                                   signals.words.get(name, "")))
        return fired


def events(time: Float64, on: Bool) -> list[tuple[float, float]]:
    """Beginnings and ends of episodes; those less than `QUIET_S` apart are one.

    None is longer than `LONGEST_S`: who fires all the time has fired often, and mostly wrongly.
    """
    found: list[tuple[float, float]] = []
    for t in time[on]:
        if found and t - found[-1][1] <= QUIET_S and t - found[-1][0] < LONGEST_S:
            found[-1] = (found[-1][0], float(t))
        else:
            found.append((float(t), float(t)))
    return found


def count(record: Record, name: str, threshold: float) -> tuple[int, int, int, int]:
    """Events, events caught, firings, right firings of one trigger in one drive."""
    true = events(record.time, record.truth[name])
    fired = events(record.time, record.scores[name] >= threshold)

    def meet(event: tuple[float, float], firing: tuple[float, float]) -> bool:
        return firing[0] <= event[1] + AFTER_S and firing[1] >= event[0] - BEFORE_S

    return (len(true), sum(any(meet(e, f) for f in fired) for e in true), len(fired),
            sum(any(meet(e, f) for e in true) for f in fired))


def quality(counts: npt.NDArray[np.integer]) -> dict[str, Any]:
    """Precision, recall and F1 of summed counts, int [4] as `count` gives; None where unknown."""
    true, caught, fired, right = (int(c) for c in counts)
    recall = caught / true if true else None
    precision = right / fired if fired else None
    both = (recall or 0.0) + (precision or 0.0)
    f1 = 2.0 * (recall or 0.0) * (precision or 0.0) / both if both else (0.0 if true else None)
    return {"events": true, "caught": caught, "fired": fired, "right": right,
            "precision": _round(precision), "recall": _round(recall), "f1": _round(f1)}


def measure(records: Sequence[Record], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Quality of each trigger, of all firings together, and the mean over the triggers."""
    sums = {n: np.sum([count(r, n, thresholds[n]) for r in records], axis=0) for n in TRIGGERS}
    each = {n: quality(c) for n, c in sums.items()}
    known = [q["f1"] for q in each.values() if q["f1"] is not None]
    return {"triggers": each, "together": quality(np.sum(list(sums.values()), axis=0)),
            "mean_f1": _round(float(np.mean(known))) if known else None}


def fit(records: Sequence[Record], familiar: Familiar, facts: Mapping[str, Any]) -> Fitted:
    """Judge and thresholds of best F1; that for strange pictures by the usual ones, see `USUAL`.

    Args:
        records: Drives that are not measured on.
        familiar: Known pictures.
        facts: Kept with it.

    Raises:
        InvalidInput: If there is no drive.
    """
    if not records:
        raise InvalidInput("no drives to fit triggers to; give at least one")
    folds = min(FOLDS, len(records))
    judges = [_judge([r for k, r in enumerate(records) if folds == 1 or k % folds != fold])
              for fold in range(folds)]
    records = [judged(r, judges[k % folds]) for k, r in enumerate(records)]
    thresholds, scales = {}, {}
    for name in TRIGGERS:
        scores = np.concatenate([r.scores[name] for r in records])
        scores = scores[scores > NOTHING]
        steps = np.unique(np.quantile(scores, np.linspace(0.0, 1.0, 161))) if len(scores) else (
            np.array([1.0]))
        got = [quality(np.sum([count(r, name, s) for r in records], axis=0))["f1"] or 0.0
               for s in steps]
        best = np.flatnonzero(np.array(got) == max(got))
        # the middle of the plateau is farther from both mistakes than its edge
        at = float(steps[best[len(best) // 2]])
        if name == STRANGE:
            usual = np.concatenate([r.scores[name][~r.truth[name]] for r in records])
            at = float(np.quantile(usual, USUAL)) if len(usual) else at
        thresholds[name] = round(at, 5)
        scales[name] = round(max(float(np.quantile(scores, 0.99)) - at if len(scores) else 1.0,
                                 0.05 * abs(at), 1e-3), 5)
    return Fitted(thresholds, scales, familiar, _judge(records), dict(facts))


def judged(record: Record, judge: Judge | None) -> Record:
    """A record whose score of disagreement is the judge's; as it was without a judge."""
    if judge is None or not record.apart:
        return record
    scores = np.array([NOTHING if a is None else float(judge(a[None])[0]) for a in record.apart])
    return record._replace(scores={**record.scores, APART: scores})


def _judge(records: Sequence[Record]) -> Judge | None:
    """A judge of disagreement, None where there is none to learn from.

    Moments so near to an event that a firing there still keeps it are neither right nor wrong, and
    are left out.
    """
    rows, right = [], []
    for r in records:
        at = r.time[r.truth[APART]]
        for k, pieces in enumerate(r.apart):
            late = r.time[k] - at
            if pieces is not None and (r.truth[APART][k] or not (
                    (late >= -BEFORE_S) & (late <= AFTER_S)).any()):
                rows.append(pieces)
                right.append(bool(r.truth[APART][k]))
    known = np.array(right, np.bool_)
    return None if known.all() or not known.any() else fit_judge(np.array(rows), known)


def save(fitted: Fitted, path: Path = FILE) -> None:
    """Write as JSON, all or nothing."""
    replace(path, (json.dumps({
        "thresholds": dict(fitted.thresholds), "scales": dict(fitted.scales),
        "facts": dict(fitted.facts),
        "judge": None if fitted.judge is None else fitted.judge.as_json(),
        "known": [[round(float(v), 3) for v in row] for row in fitted.familiar.known]},
        ) + "\n").encode())


def load(path: Path = FILE) -> Fitted:
    """Read what `save` wrote.

    Raises:
        ModelUnavailable: If the file is not there.
        InvalidInput: If it is damaged.
    """
    if not path.is_file():
        raise ModelUnavailable(f"{path.name} is not there; fit the triggers first")
    try:
        whole = json.loads(path.read_text("utf-8"))
        thresholds = {n: float(whole["thresholds"][n]) for n in TRIGGERS}
        scales = {n: float(whole["scales"][n]) for n in TRIGGERS}
        familiar = Familiar(np.array(whole["known"], np.float64))
        judge = None if whole["judge"] is None else judge_from(whole["judge"])
        facts = dict(whole["facts"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{path.name} is damaged: {error}. Fit the triggers anew") from error
    return Fitted(thresholds, scales, familiar, judge, facts)


def _round(x: float | None) -> float | None:
    return None if x is None else round(x, 4)
