"""The process of an experiment: reads its plan, says how far it is, hands over what it found.

    python -m engine.dispatch.trial_worker FOLDER

Standard output has one JSON object a line, see `trials`. It ends with whoever holds its standard
input.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from engine.dispatch.trials import carry_out, read_plan
from engine.errors import EngineError

_TELL_S: Final = 0.2
_NICENESS: Final = 5


def main(folder: str) -> None:
    """Run the plan in a folder, which may go as soon as the first line has been said."""
    threading.Thread(target=_follow, daemon=True).start()
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    plan = read_plan(Path(folder))
    _say(steps=0)
    told, steps = time.monotonic(), 0

    def watch(many: int) -> None:
        nonlocal told, steps
        steps += many
        if time.monotonic() - told >= _TELL_S:
            told = time.monotonic()
            _say(steps=steps)

    try:
        result = carry_out(plan, watch)
    except EngineError as error:
        _say(problem=str(error))
    else:
        _say(result=result)


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _follow() -> None:
    """Nobody outlives who asked."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
