import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from engine.agent.rates import RateLimit
from engine.agent.web import SearXNG, Tavily, providers, public_address, search
from engine.errors import InvalidInput, ModelUnavailable
from tests.engine.agent.strict_server import closed_port


@contextmanager
def answering(status=200, body=None, **headers):
    """A search service that answers one thing; yields its address and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("content-length") or 0)
            asked.append((self.path, self.headers.get("authorization"), self.rfile.read(length)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.wfile.write(raw)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


RESULTS = {"results": [{"title": "PIBT", "url": "https://example.org/a", "content": "text"},
                       {"title": "bad", "url": "ftp://x"}, {"title": "none"}, "odd"]}


def test_searxng_is_asked_for_json():
    with answering(body=RESULTS) as (address, asked):
        who, found = search("multi  agent path", [SearXNG(address)])
    assert who == "SearXNG"
    assert [(f.title, f.address) for f in found] == [("PIBT", "https://example.org/a")]
    assert asked[0][0] == "/search?q=multi+agent+path&format=json"


def test_tavily_gets_its_key_and_nobody_else():
    with answering(body=RESULTS) as (address, asked):
        search("x", [Tavily("secret", address)])
    assert asked[0][1] == "Bearer secret"


def test_the_next_provider_answers_when_one_cannot():
    with answering(body=RESULTS) as (address, _):
        who, _ = search("x", [SearXNG(closed_port()), Tavily("k", address)])
    assert who == "Tavily"


@pytest.mark.parametrize(("status", "body", "words"), [
    (500, {}, "status 500"), (200, b"<html>", "no JSON"), (200, [1], "no result"),
    (200, b"x" * 2_000_001, "more than 2 MB"), (429, {}, "status 429")])
def test_a_service_that_fails_is_named(status, body, words):
    with answering(status, body) as (address, _), pytest.raises(ModelUnavailable, match=words):
        search("x", [SearXNG(address)])


def test_a_redirect_to_this_network_is_not_followed():
    with (answering(body=RESULTS) as (inside, asked),
          answering(302, {}, location=f"{inside}/admin") as (address, _),
          pytest.raises((InvalidInput, ModelUnavailable))):
        search("x", [SearXNG(address)])
    assert asked == []


def test_without_a_provider_it_says_so(monkeypatch):
    monkeypatch.delenv("ATRIUM_SEARXNG_URL", raising=False)
    monkeypatch.delenv("TAVILY_API_KEY", raising=False)
    with pytest.raises(ModelUnavailable, match="no provider is set up"):
        search("x", providers())
    monkeypatch.setenv("TAVILY_API_KEY", "k")
    assert [p.name for p in providers()] == ["Tavily"]


@pytest.mark.parametrize("query", ["", "  ", "x" * 500])
def test_queries_that_cannot_be_sent(query):
    with pytest.raises(InvalidInput):
        search(query, [])


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "::1",
    "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "100.64.0.1", "224.0.0.1", "192.0.2.1"])
def test_private_addresses_are_refused_whatever_the_name(address):
    with pytest.raises(InvalidInput, match="not public"):
        public_address("https://innocent.example/", lambda *_, **__: [(0, 0, 0, "", (address, 0))])


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x", "gopher://x", "x", "http://",
                                 "http://x:99999/"])
def test_other_addresses_are_refused(url):
    with pytest.raises(InvalidInput):
        public_address(url, lambda *_, **__: [])


def test_a_public_address_passes():
    public_address("https://x.example", lambda *_, **__: [(0, 0, 0, "", ("93.184.216.34", 443))])


def test_a_session_is_held_to_its_rate_and_so_are_all_together():
    now = [0.0]
    limit = RateLimit(2, 60, 3, 60, clock=lambda: now[0])
    limit.take("a")
    limit.take("a")
    with pytest.raises(InvalidInput, match=r"you have.*wait 1 s"):
        limit.take("a")
    limit.take("b")
    with pytest.raises(InvalidInput, match="this server"):
        limit.take("c")
    now[0] = 1.0
    limit.take("a")
