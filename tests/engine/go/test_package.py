import subprocess
import sys
from pathlib import Path

import pytest

import engine.go

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", engine.go.__all__)
def test_every_public_name_loads(name):
    assert getattr(engine.go, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = engine.go.nothing_here


def test_importing_the_package_loads_nothing_heavy():
    said = subprocess.run(
        [sys.executable, "-c", "import sys, engine.go; print('numba' in sys.modules, "
         "'torch' in sys.modules, 'numpy' in sys.modules)"],
        capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert said.split() == ["False", "False", "False"]
