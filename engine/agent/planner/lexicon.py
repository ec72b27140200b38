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
        value: For a choice, the value of the setting `name`.
    """

    kind: Kind
    engine: str
    name: str
    value: str = ""


WORDS: Final = Path(__file__).resolve().parents[3] / "assets" / "agent" / "words.txt"
_KINDS: Final[Mapping[str, Kind]] = {
    "engine": "ENGINE", "agent": "AGENT", "setting": "PARAM", "figure": "FIGURE",
    "command": "COMMAND", "scenario": "SCENARIO", "choice": "CHOICE"}


class Lexicon:
    """Entries by their words.

    Attributes:
        entries: Token sequences and what each may mean.
        longest: Length of the longest sequence.
        words: Every word that occurs in one.
    """

    def __init__(self) -> None:
        self.entries: dict[tuple[str, ...], list[Entry]] = {}
        self.knobs: dict[tuple[str, str], Knob] = {}
        known = domains()
        for engine, of in known.items():
            self._add(Entry("ENGINE", engine, engine), (of.title,))
            self._add(Entry("AGENT", engine, of.agent), (of.agent,))
            for k in knobs(of.params):
                self.knobs[engine, k.name] = k
                self._add(Entry("PARAM", engine, k.name), (k.label, k.name.replace("_", " ")))
                for choice in k.choices:
                    self._add(Entry("CHOICE", engine, k.name, choice), (choice,))
            for name, scenario in of.scenarios.items():
                self._add(Entry("SCENARIO", engine, name), (scenario.label,))
            for name in of.commands:
                self._add(Entry("COMMAND", engine, name), (name.replace("_", " "),))
        for entry, said in spoken(WORDS.read_text("utf-8")):
            if entry.engine in known:
                self._add(entry, said)
        self.longest = max(map(len, self.entries), default=1)
        self.words = frozenset(w for sequence in self.entries for w in sequence)

    def _add(self, entry: Entry, said: Iterable[str]) -> None:
        for text in said:
            sequence = tuple(tokens_of(text))
            if not sequence or sequence == ("none",):
                continue
            meanings = self.entries.setdefault(sequence, [])
            if entry not in meanings:
                meanings.append(entry)


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
        yield (Entry(_KINDS[kind], engine, name or engine, value),
               [s.strip() for s in said.split("|")])


@cache
def lexicon() -> Lexicon:
    """The house's words; built when first needed."""
    return Lexicon()
