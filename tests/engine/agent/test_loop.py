import threading
import time
from concurrent.futures import Future

import pytest

from engine.agent.approval import DenyAll, Question, decide, ruling
from engine.agent.budget import Limits
from engine.agent.conversation import Conversation
from engine.agent.events import Asked, CallBegan, CallEnded, Decided, Ended, Said
from engine.agent.loop import MAX_QUESTION, STOPPED, Agent, Settings
from engine.agent.messages import Assistant, System, ToolCall, ToolResult, User, violations
from engine.agent.model import Reply, Text, Usage
from engine.agent.openai_model import Endpoint, OpenAIModel
from engine.agent.tools import Toolbox
from engine.agent.trace import Trace
from engine.errors import InvalidInput
from tests.engine.agent.house import Bench
from tests.engine.agent.scripted import Scripted
from tests.engine.agent.strict_server import Events, Hang, chunk, serving
from tests.waiting import until

PROMPT_S = 2.0
"""The acts below would go on for 30 s; how prompt a stop is in milliseconds, `make bench` says."""
FINE = (Text("Fine."), Reply(Assistant("Fine."), Usage(5, 2)))


def call(name, arguments="{}", call_id="c"):
    return ToolCall(call_id, name, arguments)


def asks(*calls, text=""):
    return (Reply(Assistant(text, calls, "tool_calls"), Usage(5, 2)),)


class Person:
    """Answers questions as told; None never answers."""

    def __init__(self, says):
        self.says, self.questions = says, []

    def ask(self, question):
        self.questions.append(question)
        answer = Future()
        if isinstance(self.says, Exception):
            raise self.says
        if self.says is not None:
            answer.set_result(self.says)
        return answer


class Talk:
    """A bench, a model and a conversation."""

    def __init__(self, *turns, model=None, person=None, off=(), **settings):
        self.bench = Bench()
        self.model = model or Scripted(turns)
        self.agent = Agent(self.model, Toolbox(self.bench.tools(), off),
                           Settings(retry_s=0.01, **settings), approver=person)
        self.said, self.told, self.stop = Conversation(), [], threading.Event()
        self.trace = Trace()

    def ask(self, text="What now?"):
        self.said.say(User(text))
        return self.reply()

    def reply(self):
        return self.agent.reply(self.said, self.stop, self.told.append, self.trace)

    def later(self):
        """Ask in a thread; returns it."""
        self.said.say(User("What now?"))
        thread = threading.Thread(target=self.reply)
        thread.start()
        return thread

    def results(self):
        return [m for m in self.said.messages() if isinstance(m, ToolResult)]


def test_calls_are_kept_before_their_results_and_then_answered():
    talk = Talk(asks(call("add", '{"a": 2, "b": 3}')), FINE)
    ended = talk.ask()
    assert [type(m) for m in talk.said.messages()] == [User, Assistant, ToolResult, Assistant]
    assert talk.results()[0].content == "5"
    assert (ended.how, ended.turns, ended.calls, ended.usage) == ("answered", 2, 1, Usage(10, 4))
    assert [type(e) for e in talk.told] == [CallBegan, CallEnded, Said, Ended]


def test_a_second_question_sees_the_first():
    talk = Talk(FINE, FINE)
    talk.ask("One?")
    talk.ask("Two?")
    assert [m.text for m in talk.model.requests[1]] == ["One?", "Fine.", "Two?"]


def test_instructions_come_first_and_are_not_kept():
    talk = Talk(FINE, instructions="Be brief.")
    talk.ask()
    assert talk.model.requests[0][0] == System("Be brief.")
    assert not any(isinstance(m, System) for m in talk.said.messages())


def test_reading_runs_side_by_side_and_keeps_the_order_of_the_calls():
    talk = Talk(asks(call("wait", call_id="slow"), call("look", call_id="quick")), FINE)
    thread = talk.later()
    until(lambda: any(isinstance(e, CallEnded) and e.call.id == "quick" for e in talk.told))
    talk.bench.release.set()
    thread.join(5)
    assert [r.call_id for r in talk.results()] == ["slow", "quick"]


@pytest.mark.parametrize("question", ["", "  \n ", "x" * (MAX_QUESTION + 1)])
def test_a_question_that_cannot_be_answered_is_refused(question):
    talk = Talk(FINE)
    with pytest.raises(InvalidInput):
        talk.ask(question)
    assert not talk.model.requests


def test_without_a_question_there_is_no_answer():
    with pytest.raises(InvalidInput, match="no question"):
        Talk(FINE).reply()


def test_a_tool_that_is_off_is_not_offered_and_not_run():
    talk = Talk(asks(call("look")), FINE, off=("look",))
    talk.ask()
    assert "switched off" in talk.results()[0].content
    assert "look" not in [t.name for t in talk.agent.tools]


# Approval


def test_a_change_is_asked_for_and_made_on_yes():
    person = Person(True)
    talk = Talk(asks(call("change", '{"a": 4}')), FINE, person=person)
    talk.ask()
    assert talk.bench.changed == [4]
    assert person.questions[0].change == "0 → 4"
    assert [e.yes for e in talk.told if isinstance(e, Decided)] == [True]


@pytest.mark.parametrize("says", [False, None, RuntimeError("no line"), "yes"],
                         ids=["no", "silence", "broken", "not a clear yes"])
def test_anything_but_a_clear_yes_is_a_no(says):
    talk = Talk(asks(call("change", '{"a": 4}')), FINE, person=Person(says), patience_s=0.1)
    assert talk.ask().how == "answered"
    assert talk.bench.changed == []
    assert "did not approve" in talk.results()[0].content


