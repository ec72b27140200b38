"""A client for any engine that speaks GTP: another program that plays, judges or teaches.

The other program is not trusted to answer: it may hang, die, refuse or write without end. Each of
these becomes one sentence, and the program is ended.

Source: Farnebäck, Specification of the Go Text Protocol version 2, draft 2.
"""

from __future__ import annotations

import queue
import shlex
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from engine.errors import InvalidInput, ModelUnavailable
from engine.go.board import BLACK
from engine.go.vertices import point_of, vertex_of

_LINE_LIMIT: Final = 64 * 1024  # characters a line
_REPLY_LIMIT: Final = 1024 * 1024  # characters a reply
_BACKLOG: Final = 4096  # lines read ahead; an engine that writes more waits
_GRACE_S: Final = 2.0  # between `quit`, terminate and kill
_GAMES_FOLDER: Final = "/usr/games"  # where Debian installs gnugo, outside most PATHs

GNU_GO: Final = "gnugo --mode gtp --chinese-rules --positional-superko --level 10"


class Refusal(InvalidInput):
    """The engine answered, but with an error ("?"); it goes on living."""


class Opponent:
    """One running GTP engine; use it as a context manager.

    Args:
        command: Command line, as one string (split like a shell does) or as arguments.
        timeout_s: Longest wait for one answer, > 0.

    Raises:
        InvalidInput: If the command line is empty or cannot be split.
        ModelUnavailable: If the program cannot be started.
    """

    def __init__(self, command: str | Sequence[str], timeout_s: float = 60.0) -> None:
        self.command = _split(command)
        self.timeout_s = timeout_s
        self.name = Path(self.command[0]).name
        try:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, encoding="utf-8", errors="replace", bufsize=1)
        except OSError as error:
            raise ModelUnavailable(
                f"The engine {self.command[0]!r} cannot be started: {error.strerror}. Install it "
                "(Debian: apt install gnugo) or give the full path of a GTP engine.") from error
        self._lines: queue.Queue[str | None] = queue.Queue(_BACKLOG)
        self._closing = threading.Event()
        self._last_words: deque[str] = deque(maxlen=5)
        self._readers = [
            threading.Thread(target=work, args=(stream,), daemon=True, name=f"gtp-{self.name}")
            for work, stream in ((self._listen, self._process.stdout),
                                 (self._overhear, self._process.stderr))]
        for reader in self._readers:
            reader.start()

    def ask(self, command: str, timeout_s: float | None = None) -> str:
        """Send one command and wait for its answer.

        Args:
            command: One line, such as "genmove b".
            timeout_s: Longest wait for this answer; None for the engine's own.

        Returns:
            The answer without "=" and the empty line behind it.

        Raises:
            InvalidInput: If the command has a line break.
            Refusal: If the engine answers with an error.
            ModelUnavailable: If it has died, hangs, or answers what is no GTP. It is ended then.
        """
        if "\n" in command or "\r" in command:
            raise InvalidInput(f"A GTP command is one line; this one has several: {command!r}.")
        limit = self.timeout_s if timeout_s is None else timeout_s
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise self._death(command) from None
        reply = self._reply(command, time.monotonic() + limit, limit)
        body = reply[1:].lstrip("0123456789").strip()
        if reply.startswith("?"):
            raise Refusal(f"{self.name} refuses {command!r}: {body or 'no reason given'}.")
        return body

    def knows(self, command: str) -> bool:
        """Whether the engine has a command."""
        return self.ask(f"known_command {command}").lower() == "true"

    def begin(self, size: int, komi: float) -> None:
        """Start a new game on an empty board.

        Raises:
            Refusal: If the engine does not play this size.
        """
        self.ask(f"boardsize {size}")
        self.ask("clear_board")
        self.ask(f"komi {komi:g}")

    def play(self, colour: int, point: int, size: int) -> None:
        """Tell the engine of a move; colour is 1 black, -1 white."""
        self.ask(f"play {_letter(colour)} {vertex_of(point, size)}")

    def genmove(self, colour: int, size: int) -> int | None:
        """Let the engine move.

        Returns:
            Its point, size * size for a pass, None when it resigns.

        Raises:
            ModelUnavailable: If it names no point of the board.
        """
        answer = self.ask(f"genmove {_letter(colour)}")
        if answer.lower() == "resign":
            return None
        try:
            return point_of(answer, size)
        except InvalidInput as error:
            self.close()
            raise ModelUnavailable(f"{self.name} answered genmove with {answer[:40]!r}, which is "
                                   "no move; it has been ended.") from error

    def final_score(self) -> float:
        """Black's points less White's and komi, as the engine counts them.

        Raises:
            ModelUnavailable: If the answer is no score.
        """
        answer = self.ask("final_score").split(" ")[0].upper()
        with suppress(ValueError):
            if answer in {"0", "DRAW", "JIGO"}:
                return 0.0
            if answer[:2] in {"B+", "W+"}:
                points = float(answer[2:])
                return points if answer[0] == "B" else -points
        raise ModelUnavailable(f"{self.name} answered final_score with {answer[:40]!r}; B+2.5, "
                               "W+2.5 or 0 is expected. Use an engine that can count.")

    def points(self, command: str, size: int) -> list[int]:
        """Points that a listing command names, as `final_status_list dead` does."""
        return [point_of(v, size) for v in self.ask(command).split()]

    def close(self) -> None:
        """Ask it to quit, then make it; returns when the program is gone."""
        self._closing.set()
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(OSError, ValueError):
            stdin.write("quit\n")
        with suppress(OSError):
            stdin.close()
        for insist in (self._process.terminate, self._process.kill):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE_S)
                return
            insist()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _reply(self, command: str, until: float, limit: float) -> str:
        """Lines up to the empty one; what stands before "=" or "?" is no part of the answer."""
        said: list[str] = []
        length = 0
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                self.close()
                raise ModelUnavailable(
                    f"{self.name} gave no answer to {command!r} within {limit:g} s and has been "
                    "ended. Allow more time or lower its level.") from None
            if line is None:
                raise self._death(command)
            length += len(line)
            if length > _REPLY_LIMIT:
                self.close()
                raise ModelUnavailable(
                    f"{self.name} answered {command!r} with more than {_REPLY_LIMIT:,} characters "
                    "and has been ended; it does not speak GTP.")
            text = line.rstrip()
            if said and not text:
                return "\n".join(said)
            if said or text.startswith(("=", "?")):
                said.append(text)

    def _death(self, command: str) -> ModelUnavailable:
        """The sentence for an engine that is gone."""
        self.close()
        for reader in self._readers:
            reader.join(_GRACE_S)  # what it wrote last may still be on its way
        words = " ".join(self._last_words).strip()
        return ModelUnavailable(
            f"{self.name} ended (status {self._process.returncode}) instead of answering "
            f"{command!r}." + (f" Its last words: {words[-300:]}" if words else ""))

    def _listen(self, stream: IO[str]) -> None:
        with suppress(OSError, ValueError), stream:
            while line := stream.readline(_LINE_LIMIT):
                if not self._hand_over(line):
                    return
        self._hand_over(None)

    def _hand_over(self, line: str | None) -> bool:
        """Queue a line, waiting while the queue is full; False when nobody will read it."""
        while not self._closing.is_set():
            with suppress(queue.Full):
                self._lines.put(line, timeout=0.2)
                return True
        return False

    def _overhear(self, stream: IO[str]) -> None:
        with suppress(OSError, ValueError), stream:
            while line := stream.readline(_LINE_LIMIT):
                self._last_words.append(line.strip())


def _split(command: str | Sequence[str]) -> list[str]:
    """Arguments of a command line, with Debian's folder of games searched too."""
    try:
        parts = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError as error:
        raise InvalidInput(f"The engine's command line {command!r} cannot be read: {error}; close "
                           "its quotes.") from error
    if not parts:
        raise InvalidInput(f"The engine's command line is empty; write, for example, {GNU_GO!r}.")
    if shutil.which(parts[0]) is None and shutil.which(parts[0], path=_GAMES_FOLDER):
        parts[0] = f"{_GAMES_FOLDER}/{parts[0]}"
    return parts


def _letter(colour: int) -> str:
    return "b" if colour == BLACK else "w"
