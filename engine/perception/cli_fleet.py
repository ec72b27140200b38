"""Commands of the fleet: shadow."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from engine.params import add_arguments, from_arguments
from engine.perception.cli_net import ASSETS, DEFAULT

PRODUCTION: Final = ASSETS / "hydranet-production.safetensors"


def register(commands: Any) -> None:
    """Add the commands to a parser's subparsers."""
    from engine.perception.shadow import ShadowParams

    shadow = commands.add_parser("shadow", help="drive a candidate beside production in a fleet")
    shadow.add_argument("--out", type=Path, required=True, help="folder of the run")
    shadow.add_argument("--production", type=Path, default=PRODUCTION, help="network that drives")
    shadow.add_argument("--candidate", type=Path, default=DEFAULT, help="network beside it")
    shadow.add_argument("--processes", type=int, default=1, help="vehicles at once (default 1)")
    add_arguments(shadow, ShadowParams)
    shadow.set_defaults(command=_shadow)


def _shadow(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.perception.shadow import ShadowParams, run

    return run(options.out, from_arguments(ShadowParams, options), options.production,
               options.candidate, options.processes), 0
