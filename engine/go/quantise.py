"""The network in 8-bit arithmetic, three times as fast where the processor has dot products.

Activations between the tower's convolutions are unsigned bytes with ranges measured on real
positions, weights signed bytes with a scale an output channel. The residual stream, the entry and
the heads stay in float32, so that errors do not add up from block to block.

Source: Jacob et al. 2018 (arXiv:1712.05877), §2 and §3; per channel as in Krishnamoorthi 2018
(arXiv:1806.08342), §3.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from engine.go.architecture import Architecture
from engine.go.checkpoint import Ranges, Weights
from engine.go.graph import OUTPUTS, Writer

_STEPS: Final = 255.0  # of an unsigned byte
_WEIGHT_STEPS: Final = 127.0
_KEPT: Final = 0.99995  # share of the values that a range covers; the rest is clipped
_CPU_FACTS: Final = Path("/proc/cpuinfo")


def supported() -> bool:
    """Whether the processor multiplies bytes exactly and fast (VNNI).

    Without it, sums of byte products saturate at 16 bits, and float32 is the better choice.
    """
    try:
        facts = _CPU_FACTS.read_text("utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_vnni" in facts or "avx_vnni" in facts


def build(architecture: Architecture, weights: Weights, ranges: Ranges, size: int) -> bytes:
    """Write the 8-bit graph; inputs and outputs are those of `graph.build`."""
    return _ByteWriter(architecture, weights, size, ranges).model()


def calibrate(architecture: Architecture, weights: Weights,
              planes: npt.NDArray[np.float32]) -> Ranges:
    """Measure the range of values at each place of the tower.

    Args:
        architecture: Size of the network.
        weights: Its arrays.
        planes: float32 [B, C, S, S], a few hundred positions of real games.
    """
    import onnxruntime

    model = _Probe(architecture, weights, planes.shape[-1]).model()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    found = session.run(None, {"planes": planes})[len(OUTPUTS):]
    names = [o.name.removesuffix(_PROBED) for o in session.get_outputs()[len(OUTPUTS):]]
    ranges = {}
    for name, values in zip(names, found, strict=True):
        low, high = np.quantile(values, [1 - _KEPT, _KEPT])
        ranges[name] = (min(0.0, float(low)), max(1e-3, float(high)))
    return ranges


_PROBED: Final = ".seen"


class _Probe(Writer):
    """Hands out the values at each place."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._seen: list[str] = []

    def _mark(self, name: str, x: str, *, signed: bool = False) -> str:
        self._seen.append(self._node("Identity", x, output=f"{name}{_PROBED}"))
        return x

    def _further(self) -> list[onnx.ValueInfoProto]:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", None, None, None])
                for name in self._seen]


class _ByteWriter(Writer):
    """Rounds at each place; convolutions between two places then run on bytes.

    onnxruntime fuses what stands between QuantizeLinear and DequantizeLinear nodes.
    """

    def __init__(self, architecture: Architecture, weights: Weights, size: int,
                 ranges: Ranges) -> None:
        super().__init__(architecture, weights, size)
        self._ranges = ranges
        self._scales: dict[str, np.float32] = {}

    def _mark(self, name: str, x: str, *, signed: bool = False) -> str:
        low, high = self._ranges[name]
        scale = np.float32((high - (low if signed else 0.0)) / _STEPS)
        zero = np.uint8(np.clip(round(-low / float(scale)), 0, _STEPS) if signed else 0)
        terms = (self._constant(f"{name}.scale", scale), self._constant(f"{name}.zero", zero))
        rounded = self._node("DequantizeLinear", self._node("QuantizeLinear", x, *terms), *terms)
        self._scales[rounded] = scale
        return rounded

    def _conv(self, name: str, x: str) -> str:
        if x not in self._scales:
            return super()._conv(name, x)
        weight = self._weights[f"{name}.weight"]
        highest = np.abs(weight).reshape(len(weight), -1).max(1)
        scale = (np.maximum(highest, 1e-8) / _WEIGHT_STEPS).astype(np.float32)
        whole = np.rint(weight / scale[:, None, None, None]).astype(np.int8)
        both = scale * self._scales[x]
        bias = np.rint(self._weights[f"{name}.bias"] / both).astype(np.int32)
        width = weight.shape[2]
        return self._node(
            "Conv", x,
            self._bytes(f"{name}.weight", whole, scale), self._bytes(f"{name}.bias", bias, both),
            kernel_shape=[width, width], pads=[width // 2] * 4)

    def _bytes(self, name: str, value: npt.NDArray[Any], scale: npt.NDArray[np.float32]) -> str:
        zero = np.zeros(len(scale), value.dtype)
        return self._node("DequantizeLinear", self._constant(f"{name}.whole", value),
                          self._constant(f"{name}.scale", scale),
                          self._constant(f"{name}.zero", zero), axis=0)
