"""Command line of Go: speak GTP, teach, train, play itself, play matches, solve small boards.

Every command but `gtp` prints one JSON object on standard output. Exit status: 0 fine, 2 input
that cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from engine.command_line import execute
from engine.go import gtp_command, learning_commands, solve_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser("python -m engine.go", description=__doc__)
    commands = parser.add_subparsers(required=True)
    gtp_command.register(commands)
    learning_commands.register(commands)
    solve_command.register(commands)
    return execute(parser, arguments)


if __name__ == "__main__":
    sys.exit(main())
