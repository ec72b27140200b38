"""What a person sees, and what is kept, when the database is in trouble. Faults are real ones."""

import logging
import os
import sqlite3
import subprocess
import sys
import textwrap
import traceback
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from engine.errors import InvalidInput, StoreError
from engine.store import open_store
from engine.store.store import Store
from tests.waiting import until

ROOT = Path(__file__).parents[3]


def recorded(url, count=5000):
    """A closed store with one finished run of `count` points."""
    store = open_store(url)
    run = store.begin_run("test", {}, 0)
    store.append(run, "s", np.arange(float(count)), np.arange(float(count)))
    store.end_run(run, "finished")
    store.close()
    return run


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


def test_a_read_only_folder(open_folder, as_nobody):
    url = f"sqlite:///{open_folder}/atrium.db"
    recorded(url)
    open_folder.chmod(0o555)
    as_nobody()
    with pytest.raises(StoreError, match=r"atrium\.db.*[Pp]ermission.*ATRIUM_DATA"):
        open_store(url)


def test_a_read_only_file(open_folder, as_nobody):
    url = f"sqlite:///{open_folder}/atrium.db"
    recorded(url)
    open_folder.chmod(0o777)
    for file in open_folder.iterdir():
        file.chmod(0o666 if file.suffix == ".lock" else 0o444)
    as_nobody()
    with pytest.raises(StoreError, match="read-only"):
        open_store(url)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="ATRIUM_DATA"):
        open_store(f"sqlite:///{tmp_path}/file/atrium.db")


@pytest.mark.parametrize(("content", "words"), [
    (b"", "empty"),
    (b"step,value\n" * 1000, "not an SQLite database"),
    (b"SQLite format 3\0" + b"\xff" * 5000, "not an SQLite database|damaged"),
])
def test_a_file_that_is_not_ours(tmp_path, url, content, words):
    path = tmp_path / "atrium.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=words):
        open_store(url)
    assert path.read_bytes() == content


def test_another_programs_database(tmp_path, url):
    with sqlite3.connect(tmp_path / "atrium.db") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    with pytest.raises(StoreError, match=r"another program \(mine"):
        open_store(url)


def test_a_newer_schema(tmp_path, url):
    recorded(url)
    with sqlite3.connect(tmp_path / "atrium.db") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '0999'")
    newer.close()
    with pytest.raises(StoreError, match="newer program"):
        open_store(url)


@pytest.mark.parametrize("size", [1, 4096], ids=["one flipped byte", "a page of rubbish"])
def test_damage_is_told_and_other_runs_stay(tmp_path, url, size):
    second = recorded(url, 2000)
    store = open_store(url)
    value = np.random.default_rng(0).normal(size=5000)
    first = store.begin_run("test", {}, 0)
    store.append(first, "s", np.arange(5000.0), value)
    store.end_run(first, "finished")
    store.close()
    path = tmp_path / "atrium.db"
    whole = bytearray(path.read_bytes())
    at = whole.index(value[3000:3010].tobytes())
    start = at if size == 1 else at // 4096 * 4096
    whole[start:start + size] = bytes(b ^ 0x5A for b in whole[start:start + size])
    path.write_bytes(whole)
    store = open_store(url)
    with pytest.raises(StoreError, match="damaged"):
        list(store.raw(first, "s"))
    assert sum(len(p.step) for p in store.raw(second, "s")) == 2000
    run = store.begin_run("test", {}, 1)
    store.append(run, "s", 0, 1)
    store.flush()
    assert store.summary(run, "s").n == 1
    store.close()


def test_a_lost_database_beside_its_log(tmp_path, url):
    (tmp_path / "atrium.db-wal").write_bytes(b"something")
    with pytest.raises(StoreError, match=r"is gone but atrium\.db-wal"):
        open_store(url)


def test_a_creation_cut_short_is_begun_again(tmp_path, url):
    (tmp_path / "atrium.db.new").write_bytes(b"half")
    store = open_store(url)
    assert store.runs() == []
    store.close()
    assert not (tmp_path / "atrium.db.new").exists()


def run_python(code, *arguments, **options):
    """A process of its own with this checkout on its path."""
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), *arguments], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE,
                            cwd=ROOT, **options)


def test_a_second_process_is_sent_to_postgresql(url):
    holder = run_python("""
        import sys
        from engine.store import open_store
        store = open_store(sys.argv[1])
        print("open", flush=True)
        sys.stdin.read()
    """, url)
    try:
        assert holder.stdout.readline() == "open\n", holder.stderr.read()
        with pytest.raises(StoreError, match=f"number {holder.pid}.*PostgreSQL"):
            open_store(url)
    finally:
        holder.kill()
        holder.communicate()
    store = open_store(url)  # the kernel let go of the lock
    store.close()


