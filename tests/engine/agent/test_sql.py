import math

import numpy as np
import pytest

from engine.agent.sql import MAX_ROWS, query
from engine.errors import InvalidInput
from engine.store import open_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('sql')}/atrium.db")
    for seed in (1, 2):
        run = store.begin_run("warehouse", {"robots": 100 * seed}, seed, f"run {seed}")
        store.append(run, "tasks.done_1", np.arange(3000.0), np.arange(3000.0) * seed)
        store.append(run, "gap.share_1", [0.0, 1.0], [math.nan, 2.0])
        store.event(run, 5, "fault", "a robot broke")
        store.end_run(run, "finished")
    yield store
    store.close()


@pytest.mark.parametrize(("sql", "rows"), [
    ("SELECT count(*) FROM run", [(2,)]),
    ("SELECT run, mean FROM series WHERE name = 'tasks.done_1' ORDER BY run",
     [(1, 1499.5), (2, 2999.0)]),
    ("SELECT json_extract(parameters, '$.robots') FROM run ORDER BY 1", [(100,), (200,)]),
    ("SELECT kind, text FROM event LIMIT 1", [("fault", "a robot broke")]),
    ("WITH a AS (SELECT max(high) AS h FROM series) SELECT round(h) FROM a", [(5998.0,)]),
    ("SELECT n FROM series WHERE name = 'gap.share_1' AND run = 1", [(2,)]),
    ("SELECT 1 WHERE 0", [])])
def test_what_can_be_asked(store, sql, rows):
    assert list(query(store, sql).rows) == rows


def test_points_are_copied_when_asked_for_and_rows_are_bounded(store):
    assert query(store, "SELECT * FROM point").rows == ()
    table = query(store, "SELECT step, value FROM point ORDER BY value DESC", [2],
                  ["tasks.done_1"])
    assert table.rows[0] == (2999.0, 5998.0)
    assert (len(table.rows), table.more) == (MAX_ROWS, True)
    assert table.columns == ("step", "value")


HOSTILE = [
    "DELETE FROM run", "DROP TABLE run", "UPDATE run SET label = 'x'",
    "INSERT INTO run(run) VALUES(9)",
    "PRAGMA writable_schema = 1", "PRAGMA query_only = 0", "ATTACH 'x.db' AS y",
    "VACUUM INTO 'x.db'",
    "SELECT load_extension('x')", "SELECT readfile('/etc/passwd')", "SELECT writefile('x', 'y')",
    "SELECT * FROM sqlite_master", "SELECT * FROM pragma_database_list", "CREATE TABLE t(x)",
    "CREATE TEMP TABLE t AS SELECT 1", "SELECT 1; DELETE FROM run", "BEGIN", "REINDEX", "ANALYZE",
    "DETACH main", "SELECT fts3_tokenizer('x')", "SELECT randomblob(1000000000)",
    "SELECT zeroblob(1000000000)", "SELECT hex(zeroblob(100000000))", "EXPLAIN DELETE FROM run",
    "CREATE TRIGGER t AFTER INSERT ON run BEGIN SELECT 1; END", "SAVEPOINT x", "",
    "SELECT sqlite_version()", "SELECT edit('x')", "ALTER TABLE run RENAME TO x",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c",
    "SELECT count(*) FROM point a, point b, point c, point d WHERE a.value + b.value < c.value",
    "SELECT " + "(" * 2000 + "1" + ")" * 2000, "SELECT 'x' || " * 500 + "'y'",
    "SELECT * FROM nothing",
]


@pytest.mark.parametrize("sql", HOSTILE)
def test_nothing_but_one_select_is_run(store, sql):
    before = [store.run(n) for n in (1, 2)]
    with pytest.raises(InvalidInput):
        query(store, sql, [1, 2], ["tasks.done_1"])
    assert [store.run(n) for n in (1, 2)] == before


def test_unknown_runs_and_long_texts_are_refused(store):
    with pytest.raises(InvalidInput):
        query(store, "SELECT 1", [99])
    with pytest.raises(InvalidInput, match="at most 20"):
        query(store, "SELECT 1", list(range(30)))
    with pytest.raises(InvalidInput, match="characters"):
        query(store, "SELECT 1" + " " * 6000)
