"""The cost of a day: kept, shared, capped, and closed when it cannot be told."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from engine.agent.budget import Limits, Price
from engine.agent.conversation import Conversation
from engine.agent.ledger import DOMAIN, DayPurse, Ledger, day_cap
from engine.agent.loop import Agent, Settings
from engine.agent.messages import Assistant, ToolCall, User
from engine.agent.model import Reply, Usage
from engine.agent.tools import Tool, Toolbox
from engine.errors import InvalidInput, StoreError
from engine.store import open_store
from tests.engine.agent.house import Nothing
from tests.engine.agent.scripted import Scripted


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/atrium.db")
    yield store
    store.close()


class Clock:
    def __init__(self):
        self.at = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)

    def __call__(self):
        return self.at


def test_a_day_adds_up_and_the_next_begins_at_nothing(store):
    clock = Clock()
    ledger = Ledger(store, clock)
    for dollars in (0.25, 0.5):
        ledger.settle(ledger.take(1.0, 5.0), dollars)
    assert ledger.today() == 0.75
    clock.at += timedelta(minutes=2)
    assert ledger.today() == 0.0
    ledger.settle(ledger.take(1.0, 5.0), 0.125)
    assert ledger.today() == 0.125
    assert [r.label for r in store.runs(DOMAIN)] == ["Cost · 2026-03-02 · UTC",
                                                     "Cost · 2026-03-01 · UTC"]


def test_it_is_known_after_a_restart(tmp_path):
    url = f"sqlite:///{tmp_path}/atrium.db"
    clock = Clock()
    for expected in (0.5, 1.0):
        store = open_store(url)
        ledger = Ledger(store, clock)
        ledger.settle(ledger.take(1.0, 5.0), 0.5)
        assert Ledger(store, clock).today() == expected
        store.close()


def test_a_clock_that_is_set_back_loses_nothing(store):
    clock = Clock()
    ledger = Ledger(store, clock)
    ledger.settle(0.0, 0.5)
    clock.at -= timedelta(hours=1)
    ledger.settle(0.0, 0.25)
    assert ledger.today() == 0.75


def test_replies_at_once_cannot_pass_the_cap_together(store):
    ledger = Ledger(store, Clock())
    taken = []
    threads = [threading.Thread(target=lambda: taken.append(ledger.take(0.4, 1.0)))
               for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert taken == [0.4, 0.4]
    assert ledger.take(0.4, 1.0) == pytest.approx(0.2)
    with pytest.raises(InvalidInput, match=r"\$0.00 of \$1.00 a day are spent and \$1.00 are held"):
        ledger.take(0.4, 1.0)
    ledger.settle(0.4, 0.1)
    assert ledger.take(0.4, 1.0) == pytest.approx(0.3)


@pytest.mark.parametrize(("named", "cap"), [("", 5.0), ("2.5", 2.5), ("90", 5.0), ("0", 0.0)])
def test_the_server_may_lower_the_cap(monkeypatch, named, cap):
    monkeypatch.setenv("ATRIUM_DAY_BUDGET", named)
    assert day_cap(5.0) == cap


@pytest.mark.parametrize("named", ["a lot", "-1", "nan"])
def test_a_cap_that_is_no_amount_spends_nothing(monkeypatch, named):
    monkeypatch.setenv("ATRIUM_DAY_BUDGET", named)
    with pytest.raises(InvalidInput, match="ATRIUM_DAY_BUDGET"):
        day_cap(5.0)


def reply(store, cap, price, model=None, tools=()):
    model = model or Scripted([(Reply(Assistant("Fine."), Usage(1000, 500)),)])
    talk = Conversation()
    talk.say(User("Go."))
    agent = Agent(model, Toolbox(tools),
                  Settings(limits=Limits(money=1.0), price=price, changes="allow"),
                  purse=DayPurse(lambda: store, cap))
    return agent.reply(talk, threading.Event(), lambda _: None), model


def test_replies_are_booked_as_the_api_counts_them_and_end_at_the_cap(store):
    price = Price(prompt=100, completion=200)  # 0.2 $ a reply
    for _ in range(3):
        ended, _ = reply(store, 0.5, price)
        assert ended.how == "answered"
        assert ended.dollars == pytest.approx(0.2)
    model = Scripted([])
    with pytest.raises(InvalidInput, match=r"0.60 of \$0.50 a day"):
        reply(store, 0.5, price, model)
    assert model.requests == []


def test_what_the_day_leaves_bounds_a_reply(store):
    Ledger(store).settle(0.0, 0.45)
    _, model = reply(store, 0.5, Price(completion=200),
                     Scripted([(Reply(Assistant("Fine."), Usage(10, 10)),)]))
    assert 249 <= model.most[0] <= 250  # 0.05 $ at 200 $ a million


def test_a_store_that_is_gone_stops_what_costs_and_nothing_else(store):
    store.close()
    model = Scripted([])
    with pytest.raises(StoreError):
        reply(store, 5.0, Price(prompt=1), model)
    assert model.requests == []
    ended, _ = reply(store, 5.0, Price())
    assert ended.how == "answered"
    call = Reply(Assistant("", (ToolCall("c", "paint", "{}"),), "tool_calls"))
    painted = []
    paint = Tool("paint", "Costs.", Nothing, "money", lambda _a, _c: painted.append(1), price=0.1)
    ended, model = reply(store, 5.0, Price(), Scripted([(call,), (Reply(Assistant("No.")),)]),
                         [paint])
    assert (ended.how, painted) == ("answered", [])
    assert "it costs up to $0.10" in model.requests[1][-1].content
