"""Turning what callers hand over into what every database keeps."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.store.encoding import Series

NAME_LIMIT: Final = 200
KIND_LIMIT: Final = 64
_INT64: Final = 1 << 63


def points(name: str, step: npt.ArrayLike, value: npt.ArrayLike) -> Series:
    """A private copy of the points.

    Raises:
        InvalidInput: If the shapes differ, or a step is not finite or goes back.
    """
    steps = np.array(step, np.float64, ndmin=1)
    values = np.array(value, np.float64, ndmin=1)
    if steps.ndim != 1 or steps.shape != values.shape:
        raise InvalidInput(f"{name}: steps have shape {steps.shape} and values {values.shape}; "
                           "both must be one row of the same length.")
    if len(steps):
        # ordered and finite at both ends is finite throughout; NaN fails every comparison
        ordered = len(steps) == 1 or bool((steps[1:] >= steps[:-1]).all())
        if not (ordered and math.isfinite(steps[0]) and math.isfinite(steps[-1])):
            raise InvalidInput(f"{name}: steps must be finite and must not decrease.")
    return Series(steps, values)


def series_name(name: str) -> str:
    """A name that a column, a query and a link can carry.

    Raises:
        InvalidInput: If it is empty, too long, or has control characters or a comma.
    """
    if not 0 < len(name) <= NAME_LIMIT or not name.isprintable() or "," in name:
        raise InvalidInput(f"{name[:40]!r} cannot name a series: use 1 to {NAME_LIMIT} printable "
                           "characters without a comma.")
    return name


def short(what: str, word: str) -> str:
    """A domain or an event kind.

    Raises:
        InvalidInput: If it is empty, too long or not printable.
    """
    if not 0 < len(word) <= KIND_LIMIT or not word.isprintable():
        raise InvalidInput(f"{word[:40]!r} cannot be a {what}: use 1 to {KIND_LIMIT} printable "
                           "characters.")
    return word


def text(words: str) -> str:
    """Free text; what no database keeps (NUL, lone surrogates) becomes a replacement mark."""
    return words.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def seed(number: int) -> int:
    """A seed that fits 64 bits.

    Raises:
        InvalidInput: If it does not.
    """
    if not -_INT64 <= number < _INT64:
        raise InvalidInput(f"Seed {number} is outside the 64-bit range; choose a smaller one.")
    return int(number)


def json_able(what: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy in JSON's types; numpy numbers become plain, NaN and infinities null.

    Raises:
        InvalidInput: If something in it has no JSON form.
    """
    try:
        copy: dict[str, Any] = json.loads(json.dumps(_plain(data), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{what} cannot be kept as JSON: {error}. Use numbers, text, lists "
                           "and mappings.") from error
    return copy


def _plain(x: Any) -> Any:
    """One value of a JSON tree."""
    if isinstance(x, np.generic | np.ndarray):
        x = x.tolist()
    if isinstance(x, float) and not math.isfinite(x):
        return None
    if isinstance(x, str):
        return text(x)
    if isinstance(x, Mapping):
        return {text(str(k)): _plain(v) for k, v in x.items()}
    if isinstance(x, Sequence) and not isinstance(x, bytes | bytearray):
        return [_plain(v) for v in x]
    return x
