"""A lock file that one process holds and that the kernel lets go of when the process dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.errors import StoreError


class ProcessLock:
    """Exclusive right of this process to write beside `path`.

    POSIX record locks: `kill -9` frees them and a forked child does not inherit them. They do
    not tell threads apart, and closing any descriptor of the file frees them: open it here
    alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False when another process has it.

        Raises:
            OSError: If the file cannot be made.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return True

    def holder(self) -> str:
        """Process number of whoever took the lock last, for a message."""
        try:
            return self.path.read_text("ascii").strip() or "unknown"
        except (OSError, ValueError):
            return "unknown"

    def release(self) -> None:
        """Let go. The file stays: removing it would let two processes lock two files."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    # far behind the process number, which must stay readable while the lock is held
    _FAR = 1 << 20

    def _lock(descriptor: int) -> None:
        """Lock one byte; OSError when another process has it."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        """Lock the whole file; OSError when another process has it."""
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def try_lock(path: Path) -> ProcessLock:
    """A held lock beside the database file `path`.

    Raises:
        StoreError: If another process holds it.
        OSError: If the file cannot be made.
    """
    lock = ProcessLock(path.with_name(path.name + ".lock"))
    if lock.acquire():
        return lock
    raise StoreError(
        f"{path} is being written by another process (number {lock.holder()}). SQLite takes one: "
        "stop that one, give this one its own folder by ATRIUM_DATA, or let both share a "
        "PostgreSQL by ATRIUM_DB_URL=postgresql+psycopg://user:password@host/database.")
