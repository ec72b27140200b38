"""Find a Chromium for the tests: the system's, else Playwright's own, else Debian's package.

Prints what it found; exits with a sentence when there is none. `find_chromium` is what the tests
call.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> str | None:
    """Path of a Chromium that is installed, or None. `ATRIUM_CHROMIUM` wins."""
    named = os.environ.get("ATRIUM_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        if found := shutil.which(name):
            return found
    if MAC.exists():
        return str(MAC)
    return _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        path = p.chromium.executable_path
    return path if Path(path).exists() else None


def _try(*command: str) -> bool:
    print("·", *command, flush=True)
    try:
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def main() -> int:
    """Install one where needed; returns the exit status."""
    if not find_chromium():
        _try(sys.executable, "-m", "playwright", "install", "chromium")
    if not find_chromium() and shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        if _try(*root, "apt-get", "update", "-qq"):
            _try(*root, "apt-get", "install", "-y", "-qq", "chromium")
    found = find_chromium()
    if not found:
        print("No Chromium was found and none could be installed. Install Chromium or Chrome, or "
              "set ATRIUM_CHROMIUM to its path, then run make test again.", file=sys.stderr)
        return 1
    print("· browser:", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
