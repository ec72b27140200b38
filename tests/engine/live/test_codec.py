import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.live.codec import (
    DELTA,
    KEY,
    LOOK_BACK,
    MOVES,
    Decoder,
    Encoder,
    decode_layer,
    encode_layer,
    look_back,
)
from engine.live.simulation import Frame

STEP = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]], np.int16)


def walk(rng, start, frames, jump=False):
    """Frames of agents that walk (or jump) from a start, and their states."""
    n = len(start)
    moves = (rng.integers(-300, 300, (frames, n, 2)) if jump
             else STEP[rng.integers(0, 5, (frames, n))])
    xy = (start + np.cumsum(moves, axis=0)).astype(np.int16)
    return xy, rng.integers(0, 16, (frames, n)).astype(np.uint8)


@given(st.integers(0, 12), st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=6),
       st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_what_is_decoded_is_what_was_encoded(agents, chunks, seed):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 400, (agents, 2)).astype(np.int16)
    encoder = Encoder(Frame(start, np.zeros(agents, np.uint8)), 7)
    early, late = Decoder(), Decoder()
    early.frames(encoder.key())
    step, at = 7, start
    for count, jump in chunks:
        xy, state = walk(rng, at, count, jump)
        late.frames(encoder.key())  # joins here: must see what the early one sees
        message = encoder.chunk(xy, state)
        for decoder in (early, late):
            got = decoder.frames(message)
            assert [s for s, _ in got] == list(range(step + 1, step + 1 + count))
            for i, (_, frame) in enumerate(got):
                np.testing.assert_array_equal(frame.xy, xy[i])
                np.testing.assert_array_equal(frame.state, state[i])
        step, at = step + count, xy[-1]


def test_unit_steps_use_moves_and_jumps_use_delta():
    rng = np.random.default_rng(1)
    start = np.zeros((5, 2), np.int16)
    encoder = Encoder(Frame(start, np.zeros(5, np.uint8)), 0)
    assert encoder.key()[0] == KEY
    xy, state = walk(rng, start, 2)
    assert encoder.chunk(xy, state)[0] == MOVES
    far, state = walk(rng, xy[-1], 2, jump=True)
    assert encoder.chunk(far, state)[0] == DELTA
    diagonal = far[-1:] + np.int16(1)
    assert encoder.chunk(diagonal, state[:1])[0] == DELTA


def test_stride_counts_steps_not_frames():
    start = np.zeros((3, 2), np.int16)
    encoder = Encoder(Frame(start, np.zeros(3, np.uint8)), 10)
    decoder = Decoder()
    decoder.frames(encoder.key())
    xy = np.stack([start + 4, start + 8])
    got = decoder.frames(encoder.chunk(xy, np.zeros((2, 3), np.uint8), stride=4))
    assert [s for s, _ in got] == [14, 18]
    assert encoder.step == 18


def test_epoch_travels_and_wraps_at_16_bits():
    encoder = Encoder(Frame(np.zeros((1, 2), np.int16), np.zeros(1, np.uint8)), 0, epoch=65537)
    decoder = Decoder()
    decoder.frames(encoder.key())
    assert decoder.epoch == 1


def test_look_back_marks_and_still_decodes():
    encoder = Encoder(Frame(np.ones((4, 2), np.int16), np.arange(4, dtype=np.uint8)), 3)
    marked = look_back(encoder.key())
    assert marked[0] & LOOK_BACK
    (step, frame), = Decoder().frames(marked)
    assert step == 3
    np.testing.assert_array_equal(frame.state, [0, 1, 2, 3])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_layers_keep_their_type(dtype):
    values = np.arange(6).reshape(2, 3).astype(dtype)
    name, step, got = decode_layer(encode_layer("heat", values, 12))
    assert (name, step, got.dtype) == ("heat", 12, np.dtype(dtype))
    np.testing.assert_array_equal(got, values.ravel())


def test_a_foreign_version_is_refused():
    message = bytearray(Encoder(Frame(np.zeros((1, 2), np.int16), np.zeros(1, np.uint8)), 0).key())
    message[1] = 9
    with pytest.raises(ValueError, match="wire version 9"):
        Decoder().frames(bytes(message))


def test_five_thousand_straight_walkers_fit_the_byte_budget():
    """45 kB/s at ten steps a second; walkers that go straight or stand cost far less."""
    rng = np.random.default_rng(3)
    n, move = 5000, rng.integers(0, 5, 5000)
    xy = rng.integers(0, 300, (n, 2)).astype(np.int16)
    encoder = Encoder(Frame(xy, np.zeros(n, np.uint8)), 0)
    size = 0
    for _ in range(5):
        frames = []
        for _ in range(2):
            turn = rng.random(n) < 0.1
            move = np.where(turn, rng.integers(0, 5, n), move)
            xy = xy + STEP[move]
            frames.append(xy)
        size += len(encoder.chunk(np.stack(frames), np.zeros((2, n), np.uint8)))
    assert size < 45_000
