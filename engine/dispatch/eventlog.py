"""Everything that happened to riders and drivers, as CSV.

Columns: `time_s` since midnight of day 0, `event`, `rider` (counts from 1, 0 for none), `driver`
(-1 for none), `value` (seconds of way for assign and decline, wait for board and give up, fare for
alight, multiplier for ask and turn away). Rows are in order of time; the same seed and settings
give the same bytes.
"""

from __future__ import annotations

from typing import Final, TextIO

HEAD: Final = "time_s,event,rider,driver,value\n"
_GRAIN_S: Final = 1000.0


class EventLog:
    """Writes events to a text stream, a step at a time."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._rows: list[tuple[float, str]] = []
        out.write(HEAD)

    def add(self, time_s: float, event: str, rider: int, driver: int, value: float) -> None:
        """Take in one event."""
        row = f"{time_s:.3f},{event},{rider},{driver},{value:.3f}\n"
        self._rows.append((round(time_s * _GRAIN_S), row))

    def flush(self) -> None:
        """Write what has gathered, in order of time."""
        # a sort that is stable keeps the order of what happens at one moment
        self._rows.sort(key=lambda r: r[0])
        self._out.writelines(row for _, row in self._rows)
        self._rows.clear()
