"""XML from strangers: read as a stream, without document types and so without entities to swell."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as Xml

from engine.errors import InvalidInput

_RECORDS: Final = frozenset({"node", "edge", "way", "relation"})


def elements(data: bytes, name: str) -> Iterator[tuple[str, str, Xml.Element]]:
    """Yield what begins and ends, in order, as ("start" or "end", local name, element).

    A record (node, edge, way, relation) is emptied after its end was looked at.

    Raises:
        InvalidInput: If the file is not well-formed UTF-8, or declares a document type.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise InvalidInput(f"{name} declares a document type or is not UTF-8; save it as plain XML "
                           "in UTF-8")
    try:
        for event, element in Xml.iterparse(io.BytesIO(data), events=("start", "end")):
            tag = element.tag.rsplit("}", 1)[-1]
            yield event, tag, element
            if event == "end" and tag in _RECORDS:
                element.clear()
    except Xml.ParseError as error:
        raise InvalidInput(f"{name} is not well-formed XML: {error}") from error
