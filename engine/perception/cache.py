"""Pictures with labels on disk, in shards that training maps into memory.

A shard is a folder of plain arrays that is renamed into place when complete, so that a kill
leaves no half shard and a second call goes on where the first ended. Its content depends on
split, seed and shard number alone.

Shape letters: M pictures of a shard, N boxes, F frames, H rows, W columns.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.perception.calibration import from_numbers, numbers
from engine.perception.labels import BOX, View, label_view

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

SPLITS: Final = ("train", "val", "held-out")
FORMAT: Final = 1
WORLDS: Final = 16
"""Worlds a shard."""
FRAMES: Final = 8
"""Frames a world."""
TICKS: Final = 15
"""Ticks of 0.1 s between frames: nearer ones teach little new."""
VIEWS: Final = 4
"""Pictures a frame: the front camera and others drawn anew each world."""
_ARRAYS: Final = ("images", "depth", "mask", "plane", "scale", "camera", "view", "frame", "boxes",
                  "first", "lines", "line_type", "line_first")


class World(NamedTuple):
    """What one world of a split is made from."""

    seed: int
    scenario: str
    style: str
    views: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard, mapped into memory.

    Attributes:
        images: uint8 [M, H, W, 3].
        depth: float16 [M, H/2, W/2], see `labels.View`.
        mask: uint8 [M, H, W].
        plane: float32 [M, 3].
        scale: float32 [M].
        camera: float64 [M, 16], `calibration.numbers`.
        view: int8 [M], camera of the rig.
        frame: int32 [M], frame within the shard.
        boxes: `labels.BOX` [N].
        first: int64 [M + 1], first box of each picture.
        lines: float32 […, 3], points of all lines of all frames, ego frame.
        line_type: int8 [lines].
        line_first: int64 [lines + 1, 2], first point and frame of each line.
    """

    images: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.float16]
    mask: npt.NDArray[np.uint8]
    plane: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    camera: npt.NDArray[np.float64]
    view: npt.NDArray[np.int8]
    frame: npt.NDArray[np.int32]
    boxes: npt.NDArray[np.void]
    first: npt.NDArray[np.int64]
    lines: npt.NDArray[np.float32]
    line_type: npt.NDArray[np.int8]
    line_first: npt.NDArray[np.int64]

    def boxes_of(self, picture: int) -> npt.NDArray[np.void]:
        """Boxes of a picture, `labels.BOX` [N]."""
        return self.boxes[self.first[picture]:self.first[picture + 1]]

    def camera_of(self, picture: int) -> Camera:
        """Camera of a picture."""
        height, width = self.images.shape[1:3]
        return from_numbers(self.camera[picture], width, height)

    def lines_of(self, picture: int) -> list[npt.NDArray[np.float32]]:
        """Lines of the frame a picture belongs to, float32 [Q, 3] each."""
        rows = np.flatnonzero(self.line_first[:-1, 1] == self.frame[picture])
        return [self.lines[self.line_first[r, 0]:self.line_first[r + 1, 0]] for r in rows]


def world_of(split: str, seed: int, number: int) -> World:
    """The world with a number in a split; splits share no world.

    Raises:
        InvalidInput: If there is no such split.
    """
    from engine.perception.scenarios import SCENARIOS
    from engine.perception.styles import STYLES

    if split not in SPLITS:
        raise InvalidInput(f"split is {split!r}; choose from {', '.join(SPLITS)}")
    rng = np.random.default_rng([seed, SPLITS.index(split), number])
    names = sorted(SCENARIOS)
    styles = STYLES[split]
    others = rng.choice(np.arange(1, 8), VIEWS - 1, replace=False)
    return World(int(rng.integers(2**62)), names[int(rng.integers(len(names)))],
                 styles[int(rng.integers(len(styles)))], (0, *sorted(int(v) for v in others)))


