"""Run the forecast on tracks: ONNX Runtime, so that a drive needs no torch.

Shape letters: A tracks, K modes, T times.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception.forecast_data import with_car
from engine.perception.forecast_features import (
    LINE,
    LINES,
    NEIGHBOUR,
    NEIGHBOURS,
    OWN,
    Actors,
    features,
)
from engine.perception.lane_fit import Line
from engine.perception.track import MOVING, Track

if TYPE_CHECKING:
    from engine.perception.forecast import Forecast

Float32 = npt.NDArray[np.float32]

INPUTS: Final = ("own", "lines", "neighbours", "velocity")


class Forecasts(NamedTuple):
    """Where tracks may go.

    track: int64 [A], numbers of the tracks; those of classes that do not move are left out.
    paths: float32 [A, K, T, 2], ego frame of now, m, every 0.1 s.
    probability: float32 [A, K].
    """

    track: npt.NDArray[np.int64]
    paths: Float32
    probability: Float32


class ForecastRuntime:
    """A forecast exported by `export_forecast`.

    Args:
        path: `.onnx` file.

    Raises:
        ModelUnavailable: If it is not there.
        InvalidInput: If it is no forecast.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        if not path.is_file():
            raise ModelUnavailable(f"{path.name} is not there; train and export a forecast first")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library's own errors share no base
            raise InvalidInput(f"{path.name} is no network that can be run: {error}") from error
        if tuple(i.name for i in self._session.get_inputs()) != INPUTS:
            raise InvalidInput(f"{path.name} is not a forecast: its inputs are others")

    def run(self, tracks: Sequence[Track], lines: Sequence[Line], speed_mps: float) -> Forecasts:
        """Forecast the tracks that move; those that stand are their neighbours.

        Args:
            tracks: Confirmed tracks.
            lines: Lines on the ground, ego frame.
            speed_mps: The car's own speed.
        """
        moving = [t for t in tracks if t.moves]
        if not moving:
            return Forecasts(np.zeros(0, np.int64), np.zeros((0, 6, 30, 2), np.float32),
                             np.zeros((0, 6), np.float32))
        n = len(moving)
        around = moving + [t for t in tracks if t.kind in MOVING and not t.moves]
        past = np.stack([t.past for t in around])
        # the filter knows the velocity better than a fit through a second of places
        velocity = np.stack([t.state[2:] for t in around])
        velocity[n:] = 0.0
        actors = Actors(past, np.array([t.heading for t in around]), velocity,
                        np.stack([t.size[:2] for t in around]),
                        np.array([t.kind for t in around]))
        shown = features(with_car(actors, speed_mps), [q.points for q in lines],
                         [q.kind for q in lines], n)
        heading, past, velocity = actors.heading[:n], past[:n], velocity[:n]
        c, s = np.cos(heading), np.sin(heading)
        turn = np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], -2)
        local = np.einsum("aij,aj->ai", turn, velocity).astype(np.float32)
        paths, logits = self._session.run(None, {
            "own": shown.own, "lines": shown.lines, "neighbours": shown.neighbours,
            "velocity": local})
        world = np.einsum("aji,aktj->akti", turn, paths) + past[:, None, -1:]
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return Forecasts(np.array([t.number for t in moving], np.int64), world.astype(np.float32),
                         (e / e.sum(axis=1, keepdims=True)).astype(np.float32))


def export_forecast(network: Forecast, path: Path) -> None:
    """Write a forecast as ONNX for any number of actors."""
    import torch

    example = (torch.zeros((2, OWN)), torch.zeros((2, LINES, LINE)),
               torch.zeros((2, NEIGHBOURS, NEIGHBOUR)), torch.zeros((2, 2)))
    part = path.with_name(path.name + ".part")
    with warnings.catch_warnings():
        # the exporter by tracing is marked deprecated; the other needs one more package
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), example, str(part), input_names=list(INPUTS),
            output_names=["paths", "logits"], opset_version=17, dynamo=False,
            dynamic_axes={n: {0: "A"} for n in (*INPUTS, "paths", "logits")})
    part.replace(path)
