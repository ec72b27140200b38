"""Chats kept on disk, each under its owner: a browser that does not hold the key sees none."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from engine.agent.conversation import MAX_BYTES, Conversation
from engine.errors import InvalidInput, StoreError

SHOWN: Final = 200
_NAME: Final = re.compile(r"[0-9a-f]{16}")
_KEY: Final = re.compile(r"[\w-]{16,64}")


@dataclass(frozen=True, slots=True)
class Kept:
    """One saved chat, for the list.

    Attributes:
        name: Its file's name.
        title: As shown.
        saved_at: UTC, ISO 8601.
        messages: How many.
    """

    name: str
    title: str
    saved_at: str
    messages: int


class Archive:
    """Saved chats in a folder.

    Args:
        folder: Where; made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def default(cls) -> Archive:
        """In `chats` beside the metrics: ATRIUM_DATA, else `var`."""
        root = os.environ.get("ATRIUM_DATA", "").strip()
        base = Path(root).expanduser() if root else Path(__file__).resolve().parents[2] / "var"
        return cls(base / "chats")

    def save(self, owner: str, name: str, conversation: Conversation) -> None:
        """Write a chat in one piece: a crash leaves the old file or the new one.

        Raises:
            StoreError: If it cannot be written.
        """
        path = self._path(owner, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".new", delete=False,
                                             encoding="utf-8") as out:
                out.write(conversation.to_json())
            Path(out.name).replace(path)
        except OSError as error:
            raise StoreError(f"the chat cannot be saved in {path.parent}: {error.strerror}. Free "
                             "some space, or name another folder in ATRIUM_DATA") from error

    def load(self, owner: str, name: str) -> Conversation:
        """Read a chat back.

        Raises:
            InvalidInput: If there is none of that name, or it is damaged.
        """
        path = self._path(owner, name)
        try:
            if path.stat().st_size > 4 * MAX_BYTES:
                raise InvalidInput("the saved chat is too large to be read")
            return Conversation.from_json(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput("that chat is not there any more; choose another") from error

    def list(self, owner: str) -> list[Kept]:
        """An owner's chats, the newest first; what cannot be read is left out."""
        out: list[tuple[float, Kept]] = []
        folder = self._path(owner, "0" * 16).parent
        for path in folder.glob("*.json"):
            try:
                kept: Any = json.loads(path.read_text("utf-8"))
                at = path.stat().st_mtime
                when = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
                out.append((at, Kept(path.stem, str(kept["title"])[:80], when,
                                     len(kept["nodes"]))))
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return [kept for _, kept in sorted(out, key=lambda row: -row[0])[:SHOWN]]

    def delete(self, owner: str, name: str) -> None:
        """Remove a chat for good."""
        self._path(owner, name).unlink(missing_ok=True)

    def _path(self, owner: str, name: str) -> Path:
        if not _KEY.fullmatch(owner) or not _NAME.fullmatch(name):
            raise InvalidInput("this is no chat of yours")
        # the key itself is never written down
        return self.folder / hashlib.sha256(owner.encode()).hexdigest()[:32] / f"{name}.json"
