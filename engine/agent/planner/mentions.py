"""Things of the house found in a message, longest first, and the message with them left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.agent.planner.gaps import gaps
from engine.agent.planner.lexicon import ARTICLES, NEARBY, Entry, Kind, Lexicon, key
from engine.agent.planner.phrases import everyday
from engine.agent.planner.quantities import UNITS, Quantity, quantities, single
from engine.agent.planner.spelling import corrected
from engine.agent.planner.tokens import points_joined, tokens_of
from engine.agent.planner.told import told

# which sort stands for a phrase in the shape, where it may be several
_RANK: Final[tuple[Kind, ...]] = (
    "COMMAND", "CHOICE", "SCENARIO", "FIGURE", "PARAM", "AGENT", "ENGINE")
_RUN: Final = re.compile(r"#?\d{1,9}")
_RATE: Final = frozenset(("per", "an", "a", "each", "every", "hour", "day", "minute", "orders/h",
                          "daily", "hourly", "line", "lines", "km", "kilometre"))
_NUMBERED: Final = frozenset(("run", "runs", "row", "column", "station", "desk", "seed", "aisle"))
_LISTED_AFTER: Final = frozenset((
    "break", "kill", "disable", "fail", "wreck", "crash", "inspect", "describe", "at", "about"))
_BEFORE_GO: Final = frozenset(("start", "play", "of", "the", "a", "in", "launch", "open", "run",
                               "simulate", "some", "new", "another"))
_BEFORE_DRIVE: Final = frozenset(("new", "another", "town", "this", "of", "start", "launch", "run",
                                  "open", "begin", "simulate", "fresh", "first", "test"))
_KIND_OF_DRIVE: Final = frozenset((
    "night", "rainy", "foggy", "sunny", "snowy", "cloudy", "overcast", "wet", "dark", "normal",
    "quick", "short", "long", "quiet", "simple", "nice", "ordinary", "evening", "morning"))
_DRIVEN: Final = frozenset(("in", "through", "with", ",", "at", ":", "without", "please"))
_AFTER_GO: Final = frozenset(("on", "to", "with", "ahead", "back", "for", "as", "up", "down", "at",
                              "faster", "slower", "below", "above", "charging", "through", "over",
                              "forward", "again", "by", "until", "and"))
_UNIT_WORDS: Final = frozenset(u for u in UNITS if len(u) > 4)
GO: Final = "go"
_STATION: Final = re.compile(r"p\d{1,3}")
_MOVE: Final = re.compile(r"[a-hj-t](?:1\d|[1-9])")
_UNIT: Final = re.compile(r"[a-z]-?\d{1,6}")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the message that may mean something of the house.

    Attributes:
        start: First token.
        end: Token after the last.
        meanings: What it may mean, of any sort.
    """

    start: int
    end: int
    meanings: tuple[Entry, ...]

    @property
    def kind(self) -> Kind:
        """The sort that stands for it in the shape."""
        return min((m.kind for m in self.meanings), key=_RANK.index)

    def sort(self, engine: str | None) -> str:
        """What stands for it in the shape; "BOTH" where setting and figure are as likely.

        Args:
            engine: System that is probably meant; its meanings go before those of others.
        """
        likely = [m for m in self.meanings if m.engine == engine] or self.meanings
        kinds = {m.kind for m in likely}
        best = min(kinds, key=_RANK.index)
        return "BOTH" if best == "FIGURE" and "PARAM" in kinds else best

    def of(self, kind: Kind) -> list[Entry]:
        """Its meanings of one sort."""
        return [m for m in self.meanings if m.kind == kind]


@dataclass(frozen=True, slots=True)
class Reading:
    """A message taken apart.

    Attributes:
        tokens: Its words, put right.
        mentions: Things of the house, from left to right.
        numbers: Quantities that are neither run nor agent numbers.
        runs: Numbers of runs that are named ("run 12").
        agents: (system or "", number) of agents that are named ("robot 17", "R-0017").
        shape: The words with every thing replaced by its sort, for the classifier.
        engine: System that it was read for, or None.
    """

    tokens: tuple[str, ...]
    mentions: tuple[Mention, ...]
    numbers: tuple[Quantity, ...]
    runs: tuple[int, ...]
    agents: tuple[tuple[str, int], ...]
    shape: tuple[str, ...]
    engine: str | None = None

    def of(self, kind: Kind) -> list[Entry]:
        """Everything of one sort that is mentioned."""
        return [entry for m in self.mentions for entry in m.of(kind)]


