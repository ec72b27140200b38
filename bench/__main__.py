"""`python -m bench [planning] [store] [live]`: print the tables, all of them by default."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import time

PARTS = ("planning", "store", "live")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parts = parser.parse_args().parts or PARTS
    print(f"{time.strftime('%Y-%m-%d')} · {platform.machine()} · {os.cpu_count()} cores · "
          f"Python {platform.python_version()}")
    for part in parts:
        print(f"\n## {part}", flush=True)
        importlib.import_module(f"bench.{part}").main([])


if __name__ == "__main__":
    main()
