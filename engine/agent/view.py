"""A chat as its page draws it: what was said, step by step, with what each step brought."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from engine.agent.clean import visible
from engine.agent.desk import house_tools
from engine.agent.events import Ended
from engine.agent.messages import Assistant, ToolResult, User
from engine.agent.models import model_of
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.agent.chat import Chat

MAX_RESULT: Final = 1_500
MAX_ITEMS: Final = 200


def picture(chat: Chat) -> dict[str, Any]:
    """Everything a page needs, JSON-able."""
    facts = chat.facts()
    limits = chat.params
    talk = chat.conversation
    last = chat.replies[-1] if chat.replies else None
    return {
        "version": chat.version, "items": _items(chat)[-MAX_ITEMS:], **facts,
        "title": talk.title, "name": chat.name, "label": _label(chat),
        "offline": chat.params.answers == "offline planner", "files": chat.files,
        "history": chat.history(), "suggestions": _suggestions(chat),
        "runs": [{"number": r.record.number, "engine": r.domain, "label": r.label,
                  "state": r.state, "step": r.step_count, "token": r.token}
                 for r in chat.house.own_runs() if r.domain != "agent"],
        "tools": [{"name": t.name, "description": t.description, "permission": t.permission,
                   "on": t.name not in chat.off} for t in house_tools(chat.house)],
        "used": None if last is None else {
            "turns": [last.turns, limits.turns], "calls": [last.calls, limits.calls],
            "seconds": [last.seconds, limits.seconds],
            "tokens": [last.usage.total, limits.tokens], "money": [last.dollars, limits.money]},
        "cost": talk.dollars, "tokens": talk.tokens,
        "spent": {"reply": last.dollars if last else 0.0, "chat": talk.dollars, "day": chat.day,
                  "cap": limits.day_money, "reply_priced": last is None or last.priced,
                  "unpriced": talk.unpriced},
    }


def _items(chat: Chat) -> list[dict[str, Any]]:
    """Messages on the way to the head, the calls of a reply gathered before its words."""
    talk = chat.conversation
    steps = chat.steps()
    out: list[dict[str, Any]] = []
    reply: dict[str, Any] | None = None
    for node in talk.path():
        message = talk.nodes[node].message
        if isinstance(message, User):
            branches = talk.siblings(node)
            out.append({"who": "you", "node": node, "text": message.text,
                        "branches": branches if len(branches) > 1 else []})
            reply = None
            if node in chat.ended:  # it failed before anything was said
                out.append({"who": "agent", "node": node, "text": "", "steps": [], "finish": "",
                            "branches": [], "thumb": None, "ended": _outcome(chat.ended[node])})
        elif isinstance(message, Assistant):
            if reply is None:
                branches = talk.siblings(node)
                reply = {"who": "agent", "node": node, "text": "", "steps": [], "finish": "",
                         "branches": branches if len(branches) > 1 else []}
                out.append(reply)
            reply["node"] = node
            reply["thumb"] = chat.thumbs.get(node)
            said = visible(message.text or message.refusal)
            reply["text"] = "\n\n".join(t for t in (reply["text"], said) if t)
            reply["finish"] = message.finish
            reply["steps"] += [
                {"id": c.id, "tool": c.name, "arguments": _shown(c.arguments), "ok": None,
                 "result": "", **_known(steps.get(c.id))} for c in message.calls]
            if ended := chat.ended.get(node):
                reply["ended"] = _outcome(ended)
        elif isinstance(message, ToolResult) and reply is not None:
            for step in reply["steps"]:
                if step["id"] == message.call_id:
                    step["ok"] = message.ok
                    step["result"] = message.content[:MAX_RESULT]
                    step["untrusted"] = message.untrusted
    return out


def _outcome(ended: Ended) -> dict[str, Any]:
    """How a reply ended, and what it used."""
    return {"how": ended.how, "text": ended.text, "seconds": ended.seconds,
            "tokens": ended.usage.total, "dollars": ended.dollars, "priced": ended.priced}


def _known(step: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"seconds": step["seconds"], "show": step["show"], "sources": step["sources"]} \
        if step else {"seconds": None, "show": None, "sources": []}


def _shown(arguments: str) -> Any:
    """Arguments as an object where they are one."""
    try:
        values = json.loads(arguments)
    except ValueError:
        return arguments[:MAX_RESULT]
    return values if isinstance(values, dict) else arguments[:MAX_RESULT]


def _label(chat: Chat) -> str:
    try:
        return model_of(chat.params, name=chat.model).label
    except EngineError as error:
        return f"Nobody answers yet: {error}."


_TO_ASK: Final[Mapping[str, tuple[str, ...]]] = {
    "warehouse": ("How is the throughput?", "Why did robot 17 wait?", "Break a robot",
                  "Chart the throughput"),
    "dispatch": ("How long are the waits?", "Let it rain for 20 minutes",
                 "Compare nearest with batch", "Chart the waits")}


def _suggestions(chat: Chat) -> list[str]:
    """Things to ask that fit what runs just now."""
    runs = [r for r in chat.house.own_runs() if r.domain != "agent"]
    files = [f"What does {chat.files[-1]} say about …"] if chat.files else []
    if not runs:
        return [*files, "Start the small warehouse with 60 robots", "Start the city",
                "What can you do?", "What is PIBT?"]
    run = runs[-1]
    if run.state in ("crashed", "ended"):
        return [*files, f"Reset the {run.domain}", "Which runs are alive?"]
    going = ["Let it go on", "Make 10 steps"] if run.state == "paused" else ["Pause it"]
    return [*files, *_TO_ASK.get(run.domain, ("Which settings does it have?",)), *going]
