"""Questions about what is written somewhere: in an uploaded file, or in the app's own library."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from engine.agent.house.library import library
from engine.agent.knowledge.index import Index
from engine.agent.planner.acts import Guess
from engine.agent.planner.clauses import Ask
from engine.agent.planner.lexicon import ARTICLES, stem
from engine.agent.planner.phrases import plain_words
from engine.agent.planner.questions import is_question
from engine.agent.planner.sense import CHANGING

STRANGE: Final = 4
HALF: Final = 0.5
MOST: Final = 0.66
WEAK: Final = 0.6
_OPEN: Final = frozenset(("other", "again", "hello", "web", "knowledge", "help"))
_LOOSE: Final = frozenset(("settings", "figures", "export"))
# words that make a question one about a run, though no figure or setting is named
_OF_HOUSE: Final = frozenset((
    "settings", "setting", "parameters", "parameter", "knobs", "knob", "options", "option",
    "params", "configuration", "configured", "config", "setup", "value", "values", "range",
    "figures",
    "figure", "numbers", "kpis", "metrics", "status", "stats", "statistics", "doing", "going",
    "performing", "well", "csv", "parquet", "download", "export", "excel", "spreadsheet", "choices",
    "policy", "policies", "planner", "things", "it", "everything", "overview", "report", "state",
    "looking", "busy", "running", "performance", "set", "change", "tune", "adjust", "summary",
    "unit", "that", "they", "measured"))
_ASKED_BY: Final = (("may",), ("can",), ("could",), ("does",), ("do",), ("which",), ("what",))
_OF_APP: Final = re.compile(
    r"\b(?:environment variables?|which variable|variables? (?:do|must|should|can|raises?|sets?)"
    r"|postgres"
    r"|sqlite|database|docker|kubernetes|container|openstreetmap|osm|localhost|port|server|laptops?"
    r"|per the docs|documented|documentation|file formats?|which formats?|licen[cs]e|api key|a key"
    r"|my own (?:map|floor|network|model|file|key|data|games?|plan)|own floor|browser|firewall"
    r"|https?"
    r"|memory does|disk|gpu|cpu|cores|install\w*|deploy\w*|upgrade|backups?|at once|how (?:is|are"
    r"|does|do)"
    r" .*(?:computed|calculated|estimated|derived|defined|modelled|generated|trained|implemented"
    r"|work|works))\b")
_EXPLAIN: Final = frozenset(("explain", "define", "describe", "difference", "tell", "definition",
                             "meaning", "teach", "about"))
_SMALL: Final = ARTICLES | _EXPLAIN | frozenset((
    "what", "what's", "who", "how", "why", "which", "where", "when", "does", "did", "was", "were",
    "are", "is", "and", "for", "with", "from", "about", "please", "you", "can", "could", "mean",
    "means", "work", "works", "exactly", "between", "make", "made", "that", "this", "between",
    "use", "used", "say", "says", "whats", "know", "give", "short", "briefly"))


def certain(ask: Ask, act: str) -> Ask:
    """The same clause, its act known for certain."""
    return replace(ask, guess=Guess((act, "help"), (1.0, 0.0)))


def in_upload(ask: Ask, uploads: Index) -> Ask:
    """The clause as a search where words that mean nothing in this house stand in a file."""
    strange = [t for t in ask.reading.tokens
               if len(t) >= STRANGE and t.isalpha() and t not in plain_words()]
    if ask.act in CHANGING or ask.reading.mentions or not strange:
        return ask
    hits = uploads.search(" ".join(strange), 1)
    return certain(ask, "knowledge") if hits and hits[0].words >= HALF else ask


def about_app(ask: Ask) -> bool:
    """Whether a question is about how the app is made or run, and about no run of it."""
    tokens = ask.reading.tokens
    asked = is_question(tokens) or "?" in tokens or tokens[:1] in _ASKED_BY
    return asked and bool(_OF_APP.search(" ".join(tokens))) and not (
        ask.reading.runs or ask.reading.agents)


def in_library(ask: Ask) -> Ask:
    """The clause as a search where it asks for something that a heading or passage is about."""
    tokens = ask.reading.tokens
    loose = ask.act in _LOOSE and not ask.says(*_OF_HOUSE) and not (
        ask.reading.of("FIGURE") or ask.reading.of("PARAM") or ask.reading.of("CHOICE")
        or ask.reading.runs or ask.reading.agents or ask.reading.numbers)
    unsure = ask.guess.probability[0] < WEAK or ask.act in _OPEN or loose
    asked = is_question(tokens) or _EXPLAIN & set(tokens[:4]) or "?" in tokens or any(
        t in ("what's", "what", "who") for t in tokens)
    if loose and asked:
        return certain(ask, "knowledge")
    if not unsure or not asked or ask.reading.of("FIGURE") or ask.reading.of("PARAM"):
        return ask
    said = [t for t in tokens if len(t) > 2 and t[0].isalpha() and t not in _SMALL]
    if not said:
        return ask
    hits = [h for h in library().search(" ".join(said), 3) if h.words >= MOST]
    stems = {stem(t) for t in said}
    for hit in hits:
        heading = {stem(w) for w in hit.passage.heading.lower().split()}
        strange = [t for t in said if t not in plain_words()]
        if stems & heading or (strange and hit.words == 1.0):
            return certain(ask, "knowledge")
    return ask
