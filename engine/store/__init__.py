"""The metrics store: runs, their series and events, in SQLite or PostgreSQL."""

from engine.store.encoding import Series
from engine.store.export import Selection
from engine.store.records import Health, ParameterRow, RecordedEvent, Run, Summary
from engine.store.store import Store, open_store

__all__ = ["Health", "ParameterRow", "RecordedEvent", "Run", "Selection", "Series", "Store",
           "Summary", "open_store"]
