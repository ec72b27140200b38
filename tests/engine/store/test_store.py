import itertools
import math
import threading
from datetime import UTC, datetime

import numpy as np
import pytest
import sqlalchemy as sa

from engine.errors import InvalidInput, StoreError
from engine.store import open_store
from engine.store.schema import chunk
from tests.waiting import until


def rows_of(store):
    """Header rows as the database holds them."""
    engine = store._backend.readers
    with engine.connect() as connection:
        return connection.execute(
            sa.select(chunk.c.series, chunk.c.ordinal, chunk.c.n)
            .order_by(chunk.c.series, chunk.c.ordinal)).all()


def test_a_run_keeps_where_it_comes_from(any_store, monkeypatch):
    monkeypatch.setenv("ATRIUM_COMMIT", "c0ffee")
    before = datetime.now(UTC)
    number = any_store.begin_run("warehouse", {"robots": np.int64(100), "rate": 1.5, "on": True},
                                 2**40, "first, with 'quotes' and ünïcode", step_s=0.5)
    run = any_store.run(number)
    assert run.parameters == {"robots": 100, "rate": 1.5, "on": True}
    assert (run.domain, run.seed, run.outcome, run.note) == ("warehouse", 2**40, "running", "")
    assert run.step_s == 0.5
    assert run.label == "first, with 'quotes' and ünïcode"
    assert run.commit == "c0ffee"
    assert {"python", "numpy", "numba", "cpu", "os"} <= run.environment.keys()
    assert before <= run.started_at <= datetime.now(UTC)
    assert run.ended_at is None
    any_store.end_run(number, "finished", "done")
    run = any_store.run(number)
    assert (run.outcome, run.note) == ("finished", "done")
    assert run.started_at <= run.ended_at <= datetime.now(UTC)


def test_points_come_back_bit_for_bit(any_store):
    run = any_store.begin_run("warehouse", {}, 1)
    rng = np.random.default_rng(7)
    step = np.cumsum(rng.integers(0, 3, 5000)).astype(float)
    value = rng.normal(size=5000)
    value[[0, 10, 999, 2000, 4999]] = [math.nan, math.inf, -0.0, -math.inf, math.nan]
    cuts = [0, 1, 2, 1023, 1024, 1025, 3000, 5000]
    for start, end in itertools.pairwise(cuts):
        any_store.append(run, "a.b", step[start:end], value[start:end])
        any_store.flush()
    pieces = list(any_store.raw(run, "a.b"))
    assert np.concatenate([p.step for p in pieces]).tolist() == step.tolist()
    got = np.concatenate([p.value for p in pieces])
    assert (got.view(np.int64) == value.view(np.int64)).all()
    assert [r.n for r in rows_of(any_store)] == [1024] * 4 + [904]
    real = value[~np.isnan(value)]
    summary = any_store.summary(run, "a.b")
    assert (summary.n, summary.low, summary.high) == (5000, real.min(), real.max())
    assert math.isnan(summary.mean)  # +inf and -inf cancel


def test_points_are_copied(store):
    run = store.begin_run("warehouse", {}, 1)
    step, value = np.arange(3.0), np.arange(3.0)
    store.append(run, "a", step, value)
    step += 100
    value += 100
    store.flush()
    assert store.series(run, "a").value.tolist() == [0, 1, 2]


def test_numbers_lists_and_integers_are_points_too(store):
    run = store.begin_run("warehouse", {}, 1)
    store.append(run, "a", 1, 2)
    store.append(run, "a", [2, 3], np.array([4, 5], np.int32))
    store.append(run, "a", [], [])
    store.flush()
    assert store.series(run, "a").value.tolist() == [2, 4, 5]


def test_the_mean_is_rounded_once_a_chunk(store):
    run = store.begin_run("warehouse", {}, 1)
    value = np.random.default_rng(1).normal(size=100_000) * 1e6
    store.append(run, "a", np.arange(100_000.0), value)
    store.flush()
    assert store.summary(run, "a").mean == pytest.approx(math.fsum(value) / 100_000, rel=1e-13)


def test_many_small_appends_make_few_chunks(any_store):
    """50 series, 10 points a second each: tails are rewritten, not piled up."""
    run = any_store.begin_run("warehouse", {}, 1)
    for i in range(60):
        for s in range(50):
            any_store.append(run, f"group.series_{s}", i, s * i)
        if i % 5 == 0:
            any_store.flush()
    any_store.flush()
    assert [r.n for r in rows_of(any_store)] == [60] * 50
    got = any_store.series(run, "group.series_7")
    assert got.value.tolist() == [7 * i for i in range(60)]


