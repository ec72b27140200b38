"""One declaration of a parameter: slider, validation, command line and tool schema read it.

A domain declares one frozen model. Each field is made by `knob`, which keeps range, step, unit,
label, help and whether a running world can take a new value without a reset.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import InvalidInput

P = TypeVar("P", bound="Params")
Kind = Literal["int", "float", "bool", "choice"]


@dataclass(frozen=True, slots=True)
class Knob:
    """What a control needs to know about one parameter.

    Attributes:
        name: Field name, as used in code, on the command line and in the store.
        kind: Decides the control: slider, toggle or choice.
        low: Smallest value; None for bool and choice.
        high: Largest value; None for bool and choice.
        step: Slider step; None for bool and choice.
        choices: Allowed values of a choice, in display order.
        unit: Unit as shown behind the value, or "".
        label: Short name as shown.
        help: One sentence: what it does and when to change it.
        group: Heading under which the page files it.
        live: Whether a running world takes the new value without a reset.
        default: Default value.
    """

    name: str
    kind: Kind
    low: float | None
    high: float | None
    step: float | None
    choices: tuple[str, ...]
    unit: str
    label: str
    help: str
    group: str
    live: bool
    default: Any


def knob(
    default: Any,
    label: str,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    unit: str = "",
    group: str = "General",
    live: bool = True,
) -> Any:
    """Declare one parameter inside a `Params` model.

    Args:
        default: Value when nothing is said; must lie in [low, high].
        label: Short name as shown beside the control.
        help: One sentence for the tooltip, the CLI and the tool schema.
        low: Smallest allowed value (numbers only).
        high: Largest allowed value (numbers only).
        step: Slider step (numbers only).
        unit: Unit shown behind the value.
        group: Heading under which the page files it.
        live: False when a change needs a reset.
    """
    extra: dict[str, Any] = {"step": step, "unit": unit, "group": group, "live": live}
    return Field(default=default, title=label, description=help, ge=low, le=high,
                 json_schema_extra=extra)


class Params(BaseModel):
    """Base of every domain's parameters: frozen, and unknown names are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Validate a mapping.

        Raises:
            InvalidInput: One clause a wrong value: the knob's label, the value and the limit.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise InvalidInput("; ".join(_explain(cls, e) for e in error.errors())) from error

    def with_changes(self, **changes: Any) -> Self:
        """Copy with some values changed, validated like `parse`."""
        return self.parse({**self.model_dump(), **changes})

    def changed_from(self, other: Self) -> tuple[str, ...]:
        """Names whose values differ from `other`, in order of declaration."""
        return tuple(n for n in type(self).model_fields if getattr(self, n) != getattr(other, n))

    def describe_changes(self, other: Self) -> str:
        """What differs from `other`, as in "Heat 180 → 200 °C"."""
        changed = self.changed_from(other)
        return ", ".join(
            f"{k.label} {_say(getattr(other, k.name))} → {_say(getattr(self, k.name))} {k.unit}"
            .rstrip() for k in knobs(type(self)) if k.name in changed)

    def needs_reset(self, other: Self) -> tuple[str, ...]:
        """Names that differ from `other` and that a running world cannot take."""
        fixed = {k.name for k in knobs(type(self)) if not k.live}
        return tuple(n for n in self.changed_from(other) if n in fixed)


def knobs(model: type[Params]) -> Iterator[Knob]:
    """Yield the knobs of a model in order of declaration."""
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if not isinstance(extra, dict) or "live" not in extra:
            continue
        low = high = None
        for rule in field.metadata:
            low = getattr(rule, "ge", low)
            high = getattr(rule, "le", high)
        annotation = field.annotation
        choices: tuple[str, ...] = ()
        if get_origin(annotation) is Literal:
            kind: Kind = "choice"
            choices = tuple(str(c) for c in get_args(annotation))
        elif annotation is bool:
            kind = "bool"
        else:
            kind = "int" if annotation is int else "float"
        step = extra["step"]
        yield Knob(
            name=name, kind=kind, low=low, high=high,
            step=float(step) if isinstance(step, int | float) else None, choices=choices,
            unit=str(extra["unit"]), label=field.title or name, help=field.description or "",
            group=str(extra["group"]), live=bool(extra["live"]), default=field.default,
        )


def add_arguments(parser: argparse.ArgumentParser, model: type[Params]) -> None:
    """Add one `--name` option per knob; an option left out keeps its default."""
    group = parser.add_argument_group("parameters")
    for k in knobs(model):
        flag = "--" + k.name.replace("_", "-")
        note = f"{k.help} (default {k.default}{' ' + k.unit if k.unit else ''})"
        note = note.replace("%", "%%")
        if k.kind == "bool":
            group.add_argument(flag, dest=k.name, action=argparse.BooleanOptionalAction, help=note)
        elif k.kind == "choice":
            group.add_argument(flag, dest=k.name, choices=k.choices, help=note)
        else:
            group.add_argument(flag, dest=k.name, type=int if k.kind == "int" else float,
                               metavar=f"{k.low:g}..{k.high:g}", help=note)


def from_arguments(model: type[P], arguments: argparse.Namespace) -> P:
    """Read back what `add_arguments` declared.

    Raises:
        InvalidInput: If a value is out of range.
    """
    names = {k.name for k in knobs(model)}
    return model.parse({n: v for n, v in vars(arguments).items() if n in names and v is not None})


def _say(value: object) -> str:
    """A value as a person writes it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:,g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return str(value)


def _explain(model: type[Params], error: Any) -> str:
    """One validation error as a sentence."""
    name = str(error["loc"][0]) if error["loc"] else "settings"
    known = {k.name: k for k in knobs(model)}
    k = known.get(name)
    if k is None:
        return f"{name}: no such setting; choose from {', '.join(known)}"
    if k.kind == "choice":
        allowed = "one of " + ", ".join(k.choices)
    elif k.kind == "bool":
        allowed = "on or off"
    else:
        unit = f" {k.unit}" if k.unit else ""
        allowed = f"between {k.low:g} and {k.high:g}{unit}"
    return f"{k.label} is {error.get('input')!r}; it must be {allowed}"
