"""A chat model that says what it is given to say, for tests of the loop without a server."""

import time

from engine.agent.messages import violations
from engine.agent.model import ModelError, Reply, Stopped, Text


class Scripted:
    """Plays pieces, errors and pauses; checks each request's history."""

    name = label = "scripted"

    def __init__(self, turns):
        self.turns, self.requests, self.most = list(turns), [], []

    def stream(self, messages, tools, *, stop, timeout_s, max_tokens):
        assert violations(messages) == []
        self.requests.append(list(messages))
        self.most.append(max_tokens)
        for item in self.turns[min(len(self.requests), len(self.turns)) - 1]:
            if isinstance(item, ModelError):
                raise item
            if isinstance(item, int | float):
                end = time.monotonic() + item
                while time.monotonic() < end:
                    if stop.wait(0.005):
                        raise Stopped
                continue
            assert isinstance(item, Text | Reply)
            yield item
