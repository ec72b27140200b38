"""Tools that look things up outside the runs: knowledge, web, pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from pydantic import Field

from engine.agent.drawing import draw
from engine.agent.house import history
from engine.agent.house.library import library
from engine.agent.images import ImageService
from engine.agent.knowledge.index import Hit, Index
from engine.agent.knowledge.passages import Passage
from engine.agent.tools import Answer, Arguments, Context, Tool
from engine.agent.web import Provider, providers, search
from engine.errors import StoreError
from engine.store import Store

log = logging.getLogger(__name__)

SHOWN: Final = 5
LEAST_WORDS: Final = 0.34


class Ask(Arguments):
    """A question."""

    question: str = Field(min_length=1, max_length=2_000)


class WebQuery(Arguments):
    """A web search."""

    query: str = Field(min_length=1, max_length=400)


class PictureOf(Arguments):
    """What to draw."""

    prompt: str = Field(min_length=1, max_length=1_000)


def lookup_tools(uploads: Index | None = None, images: ImageService | None = None,
                 chain: Callable[[], Sequence[Provider]] = providers,
                 store: Callable[[], Store] | None = None) -> list[Tool[Any]]:
    """The tools.

    Args:
        uploads: Passages of the conversation's own files, searched beside the app's.
        images: Who makes pictures; None draws them here.
        chain: Who is asked for a web search.
        store: Opens the record of runs, searched beside the documents; None for none.
    """
    return [
        Tool("knowledge_search", "Search Atrium's documents, papers, settings, the history of runs "
             "and the uploaded files.", Ask, "read",
             lambda a, _c: _knowledge(a.question, uploads, store)),
        Tool("web_search", "Search the web.", WebQuery, "read", lambda a, _c: _web(a.query, chain)),
        _draws() if images is None else _makes(images),
    ]


def _draws() -> Tool[PictureOf]:
    return Tool("generate_image", "Draw a picture.", PictureOf, "read",
                lambda a, _c: _draw(a.prompt))


def _makes(images: ImageService) -> Tool[PictureOf]:
    cost = f", ${images.price:.2f}" if images.price else ""
    return Tool("generate_image", "Have a picture made by an image model.", PictureOf, "money",
                lambda a, c: _make(images, a.prompt, c), price=images.price,
                preview=lambda a: f"a picture by {images.name}{cost}: {a.prompt[:200]}")


def _knowledge(question: str, uploads: Index | None,
               store: Callable[[], Store] | None) -> Answer:
    hits = library().search(question, SHOWN)
    if uploads is not None and len(uploads):
        hits += uploads.search(question, SHOWN)
    hits = [*hits, *_runs(question, store)] if store else hits
    hits = sorted((h for h in hits if h.words >= LEAST_WORDS), key=lambda h: -h.score)[:SHOWN]
    return Answer({"passages": [_passage(h) for h in hits]},
                  untrusted=any(h.passage.untrusted for h in hits),
                  sources=tuple(dict.fromkeys(h.passage.source for h in hits)))


def _runs(question: str, store: Callable[[], Store]) -> list[Hit]:
    """What the record of runs says; documents are searched where it cannot be read."""
    try:
        return history.found(question, store(), SHOWN)
    except StoreError as error:
        log.warning("the run history cannot be read: %s", error)
        return [Hit(Passage(history.SOURCE, "", f"The history of runs cannot be read: {error}"),
                    0.0, 1.0)]


def _passage(hit: Hit) -> dict[str, Any]:
    p = hit.passage
    return {"source": p.source, "heading": p.heading, "text": p.text, "words": round(hit.words, 2)}


def _web(query: str, chain: Callable[[], Sequence[Provider]]) -> Answer:
    who, found = search(query, chain())
    return Answer({"provider": who, "results": [
        {"title": f.title, "address": f.address, "text": f.text} for f in found]},
        untrusted=True, sources=(who,))


def _draw(prompt: str) -> Answer:
    return Answer({"note": "A drawing made here from the words, not a picture by a model."},
                  {"kind": "svg", "svg": draw(prompt), "label": prompt[:100]},
                  sources=("drawn here",))


def _make(images: ImageService, prompt: str, context: Context) -> Answer:
    made = images.make(prompt, context.stop, context.left_s)
    note = made.problem or f"A picture by {images.name}; it is shown beside this answer."
    show = {"kind": "image", "label": prompt[:100]} if made.picture else None
    return Answer({"note": note, "tokens": made.tokens, "dollars": images.price}, show,
                  sources=(images.name,), dollars=images.price, picture=made.picture)
