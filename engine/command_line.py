"""What the systems' command lines share: run the chosen command, print facts, tell bad input."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from engine.errors import EngineError


def execute(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Run the command that the arguments choose.

    A command is a function set by `set_defaults(command=…)`. It takes the parsed options and
    returns (facts, exit status); facts are printed as one JSON object, unless there are none.

    Returns:
        The command's exit status, or 2 for input that cannot be used.
    """
    options = parser.parse_args(arguments)
    try:
        facts, status = options.command(options)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if facts:
        print(json.dumps(facts))
    return int(status)
