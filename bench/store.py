"""Speed and safety of the metrics store.

    python bench/store.py                  the table and 200 kill -9 cycles (some minutes)
    python bench/store.py --kill 0         the table alone
    python bench/store.py --url postgresql+psycopg://…

It prints figures and never fails on a time. A lost acknowledged row fails it.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.store import Selection, Store, open_store  # noqa: E402 - needs the path above

T = TypeVar("T")
POINTS = 1_000_000
WIDE = 10_000_000
SERIES = 50
READERS = 4
BATCH = 1_000
SMALL = 100


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="SQLAlchemy URL; a temporary SQLite file without it")
    parser.add_argument("--kill", type=int, default=200, metavar="CYCLES",
                        help="kill -9 a writing process so often and look for lost rows")
    parser.add_argument("--record", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.record:
        record_until_killed(options.record)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(options.url or f"sqlite:///{folder}/bench.db")
        print(f"{'measure':<52}{'figure':>16}  goal")
        speed(store)
        store.close()
    if options.kill:
        with tempfile.TemporaryDirectory() as folder:
            kill_cycles(options.url or f"sqlite:///{folder}/kill.db", options.kill)


def row(measure: str, figure: str, goal: str = "") -> None:
    print(f"{measure:<52}{figure:>16}  {goal}", flush=True)


def speed(store: Store) -> None:
    rates, cpu = zip(*(single(store) for _ in range(3)), strict=True)
    row(f"one series, {BATCH} points a call", f"{statistics.median(rates) / 1e6:.2f} M/s",
        "1 M/s")
    row("  the same, points a CPU-second", f"{statistics.median(cpu) / 1e6:.2f} M")
    row(f"{SERIES} series interleaved, {SMALL} a call, {READERS} readers",
        f"{interleaved(store) / 1e3:.0f} k/s", "250 k/s")
    for size in (1, SMALL, BATCH):
        calm, busy = enqueue(store, size, 0), enqueue(store, size, READERS)
        row(f"append of {size} points, p50 / p99", f"{calm[0]:.1f} / {calm[1]:.1f} µs",
            "p99 50 µs")
        row(f"  with {READERS} readers at full load", f"{busy[0]:.1f} / {busy[1]:.1f} µs")
    wide = filled(store, WIDE)
    for points in (1_000, 4_000):
        row(f"{WIDE:,} points to {points:,}, median / worst of 9",
            spread(lambda n=points: store.series(wide, "wide.noise", points=n)),
            "50 ms" if points == 1_000 else "")
    row("  half of them", spread(lambda: store.series(wide, "wide.noise", WIDE / 4, WIDE * 3 / 4)))
    row("  a window of 400,000, decoded",
        spread(lambda: store.series(wide, "wide.noise", 5e6, 5.4e6)))
    row("  summary", spread(lambda: store.summary(wide, "wide.noise")))
    store.delete_runs([wide])
    million = filled(store, POINTS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row("CSV of 1,000,000 rows, median / worst of 5",
        spread(lambda: drain(store.export_csv(Selection((million,)))), 5), "500 ms")
    row("Parquet of 1,000,000 rows, median / worst of 5",
        spread(lambda: drain(store.export_parquet(Selection((million,)))), 5), "1000 ms")
    row("  most memory grew by",
        f"{(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024:.0f} MB")


def single(store: Store) -> tuple[float, float]:
    """Points a second and a CPU-second, from the first call to durable."""
    run = store.begin_run("bench", {}, 0)
    value = np.random.default_rng(0).normal(size=BATCH)
    start, cpu = time.perf_counter(), time.process_time()
    for i in range(0, POINTS, BATCH):
        store.append(run, "one", np.arange(i, i + BATCH), value)
    store.flush()
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    finish(store, run)
    return POINTS / wall, POINTS / cpu


def interleaved(store: Store) -> float:
    """Points a second of 50 series in turn while readers draw them."""
    run = store.begin_run("bench", {}, 0)
    names = [f"group.series_{i}" for i in range(SERIES)]
    value = np.random.default_rng(0).normal(size=SMALL)

    def work() -> float:
        start = time.perf_counter()
        for i in range(0, POINTS // SERIES, SMALL):
            step = np.arange(i, i + SMALL)
            for name in names:
                store.append(run, name, step, value)
        store.flush()
        return POINTS / (time.perf_counter() - start)

    rate = beside_readers(store, run, names, READERS, work)
    finish(store, run)
    return rate


def enqueue(store: Store, size: int, readers: int) -> tuple[float, float]:
    """p50 and p99 of one call in µs, at about 250,000 points a second or 10,000 calls."""
    run = store.begin_run("bench", {}, 0)
    value = np.random.default_rng(0).normal(size=size)
    calls = 10_000
    took = np.empty(calls)
    pause = max(size / 250_000, 1e-4)

    def work() -> tuple[float, float]:
        due = time.perf_counter()
        for i in range(calls if size < BATCH else calls // 4):
            step = np.arange(i * size, (i + 1) * size, dtype=np.float64)
            start = time.perf_counter()
            store.append(run, "one", step, value)
            took[i] = time.perf_counter() - start
            due += pause
            time.sleep(max(0.0, due - time.perf_counter()))
        sample = took[:i + 1] * 1e6
        return float(np.percentile(sample, 50)), float(np.percentile(sample, 99))

    result = beside_readers(store, run, ["one"], readers, work)
    finish(store, run)
    return result


def beside_readers(store: Store, run: int, names: list[str], readers: int,
                      work: Callable[[], T]) -> T:
    """The result of `work` while threads draw series without a pause."""
    stop = threading.Event()

    def read(first: int) -> None:
        turn = first
        while not stop.is_set():
            store.series(run, names[turn % len(names)])
            turn += 1

    threads = [threading.Thread(target=read, args=(i,)) for i in range(readers)]
    for thread in threads:
        thread.start()
    try:
        return work()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def filled(store: Store, count: int) -> int:
    """A finished run with one noisy series."""
    run = store.begin_run("bench", {}, 0)
    rng = np.random.default_rng(1)
    for i in range(0, count, 100_000):
        store.append(run, "wide.noise", np.arange(i, i + 100_000), rng.normal(size=100_000))
    store.end_run(run, "finished")
    return run


def finish(store: Store, run: int) -> None:
    store.end_run(run, "finished")
    store.delete_runs([run])


def drain(pieces) -> int:
    return sum(len(piece) for piece in pieces)


def spread(work: Callable[[], object], repeats: int = 9) -> str:
    """Median and worst wall time in ms."""
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1e3)
    return f"{statistics.median(took):.1f} / {max(took):.1f} ms"


def record_until_killed(url: str) -> None:
    """Write and say after each flush how far; the parent kills this process."""
    store = open_store(url)
    run = store.begin_run("kill", {}, 0)
    print(run, -1, flush=True)
    step = 0
    while True:
        count = 1 + step % 700
        store.append(run, "count", np.arange(step, step + count), np.arange(step, step + count))
        store.event(run, step, "mark", "")
        step += count
        store.flush()
        print(run, step - 1, flush=True)


def kill_cycles(url: str, cycles: int) -> None:
    """Kill a writer at a random instant, open the store, and compare with what it was told."""
    rng = np.random.default_rng(0)
    lost = acknowledged = 0
    start = time.perf_counter()
    for _ in range(cycles):
        child = subprocess.Popen([sys.executable, __file__, "--record", url],
                                 stdout=subprocess.PIPE, text=True)
        said = [child.stdout.readline()]
        timer = threading.Timer(float(rng.uniform(0.0, 0.3)), child.kill)
        timer.start()
        said += child.stdout.readlines()
        child.wait()
        whole = [line.split() for line in said if line.endswith("\n")]
        run, last = (int(word) for word in whole[-1])
        store = open_store(url)
        value = [piece.value for piece in store.raw(run, "count")]
        kept = np.concatenate(value) if value else np.empty(0)
        intact = bool((kept == np.arange(len(kept))).all())
        acknowledged += last + 1
        if not intact or len(kept) <= last:
            lost += 1
            print(f"run {run}: {len(kept)} rows of {last + 1} acknowledged, "
                  f"intact {intact}")
        store.close()
    row(f"kill -9 cycles, {acknowledged:,} rows acknowledged", f"{cycles}",
        f"{cycles / (time.perf_counter() - start):.1f} a second")
    row("  cycles that lost one", f"{lost}", "0")
    if lost:
        raise SystemExit(f"{lost} of {cycles} killed processes lost an acknowledged row")


if __name__ == "__main__":
    main()
