"""What a network is made of, without the library that trains it.

A residual tower with global pooling and four heads. It is fully convolutional, so one set of
weights plays every board size; there is no normalisation layer, so what is trained is what runs.

Shape letters: B positions, C channels, S board size.

Sources: He et al. 2016 (arXiv:1512.03385), residual blocks; Wu 2019 (arXiv:1902.10565), §3.3
global pooling and appendix A, heads; Zhang et al. 2019 (arXiv:1901.09321), training without
normalisation by zero-initialised branches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple, Self

from engine.errors import InvalidInput
from engine.go.features import PLANES

SCORE_SCALE: Final = 20.0  # points a unit of the score head
HIDDEN: Final = 64  # units of the value head's hidden layer
_TYPICAL_SIZE: Final = 14.0  # board size around which pooled features are centred, as in KataGo
_LIMITS: Final = {"blocks": (1, 40), "channels": (8, 512)}


class Tensor(NamedTuple):
    """One array of weights.

    shape: As torch has it: convolutions [out, in, height, width], linear maps [out, in].
    gain: Standard deviation at the start is gain / sqrt(fan in); 0 for a start at nothing.
    """

    shape: tuple[int, ...]
    gain: float


@dataclass(frozen=True, slots=True)
class Architecture:
    """Size of a network.

    Attributes:
        blocks: Residual blocks, 1 to 40.
        channels: Width of the tower, 8 to 512 in steps of 8.
    """

    blocks: int
    channels: int

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise InvalidInput(f"A network with {value!r} {name} cannot be made; it must be "
                                   f"a whole number from {low} to {high}.")
        if self.channels % 8:
            raise InvalidInput(f"A network of {self.channels} channels cannot be made; use a "
                               "multiple of 8.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "6x64": blocks × channels.

        Raises:
            InvalidInput: If the text is not of that form or out of range.
        """
        parts = text.lower().replace("×", "x").split("x")
        if len(parts) != 2 or not all(p.isascii() and p.isdigit() for p in parts):
            raise InvalidInput(f"{text!r} is no network size; write blocks x channels, as in 6x64.")
        return cls(int(parts[0]), int(parts[1]))

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Read what `facts` wrote.

        Raises:
            InvalidInput: If something is missing, unknown or out of range.
        """
        if set(facts) != {"blocks", "channels"}:
            raise InvalidInput(f"A network is described by blocks and channels, not by "
                               f"{', '.join(sorted(map(str, facts))) or 'nothing'}.")
        return cls(facts["blocks"], facts["channels"])

    def facts(self) -> dict[str, int]:
        """JSON-able description."""
        return asdict(self)

    @property
    def pooled(self) -> int:
        """Channels of a global pooling branch."""
        return max(8, self.channels // 2)

    @property
    def head(self) -> int:
        """Channels of either head."""
        return max(16, self.channels // 2)

    def pools(self, block: int) -> bool:
        """Whether a block has a global pooling branch: every third one, and never the first."""
        return block % 3 == 1

    def tensors(self) -> dict[str, Tensor]:
        """Every array of weights by name, in order of use."""
        return dict(self._tensors())

    def places(self) -> tuple[str, ...]:
        """Places in the tower between which 8-bit arithmetic runs, see `graph.Writer`."""
        names = []
        for block in range(self.blocks):
            at = f"block{block}"
            names.append(f"{at}.entry")
            if self.pools(block):
                names += [f"{at}.pool", f"{at}.first"]
            names += [f"{at}.middle", f"{at}.second"]
        return tuple(names)

    def parameters(self) -> int:
        """How many numbers there are to learn."""
        total = 0
        for tensor in self.tensors().values():
            count = 1
            for n in tensor.shape:
                count *= n
            total += count
        return total

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        wide, pooled, head = self.channels, self.pooled, self.head
        relu = 2.0**0.5  # He et al. 2015, arXiv:1502.01852
        yield from _pair("entry", (wide, PLANES, 3, 3), relu)
        for block in range(self.blocks):
            at = f"block{block}"
            yield from _pair(f"{at}.first", (wide, wide, 3, 3), relu)
            if self.pools(block):
                yield from _pair(f"{at}.pool", (pooled, wide, 1, 1), relu)
                yield f"{at}.spread.weight", Tensor((wide, 3 * pooled), 0.5)
            yield from _pair(f"{at}.second", (wide, wide, 3, 3), 0.0)
        yield from _pair("policy.point", (head, wide, 1, 1), relu)
        yield from _pair("policy.pool", (head, wide, 1, 1), relu)
        yield "policy.spread.weight", Tensor((head, 3 * head), 0.5)
        yield "policy.move.weight", Tensor((1, head, 1, 1), 0.3)
        yield from _pair("policy.pass", (1, 3 * head), 0.3)
        yield from _pair("value.entry", (head, wide, 1, 1), relu)
        yield "value.owner.weight", Tensor((1, head, 1, 1), 0.3)
        yield from _pair("value.hidden", (HIDDEN, 3 * head), relu)
        yield from _pair("value.outcome", (3, HIDDEN), 0.3)
        yield from _pair("value.score", (1, HIDDEN), 0.3)


def size_factors(size: int) -> tuple[float, float]:
    """How pooled means are scaled by board size, once linear and once quadratic.

    Source: Wu 2019, appendix A.4 (there the typical size is 14 and the quadratic term is reduced
    by its usual mean, 0.1).
    """
    linear = (size - _TYPICAL_SIZE) / 10.0
    return linear, linear * linear - 0.1


def _pair(name: str, shape: tuple[int, ...], gain: float) -> Iterator[tuple[str, Tensor]]:
    yield f"{name}.weight", Tensor(shape, gain)
    yield f"{name}.bias", Tensor((shape[0],), 0.0)