def test_nobody_to_ask_means_no():
    talk = Talk(asks(call("change", '{"a": 4}')), FINE)
    talk.ask()
    assert isinstance(talk.agent.approver, DenyAll)
    assert talk.bench.changed == []


def test_never_does_not_even_ask():
    person = Person(True)
    talk = Talk(asks(call("change", '{"a": 4}')), FINE, person=person, changes="never")
    talk.ask()
    assert (talk.bench.changed, person.questions) == ([], [])
    assert "switched off" in talk.results()[0].content


def test_allowed_changes_run_unasked_and_in_order():
    talk = Talk(asks(call("change", '{"a": 1}', "x"), call("look", call_id="y"),
                     call("change", '{"a": 2}', "z")), FINE, changes="allow")
    talk.ask()
    assert talk.bench.changed == [1, 2]
    assert [r.call_id for r in talk.results()] == ["x", "y", "z"]


def test_after_somebody_elses_text_every_change_is_asked_for():
    person = Person(False)
    talk = Talk(asks(call("page")), asks(call("change", '{"a": 1}')), FINE,
                person=person, changes="allow")
    talk.ask()
    assert talk.bench.changed == []
    assert "outside" in person.questions[0].reason
    talk.model.turns = [asks(call("change", '{"a": 1}')), FINE]
    talk.model.requests.clear()
    talk.ask("And now?")  # the page is still in the history
    assert len(person.questions) == 2
    assert talk.bench.changed == []


def test_changes_beside_a_foreign_page_are_asked_for_too():
    person = Person(False)
    talk = Talk(asks(call("page", call_id="p"), call("change", '{"a": 1}', "q")), FINE,
                person=person, changes="allow")
    talk.ask()
    assert talk.bench.changed == []
    assert len(person.questions) == 1


@pytest.mark.parametrize(("permission", "setting", "tainted", "rule"), [
    ("read", "never", True, "go"), ("change", "allow", False, "go"),
    ("change", "ask", False, "ask"),
    ("change", "never", False, "no"), ("change", "allow", True, "ask"),
    ("money", "ask", False, "ask"), ("money", "allow", True, "ask"), ("code", "ask", False, "go"),
    ("code", "allow", True, "go"), ("code", "never", False, "no")])
def test_the_table_of_rulings(permission, setting, tainted, rule):
    assert ruling(permission, setting, tainted=tainted)[0] == rule


def test_time_spent_asking_is_not_the_replys():
    class Slow(Person):
        def ask(self, question):
            answer = Future()
            threading.Timer(1.2, answer.set_result, (True,)).start()
            return answer
    talk = Talk(asks(call("change", '{"a": 4}')), FINE, person=Slow(True),
                limits=Limits(seconds=1))
    assert talk.ask().how == "answered"


# Stop


def stop_while(talk, ready):
    """Stop once `ready`; returns seconds until the reply had ended."""
    thread = talk.later()
    until(ready)
    begun = time.monotonic()
    talk.stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert isinstance(talk.told[-1], Ended)
    assert talk.told[-1].how == "stopped"
    assert violations(talk.said.messages()) == []
    return time.monotonic() - begun


@pytest.mark.parametrize("act", [
    Hang(), Events((chunk({"content": "It is"}), 30.0)),
    Events(tuple(x for _ in range(400) for x in (chunk({"content": "."}), 0.02)))],
    ids=["silence", "silence in mid-stream", "while it speaks"])
def test_a_server_that_goes_on_is_left_within_the_bound(act):
    with serving(act) as script:
        talk = Talk(model=OpenAIModel(Endpoint("m", script.url)))
        silent = isinstance(act, Hang)
        took = stop_while(talk, lambda: script.requests if silent else talk.told)
    assert took < PROMPT_S
    said = talk.said.messages()[-1]
    if silent:
        assert isinstance(said, User)
    else:
        assert (said.finish, bool(said.text)) == ("cancelled", True)


def test_a_tool_that_goes_on_is_left_with_a_result_that_says_so():
    talk = Talk(asks(call("wait"), call("look", call_id="d")), FINE)
    took = stop_while(talk, lambda: any(isinstance(e, CallBegan) for e in talk.told))
    talk.bench.release.set()
    assert took < PROMPT_S
    assert talk.results()[0].content == STOPPED
    talk.stop.clear()
    talk.model.turns = [FINE]
    assert talk.ask("Go on.").how == "answered"


def test_a_question_to_the_person_is_withdrawn():
    person = Person(None)
    talk = Talk(asks(call("change", '{"a": 4}')), FINE, person=person)
    assert stop_while(talk, lambda: any(isinstance(e, Asked) for e in talk.told)) < PROMPT_S
    assert talk.bench.changed == []
    assert len(talk.results()) == 1


def test_decide_takes_a_stop_for_a_no():
    stop = threading.Event()
    stop.set()
    assert decide(Person(None), Question("c", "change", "{}", "", "", 5.0), stop) is False


# Trace


def test_every_span_has_a_parent_a_duration_and_its_tokens():
    talk = Talk(asks(call("add", '{"a": 1}')), FINE)
    talk.ask()
    spans = talk.trace.spans
    assert [s.kind for s in spans] == ["reply", "turn", "generation", "tool", "turn", "generation"]
    assert [s.parent for s in spans] == [None, 0, 1, 1, 0, 4]
    assert all(s.duration_s is not None and s.duration_s >= 0 for s in spans)
    assert spans[0].usage == spans[2].usage + spans[5].usage
    for span in spans[1:]:
        parent = spans[span.parent]
        assert parent.start_s <= span.start_s
        assert span.start_s + span.duration_s <= parent.start_s + parent.duration_s + 1e-6
