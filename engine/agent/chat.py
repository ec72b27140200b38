"""One chat: a conversation, the reply under way in a thread of its own, and what a page shows."""

from __future__ import annotations

import base64
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from engine.agent.approval import Question
from engine.agent.archive import Archive
from engine.agent.conversation import Conversation
from engine.agent.desk import agent_for
from engine.agent.events import (
    Asked,
    CallBegan,
    CallEnded,
    CallProgress,
    Decided,
    Ended,
    LoopEvent,
    Said,
    Unsaid,
)
from engine.agent.house.house import House
from engine.agent.images import image_service
from engine.agent.judged import default_file, keep, task_of
from engine.agent.knowledge.index import Index
from engine.agent.knowledge.readers import read_upload
from engine.agent.ledger import DayPurse, ledger_of
from engine.agent.loop import MAX_QUESTION, Settings
from engine.agent.messages import User
from engine.agent.model import ChatModel
from engine.agent.models import model_of, price_for
from engine.agent.params import AgentParams
from engine.agent.rates import RateLimit
from engine.agent.tools import Picture
from engine.agent.trace import Trace
from engine.errors import EngineError, InvalidInput, StoreError

log = logging.getLogger(__name__)

RATE: Final = RateLimit()
"""For all chats of this server."""
STOP_S: Final = 2.0
MAX_NAME: Final = 120
MAX_PICTURES: Final = 8


