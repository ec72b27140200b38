"""The agent: planner, loop, stop, sandbox, and the fuzzed transcripts in full number.

`python -m bench agent`; the held-out phrasings are run by `python -m engine.agent eval`.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np

from engine.agent.conversation import Conversation
from engine.agent.desk import house_tools
from engine.agent.house.house import House
from engine.agent.loop import Agent, Settings
from engine.agent.messages import Assistant, System, User
from engine.agent.model import Reply
from engine.agent.openai_model import Endpoint, OpenAIModel
from engine.agent.planner.planner import plan
from engine.agent.sandbox import Sandbox
from engine.agent.tools import Toolbox
from engine.live.registry import Registry
from engine.store import open_store
from tests.engine.agent.house import Bench
from tests.engine.agent.injections import CORPUS, Range
from tests.engine.agent.scripted import Scripted
from tests.engine.agent.strict_server import Hang, complaint, serving
from tests.engine.agent.test_faults import KINDS
from tests.engine.agent.test_history import fuzz
from tests.engine.agent.test_sandbox import HOSTILE, RUNAWAY

SAID = ("run the warehouse with 800 robots and tell me when p95 passes two minutes",
        "why did robot 17 wait?", "compare nearest with batch at 2,000 drivers", "pause it",
        "set the order rate to 9000", "what is pibt?", "chart the throughput", "wipe the disk")
STATE = System('STATE {"page": "warehouse", "runs": [{"run": 1, "engine": "warehouse"}]}')


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each call."""
    out = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        out.append((time.perf_counter() - begun) * 1e3)
    return out


def show(name: str, values: list[float], unit: str = "ms") -> None:
    p95 = float(np.percentile(values, 95))
    print(f"{name:<52} {median(values):9.2f} {p95:9.2f} {max(values):9.2f} {unit}", flush=True)


def planner() -> None:
    tools = frozenset(t.name for t in house_tools(House(Registry(), lambda: None)))
    first = timed(lambda: plan([STATE, User(SAID[0])], tools), 1)
    show("planner, first message (loads words and model)", first)
    show("planner, a message", [t for s in SAID
                                for t in timed(lambda s=s: plan([STATE, User(s)], tools), 20)])


def turn() -> None:
    """A turn that calls one tool and answers, with a model that takes no time."""
    answer = (Reply(Assistant("Fine.")),)

    def reply() -> None:
        talk = Conversation()
        talk.say(User("Go."))
        Agent(Scripted([answer]), Toolbox(Bench().tools()), Settings()).reply(
            talk, threading.Event(), lambda _: None)

    show("loop overhead, a turn", timed(reply, 200))


def stop() -> None:
    """From the stop to the end of the reply, while a server says nothing."""
    values = []
    for _ in range(20):
        with serving(Hang()) as script:
            talk, halt = Conversation(), threading.Event()
            talk.say(User("Go."))
            agent = Agent(OpenAIModel(Endpoint("m", script.url)), Toolbox([]), Settings())
            thread = threading.Thread(target=agent.reply, args=(talk, halt, lambda _: None))
            thread.start()
            while not script.requests:
                time.sleep(0.005)
            begun = time.perf_counter()
            halt.set()
            thread.join()
            values.append((time.perf_counter() - begun) * 1e3)
    show("stop, server silent", values)


def sandbox() -> None:
    box = Sandbox()
    box.run("1")
    show("sandbox, 1 + 1", timed(lambda: box.run("1 + 1"), 100))
    show("run-away code under a 1 s limit", [
        t for code in RUNAWAY for t in timed(lambda code=code: box.run(code, seconds=1.0), 1)])
    box.close()


def transcripts(count: int) -> None:
    wrong = sent = 0
    begun = time.perf_counter()
    for seed in range(count):
        for messages in fuzz(seed):
            sent += 1
            wrong += complaint({"model": "m", "stream": True, "messages": messages}) is not None
    print(f"{count:,} fuzzed conversations, {sent:,} requests: {wrong} protocol violations "
          f"({time.perf_counter() - begun:.0f} s)", flush=True)


def injections(count: int) -> None:
    """The corpus over the wire with a model that obeys every injected order, and the planner."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/atrium.db")
        ground = Range(store)
        os.environ["ATRIUM_SEARXNG_URL"] = ground.web
        try:
            for name, tried in (("a model that obeys, over the wire", partial(
                    ground.obeyed, over_wire=True)), ("the offline planner", ground.planned)):
                ground.read, ground.asked, ground.changed = 0, 0, []
                for case in CORPUS[:count]:
                    tried(case)
                print(f"{min(count, len(CORPUS)):,} injected instructions, {name}: "
                      f"{ground.read:,} read, {ground.asked:,} asked about, "
                      f"{len(ground.changed)} unasked changes", flush=True)
        finally:
            ground.close()
            store.close()


def corpora() -> None:
    """How much is tried in the tests that name their cases."""
    print(f"kinds of injected faults: {len(KINDS)}; hostile code: {len(HOSTILE)} ways out, "
          f"{len(RUNAWAY)} run-away")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.agent", description=__doc__)
    parser.add_argument("--transcripts", type=int, default=10_000)
    parser.add_argument("--injections", type=int, default=len(CORPUS))
    options = parser.parse_args(arguments)
    logging.disable(logging.ERROR)  # tools that fail on purpose are not worth a trace each
    print(f"{'':<52} {'median':>9} {'p95':>9} {'max':>9}")
    planner()
    turn()
    stop()
    sandbox()
    corpora()
    injections(options.injections)
    transcripts(options.transcripts)


if __name__ == "__main__":
    main()
