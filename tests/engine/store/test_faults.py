"""What is kept, and told, when a database fills up, slows down or breaks off. Faults are real."""

import logging
import sqlite3

import numpy as np
import pytest
import sqlalchemy as sa

from engine.errors import InvalidInput, StoreError
from engine.store import open_store
from engine.store.store import Store
from tests.waiting import until


@pytest.fixture
def limited(url):
    """A store whose writing connection may hold so many pages and no more: a disk of that size."""
    store = open_store(url)
    pages = {"most": 1 << 30}

    @sa.event.listens_for(store._backend._writers, "begin")
    def limit(connection):
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages['most']}")

    yield store, pages
    pages["most"] = 1 << 30
    store.close()


def test_a_full_disk_keeps_what_was_and_loses_nothing_that_waits(limited, caplog):
    store, pages = limited
    run = store.begin_run("test", {}, 0)
    store.append(run, "s", np.arange(5000.0), np.arange(5000.0))
    store.flush()
    pages["most"] = 1  # SQLite takes no less than it has
    noise = np.random.default_rng(0).normal(size=300_000)
    store.append(run, "s", np.arange(5000.0, 305_000.0), noise)
    store.append(run, "new", 0, 1)
    store.event(run, 1, "mark", "waits too")
    with pytest.raises(StoreError, match=r"disk is full.*Free space"):
        store.flush()
    health = store.health()
    assert health.state == "failing"
    assert "disk is full" in health.message
    assert health.queued == 300_002
    assert store.summary(run, "s").n == 5000
    assert store.series(run, "s").step[-1] == 4999
    with pytest.raises(StoreError, match="disk is full"):
        store.begin_run("test", {}, 0)
    pages["most"] = 1 << 30
    until(lambda: store.health().state == "ok")
    store.flush()
    assert store.health().queued == 0
    assert np.array_equal(
        np.concatenate([p.value for p in store.raw(run, "s")]),
        np.concatenate([np.arange(5000.0), noise]))
    assert [e.text for e in store.events(run)] == ["waits too"]
    errors = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert len(errors) == 1  # once, not once a try


def test_a_full_queue_refuses_loudly_and_keeps_the_rest(url):
    store = Store(sa.make_url(url), queue_limit=1000)
    pages = {"most": 1 << 30}

    @sa.event.listens_for(store._backend._writers, "begin")
    def limit(connection):
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages['most']}")

    run = store.begin_run("test", {}, 0)
    with pytest.raises(StoreError, match="1,001 more points do not fit"):
        store.append(run, "s", np.arange(1001.0), np.zeros(1001))
    pages["most"] = 1
    at = 0

    def append_500():
        store.append(run, "s", np.arange(at, at + 500.0), np.random.default_rng(at).random(500))

    for _ in range(2):
        append_500()
        at += 500
    with pytest.raises(StoreError, match=r"do not fit.*disk is full"):
        append_500()
    pages["most"] = 1 << 30
    until(lambda: store.health().queued == 0)
    assert store.summary(run, "s").n == at
    store.append(run, "s", at, 1)  # what did not fit left no gap that would refuse this
    store.close()


def test_a_slow_database_makes_callers_wait_not_lose(url):
    store = Store(sa.make_url(url), queue_limit=2000)
    run = store.begin_run("test", {}, 0)
    for i in range(100):
        store.append(run, "s", np.arange(i * 500.0, i * 500.0 + 500), np.zeros(500))
    store.flush()
    assert store.summary(run, "s").n == 50_000
    store.close()


def test_points_that_cannot_be_written_at_the_end_are_reported(limited):
    store, pages = limited
    run = store.begin_run("test", {}, 0)
    pages["most"] = 1
    store.append(run, "s", np.arange(300_000.0), np.random.default_rng(0).random(300_000))
    with pytest.raises(StoreError, match="300,000 points and events could not be written"):
        store.close()


def test_points_of_a_run_that_somebody_deleted_do_not_block_others(tmp_path, url, caplog):
    store = open_store(url)
    gone, stays = store.begin_run("test", {}, 0), store.begin_run("test", {}, 0)
    other = sqlite3.connect(tmp_path / "atrium.db")
    other.execute("DELETE FROM run WHERE id = ?", (gone,))
    other.commit()
    other.close()
    store.append(gone, "s", [0, 1], [1, 1])
    store.event(gone, 0, "mark", "")
    store.append(stays, "s", 0, 1)
    until(lambda: store.health().queued == 0)
    assert store.summary(stays, "s").n == 1
    assert f"run {gone} was deleted by somebody else; 3 points" in caplog.text
    with pytest.raises(InvalidInput, match="not being recorded"):
        store.append(gone, "s", 2, 1)
    store.close()


@pytest.mark.postgres
def test_a_postgresql_that_breaks_off_loses_no_point(postgres_url, postgres_server):
    store = open_store(postgres_url)
    run = store.begin_run("test", {}, 0)
    store.append(run, "s", np.arange(1500.0), np.arange(1500.0))
    store.flush()
    admin = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    name = sa.make_url(postgres_url).database
    with admin.connect() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name})
        store.append(run, "s", np.arange(1500.0, 3000.0), np.arange(1500.0, 3000.0))
        until(lambda: store.health().state == "failing")
        assert store.health().queued == 1500
        with pytest.raises(StoreError, match="PostgreSQL"):
            store.runs()
        connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.dispose()
    until(lambda: store.health().state == "ok")
    store.flush()
    got = np.concatenate([p.value for p in store.raw(run, "s")])
    assert got.tolist() == list(range(3000))
    assert store.run(run).outcome == "running"
    store.close()


def test_a_copy_made_while_recording_is_whole(tmp_path, store):
    """Reading by another program goes on beside the writer, as a backup does."""
    run = store.begin_run("test", {}, 0)
    store.append(run, "s", np.arange(5000.0), np.arange(5000.0))
    store.flush()
    source = sqlite3.connect(f"file:{tmp_path}/atrium.db?mode=ro", uri=True)
    target = sqlite3.connect(tmp_path / "copy.db")
    source.backup(target)
    source.close()
    target.close()
    copy = open_store(f"sqlite:///{tmp_path}/copy.db")
    assert copy.summary(run, "s").n == 5000
    copy.close()
