"""Real video: the same network over a film or pictures from outside, and how much to believe it.

The network learnt from rendered streets; a photograph is outside its training domain, which every
frame says, with how far it is from known pictures (`ood`) and how unsure the network is of its own
depth. The car's motion is unknown, so that tracks are relative to the camera.

Films are decoded by PyAV in a process of its own (`video_decode`).

Shape letters: h, w rows and columns of a frame, H, W the network's.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception import triggers
from engine.perception.bev import lift
from engine.perception.clips import Clip
from engine.perception.decode import decode
from engine.perception.detect import describe
from engine.perception.fields import sigmoid
from engine.perception.ood import Familiar, statistics
from engine.perception.output_format import HEIGHT, STRIDES, WIDTH
from engine.perception.pictures import LEAST_SIDE, CameraParams, fit, read_picture
from engine.perception.runtime import Prediction, Runtime
from engine.perception.targets import points
from engine.perception.track import Tracker

UInt8 = npt.NDArray[np.uint8]
Timed = tuple[float, UInt8]

MOST_BYTES: Final = 64 * 2**20
MOST_SECONDS: Final = 120.0
MOST_PIXELS: Final = 4096 * 2304
MOST_PICTURES: Final = 500
LEAST_EVERY_S: Final = 0.05
TRIGGER: Final = "your video"
_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class VideoSource:
    """An opened film.

    Attributes:
        path: The file.
        name: As the user calls it.
        width, height: Of the frames as they are given, px.
        fps: Frames a second, or None where the file does not say.
        duration_s: Length, or None likewise.
    """

    path: Path
    name: str
    width: int
    height: int
    fps: float | None
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What was seen in one frame.

    Attributes:
        time_s: In the film.
        picture: uint8 [h, w, 3].
        overlay: uint8 [h, w, 3], with boxes, lines and road drawn in.
        facts: JSON-able, see `detect.describe`; also the tracks.
        drift: Distance to known pictures, mean of the last seconds; None where none are known.
        outside: Whether that is beyond what the trigger takes for known; None likewise.
        unlike: The statistic that is farthest off.
        uncertainty: Mean deviation of ln z.
        image: uint8 [H, W, 3], as the network was given it.
    """

    time_s: float
    picture: UInt8
    overlay: UInt8
    facts: dict[str, Any]
    drift: float | None
    outside: bool | None
    unlike: str
    uncertainty: float
    image: UInt8


@contextmanager
def open_video(data: bytes | Path, name: str) -> Iterator[VideoSource]:
    """Open a film; bytes lie in a temporary file meanwhile.

    Args:
        data: The file, or its bytes.
        name: For messages.

    Raises:
        InvalidInput: If it is too large, too long or no film.
    """
    size = len(data) if isinstance(data, bytes) else _size(data, name)
    if not 0 < size <= MOST_BYTES:
        raise InvalidInput(f"{name} has {size / 2**20:.1f} MB; more than nothing and at most "
                           f"{MOST_BYTES // 2**20} MB are taken. Give a shorter or smaller film")
    with tempfile.TemporaryDirectory() as folder:
        path = data if isinstance(data, Path) else Path(folder) / "film"
        if isinstance(data, bytes):
            path.write_bytes(data)
        with _decoder(path, LEAST_EVERY_S, 1) as out:
            header = _header(out, name)
        duration = header["duration_s"]
        if duration is not None and duration > MOST_SECONDS:
            raise InvalidInput(f"{name} is {duration:.0f} s long; at most {MOST_SECONDS:.0f} s are "
                               "taken. Cut it")
        if min(header["width"], header["height"]) < LEAST_SIDE:
            raise InvalidInput(f"{name} has frames of {header['width']} × {header['height']} "
                               f"pixels; both sides must have at least {LEAST_SIDE}")
        yield VideoSource(path, name, header["width"], header["height"], header["fps"], duration)


def frames(source: VideoSource, every_s: float = 0.2) -> Iterator[Timed]:
    """Times and pictures of a film.

    Args:
        source: From `open_video`, still open.
        every_s: Least time from one frame to the next, s, at least 0.05.

    Raises:
        InvalidInput: If the time is out of range or the film breaks off before its first frame.
    """
    if not LEAST_EVERY_S <= every_s <= MOST_SECONDS:
        raise InvalidInput(f"a frame every {every_s:g} s; choose {LEAST_EVERY_S} to "
                           f"{MOST_SECONDS:.0f} s")
    shape = (source.height, source.width, 3)
    size = source.height * source.width * 3
    count = 0
    with _decoder(source.path, every_s, int(MOST_SECONDS / every_s) + 1) as out:
        _header(out, source.name)
        while len(head := out.read(8)) == 8 and len(body := out.read(size)) == size:
            time = float(struct.unpack("<d", head)[0])
            if time > MOST_SECONDS:
                break
            count += 1
            yield time, np.frombuffer(body, np.uint8).reshape(shape)
    if not count:
        raise InvalidInput(f"{source.name} breaks off before its first frame; give a whole film")


