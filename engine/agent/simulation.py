"""A chat as a run: it is watched, leased and recorded like any other, and shown by snapshots.

A step does nothing: a chat moves when somebody speaks. Its figures are recorded by reply.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.agent.archive import Archive
from engine.agent.chat import Chat
from engine.agent.events import Ended
from engine.agent.house.house import House
from engine.agent.params import AgentParams
from engine.agent.summary import cards
from engine.agent.trace import Trace
from engine.agent.transcript import as_markdown
from engine.agent.view import picture
from engine.errors import InvalidInput
from engine.live.simulation import Array, Event, Frame, Points, Scene, Snapshot
from engine.params import Params

STEPS_PER_S: Final = 20.0
COMMANDS: Final[Mapping[str, str]] = {
    "ask": "say something: text", "stop": "end the reply", "decide": "answer a question: call, yes",
    "edit": "say a message differently: node, text", "again": "another answer: node",
    "switch": "go to a branch: node", "new": "begin an empty chat", "open": "a saved chat: name",
    "own": "whose chat it is: owner", "tools": "switch tools off: off",
    "thumb": "judge a reply: node, up", "model": "who answers: name",
    "picture": "an image that a call brought: call", "save": "the chat as Markdown"}
NOTHING: Final = Frame(np.zeros((0, 2), np.int16), np.zeros(0, np.uint8))


class AgentSimulation:
    """A `Chat` as the runner drives it; implements `Simulation` and `SnapshotSource`.

    Args:
        params: Knobs.
        seed: Unused: a chat has nothing to draw.
        house: What its tools work on.
        archive: Where chats are kept, or None.
        judged: Suite that judged replies are added to; the house's own by default.
    """

    step_s: float = 1.0 / STEPS_PER_S
    scene_version: int = 0

    def __init__(self, params: AgentParams, seed: int = 0, *, house: House,
                 archive: Archive | None = None, judged: Path | None = None) -> None:
        self.params = params
        self.step_count = 0
        self.chat = Chat(house, params, archive, judged)
        self.chat.on_reply(self._replied)
        self._lock = threading.Lock()
        self._points: list[Points] = []
        self._events: list[Event] = []
        self._shown: tuple[tuple[Any, ...], Snapshot] | None = None

    def step(self) -> None:
        """Let a moment pass."""
        self.step_count += 1

    def frame(self) -> Frame:
        """Nobody moves in a chat."""
        return NOTHING

    def scene(self) -> Scene:
        """What does not change."""
        return Scene({"domain": "agent", "agents": 0, "step_s": self.step_s})

    def layers(self) -> Mapping[str, Array]:
        """None."""
        return {}

    def status(self) -> Mapping[str, Any]:
        """Whether it is answering."""
        return {"busy": self.chat.busy, "replies": len(self.chat.replies)}

    def summary(self) -> Mapping[str, Any]:
        """The KPI cards."""
        return {"kpis": cards(self.chat)}

    def snapshot(self) -> Snapshot:
        """The whole chat; the same object while nothing happens."""
        runs = tuple((r.token, r.state) for r in self.chat.house.own_runs())
        seen = self.chat.version, runs
        if self._shown is None or self._shown[0] != seen or self.chat.busy:
            self._shown = seen, Snapshot(picture(self.chat))
        return self._shown[1]

    def apply(self, params: Params) -> None:
        """Take new settings; a reply under way keeps its own.

        Raises:
            InvalidInput: If these are no settings of a chat.
        """
        if not isinstance(params, AgentParams):
            raise InvalidInput(f"{type(params).__name__} are not a chat's settings")
        self.params = self.chat.params = params
        self.chat.version += 1

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Do something in the chat; see `COMMANDS`.

        Raises:
            InvalidInput: If it is unknown, or cannot be done now.
        """
        if name not in COMMANDS:
            raise InvalidInput(f"there is no command {name[:40]!r}; choose from "
                               f"{', '.join(COMMANDS)}")
        work: Callable[[Mapping[str, Any]], str | None] = getattr(self, f"_{name}")
        try:
            said = work(arguments)
        except (KeyError, TypeError) as error:
            raise InvalidInput(f"{name} takes {COMMANDS[name]}") from error
        return said or name

    def inspect(self, agent: int) -> Mapping[str, Any]:
        """A chat has no agents to look at.

        Raises:
            InvalidInput: Always.
        """
        raise InvalidInput(f"there is no agent {agent} in a chat")

    def drain_points(self) -> Sequence[Points]:
        """Figures of replies since the last call."""
        with self._lock:
            out, self._points = self._points, []
        return out

    def drain_events(self) -> Sequence[Event]:
        """Spans and judgements since the last call."""
        with self._lock:
            out, self._events = self._events, []
        return out

    def close(self) -> None:
        """End the reply and keep the chat."""
        self.chat.close()

    def _ask(self, a: Mapping[str, Any]) -> None:
        self.chat.ask(str(a["text"]))

    def _stop(self, a: Mapping[str, Any]) -> None:
        self.chat.stop()

    def _decide(self, a: Mapping[str, Any]) -> None:
        self.chat.decide(str(a["call"]), a["yes"] is True)

    def _edit(self, a: Mapping[str, Any]) -> None:
        self.chat.edit(_number(a["node"]), str(a["text"]))

    def _again(self, a: Mapping[str, Any]) -> None:
        self.chat.again(_number(a["node"]))

    def _switch(self, a: Mapping[str, Any]) -> None:
        self.chat.switch(_number(a["node"]))

    def _new(self, a: Mapping[str, Any]) -> None:
        self.chat.new()

    def _open(self, a: Mapping[str, Any]) -> None:
        self.chat.open(self.chat.owner, str(a["name"]))

    def _own(self, a: Mapping[str, Any]) -> None:
        self.chat.own(str(a["owner"]))

    def _tools(self, a: Mapping[str, Any]) -> None:
        self.chat.off = frozenset(map(str, a["off"]))
        self.chat.version += 1

    def _thumb(self, a: Mapping[str, Any]) -> None:
        node, up = _number(a["node"]), a["up"] is True
        self.chat.judge(node, up=up)
        with self._lock:
            self._events.append(Event(self.step_count, "thumb", "up" if up else "down",
                                      {"node": node, "chat": self.chat.name}))

    def _model(self, a: Mapping[str, Any]) -> None:
        self.chat.name_model(str(a["name"]))

    def _save(self, _: Mapping[str, Any]) -> str:
        return as_markdown(self.chat.conversation)

    def _picture(self, a: Mapping[str, Any]) -> str:
        return self.chat.picture(str(a["call"]))

    def _replied(self, ended: Ended, trace: Trace) -> None:
        """From the reply's thread: figures and spans for the store."""
        step = np.array([float(self.step_count)])

        def one(name: str, value: float) -> Points:
            return Points(name, step, np.array([float(value)]))

        failed = sum(s.kind == "tool" and not s.ok for s in trace.spans)
        asked = sum(s.kind == "waiting" for s in trace.spans)
        with self._lock:
            self._points += [
                one("reply.time_s", ended.seconds), one("reply.turns_count", ended.turns),
                one("reply.calls_count", ended.calls), one("reply.tokens_count", ended.usage.total),
                one("reply.cost_usd", ended.dollars), one("reply.failed_calls_count", failed),
                one("reply.approvals_count", asked),
                one("reply.answered_share", float(ended.how == "answered"))]
            self._events += [
                Event(self.step_count, "span", s.name[:200], dict(s.facts())) for s in trace.spans]


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{value!r} is no message number")
    return value
