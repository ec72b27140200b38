"""What the page decodes equals what the reference decoder reads."""

import base64

import numpy as np
import pytest

from engine.live.codec import Decoder, Encoder, encode_layer
from engine.live.simulation import Frame
from tests.browser.watching import Heard, players, show, still, wait

pytestmark = [pytest.mark.browser,
              pytest.mark.parametrize("window", [{"width": 1200, "height": 780}], ids=[""],
                                      indirect=True)]


def test_decoded_positions_equal_the_reference_decoders(window, harness, run):
    heard = Heard(window.page)
    page = show(window, harness, run)
    wait(page, "c.head > 6")
    still(page, run)
    shown = players(page, "p.picture()")
    frame = heard.frames()[shown["step"]]
    assert shown["step"] == run.step_count
    assert shown["x"] == frame.xy[:, 0].tolist()
    assert shown["y"] == frame.xy[:, 1].tolist()
    assert shown["state"] == frame.state.tolist()


@pytest.mark.parametrize("agents", [0, 1, 7, 64])
def test_every_message_type_decodes_as_the_reference_does(window, harness, agents):
    rng = np.random.default_rng(agents)
    moves = np.array([(0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)], np.int16)
    at = rng.integers(0, 400, (agents, 2)).astype(np.int16)
    state = rng.integers(0, 256, agents).astype(np.uint8)
    encoder = Encoder(Frame(at, state), 70_000, 65_535)
    messages = [encoder.key()]
    for frames, reach, stride in ((5, 1, 1), (3, 900, 4), (4, 1, 2)):
        steps = moves[rng.integers(0, 5, (frames, agents))] if reach == 1 else rng.integers(
            -reach, reach, (frames, agents, 2)).astype(np.int16)
        xy = (at + np.cumsum(steps, 0)).astype(np.int16)
        states = rng.integers(0, 256, (frames, agents)).astype(np.uint8)
        messages.append(encoder.chunk(xy, states, stride))
        at = xy[-1]
    messages.append(encoder.key())
    decoder = Decoder()
    wanted = [[step, frame.xy[:, 0].tolist(), frame.xy[:, 1].tolist(), frame.state.tolist()]
              for m in messages for step, frame in decoder.frames(m)]
    window.page.goto(harness.url("none"))
    got = window.page.evaluate("""async (messages) => {
      const { openMessage, Picture, KEY } = await import("/assets/player/wire.js");
      const out = [];
      let picture = null;
      for (const text of messages) {
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        const message = await openMessage(bytes.buffer);
        if (message.epoch !== 65535) throw new Error(`epoch ${message.epoch}`);
        picture ??= new Picture(message.count);
        if (message.type === KEY) picture.load(message);
        for (let i = 0; i < Math.max(1, message.frames); i++) {
          if (message.type !== KEY) picture.advance(message, i);
          out.push([picture.step, [...picture.x], [...picture.y], [...picture.state]]);
        }
      }
      return out;
    }""", [base64.b64encode(m).decode() for m in messages])
    assert got == wanted


def test_layers_decode_in_every_type_and_another_version_is_refused(window, harness):
    values = [np.array([0, 7, 255], np.uint8), np.array([-300, 9], np.int16),
              np.array([0.5, -1.25], np.float32)]
    messages = [encode_layer(f"scene.a{i}", v, 12, 3) for i, v in enumerate(values)]
    window.page.goto(harness.url("none"))
    got = window.page.evaluate("""async (messages) => {
      const { openMessage } = await import("/assets/player/wire.js");
      const open = (t) => openMessage(Uint8Array.from(atob(t), (c) => c.charCodeAt(0)).buffer);
      const out = [];
      for (const t of messages) {
        const m = await open(t);
        out.push([m.name, m.step, [...m.values]]);
      }
      return [out, await open(btoa("\\x01\\x09".padEnd(12, "\\0"))).catch((e) => e.message)];
    }""", [base64.b64encode(m).decode() for m in messages])
    assert got[0] == [[f"scene.a{i}", 12, v.tolist()] for i, v in enumerate(values)]
    assert "version 9" in got[1]
