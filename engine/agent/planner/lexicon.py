"""What words can mean in this house: systems, settings, figures, commands, scenarios.

Labels come from the declarations themselves; what people say instead stands in
`assets/agent/words.txt`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from engine.agent.house.domains import domains
from engine.agent.planner.tokens import tokens_of
from engine.params import Knob, knobs

Kind = Literal["ENGINE", "PARAM", "FIGURE", "COMMAND", "SCENARIO", "CHOICE", "AGENT"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that words can mean.

    Attributes:
        kind: What sort of thing.
        engine: System it belongs to.
        name: Its machine name.
        value: For a choice, the value of the setting `name`; NEARBY for a word that names its
            system only where that one runs or nothing else does ("the game", "the car").
    """

    kind: Kind
    engine: str
    name: str
    value: str = ""


WORDS: Final = Path(__file__).resolve().parents[3] / "assets" / "agent" / "words.txt"
ARTICLES: Final = frozenset(("the", "a", "an", "our", "my", "your", "its", "their", "all"))
_EVERYDAY: Final = frozenset(("you", "engine"))
LATER: Final = frozenset(("go", "perception"))
"""Systems with labels so short ("speed", "black", "rain") that they count in their own alone."""
NEARBY: Final = "nearby"
_LINES: Final = {"nine": "9", "thirteen": "13", "nineteen": "19"}
_ENDINGS: Final = ("ing", "ed", "es", "s", "e")
_DOUBLED: Final = frozenset("bdgmnprt")
_KINDS: Final[Mapping[str, Kind]] = {
    "engine": "ENGINE", "nearby": "ENGINE", "agent": "AGENT", "setting": "PARAM",
    "figure": "FIGURE", "command": "COMMAND", "scenario": "SCENARIO", "choice": "CHOICE"}


class Lexicon:
    """Entries by their words.

    Attributes:
        entries: Keys of token sequences (see `key`) and what each may mean.
        local: Labels that mean their thing only where their system is spoken of ("speed").
        phrases: Every sequence as written, with its meaning.
        knobs: Settings by system and name.
        engines: Systems there are.
        prefixes: System by the first letter of what moves in it (r-17).
        longest: Length of the longest key.
        words: Every word that occurs in one.
    """

    def __init__(self) -> None:
        self.entries: dict[tuple[str, ...], list[Entry]] = {}
        self.phrases: list[tuple[tuple[str, ...], Entry]] = []
        self.local: set[tuple[tuple[str, ...], Entry]] = set()
        self.knobs: dict[tuple[str, str], Knob] = {}
        known = domains()
        self.engines = tuple(known)
        for engine, of in known.items():
            self._add(Entry("ENGINE", engine, engine), (of.title,))
            self._add(Entry("AGENT", engine, of.agent), (of.agent,))
            for k in knobs(of.params):
                self.knobs[engine, k.name] = k
                self._add(Entry("PARAM", engine, k.name), (k.label, k.name.replace("_", " ")))
                for choice in k.choices:
                    if not choice.isdigit() and choice not in _EVERYDAY:
                        self._add(Entry("CHOICE", engine, k.name, choice), (choice,))
            for name, scenario in of.scenarios.items():
                self._add(Entry("SCENARIO", engine, name), (scenario.label,))
            for name in of.commands if engine not in LATER else ():
                self._add(Entry("COMMAND", engine, name), (name.replace("_", " "),))
            for f in of.figures:
                if engine in LATER:
                    self._add(Entry("FIGURE", engine, f.name), (f.label,))
        for entry, said in spoken(WORDS.read_text("utf-8")):
            if entry.engine in known:
                self._add(entry, said)
        self.local = {(k, e) for k, found in self.entries.items() for e in found
                      if e.value == NEARBY or (e.engine in LATER and e.kind != "ENGINE")}
        self.prefixes = {e.name[0]: e.engine for found in self.entries.values() for e in found
                         if e.kind == "AGENT"}
        self.longest = max(map(len, self.entries), default=1)
        self.words = frozenset(w for said, _ in self.phrases for w in said)

    def found(self, at: tuple[str, ...], engine: str | None) -> list[Entry]:
        """What a key may mean where a system is spoken of."""
        return [e for e in self.entries.get(at, ())
                if e.engine == engine or (at, e) not in self.local]

    def _add(self, entry: Entry, said: Iterable[str]) -> None:
        for text in said:
            sequence = tuple(tokens_of(text))
            if not key(sequence) or sequence == ("none",):
                continue
            self.phrases.append((sequence, entry))
            meanings = self.entries.setdefault(key(sequence), [])
            if entry not in meanings:
                meanings.append(entry)


def key(words: Iterable[str]) -> tuple[str, ...]:
    """What a phrase is looked up by: no articles, boards in figures, stems of several words."""
    content = [_LINES.get(w, w) for w in words if w not in ARTICLES]
    return tuple(map(stem, content)) if len(content) > 1 else tuple(content)


@cache
def stem(word: str) -> str:
    """A word without its ending, roughly: closing, closed and close are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[:-len(ending)]
            break
    return word[:-1] if word[-1:] in _DOUBLED and word[-2:-1] == word[-1] else word


def spoken(text: str) -> Iterator[tuple[Entry, list[str]]]:
    """The lines of a word file.

    Raises:
        ValueError: If a line is none of the known forms.
    """
    engine = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            engine = line.strip("[]")
            continue
        what, colon, said = line.partition(": ")
        kind, _, name = what.partition(" ")
        if not colon or kind not in _KINDS or not engine:
            raise ValueError(f"words.txt line {number}: {line!r}")
        name, _, value = name.partition(" = ")
        value = NEARBY if kind == "nearby" else value
        yield (Entry(_KINDS[kind], engine, name or engine, value),
               [s.strip() for s in said.split("|")])


@cache
def lexicon() -> Lexicon:
    """The house's words; built when first needed."""
    return Lexicon()
