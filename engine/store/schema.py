"""The tables, in SQLAlchemy Core. A change here needs a migration in `migrations/versions`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData()


class UtcDateTime(TypeDecorator[datetime]):
    """An instant; SQLite keeps no zone, so everything is UTC there and back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """To UTC; naive instants are a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# 64 bits everywhere; SQLite makes a row id of INTEGER alone
_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

run = sa.Table(
    "run", metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("domain", sa.String(64), nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("code_commit", sa.String(64), nullable=False),
    sa.Column("environment", sa.JSON, nullable=False),
    # which process records it; `backends` knows how to ask whether that one lives
    sa.Column("owner", sa.BigInteger, nullable=False),
    sa.Column("step_s", sa.Double),
    sa.Index("run_domain", "domain", "id"),
    sa.Index("run_outcome", "outcome"),
    sqlite_autoincrement=True,  # a deleted run's number is never given again
)

series = sa.Table(
    "series", metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("run", sa.ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.UniqueConstraint("run", "name", name="series_run_name"),
    sqlite_autoincrement=True,
)

# Headers lie apart from the points and in order, so that reading those of ten million points
# reads one megabyte.
chunk = sa.Table(
    "chunk", metadata,
    sa.Column("series", sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("valid", sa.Integer, nullable=False),
    sa.Column("first_step", sa.Double, nullable=False),
    sa.Column("last_step", sa.Double, nullable=False),
    sa.Column("low", sa.Double),
    sa.Column("low_step", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("high_step", sa.Double),
    sa.Column("total", sa.Double),
    sqlite_with_rowid=False,
)

points = sa.Table(
    "points", metadata,
    sa.Column("series", sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("encoded", sa.LargeBinary, nullable=False),
)

event = sa.Table(
    "event", metadata,
    sa.Column("run", sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("step", sa.Double, nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
)
