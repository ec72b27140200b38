"""Networks that a drive can be given by name: shipped ones, and what training runs found best.

Imported without torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception.files import data_folder

SHIPPED: Final = Path(__file__).resolve().parents[2] / "assets" / "perception"
FORECAST: Final = SHIPPED / "forecast.onnx"
DEFAULT: Final = "hydranet-s"
_PREFIX: Final = "hydranet-"
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""Of a training run."""


def runs_folder() -> Path:
    """Where training runs lie."""
    return data_folder() / "runs"


def networks() -> dict[str, Path]:
    """Weights by name, the default first, then the shipped ones, then training runs' best."""
    found = {p.stem: p for p in sorted(SHIPPED.glob(f"{_PREFIX}*.safetensors"))}
    for path in sorted(runs_folder().glob("*/best.safetensors")):
        if NAME.fullmatch(path.parent.name) and path.with_suffix(".onnx").is_file():
            found[f"run {path.parent.name}"] = path
    first = {DEFAULT: found[DEFAULT]} if DEFAULT in found else {}
    return first | found


def find(name: str) -> Path:
    """Weights of a name.

    Raises:
        InvalidInput: If there is no network of that name.
        ModelUnavailable: If there is none at all.
    """
    known = networks()
    if not known:
        raise ModelUnavailable(f"there is no network in {SHIPPED.name}/; train one with "
                               "`python -m engine.perception train`")
    if name not in known:
        raise InvalidInput(f"there is no network {name[:60]!r}; choose from {', '.join(known)}")
    return known[name]


def card(path: Path) -> Mapping[str, Any]:
    """The card beside weights; {} where there is none or it cannot be read."""
    try:
        read = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def describe(name: str) -> str:
    """One sentence about a network: size, steps, and what was measured of it."""
    try:
        facts = card(find(name))
    except (InvalidInput, ModelUnavailable) as error:
        return str(error)
    said = [f"{facts['parameters'] / 1e6:.2f} M weights"] if "parameters" in facts else []
    trained = facts.get("trained", {})
    if "steps" in trained:
        said.append(f"{trained['steps']:,} steps")
    for key, split in (("held_out", "unseen towns"), ("validation", "known towns")):
        measured = facts.get(key, {})
        if measured.get("ap50") is not None:
            said.append(f"AP50 {measured['ap50']:.3f}, AbsRel {measured['abs_rel']:.3f} in {split}")
            break
    return "; ".join(said) or "no card lies beside its weights"