def read(text: str, words: Lexicon, plain: frozenset[str] = frozenset(),
         engine: str | None = None, among: Sequence[str] = ()) -> Reading:
    """Take a message apart.

    Args:
        text: Message or clause.
        words: The house's words.
        plain: Other known words, which are not "corrected" into the house's.
        engine: System that is probably meant.
        among: Systems that may be meant instead, if more of the words are theirs.
    """
    said_so = tokens_of(text)
    tokens = _put_right(points_joined(said_so) if GO in (engine, *among) else said_so, words, plain,
                        (engine, *among))
    taken = [""] * len(tokens)
    agents, runs = _agents(tokens, words, taken), _runs(tokens, taken)
    said = quantities(tokens)
    engine = _meant(tokens, words, taken, engine, among)
    mentions = _mentions(tokens, words, taken, engine)
    mentions = _with_gaps(tokens, words, mentions, taken, said, engine)
    for i, token in enumerate(tokens):
        if not taken[i]:
            taken[i] = _point(token, engine)
    numbers = []
    for q in said:
        if not any(taken[q.start:q.end]):
            numbers.append(q)
            taken[q.start:q.end] = [q.placeholder(tokens)] * (q.end - q.start)
        elif not taken[q.start]:  # only its unit belongs to a thing: "two seconds between moves"
            numbers.append(q)
            taken[q.start] = q.placeholder(tokens)
    return Reading(tuple(tokens), tuple(mentions), tuple(numbers), tuple(runs), tuple(agents),
                   _shape([_verb(t, plain, words) if not k else t
                           for t, k in zip(tokens, taken, strict=True)], taken, mentions), engine)


def _meant(tokens: Sequence[str], words: Lexicon, taken: Sequence[str], engine: str | None,
           among: Sequence[str]) -> str | None:
    """The system that is named first, else the one whose words explain most of the message."""
    read_for = {e: _mentions(tokens, words, taken, e) for e in dict.fromkeys((engine, *among))}
    if doers := [e for e in read_for if told(e, tokens)]:
        return engine if engine in doers else doers[0]
    own = max((_explained(read_for[engine], e) for e in words.engines), default=0)
    named = [(m.start, -m.end, e.engine) for found in read_for.values() for m in found
             for e in m.of("ENGINE") if e.value != NEARBY or engine is None
             or _explained(found, e.engine) >= own]
    if named:
        return min(named)[2]
    best, most = engine, max((_explained(read_for[engine], e) for e in words.engines), default=0)
    for other in among:
        if (score := _explained(read_for[other], other)) > most:
            best, most = other, score
    return best


def _explained(mentions: Sequence[Mention], engine: str) -> int:
    """How many tokens may mean something of a system."""
    return sum(m.end - m.start for m in mentions if any(e.engine == engine for e in m.meanings))


def _verb(word: str, plain: frozenset[str], words: Lexicon) -> str:
    """A misspelt word of asking, put right for the shape alone: puase, resmue."""
    known = word in words.words or word in everyday() or not plain
    return word if known else corrected(word, plain)


def _put_right(said: list[str], words: Lexicon, plain: frozenset[str],
               engines: Sequence[str | None]) -> list[str]:
    """Misspelt words corrected where that completes a known phrase, and nowhere else."""
    said = [corrected(t, _UNIT_WORDS) if i and single(said[i - 1]) is not None else t
            for i, t in enumerate(said)]
    kept = plain | everyday() | UNITS.keys()
    tokens = [t if t in kept else corrected(t, words.words) for t in said]
    if tokens == said:
        return said
    inside: set[int] = set()
    for engine in dict.fromkeys((None, *engines)):
        for m in _mentions(tokens, words, [""] * len(tokens), engine):
            inside.update(range(m.start, m.end))
    return [new if i in inside else old
            for i, (old, new) in enumerate(zip(said, tokens, strict=True))]


