"""A store that has recorded something, and processes of their own."""

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np

from engine.store import open_store

ROOT = Path(__file__).parents[3]


def recorded(url, count=5000):
    """A closed store with one finished run of `count` points."""
    store = open_store(url)
    run = store.begin_run("test", {}, 0)
    store.append(run, "s", np.arange(float(count)), np.arange(float(count)))
    store.end_run(run, "finished")
    store.close()
    return run


def run_python(code, *arguments, **options):
    """A process of its own with this checkout on its path."""
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), *arguments], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE,
                            cwd=ROOT, **options)
