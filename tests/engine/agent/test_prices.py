from datetime import date

import pytest

from engine.agent.budget import Price
from engine.agent.model import Usage
from engine.agent.models import price_for, price_line
from engine.agent.params import AgentParams
from engine.agent.prices import (
    ANY,
    OPENAI,
    UNKNOWN,
    Line,
    checked,
    line_of,
    own,
    own_file,
    price_of,
    read,
    save,
    server_of,
    shipped,
)
from engine.errors import InvalidInput, StoreError

MINE = Line("", "m", 1.0, None, 2.0)


@pytest.fixture(autouse=True)
def apart(monkeypatch, tmp_path):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    for name in ("OPENAI_BASE_URL", "ATRIUM_MODEL"):
        monkeypatch.delenv(name, raising=False)


def test_every_shipped_line_says_when_and_where():
    lines = shipped()
    assert len({(x.server, x.model) for x in lines}) == len(lines) >= 20
    for x in lines:
        assert x.source.startswith("https://"), x
        assert date.fromisoformat(x.as_of) >= date(2025, 1, 1), x
        assert 0 < x.prompt < x.answer, x
        assert x.cached is None or x.cached < x.prompt, x


def test_a_price_is_counted_by_hand():
    # 1,000 prompt tokens, 400 of them cached, 100 answered, at 2, 0.5 and 8 dollars a million
    usage = Usage(prompt=1000, completion=100, cached=400)
    assert Line("", "m", 2, 0.5, 8).price.dollars(usage) == pytest.approx(
        (600 * 2 + 400 * 0.5 + 100 * 8) / 1e6)
    assert Line("", "m", 2, None, 8).price.dollars(usage) == pytest.approx(
        (1000 * 2 + 100 * 8) / 1e6)  # no price for the cache is no gift


A, ANYWHERE, ALL = Line("a", "m", 1, None, 1), Line("", "m", 2, None, 2), Line("a", ANY, 3, None, 3)
SNAPSHOT = Line("a", "m-2026-01-02", 4, None, 4)


@pytest.mark.parametrize(("server", "model", "found"), [
    ("a", "m", A), ("b", "m", ANYWHERE), ("a", "other", ALL), ("b", "other", None),
    ("a", "m-2026-01-02", SNAPSHOT), ("a", "m-2026-05-06", A), ("b", "m-20260506", ANYWHERE),
    ("a", "m-mini", ALL), ("b", "m-mini", None)])
def test_the_closest_line_prices_a_model(server, model, found):
    assert line_of(server, model, [ANYWHERE, ALL, A, SNAPSHOT]) == found


@pytest.mark.parametrize(("url", "server"), [
    (None, OPENAI), ("", OPENAI), ("http://localhost:11434/v1", "localhost"),
    ("https://API.x.ai/v1", "api.x.ai")])
def test_a_server_is_the_host_of_the_address(url, server):
    assert server_of(url) == server


def test_ones_own_lines_go_before_the_shipped_and_a_model_in_neither_is_unknown():
    model = shipped()[0].model
    theirs = price_of(OPENAI, model)
    assert theirs.known
    assert price_of("localhost", model) == UNKNOWN  # the same name elsewhere is another price
    save([Line(OPENAI, model, 0.5, None, 1.5), Line("localhost", ANY, 0, None, 0)])
    assert price_of(OPENAI, model) == Price(prompt=0.5, cached=0.5, completion=1.5)
    assert price_of("localhost", "anything") == Price()
    save([])
    assert price_of(OPENAI, model) == theirs
    assert not UNKNOWN.costs


def test_the_planner_costs_nothing_and_a_model_what_its_line_says(monkeypatch):
    save([MINE])
    assert price_for(AgentParams(), "m") == Price()
    assert price_for(AgentParams(answers="model"), "m").completion == 2
    assert price_for(AgentParams(answers="model"), "z") == UNKNOWN
    monkeypatch.setenv("ATRIUM_MODEL", "m")
    assert price_line() == MINE


def test_what_is_saved_reads_back_and_two_prices_for_one_are_refused():
    lines = [MINE, Line("a", "x, \"y\"", 0.1, 0.01, 3, "2026-01-02", "a, b\u00e4")]
    save(lines)
    assert own() == lines
    with pytest.raises(InvalidInput, match="m at any server has two prices"):
        save([MINE, MINE])
    with pytest.raises(InvalidInput, match="at most 500"):
        save([MINE] * 501)
    assert own() == lines


def test_a_damaged_table_is_said_by_its_line(tmp_path):
    own_file().parent.mkdir()
    own_file().write_text("server,model,prompt,cached,answer\na,m,cheap,,1\n")
    with pytest.raises(InvalidInput, match=r"prices.csv line 2: prompt is 'cheap'"):
        price_of("a", "m")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read(tmp_path)


def test_a_place_that_cannot_be_written_is_said(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="ATRIUM_DATA"):
        save([MINE])


@pytest.mark.parametrize("row", [
    {"model": "m"}, {"prompt": 1, "answer": 1}, {"model": "m", "prompt": -1, "answer": 1},
    {"model": "m", "prompt": float("nan"), "answer": 1}, {"model": "m", "prompt": 1, "answer": 9e9},
    {"model": "m", "prompt": 1, "answer": 1, "as_of": "yesterday"},
    {"model": "m" * 301, "prompt": 1, "answer": 1}])
def test_what_is_no_price_is_refused(row):
    with pytest.raises(InvalidInput, match="your line 1"):
        checked(row, "your line 1")
