"""Replies that a person judged, kept as tasks: the evaluation set that use itself writes.

A thumb up keeps the question with the calls that answered it: from then on the same question has
to lead to the same calls. A thumb down keeps what was done as what must not be done again. Numbers
of runs are left out, since they differ every time.

Source: Yao et al. 2024, τ-bench, arXiv:2406.12045 (tasks out of real conversations).
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from engine.agent.conversation import Conversation
from engine.agent.messages import Assistant, User
from engine.errors import InvalidInput, StoreError

BEFORE: Final = 6
MOST: Final = 2_000
MAX_CHARACTERS: Final = 4_000
_VARYING: Final = frozenset(("run", "runs"))
_lock = threading.Lock()


def default_file() -> Path:
    """`judged.jsonl` in `evaluation` beside the metrics: ATRIUM_DATA, else `var`."""
    root = os.environ.get("ATRIUM_DATA", "").strip()
    base = Path(root).expanduser() if root else Path(__file__).resolve().parents[2] / "var"
    return base / "evaluation" / "judged.jsonl"


def task_of(talk: Conversation, node: int, name: str, *, up: bool) -> dict[str, Any]:
    """A judged reply as one line of a suite.

    Args:
        talk: The conversation.
        node: The reply, or any message of it.
        name: Of the chat; makes the task's id with the question's node.
        up: Whether it was good.

    Raises:
        InvalidInput: If the node is no reply, or its question is too long to be a task.
    """
    path = talk.path(node)
    if not isinstance(talk.nodes[path[-1]].message, Assistant):
        raise InvalidInput(f"message {node} is no reply; judge an answer")
    asked = [n for n in path if isinstance(talk.nodes[n].message, User)]
    if not asked:
        raise InvalidInput(f"nobody asked for message {node}")
    texts = [_text(talk, n) for n in asked]
    if sum(map(len, texts[-1 - BEFORE:])) > MAX_CHARACTERS:
        raise InvalidInput(f"the question has more than {MAX_CHARACTERS:,} characters with those "
                           "before it; a task that long is not kept")
    calls = [{"tool": c.name, "arguments": _lasting(c.arguments)}
             for n in path[path.index(asked[-1]):]
             for c in getattr(talk.nodes[n].message, "calls", ())]
    expect: dict[str, Any] = {"calls": calls} if up and calls else {}
    if not up:
        expect = {"unlike": calls}
    elif not calls:
        expect = {"asks_back": True}
    return {"id": f"{name}-{asked[-1]}", "kind": "judged good" if up else "judged bad",
            "before": texts[-1 - BEFORE:-1], "say": [texts[-1]], "expect": expect}


def keep(task: Mapping[str, Any], file: Path) -> int:
    """Add a task, in place of an earlier judgement of the same reply; how many there are now.

    The oldest go first once there are more than `MOST`.

    Raises:
        StoreError: If it cannot be written.
    """
    with _lock:
        try:
            lines = file.read_text("utf-8").splitlines() if file.is_file() else []
            # a damaged line would make the whole suite unreadable
            kept = [line for line in lines if _id(line) not in ("", task["id"])]
            kept = [*kept, json.dumps(task)][-MOST:]
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".new", delete=False,
                                             encoding="utf-8") as out:
                out.write("\n".join(kept) + "\n")
            Path(out.name).replace(file)
        except OSError as error:
            raise StoreError(f"the judgement cannot be kept in {file.parent}: {error.strerror}. "
                             "Free some space, or name another folder in ATRIUM_DATA") from error
        return len(kept)


def _text(talk: Conversation, node: int) -> str:
    message = talk.nodes[node].message
    assert isinstance(message, User)
    return message.text


def _lasting(arguments: str) -> dict[str, Any]:
    """Arguments without what differs from one session to the next."""
    try:
        values = json.loads(arguments)
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {k: v for k, v in values.items() if k not in _VARYING}


def _id(line: str) -> str:
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError):
        return ""
