import subprocess

import pytest

from engine.store import provenance


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder taken for the root of the checkout."""
    monkeypatch.delenv("ATRIUM_COMMIT", raising=False)
    monkeypatch.setattr(provenance, "_ROOT", tmp_path)
    provenance._checkout.cache_clear()
    yield tmp_path
    provenance._checkout.cache_clear()


def git(folder, *words):
    return subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", *words],
        check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_of_the_checkout(checkout):
    git(checkout, "init", "-q")
    (checkout / "file").write_text("one")
    git(checkout, "add", "file")
    git(checkout, "commit", "-q", "-m", "first")
    git(checkout, "tag", "v1")
    head = git(checkout, "rev-parse", "HEAD")
    assert provenance.commit() == head
    (checkout / "file").write_text("two")
    assert provenance.commit() == head  # the code in memory is the one that was loaded
    provenance._checkout.cache_clear()
    assert provenance.commit() == head + "-dirty"


def test_no_repository_is_unknown_and_the_environment_wins(checkout, monkeypatch):
    assert provenance.commit() == "unknown"
    (checkout / ".git").mkdir()  # broken
    provenance._checkout.cache_clear()
    assert provenance.commit() == "unknown"
    monkeypatch.setenv("ATRIUM_COMMIT", " abc123 ")
    assert provenance.commit() == "abc123"


def test_the_environment_names_versions():
    facts = provenance.environment()
    assert {"python", "os", "cpu", "numpy", "numba"} <= facts.keys()
    assert all(isinstance(v, str) and v for v in facts.values())
    facts["python"] = "changed"
    assert provenance.environment()["python"] != "changed"
