"""The network as an ONNX graph for one board size, written from its weights alone.

No torch is needed to play. The tower is written so that onnxruntime fuses every convolution with
its bias, the residual sum and the rectifier behind it.

Shape letters: B positions, S board size.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from engine.go.architecture import SCORE_SCALE, Architecture, size_factors
from engine.go.checkpoint import Weights
from engine.go.features import PLANES

OUTPUTS: Final = ("policy_logits", "win_draw_loss", "score", "ownership")
_OPSET: Final = 17
_IR: Final = 8


def build(architecture: Architecture, weights: Weights, size: int) -> bytes:
    """Write the graph.

    Args:
        architecture: Size of the network.
        weights: Its arrays.
        size: Board size, which global pooling depends on.

    Returns:
        A serialised model with the input `planes` float32 [B, 22, S, S] and the outputs
        policy_logits [B, S * S + 1], win_draw_loss [B, 3] (probabilities), score [B] (points) and
        ownership [B, S * S] in [-1, 1].
    """
    return Writer(architecture, weights, size).model()


class Writer:
    """Nodes and constants gathered while walking through the network; names are outputs.

    `_mark` is called with what goes in and comes out of the tower's convolutions; `quantise.py`
    overrides it.
    """

    def __init__(self, architecture: Architecture, weights: Weights, size: int) -> None:
        self._architecture = architecture
        self._weights = weights
        self._size = size
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def model(self) -> bytes:
        """The whole graph, serialised."""
        points = self._size * self._size
        x = self._tower()
        self._policy(x)
        self._value(x)
        shapes: tuple[list[int | str | None], ...] = (
            ["B", points + 1], ["B", 3], ["B"], ["B", points])
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                   for name, shape in zip(OUTPUTS, shapes, strict=True)]
        planes = helper.make_tensor_value_info("planes", TensorProto.FLOAT,
                                               ["B", PLANES, self._size, self._size])
        graph = helper.make_graph(self._nodes, "go", [planes], [*outputs, *self._further()],
                                  list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = _IR
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _tower(self) -> str:
        x = self._node("Relu", self._conv("entry", "planes"))
        for block in range(self._architecture.blocks):
            at = f"block{block}"
            entry = self._mark(f"{at}.entry", x)
            h = self._conv(f"{at}.first", entry)
            if self._architecture.pools(block):
                pooled = self._node("Relu", self._conv(f"{at}.pool", entry))
                pooled = self._pool(self._mark(f"{at}.pool", pooled))
                h = self._node("Add", self._mark(f"{at}.first", h, signed=True),
                               self._spread(f"{at}.spread", pooled))
            middle = self._mark(f"{at}.middle", self._node("Relu", h))
            branch = self._mark(f"{at}.second", self._conv(f"{at}.second", middle), signed=True)
            x = self._node("Relu", self._node("Add", branch, x))
        return x

    def _mark(self, name: str, x: str, *, signed: bool = False) -> str:
        """A named place in the tower; a place that is not signed holds nothing below 0."""
        return x

    def _further(self) -> list[onnx.ValueInfoProto]:
        """Outputs besides the usual ones."""
        return []

    def _policy(self, x: str) -> None:
        pooled = self._pool(self._node("Relu", self._conv("policy.pool", x)))
        p = self._node("Add", self._conv("policy.point", x), self._spread("policy.spread", pooled))
        points = self._node("Flatten", self._conv("policy.move", self._node("Relu", p)), axis=1)
        self._node("Concat", points, self._linear("policy.pass", pooled), axis=1,
                   output="policy_logits")

    def _value(self, x: str) -> None:
        v = self._node("Relu", self._conv("value.entry", x))
        hidden = self._node("Relu", self._linear("value.hidden", self._pool(v, with_max=False)))
        self._node("Softmax", self._linear("value.outcome", hidden), axis=1,
                   output="win_draw_loss")
        score = self._node("Mul", self._linear("value.score", hidden),
                           self._constant("score.scale", np.float32(SCORE_SCALE)))
        self._node("Squeeze", score, self._constant("last.axis", np.array([1], np.int64)),
                   output="score")
        owner = self._node("Flatten", self._conv("value.owner", v), axis=1)
        half = self._node("Mul", owner, self._constant("half", np.float32(0.5)))
        self._node("Tanh", half, output="ownership")

    def _pool(self, x: str, *, with_max: bool = True) -> str:
        """[B, G, S, S] to [B, 3 G], as `network._pool` does."""
        linear, quadratic = size_factors(self._size)
        mean = self._node("Flatten", self._node("GlobalAveragePool", x), axis=1)
        by_size = self._node("Mul", mean, self._constant("size.linear", np.float32(linear)))
        if with_max:
            last = self._node("Flatten", self._node("GlobalMaxPool", x), axis=1)
        else:
            last = self._node("Mul", mean,
                              self._constant("size.quadratic", np.float32(quadratic)))
        return self._node("Concat", mean, by_size, last, axis=1)

    def _spread(self, name: str, pooled: str) -> str:
        """A linear map of pooled features, [B, C] to [B, C, 1, 1]."""
        axes = self._constant("plane.axes", np.array([2, 3], np.int64))
        return self._node("Unsqueeze", self._linear(name, pooled), axes)

    def _conv(self, name: str, x: str) -> str:
        width = self._weights[f"{name}.weight"].shape[2]
        return self._node("Conv", x, *self._terms(name), kernel_shape=[width, width],
                          pads=[width // 2] * 4)

    def _linear(self, name: str, x: str) -> str:
        return self._node("Gemm", x, *self._terms(name), transB=1)

    def _terms(self, name: str) -> list[str]:
        return [self._constant(term, self._weights[term])
                for term in (f"{name}.weight", f"{name}.bias") if term in self._weights]

    def _constant(self, name: str, value: npt.NDArray[Any] | np.generic) -> str:
        self._constants[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def _node(self, kind: str, *inputs: str, output: str = "", **settings: Any) -> str:
        name = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **settings))
        return name
