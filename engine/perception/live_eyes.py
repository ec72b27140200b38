"""The eyes of a drive that is watched: cameras may fail and be noisy, thresholds may move.

Perceives by `perceive.Eyes`, and keeps what was rendered, so that a page can show it and
measure the network against it.

Shape letters: V views, H rows, W columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.perception.cameras import VIEWS, rig
from engine.perception.forecast_run import ForecastRuntime
from engine.perception.live_params import DriveParams
from engine.perception.perceive import Eyes
from engine.perception.pipeline import Bool, Seen
from engine.perception.render import Rendered, Renderer
from engine.perception.runtime import Runtime
from engine.perception.scene import Scene
from engine.perception.world import Snapshot, World

UInt8 = npt.NDArray[np.uint8]

THREADS: Final = 2
"""Views rendered and perceived at the same time."""
_GRAIN: Final = 1 << 20
"""Length of the noise that is drawn once and read from another place each tick."""


class Look(NamedTuple):
    """One instant as it was seen.

    now: The world's instant.
    rendered: What the cameras would show, with the truth.
    images: uint8 [V, H, W, 3], what the network was given.
    seen: What it made of them.
    scene: What the planner is told of it.
    times_ms: Wall time of each stage.
    """

    now: Snapshot
    rendered: Rendered
    images: UInt8
    seen: Seen
    scene: Scene
    times_ms: dict[str, float]


class LiveEyes:
    """Perceives one drive after another.

    Args:
        runtime: Network.
        forecaster: Forecast; None for constant velocity.
        seed: Of the cameras' noise.

    Attributes:
        cameras: The rig.
        working: bool [V], cameras that work.
    """

    def __init__(self, runtime: Runtime, forecaster: ForecastRuntime | None, seed: int) -> None:
        self.cameras = rig()
        self.working: Bool = np.ones(len(VIEWS), np.bool_)
        self._forecaster = forecaster
        self._eyes = Eyes(runtime, forecaster, self.cameras, threads=THREADS)
        self._rng = np.random.default_rng([seed, 5501])
        self._grain = np.empty(0, np.float32)
        self._renderer: Renderer | None = None
        self._world: World | None = None

    def new_light(self) -> None:
        """The weather of the world has changed: its scene is laid out anew."""
        self._world = None

    def use(self, runtime: Runtime) -> None:
        """Go on with another network; its tracks begin anew."""
        self._eyes = Eyes(runtime, self._forecaster, self.cameras, threads=THREADS)

    def look(self, world: World, params: DriveParams) -> Look:
        """See a world's present instant."""
        begun = perf_counter()
        if self._renderer is None or world is not self._world:
            self._renderer, self._world = Renderer(world, self.cameras, THREADS), world
        now = world.snapshot()
        exposure = self._renderer.begin(now)
        laid_out_ms = (perf_counter() - begun) * 1e3
        rendered = exposure.rendered
        noisy = params.noise_percent > 0.0
        images = np.empty_like(rendered.images) if noisy else rendered.images
        add = self._noise(params.noise_percent, images[0].shape) if noisy else None

        def expose(thread: int, view: int) -> None:
            exposure.draw(thread, view)
            if add is not None:
                add(view, rendered.images[view], images[view])

        self._eyes.least_score = self._eyes.pipeline.least_score = params.least_score
        self._eyes.pipeline.most_overlap = params.most_overlap
        scene = self._eyes.see(world, images, self.working, expose)
        seen = self._eyes.seen
        assert seen is not None, "see leaves what was seen"
        times = {**seen.times_ms, "render": laid_out_ms + seen.times_ms["render"]}
        return Look(now, rendered, images, seen, scene, times)

    def _noise(self, percent: float, shape: tuple[int, ...]) -> Callable[[int, UInt8, UInt8], None]:
        """What adds this instant's noise to a view: (view, picture, where to put it)."""
        if not len(self._grain):
            self._grain = self._rng.standard_normal(_GRAIN, np.float32)
        begin, count = int(self._rng.integers(_GRAIN)), math.prod(shape)

        def add(view: int, picture: UInt8, out: UInt8) -> None:
            # each camera reads the one draw from another place
            own = np.arange(begin + view * 7919, begin + view * 7919 + count)
            noise = np.take(self._grain, own, mode="wrap").reshape(shape)
            noise *= np.float32(2.55 * percent)
            noise += picture
            out[:] = np.clip(noise, 0, 255)

        return add