def pictures(files: Sequence[tuple[str, bytes]], every_s: float = 0.2) -> Iterator[Timed]:
    """Pictures in the order given, as if a camera had taken them one after another.

    Args:
        files: Name and content of each.
        every_s: Time from one to the next, s.

    Raises:
        InvalidInput: If there are none, too many, or one cannot be read.
    """
    if not 0 < len(files) <= MOST_PICTURES:
        raise InvalidInput(f"{len(files)} pictures; give 1 to {MOST_PICTURES}")
    for k, (name, data) in enumerate(files):
        yield k * every_s, read_picture(data, name)


def analyse(timed: Iterable[Timed], runtime: Runtime, params: CameraParams,
            least_score: float = 0.3) -> Iterator[FrameFacts]:
    """Run the network over frames, one after another.

    Args:
        timed: From `frames` or `pictures`.
        runtime: Network.
        params: Of the camera.
        least_score: Detections below are dropped.
    """
    familiar, limit = _familiar()
    once = _Once(runtime)
    tracker = Tracker()
    drifts: deque[float] = deque(maxlen=10)
    before = None
    for time, picture in timed:
        facts, overlay = describe(picture, once, params, least_score)
        out = once.last
        fitted = fit(picture, params)
        found = decode(out.raw(0), points(HEIGHT, WIDTH, STRIDES), HEIGHT, WIDTH, least_score)
        step = 0.1 if before is None else max(time - before, 1e-3)
        before = time
        tracks = tracker.step(lift(found, fitted.camera, 0), (0.0, 0.0, 0.0), step)
        facts["tracks"] = [{
            "number": t.number, "kind": t.kind, "missed": t.missed, "score": round(t.score, 3),
            "place_m": [round(float(v), 2) for v in t.state[:2]],
            "relative_mps": [round(float(v), 2) for v in t.state[2:]]} for t in tracks]
        unlike = ""
        if familiar is not None:
            one, unlike = familiar.strangeness(statistics(
                fitted.image, out.depth[0, 1], sigmoid(out.masks[0, 0, ::2, ::2])))
            drifts.append(one)
        drift = round(float(np.mean(drifts)), 4) if drifts else None
        yield FrameFacts(time, picture, overlay, facts, drift,
                         None if drift is None else drift > limit, unlike,
                         round(float(out.depth[0, 1].mean()), 4), fitted.image)


def clip_of(seen: Sequence[FrameFacts], name: str, facts: dict[str, Any]) -> Clip:
    """A clip of frames for the data engine; without labels until a person gives them.

    Args:
        seen: At least one frame.
        name: Of the clip.
        facts: Kept with it.

    Raises:
        InvalidInput: If there is no frame.
    """
    if not seen:
        raise InvalidInput("no frames to keep; choose at least one")
    drift = max((f.drift or 0.0) for f in seen)
    return Clip(name, TRIGGER, float(np.clip(drift / (1.0 + drift), 0.01, 1.0)),
                {**facts, "scenario": "outside", "time_s": round(seen[0].time_s, 2),
                 "drift": drift, "uncertainty": max(f.uncertainty for f in seen)},
                [f.image[None] for f in seen])


class _Once:
    """A runtime that keeps its last answer, so that a frame is run once and used twice."""

    last: Prediction

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self.together = runtime, runtime.together

    def run(self, images: UInt8, planes: npt.NDArray[np.float32]) -> Prediction:
        self.last = self._runtime.run(images, planes)
        return self.last


def _familiar() -> tuple[Familiar | None, float]:
    try:
        fitted = triggers.load()
    except ModelUnavailable:
        return None, np.inf
    return fitted.familiar, fitted.thresholds["out of distribution"]


@contextmanager
def _decoder(path: Path, every_s: float, most: int) -> Iterator[IO[bytes]]:
    """Standard output of a decoding process, which ends with the block."""
    words = [sys.executable, "-m", "engine.perception.video_decode", str(path.resolve()),
             str(every_s), str(most), str(MOST_PIXELS)]
    with subprocess.Popen(words, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()


def _header(out: IO[bytes], name: str) -> dict[str, Any]:
    line = out.readline()
    try:
        header = json.loads(line)
    except ValueError:
        raise InvalidInput(f"{name} could not be decoded: the decoder ended; give an MP4, MOV, "
                           "WebM, MKV or AVI film") from None
    if "error" in header:
        raise InvalidInput(f"{name} is no film that can be read (MP4, MOV, WebM, MKV, AVI): "
                           f"{header['error']}")
    return dict(header)


def _size(path: Path, name: str) -> int:
    if not path.is_file():
        raise InvalidInput(f"{name} is not there; give a film")
    return path.stat().st_size
