"""What the tests of Go share."""

import shutil

import pytest


@pytest.fixture(scope="session")
def gnugo():
    """Command line of GNU Go, which these tests need: it fails, and does not skip, without."""
    path = shutil.which("gnugo") or shutil.which("gnugo", path="/usr/games")
    assert path, "GNU Go is missing; run apt install gnugo"
    return f"{path} --mode gtp --chinese-rules --positional-superko"