def _mentions(tokens: Sequence[str], words: Lexicon, taken: Sequence[str],
              engine: str | None = None) -> list[Mention]:
    """Longest known phrases from left to right, articles between their words passed over."""
    out: list[Mention] = []
    i = 0
    while i < len(tokens):
        content, ends = _content(tokens, i, words.longest, taken)
        for length in range(len(content), 0, -1):
            found = words.found(key(content[:length]), engine)
            if length == 1 and _counted(tokens, i) and all(e.kind == "AGENT" for e in found):
                found = words.found((f"{content[0]}s",), engine) or found  # "60 robot"
            if length > 1 and found and _counted(tokens, i) and not _RATE & set(content[:length]):
                alone = words.found(key(content[:1]), engine)
                last = words.found((content[length - 1],), engine)
                found = [] if any(e.kind == "PARAM" and e not in found for e in alone) and not (
                    set(last) & set(found)) else found
            if _counted(tokens, i) and content[0] in ("hundred", "thousand"):
                found = []  # "two hundred robots" is no floor of a hundred robots
            if found and not (_measured(tokens, i) and found[0].kind == "SCENARIO") \
                    and _noun(tokens, i, ends[length - 1]):
                out.append(Mention(i, ends[length - 1], tuple(found)))
                i = ends[length - 1]
                break
        else:
            i += 1
    return out


def _with_gaps(tokens: Sequence[str], words: Lexicon, mentions: Sequence[Mention],
               taken: list[str], said: Sequence[Quantity], engine: str | None) -> list[Mention]:
    """The mentions, single words given up for phrases in pieces; notes what each token is."""
    free = [not t for t in taken]
    for q in said:
        free[q.start:q.end] = [False] * (q.end - q.start)
    passed = [f or any(q.start <= i < q.end for q in said) for i, f in enumerate(free)]
    for m in mentions:
        counted = any(q.end == m.start for q in said)
        loose = m.end - m.start == 1 and m.kind in ("PARAM", "FIGURE", "AGENT") and not counted
        free[m.start:m.end] = passed[m.start:m.end] = [loose] * (m.end - m.start)
    found = []
    for f in gaps(words).find(tokens, free, passed, engine):
        whole = all(free[f.at[0]:f.at[-1] + 1])  # else a number stands between: it stays free
        found.append(Mention(f.at[0] if whole else f.at[-1], f.at[-1] + 1, f.meanings))
    out = [m for m in mentions if not any(f.start < m.end and m.start < f.end for f in found)]
    out = sorted([*out, *found], key=lambda m: m.start)
    for m in out:
        taken[m.start:m.end] = [m.sort(engine)] * (m.end - m.start)
    return out


def _content(tokens: Sequence[str], i: int, longest: int,
             taken: Sequence[str]) -> tuple[list[str], list[int]]:
    """Words from token i on without articles, and where each ends; none from an article on."""
    content: list[str] = []
    ends: list[int] = []
    for j in range(i, len(tokens)):
        if taken[j] or len(content) == longest or (j == i and tokens[j] in ARTICLES):
            break
        if tokens[j] not in ARTICLES:
            content.append(tokens[j])
            ends.append(j + 1)
    return content, ends


def _counted(tokens: Sequence[str], i: int) -> bool:
    """Whether a number stands before: "120 drivers working" counts drivers."""
    return i > 0 and single(tokens[i - 1]) is not None


def _noun(tokens: Sequence[str], start: int, end: int) -> bool:
    """Whether "go" and "drive" name systems here, and are not verbs."""
    said = tokens[start:end]
    if said not in (["go"], ["drive"]):
        return True
    before = tokens[start - 1] if start else ""
    after = tokens[end] if end < len(tokens) else ""
    if said == ["drive"]:
        return before in ARTICLES or before in _BEFORE_DRIVE or before in _KIND_OF_DRIVE or (
            not start and after in _DRIVEN)
    return before in _BEFORE_GO and after not in _AFTER_GO


def _measured(tokens: Sequence[str], i: int) -> bool:
    """As in "how large is …": no scenario is meant."""
    return i > 0 and tokens[i - 1] in ("how", "too", "so", "very", "as")


