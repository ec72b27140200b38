"""What the forecast learns from: drives of the generated world, told actor by actor.

Frames: ego, then an actor's, x along its heading. Shape letters: A actors, T times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.perception.cache import world_of
from engine.perception.forecast_features import DT_S, Actors, Features, features

if TYPE_CHECKING:
    from engine.perception.truth import Sample

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

REACH_M: Final = 60.0
MOVING_KINDS: Final = 4
"""Classes below this move: car, truck, cyclist, pedestrian."""
FRAMES: Final = 12
TICKS: Final = 10
JITTER_M: Final = 0.12
"""Standard deviation of noise on learnt pasts, of the order of a tracker's."""


class Examples(NamedTuple):
    """Actors with what they did.

    inputs: `Features` [A].
    velocity: float32 [A, 2], m/s in the actor's frame.
    truth: float32 [A, T, 2], m in the actor's frame; NaN where unknown.
    kind: int8 [A], class.
    """

    inputs: Features
    velocity: Float32
    truth: Float32
    kind: npt.NDArray[np.int8]


def gather(split: str, seed: int, worlds: int, *, jitter: bool) -> Examples:
    """Drive through worlds of a split and note every actor near the car, once a second.

    Args:
        split: "train", "val" or "held-out".
        seed: Of the worlds and the noise.
        worlds: How many, at least 1.
        jitter: Whether pasts are noisy, as a tracker's are.
    """
    from engine.perception.truth import generate

    parts = []
    rng = np.random.default_rng([seed, 7])
    for k in range(worlds):
        world = world_of(split, seed, 1_000_000 + k)
        for sample in generate(world.seed, scenario=world.scenario, style=world.style,
                               n_frames=FRAMES, every=TICKS, views=()):
            noise = JITTER_M * float(rng.random() < 0.7) if jitter else 0.0
            parts.append(examples(sample, noise, rng))
    whole = [np.concatenate(p) for p in zip(*([*p.inputs, *p[1:]] for p in parts), strict=True)]
    return Examples(Features(*whole[:3]), *whole[3:])


def examples(sample: Sample, noise_m: float = 0.0,
             rng: np.random.Generator | None = None) -> Examples:
    """The actors of one frame.

    Args:
        sample: Truth.
        noise_m: Standard deviation of noise on the pasts, m.
        rng: Draws the noise; needed where there is any.
    """
    near = (np.linalg.norm(sample.actors[:, :2], axis=1) < REACH_M) & (
        sample.actors[:, 8] < MOVING_KINDS)
    past = sample.pasts.astype(np.float64)
    if noise_m > 0 and rng is not None:
        past = past + rng.normal(0.0, noise_m, past.shape)
    heading = sample.actors[:, 3].astype(np.float64)
    actors = Actors(past, heading, velocities(past, heading),
                    sample.actors[:, 4:6].astype(np.float64), sample.actors[:, 8].astype(np.int64))
    shown = features(with_car(actors, float(sample.ego[0])), list(sample.lanes), sample.lane_type)
    turn = _turns(heading)
    truth = np.einsum("aij,atj->ati", turn, sample.futures - past[:, -1:])
    velocity = np.einsum("aij,aj->ai", turn, actors.velocity)
    use = np.flatnonzero(near & np.isfinite(truth[:, :10, 0]).all(axis=1)
                         & np.isfinite(past[:, -1, 0]))
    return Examples(Features(*(f[use] for f in shown)), velocity[use].astype(np.float32),
                    truth[use].astype(np.float32), actors.kind[use].astype(np.int8))


def with_car(actors: Actors, speed_mps: float) -> Actors:
    """The actors and, last, the car itself."""
    past = np.stack([-speed_mps * DT_S * np.arange(actors.past.shape[1])[::-1],
                     np.zeros(actors.past.shape[1])], axis=1)
    return Actors(np.concatenate([actors.past, past[None]]), np.append(actors.heading, 0.0),
                  np.concatenate([actors.velocity, [[speed_mps, 0.0]]]),
                  np.concatenate([actors.size, [[4.7, 1.9]]]), np.append(actors.kind, 0))


def velocities(past: Float64, heading: Float64) -> Float64:
    """Velocity now from the past, by least squares over what is known; float64 [A, 2], m/s.

    An actor known at one time alone stands still.

    Args:
        past: float64 [A, H, 2], m, the last now; NaN where unknown.
        heading: float64 [A], radians; a vehicle's velocity is taken along it.
    """
    known = np.isfinite(past[..., 0])
    at = DT_S * (np.arange(past.shape[1]) - past.shape[1] + 1.0)
    # the newer half counts: older places tell of an older speed
    weight = known * np.exp(at / 0.35)
    total = np.maximum(weight.sum(axis=1), 1e-9)
    mean_at = (weight * at).sum(axis=1) / total
    filled = np.nan_to_num(past)
    mean = (weight[..., None] * filled).sum(axis=1) / total[:, None]
    centred = (at[None] - mean_at[:, None]) * weight
    spread = (centred * (at[None] - mean_at[:, None])).sum(axis=1)
    slope = (centred[..., None] * (filled - mean[:, None])).sum(axis=1)
    velocity = slope / np.maximum(spread, 1e-9)[:, None]
    velocity[known.sum(axis=1) < 2] = 0.0
    along = np.stack([np.cos(heading), np.sin(heading)], axis=1)
    return np.asarray((velocity * along).sum(axis=1, keepdims=True) * along)


def _turns(heading: Float64) -> Float64:
    c, s = np.cos(heading), np.sin(heading)
    return np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], -2)
