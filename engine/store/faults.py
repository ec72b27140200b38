"""Database faults as sentences: what happened, to which database, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import exc

from engine.errors import StoreError

# SQLite's extended codes start with these names
_SQLITE = {
    "SQLITE_FULL": "The disk is full: {place} takes no more points. Free space; recording goes on "
                   "by itself and what was recorded stays readable.",
    "SQLITE_READONLY": "{place} cannot be written: the file or its folder is read-only. Change "
                       "its permissions or set ATRIUM_DATA to a folder that can be written.",
    "SQLITE_CORRUPT": "{place} is damaged. Keep a copy, then restore a backup or salvage the rows "
                      "with `sqlite3 {place} .recover`.",
    "SQLITE_NOTADB": "{place} is not an SQLite database. Move the file away or set ATRIUM_DATA or "
                     "ATRIUM_DB_URL to another place.",
    "SQLITE_CANTOPEN": "{place} cannot be opened. Check that the folder exists and that this user "
                       "may write there, or set ATRIUM_DATA to another folder.",
    "SQLITE_BUSY": "{place} is locked by another program. Close it there; recording goes on by "
                   "itself.",
    "SQLITE_LOCKED": "{place} is locked by another program. Close it there; recording goes on by "
                     "itself.",
    "SQLITE_IOERR": "The disk under {place} failed to read or write. Check its space, quota and "
                    "health; recording goes on by itself once it answers.",
}


def place(url: sa.URL) -> str:
    """The database as a person would say it; never the user's password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "SQLite in memory"
    host = url.host or url.query.get("host") or "the local socket"
    port = f":{url.port}" if url.port else ""
    return f"PostgreSQL {url.database or ''} at {host}{port}"


@contextmanager
def explained(url: sa.URL) -> Iterator[None]:
    """Turn what the driver raises inside into a StoreError."""
    try:
        yield
    except (exc.SQLAlchemyError, OSError) as error:
        raise explain(error, url) from error


def explain(error: Exception, url: sa.URL) -> StoreError:
    """The StoreError that says what to do about a driver's error."""
    where = place(url)
    cause: BaseException = error
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        cause = error.orig
    if isinstance(cause, OSError):
        return StoreError(f"{where}: {cause.strerror or cause}. Check the folder's permissions "
                          "and space, or set ATRIUM_DATA to another folder.")
    code = str(getattr(cause, "sqlite_errorname", ""))
    for name, sentence in _SQLITE.items():
        if code.startswith(name):
            return StoreError(sentence.format(place=where))
    reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    if url.get_backend_name() == "postgresql" and isinstance(
            error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError):
        return StoreError(f"{where} cannot be reached: {_without_password(reason, url)}. Start "
                          "it, or correct ATRIUM_DB_URL; recording goes on by itself once it "
                          "answers.")
    return StoreError(f"{where} refused a statement: {_without_password(reason, url)}.")


def _without_password(text: str, url: sa.URL) -> str:
    """Text with the password blotted out, wherever in the URL it stands."""
    secrets = [url.password, url.query.get("password")]
    for secret in secrets:
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    return text
