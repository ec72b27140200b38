"""Weights on disk: safetensors with a JSON card beside them, and nothing that can run code.

Shape letters are those of the network.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception.hydranet import SHAPES, HydraNet, Size

FORMAT: Final = "atrium-perception-1"
_PICKLE: Final = b"\x80"
_ZIP: Final = b"PK\x03\x04"


def write_tensors(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and JSON-able facts in one file, all or nothing."""
    kept = {n: t.detach().cpu().contiguous() for n, t in tensors.items()}
    data = save(kept, metadata={"facts": json.dumps(dict(facts))})
    part = path.with_name(path.name + ".part")
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write_tensors` wrote.

    Raises:
        ModelUnavailable: If the file is not there.
        InvalidInput: If it is of another format; a pickle is never opened.
    """
    if not path.is_file():
        raise ModelUnavailable(f"{path.name} is not there; train a network or choose another")
    with path.open("rb") as file:
        head = file.read(9)
    # a safetensors file has its header's length, eight bytes of any value, then its header
    if head[8:] != b"{" and head.startswith((_PICKLE, _ZIP)):
        raise InvalidInput(f"{path.name} is a pickled file, which could run code when opened; give "
                           "weights as .safetensors")
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {}).get("facts", "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118
    except (SafetensorError, ValueError, OSError) as error:
        raise InvalidInput(f"{path.name} is not a whole .safetensors file: {error}") from error


def save_network(path: Path, network: HydraNet, card: Mapping[str, Any]) -> dict[str, Any]:
    """Write a network and its card; returns the card as written.

    Args:
        path: `NAME.safetensors`; the card goes to `NAME.json`.
        network: Weights.
        card: What was measured, of what training; JSON-able.
    """
    write_tensors(path, network.state_dict(), {"format": FORMAT, "size": network.size})
    whole = {"format": FORMAT, "size": network.size,
             "parameters": sum(p.numel() for p in network.parameters()),
             "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **card}
    path.with_suffix(".json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n",
                                         "utf-8")
    return whole


def load_network(path: Path) -> HydraNet:
    """Read a network, ready to run.

    Raises:
        ModelUnavailable: If the file is not there.
        InvalidInput: If it is no network of this program, or of other shapes.
    """
    tensors, facts = read_tensors(path)
    size = facts.get("size")
    if facts.get("format") != FORMAT or size not in SHAPES:
        raise InvalidInput(f"{path.name} holds {facts.get('format', 'no known format')!r}, size "
                           f"{size!r}; a network of format {FORMAT} is needed")
    network = HydraNet(cast(Size, size))
    fill(network, tensors, path.name)
    return network.eval()


def fill(module: nn.Module, tensors: Mapping[str, Tensor], name: str) -> None:
    """Copy tensors into a module of the same shapes.

    Raises:
        InvalidInput: If a tensor is missing, too many, of another shape or not finite.
    """
    own = module.state_dict()
    for key in sorted(set(own) ^ set(tensors)):
        raise InvalidInput(f"{name}: tensor {key} is {'missing' if key in own else 'unknown'}; "
                           "the file is of another network")
    for key, tensor in tensors.items():
        if tensor.shape != own[key].shape:
            raise InvalidInput(f"{name}: {key} has shape {tuple(tensor.shape)}, not "
                               f"{tuple(own[key].shape)}; the file is of another network")
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise InvalidInput(f"{name}: {key} holds a number that is not finite; the file is "
                               "damaged or its training diverged")
    module.load_state_dict(dict(tensors))


def read_card(path: Path) -> dict[str, Any]:
    """The card beside weights; {} where there is none.

    Raises:
        InvalidInput: If the card is not JSON.
    """
    place = path.with_suffix(".json")
    if not place.is_file():
        return {}
    try:
        return dict(json.loads(place.read_text("utf-8")))
    except ValueError as error:
        raise InvalidInput(f"{place.name} is no card: {error}") from error
