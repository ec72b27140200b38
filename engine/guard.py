"""Which requests the app's own routes answer: no page of another site may read local data.

A page elsewhere can make a browser send requests here. DNS rebinding makes them look local, but
their Host header still carries the foreign name; a plain cross-site request carries a foreign
Origin, and WebSockets know no other barrier.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def allowed_host(headers: Mapping[str, str]) -> bool:
    """Whether the Host header names this machine or one of the environment's ATRIUM_HOSTS.

    Args:
        headers: Request headers with lower-case or case-insensitive keys. ATRIUM_HOSTS is a
            comma-separated list of names without port; the port never matters.
    """
    name = _name(headers.get("host", ""))
    extra = {h.strip().lower() for h in os.environ.get("ATRIUM_HOSTS", "").split(",")} - {""}
    return name in _LOCAL | extra


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether the request comes from a page of this app, or from no page at all.

    Programs and typed addresses send no Origin. Browsers send it with every WebSocket, and say
    in Sec-Fetch-Site when a foreign page asks.
    """
    if headers.get("sec-fetch-site", "") == "cross-site":
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:
        return False
    return netloc != "" and netloc.lower() == headers.get("host", "").lower()


def _name(host: str) -> str:
    """The name in a Host header without its port, "" when it is malformed."""
    if any(mark in host for mark in "@/\\?# "):
        return ""
    try:
        return urlsplit("//" + host).hostname or ""
    except ValueError:
        return ""
