"""Uploaded files as text: txt, md, csv and pdf, within bounds, whatever is inside."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final

from engine.agent.knowledge.passages import Passage, cut
from engine.errors import InvalidInput

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_CHARACTERS: Final = 2_000_000
MAX_PAGES: Final = 500
MAX_ROWS: Final = 20_000
ROWS_A_PASSAGE: Final = 12
MAX_CELL: Final = 200


def read_upload(name: str, content: bytes) -> list[Passage]:
    """An uploaded file as passages, marked as written by somebody else.

    Args:
        name: File name; its ending says what it is.
        content: Its bytes.

    Raises:
        InvalidInput: If it is too large, of another kind, damaged, or holds no text.
    """
    title = PurePath(name.replace("\\", "/")).name[:120] or "file"
    if len(content) > MAX_BYTES:
        raise InvalidInput(f"{title} has {len(content) / 2**20:.0f} MB; at most "
                           f"{MAX_BYTES // 2**20} MB are read. Split it, or upload the part that "
                           "matters")
    reader = _READERS.get(PurePath(title).suffix.lower())
    if reader is None:
        raise InvalidInput(f"{title} cannot be read; upload {', '.join(sorted(_READERS))}")
    passages = reader(title, content)
    if not passages:
        raise InvalidInput(f"{title} holds no text that can be searched"
                           + ("; is it a scan?" if title.lower().endswith(".pdf") else ""))
    return passages


def _text(title: str, content: bytes) -> list[Passage]:
    return cut(title, _decode(title, content)[:MAX_CHARACTERS], untrusted=True)


def _decode(title: str, content: bytes) -> str:
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput(f"{title} is no text file")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _csv(title: str, content: bytes) -> list[Passage]:
    """Rows in groups, each with the column names, so that a row can be found by its values."""
    text = _decode(title, content)
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:8192], ",;\t|")
    except csv.Error:
        dialect = csv.excel
    out: list[Passage] = []
    header: list[str] = []
    group: list[str] = []
    try:
        for i, row in enumerate(csv.reader(io.StringIO(text), dialect)):
            if i > MAX_ROWS:
                break
            if not header:
                header = [cell.strip()[:MAX_CELL] for cell in row]
                continue
            group.append("; ".join(f"{h}: {cell.strip()[:MAX_CELL]}"
                                   for h, cell in zip(header, row, strict=False)))
            if len(group) == ROWS_A_PASSAGE:
                out.append(_rows(title, i, group))
                group = []
    except csv.Error as error:
        raise InvalidInput(f"{title} is no CSV ({error})") from error
    if group:
        out.append(_rows(title, i, group))
    return out


def _rows(title: str, last: int, group: list[str]) -> Passage:
    heading = f"rows {last - len(group) + 1}–{last}"
    return Passage(title, heading, "\n".join(group)[:4_000], untrusted=True)


def _pdf(title: str, content: bytes) -> list[Passage]:
    """Pages of a PDF; the parser is somebody else's and so is what goes wrong in it."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    out: list[Passage] = []
    length = 0
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InvalidInput(f"{title} is locked by a password; upload an open copy")
        for number, page in enumerate(reader.pages[:MAX_PAGES], 1):
            text = page.extract_text()
            length += len(text)
            out += [Passage(title, f"page {number}", p.text, untrusted=True)
                    for p in cut(title, text)]
            if length > MAX_CHARACTERS:
                break
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput(f"{title} is no PDF that can be read ({type(error).__name__}); save it "
                           "anew, or upload its text") from error
    return out


_READERS: Final[Mapping[str, Callable[[str, bytes], list[Passage]]]] = {
    ".txt": _text, ".md": _text, ".csv": _csv, ".pdf": _pdf}
