"""Everything a chat-completions server can do wrong, over real HTTP: each ends in a known way."""

import json
import threading

import numpy as np
import pytest

from engine.agent.budget import Limits, Price
from engine.agent.conversation import Conversation
from engine.agent.events import CallEnded
from engine.agent.loop import Agent, Settings
from engine.agent.messages import Assistant, ToolResult, User, violations
from engine.agent.openai_model import Endpoint, OpenAIModel
from engine.agent.tools import Toolbox
from tests.engine.agent.house import Bench
from tests.engine.agent.strict_server import (
    Drop,
    Events,
    Hang,
    Status,
    calls,
    chunk,
    closed_port,
    piece,
    serving,
    text,
    usage,
)

OK = text("Fine", ".")
ADD = ("c1", "add", '{"a": 2, "b": 3}')


def error(message, code=None, **more):
    return {"error": {"message": message, "type": "invalid_request_error", "code": code, **more}}


class Outcome:
    """What came of a question."""

    def __init__(self, acts, url=None, limits=None, **settings):
        self.bench = Bench()
        self.talk = Conversation()
        self.talk.say(User("What is 2 + 3?"))
        self.told = []
        with serving(*acts) as script:
            agent = Agent(
                OpenAIModel(Endpoint("m", url or script.url, "secret-key")),
                Toolbox(self.bench.tools()),
                Settings(limits=limits or Limits(seconds=20), retry_s=0.01, **settings),
                rng=np.random.default_rng(1))
            self.ended = agent.reply(self.talk, threading.Event(), self.told.append)
            self.bench.release.set()
            self.requests, self.complaints = script.requests, script.complaints
        self.messages = self.talk.messages()

    @property
    def text(self):
        return self.messages[-1].text if isinstance(self.messages[-1], Assistant) else ""

    @property
    def results(self):
        return [m for m in self.messages if isinstance(m, ToolResult)]


