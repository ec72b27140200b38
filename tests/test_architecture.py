"""Arrows run one way: app -> pages -> engine, and the domains do not know each other."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOMAINS = {"warehouse", "dispatch", "go", "perception", "agent"}
SHARED = {"engine.params", "engine.errors", "engine.live", "engine.command_line"}


def imports(path):
    """Dotted names a file imports, with the names taken from a package."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{a.name}" for a in node.names)


def files(folder):
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", files("engine"), ids=lambda p: str(p.relative_to(ROOT)))
def test_an_engine_knows_no_page_and_no_streamlit(path):
    for name in imports(path):
        assert name.split(".")[0] not in {"streamlit", "pages", "app"}, f"{path} imports {name}"


@pytest.mark.parametrize("domain", sorted(DOMAINS))
def test_a_domain_knows_only_what_is_shared(domain):
    for path in files(f"engine/{domain}"):
        for name in imports(path):
            parts = name.split(".")
            if parts[0] != "engine" or len(parts) < 2 or parts[1] == domain:
                continue
            if domain == "agent" and parts[1] == "store":
                continue  # the agent answers from what was recorded
            if domain == "agent" and parts[1] in DOMAINS:
                assert len(parts) <= 3, f"{path} reaches into {name}; its public face is allowed"
                continue
            allowed = any(name == s or name.startswith(s + ".") for s in SHARED)
            assert allowed or name == "engine", f"{path} imports {name}"


def test_pages_do_not_know_the_app():
    for path in files("pages"):
        assert "app" not in {n.split(".")[0] for n in imports(path)}, path


def test_no_file_has_grown_into_two():
    long = {str(p.relative_to(ROOT)): n for folder in ("engine", "pages") for p in files(folder)
            if (n := len(p.read_text("utf-8").splitlines())) > 430}
    assert not long
