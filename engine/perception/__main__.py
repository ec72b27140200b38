"""Command line of perception: render and cache, train, evaluate, detect, drive, run a fleet.

Every command prints one JSON object on standard output. Exit status: 0 fine, 1 a command that ran
and failed its own measure, 2 input that cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from engine.command_line import execute
from engine.perception import cli_fleet, cli_net, cli_world


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser("python -m engine.perception", description=__doc__)
    commands = parser.add_subparsers(required=True)
    cli_net.register(commands)
    cli_world.register(commands)
    cli_fleet.register(commands)
    return execute(parser, arguments)


if __name__ == "__main__":
    sys.exit(main())