ANSWERED_AFTER_RETRY = {
    "429 with a short Retry-After": Status(429, headers={"retry_after": "0"}),
    "429 with milliseconds": Status(429, headers={"retry_after_ms": "20"}),
    "429 without a header": Status(429),
    "429 with a date": Status(429, headers={"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}),
    "408": Status(408),
    "409": Status(409),
    "500": Status(500),
    "502 with a page of HTML": Status(502, b"<html>bad gateway</html>"),
    "503 with an empty body": Status(503, b""),
    "504": Status(504),
    "529 overloaded": Status(529),
    "reset before the answer": Drop(),
    "reset after the headers": Drop(after_headers=True),
    "cut in the words": Events((chunk({"content": "It is"}),), done=False),
    "cut in the arguments": Events((piece(0, "c1", "add", '{"a": 2, '),), done=False),
    "cut after whole arguments": Events((piece(0, *ADD),), done=False),
    "nothing but the end mark": Events(()),
    "nothing at all": Events((), done=False),
    "a whole answer instead of a stream": Events(
        (json.dumps({"choices": [{"message": {"content": "x"}}]}),), done=False,
        content_type="application/json"),
    "an error in mid-stream": Events((chunk({"content": "It"}),
                                      {"error": {"message": "overloaded", "type": "server"}})),
    "a call without a name": Events((piece(0, "c1", None, "{}"), chunk(finish="tool_calls"))),
}


@pytest.mark.parametrize("act", ANSWERED_AFTER_RETRY.values(), ids=ANSWERED_AFTER_RETRY)
def test_a_passing_fault_is_tried_again_and_answered(act):
    out = Outcome([act, OK])
    assert (out.ended.how, out.text) == ("answered", "Fine.")
    assert len(out.requests) == 2
    assert not out.complaints
    assert out.bench.added == []  # nothing of a broken answer was run


FAILED = {
    "429 with a long Retry-After": (Status(429, headers={"retry_after": "90"}), "no more requests"),
    "429 without credit": (Status(429, error("quota", "insufficient_quota")), "no credit"),
    "401": (Status(401, error("Incorrect API key secret-key")), "OPENAI_API_KEY"),
    "403": (Status(403, error("not for secret-key")), "may not use"),
    "404": (Status(404, error("no such model")), "knows no model 'm'"),
    "400": (Status(400, error("bad temperature")), "bad temperature"),
    "400 context length": (Status(400, error("too long", "context_length_exceeded")), "new chat"),
    "400 no tools": (Status(400, error("m does not support tools")), "cannot call tools"),
    "413": (Status(413), "new chat"),
    "422": (Status(422, error("unknown field")), "unknown field"),
    "a page of HTML": (Events(("<html>welcome</html>",), done=False, content_type="text/html"),
                       None),
    "broken JSON in the stream": (Events(("data: {broken\n\n",)), "no chat completion"),
}


@pytest.mark.parametrize(("act", "words"), FAILED.values(), ids=FAILED)
def test_a_lasting_fault_is_said_in_a_sentence(act, words):
    out = Outcome([act])
    assert out.ended.how == "failed"
    assert words is None or words in out.ended.text
    assert "secret-key" not in out.ended.text
    assert not out.complaints
    assert violations(out.messages) == []


def test_a_fault_that_stays_ends_after_bounded_tries():
    out = Outcome([Status(500)])
    assert out.ended.how == "failed"
    assert 3 <= len(out.requests) <= 5


def test_a_server_that_is_down_is_named():
    out = Outcome([OK], url=closed_port())
    assert out.ended.how == "failed"
    assert "cannot be reached" in out.ended.text


SILENT = {
    "silence": Hang(),
    "silence in mid-stream": Events((chunk({"content": "It is"}), 30.0)),
    "a slow drip": Events(tuple(x for _ in range(400) for x in (chunk({"content": "."}), 0.05))),
}


@pytest.mark.parametrize("act", SILENT.values(), ids=SILENT)
def test_time_is_bounded(act):
    out = Outcome([act], limits=Limits(seconds=1))
    assert out.ended.how in ("failed", "limit")
    assert out.ended.seconds < 3
    assert violations(out.messages) == []


ANSWERED = {
    "no end mark": Events((chunk({"content": "Fine."}), chunk(finish="stop")), done=False),
    "no usage": Events((chunk({"content": "Fine."}), chunk(finish="stop"))),
    "usage with details": Events((chunk({"content": "Fine."}), chunk(finish="stop"),
                                  usage(prompt_tokens_details={"cached_tokens": 4}))),
    "usage of null": Events((chunk({"content": "Fine."}), chunk(finish="stop"),
                             chunk(usage=None))),
    "an unknown finish": Events((chunk({"content": "Fine."}), chunk(finish="eos"))),
    "an empty delta": Events((chunk({"content": None}), chunk({"content": "Fine."}),
                              chunk(finish="stop"))),
    "only a role first": Events((chunk({"role": "assistant"}), chunk({"content": "Fine."}),
                                 chunk(finish="stop"))),
    "comments to keep alive": Events((": ping\n\n", chunk({"content": "Fine."}), ": ping\n\n",
                                      chunk(finish="stop"))),
    "CRLF": Events((chunk({"content": "Fine."}), chunk(finish="stop")), newline="\r\n"),
    "byte by byte": Events((chunk({"content": "Fine."}), chunk(finish="stop")), piece=1),
    "fields nobody knows": Events((chunk({"content": "Fine.", "reasoning": "hm"}, x_cost=1),
                                   chunk(finish="stop"))),
}


@pytest.mark.parametrize("act", ANSWERED.values(), ids=ANSWERED)
def test_habits_of_servers_do_no_harm(act):
    out = Outcome([act])
    assert (out.ended.how, out.text) == ("answered", "Fine.")


def test_letters_of_several_bytes_survive_being_split():
    out = Outcome([Events((chunk({"content": "größer 🏭 → 五"}), chunk(finish="stop")), piece=1)])
    assert out.text == "größer 🏭 → 五"


TWO = '{"a": 1}', '{"a": 2}'
CALLS = {
    "one": (calls(ADD), [(2, 3)]),
    "two at once": (calls(("a", "add", TWO[0]), ("b", "add", TWO[1])), [(1, 0), (2, 0)]),
    "an index used twice": (
        Events((piece(0, "a", "add", TWO[0]), piece(0, "b", "add", TWO[1]),
                chunk(finish="tool_calls"))), [(1, 0), (2, 0)]),
    "no ids": (Events((piece(0, None, "add", TWO[0]), piece(0, None, "add", TWO[1]),
                       chunk(finish="tool_calls"))), [(1, 0), (2, 0)]),
    "empty ids": (Events((piece(0, "", "add", TWO[0]), piece(1, "", "add", TWO[1]),
                          chunk(finish="tool_calls"))), [(1, 0), (2, 0)]),
    "one id twice": (calls(("a", "add", TWO[0]), ("a", "add", TWO[1])), [(1, 0), (2, 0)]),
    "an id in every fragment": (
        Events((piece(0, "a", "add", '{"a"'), piece(0, "a", None, ": 1"), piece(0, "a", None, "}"),
                chunk(finish="tool_calls"))), [(1, 0)]),
    "a name in every fragment": (
        Events((piece(0, "a", "add", '{"a"'), piece(0, "a", "add", ": 1}"),
                chunk(finish="tool_calls"))), [(1, 0)]),
    "a name in pieces": (
        Events((piece(0, "a", "a", ""), piece(0, None, "dd", '{"a": 1}'),
                chunk(finish="tool_calls"))), [(1, 0)]),
    "interleaved": (
        Events((piece(0, "a", "add", '{"a"'), piece(1, "b", "add", '{"a"'),
                piece(0, None, None, ": 1}"), piece(1, None, None, ": 2}"),
                chunk(finish="tool_calls"))), [(1, 0), (2, 0)]),
    "character by character": (
        Events((piece(0, "a", "add", ""), *(piece(0, None, None, c) for c in '{"a": 12}'),
                chunk(finish="tool_calls"))), [(12, 0)]),
    "stop said after calls": (calls(ADD, finish="stop"), [(2, 3)]),
    "an old name for the finish": (calls(ADD, finish="function_call"), [(2, 3)]),
    "words before calls": (Events((chunk({"content": "Let me add."}), piece(0, *ADD),
                                   chunk(finish="tool_calls"))), [(2, 3)]),
}


@pytest.mark.parametrize(("act", "done"), CALLS.values(), ids=CALLS)
def test_calls_are_whole_however_they_are_cut(act, done):
    out = Outcome([act, OK])
    assert sorted(out.bench.added) == done
    assert (out.ended.how, out.text) == ("answered", "Fine.")
    assert not out.complaints
    assert [r.ok for r in out.results] == [True] * len(done)


WRONG = {
    "an unknown tool": (("c", "fly", "{}"), "no tool 'fly'"),
    "no JSON": (("c", "add", "{a: 2"), "no JSON"),
    "a list": (("c", "add", "[1, 2]"), "a list"),
    "a text": (("c", "add", '"2+3"'), "a str"),
    "null": (("c", "add", "null"), "NoneType"),
    "a missing argument": (("c", "add", "{}"), "a is missing"),
    "an unknown argument": (("c", "add", '{"a": 1, "z": 2}'), "z: no such argument"),
    "a wrong type": (("c", "add", '{"a": "many"}'), "'many'"),
    "out of range": (("c", "add", '{"a": 5000}'), "5000"),
    "infinite": (("c", "add", '{"a": Infinity}'), "a is inf"),
    "nested without end": (("c", "add", "[" * 100_000), "no JSON"),
    "far too long": (("c", "add", '{"a": "' + "9" * 300_000 + '"}'), "300,009 characters"),
    "a tool that refuses": (("c", "refuse", "{}"), "at least 10 are needed"),
    "a tool that breaks": (("c", "crash", "{}"), "ZeroDivisionError"),
    "a result that is no JSON": (("c", "nan", "{}"), "failed"),
}


@pytest.mark.parametrize(("call", "words"), WRONG.values(), ids=WRONG)
def test_a_call_that_cannot_be_run_is_answered_in_words(call, words):
    out = Outcome([calls(call), OK])
    assert (out.ended.how, out.text) == ("answered", "Fine.")
    assert [r.ok for r in out.results] == [False]
    assert words in out.results[0].content
    assert not out.complaints
    assert len(out.results[0].content) < 2_000


def test_a_long_result_is_cut():
    out = Outcome([calls(("c", "shout", "{}")), OK])
    assert 40_000 <= len(out.results[0].content) < 41_000


def test_empty_arguments_mean_none():
    assert Outcome([calls(("c", "look", "")), OK]).results[0].content == '{"n":1}'


FINISHES = {
    "cut words": (Events((chunk({"content": "It is ver"}), chunk(finish="length"))), "length"),
    "cut calls": (Events((piece(0, *ADD), chunk(finish="length"))), "length"),
    "cut at nothing": (Events((chunk(finish="length"),)), "length"),
    "filter": (Events((chunk({"content": "It"}), chunk(finish="content_filter"))),
               "content_filter"),
    "refusal": (Events((chunk({"refusal": "I will "}), chunk({"refusal": "not."}),
                        chunk(finish="stop"))), "refused"),
    "an empty answer": (Events((chunk(finish="stop"),)), "failed"),
}


@pytest.mark.parametrize(("act", "how"), FINISHES.values(), ids=FINISHES)
def test_every_way_to_finish_is_an_outcome_of_its_own(act, how):
    out = Outcome([act])
    assert out.ended.how == how
    assert out.ended.text
    assert out.bench.added == []
    assert violations(out.messages) == []


def test_more_calls_than_allowed_are_not_run():
    act = calls(*((f"c{i}", "add", '{"a": 1}') for i in range(21)))
    out = Outcome([act, OK])
    assert out.ended.how == "limit"
    assert "20 tool calls" in out.ended.text
    assert out.bench.added == []
    assert len(out.results) == 21


def test_a_model_that_calls_for_ever_is_ended_by_turns():
    out = Outcome([calls(ADD)], limits=Limits(seconds=20, turns=5))
    assert out.ended.how == "limit"
    assert "5 of 5 turns" in out.ended.text
    assert len(out.requests) == 5
    assert not out.complaints


def test_tokens_and_money_are_bounded():
    out = Outcome([calls(ADD)], limits=Limits(seconds=20, tokens=500, turns=30),
                  price=Price(prompt=1, completion=1))
    assert out.ended.how == "limit"
    dear = Outcome([calls(ADD)], limits=Limits(seconds=20, turns=30, money=0.05),
                   price=Price(prompt=1000, completion=1000))
    assert "of $0.05" in dear.ended.text
    assert dear.ended.dollars == pytest.approx(0.05)
    assert dear.requests[-1]["max_tokens"] <= 10


def test_a_tool_that_hangs_is_ended_by_time():
    out = Outcome([calls(("c", "wait", "{}")), OK], limits=Limits(seconds=1))
    assert out.ended.how == "limit"
    assert "within the reply's 1 s" in out.results[0].content
    assert out.ended.seconds < 3


def test_usage_and_cost_are_what_the_server_counted():
    out = Outcome([calls(ADD), OK], price=Price(prompt=2, completion=10))
    assert (out.ended.usage.prompt, out.ended.usage.completion) == (14, 6)
    assert out.ended.dollars == pytest.approx((14 * 2 + 6 * 10) / 1e6)


def test_results_are_told_as_they_come():
    out = Outcome([calls(("a", "add", TWO[0]), ("b", "look", "{}")), OK])
    ended = [e.call.id for e in out.told if isinstance(e, CallEnded)]
    assert sorted(ended) == ["a", "b"]
    assert [r.call_id for r in out.results] == ["a", "b"]


SOUND = ("one", "two at once", "words before calls")
KINDS = (*ANSWERED_AFTER_RETRY, *FAILED, *SILENT, *ANSWERED, *(k for k in CALLS if k not in SOUND),
         *WRONG, *FINISHES)
"""Every kind of fault above, as `python -m bench agent` counts them."""


def test_at_least_sixty_kinds_of_faults_are_injected():
    assert len(set(KINDS)) == len(KINDS) >= 60
