"""Networks as files: safetensors for the weights, a JSON card beside them for people.

Nothing that is read is ever executed: pickles, which is what torch.save writes, are refused.

    var/go/nets/night.safetensors     weights, with the architecture in the header
    var/go/nets/night.json            the card: data, hours, machine, strength
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from engine.errors import InvalidInput, ModelUnavailable
from engine.go.architecture import Architecture
from engine.go.files import SHIPPED, data_folder
from engine.live.files import replace

Weights = Mapping[str, npt.NDArray[np.float32]]
Ranges = Mapping[str, tuple[float, float]]

_BYTE_LIMIT: Final = 256 * 1024 * 1024
_CARD_LIMIT: Final = 1024 * 1024
_PICKLES: Final = (b"\x80", b"PK\x03\x04", b"(", b"c")  # bare pickles, torch's zip archives
_SUFFIX: Final = ".safetensors"
_KIND: Final = "atrium-go-network"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One network.

    Attributes:
        architecture: Size.
        weights: float32 arrays by name, exactly those of `architecture.tensors()`.
        card: JSON-able facts for people: name, data, hours, machine, strength, commit.
        ranges: Lowest and highest value at each place of the tower, for 8-bit arithmetic, see
            `quantise.calibrate`; empty where that has not been measured.
    """

    architecture: Architecture
    weights: Weights
    card: Mapping[str, Any] = field(default_factory=dict)
    ranges: Ranges = field(default_factory=dict)


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write weights and card; a reader never sees half a file.

    Args:
        path: Ends in .safetensors; its folder is made.
        checkpoint: What to keep.
    """
    if path.suffix != _SUFFIX:
        raise InvalidInput(f"{path.name!r} is no name for a network; let it end in {_SUFFIX}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"kind": _KIND, "architecture": json.dumps(checkpoint.architecture.facts()),
              "ranges": json.dumps(checkpoint.ranges)}
    arrays = {n: np.ascontiguousarray(w, np.float32) for n, w in checkpoint.weights.items()}
    replace(path, save(arrays, metadata=header))
    card = json.dumps(dict(checkpoint.card), indent=2, ensure_ascii=False) + "\n"
    replace(path.with_suffix(".json"), card.encode())


def read(path: Path) -> Checkpoint:
    """Read a network.

    Raises:
        ModelUnavailable: If there is no such file.
        InvalidInput: If the file is a pickle, no network of this program, damaged, too large, or
            its arrays are not those of its architecture.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise ModelUnavailable(f"The network {path} cannot be read: {error.strerror}. Give the "
                               f"path of a {_SUFFIX} file or train one.") from error
    # safetensors begin with a length, which may look like anything, and then JSON
    if start[8:9] != b"{" and start.startswith(_PICKLES):
        raise InvalidInput(f"{path.name} is a pickle, as torch.save writes it, and could run any "
                           f"code when opened. Convert its arrays to {_SUFFIX} where you trust "
                           "it.")
    if size > _BYTE_LIMIT:
        raise InvalidInput(f"{path.name} has {size:,} bytes; a network may have {_BYTE_LIMIT:,}.")
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            architecture = _architecture(header, path)
            weights = _arrays(file, architecture, path)
    except SafetensorError as error:
        raise InvalidInput(f"{path.name} is no {_SUFFIX} file or is damaged: {error}. Copy it "
                           "anew.") from error
    return Checkpoint(architecture, weights, _card(path.with_suffix(".json")),
                      _ranges(header, architecture, path))


def networks() -> dict[str, Mapping[str, Any]]:
    """Cards of the networks known by name: those shipped, then those promoted by the user."""
    return {path.stem: _card(path.with_suffix(".json")) for path in _named()}


