"""Frames as compact binary messages, for one WebSocket a viewer.

All numbers little-endian. Every binary message starts with `type u8, version u8, epoch u16,
step u32, agents u32`; the body is zlib-deflated.

=====  ==========================================================================================
type   body after the 12-byte head
=====  ==========================================================================================
1 KEY    int16 x[A], int16 y[A], uint8 state[A], uint8 move[A]; the whole picture at `step`
2 MOVES  `frames u16, stride u16`, then deflated: per frame ceil(A/2) bytes of 4-bit codes (agent
         2i in the low nibble), then per frame uint8 state[A] XOR the previous frame's state.
         code = (move - previous move) mod 5, move in 0 stay, 1 east, 2 south, 3 west, 4 north
3 DELTA  `frames u16, stride u16`, then deflated: per frame int16 x[A] and int16 y[A] as
         (delta - the delta of the frame before, 0 for a chunk's first), then the states as in
         MOVES; sets the previous move to 0
4 LAYER  `dtype u8 (0 uint8, 1 int16, 2 float32), name length u8, 0 u16`, the name in ASCII, then
         deflated values; `agents` holds their count
5 SNAP  `JSON length u32, then the length u32 of each blob`, deflated JSON, the blobs as they are;
       `agents` holds the number of blobs. Each stands alone
=====  ==========================================================================================

In MOVES and DELTA `step` is the first decoded frame; its base is the frame at `step - stride`.
Bit 4 of `type` (0x10) marks a message that answers a look back into the kept window.

Straight runs and standing agents become zeros, which deflate to nearly nothing: that is where
the byte budget comes from.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.live.simulation import Array, Frame, Snapshot

VERSION: Final = 1
KEY: Final = 1
MOVES: Final = 2
DELTA: Final = 3
LAYER: Final = 4
SNAPSHOT: Final = 5
LOOK_BACK: Final = 0x10

_HEAD: Final = struct.Struct("<BBHII")
_CHUNK: Final = struct.Struct("<HH")
_LAYER: Final = struct.Struct("<BBH")
_DTYPES: Final = ("u1", "<i2", "<f4")
_LEVEL: Final = 1
# _MOVE_OF[dx + 1, dy + 1]; 255 marks a jump that MOVES cannot say
_MOVE_OF: Final = np.full((3, 3), 255, np.uint8)
for _move, (_dx, _dy) in enumerate(((0, 0), (1, 0), (0, 1), (-1, 0), (0, -1))):
    _MOVE_OF[_dx + 1, _dy + 1] = _move

Int16 = npt.NDArray[np.int16]
UInt8 = npt.NDArray[np.uint8]


class Encoder:
    """Turns a stream of frames into chunks; keeps the last frame and the prediction.

    The prediction is the move of the previous frame, for a KEY as for the chunks after it, so a
    viewer that joins at a KEY decodes what everybody decodes.
    """

    def __init__(self, first: Frame, step: int, epoch: int = 0) -> None:
        self.epoch = epoch
        self.step = step
        self._xy = first.xy.copy()
        self._state = first.state.copy()
        self._move = np.zeros(len(first.state), np.uint8)

    def key(self) -> bytes:
        """The whole picture at the last frame seen."""
        body = b"".join((
            np.ascontiguousarray(self._xy[:, 0], "<i2").tobytes(),
            np.ascontiguousarray(self._xy[:, 1], "<i2").tobytes(),
            self._state.tobytes(), self._move.tobytes(),
        ))
        head = _HEAD.pack(KEY, VERSION, self.epoch & 0xFFFF, self.step, len(self._state))
        return head + zlib.compress(body, _LEVEL)

    def chunk(self, xy: Int16, state: UInt8, stride: int = 1) -> bytes:
        """Encode the frames that follow the last one.

        Args:
            xy: int16 [F, A, 2], F frames, F >= 1.
            state: uint8 [F, A].
            stride: Steps between two frames.

        Returns:
            A MOVES message when every agent moves at most one cell a frame, else DELTA. After a
            DELTA the next chunk predicts from standing still.
        """
        frames, agents = state.shape
        delta = xy - np.concatenate((self._xy[None], xy[:-1]))
        codes = _moves(delta)
        if codes is None:
            kind = DELTA
            residual = np.concatenate((delta[:1], delta[1:] - delta[:-1]))
            body = np.ascontiguousarray(residual.transpose(0, 2, 1), "<i2").tobytes()
            self._move[:] = 0
        else:
            kind = MOVES
            body = _pack_nibbles(_predict(codes, self._move)).tobytes()
            self._move = codes[-1].copy()
        change = state ^ np.concatenate((self._state[None], state[:-1]))
        first = self.step + stride
        self.step += frames * stride
        self._xy = xy[-1].copy()
        self._state = state[-1].copy()
        return (_HEAD.pack(kind, VERSION, self.epoch & 0xFFFF, first, agents)
                + _CHUNK.pack(frames, stride)
                + zlib.compress(body + change.tobytes(), _LEVEL))


def _moves(delta: Int16) -> UInt8 | None:
    """Moves 0..4 of unit steps, uint8 [F, A], or None when some agent jumps or goes diagonally."""
    if delta.size and (delta.max() > 1 or delta.min() < -1):
        return None
    codes = _MOVE_OF[delta[..., 0] + 1, delta[..., 1] + 1]
    return None if (codes == 255).any() else codes


def _predict(codes: UInt8, before: UInt8) -> UInt8:
    """(move - previous move) mod 5."""
    previous = np.concatenate((before[None], codes[:-1]))
    return ((codes + np.uint8(5) - previous) % np.uint8(5)).astype(np.uint8)


def _pack_nibbles(codes: UInt8) -> UInt8:
    """Two agents a byte, uint8 [F, ceil(A / 2)]."""
    if codes.shape[1] % 2:
        codes = np.pad(codes, ((0, 0), (0, 1)))
    packed: UInt8 = codes[:, 0::2] | (codes[:, 1::2] << np.uint8(4))
    return packed


def encode_layer(name: str, values: Array, step: int, epoch: int = 0) -> bytes:
    """One LAYER message; `values` is uint8, int16 or float32 and is sent flat."""
    kind = _DTYPES.index(values.dtype.newbyteorder("<").str.lstrip("|"))
    head = _HEAD.pack(LAYER, VERSION, epoch & 0xFFFF, step, values.size)
    body = np.ascontiguousarray(values).tobytes()
    return head + _LAYER.pack(kind, len(name), 0) + name.encode("ascii") + zlib.compress(body, 1)


def encode_snapshot(snapshot: Snapshot, step: int, epoch: int = 0) -> bytes:
    """One SNAP message."""
    text = json.dumps(dict(snapshot.facts), separators=(",", ":"), allow_nan=False)
    facts = zlib.compress(text.encode(), _LEVEL)
    blobs = snapshot.blobs
    head = _HEAD.pack(SNAPSHOT, VERSION, epoch & 0xFFFF, step, len(blobs))
    sizes = struct.pack(f"<{len(blobs) + 1}I", len(facts), *map(len, blobs))
    return b"".join((head, sizes, facts, *blobs))


def decode_snapshot(message: bytes) -> tuple[int, Snapshot]:
    """Step and content of a SNAP message, as `assets/player/wire.js` reads it."""
    _, _, _, step, count = _HEAD.unpack_from(message)
    length, *sizes = struct.unpack_from(f"<{count + 1}I", message, _HEAD.size)
    start = _HEAD.size + 4 * (count + 1)
    facts = json.loads(zlib.decompress(message[start:start + length]))
    start += length
    blobs = []
    for size in sizes:
        blobs.append(message[start:start + size])
        start += size
    return step, Snapshot(facts, tuple(blobs))


def look_back(message: bytes) -> bytes:
    """The same message marked as an answer to a look back."""
    return bytes((message[0] | LOOK_BACK,)) + message[1:]


class Decoder:
    """Reference decoder: what `assets/player/wire.js` does, for tests and tools."""

    def __init__(self) -> None:
        self.step = 0
        self.epoch = 0
        self.xy: Int16 = np.zeros((0, 2), np.int16)
        self.state: UInt8 = np.zeros(0, np.uint8)
        self._move: UInt8 = np.zeros(0, np.uint8)

    def frames(self, message: bytes) -> list[tuple[int, Frame]]:
        """Decode a KEY, MOVES or DELTA message into (step, frame) pairs."""
        kind, version, self.epoch, step, agents = _HEAD.unpack_from(message)
        if version != VERSION:
            raise ValueError(f"wire version {version}, this decoder reads {VERSION}")
        kind &= ~LOOK_BACK
        if kind == KEY:
            body = zlib.decompress(message[_HEAD.size:])
            planes = np.frombuffer(body, "<i2", 2 * agents).reshape(2, agents)
            self.xy = np.ascontiguousarray(planes.T).astype(np.int16)
            self.state = np.frombuffer(body, np.uint8, agents, 4 * agents).copy()
            self._move = np.frombuffer(body, np.uint8, agents, 5 * agents).copy()
            self.step = step
            return [(step, Frame(self.xy.copy(), self.state.copy()))]
        frames, stride = _CHUNK.unpack_from(message, _HEAD.size)
        body = zlib.decompress(message[_HEAD.size + _CHUNK.size:])
        cut = len(body) - frames * agents
        states = np.frombuffer(body, np.uint8, frames * agents, cut).reshape(frames, agents)
        delta = np.zeros_like(self.xy)
        out = []
        for i in range(frames):
            if kind == MOVES:
                row = np.frombuffer(body, np.uint8, (agents + 1) // 2, i * ((agents + 1) // 2))
                codes = np.stack((row & 15, row >> 4), 1).ravel()[:agents]
                self._move = ((codes + self._move) % 5).astype(np.uint8)
                self.xy = self.xy + _STEP[self._move]
            else:
                planes = np.frombuffer(body, "<i2", 2 * agents, i * 4 * agents).reshape(2, agents)
                delta = (delta + planes.T).astype(np.int16)
                self.xy = self.xy + delta
                self._move = np.zeros(agents, np.uint8)
            self.state = self.state ^ states[i]
            self.step = step + i * stride
            out.append((self.step, Frame(self.xy.copy(), self.state.copy())))
        return out


_STEP: Final = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]], np.int16)


def decode_layer(message: bytes) -> tuple[str, int, Array]:
    """Decode a LAYER message into (name, step, values)."""
    _, _, _, step, count = _HEAD.unpack_from(message)
    kind, length, _ = _LAYER.unpack_from(message, _HEAD.size)
    start = _HEAD.size + _LAYER.size
    name = message[start:start + length].decode("ascii")
    values = np.frombuffer(zlib.decompress(message[start + length:]), _DTYPES[kind], count)
    return name, step, values
