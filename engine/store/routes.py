"""Downloads over HTTP: `/export/metrics.csv`, `/export/metrics.parquet`, `/export/events.csv`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from engine.errors import InvalidInput, StoreError
from engine.guard import allowed_host, same_origin
from engine.store.export import Selection
from engine.store.store import Store, open_store

RUN_LIMIT: Final = 1000
"""Runs of one download."""

_CSV: Final = "text/csv; charset=utf-8"
_PARQUET: Final = "application/vnd.apache.parquet"
_FIELDS: Final = {"runs", "series", "lo", "hi"}


def routes() -> list[BaseRoute]:
    """The routes, for `st.App`; each opens the default store when asked."""
    return [
        _route("metrics.csv", _CSV, Store.export_csv),
        _route("metrics.parquet", _PARQUET, Store.export_parquet),
        _route("events.csv", _CSV, Store.export_events),
    ]


def parse_selection(query: QueryParams) -> Selection:
    """The selection that a query string asks for.

    `runs=1,2` is needed; `series=a,b`, `lo=` and `hi=` narrow it; lists may also repeat the name.

    Raises:
        InvalidInput: If a field is unknown, missing or no number.
    """
    unknown = set(query) - _FIELDS
    if unknown:
        raise InvalidInput(f"{sorted(unknown)[0][:40]!r} is no field of an export; use runs, "
                           "series, lo and hi.")
    numbers = []
    for word in _words(query, "runs"):
        if not (word.isascii() and word.isdigit() and len(word) < 19):
            raise InvalidInput(f"{word[:40]!r} is no run number; write runs=1,2.")
        numbers.append(int(word))
    if not numbers:
        raise InvalidInput("No run is chosen; add runs=1,2.")
    if len(numbers) > RUN_LIMIT:
        raise InvalidInput(f"{len(numbers)} runs are chosen, at most {RUN_LIMIT} go into one "
                           "file; export them in parts.")
    names = tuple(dict.fromkeys(_words(query, "series")))
    return Selection(tuple(dict.fromkeys(numbers)), names or None, _step(query, "lo"),
                     _step(query, "hi"))


def _route(name: str, media: str,
           export: Callable[[Store, Selection], Iterator[bytes]]) -> Route:
    def answer(request: Request) -> Response:
        if not allowed_host(request.headers):
            return _refusal(403, "This address is not served: open the app as localhost, or add "
                                 "its name to ATRIUM_HOSTS.")
        if not same_origin(request.headers):
            return _refusal(403, "A page of another site asked for this file; open it from the "
                                 "app.")
        try:
            selection = parse_selection(request.query_params)
            body = export(open_store(), selection)
        except InvalidInput as error:
            return _refusal(400, str(error))
        except StoreError as error:
            return _refusal(503, str(error))
        stem, _, suffix = name.partition(".")
        runs = "-".join(str(run) for run in selection.runs[:3])
        more = "-and-more" if len(selection.runs) > 3 else ""
        return StreamingResponse(body, media_type=media, headers={
            "Content-Disposition": f'attachment; filename="atrium-{stem}-{runs}{more}.{suffix}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        })

    return Route(f"/export/{name}", answer, methods=["GET"])


def _words(query: QueryParams, field: str) -> list[str]:
    """Comma-separated words of a field, however often it stands there."""
    return [w.strip() for text in query.getlist(field) for w in text.split(",") if w.strip()]


def _step(query: QueryParams, field: str) -> float | None:
    """A bound, or None without one."""
    text = query.get(field, "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise InvalidInput(f"{field}={text[:40]!r} is no number; write a step such as {field}=100.")
    return number


def _refusal(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status, {"X-Content-Type-Options": "nosniff"})
