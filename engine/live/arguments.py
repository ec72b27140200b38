"""Arguments of a command as it arrives: numbers in their range, or a sentence about them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.errors import InvalidInput


def whole(arguments: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    """A whole number; 3.0 is one.

    Raises:
        InvalidInput: If it is none, or out of range.
    """
    value = arguments.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput(f"{name} is {value!r}; it must be a whole number from {low} to {high}")
    return value


def real(arguments: Mapping[str, Any], name: str, default: float, low: float,
         high: float) -> float:
    """A finite number.

    Raises:
        InvalidInput: If it is none, or out of range.
    """
    value = arguments.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) \
            or not low <= value <= high:
        raise InvalidInput(f"{name} is {value!r}; it must be a number from {low:g} to {high:g}")
    return float(value)
