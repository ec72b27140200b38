"""Hybrid search: words by BM25, letters by cosine, and headings, fused by rank.

BM25 finds the right words; character n-grams find them misspelt, inflected or joined, which words
alone cannot. Each ranks on its own scale, so ranks are fused and not scores.

Sources: Robertson & Zaragoza 2009, The Probabilistic Relevance Framework, doi:10.1561/1500000019;
    Cormack, Clarke & Büttcher 2009, Reciprocal Rank Fusion, doi:10.1145/1571941.1572114.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp

from engine.agent.knowledge.passages import Passage
from engine.errors import InvalidInput

RRF: Final = 60
SHORTLIST: Final = 50
BUCKETS: Final = 1 << 18
GRAMS: Final = (3, 4, 5)
MAX_QUESTION: Final = 2_000
_WORD: Final = re.compile(r"\w+", re.UNICODE)
# words that say nothing about what is sought
_STOP: Final = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has",
    "have", "how", "i", "in", "is", "it", "its", "me", "of", "on", "or", "please", "show", "tell",
    "that", "the", "their", "there", "this", "to", "was", "what", "when", "where", "which", "who",
    "why", "will", "with", "you"))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    Attributes:
        passage: What.
        score: Fused score, higher is better; comparable within one search.
        words: Share of the question's words that stand in the passage, [0, 1].
    """

    passage: Passage
    score: float
    words: float


class Index:
    """Passages in memory; any thread may search, one at a time adds."""

    def __init__(self, passages: Iterable[Passage] = ()) -> None:
        self._lock = threading.Lock()
        self._passages: list[Passage] = []
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        self._base.execute("CREATE VIRTUAL TABLE passage USING fts5(heading, text, "
                           "tokenize = 'porter unicode61 remove_diacritics 2')")
        self._counts: sp.csr_matrix = sp.csr_matrix((0, BUCKETS), dtype=np.float32)
        self._weighted: sp.csr_matrix | None = None
        self._idf = np.zeros(BUCKETS, np.float32)
        self.add(passages)

    def __len__(self) -> int:
        return len(self._passages)

    def add(self, passages: Iterable[Passage]) -> None:
        """Take more passages."""
        new = list(passages)
        if not new:
            return
        with self._lock:
            first = len(self._passages)
            self._base.executemany(
                "INSERT INTO passage(rowid, heading, text) VALUES (?, ?, ?)",
                ((first + i, p.heading, p.text) for i, p in enumerate(new)))
            rows = [_grams(f"{p.heading} {p.text}") for p in new]
            self._counts = sp.vstack([self._counts, _matrix(rows)], format="csr")
            self._passages += new
            self._weighted = None

    def search(self, question: str, most: int = 5) -> list[Hit]:
        """The best passages, best first; empty when none shares a word or most of its letters.

        Raises:
            InvalidInput: If the question is empty or too long.
        """
        if not question.strip():
            raise InvalidInput("say what to search for")
        if len(question) > MAX_QUESTION:
            raise InvalidInput(f"the question has {len(question):,} characters; at most "
                               f"{MAX_QUESTION:,} are searched for")
        words = [w.lower() for w in _WORD.findall(question)]
        words = [w for w in words if w not in _STOP] or words
        with self._lock:
            if not self._passages:
                return []
            lists = (self._by_words(words), self._by_letters(" ".join(words)),
                     self._by_heading(words))
            fused: dict[int, float] = {}
            for ranked in lists:
                for rank, row in enumerate(ranked):
                    fused[row] = fused.get(row, 0.0) + 1.0 / (RRF + rank + 1)
            best = sorted(fused, key=lambda row: (-fused[row], row))[:most]
            return [Hit(self._passages[r], fused[r], _share(words, self._passages[r]))
                    for r in best]

    def _by_words(self, words: Sequence[str]) -> list[int]:
        """Rows by BM25; headings count double."""
        if not words:
            return []
        asked = " OR ".join(f'"{w}"' for w in dict.fromkeys(words))
        rows = self._base.execute(
            "SELECT rowid FROM passage WHERE passage MATCH ? ORDER BY bm25(passage, 2.0, 1.0), "
            "rowid LIMIT ?", (asked, SHORTLIST)).fetchall()
        return [row[0] for row in rows]

    def _by_heading(self, words: Sequence[str]) -> list[int]:
        """Rows whose heading is what is asked for: all its words, or all of the question's."""
        asked = set(words)
        found = []
        for row, passage in enumerate(self._passages):
            heading = {w.lower() for w in _WORD.findall(passage.heading)} - _STOP
            if heading and (heading <= asked or asked <= heading):
                found.append((len(heading ^ asked), row))
        return [row for _, row in sorted(found)[:SHORTLIST]]

    def _by_letters(self, question: str) -> list[int]:
        """Rows by cosine of tf-idf weighted character n-grams."""
        if self._weighted is None:
            self._weigh()
        assert self._weighted is not None
        asked = _matrix([_grams(question)])
        asked.data = np.log1p(asked.data) * self._idf[asked.indices]
        norm = float(np.sqrt((asked.data**2).sum()))
        if norm == 0:
            return []
        scores = np.asarray((self._weighted @ asked.T).todense()).ravel() / norm
        order = np.argsort(-scores, kind="stable")[:SHORTLIST]
        return [int(i) for i in order if scores[i] > 0.05]

    def _weigh(self) -> None:
        """Weights of all passages, after some were added."""
        counts = self._counts
        seen = np.bincount(counts.indices, minlength=BUCKETS)
        self._idf = np.log((1 + counts.shape[0]) / (1 + seen)).astype(np.float32) + 1
        weighted = counts.copy()
        weighted.data = np.log1p(weighted.data) * self._idf[weighted.indices]
        norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        norms[norms == 0] = 1
        self._weighted = sp.diags(1 / norms).astype(np.float32) @ weighted


def _grams(text: str) -> dict[int, int]:
    """Counts of hashed character n-grams within words, word ends marked."""
    counts: dict[int, int] = {}
    for word in _WORD.findall(text.lower()):
        marked = f"<{word}>"
        for n in GRAMS:
            for i in range(len(marked) - n + 1):
                bucket = zlib.crc32(marked[i:i + n].encode()) % BUCKETS
                counts[bucket] = counts.get(bucket, 0) + 1
    return counts


def _matrix(rows: Sequence[dict[int, int]]) -> sp.csr_matrix:
    """Counts as float32 [rows, BUCKETS]."""
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((c for row in rows for c in row), np.int32, int(ends[-1]))
    values = np.fromiter((v for row in rows for v in row.values()), np.float32, int(ends[-1]))
    return sp.csr_matrix((values, columns, ends), shape=(len(rows), BUCKETS))


def _share(words: Sequence[str], passage: Passage) -> float:
    """Share of the words, or of their stems, that the passage holds."""
    text = f"{passage.heading} {passage.text}".lower()
    return sum(w[:max(4, len(w) - 2)] in text for w in words) / max(1, len(words))
