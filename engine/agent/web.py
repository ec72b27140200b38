"""Web search by whoever can be reached, and plainly nothing when nobody can.

Providers are asked in order: a SearXNG server and Tavily when their address or key is set. What
comes back is somebody else's text and marked so. Addresses are checked after the name is resolved
and again at every redirect: a page must not send the server to look at its own network.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import Any, Final, Protocol

from engine.errors import InvalidInput, ModelUnavailable

TIMEOUT_S: Final = 6.0
MAX_BYTES: Final = 2_000_000
MAX_QUERY: Final = 400
MAX_RESULTS: Final = 8
MAX_TEXT: Final = 600
AGENT: Final = "Atrium"


@dataclass(frozen=True, slots=True)
class Found:
    """One search result.

    Attributes:
        title: As the page says it.
        address: Where it is.
        text: What the provider quotes of it.
    """

    title: str
    address: str
    text: str


class Provider(Protocol):
    """Somebody who can be asked."""

    @property
    def name(self) -> str:
        """As the answer cites it."""

    def search(self, query: str) -> Sequence[Found]:
        """Results, best first.

        Raises:
            ModelUnavailable: If it cannot be reached, or answers with nonsense.
        """


class SearXNG:
    """A SearXNG server with its JSON format switched on.

    Args:
        address: Where it is; named by the person, so it may be on this machine.
    """

    name = "SearXNG"

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def search(self, query: str) -> Sequence[Found]:
        """See `Provider`."""
        asked = urllib.parse.urlencode({"q": query, "format": "json"})
        kept = _ask(self.name, urllib.request.Request(f"{self.address}/search?{asked}"))
        return _found(kept, "content")


class Tavily:
    """The Tavily search service.

    Args:
        key: Secret; sent to the service alone.
        address: Of the service.
    """

    name = "Tavily"

    def __init__(self, key: str, address: str = "https://api.tavily.com") -> None:
        self._key = key
        self.address = address

    def search(self, query: str) -> Sequence[Found]:
        """See `Provider`."""
        body = json.dumps({"query": query, "max_results": MAX_RESULTS}).encode()
        return _found(_ask(self.name, urllib.request.Request(
            f"{self.address}/search", body,
            {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"})),
            "content")


def providers() -> list[Provider]:
    """Those that the environment names: ATRIUM_SEARXNG_URL, TAVILY_API_KEY."""
    out: list[Provider] = []
    if address := os.environ.get("ATRIUM_SEARXNG_URL", "").strip():
        out.append(SearXNG(address))
    if key := os.environ.get("TAVILY_API_KEY", "").strip():
        out.append(Tavily(key))
    return out


def search(query: str, chain: Sequence[Provider]) -> tuple[str, list[Found]]:
    """Ask one provider after the other until one answers.

    Returns:
        Who answered, and what it found.

    Raises:
        InvalidInput: If the query is empty or too long.
        ModelUnavailable: If there is no provider, or none can be reached: says so, and what to do.
    """
    words = " ".join(query.split())
    if not words:
        raise InvalidInput("say what to search the web for")
    if len(words) > MAX_QUERY:
        raise InvalidInput(f"the query has {len(words)} characters; at most {MAX_QUERY} are sent")
    if not chain:
        raise ModelUnavailable(
            "the web is not searched here: no provider is set up. Set ATRIUM_SEARXNG_URL or "
            "TAVILY_API_KEY; what Atrium itself knows can be searched without one")
    failed: list[str] = []
    for provider in chain:
        try:
            return provider.name, list(provider.search(words))[:MAX_RESULTS]
        except ModelUnavailable as error:
            failed.append(str(error))
    raise ModelUnavailable(f"the web cannot be reached: {'; '.join(failed)}")


def public_address(url: str, resolve: Callable[..., Any] = socket.getaddrinfo) -> None:
    """Check that an address leads to the public network, whatever its name says.

    Raises:
        InvalidInput: If it is no http address, its name is unknown, or any of its addresses is
            private, local or reserved.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput(f"{url[:100]} is no web address; it must begin with https://")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        known = resolve(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError) as error:
        raise InvalidInput(f"{parts.hostname} has no address: {error}") from error
    for *_, where in known:
        address = ipaddress.ip_address(str(where[0]).split("%")[0])
        inner = getattr(address, "ipv4_mapped", None) or address
        if not inner.is_global or inner.is_multicast:
            raise InvalidInput(f"{parts.hostname} leads to {address}, which is not public")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect may only lead to the public network."""

    def redirect_request(self, req: urllib.request.Request, fp: Any, code: int, msg: str,
                         headers: HTTPMessage, newurl: str) -> urllib.request.Request | None:
        public_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(url: str, most: int, *, anywhere: bool = False) -> bytes:
    """What lies at an address, in bounds.

    Args:
        url: Address.
        most: Bytes at most.
        anywhere: The person named this server: it may be on a network of their own.

    Raises:
        InvalidInput: If the address, or one it leads on to, is not public, nothing answers there,
            or it is too much.
    """
    if not anywhere:
        public_address(url)
    request = urllib.request.Request(url, headers={"User-Agent": AGENT})
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
            raw: bytes = answer.read(most + 1)
    except urllib.error.HTTPError as error:
        raise InvalidInput(f"its address answered with status {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput("nothing answers at its address") from error
    if len(raw) > most:
        raise InvalidInput(f"it is larger than {most // 1_000_000} MB")
    return raw


def _ask(name: str, request: urllib.request.Request) -> Mapping[str, Any]:
    """One request; its JSON object."""
    request.add_header("User-Agent", AGENT)
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            raw = answer.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ModelUnavailable(f"{name} sent more than {MAX_BYTES // 1_000_000} MB")
        kept = json.loads(raw)
    except urllib.error.HTTPError as error:
        raise ModelUnavailable(f"{name} answered with status {error.code}") from error
    except (urllib.error.URLError, OSError, HTTPException) as error:
        raise ModelUnavailable(f"{name} cannot be reached") from error
    except (ValueError, RecursionError) as error:
        raise ModelUnavailable(f"{name} answered with something that is no JSON") from error
    if not isinstance(kept, dict):
        raise ModelUnavailable(f"{name} answered with something that is no result")
    return kept


def _found(kept: Mapping[str, Any], text: str) -> list[Found]:
    """Results out of an answer; what is malformed is left out."""
    rows = kept.get("results")
    return [Found(str(r.get("title") or "")[:200], r["url"][:500],
                  str(r.get(text) or "")[:MAX_TEXT])
            for r in (rows if isinstance(rows, list) else [])
            if isinstance(r, dict) and isinstance(r.get("url"), str)
            and r["url"].startswith(("http://", "https://"))]
