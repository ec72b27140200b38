"""Values, units and settings as answers write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.agent.house.domains import Domain
from engine.params import Knob, knobs


def ranges(of: Domain) -> dict[str, Knob]:
    """Knobs of a system by name, in order of declaration."""
    return {k.name: k for k in knobs(of.params)}


def figure_text(f: Mapping[str, Any]) -> str:
    """A figure with its value."""
    return f"{f['label']} {number_text(f['value'])}{unit_text(f['unit'])}"


def setting_text(of: Domain, name: str, value: Any) -> str:
    """A setting with a value."""
    k = ranges(of).get(name)
    if k is None:
        return f"{name} {value}"
    return f"{k.label} {plain_text(value)}{unit_text(k.unit)}"


def value_text(row: Mapping[str, Any]) -> str:
    """The value of a row of settings."""
    return f"{plain_text(row['value'])}{unit_text(row['unit'])}"


def range_text(row: Mapping[str, Any]) -> str:
    """What it may be, in brackets."""
    span = span_text(row)
    return f" ({span})" if span else ""


def span_text(row: Mapping[str, Any]) -> str:
    """What it may be."""
    if row.get("choices"):
        return " · ".join(row["choices"])
    if row.get("low") is None:
        return ""
    return f"{number_text(row['low'])} to {number_text(row['high'])}"


def interval_text(row: Mapping[str, Any]) -> str:
    """A difference with its interval."""
    change = row["b"] - row["a"]
    if row["low"] is None:
        return f"{change:+.4g}"
    return f"{change:+.4g} ({row['low']:+.4g} to {row['high']:+.4g})"


def source_text(hit: Mapping[str, Any]) -> str:
    """Where a passage stands."""
    return f"*{hit['source']}*" + (f", {hit['heading']}" if hit.get("heading") else "")


def cell_text(row: Any) -> str:
    """A row of the inspector's."""
    if isinstance(row, Mapping):
        return ": ".join(str(v) for v in row.values() if v not in (None, ""))
    if isinstance(row, list | tuple):
        return ": ".join(str(v) for v in row if v not in (None, ""))
    return str(row)


def plain_text(value: Any) -> str:
    """A value as people say it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return number_text(value) if isinstance(value, int | float) else str(value)


def number_text(value: Any) -> str:
    """A figure as people read it: up to four digits, thousands apart."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def unit_text(unit: str) -> str:
    """A unit behind a value."""
    return f" {unit}" if unit else ""