def find(name: str) -> Path:
    """File of a network given by its path or by its name in `networks`.

    Raises:
        ModelUnavailable: If there is none; the sentence lists the names there are.
    """
    path = Path(name).expanduser()
    if path.suffix == _SUFFIX:
        return path
    for known in _named():
        if known.stem == name:
            return known
    raise ModelUnavailable(f"There is no network {name!r}. Known by name: "
                           f"{', '.join(networks()) or 'none'}. The path of a {_SUFFIX} file "
                           "works too.")


def promote(path: Path, name: str) -> Path:
    """Give a network a name under which every page and command finds it.

    Args:
        path: A network's file; it is read in full, so a broken one is refused.
        name: Letters, digits, "-" and "_", up to 40; replaces the user's network of that name.

    Returns:
        Where it lies now, in the user's data folder.

    Raises:
        InvalidInput: If the name is no name or taken by a shipped network, or the file is no
            network.
        ModelUnavailable: If there is no such file.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name[:60]!r} is no name for a network; use up to 40 letters, "
                           "digits, - and _.")
    if (SHIPPED / f"{name}{_SUFFIX}").exists():
        raise InvalidInput(f"{name!r} is the name of a shipped network; choose another.")
    checkpoint = read(path)
    target = data_folder() / "nets" / f"{name}{_SUFFIX}"
    write(target, dataclasses.replace(checkpoint, card={**checkpoint.card, "name": name}))
    return target


def _named() -> list[Path]:
    return [p for folder in (SHIPPED, data_folder() / "nets")
            for p in sorted(folder.glob(f"[!.]*{_SUFFIX}"))]


def _architecture(header: Mapping[str, str], path: Path) -> Architecture:
    try:
        facts = json.loads(header.get("architecture", ""))
    except ValueError:
        facts = None
    if header.get("kind") != _KIND or not isinstance(facts, dict):
        raise InvalidInput(f"{path.name} holds arrays, but no Go network of this program: its "
                           "header names no architecture. Choose one that this program wrote.")
    return Architecture.from_facts(facts)


def _ranges(header: Mapping[str, str], architecture: Architecture, path: Path) -> Ranges:
    try:
        facts = json.loads(header.get("ranges", "{}"))
        ranges = {str(k): (float(low), float(high)) for k, (low, high) in facts.items()}
        good = all(-1e6 < low <= 0 <= high < 1e6 for low, high in ranges.values())
    except (ValueError, TypeError, AttributeError):
        good = False
    if not good or (ranges and set(ranges) != set(architecture.places())):
        raise InvalidInput(f"The ranges in the header of {path.name} do not fit its network; "
                           "write the network anew.")
    return ranges


def _arrays(file: Any, architecture: Architecture, path: Path) -> Weights:
    """All arrays, once names, shapes and kinds are those that the architecture needs."""
    wanted = architecture.tensors()
    names = set(file.keys())
    if odd := sorted(names ^ set(wanted)):
        state = "is missing from" if odd[0] in wanted else "is unknown in"
        raise InvalidInput(f"The array {odd[0]!r} {state} {path.name}, which calls itself a "
                           f"{architecture.blocks}x{architecture.channels} network; choose "
                           "another file.")
    weights = {}
    for name, tensor in wanted.items():
        part = file.get_slice(name)
        shape, kind = tuple(part.get_shape()), part.get_dtype()
        if shape != tensor.shape or kind != "F32":
            raise InvalidInput(f"The array {name!r} of {path.name} is {kind} {list(shape)}; a "
                               f"{architecture.blocks}x{architecture.channels} network needs F32 "
                               f"{list(tensor.shape)}. Choose another file.")
        values = file.get_tensor(name)
        if not np.isfinite(values).all():
            raise InvalidInput(f"The array {name!r} of {path.name} holds values that are not "
                               "finite; choose an earlier checkpoint.")
        weights[name] = values
    return weights


def _card(path: Path) -> Mapping[str, Any]:
    """The card, or an empty one: a network plays without."""
    try:
        if path.stat().st_size > _CARD_LIMIT:
            return {}
        facts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
