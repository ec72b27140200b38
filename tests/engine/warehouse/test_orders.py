from __future__ import annotations

import numpy as np
import pytest

from engine.warehouse.catalog import Catalog
from engine.warehouse.orders import OrderBook
from engine.warehouse.params import WarehouseParams

PARAMS = WarehouseParams(orders_per_h=3600.0, backlog_limit=5000, due_min=30.0)


def make(seed: int = 1) -> OrderBook:
    catalog = Catalog(40, 100, 1.0, np.random.default_rng(0))
    return OrderBook(catalog, np.random.default_rng(seed))


def test_arrivals_have_the_mean_and_variance_of_a_poisson_process() -> None:
    book = make()
    counts = np.array([book.arrive(step, PARAMS) for step in range(4000)])
    # one a step; four standard errors: sqrt(1 / 4000) for the mean, sqrt(3 / 4000) for the variance
    assert counts.mean() == pytest.approx(1.0, abs=4 * np.sqrt(1 / 4000))
    assert counts.var() == pytest.approx(1.0, abs=4 * np.sqrt(3 / 4000))


def test_priority_orders_go_first_then_the_earliest_due() -> None:
    book = make()
    for step in range(300):
        book.arrive(step, PARAMS.with_changes(priority_share_percent=20.0))
    released = [book.release(300, 0) for _ in range(book.backlog)]
    keys = [(-o.priority, o.due, o.number) for o in released]
    assert keys == sorted(keys)
    assert 0 < sum(o.priority for o in released) < len(released)
    urgent = next(o for o in released if o.priority)
    assert urgent.due - urgent.created == 600
    assert released[-1].due - released[-1].created == 1800


def test_lines_have_the_mean_asked_for() -> None:
    book = make()
    for step in range(2000):
        book.arrive(step, PARAMS.with_changes(lines_per_order=2.5))
    lines = [len(book.release(0, 0).skus) for _ in range(book.backlog)]
    assert np.mean(lines) == pytest.approx(2.5, abs=0.15)
    assert min(lines) >= 1


def test_backlog_is_bounded_and_what_is_refused_is_counted() -> None:
    book = make()
    small = PARAMS.with_changes(backlog_limit=10)
    for step in range(100):
        book.arrive(step, small)
    assert book.backlog == 10
    assert book.created == 10
    assert book.refused > 50


def test_the_stream_of_orders_does_not_depend_on_what_is_refused() -> None:
    free, full = make(3), make(3)
    for step in range(100):
        free.arrive(step, PARAMS)
        full.arrive(step, PARAMS.with_changes(backlog_limit=10))
    assert free.created == full.created + full.refused


def test_an_order_is_done_with_its_last_line_and_late_after_its_due_time() -> None:
    book = make()
    while not book.backlog:
        book.arrive(0, PARAMS)
    order = book.release(5, 2)
    order.skus, order.left = [1, 2], 2
    assert (order.released, order.station, book.open) == (5, 2, 1)
    assert not book.picked(order, 8)
    assert book.picked(order, order.due + 1)
    assert (order.done, book.open, book.done, book.late) == (order.due + 1, 0, 1, 1)


def test_an_order_given_back_waits_again() -> None:
    book = make()
    while not book.backlog:
        book.arrive(0, PARAMS)
    before = book.backlog
    order = book.release(1, 0)
    book.wait(order)
    assert (book.backlog, book.open, order.released, order.station) == (before, 0, -1, -1)
    assert order in [book.release(2, 1) for _ in range(before)]
