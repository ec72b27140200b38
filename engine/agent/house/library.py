"""What the app knows about itself, as passages: documents, papers, settings and figures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from engine.agent.house.domains import domains
from engine.agent.knowledge.index import Index
from engine.agent.knowledge.passages import Passage, cut
from engine.params import knobs

ROOT: Final = Path(__file__).resolve().parents[3]
DOCUMENTS: Final = (("Papers", "assets/agent/library.md"), ("README", "README.md"),
                    ("Architecture", "ARCHITECTURE.md"))


@cache
def library() -> Index:
    """The app's own passages; built when first searched."""
    return Index(_passages())


def _passages() -> Iterator[Passage]:
    for title, name in DOCUMENTS:
        path = ROOT / name
        if path.is_file():
            yield from cut(title, path.read_text("utf-8"))
    for of in domains().values():
        for k in knobs(of.params):
            unit = f" {k.unit}" if k.unit else ""
            span = f" It goes from {k.low:g} to {k.high:g}{unit}." \
                if k.low is not None and k.high is not None else ""
            yield Passage(f"{of.title}, settings", k.label, f"{k.label}: {k.help}{span}")
        for f in of.figures:
            yield Passage(f"{of.title}, figures", f.label,
                          f"{f.label}{f' ({f.unit})' if f.unit else ''}: {f.help}")
