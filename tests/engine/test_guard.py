import pytest

from engine.guard import allowed_host, same_origin


@pytest.mark.parametrize("host", [
    "localhost", "localhost:8501", "LOCALHOST:8501", "127.0.0.1", "127.0.0.1:80", "[::1]",
    "[::1]:8501"])
def test_local_names_are_served(host):
    assert allowed_host({"host": host})


@pytest.mark.parametrize("host", [
    "", "evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.evil.example",
    "evil.example@localhost", "localhost@evil.example", "localhost/x", "[::1", "[::2]:8501",
    "127.0.0.2", "local host", "localhost?x", "x\\localhost", "0.0.0.0"])
def test_other_names_are_refused(host):
    assert not allowed_host({"host": host})


def test_a_missing_host_is_refused():
    assert not allowed_host({})


def test_the_environment_adds_names(monkeypatch):
    monkeypatch.setenv("ATRIUM_HOSTS", "floor.example, Other.example,")
    assert allowed_host({"host": "floor.example:443"})
    assert allowed_host({"host": "other.example"})
    assert allowed_host({"host": "localhost"})
    assert not allowed_host({"host": "third.example"})
    assert not allowed_host({"host": ""})


@pytest.mark.parametrize(("headers", "allowed"), [
    ({"host": "localhost:8501"}, True),
    ({"host": "localhost:8501", "origin": "http://localhost:8501"}, True),
    ({"host": "floor.example", "origin": "https://Floor.example"}, True),
    ({"host": "localhost:8501", "origin": "http://localhost:9999"}, False),
    ({"host": "localhost:8501", "origin": "http://evil.example"}, False),
    ({"host": "localhost:8501", "origin": "null"}, False),
    ({"host": "localhost:8501", "origin": ""}, False),
    ({"host": "localhost:8501", "origin": "http://[broken"}, False),
    ({"host": "localhost:8501", "sec-fetch-site": "cross-site"}, False),
    ({"host": "localhost:8501", "sec-fetch-site": "same-origin"}, True),
    ({"host": "localhost:8501", "sec-fetch-site": "none"}, True),
])
def test_who_asks(headers, allowed):
    assert same_origin(headers) is allowed
