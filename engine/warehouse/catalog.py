"""What is stored where: SKUs, how often they are asked for, and the pods that hold them.

Popularity follows Zipf's law. SKUs come in families that are stowed near each other. Popular SKUs
lie on several pods, about in proportion to the square root of their popularity: half-way between
one place each and places in proportion to demand.

Shape letters: K SKUs, N pods, B bins a pod.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Int32 = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]

BINS: Final = 9
"""Bins a pod: three by three."""
_FAMILY: Final = 60
_FAMILY_SPREAD: Final = 0.35


class Catalog:
    """SKUs, their popularity and their places on pods.

    Attributes:
        popularity: float64 [K], sums to 1.
        bins: int32 [N, B], SKU in each bin of each pod.
        demand: float64 [N] in [0, 1], expected requests for what a pod holds, 1 for the busiest.
        rank: float64 [N] in [0, 1], share of the other pods that are in less demand.
    """

    def __init__(
        self, pods: int, skus: int, zipf_exponent: float, rng: np.random.Generator
    ) -> None:
        """Draw popularity and stow every SKU on at least one pod.

        Args:
            pods: N; consecutive pods are neighbours on the floor.
            skus: K.
            zipf_exponent: The r-th most popular SKU is asked for in proportion to r ** -exponent.
            rng: Draws families, ranks and places.

        Raises:
            InvalidInput: If there are more SKUs than bins.
        """
        if skus > pods * BINS:
            raise InvalidInput(
                f"SKUs is {skus}; {pods} pods with {BINS} bins hold at most {pods * BINS}: use "
                "fewer SKUs or a larger floor"
            )
        weight = np.arange(1, skus + 1, dtype=np.float64) ** -zipf_exponent
        self.popularity: Float64 = (weight / weight.sum())[_family_ranks(skus, rng)]
        self._cdf = np.cumsum(self.popularity)
        self.bins = self._stow(pods, rng)
        copies = np.bincount(self.bins.ravel(), minlength=skus)
        expected = (self.popularity / copies)[self.bins].sum(axis=1)
        self.demand: Float64 = expected / expected.max()
        self.rank: Float64 = np.empty(pods)
        self.rank[np.argsort(self.demand, kind="stable")] = np.linspace(0.0, 1.0, pods)
        order = np.argsort(self.bins.ravel(), kind="stable")
        self._pods_by_sku = (order // BINS).astype(np.int32)
        self._first = np.concatenate(([0], np.cumsum(copies)))

    def draw(self, count: int, rng: np.random.Generator) -> list[int]:
        """Draw `count` different SKUs by popularity, fewer where the catalog is smaller."""
        chosen: dict[int, None] = {}
        want = min(count, len(self.popularity))
        while len(chosen) < want:
            lot = np.searchsorted(self._cdf, rng.random(want - len(chosen)), side="right")
            chosen.update(dict.fromkeys(np.minimum(lot, len(self._cdf) - 1).tolist()))
        return list(chosen)

    def pods_with(self, sku: int) -> list[int]:
        """Pods that hold a SKU, ascending, each once."""
        found = self._pods_by_sku[self._first[sku]:self._first[sku + 1]]
        return list(dict.fromkeys(found.tolist()))

    def _stow(self, pods: int, rng: np.random.Generator) -> Int32:
        """Fill the bins family by family, so that a family's SKUs lie on neighbouring pods."""
        places = pods * BINS
        skus = len(self.popularity)
        share = np.sqrt(self.popularity)
        copies = np.maximum(1, np.floor(share / share.sum() * places)).astype(np.int64)
        while copies.sum() > places:
            richest = np.argsort(-copies, kind="stable")[:int(copies.sum() - places)]
            copies[richest] = np.maximum(1, copies[richest] - 1)
        missing = int(places - copies.sum())
        copies += missing // skus
        copies[np.argsort(-share, kind="stable")[:missing % skus]] += 1
        listed = np.repeat(np.arange(skus, dtype=np.int32), copies)
        # a family's bins are one stretch of pods; half of all bins are strewn over the floor
        strewn = np.flatnonzero(rng.random(places) < 0.5)
        listed[strewn] = listed[rng.permutation(strewn)]
        return listed.reshape(pods, BINS)


def _family_ranks(skus: int, rng: np.random.Generator) -> Int32:
    """Popularity rank of each SKU, int32 [K]: a permutation in which families keep together."""
    families = -(-skus // _FAMILY)
    heat = rng.random(families).repeat(_FAMILY)[:skus] + rng.normal(0.0, _FAMILY_SPREAD, skus)
    ranks = np.empty(skus, np.int32)
    ranks[np.argsort(heat, kind="stable")] = np.arange(skus, dtype=np.int32)
    return ranks
