"""Ask the agent from a terminal, judge it by a suite of tasks, or teach its offline planner.

`python -m engine.agent ask "start the warehouse with 100 robots" --offline --json`
`python -m engine.agent eval SUITE.jsonl --model …`
`python -m engine.agent teach`
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.agent.budget import Limits, Price
from engine.agent.conversation import Conversation
from engine.agent.desk import agent_for
from engine.agent.evaluate import Verdict, evaluate, load_suite
from engine.agent.events import CallEnded, Ended, LoopEvent
from engine.agent.house.house import House
from engine.agent.loop import Settings
from engine.agent.messages import Assistant, User
from engine.agent.model import ChatModel
from engine.agent.openai_model import Endpoint, OpenAIModel
from engine.agent.planner.acts import WEIGHTS
from engine.agent.planner.planner import OfflinePlanner
from engine.agent.planner.teaching import train
from engine.agent.prices import price_of, server_of
from engine.errors import EngineError
from engine.live.registry import Registry
from engine.store import open_store


def main(arguments: list[str] | None = None) -> int:
    """Parse and run; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m engine.agent", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    ask = commands.add_parser("ask", help="ask one or more questions, in one conversation")
    ask.add_argument("question", nargs="+")
    ask.add_argument("--offline", action="store_true", help="use the offline planner (the default "
                     "where no --model is named)")
    ask.add_argument("--model", help="a model behind OPENAI_BASE_URL and OPENAI_API_KEY")
    ask.add_argument("--seconds", type=float, default=120.0, help="longest time a reply")
    ask.add_argument("--read-only", action="store_true", help="refuse everything but reading")
    ask.add_argument("--json", action="store_true", help="print calls and answers as JSON")
    ask.set_defaults(command=_ask)
    judge = commands.add_parser("eval", help="run a suite of tasks with checkable outcomes")
    judge.add_argument("suite", type=Path)
    judge.add_argument("--model", help="a model; the offline planner where none is named")
    judge.add_argument("--tries", type=int, default=1, help="tries a task, for pass^k")
    judge.add_argument("--price", type=float, nargs=2,
                       metavar=("PROMPT", "ANSWER"), help="dollars a million tokens; by the price "
                       "table where it is not given")
    judge.add_argument("--every", type=int, default=1, help="take each so many-th task alone")
    judge.add_argument("--verdicts", action="store_true", help="print each verdict as a line of "
                       "JSON as it comes, and the summary as the last")
    judge.set_defaults(command=_eval)
    teach = commands.add_parser("teach", help="fit the offline planner's acts to its phrases")
    teach.set_defaults(command=_teach)
    options = parser.parse_args(arguments)
    try:
        return int(options.command(options))
    except EngineError as error:
        print(error, file=sys.stderr)
        return 2


def _ask(options: argparse.Namespace) -> int:
    """Answer questions one after the other; runs they start end with the program."""
    model: ChatModel = OfflinePlanner()
    if options.model and not options.offline:
        model = OpenAIModel(Endpoint.from_environment(options.model))
    settings = Settings(limits=Limits(seconds=options.seconds), price=_price(model),
                        changes="never" if options.read_only else "allow")
    runs = Registry()
    house = House(runs, open_store)
    talk = Conversation()
    replies = []
    try:
        for question in options.question:
            replies.append(_reply(house, model, settings, talk, question))
            if not options.json:
                _print(replies[-1])
    finally:
        runs.close()
    if options.json:
        print(json.dumps(replies[0] if len(replies) == 1 else replies, indent=1))
    return 0 if all(r["outcome"] == "answered" for r in replies) else 1


def _reply(house: House, model: ChatModel, settings: Settings, talk: Conversation,
           question: str) -> dict[str, Any]:
    calls: list[dict[str, Any]] = []

    def hear(event: LoopEvent) -> None:
        if isinstance(event, CallEnded):
            calls.append({"tool": event.call.name, "arguments": json.loads(event.call.arguments),
                          "ok": event.result.ok, "result": event.result.content[:2_000],
                          "seconds": round(event.seconds, 4)})

    begun = time.perf_counter()
    talk.say(User(question))
    ended: Ended = agent_for(house, model, settings).reply(talk, threading.Event(), hear)
    last = talk.messages()[-1]
    return {"question": question, "model": model.name, "outcome": ended.how,
            "answer": last.text if isinstance(last, Assistant) else ended.text, "calls": calls,
            "note": ended.text, "tokens": ended.usage.total,
            "dollars": ended.dollars if ended.priced else None,
            "seconds": round(time.perf_counter() - begun, 4)}


def _print(reply: dict[str, Any]) -> None:
    for call in reply["calls"]:
        mark = "✓" if call["ok"] else "×"
        print(f"{mark} {call['tool']} {json.dumps(call['arguments'])}  {call['seconds']:.3f} s")
    print(reply["answer"] or reply["note"])


def _eval(options: argparse.Namespace) -> int:
    """Run a suite; its runs go into the metrics store like any other."""
    model: ChatModel = OfflinePlanner()
    if options.model:
        model = OpenAIModel(Endpoint.from_environment(options.model))
    tasks = load_suite(options.suite)[::max(1, options.every)]
    tell = _tell if options.verdicts else lambda _: None
    found = evaluate(tasks, model, open_store(), tries=max(1, options.tries),
                     settings=Settings(changes="allow", price=_price(model, options.price)),
                     tell=tell)
    print(json.dumps({"summary": found}) if options.verdicts else json.dumps(found, indent=1))
    return 0


def _price(model: ChatModel, given: Sequence[float] | None = None) -> Price:
    """Of a model: as given, else by the table; the planner costs nothing."""
    if given is not None:
        prompt, answer = given
        return Price(prompt=prompt, cached=prompt, completion=answer)
    if not isinstance(model, OpenAIModel):
        return Price()
    return price_of(server_of(model.endpoint.base_url), model.name)


def _tell(verdict: Verdict) -> None:
    """One verdict as a line of JSON."""
    print(json.dumps({"task": verdict.task.id, "kind": verdict.task.kind,
                      "wrong": verdict.wrong, "wrong_change": verdict.wrong_change,
                      "seconds": verdict.seconds, "dollars": verdict.dollars}), flush=True)


def _teach(_: argparse.Namespace) -> int:
    """Write the classifier's weights anew."""
    model = train()
    model.save(WEIGHTS)
    print(json.dumps({"acts": len(model.acts), "bytes": WEIGHTS.stat().st_size,
                      "file": WEIGHTS.name}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
