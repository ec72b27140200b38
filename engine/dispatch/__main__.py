"""Command line of the dispatch laboratory: run a city, compare policies, try experiments.

Every command prints one JSON object on standard output. Exit status: 0 fine, 2 input that cannot
be used.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.command_line import execute
from engine.dispatch.params import DispatchParams
from engine.errors import InvalidInput
from engine.params import add_arguments, from_arguments


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    return execute(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m engine.dispatch", description=__doc__)
    commands = parser.add_subparsers(required=True)

    run = commands.add_parser("run", help="run a city without a browser")
    _common(run)
    run.add_argument("--hours", type=float, help="simulated hours (default 1; with --requests "
                     "until half an hour after the last one)")
    run.add_argument("--scenario", help="knobs and events to start from; see SCENARIOS")
    run.add_argument("--events", type=Path, help="where to write the event log (CSV)")
    run.add_argument("--bound", action="store_true", help="also the smallest fleet that could "
                     "have driven these rides, all known beforehand")
    run.set_defaults(command=_run)

    compare = commands.add_parser(
        "compare", help="two policies on the same riders, seed by seed")
    _common(compare)
    compare.add_argument("--hours", type=float, default=1.0, help="simulated hours (default 1)")
    compare.add_argument("--against", default="nearest", help="policy to compare with "
                         "(default nearest)")
    compare.add_argument("--seeds", type=int, default=5, help="number of seeds (default 5)")
    _control(compare)
    compare.set_defaults(command=_compare)

    design = commands.add_parser(
        "experiment", help="switchback and naive split beside the truth")
    _common(design)
    design.add_argument("--hours", type=float, default=4.0, help="simulated hours (default 4)")
    design.add_argument("--against", default="nearest", help="policy to compare with "
                        "(default nearest)")
    design.add_argument("--block-min", type=float, default=30.0,
                        help="length of a switchback block (default 30)")
    _control(design)
    design.set_defaults(command=_experiment)
    return parser


def _control(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--control", default=[], action="append", metavar="KNOB=VALUE",
                        help="what the other side has, as repositioning=none, in place of "
                        "--against; may be repeated")


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--city", default="default", help="default, or a city file (.npz)")
    parser.add_argument("--network", type=Path, help="folder with nodes.csv and edges.csv, or a "
                        "GraphML or OSM file, in place of --city")
    parser.add_argument("--requests", type=Path, help="trips to replay (CSV or Parquet, FleetPy "
                        "or New York TLC columns)")
    parser.add_argument("--vehicles", type=int, help="the same as --drivers, all out all day")
    parser.add_argument("--seed", type=int, default=1, help="seed of the world (default 1)")
    add_arguments(parser, DispatchParams)


def _run(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.dispatch.eventlog import EventLog
    from engine.dispatch.headless import run
    from engine.dispatch.scenarios import SCENARIOS

    params, city, trips = _world(options)
    script: Any = ()
    if options.scenario is not None:
        if options.scenario not in SCENARIOS:
            raise InvalidInput(f"there is no scenario {options.scenario!r}; choose from "
                               f"{', '.join(SCENARIOS)}")
        chosen = SCENARIOS[options.scenario]
        script = chosen.script
        given = params.changed_from(DispatchParams())
        params = chosen.params.with_changes(**{n: getattr(params, n) for n in given})
    hours = options.hours
    if hours is None:
        hours = 1.0 if trips is None else _until_last(trips.time_s[-1], params)
    if options.events is None:
        facts = run(params, options.seed, hours, city=city, trips=trips, script=script,
                    bound=options.bound)
    else:
        try:
            with options.events.open("w", encoding="utf-8", newline="") as out:
                facts = run(params, options.seed, hours, city=city, trips=trips, script=script,
                            events=EventLog(out), bound=options.bound)
        except OSError as error:
            raise InvalidInput(f"{options.events}: {error.strerror}; name a file that can be "
                               "written") from error
    notes = [*(city.notes if city else ()), *(trips.notes if trips else ())]
    return facts | {"notes": notes}, 0


def _compare(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.dispatch.experiments import paired

    params, city, trips = _world(options)
    other = _other(params, options)
    seeds = range(options.seed, options.seed + options.seeds)
    found = paired(other, params, seeds, options.hours, city=city, trips=trips)
    return found.facts(), 0


def _experiment(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.dispatch.experiments import designs

    params, city, trips = _world(options)
    other = _other(params, options)
    found = designs(other, params, options.seed, options.hours, options.block_min * 60.0,
                    city=city, trips=trips)
    return found, 0


def _other(params: DispatchParams, options: argparse.Namespace) -> DispatchParams:
    """The side that is compared with: another policy, or the knobs of --control."""
    if not options.control:
        return params.with_changes(policy=options.against)
    changes = {}
    for given in options.control:
        name, found, value = given.partition("=")
        if not found:
            raise InvalidInput(f"--control {given!r} has no value; write KNOB=VALUE, as "
                               "repositioning=none")
        changes[name] = value
    return params.with_changes(**changes)


def _world(options: argparse.Namespace) -> tuple[DispatchParams, Any, Any]:
    """Params, city (None for the shipped one) and trips (None for generated ones)."""
    from engine.dispatch.city import load_city
    from engine.dispatch.trips import trips_from_file

    params = from_arguments(DispatchParams, options)
    if options.vehicles is not None:
        # a fleet of robots: nobody's shift ends
        params = params.with_changes(drivers=options.vehicles, shift_h=24.0)
    city = None
    if options.network is not None:
        city = _network(options.network)
    elif options.city != "default":
        city = load_city(Path(options.city))
    if options.requests is None:
        return params, city, None
    from engine.dispatch.city import default_city

    trips = trips_from_file(options.requests, city or default_city())
    if options.start_h is None:
        params = params.with_changes(start_h=_first_half_hour(trips.time_s[0]))
    return params, city, trips


def _network(path: Path) -> Any:
    from engine.dispatch.imports import city_from_upload

    if not path.exists():
        raise InvalidInput(f"{path}: No such file or directory; name a folder with nodes.csv and "
                           "edges.csv, or a GraphML or OSM file")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    try:
        return city_from_upload({f.name: f.read_bytes() for f in files if f.is_file()})
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}; name a folder with nodes.csv and edges.csv, "
                           "or a GraphML or OSM file") from error


def _first_half_hour(first_s: float) -> float:
    return min(23.5, float(first_s // 1800.0) / 2.0)


def _until_last(last_s: float, params: DispatchParams) -> float:
    return max(0.5, float(last_s) / 3600.0 - params.start_h + 0.5)


if __name__ == "__main__":
    sys.exit(main())
