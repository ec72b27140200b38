from __future__ import annotations

import pytest

import engine.dispatch as face
from engine.dispatch import movement_kernels, shortlist
from engine.dispatch import warm as warming


def test_every_kernel_of_the_street_is_compiled_once_and_for_one_signature() -> None:
    warming.warm()
    for kernel in (movement_kernels.advance, movement_kernels.downhill, movement_kernels.rest,
                   movement_kernels.ahead, movement_kernels.place, shortlist.shortlist):
        assert len(kernel.signatures) == 1, kernel.__name__


def test_the_public_face_loads_by_name() -> None:
    for name in face.__all__:
        assert getattr(face, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = face.nothing
