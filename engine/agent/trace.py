"""Spans of a reply: every turn, request, tool call, wait and guardrail, with what it used.

Source: OpenTelemetry, "Semantic conventions for generative AI", for the kinds and their names.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.agent.model import Usage

Kind = Literal["reply", "turn", "generation", "tool", "waiting", "guardrail"]


@dataclass(slots=True)
class Span:
    """One piece of work.

    Attributes:
        id: Number within the trace, from 0.
        parent: Span that it is part of, or None.
        kind: What sort of work.
        name: What exactly.
        start_s: Since the trace began.
        duration_s: How long; None while it goes on.
        ok: Whether it went well.
        usage: Tokens.
        dollars: Money.
        data: JSON-able details; never a secret.
    """

    id: int
    parent: int | None
    kind: Kind
    name: str
    start_s: float
    duration_s: float | None = None
    ok: bool = True
    usage: Usage = field(default_factory=Usage)
    dollars: float = 0.0
    data: dict[str, Any] = field(default_factory=dict)

    def facts(self) -> Mapping[str, Any]:
        """JSON-able, as it is stored and drawn."""
        return {"id": self.id, "parent": self.parent, "kind": self.kind, "name": self.name,
                "start_s": self.start_s, "duration_s": self.duration_s, "ok": self.ok,
                "prompt": self.usage.prompt, "completion": self.usage.completion,
                "dollars": self.dollars, **self.data}


class Trace:
    """The spans of one reply; any thread may add one.

    Args:
        ended: Called with each span when it ends.
    """

    def __init__(self, ended: Callable[[Span], None] = lambda _: None) -> None:
        self.spans: list[Span] = []
        self._ended = ended
        self._begun = time.perf_counter()
        self._lock = threading.Lock()

    @contextmanager
    def span(self, kind: Kind, name: str, parent: Span | None = None,
             **data: Any) -> Iterator[Span]:
        """Time a piece of work; an exception marks it as failed and goes on."""
        with self._lock:
            span = Span(len(self.spans), None if parent is None else parent.id, kind, name,
                        time.perf_counter() - self._begun, data=data)
            self.spans.append(span)
        try:
            yield span
        except BaseException:
            span.ok = False
            raise
        finally:
            span.duration_s = time.perf_counter() - self._begun - span.start_s
            self._ended(span)
