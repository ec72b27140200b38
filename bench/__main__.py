"""`python -m bench [planning] [store] [player] [live]`: print the tables, all of them by default."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import time

PARTS = {"planning": "bench.planning", "store": "bench.store",
         "player": "tests.browser.player_harness_measure", "live": "bench.live"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parts = parser.parse_args().parts or PARTS
    print(f"{time.strftime('%Y-%m-%d')} · {platform.machine()} · {os.cpu_count()} cores · "
          f"Python {platform.python_version()}")
    for part in parts:
        print(f"\n## {part}", flush=True)
        module = importlib.import_module(PARTS[part])
        module.main() if part == "player" else module.main([])


if __name__ == "__main__":
    main()
