"""Start the app, say where it is, and open it where there is a screen."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE_S = 60


def has_screen() -> bool:
    """Whether a browser window can be expected to appear."""
    if os.environ.get("CI") or os.environ.get("SSH_CONNECTION"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def free(port: int) -> bool:
    """Whether the port can be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError:
            return False
    return True


def healthy(port: int) -> bool:
    """Whether the server answers."""
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1) as got:
            return bool(got.status == 200)
    except OSError:
        return False


def main() -> int:
    """Run the server until it ends; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8501)
    port = parser.parse_args().port
    if not free(port):
        print(f"Port {port} is taken, perhaps by another Atrium. "
              f"Stop it, or choose another: make run PORT={port + 1}", file=sys.stderr)
        return 1
    started = time.monotonic()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        while server.poll() is None and time.monotonic() - started < PATIENCE_S:
            if healthy(port):
                print(f"· Atrium is on http://localhost:{port} "
                      f"({time.monotonic() - started:.1f} s; Ctrl+C stops it)", flush=True)
                if has_screen():
                    webbrowser.open(f"http://localhost:{port}")
                break
            time.sleep(0.1)
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        return server.wait()


if __name__ == "__main__":
    sys.exit(main())
