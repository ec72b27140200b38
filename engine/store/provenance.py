"""Where a run comes from: the commit of the code and the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[2]
_PACKAGES: Final = ("numpy", "numba", "scipy", "sqlalchemy", "polars", "streamlit")


def commit() -> str:
    """Git commit of this checkout, "-dirty" behind it when files differ.

    The environment variable ATRIUM_COMMIT wins (an image has no .git); "unknown" without both.
    """
    return os.environ.get("ATRIUM_COMMIT", "").strip()[:64] or _checkout()


@lru_cache(maxsize=1)
def _checkout() -> str:
    """Asked once: the code in memory does not change with the files."""
    if not (_ROOT / ".git").exists():
        return "unknown"  # not git's search upwards: a parent's repository is not ours
    command = ("git", "-C", str(_ROOT), "describe", "--always", "--abbrev=40", "--dirty",
               "--exclude=*")
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return answer.stdout.strip()[:64] or "unknown"


@lru_cache(maxsize=1)
def _machine() -> tuple[tuple[str, str], ...]:
    facts = {
        "python": platform.python_version(),
        "os": platform.platform(),
        "cpu": _cpu(),
        "cores": str(os.cpu_count() or 0),
    }
    for package in _PACKAGES:
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            facts[package] = "absent"
    return tuple(facts.items())


def environment() -> dict[str, str]:
    """Versions of Python and the packages that shape results, system and CPU."""
    return dict(_machine())


def _cpu() -> str:
    """Model of the CPU as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "unknown"
