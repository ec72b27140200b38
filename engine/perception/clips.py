"""Clips that triggers kept, on disk, within a quota.

A clip is one file, written beside its place and renamed, so that a kill leaves a whole clip or
none. When the quota is reached the least worth goes first: a clip's worth is its trigger's value
shared among the clips of the same trigger in the same scenario, so that a hundred alike do not
crowd out the odd one. The labels of a clip are those of the world, which stand for a person's.

Shape letters: F frames, V views, H and W rows and columns, N boxes.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.live.files import replace
from engine.perception.files import alive, data_folder
from engine.perception.labels import View

UInt8 = npt.NDArray[np.uint8]

QUOTA: Final = 256 * 2**20
QUALITY: Final = 95
"""Of the JPEGs: what a vehicle would send."""
SUFFIX: Final = ".clip"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True, slots=True)
class Clip:
    """Some seconds of a drive.

    Attributes:
        id: Its name; up to 80 letters, digits, - and _.
        trigger: What kept it.
        value: In (0, 1].
        facts: JSON-able: vehicle, scenario, why and so on.
        images: uint8 [V, H, W, 3] of each frame.
        labels: Of each picture, frame by frame and view by view; empty for a video from outside.
    """

    id: str
    trigger: str
    value: float
    facts: Mapping[str, Any]
    images: Sequence[UInt8]
    labels: Sequence[View] = ()


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What is known of a clip without opening its pictures.

    Attributes:
        id: Its name.
        trigger: What kept it.
        value: In (0, 1].
        bytes: Of the file.
        frames: How many.
        views: Pictures a frame.
        labelled: Whether it can be trained on.
        facts: As given.
    """

    id: str
    trigger: str
    value: float
    bytes: int
    frames: int
    views: int
    labelled: bool
    facts: Mapping[str, Any]


