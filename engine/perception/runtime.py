"""Run a network on pictures: ONNX Runtime on a CPU, torch where there is a GPU.

Measured on one core at 320 × 192, fp32 ONNX Runtime takes half of eager torch's time; int8 and
OpenVINO were no faster. Both runtimes take the same arrays and give the same within 1e-4.

Shape letters: B pictures, H rows, W columns, P points.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception.decode import RawDetection

if TYPE_CHECKING:
    from engine.perception.hydranet import HydraNet

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

OUTPUTS: Final = ("scores", "sides", "visible", "lights", "space", "masks", "depth")


class Prediction(NamedTuple):
    """Network output for B pictures as arrays.

    scores … space: see `heads.Detection`.
    masks: float32 [B, 4, H/2, W/2], logits of `output_format.MASKS`.
    depth: float32 [B, 2, H/4, W/4], mean and standard deviation of ln z, z in canonical m.
    """

    scores: Float32
    sides: Float32
    visible: Float32
    lights: Float32
    space: Float32
    masks: Float32
    depth: Float32

    def raw(self, picture: int) -> RawDetection:
        """Detection output of one picture."""
        return RawDetection(self.scores[picture], self.sides[picture], self.visible[picture],
                            self.lights[picture], self.space[picture])


class Runtime(Protocol):
    """What runs a network.

    Attributes:
        together: Pictures that are best run at once.
    """

    together: int

    def run(self, images: UInt8, planes: Float32) -> Prediction:
        """Run all heads.

        Args:
            images: uint8 [B, H, W, 3], RGB.
            planes: float32 [B, 3], `calibration.ground_plane`.

        Raises:
            InvalidInput: If shapes do not fit, or a plane is not finite.
        """
        ...


class TorchRuntime:
    """A network in torch, on the GPU when there is one.

    Args:
        network: Weights; put in evaluation mode.
    """

    def __init__(self, network: HydraNet) -> None:
        import torch

        self._torch = torch
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = _wrapped(network.eval()).to(self._device)
        self.together = 8 if self._device.type == "cuda" else 1

    def run(self, images: UInt8, planes: Float32) -> Prediction:
        """See `Runtime.run`."""
        from engine.perception.output_format import HEIGHT, WIDTH

        _check(images, planes, HEIGHT, WIDTH)
        with self._torch.inference_mode():
            out = self._network(self._torch.from_numpy(images).to(self._device),
                                self._torch.from_numpy(planes).to(self._device))
        return Prediction(*(t.cpu().numpy() for t in out))


class OnnxRuntime:
    """A network exported by `export`, on the CPU.

    Args:
        path: `.onnx` file.
        threads: Threads within an operator, at least 1.

    Raises:
        ModelUnavailable: If the file is not there.
        InvalidInput: If it is no such network.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        import onnxruntime

        self.together = 1  # eight at once take as long as eight one by one
        if not path.is_file():
            raise ModelUnavailable(f"{path.name} is not there; export the network first")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library's own errors share no base
            raise InvalidInput(f"{path.name} is no network that can be run: {error}") from error
        if tuple(o.name for o in self._session.get_outputs()) != OUTPUTS:
            raise InvalidInput(f"{path.name} is not a perception network: its outputs are others")
        self._height, self._width = self._session.get_inputs()[0].shape[1:3]

    def run(self, images: UInt8, planes: Float32) -> Prediction:
        """See `Runtime.run`."""
        _check(images, planes, self._height, self._width)
        return Prediction(*self._session.run(None, {"images": images, "planes": planes}))


def load_runtime(path: Path, threads: int = 1) -> Runtime:
    """The fastest runtime for `NAME.safetensors`: torch with a GPU, else `NAME.onnx`.

    Raises:
        ModelUnavailable: If weights are missing.
        InvalidInput: If they cannot be used.
    """
    exported = path.with_suffix(".onnx")
    if exported.is_file() and not _has_gpu():
        return OnnxRuntime(exported, threads)
    from engine.perception.checkpoint import load_network

    return TorchRuntime(load_network(path))


def export(network: HydraNet, path: Path) -> None:
    """Write a network as ONNX for any number of pictures."""
    import torch

    from engine.perception.output_format import HEIGHT, WIDTH

    images = torch.zeros((2, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    part = path.with_name(path.name + ".part")
    was = network.training
    with warnings.catch_warnings():
        # the exporter by tracing is marked deprecated; the other needs one more package
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _wrapped(network.eval()), (images, torch.zeros((2, 3))), str(part),
            input_names=["images", "planes"], output_names=list(OUTPUTS), opset_version=17,
            dynamic_axes={n: {0: "B"} for n in ("images", "planes", *OUTPUTS)}, dynamo=False)
    network.train(was)
    part.replace(path)


def _wrapped(network: HydraNet) -> Any:
    """The network between bytes and plain arrays, so that every runtime computes one graph."""
    import torch
    from torch import Tensor, nn

    from engine.perception.heads import bin_centres

    class Wrapped(nn.Module):
        moments: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.network = network
            centres = bin_centres()
            powers = torch.stack([torch.ones_like(centres), centres, centres.square()])
            self.register_buffer("moments", powers[..., None, None])

        def forward(self, images: Tensor, planes: Tensor) -> tuple[Tensor, ...]:
            out = self.network(images.permute(0, 3, 1, 2).float(), planes)
            # a softmax over channels would be turned round twice: its sum is the moment of order 0
            shares = (out.depth - out.depth.amax(1, keepdim=True)).exp()
            total, first, second = torch.split(nn.functional.conv2d(shares, self.moments), 1, 1)
            mean, square = first / total, second / total
            depth = torch.cat([mean, (square - mean * mean).clamp(min=1e-8).sqrt()], 1)
            return (*out.detection, out.masks, depth)

    return Wrapped().eval()


def _check(images: UInt8, planes: Float32, height: int, width: int) -> None:
    """Raise unless pictures and planes are what the network takes."""
    if images.ndim != 4 or images.shape[1:] != (height, width, 3) or images.dtype != np.uint8:
        raise InvalidInput(f"pictures are {images.dtype} {images.shape}; give uint8 "
                           f"[B, {height}, {width}, 3]")
    if planes.shape != (len(images), 3) or not np.isfinite(planes).all():
        raise InvalidInput(f"calibrations are {planes.shape}; give finite float32 "
                           f"[{len(images)}, 3]")


def _has_gpu() -> bool:
    # torch takes seconds to import: look for a GPU's device file first
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        return False
    import torch

    return bool(torch.cuda.is_available())
