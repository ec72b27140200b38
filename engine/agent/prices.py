"""What models cost: the lines that ship with Atrium, each with its date and source, and one's own.

A price belongs to a server and a model: the same name costs differently elsewhere. A model without
a line has an unknown price, which is said and never taken for nothing. One's own lines go before
those that ship; they lie beside the metrics.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from engine.agent.budget import Price
from engine.errors import InvalidInput, StoreError
from engine.live.files import folder_of, replace

SHIPPED: Final = Path(__file__).resolve().parents[2] / "assets" / "agent" / "prices.csv"
UNKNOWN: Final = Price(known=False)
OPENAI: Final = "api.openai.com"
MAX_LINES: Final = 500
MAX_TEXT: Final = 300
MAX_DOLLARS: Final = 1000.0
ANY: Final = "*"
"""As a model: every model of the server."""
_DATED: Final = re.compile(r"-(?:\d{4}-\d\d-\d\d|\d{8})$")
"""How a snapshot's name ends; it costs what the model without the date costs."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table.

    Attributes:
        server: Host name, as api.openai.com; "" for any.
        model: Name as the server knows it; "*" for every model there.
        prompt: Dollars a million prompt tokens.
        cached: The same read from cache; None where no price is named: they cost as the others.
        answer: Dollars a million answer tokens.
        as_of: Day at which the source said so, ISO 8601; "" for one's own.
        source: Where it is said.
    """

    server: str
    model: str
    prompt: float
    cached: float | None
    answer: float
    as_of: str = ""
    source: str = ""

    @property
    def price(self) -> Price:
        """As the meter takes it."""
        cached = self.prompt if self.cached is None else self.cached
        return Price(prompt=self.prompt, cached=cached, completion=self.answer)


COLUMNS: Final = tuple(f.name for f in fields(Line))


def server_of(base_url: str | None) -> str:
    """Host name of an address as in OPENAI_BASE_URL."""
    return urlsplit(base_url).hostname or OPENAI if base_url else OPENAI


def line_of(server: str, model: str, lines: Iterable[Line]) -> Line | None:
    """The line that prices a model, or None.

    The exact name goes before the name without its date, that before "*"; among equals the first
    line of the server, then of any.
    """
    wanted = [model, _DATED.sub("", model), ANY]
    fitting = [x for x in lines if x.server in (server, "") and x.model in wanted]
    return min(fitting, key=lambda x: (wanted.index(x.model), x.server == ""), default=None)


def shipped() -> list[Line]:
    """The lines that ship."""
    return read(SHIPPED)


def own_file() -> Path:
    """`prices.csv` in `agent` beside the metrics: ATRIUM_DATA, else `var`."""
    return folder_of("agent") / "prices.csv"


def own() -> list[Line]:
    """One's own lines; none where nobody wrote any.

    Raises:
        InvalidInput: If the file is damaged; names the line.
    """
    return read(own_file()) if own_file().is_file() else []


def price_of(server: str, model: str) -> Price:
    """What a model costs, or `UNKNOWN`.

    Raises:
        InvalidInput: If one's own table is damaged: nothing is guessed then.
    """
    found = known_line(server, model)
    return found.price if found else UNKNOWN


def known_line(server: str, model: str) -> Line | None:
    """The line that applies, one's own before those that ship."""
    return line_of(server, model, own()) or line_of(server, model, shipped())


def save(lines: Sequence[Line]) -> None:
    """Put these in the place of one's own lines.

    Raises:
        InvalidInput: If there are too many, or two for one model; nothing is written then.
        StoreError: If they cannot be written.
    """
    if len(lines) > MAX_LINES:
        raise InvalidInput(f"{len(lines)} prices; at most {MAX_LINES} are kept, drop some")
    seen: set[tuple[str, str]] = set()
    for x in lines:
        if (x.server, x.model) in seen:
            raise InvalidInput(f"{x.model} at {x.server or 'any server'} has two prices; drop one")
        seen.add((x.server, x.model))
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(astuple(x) for x in lines)
    try:
        replace(own_file(), out.getvalue().encode())
    except OSError as error:
        raise StoreError(f"the prices cannot be kept in {own_file().parent}: {error.strerror}. "
                         "Free some space, or name another folder in ATRIUM_DATA") from error


def read(file: Path) -> list[Line]:
    """A table as it lies on disk.

    Raises:
        InvalidInput: If it cannot be read; names the line.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from error
    return [checked(row, f"{file.name} line {n}") for n, row in enumerate(rows, 2)]


def checked(row: dict[str, object], where: str) -> Line:
    """A row as a line.

    Args:
        row: Values by column, texts or numbers; None and "" for nothing.
        where: How an error calls it.

    Raises:
        InvalidInput: If a value is missing or cannot be one.
    """
    def text(name: str) -> str:
        said = " ".join(str(row.get(name) or "").split())
        if len(said) > MAX_TEXT:
            raise InvalidInput(f"{where}: {name} has {len(said)} characters; at most {MAX_TEXT}")
        return said

    def dollars(name: str) -> float | None:
        said = row.get(name)
        if said is None or said == "":
            return None
        try:
            value = float(str(said))
        except ValueError:
            value = math.nan
        if not 0 <= value <= MAX_DOLLARS:
            raise InvalidInput(f"{where}: {name} is {said!r}; it must be dollars a million tokens, "
                               f"0 to {MAX_DOLLARS:g}")
        return value

    prompt, answer = dollars("prompt"), dollars("answer")
    if not text("model") or prompt is None or answer is None:
        raise InvalidInput(f"{where}: a price needs a model, and what prompt and answer cost")
    if when := text("as_of"):
        try:
            date.fromisoformat(when)
        except ValueError:
            raise InvalidInput(f"{where}: as_of is {when!r}; it must be a day as in 2026-10-24") \
                from None
    return Line(text("server").lower(), text("model"), prompt, dollars("cached"), answer, when,
                text("source"))
