"""`python -m bench [PART …]`: print every table, or some of them."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import time

PARTS = {"planning": "bench.planning", "store": "bench.store",
         "player": "tests.browser.player_harness_measure", "live": "bench.live",
         "dispatch": "bench.dispatch", "go": "bench.go", "agent": "bench.agent",
         "perception": "bench.perception"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parts = parser.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    print(f"{time.strftime('%Y-%m-%d')} · {platform.machine()} · {os.cpu_count()} cores · "
          f"Python {platform.python_version()}")
    for part in parts:
        print(f"\n## {part}", flush=True)
        module = importlib.import_module(PARTS[part])
        module.main() if part == "player" else module.main([])


if __name__ == "__main__":
    main()
