"""The Go Text Protocol: lines in, answers out, and analyses that stream until the next line.

Source: Farnebäck, Specification of the Go Text Protocol version 2, draft 2,
https://www.lysator.liu.se/~gunnar/gtp/. The analysis commands are Leela Zero's and KataGo's.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TextIO

from engine.errors import EngineError

Answer = str | Iterator[str]
Command = Callable[[list[str]], Answer]
_LONGEST_ID = 18


class Failure(EngineError):  # noqa: N818 - the standard's word
    """An error answer; its message goes out after the question mark as it is."""


class Lines:
    """Lines of the controller, read ahead by a thread so that an analysis hears the next one."""

    def __init__(self, source: Iterable[str]) -> None:
        self._source = source
        self._kept: deque[str] = deque()
        self._over = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, name="gtp-reader", daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._source:
                with self._changed:
                    self._kept.append(line)
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def next(self) -> str | None:
        """The next line, waited for; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._kept or self._over)
            return self._kept.popleft() if self._kept else None

    def waiting(self, seconds: float = 0.0) -> bool:
        """Whether a line, or the end, is there or comes within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._kept) or self._over, seconds)


def raw_lines(descriptor: int) -> Iterator[str]:
    """Lines of a file descriptor, past the buffer whose lock a waiting thread would keep.

    A program that ends while a daemon thread waits in `sys.stdin` dies of that lock.
    """
    kept = b""
    while piece := os.read(descriptor, 65_536):
        *whole, kept = (kept + piece).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in whole)
    if kept:
        yield kept.decode("utf-8", "replace")


class Engine(Protocol):
    """What answers commands."""

    @property
    def commands(self) -> Mapping[str, Command]:
        """Every command by name. A streaming one yields lines, each sent at once."""
        ...


def serve(engine: Engine, lines: Lines, out: TextIO) -> None:
    """Answer commands until `quit` or the end of the lines."""
    while (line := lines.next()) is not None:
        number, words = split(line)
        if not words:
            continue
        name, arguments = words[0], words[1:]
        command = engine.commands.get(name)
        try:
            if command is None:
                raise Failure("unknown command")
            answer = command(arguments)
            if isinstance(answer, str):
                _send(out, f"={number} {answer}".rstrip() + "\n\n")
            else:
                _stream(out, number, answer)
        except EngineError as error:
            _send(out, f"?{number} {_one_line(str(error))}\n\n")
        if name == "quit":
            return


def _stream(out: TextIO, number: str, answer: Iterator[str]) -> None:
    """Send the head and each line as it comes; errors before the first line are errors."""
    first = next(answer, None)
    _send(out, f"={number}\n")
    if first is not None:
        _send(out, first + "\n")
        for line in answer:
            _send(out, line + "\n")
    _send(out, "\n")


def _send(out: TextIO, text: str) -> None:
    out.write(text)
    out.flush()


def split(line: str) -> tuple[str, list[str]]:
    """The id, "" without one, and the words of a line, as §2.5 and §3.1 of the standard ask."""
    plain = line.replace("\t", " ").split("#", 1)[0]
    words = "".join(c for c in plain if c >= " " and c != "\x7f").split()
    if words and words[0].isascii() and words[0].isdigit() and len(words[0]) <= _LONGEST_ID:
        return words[0], words[1:]
    return "", words


def _one_line(text: str) -> str:
    """An error message may not hold an empty line."""
    return " ".join(text.split())