def test_an_open_tail_is_readable_without_a_flush(store):
    run = store.begin_run("warehouse", {}, 1)
    store.append(run, "a", 0, 1.0)
    until(lambda: len(store.series(run, "a").step) == 1)
    store.append(run, "a", 1, 2.0)
    until(lambda: store.series(run, "a").value.tolist() == [1.0, 2.0])
    assert store.health().state == "ok"
    until(lambda: store.health().queued == 0)


def test_events_keep_order_and_are_found_by_kind_and_step(any_store):
    run, other = (any_store.begin_run("warehouse", {}, s) for s in (1, 2))
    any_store.event(run, 5, "fault", "robot 3 broke", {"robot": np.int16(3), "x": math.nan})
    any_store.event(other, 5, "fault", "not mine")
    any_store.event(run, 5, "setting", "", {})
    any_store.event(run, 9, "fault", "nul \0 and \ud800 are replaced")
    any_store.flush()
    got = any_store.events(run)
    assert [(e.number, e.step, e.kind) for e in got] == [
        (0, 5.0, "fault"), (1, 5.0, "setting"), (2, 9.0, "fault")]
    assert got[0].data == {"robot": 3, "x": None}
    assert got[2].text == "nul \ufffd and ? are replaced"
    assert [e.number for e in any_store.events(run, kinds=["fault"], lo=6)] == [2]
    assert [e.number for e in any_store.events(run, hi=5, limit=1)] == [0]


def test_runs_are_listed_newest_first(any_store):
    first = any_store.begin_run("warehouse", {}, 1)
    second = any_store.begin_run("go", {}, 1)
    assert [r.id for r in any_store.runs()] == [second, first]
    assert [r.id for r in any_store.runs("warehouse")] == [first]
    assert [r.id for r in any_store.runs(limit=1)] == [second]


def test_names_and_parameters_of_several_runs(any_store):
    a = any_store.begin_run("warehouse", {"robots": 10, "rate": 1.0}, 1)
    b = any_store.begin_run("warehouse", {"robots": 10, "rate": 2.0, "new": "x"}, 1)
    any_store.append(a, "q.a", 0, 0)
    any_store.append(b, "q.b", 0, 0)
    any_store.append(b, "q.a", 0, 0)
    any_store.flush()
    assert any_store.series_names([a, b]) == ["q.a", "q.b"]
    assert any_store.series_names([a]) == ["q.a"]
    assert any_store.parameters([b, a]) == [
        ("rate", (2.0, 1.0), True), ("new", ("x", None), True), ("robots", (10, 10), False)]
    assert [row.name for row in any_store.parameters([a, b], only_differing=True)] == [
        "rate", "new"]
    assert any_store.parameters([]) == []


def test_a_running_run_is_not_deleted_and_others_stay(any_store):
    a, b, c = (any_store.begin_run("warehouse", {}, s) for s in range(3))
    for run in (a, b, c):
        any_store.append(run, "x", np.arange(3000.0), np.arange(3000.0))
        any_store.event(run, 1, "mark", "")
    any_store.end_run(a, "finished")
    any_store.end_run(b, "crashed", "boom")
    with pytest.raises(InvalidInput, match=f"Run {c} is still running"):
        any_store.delete_runs([a, c])
    assert any_store.summary(a, "x").n == 3000
    assert any_store.delete_runs([a, b, 999]) == 2
    assert [r.id for r in any_store.runs()] == [c]
    assert any_store.series_names([a, b, c]) == ["x"]
    assert any_store.events(a) == []
    assert {r.n for r in rows_of(any_store)} <= {1024, 952}
    any_store.end_run(c, "stopped")
    assert any_store.delete_runs([c]) == 1
    assert rows_of(any_store) == []
    assert any_store.begin_run("warehouse", {}, 1) > c  # numbers are not given again


def test_what_is_not_recorded_is_empty_and_unknown_runs_are_refused(store):
    run = store.begin_run("warehouse", {}, 1)
    assert len(store.series(run, "nothing").step) == 0
    assert list(store.raw(run, "nothing")) == []
    assert store.summary(run, "nothing").n == 0
    with pytest.raises(InvalidInput, match="no run 99"):
        store.run(99)
    with pytest.raises(InvalidInput, match="no run 99"):
        store.parameters([run, 99])


