"""Runs, their series in chunks, and their events.

The tables are spelled out, not taken from `schema`: a migration says what was, whatever the
schema becomes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "run",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("domain", sa.String(64), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("code_commit", sa.String(64), nullable=False),
        sa.Column("environment", sa.JSON, nullable=False),
        sa.Column("owner", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("run_domain", "run", ["domain", "id"])
    op.create_index("run_outcome", "run", ["outcome"])
    op.create_table(
        "series",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("run", _ID, sa.ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.UniqueConstraint("run", "name", name="series_run_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "chunk",
        sa.Column("series", _ID, sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True),
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
    op.create_table(
        "points",
        sa.Column("series", _ID, sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("encoded", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("run", _ID, sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("step", sa.Double, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """Drop them; every recording is lost."""
    for table in ("event", "points", "chunk", "series", "run"):
        op.drop_table(table)
