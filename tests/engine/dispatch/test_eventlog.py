from __future__ import annotations

import io

from engine.dispatch.eventlog import HEAD, EventLog


def test_rows_come_in_order_of_time_and_stay_put_within_a_moment() -> None:
    out = io.StringIO()
    log = EventLog(out)
    log.add(10.0, "assign", 3, 7, 61.25)
    log.add(9.5, "board", 2, 5, 100.0)
    log.add(10.0, "decline", 4, 8, 30.0)
    assert out.getvalue() == HEAD
    log.flush()
    assert out.getvalue() == HEAD + (
        "9.500,board,2,5,100.000\n10.000,assign,3,7,61.250\n10.000,decline,4,8,30.000\n")
    log.flush()
    assert out.getvalue().count("\n") == 4