class Chat:
    """A chat; commands come from one thread, the reply works in another.

    Attributes:
        conversation: Everything said.
        version: Grows with every change that a page should show.
        replies: Ended replies with their figures, oldest first.
        trace: Spans of the latest reply.
        model: Name of the model that answers, where it is not the environment's.
        thumbs: How replies were judged, by node.
        day: Dollars that all chats have cost today; None where it cannot be told.
    """

    def __init__(self, house: House, params: AgentParams, archive: Archive | None = None,
                 judged: Path | None = None) -> None:
        self.house = house
        self.params = params
        self.conversation = Conversation()
        self.uploads = Index()
        self.files: list[str] = []
        self.replies: list[Ended] = []
        self.ended: dict[int, Ended] = {}
        self.trace = Trace()
        self.version = 0
        self.name = secrets.token_hex(8)
        self.owner = ""
        self.off: frozenset[str] = frozenset()
        self.notice = ""
        self.model = ""
        self.thumbs: dict[int, bool] = {}
        self.day: float | None = None
        self._archive = archive
        self._judged = judged or default_file()
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        self._session = secrets.token_hex(8)
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._partial = ""
        self._began: dict[str, float] = {}
        self._progress: dict[str, str] = {}
        self._question: tuple[Question, Future[bool], float] | None = None
        self._history: list[dict[str, Any]] = []
        self._heard: Callable[[Ended, Trace], None] = lambda _e, _t: None

    @property
    def busy(self) -> bool:
        """Whether a reply is under way."""
        return self._thread is not None and self._thread.is_alive()

    def on_reply(self, heard: Callable[[Ended, Trace], None]) -> None:
        """Be told of every reply that ends, in the reply's thread."""
        self._heard = heard

    def ask(self, text: str) -> None:
        """Say something and have it answered.

        Raises:
            InvalidInput: If a reply is under way, nobody is there to answer, or the message is
                empty, too long or one too many; nothing is said then.
        """
        model = self._ready(text)
        with self._lock:
            self.conversation.say(User(text))
        self._answer(model)

    def edit(self, node: int, text: str) -> None:
        """Say a message differently, as a branch, and have it answered."""
        model = self._ready(text)
        with self._lock:
            self.conversation.edit(node, text)
        self._answer(model)

    def again(self, node: int) -> None:
        """Have a question answered once more, as a branch."""
        model = self._ready("again")
        with self._lock:
            self.conversation.again(node)
        self._answer(model)

    def switch(self, node: int) -> None:
        """Go to another branch."""
        self._idle()
        with self._lock:
            self.conversation.switch(node)
            self._changed()

    def stop(self) -> None:
        """End the reply; what has been said stays."""
        self._stop.set()

    def decide(self, call_id: str, yes: bool) -> None:
        """Answer the question that waits.

        Raises:
            InvalidInput: If no such question waits any more.
        """
        with self._lock:
            if self._question is None or self._question[0].call_id != call_id:
                raise InvalidInput("that question does not wait any more")
            answer = self._question[1]
        if not answer.done():
            answer.set_result(yes)

    def new(self) -> None:
        """Begin an empty chat; the present one is kept."""
        self._idle()
        self._save()
        with self._lock:
            self.conversation, self.name = Conversation(), secrets.token_hex(8)
            self.uploads, self.files = Index(), []
            self._forget()

    def open(self, owner: str, name: str) -> None:
        """Go on with a saved chat."""
        self._idle()
        if self._archive is None:
            raise InvalidInput("chats are not kept here")
        self._save()
        found = self._archive.load(owner, name)
        with self._lock:
            self.conversation, self.name, self.owner = found, name, owner
            self.conversation.close()
            self._list()
            self._forget()

    def own(self, owner: str) -> None:
        """Say whose chat this is, so that it can be kept and found again."""
        self.owner = owner
        self._list()
        self._look_at_day()
        self._changed()

    def history(self) -> list[dict[str, Any]]:
        """Saved chats of the owner, the newest first, as of the last time one was saved."""
        return self._history

    def name_model(self, name: str) -> None:
        """Choose the model that answers; the server is the environment's.

        Raises:
            InvalidInput: If that cannot be a model's name.
        """
        wanted = name.strip()
        if len(wanted) > MAX_NAME or not wanted.isprintable():
            raise InvalidInput(f"a model's name has at most {MAX_NAME} printable characters")
        self.model = wanted
        self._changed()

    def judge(self, node: int, *, up: bool) -> int:
        """Call a reply good or bad: it becomes a task; how many there are now.

        Raises:
            InvalidInput: If there is no such reply, or it makes no task.
            StoreError: If the task cannot be kept.
        """
        kept = keep(task_of(self.conversation, node, self.name, up=up), self._judged)
        self.thumbs[node] = up
        self._changed()
        return kept

    def picture(self, call_id: str) -> str:
        """A picture that a call brought, as a data URL.

        Raises:
            InvalidInput: If it is not kept any more.
        """
        found = self._pictures.get(call_id)
        if found is None:
            raise InvalidInput("that picture is not kept any more; ask for it again")
        return f"data:{found.media};base64,{base64.b64encode(found.content).decode()}"

    def upload(self, name: str, content: bytes) -> str:
        """Take in a file to be searched; a sentence about it.

        Raises:
            InvalidInput: If it cannot be read.
        """
        passages = read_upload(name, content)
        self.uploads.add(passages)
        self.files.append(passages[0].source)
        self._changed()
        return f"{passages[0].source}: {len(passages)} passages can be searched"

    def close(self) -> None:
        """End the reply and keep the chat."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        self._save()

    def facts(self) -> Mapping[str, Any]:
        """What a page shows of the present moment, apart from what was said before."""
        with self._lock:
            now = time.monotonic()
            question = None
            if self._question is not None:
                asked, _, since = self._question
                question = {**asdict(asked), "left_s": max(0.0, asked.patience_s - (now - since))}
            return {
                "busy": self.busy, "partial": self._partial, "question": question,
                "running": [{"call": c, "seconds": now - t, "progress": self._progress.get(c, "")}
                            for c, t in self._began.items()],
                "spans": [dict(s.facts()) for s in self.trace.spans], "notice": self.notice,
            }

    def steps(self) -> Mapping[str, Mapping[str, Any]]:
        """What is known of each call beyond the conversation: time, and what to draw."""
        return self.conversation.brought.steps

    def _ready(self, text: str) -> ChatModel:
        """Who will answer; refuses before anything is said, so that nothing is left behind."""
        self._idle()
        if not text.strip():
            raise InvalidInput("the message is empty; write what you want to know")
        if len(text) > MAX_QUESTION:
            raise InvalidInput(f"the message has {len(text):,} characters, at most "
                               f"{MAX_QUESTION:,} are read; attach the text as a file")
        model = model_of(self.params, self.uploads, self.model)
        RATE.take(self._session)
        return model

    def _idle(self) -> None:
        if self.busy:
            raise InvalidInput("a reply is under way; stop it first, or wait for it")

    def _answer(self, model: ChatModel) -> None:
        """Start the reply to the last message."""
        self.notice = ""
        self.ended.pop(self.conversation.head, None)
        self._stop = threading.Event()
        self.trace = Trace(lambda _: self._changed())
        self._thread = threading.Thread(target=self._work, args=(model,), name="reply",
                                        daemon=True)
        self._changed()
        self._thread.start()

    def _work(self, model: ChatModel) -> None:
        """In the reply's thread."""
        params = self.params
        try:
            settings = Settings(params.limits(), price_for(params, self.model), params.changes,
                                params.window, patience_s=params.patience_s)
            agent = agent_for(self.house, model, settings, approver=_Person(self),
                              uploads=self.uploads, images=image_service(params.picture_price),
                              purse=DayPurse(lambda: self.house.store, params.day_money),
                              off=self.off)
            ended = agent.reply(self.conversation, self._stop, self._tell, self.trace)
        except EngineError as error:
            self.notice = str(error)
        except Exception as error:
            log.error("a reply broke", exc_info=error)
            self.notice = f"The reply broke: {type(error).__name__}. The log has the details."
        else:
            self._heard(ended, self.trace)
        self._look_at_day()
        with self._lock:
            self._partial, self._question = "", None
            self._began.clear()
            self._progress.clear()
            self._thread = None
        self._save()
        self._changed()

    def ask_person(self, question: Question) -> Future[bool]:
        """Put a question to whoever watches."""
        answer: Future[bool] = Future()
        with self._lock:
            self._question = (question, answer, time.monotonic())
        self._changed()
        return answer

    def _tell(self, event: LoopEvent) -> None:
        """Take in what the loop tells; from the reply's and the tools' threads."""
        with self._lock:
            if isinstance(event, Said):
                self._partial += event.text
            elif isinstance(event, Unsaid):
                self._partial = ""
                self.notice = f"{event.why} Trying again in {event.wait_s:.1f} s."
            elif isinstance(event, CallBegan):
                self._partial = ""
                self._began[event.call.id] = time.monotonic()
            elif isinstance(event, CallProgress):
                self._progress[event.call_id] = event.text
            elif isinstance(event, CallEnded):
                self._began.pop(event.call.id, None)
                show = event.answer.show if event.answer else None
                if event.answer and event.answer.picture:
                    show = {**(show or {}), "call": event.call.id}
                    self._pictures[event.call.id] = event.answer.picture
                    if len(self._pictures) > MAX_PICTURES:
                        self._pictures.popitem(last=False)
                self.conversation.brought.add(event.call.id, event.seconds, show,
                                              event.answer.sources if event.answer else ())
            elif isinstance(event, Decided):
                self._question = None
            elif isinstance(event, Ended):
                self.replies.append(event)
                self.conversation.spent(event.usage.total, event.dollars, priced=event.priced)
                self.ended[self.conversation.head] = event
                self.notice = event.text if event.how not in ("answered",) else ""
            elif isinstance(event, Asked):
                pass
            self._changed()

    def _list(self) -> None:
        """Look again which chats are kept."""
        if self._archive is not None and self.owner:
            self._history = [asdict(k) for k in self._archive.list(self.owner)]

    def _look_at_day(self) -> None:
        """What today has cost, for the meter; the cap itself is the ledger's."""
        try:
            self.day = ledger_of(self.house.store).today()
        except StoreError as error:
            log.warning("today's cost cannot be read: %s", error)
            self.day = None

    def _forget(self) -> None:
        self.thumbs.clear()
        self._pictures.clear()
        self.ended.clear()
        self.trace = Trace()
        self.notice = ""
        self._changed()

    def _changed(self) -> None:
        self.version += 1

    def _save(self) -> None:
        """Keep the chat; what cannot be kept is said, and the chat goes on."""
        if self._archive is None or not self.owner or not self.conversation.nodes:
            return
        try:
            self._archive.save(self.owner, self.name, self.conversation)
            self._list()
        except (StoreError, InvalidInput) as error:
            self.notice = str(error)


class _Person:
    """Whoever watches the chat, as somebody who can be asked."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def ask(self, question: Question) -> Future[bool]:
        """See `Approver`."""
        return self._chat.ask_person(question)

