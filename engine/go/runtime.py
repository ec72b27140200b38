"""Evaluating positions with a network: onnxruntime on a processor, torch on a GPU.

Where the processor has dot products of bytes and the network's ranges are known, the tower runs
in 8-bit arithmetic (`quantise.py`), which is two to three times as fast; else in float32, which a
test holds equal to torch.

Shape letters: B positions, C planes, S size, A points (S * S).
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.go import graph, quantise
from engine.go.checkpoint import Checkpoint, find, read
from engine.go.evaluator import Evaluation, Evaluator
from engine.go.features import PLANES

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "int8"]

_CHUNK: Final = 64  # positions a call; larger ones fall out of the processor's cache


def open_evaluator(name: str, threads: int = 1, device: Device = "auto") -> Evaluator:
    """Open a network by its name (see `checkpoint.networks`) or its file.

    Args:
        name: Name or path.
        threads: Processor threads, >= 1.
        device: "auto" takes a GPU where torch finds one.

    Raises:
        ModelUnavailable: If there is no such network.
        InvalidInput: If the file cannot be used, or there is no GPU although one is asked for.
    """
    return evaluator_of(read(find(name)), threads, device)


def evaluator_of(checkpoint: Checkpoint, threads: int = 1, device: Device = "auto") -> Evaluator:
    """An evaluator for a network in memory; see `open_evaluator`."""
    if threads < 1:
        raise InvalidInput(f"A network cannot run on {threads} threads; give 1 or more.")
    if device != "cpu" and _gpu(required=device == "cuda"):
        return TorchEvaluator(checkpoint, "cuda")
    return OnnxEvaluator(checkpoint, threads)


class OnnxEvaluator:
    """A network on the processor, for any board size; may be shared between threads.

    Args:
        checkpoint: Network.
        threads: Threads of one evaluation.
        precision: "auto" takes bytes where they are exact and fast and ranges are known.

    Raises:
        InvalidInput: If bytes are asked for and the checkpoint has no ranges.
    """

    def __init__(self, checkpoint: Checkpoint, threads: int = 1,
                 precision: Precision = "auto") -> None:
        if precision == "int8" and not checkpoint.ranges:
            raise InvalidInput("This network has no measured ranges, which 8-bit arithmetic "
                               "needs; run it in float32.")
        self.checkpoint = checkpoint
        self.precision: Precision = precision
        if precision == "auto":
            fast = bool(checkpoint.ranges) and quantise.supported()
            self.precision = "int8" if fast else "float32"
        self._threads = threads
        self._sessions: dict[int, Any] = {}
        self._opening = threading.Lock()

    def evaluate(self, planes: npt.NDArray[np.float32]) -> Evaluation:
        """See `Evaluator`."""
        session = self._session(planes.shape[-1])
        parts = [session.run(None, {"planes": planes[at:at + _CHUNK]})
                 for at in range(0, len(planes), _CHUNK)]
        if len(parts) == 1:
            return Evaluation(*parts[0])
        return Evaluation(*(np.concatenate(p) for p in zip(*parts, strict=True)))

    def _session(self, size: int) -> Any:
        with self._opening:
            if size not in self._sessions:
                # 0.2 s, and only who plays needs it
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = self._threads
                options.inter_op_num_threads = 1
                options.log_severity_level = 3
                self._sessions[size] = onnxruntime.InferenceSession(
                    self._model(size), options, providers=["CPUExecutionProvider"])
            return self._sessions[size]

    def _model(self, size: int) -> bytes:
        c = self.checkpoint
        if self.precision == "int8":
            return quantise.build(c.architecture, c.weights, c.ranges, size)
        return graph.build(c.architecture, c.weights, size)


class TorchEvaluator:
    """A network in torch, for GPUs.

    Args:
        checkpoint: Network.
        device: "cuda", or "cpu" to compare with.
    """

    def __init__(self, checkpoint: Checkpoint, device: str) -> None:
        import torch  # takes seconds

        from engine.go.network import Network

        self._torch = torch
        self._device = torch.device(device)
        network = Network(checkpoint.architecture)
        network.load(checkpoint.weights)
        self._network = network.to(self._device).eval()

    def evaluate(self, planes: npt.NDArray[np.float32]) -> Evaluation:
        """See `Evaluator`."""
        if planes.shape[1] != PLANES:
            raise InvalidInput(f"{planes.shape[1]} planes were given; a network reads {PLANES}.")
        torch = self._torch
        with torch.inference_mode():
            out = self._network(torch.from_numpy(np.ascontiguousarray(planes)).to(self._device))
            parts = (out.policy, out.outcome.softmax(1), out.score, torch.tanh(out.owner * 0.5))
            return Evaluation(*(p.float().cpu().numpy() for p in parts))


def training_device(device: Device = "auto") -> str:
    """Where to train: "cuda" where torch finds a GPU, else "cpu".

    Raises:
        InvalidInput: If a GPU is asked for and there is none.
    """
    return "cuda" if device != "cpu" and _gpu(required=device == "cuda") else "cpu"


def _gpu(*, required: bool) -> bool:
    """Whether torch finds a GPU. Asking costs an import of torch, so drivers are looked for first.

    Raises:
        InvalidInput: If one is required and there is none.
    """
    found = False
    if required or Path("/proc/driver/nvidia").exists():
        import torch

        found = torch.cuda.is_available()
    if required and not found:
        raise InvalidInput("There is no CUDA device; choose the device cpu.")
    return found
