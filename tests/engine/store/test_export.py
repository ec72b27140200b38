import csv
import io
import json
import math
import struct

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.store import Selection
from engine.store.export import formula_safe

AWKWARD = np.array([0.1, -0.0, 0.0, 1e300, 5e-324, -1.7976931348623157e308, math.inf, -math.inf,
                    math.nan, 1 / 3, -1, 123456789.123456789])


@pytest.fixture
def filled(any_store):
    """Two runs; the first has two series, one of them awkward, the second one long."""
    a = any_store.begin_run("=warehouse", {}, 1)
    b = any_store.begin_run("go", {}, 2)
    any_store.append(a, "-danger", np.arange(12.0), AWKWARD)
    any_store.append(a, "plain.series", [0.5, 1.5], [1, 2])
    any_store.append(b, "plain.series", np.arange(150_000.0),
                     np.random.default_rng(0).normal(size=150_000))
    any_store.event(a, 1, "+kind", "=HYPERLINK(\"x\")\nsecond line, with comma", {"k": "ü"})
    any_store.event(a, 2, "kind", "plain", {})
    any_store.flush()
    return any_store, a, b


def rows(pieces):
    return list(csv.DictReader(io.StringIO(b"".join(pieces).decode())))


def bits(value):
    return struct.pack("<d", value)


def test_csv_reads_back_to_the_same_bits(filled):
    store, a, b = filled
    got = rows(store.export_csv(Selection((a, b))))
    assert [*got[0]] == ["run", "domain", "series", "step", "value"]
    assert len(got) == 12 + 2 + 150_000
    first = got[:12]
    assert {(r["run"], r["domain"], r["series"]) for r in first} == {
        (str(a), "'=warehouse", "'-danger")}
    assert [bits(float(r["value"])) for r in first] == [bits(v) for v in AWKWARD.tolist()]
    assert first[10]["value"] == "-1.0"  # a number is no formula
    assert [(r["series"], r["step"], r["value"]) for r in got[12:14]] == [
        ("plain.series", "0.5", "1.0"), ("plain.series", "1.5", "2.0")]
    raw = np.concatenate([p.value for p in store.raw(b, "plain.series")])
    assert np.array_equal(np.array([float(r["value"]) for r in got[14:]]), raw)


def test_parquet_reads_back_to_the_same_bits(filled):
    store, a, b = filled
    table = pq.read_table(io.BytesIO(b"".join(store.export_parquet(Selection((a, b))))))
    assert table.column_names == ["run", "domain", "series", "step", "value"]
    got = table.slice(0, 12).to_pydict()
    assert set(got["domain"]) == {"=warehouse"}  # Parquet knows text from formulas
    assert [bits(v) for v in got["value"]] == [bits(v) for v in AWKWARD.tolist()]
    rest = table.slice(14)
    raw = list(store.raw(b, "plain.series"))
    assert np.array_equal(rest["value"].to_numpy(), np.concatenate([p.value for p in raw]))
    assert np.array_equal(rest["step"].to_numpy(), np.concatenate([p.step for p in raw]))
    assert set(rest["run"].to_pylist()) == {b}


def test_a_selection_narrows_runs_series_and_steps(filled):
    store, a, b = filled
    choice = Selection((b, a), ("plain.series", "nothing"), lo=1, hi=3)
    assert [(r["run"], r["step"]) for r in rows(store.export_csv(choice))] == [
        (str(b), "1.0"), (str(b), "2.0"), (str(b), "3.0"), (str(a), "1.5")]
    table = pq.read_table(io.BytesIO(b"".join(store.export_parquet(choice))))
    assert table["step"].to_pylist() == [1, 2, 3, 1.5]


def test_nothing_selected_is_a_header_alone(filled):
    store, a, _ = filled
    assert b"".join(store.export_csv(Selection((a,), ("no",)))) == b"run,domain,series,step,value\n"
    empty = pq.read_table(io.BytesIO(b"".join(store.export_parquet(Selection((a,), ("no",))))))
    assert (empty.num_rows, empty.num_columns) == (0, 5)
    assert b"".join(store.export_events(Selection((a,), lo=50))) == (
        b"run,domain,number,step,kind,text,data\n")


def test_events_are_formula_safe_and_whole(filled):
    store, a, b = filled
    got = rows(store.export_events(Selection((a, b))))
    assert [(r["run"], r["number"], r["step"], r["kind"]) for r in got] == [
        (str(a), "0", "1.0", "'+kind"), (str(a), "1", "2.0", "kind")]
    assert got[0]["text"] == "'=HYPERLINK(\"x\")\nsecond line, with comma"
    assert json.loads(got[0]["data"]) == {"k": "ü"}


def test_events_come_in_pages_without_loss(store):
    runs = [store.begin_run("go", {}, s) for s in range(2)]
    for i in range(2_500):
        for run in runs:
            store.event(run, i, "mark", str(i))
    store.flush()
    got = rows(store.export_events(Selection(tuple(runs))))
    assert [(int(r["run"]), int(r["number"])) for r in got] == [
        (run, i) for run in runs for i in range(2_500)]


def test_memory_stays_bounded(store):
    """Blocks are of a size that does not grow with the export."""
    run = store.begin_run("go", {}, 1)
    store.append(run, "a", np.arange(400_000.0), np.zeros(400_000))
    store.flush()
    assert max(map(len, store.export_csv(Selection((run,))))) < 3_000_000
    assert max(map(len, store.export_parquet(Selection((run,))))) <= 1 << 18


def test_an_unknown_run_or_range_is_refused_before_the_first_byte(store):
    for export in (store.export_csv, store.export_parquet, store.export_events):
        with pytest.raises(InvalidInput, match="no run 7"):
            export(Selection((7,)))
    with pytest.raises(InvalidInput, match="lower step"):
        store.export_csv(Selection((), lo=2, hi=1))


@given(st.text())
def test_no_text_begins_as_a_formula(text):
    safe = formula_safe(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert safe.removeprefix("'") == text.removeprefix("'")
