"""Compile the kernels and read the libraries once, so that the first page opens quickly."""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def main() -> None:
    """Run every engine for a moment; numba keeps what it compiles beside the sources."""
    started = time.monotonic()
    print("· warming caches", end="", flush=True)
    import streamlit  # noqa: F401 - byte-compiles it

    for engine in ("warehouse", "dispatch", "go", "perception", "agent"):
        importlib.import_module(f"engine.{engine}.warm").warm()
    print(f": {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
