"""Explains a box beside the drive: the gradients take seconds, and the drive must not wait."""

from __future__ import annotations

import logging
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.perception.calibration import ground_plane
from engine.perception.cameras import Camera

log = logging.getLogger(__name__)


class Explainer:
    """One explanation at a time, of one box of one view.

    Attributes:
        facts: What a page shows of it; None when nothing was asked for.
        heat: Deflated int8 [H, W], share of the greatest attribution; empty until it is there.
        version: Grows with every change of the two.
    """

    def __init__(self) -> None:
        self.facts: dict[str, Any] | None = None
        self.heat = b""
        self.version = 0
        self._asked = 0

    @property
    def busy(self) -> bool:
        """Whether one is being worked out."""
        return self.facts is not None and self.facts["state"] == "working"

    def ask(self, weights: Path, image: npt.NDArray[np.uint8], camera: Camera, view: int,
            box: tuple[float, float, float, float], kind: int, step: int) -> threading.Thread:
        """Begin to explain; the answer appears in `facts` and `heat`.

        Args:
            weights: Of the network that found the box.
            image: uint8 [H, W, 3], kept as it is now.
            camera: Of the picture.
            view: Its number.
            box: Pixels.
            kind: Class.
            step: Step of the run that the picture is of.
        """
        self._asked += 1
        self._set({"state": "working", "view": view, "step": step, "cls": kind,
                   "box": [round(10.0 * b) for b in box]}, b"")
        thread = threading.Thread(
            target=self._work, name="explain", daemon=True,
            args=(self._asked, weights, image.copy(), camera, box, kind))
        thread.start()
        return thread

    def forget(self) -> None:
        """Put it away."""
        self._asked += 1
        self._set(None, b"")

    def _work(self, asked: int, weights: Path, image: npt.NDArray[np.uint8], camera: Camera,
              box: tuple[float, float, float, float], kind: int) -> None:
        heat, more = b"", dict[str, Any]()
        try:
            # torch takes seconds to load: only now
            from engine.perception.explain import explain

            found = explain(weights, image, ground_plane(camera), box, kind)
            heat = zlib.compress(np.rint(found.heat * 127.0).astype(np.int8).tobytes(), 1)
            more = {"state": "done", "score": round(float(found.score), 4),
                    "baseline": round(float(found.baseline), 4),
                    "error": round(float(found.error), 4)}
        except EngineError as error:
            more = {"state": "failed", "text": str(error)}
        except Exception as error:
            log.exception("an explanation failed")
            more = {"state": "failed", "text": f"{type(error).__name__}: {error}"}
        if asked == self._asked and self.facts is not None:
            self._set({**self.facts, **more}, heat)

    def _set(self, facts: dict[str, Any] | None, heat: bytes) -> None:
        self.facts, self.heat = facts, heat
        self.version += 1
