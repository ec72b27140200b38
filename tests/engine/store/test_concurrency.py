import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from engine.store import open_store
from tests.waiting import until

POINTS = 20_000


def test_four_writers_and_four_readers(any_store):
    """Each reader sees only whole prefixes of what its writer has enqueued."""
    run = any_store.begin_run("test", {}, 0)
    done = threading.Event()

    def write(name):
        for i in range(0, POINTS, 250):
            step = np.arange(i, i + 250.0)
            any_store.append(run, name, step, step * 2)
            any_store.event(run, i, name, "")
            if i % 5000 == 0:
                any_store.flush()

    def read(name):
        seen = 0
        while not done.is_set():
            flat = np.concatenate([np.empty(0), *(p.value for p in any_store.raw(run, name))])
            assert flat.tolist() == (np.arange(len(flat)) * 2.0).tolist()
            assert len(flat) >= seen
            seen = len(flat)
            picture = any_store.series(run, name, points=20)
            assert len(picture.step) <= 20
            assert seen == 0 or picture.value.max() >= (seen - 1) * 2
        return seen

    names = [f"w.{i}" for i in range(4)]
    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read, name) for name in names]
        writers = [pool.submit(write, name) for name in names]
        try:
            for writer in writers:
                writer.result()
        finally:
            done.set()
        for reader in readers:
            reader.result()
    any_store.flush()
    for name in names:
        assert any_store.summary(run, name) == (POINTS, 0, 2 * (POINTS - 1), POINTS - 1)
    events = any_store.events(run)
    assert [e.number for e in events] == list(range(4 * POINTS // 250))
    for name in names:
        assert [e.step for e in events if e.kind == name] == list(range(0, POINTS, 250))


def test_runs_begin_and_end_in_many_threads(store):
    def one(seed):
        run = store.begin_run("test", {"seed": seed}, seed)
        store.append(run, "s", np.arange(1500.0), np.full(1500, seed))
        store.end_run(run, "finished")
        return run, store.summary(run, "s")

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(24)))
    assert len({run for run, _ in results}) == 24
    for seed, (run, summary) in enumerate(results):
        assert summary == (1500, seed, seed, seed)
        assert store.run(run).parameters == {"seed": seed}


def test_points_that_race_with_the_end_are_stored_or_refused(store):
    """No point may arrive behind the end and start the series anew."""
    for _ in range(20):
        run = store.begin_run("test", {}, 0)
        taken = []

        def write(run=run, taken=taken):
            for i in range(100_000):
                try:
                    store.append(run, "s", i, i)
                except ValueError:
                    return
                taken.append(i)

        thread = threading.Thread(target=write)
        thread.start()
        until(lambda taken=taken: len(taken) >= 50)
        store.end_run(run, "stopped")
        thread.join()
        got = np.concatenate([p.value for p in store.raw(run, "s")])
        assert got.tolist() == taken


@pytest.mark.parametrize("threads", [8])
def test_one_store_however_many_threads_open_it(url, threads):
    with ThreadPoolExecutor(threads) as pool:
        stores = set(pool.map(lambda _: open_store(url), range(threads)))
    assert len(stores) == 1
    stores.pop().close()