@pytest.mark.parametrize(("name", "step", "value", "words"), [
    ("a", [1, 2], [1], "shape"),
    ("a", [[1]], [[1]], "shape"),
    ("a", [2, 1], [1, 1], "must not decrease"),
    ("a", [1, math.nan, 2], [1, 1, 1], "finite"),
    ("a", math.nan, 1, "finite"),
    ("a", [1, math.inf], [1, 1], "finite"),
    ("", 1, 1, "cannot name a series"),
    ("a,b", 1, 1, "without a comma"),
    ("a\tb", 1, 1, "printable"),
    ("x" * 201, 1, 1, "1 to 200"),
    ("a", -1, 1, "went back from step 0 to -1"),
])
def test_bad_points_are_refused_at_once(store, name, step, value, words):
    run = store.begin_run("warehouse", {}, 1)
    store.append(run, "a", 0, 0)
    with pytest.raises(InvalidInput, match=words):
        store.append(run, name, step, value)
    store.flush()
    assert store.series(run, "a").step.tolist() == [0]


def test_bad_runs_and_events_are_refused_at_once(store):
    with pytest.raises(InvalidInput, match="JSON"):
        store.begin_run("warehouse", {"x": object()}, 1)
    with pytest.raises(InvalidInput, match="64-bit"):
        store.begin_run("warehouse", {}, 2**63)
    with pytest.raises(InvalidInput, match="domain"):
        store.begin_run("x" * 65, {}, 1)
    with pytest.raises(InvalidInput, match="above 0"):
        store.begin_run("warehouse", {}, 1, step_s=0.0)
    run = store.begin_run("warehouse", {}, 1)
    with pytest.raises(InvalidInput, match="kind of event"):
        store.event(run, 1, "", "")
    with pytest.raises(InvalidInput, match="finite"):
        store.event(run, math.nan, "mark", "")
    with pytest.raises(InvalidInput, match="JSON"):
        store.event(run, 1, "mark", "", {"x": {1, 2}})
    with pytest.raises(InvalidInput, match="choose from"):
        store.end_run(run, "exploded")
    store.append(run, "a", 0, 0)
    store.flush()
    with pytest.raises(InvalidInput, match="at least 8"):
        store.series(run, "a", points=7)
    with pytest.raises(InvalidInput, match="lower step"):
        store.series(run, "a", 2, 1)


def test_nothing_is_taken_after_the_end(store):
    run = store.begin_run("warehouse", {}, 1)
    store.append(run, "a", 0, 0)
    store.end_run(run, "running", "still going")
    assert store.run(run).note == "still going"
    store.append(run, "a", 1, 1)
    store.end_run(run, "finished")
    assert store.series(run, "a").step.tolist() == [0, 1]
    for late in (lambda: store.append(run, "a", 2, 2), lambda: store.event(run, 2, "mark", ""),
                 lambda: store.end_run(run, "finished"), lambda: store.append(99, "a", 0, 0)):
        with pytest.raises(InvalidInput, match="not being recorded"):
            late()


def test_one_store_a_url_and_a_new_one_after_closing(url, tmp_path, monkeypatch):
    first = open_store(url)
    assert open_store(url) is first
    assert open_store(f"sqlite:///{tmp_path}/./atrium.db") is first
    monkeypatch.setenv("ATRIUM_DB_URL", url)
    assert open_store() is first
    run = first.begin_run("warehouse", {}, 1)
    first.append(run, "a", 0, 5)
    first.close()
    first.close()
    with pytest.raises(StoreError, match="closed"):
        first.append(run, "a", 1, 1)
    with pytest.raises(StoreError, match="closed"):
        first.runs()
    with pytest.raises(StoreError, match="closed"):
        first.begin_run("warehouse", {}, 1)
    second = open_store(url)
    assert second is not first
    assert second.series(run, "a").value.tolist() == [5]  # closing wrote what waited
    assert second.run(run).outcome == "interrupted"
    second.close()


def test_the_default_place_is_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.delenv("ATRIUM_DB_URL", raising=False)
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path / "new" / "folder"))
    store = open_store()
    store.close()
    assert (tmp_path / "new" / "folder" / "atrium.db").stat().st_size > 0


def test_a_folder_may_have_any_name(tmp_path, monkeypatch):
    monkeypatch.delenv("ATRIUM_DB_URL", raising=False)
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path / "my data? #1 100%"))
    store = open_store()
    run = store.begin_run("test", {}, 0)
    store.append(run, "s", 0, 1)
    store.flush()
    assert store.series(run, "s").value.tolist() == [1]
    store.close()
    assert (tmp_path / "my data? #1 100%" / "atrium.db").exists()


def test_closing_ends_the_thread(url):
    before = {t for t in threading.enumerate() if t.name == "store-writer"}
    open_store(url).close()
    assert {t for t in threading.enumerate() if t.name == "store-writer"} == before
