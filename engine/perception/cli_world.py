"""Commands of the world: `drive`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.errors import InvalidInput
from engine.perception.cli_net import DEFAULT, FORECAST


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of the world to the command line."""
    from engine.perception.drive import ROUTE_M
    from engine.perception.scenarios import SCENARIOS
    from engine.perception.styles import STYLES

    drive = commands.add_parser("drive", help="drive scenarios in a closed loop")
    drive.add_argument("--scenario", choices=[*SCENARIOS, "all"], default="all",
                       help="what to drive (default all)")
    drive.add_argument("--seeds", type=int, default=5, help="drives a scenario (default 5)")
    drive.add_argument("--first-seed", type=int, default=9000, help="first seed (default 9000)")
    drive.add_argument("--route-m", type=float, default=ROUTE_M,
                       help=f"length of a drive (default {ROUTE_M:g} m)")
    drive.add_argument("--style", default=STYLES["held-out"][0], help="look of the town "
                       f"(default {STYLES['held-out'][0]}, which is never trained on)")
    drive.add_argument("--privileged", action="store_true",
                       help="plan on the truth in place of the network")
    drive.add_argument("--weights", type=Path, default=DEFAULT, help="network to drive by")
    drive.add_argument("--forecast", type=Path, default=FORECAST.with_suffix(".onnx"),
                       help="forecast to drive by")
    drive.add_argument("--each", action="store_true", help="print every drive as well")
    drive.set_defaults(command=_drive)


def _drive(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.perception.drive import Perceive, drive_once, summary
    from engine.perception.scenarios import SCENARIOS
    from engine.perception.scene import from_world

    if options.seeds < 1:
        raise InvalidInput(f"seeds is {options.seeds}; ask for one drive or more")
    perceive: Perceive = from_world
    if not options.privileged:
        from engine.perception.perceive import open_eyes

        perceive = open_eyes(options.weights, options.forecast)
    names = list(SCENARIOS) if options.scenario == "all" else [options.scenario]
    drives = [drive_once(name, options.first_seed + k, style=options.style, perceive=perceive,
                         route_m=options.route_m)
              for name in names for k in range(options.seeds)]
    facts: dict[str, Any] = {"privileged": bool(options.privileged), "style": options.style,
                             **summary(drives)}
    if len(names) > 1:
        facts["by_scenario"] = {n: summary([d for d in drives if d["scenario"] == n])
                                for n in names}
    if options.each:
        facts["each"] = drives
    return facts, 0
