"""Command line of the warehouse: solve an instance, validate a plan, run the floor.

Every command prints one JSON object on standard output. Exit status: 0 fine, 1 a plan with
conflicts or faults, 2 input that cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.command_line import execute
from engine.errors import InvalidInput
from engine.params import add_arguments, from_arguments
from engine.warehouse.instances import Instance, as_hand_out, read_instance, read_problem


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    return execute(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    from engine.warehouse.params import WarehouseParams

    parser = argparse.ArgumentParser("python -m engine.warehouse", description=__doc__)
    commands = parser.add_subparsers(required=True)

    solve = commands.add_parser("solve", help="plan a benchmark instance")
    solve.add_argument("--problem", type=Path, help="League of Robot Runners JSON, in place of "
                       "--map, --agents and --tasks")
    solve.add_argument("--map", type=Path, help="octile .map file")
    solve.add_argument("--agents", type=Path, help=".agents file or CSV agent id,row,col")
    solve.add_argument("--tasks", type=Path, help=".tasks file or CSV with the head targets")
    solve.add_argument("--hand-out", help="roundrobin or queue (default: the format's own)")
    solve.add_argument("--steps", type=int, required=True, help="steps to plan")
    solve.add_argument("--seed", type=int, default=1, help="seed of the tie-breaks (default 1)")
    solve.add_argument("--against", type=int,
                       help="cost of a move against its lane, 2 to 255; with it costs 2, so 2 is "
                       "for no lanes (default: by the density of robots)")
    solve.add_argument("--congestion", type=float, default=4.0,
                       help="weight of live congestion in the costs (default 4, 0 for none)")
    solve.add_argument("--max-bytes", type=int, help="bound of the distance tables")
    solve.add_argument("--out", type=Path, help="where to write the plan")
    solve.set_defaults(command=_solve)

    validate = commands.add_parser("validate", help="check a plan without the planner's code")
    validate.add_argument("plan", type=Path, help="plan file")
    validate.add_argument("--map", type=Path, required=True, help="octile .map file")
    validate.add_argument("--following", action="store_true",
                          help="refuse entering a cell in the step in which another leaves it")
    validate.set_defaults(command=_validate)

    run = commands.add_parser("run", help="run the generated floor without a browser")
    run.add_argument("--minutes", type=float, default=10.0, help="simulated minutes (default 10)")
    run.add_argument("--seed", type=int, default=1, help="seed of the world (default 1)")
    add_arguments(run, WarehouseParams)
    run.set_defaults(command=_run)
    return parser


def _solve(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.warehouse.octile import format_map
    from engine.warehouse.plans import plan_facts, write_plan
    from engine.warehouse.solve import Guidance, solve
    from engine.warehouse.validate import validate

    if options.seed < 0:
        raise InvalidInput(f"seed is {options.seed}; it must be 0 or more")
    instance = _instance(options)
    guidance = Guidance(against=options.against, congestion=options.congestion)
    plan, measured = solve(instance, options.steps, options.seed, guidance=guidance,
                           max_bytes=options.max_bytes)
    if options.out is not None:
        write_plan(plan, options.out)
    verdict = validate(plan_facts(plan), format_map(instance.grid))
    facts = {"seed": options.seed, **measured.summary(), "conflicts": verdict.conflicts,
             "faults": verdict.faults}
    return facts, 0 if verdict.valid else 1


def _instance(options: argparse.Namespace) -> Instance:
    hand_out = None if options.hand_out is None else as_hand_out(options.hand_out)
    files = (options.map, options.agents, options.tasks)
    if options.problem is not None:
        if any(f is not None for f in files):
            raise InvalidInput("--problem names map, agents and tasks itself; leave those out")
        return read_problem(options.problem, hand_out=hand_out)
    if any(f is None for f in files):
        raise InvalidInput("give --map, --agents and --tasks, or --problem alone")
    return read_instance(*files, hand_out=hand_out)


def _validate(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.warehouse.validate import validate_files

    verdict = validate_files(options.plan, options.map, following=options.following)
    return verdict.facts(), 0 if verdict.valid else 1


def _run(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.warehouse.headless import run
    from engine.warehouse.params import WarehouseParams

    return run(from_arguments(WarehouseParams, options), options.seed, options.minutes), 0


if __name__ == "__main__":
    sys.exit(main())
