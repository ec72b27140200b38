"""Processes that share a database, die, fork or lock it."""

import os
import sqlite3
from contextlib import suppress

import numpy as np
import pytest

from engine.errors import InvalidInput, StoreError
from engine.store import open_store
from tests.engine.store.trouble import run_python
from tests.waiting import until


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
