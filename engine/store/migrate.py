"""Bringing a database to the schema of this program, whatever version it has."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.errors import StoreError


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's settings for the folder beside this file."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).with_name("migrations"))
                             .replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def migrate(connection: sa.Connection, place: str) -> None:
    """Apply what is missing; nothing when the schema is current.

    Args:
        connection: Inside a transaction that the caller commits; the caller keeps other
            processes out.
        place: The database as named in messages.

    Raises:
        StoreError: If another program's tables are in it, or a newer schema.
    """
    settings = config(connection)
    scripts = ScriptDirectory.from_config(settings)
    tables = sa.inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        if tables:
            raise StoreError(
                f"{place} holds tables of another program ({', '.join(sorted(tables)[:3])}…). Set "
                "ATRIUM_DB_URL or ATRIUM_DATA to a database of its own.")
        current = None
    else:
        current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(
            f"{place} has schema {current!r}; this program knows up to "
            f"{scripts.get_current_head()!r}. A newer program wrote it: update this one, or set "
            "ATRIUM_DATA to another folder.")
    if current != scripts.get_current_head():
        command.upgrade(settings, "head")