def _agents(tokens: Sequence[str], words: Lexicon, taken: list[str]) -> list[tuple[str, int]]:
    """As in robot 17, driver no. 4, R-0017, d-12."""
    out: list[tuple[str, int]] = []
    for i, token in enumerate(tokens):
        if taken[i] or (i and tokens[i - 1] in _NUMBERED):
            continue
        entries = [e for e in words.entries.get((token,), ()) if e.kind == "AGENT"]
        after = i + 1
        while after < len(tokens) and tokens[after] in ("number", "no", ".", "nr", "#"):
            after += 1
        if listed := _listed(tokens, i, words):
            out += [(listed[0], n) for n in listed[1]]
            taken[i:listed[2]] = ["AGENT#"] * (listed[2] - i)
            continue
        number = single(tokens[after]) if entries and after < len(tokens) else None
        measured = after + 1 < len(tokens) and (
            tokens[after + 1] in UNITS or tokens[after + 1].startswith(("km", "kph")))
        if number is not None and number == int(number) and number >= 0 and not measured:
            engines = {e.engine for e in entries}
            out.append((entries[0].engine if len(engines) == 1 else "", int(number)))
            taken[i:after + 1] = ["AGENT#"] * (after + 1 - i)
        elif _UNIT.fullmatch(token) and "-" in token and not taken[i]:
            out.append((words.prefixes.get(token[0], ""), int(token.split("-")[1])))
            taken[i] = "AGENT#"
    return out


def _listed(tokens: Sequence[str], i: int,
            words: Lexicon) -> tuple[str, list[int], int] | None:
    """System, numbers and end of a list, as in "break robots 4, 5 and 6"."""
    entries = [e for e in words.entries.get((tokens[i][:-1],), ()) if e.kind == "AGENT"]
    if not entries or not tokens[i].endswith("s") or not i or tokens[i - 1] not in _LISTED_AFTER:
        return None
    numbers, end, j = [], i + 1, i + 1
    while j < len(tokens):
        if tokens[j] in (",", "and", "&"):
            j += 1
            continue
        if not tokens[j].isdigit():
            break
        numbers.append(int(tokens[j]))
        j += 1
        end = j
    return (entries[0].engine, numbers, end) if len(numbers) > 1 else None


def _runs(tokens: Sequence[str], taken: list[str]) -> list[int]:
    """As in run 12, runs 3 and 5, run no. 4."""
    out: list[int] = []
    for i, token in enumerate(tokens):
        if token not in ("run", "runs") or taken[i]:
            continue
        j = i + 1
        while j < len(tokens):
            if tokens[j] in ("number", "no", ".", "nr", "and", ",", "with", "to", "vs", "against",
                             "versus", "run"):
                j += 1
                continue
            if not _RUN.fullmatch(tokens[j]) or taken[j]:
                break
            if tokens[j + 1:j + 2] and _counts(tokens[j + 1]):
                break  # "run 800 robots"
            out.append(int(tokens[j]))
            taken[i] = taken[j] = "RUN#"
            j += 1
    return out


def _point(token: str, engine: str | None) -> str:
    """A desk of the floor or a point of the board, as in p02, d4."""
    if _STATION.fullmatch(token) and engine != GO:
        return "STATION"
    return "MOVE" if _MOVE.fullmatch(token) else ""


def point_of_board(tokens: Sequence[str]) -> str:
    """The first point of a board among the words, as GTP writes it; empty without one."""
    return next((t.upper() for t in tokens if _MOVE.fullmatch(t)), "")


def _counts(word: str) -> bool:
    """Whether a number before this word counts something, rather than naming a run."""
    return word.isalpha() and word not in (
        "and", "with", "to", "vs", "versus", "against", "please", "now", "for", "at", "in", "on",
        "then", "again", "is", "was", "did", "does", "has", "as", "or", "side", "a", "so", "differ",
        "set", "better", "different", "faster", "differently", "compare", "compared", "next")


def _shape(tokens: Sequence[str], taken: Sequence[str],
           mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Words, and one placeholder for each thing."""
    starts = {m.start for m in mentions}
    out: list[str] = []
    for i, (token, kind) in enumerate(zip(tokens, taken, strict=True)):
        if not kind:
            out.append(token)
        elif i in starts or not i or taken[i - 1] != kind:
            out.append(kind)
    return tuple(out)
