import csv
import io

import numpy as np
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

from engine.errors import InvalidInput
from engine.store import Selection, open_store
from engine.store.routes import parse_selection, routes


@pytest.fixture
def client(tmp_path, monkeypatch):
    monkeypatch.delenv("ATRIUM_DB_URL", raising=False)
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    store = open_store()
    for seed in range(2):
        run = store.begin_run("go", {}, seed)
        store.append(run, "a.b", np.arange(1500.0), np.arange(1500.0) * seed)
        store.append(run, "c", [0, 1], [5, 6])
        store.event(run, 3, "mark", "hello")
    store.flush()
    with TestClient(Starlette(routes=routes()), base_url="http://localhost:8501") as opened:
        yield opened
    store.close()


def test_metrics_as_csv(client):
    answer = client.get("/export/metrics.csv?runs=2,1&series=a.b&lo=10&hi=12")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="atrium-metrics-2-1.csv"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[1] == ["2", "go", "a.b", "10.0", "10.0"]
    assert len(rows) == 7


def test_metrics_as_parquet(client):
    answer = client.get("/export/metrics.parquet?runs=1&runs=2")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert pq.read_table(io.BytesIO(answer.content)).num_rows == 2 * 1502


def test_events_as_csv(client):
    answer = client.get("/export/events.csv?runs=1")
    assert answer.text.splitlines()[1] == "1,go,0,3.0,mark,hello,{}"


@pytest.mark.parametrize(("query", "words"), [
    ("", "No run is chosen"),
    ("runs=", "No run is chosen"),
    ("runs=x", "'x' is no run number"),
    ("runs=-1", "'-1' is no run number"),
    ("runs=1;DROP", "is no run number"),
    ("runs=99999999999999999999", "is no run number"),
    ("runs=²", "is no run number"),
    ("runs=77", "There is no run 77"),
    ("runs=1&lo=abc", "lo='abc' is no number"),
    ("runs=1&lo=nan", "lo='nan' is no number"),
    ("runs=1&lo=5&hi=4", "range from 5 to 4"),
    ("runs=1&file=/etc/passwd", "'file' is no field"),
    ("runs=" + ",".join(map(str, range(1001))), "at most 1000"),
])
def test_a_bad_query_is_a_sentence(client, query, words):
    answer = client.get(f"/export/metrics.csv?{query}")
    assert answer.status_code == 400
    assert words in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["metrics.csv", "metrics.parquet", "events.csv"])
@pytest.mark.parametrize("headers", [
    {"host": "evil.example"}, {"host": "evil.example:8501"}, {"origin": "http://evil.example"},
    {"sec-fetch-site": "cross-site"}])
def test_other_sites_get_nothing(client, path, headers):
    answer = client.get(f"/export/{path}?runs=1", headers=headers)
    assert answer.status_code == 403
    assert "go" not in answer.text.split()


def test_only_reading_is_served(client):
    assert client.post("/export/metrics.csv?runs=1").status_code == 405


def test_a_database_in_trouble_is_a_503(client, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "atrium.db").touch()
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path / "empty"))
    answer = client.get("/export/metrics.csv?runs=1")
    assert answer.status_code == 503
    assert "is empty (0 bytes)" in answer.text


def test_a_selection_is_read_from_the_query():
    query = QueryParams("runs=3,1&runs=3&series=a.b, c&series=d&lo=-1.5&hi=inf")
    assert parse_selection(query) == Selection(
        (3, 1), ("a.b", "c", "d"), -1.5, float("inf"))
    with pytest.raises(InvalidInput):
        parse_selection(QueryParams("series=a"))
