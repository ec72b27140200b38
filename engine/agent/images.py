"""Pictures by a service that speaks the images API, through the `openai` package.

A service answers with the picture itself or with an address where it lies. An address may lead
anywhere, so it is fetched only from the public network or from the server that the person named,
and only what is a PNG, JPEG or WebP by its first bytes is kept.

Source: OpenAI API reference, "Create image".
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import threading
import time
import urllib.parse
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any, Final

from engine.agent.model import ModelError
from engine.agent.openai_model import Endpoint, client_of, explained, on_loop
from engine.agent.tools import Picture
from engine.agent.web import download
from engine.errors import InvalidInput

MODEL: Final = "gpt-image-1"
SIZE: Final = "1024x1024"
POLL_S: Final = 0.02
PATIENCE_S: Final = 180.0
MAX_BYTES: Final = 12_000_000
_MEDIA: Final = (("image/png", b"\x89PNG\r\n\x1a\n"), ("image/jpeg", b"\xff\xd8\xff"))


@dataclass(frozen=True, slots=True)
class Made:
    """What a service made of a prompt.

    Attributes:
        picture: The image, or None.
        tokens: As the service counted them; 0 where it does not say.
        problem: Why there is no image although one was made and is charged for, or "".
    """

    picture: Picture | None
    tokens: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ImageService:
    """Somebody who draws.

    Attributes:
        endpoint: Where, with the model's name.
        price: Dollars a picture.
    """

    endpoint: Endpoint
    price: float = 0.0

    @property
    def name(self) -> str:
        """Model name as the server knows it."""
        return self.endpoint.model

    def make(self, prompt: str, stop: threading.Event, timeout_s: float) -> Made:
        """Have one picture made; blocks.

        Raises:
            ModelError: If the service declines, fails or takes too long: it charges nothing then.
            InvalidInput: If `stop` was set.
        """
        limit = min(timeout_s, PATIENCE_S)
        client_of(self.endpoint)  # importing takes its time, and is not the service's fault
        task = asyncio.run_coroutine_threadsafe(self._request(prompt, limit), on_loop())
        end = time.monotonic() + limit + 1.0
        try:
            while True:
                if stop.is_set():
                    raise InvalidInput("stopped by the person")
                try:
                    answer = task.result(POLL_S)
                    break
                except NotYet:
                    if task.done() or time.monotonic() > end:
                        raise ModelError("timeout", f"{self.name} made no picture within "
                                         f"{limit:.0f} s. Ask again, or raise the limit of seconds "
                                         "in the settings.") from None
        except CancelledError:
            raise ModelError("timeout", f"{self.name} was cut off.") from None
        finally:
            task.cancel()
        used = int(getattr(getattr(answer, "usage", None), "total_tokens", 0) or 0)
        try:
            return Made(self._read(answer), used)
        except InvalidInput as error:
            return Made(None, used, str(error))

    async def _request(self, prompt: str, timeout_s: float) -> Any:
        """On the event loop."""
        try:
            async with asyncio.timeout(timeout_s):
                return await client_of(self.endpoint).images.generate(
                    model=self.endpoint.model, prompt=prompt, n=1, size=SIZE, timeout=timeout_s)
        except TimeoutError:
            raise
        except Exception as error:
            raise _declined(error) or explained(error, self.endpoint) from error

    def _read(self, answer: Any) -> Picture:
        """The picture of an answer, whichever way it was sent."""
        rows = getattr(answer, "data", None)
        first = rows[0] if rows else None
        content = b""
        if first is not None and first.b64_json:
            content = _decoded(first.b64_json)
        elif first is not None and first.url:
            content = self._fetch(first.url)
        if not content:
            raise InvalidInput(f"{self.name} sent no picture. Is it a model that draws? Name one "
                               "in ATRIUM_IMAGE_MODEL")
        return Picture(_media(content), content)

    def _fetch(self, url: str) -> bytes:
        """A picture from where the service put it."""
        home = urllib.parse.urlsplit(self.endpoint.base_url or "")
        there = urllib.parse.urlsplit(url)
        own = home.scheme in ("http", "https") and (there.scheme, there.netloc) == (
            home.scheme, home.netloc)
        try:
            return download(url, MAX_BYTES, anywhere=own)
        except InvalidInput as error:
            raise InvalidInput(f"{self.name} made a picture that cannot be fetched: {error}"
                               ) from error


def image_service(price: float) -> ImageService | None:
    """The service that the environment names, or None: then pictures are drawn here.

    OPENAI_API_KEY or ATRIUM_IMAGE_MODEL switch it on; OPENAI_BASE_URL says where it is.
    """
    named = os.environ.get("ATRIUM_IMAGE_MODEL", "").strip()
    if not named and not os.environ.get("OPENAI_API_KEY", "").strip():
        return None
    return ImageService(Endpoint.from_environment(named or MODEL), price)


def _decoded(text: str) -> bytes:
    """Bytes out of base64."""
    if len(text) > MAX_BYTES * 4 // 3 + 4:
        raise InvalidInput(f"the picture is larger than {MAX_BYTES // 1_000_000} MB; it was not "
                           "kept")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _media(content: bytes) -> str:
    """MIME type by the first bytes; what the server calls it is not believed."""
    for media, head in _MEDIA:
        if content.startswith(head):
            return media
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise InvalidInput("the service sent something that is no PNG, JPEG or WebP; it was not kept")


def _declined(error: Exception) -> ModelError | None:
    """A prompt that the service will not draw, as it says so."""
    code = str(getattr(error, "code", "") or "")
    if code in ("moderation_blocked", "content_policy_violation"):
        return ModelError("bad_request", "The service declined to draw this. Describe something "
                          "else.")
    return None