def test_another_program_that_locks_the_file(tmp_path, url):
    store = open_store(url)
    run = store.begin_run("test", {}, 0)
    other = sqlite3.connect(tmp_path / "atrium.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.append(run, "s", 0, 1)
    until(lambda: store.health().state == "failing")
    assert "locked by another program" in store.health().message
    assert store.runs()[0].id == run
    other.execute("COMMIT")
    other.close()
    until(lambda: store.health().state == "ok")
    store.flush()
    assert store.series(run, "s").value.tolist() == [1]
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


def test_a_forked_process_is_told_that_it_cannot_record(store):
    run = store.begin_run("test", {}, 0)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            store.append(run, "s", 0, 1)
        except StoreError as error:
            os.write(writer, str(error).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        assert "cannot record" in told.read()


@pytest.mark.parametrize(("url", "words"), [
    ("mysql://root@localhost/x", "'mysql' are not supported"),
    ("no url at all", "no database URL"),
    ("sqlite://", "plain file"),
    ("sqlite:///:memory:", "plain file"),
    ("postgresql://u:geheim@host:port/x", "no database URL"),
])
def test_urls_that_are_no_use(url, words):
    with pytest.raises(StoreError, match=words) as caught:
        open_store(url)
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("url", [
    "postgresql://user:geheim@127.0.0.1:9/atrium",
    "postgresql+psycopg://user@127.0.0.1:9/atrium?password=geheim",
])
def test_an_unreachable_postgresql_is_named_without_its_password(url):
    with pytest.raises(StoreError, match=r"atrium at 127\.0\.0\.1:9 cannot be reached") as caught:
        open_store(url)
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


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


RECORD = """
import sys
from engine.store import open_store
store = open_store(sys.argv[1])
run = store.begin_run("test", {}, 0)
store.append(run, "s", 0, 1)
store.flush()
print(run, flush=True)
sys.stdin.read()
"""
"""Begins a run, stores a point, says its number and waits."""


@pytest.mark.postgres
def test_processes_share_a_postgresql_and_the_dead_are_found(postgres_url):
    living, doomed = run_python(RECORD, postgres_url), run_python(RECORD, postgres_url)
    try:
        alive, dead = (int(p.stdout.readline()) for p in (living, doomed))
        doomed.kill()
        doomed.wait()

        def outcomes():
            store = open_store(postgres_url)
            found = {r.id: r.outcome for r in store.runs()}
            store.close()
            return found

        # the server notices the death of its client in its own time
        until(lambda: outcomes() == {alive: "running", dead: "interrupted"})
    finally:
        for process in (living, doomed):
            process.kill()
            process.communicate()


@pytest.mark.postgres
def test_the_run_of_a_process_that_died_meanwhile_can_be_deleted(postgres_url):
    store = open_store(postgres_url)
    mine = store.begin_run("test", {}, 0)
    other = run_python(RECORD, postgres_url)
    theirs = int(other.stdout.readline())
    with pytest.raises(InvalidInput, match=f"Run {theirs} is still running"):
        store.delete_runs([theirs])
    other.kill()
    other.communicate()

    def deleted():
        with suppress(InvalidInput):
            return store.delete_runs([theirs]) == 1

    until(deleted)
    assert [(r.id, r.outcome) for r in store.runs()] == [(mine, "running")]
    store.close()


def test_kill_9_loses_no_acknowledged_row(url):
    """The benchmark does hundreds of these."""
    for cycle in range(3):
        child = run_python("""
            import sys
            import numpy as np
            from engine.store import open_store
            store = open_store(sys.argv[1])
            run = store.begin_run("kill", {}, 0)
            at = 0
            while True:
                count = 1 + at % 700
                store.append(run, "s", np.arange(at, at + count), np.arange(at, at + count))
                at += count
                store.flush()
                print(run, at, flush=True)
        """, url)
        said = [child.stdout.readline() for _ in range(5 + 20 * cycle)]
        child.kill()
        said += child.communicate()[0].splitlines(keepends=True)
        run, acknowledged = (int(word) for word in
                             [line for line in said if line.endswith("\n")][-1].split())
        store = open_store(url)
        got = np.concatenate([p.value for p in store.raw(run, "s")])
        assert len(got) >= acknowledged
        assert got.tolist() == list(range(len(got)))
        assert store.run(run).outcome == "interrupted"
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