class ClipStore:
    """The clips of one folder.

    Args:
        folder: Made when missing.
        quota_bytes: Most that all clips may take.

    Raises:
        InvalidInput: If the quota is below a megabyte.
    """

    def __init__(self, folder: Path | None = None, quota_bytes: int = QUOTA) -> None:
        if quota_bytes < 2**20:
            raise InvalidInput(f"the quota is {quota_bytes} bytes; give at least {2**20}")
        self.folder = folder if folder is not None else default_folder()
        self.quota = quota_bytes
        self._known: dict[str, ClipFacts] = {}
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sweep()

    @property
    def size(self) -> int:
        """What all clips take."""
        return sum(c.bytes for c in self.clips())

    def add(self, clip: Clip) -> bool:
        """Keep a clip if it is worth its place.

        Returns:
            Whether it was kept; False where all others are worth more.

        Raises:
            InvalidInput: If the clip cannot be, or alone exceeds the quota.
        """
        data = _pack(clip)
        if len(data) > self.quota:
            raise InvalidInput(f"the clip has {len(data) / 2**20:.1f} MB; the quota is "
                               f"{self.quota / 2**20:.1f} MB. Shorten it or raise the quota")
        mine = ClipFacts(clip.id, clip.trigger, clip.value, len(data), len(clip.images),
                         len(clip.images[0]), bool(clip.labels), dict(clip.facts))
        held = [c for c in self.clips() if c.id != clip.id]
        leave = _least_worth([*held, mine], self.quota)
        if clip.id in leave:
            return False
        for name in leave:
            self.delete(name)
        replace(self._place(clip.id), data)
        return True

    def clips(self) -> list[ClipFacts]:
        """Every clip, the most valuable first; damaged files are passed over."""
        found = {}
        for path in self.folder.glob(f"*{SUFFIX}"):
            if not _NAME.fullmatch(path.stem):
                continue
            with suppress(OSError, InvalidInput):
                size = path.stat().st_size
                old = self._known.get(path.stem)
                found[path.stem] = old if old is not None and old.bytes == size else _facts(path)
        self._known = found
        return sorted(found.values(), key=lambda c: (-c.value, c.id))

    def newest(self, count: int) -> list[ClipFacts]:
        """The clips that came last, the newest first."""
        came: dict[str, float] = {}
        for path in self.folder.glob(f"*{SUFFIX}"):
            with suppress(OSError):
                came[path.stem] = path.stat().st_mtime
        return sorted((c for c in self.clips() if c.id in came),
                      key=lambda c: (-came[c.id], c.id))[:count]

    def frames(self, name: str, view: int = 0) -> list[bytes]:
        """JPEGs of one view, frame by frame.

        Raises:
            InvalidInput: If there is no such clip or view.
        """
        path = self._place(name)
        facts = _facts(path)
        if not 0 <= view < facts.views:
            raise InvalidInput(f"view {view} of clip {name}: it has {facts.views}")
        with _opened(path) as file:
            return [file.read(f"frame-{k:03d}-{view}.jpg") for k in range(facts.frames)]

    def thumbnail(self, name: str) -> bytes:
        """JPEG of the middle frame.

        Raises:
            InvalidInput: If there is no such clip.
        """
        path = self._place(name)
        middle = _facts(path).frames // 2
        with _opened(path) as file:
            return file.read(f"frame-{middle:03d}-0.jpg")

    def views(self, name: str) -> list[tuple[int, View]]:
        """Labelled pictures with the number of their view; none for an unlabelled clip.

        Raises:
            InvalidInput: If there is no such clip, or it is damaged.
        """
        path = self._place(name)
        facts = _facts(path)
        if not facts.labelled:
            return []
        found = []
        with _opened(path) as file:
            for k in range(facts.frames):
                for v in range(facts.views):
                    image = _decode(file.read(f"frame-{k:03d}-{v}.jpg"))
                    with np.load(io.BytesIO(file.read(f"frame-{k:03d}-{v}.npz"))) as a:
                        found.append((v, View(image, a["plane"], float(a["scale"]), a["depth"],
                                              a["mask"], a["boxes"])))
        return found

    def delete(self, name: str) -> None:
        """Remove a clip; nothing happens where it is gone already."""
        self._place(name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a killed process left half written."""
        for part in self.folder.glob(f".*{SUFFIX}.*"):
            number = part.name.rpartition(".")[2]
            if number.isdigit() and not alive(int(number)):
                part.unlink(missing_ok=True)

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"{name[:60]!r} is no name of a clip; use up to 80 letters, digits, "
                               "- and _")
        return self.folder / f"{name}{SUFFIX}"


def default_folder() -> Path:
    """Where the app keeps its clips."""
    return data_folder() / "clips"


def _least_worth(clips: Sequence[ClipFacts], quota: int) -> set[str]:
    """Names to let go, least worth first, until the rest fits."""
    left = list(clips)
    gone: set[str] = set()
    alike = Counter(_likeness(c) for c in left)
    while sum(c.bytes for c in left) > quota:
        worst = min(left, key=lambda c: (c.value / alike[_likeness(c)], c.value, c.id))
        left.remove(worst)
        alike[_likeness(worst)] -= 1
        gone.add(worst.id)
    return gone


def _likeness(clip: ClipFacts) -> tuple[str, str]:
    return clip.trigger, str(clip.facts.get("scenario", ""))


def _pack(clip: Clip) -> bytes:
    views = {len(i) for i in clip.images}
    if not clip.images or len(views) != 1 or not 0.0 < clip.value <= 1.0:
        raise InvalidInput(f"clip {clip.id!r} has {len(clip.images)} frames of {sorted(views)} "
                           f"views and value {clip.value:g}; give frames of equal views and a "
                           "value in (0, 1]")
    V = views.pop()
    if clip.labels and len(clip.labels) != V * len(clip.images):
        raise InvalidInput(f"clip {clip.id!r} has {len(clip.labels)} labels for "
                           f"{V * len(clip.images)} pictures; give all or none")
    out = io.BytesIO()
    facts = {"trigger": clip.trigger, "value": clip.value, "frames": len(clip.images), "views": V,
             "labelled": bool(clip.labels), "facts": dict(clip.facts)}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        file.writestr("facts.json", json.dumps(facts))
        for k, images in enumerate(clip.images):
            for v, image in enumerate(images):
                file.writestr(f"frame-{k:03d}-{v}.jpg", _encode(image))
        for n, label in enumerate(clip.labels):
            part = io.BytesIO()
            np.savez_compressed(part, plane=label.plane, scale=np.float64(label.scale),
                                depth=label.depth, mask=label.mask, boxes=label.boxes)
            file.writestr(f"frame-{n // V:03d}-{n % V}.npz", part.getvalue())
    return out.getvalue()


def _facts(path: Path) -> ClipFacts:
    try:
        with _opened(path) as file:
            facts = json.loads(file.read("facts.json"))
        return ClipFacts(path.stem, str(facts["trigger"]), float(facts["value"]),
                         path.stat().st_size, int(facts["frames"]), int(facts["views"]),
                         bool(facts["labelled"]), dict(facts["facts"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"clip {path.stem} is damaged: {error}; delete it") from error


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise InvalidInput(f"there is no clip {path.stem}; it may have been evicted") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"clip {path.stem} is damaged: {error}; delete it") from error


def _encode(image: UInt8) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=QUALITY, subsampling=0)
    return out.getvalue()


def _decode(data: bytes) -> UInt8:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened.convert("RGB"), np.uint8)