def fill(folder: Path, split: str, images: int, seed: int) -> dict[str, Any]:
    """Write shards until a folder holds enough pictures; goes on where it stopped.

    Args:
        folder: Where the shards are.
        split: "train", "val" or "held-out".
        images: Pictures wanted, at least 1.
        seed: Of everything drawn.

    Returns:
        JSON-able: how many pictures and shards there are, and how many were written.

    Raises:
        InvalidInput: If a value cannot be used or the folder is of another split or seed.
    """
    if images < 1:
        raise InvalidInput(f"images is {images}; it must be at least 1")
    folder.mkdir(parents=True, exist_ok=True)
    card = {"format": FORMAT, "split": split, "seed": seed}
    place = folder / "cache.json"
    if place.exists():
        old = json.loads(place.read_text("utf-8"))
        if old != card:
            raise InvalidInput(f"{folder} holds {old}, not {card}; give another folder")
    else:
        place.write_text(json.dumps(card), "utf-8")
    for left in folder.glob("part-*"):
        shutil.rmtree(left)
    held = sum(_count(p) for p in sorted(folder.glob("shard-*")))
    number = written = 0
    while held < images:
        target = folder / f"shard-{number:05d}"
        if not target.exists():
            part = folder / f"part-{number:05d}"
            part.mkdir()
            _write(part, split, seed, number)
            part.rename(target)
            held += _count(target)
            written += 1
        number += 1
    return {"images": held, "shards": len(list(folder.glob("shard-*"))), "written": written,
            **card}


def open_shard(folder: Path) -> Shard:
    """Map one shard into memory.

    Raises:
        InvalidInput: If an array is missing or cannot be read.
    """
    arrays: dict[str, Any] = {}
    for name in _ARRAYS:
        try:
            arrays[name] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InvalidInput(f"{folder.name}/{name}.npy cannot be read: {error}. Delete the "
                               "folder and fill the cache again") from error
    return Shard(**arrays)


def open_cache(folder: Path) -> list[Shard]:
    """All complete shards of a folder, in order.

    Raises:
        InvalidInput: If there are none.
    """
    shards = [open_shard(p) for p in sorted(folder.glob("shard-*"))]
    if not shards:
        raise InvalidInput(f"{folder} holds no shard; fill it with the cache command")
    return shards


def _count(shard: Path) -> int:
    return int(np.load(shard / "view.npy", mmap_mode="r").shape[0])


def _write(folder: Path, split: str, seed: int, number: int) -> None:
    pictures: list[View] = []
    views: list[int] = []
    cameras: list[npt.NDArray[np.float64]] = []
    frames: list[int] = []
    lines: list[npt.NDArray[np.float32]] = []
    line_type: list[int] = []
    line_frame: list[int] = []
    for frame, (sample, world) in enumerate(_samples(split, seed, number)):
        for index, view in enumerate(world.views):
            pictures.append(label_view(sample, index, view))
            views.append(view)
            cameras.append(numbers(sample.cameras[index]))
            frames.append(frame)
        for line, kind in zip(sample.lanes, sample.lane_type, strict=True):
            whole = line[np.isfinite(line[:, 0])]
            if len(whole) > 1:
                lines.append(whole.astype(np.float32))
                line_type.append(int(kind))
                line_frame.append(frame)
    first = np.cumsum([0] + [len(p.boxes) for p in pictures])
    starts = np.cumsum([0] + [len(q) for q in lines])
    arrays: dict[str, npt.NDArray[Any]] = {
        "images": np.stack([p.image for p in pictures]),
        "depth": np.stack([p.depth for p in pictures]),
        "mask": np.stack([p.mask for p in pictures]),
        "plane": np.stack([p.plane for p in pictures]),
        "scale": np.array([p.scale for p in pictures], np.float32),
        "camera": np.stack(cameras),
        "view": np.array(views, np.int8), "frame": np.array(frames, np.int32),
        "boxes": np.concatenate([p.boxes for p in pictures] or [np.zeros(0, BOX)]),
        "first": first.astype(np.int64),
        "lines": np.concatenate([*lines, np.zeros((0, 3), np.float32)]),
        "line_type": np.array(line_type, np.int8),
        "line_first": np.stack([starts, np.array([*line_frame, -1])], axis=1).astype(np.int64),
    }
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", arrays[name], allow_pickle=False)


def _samples(split: str, seed: int, number: int) -> Iterator[tuple[Any, World]]:
    from engine.perception.truth import generate

    for k in range(number * WORLDS, (number + 1) * WORLDS):
        world = world_of(split, seed, k)
        for sample in generate(world.seed, scenario=world.scenario, style=world.style,
                               n_frames=FRAMES, every=TICKS, views=world.views):
            yield sample, world
