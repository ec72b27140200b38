"""What a person is told of a file, a folder or an address that cannot be used."""

import sqlite3
import traceback

import numpy as np
import pytest

from engine.errors import StoreError
from engine.store import open_store
from tests.engine.store.trouble import recorded


def test_a_read_only_folder(open_folder, as_nobody):
    url = f"sqlite:///{open_folder}/atrium.db"
    recorded(url)
    open_folder.chmod(0o555)
    as_nobody()
    with pytest.raises(StoreError, match=r"atrium\.db.*[Pp]ermission.*ATRIUM_DATA"):
        open_store(url)


def test_a_read_only_file(open_folder, as_nobody):
    url = f"sqlite:///{open_folder}/atrium.db"
    recorded(url)
    open_folder.chmod(0o777)
    for file in open_folder.iterdir():
        file.chmod(0o666 if file.suffix == ".lock" else 0o444)
    as_nobody()
    with pytest.raises(StoreError, match="read-only"):
        open_store(url)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="ATRIUM_DATA"):
        open_store(f"sqlite:///{tmp_path}/file/atrium.db")


@pytest.mark.parametrize(("content", "words"), [
    (b"", "empty"),
    (b"step,value\n" * 1000, "not an SQLite database"),
    (b"SQLite format 3\0" + b"\xff" * 5000, "not an SQLite database|damaged"),
])
def test_a_file_that_is_not_ours(tmp_path, url, content, words):
    path = tmp_path / "atrium.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=words):
        open_store(url)
    assert path.read_bytes() == content


def test_another_programs_database(tmp_path, url):
    with sqlite3.connect(tmp_path / "atrium.db") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    with pytest.raises(StoreError, match=r"another program \(mine"):
        open_store(url)


def test_a_newer_schema(tmp_path, url):
    recorded(url)
    with sqlite3.connect(tmp_path / "atrium.db") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '0999'")
    newer.close()
    with pytest.raises(StoreError, match="newer program"):
        open_store(url)


@pytest.mark.parametrize("size", [1, 4096], ids=["one flipped byte", "a page of rubbish"])
def test_damage_is_told_and_other_runs_stay(tmp_path, url, size):
    second = recorded(url, 2000)
    store = open_store(url)
    value = np.random.default_rng(0).normal(size=5000)
    first = store.begin_run("test", {}, 0)
    store.append(first, "s", np.arange(5000.0), value)
    store.end_run(first, "finished")
    store.close()
    path = tmp_path / "atrium.db"
    whole = bytearray(path.read_bytes())
    at = whole.index(value[3000:3010].tobytes())
    start = at if size == 1 else at // 4096 * 4096
    whole[start:start + size] = bytes(b ^ 0x5A for b in whole[start:start + size])
    path.write_bytes(whole)
    store = open_store(url)
    with pytest.raises(StoreError, match="damaged"):
        list(store.raw(first, "s"))
    assert sum(len(p.step) for p in store.raw(second, "s")) == 2000
    run = store.begin_run("test", {}, 1)
    store.append(run, "s", 0, 1)
    store.flush()
    assert store.summary(run, "s").n == 1
    store.close()


def test_a_lost_database_beside_its_log(tmp_path, url):
    (tmp_path / "atrium.db-wal").write_bytes(b"something")
    with pytest.raises(StoreError, match=r"is gone but atrium\.db-wal"):
        open_store(url)


def test_a_creation_cut_short_is_begun_again(tmp_path, url):
    (tmp_path / "atrium.db.new").write_bytes(b"half")
    store = open_store(url)
    assert store.runs() == []
    store.close()
    assert not (tmp_path / "atrium.db.new").exists()


@pytest.mark.parametrize(("url", "words"), [
    ("mysql://root@localhost/x", "'mysql' are not supported"),
    ("no url at all", "no database URL"),
    ("sqlite://", "plain file"),
    ("sqlite:///:memory:", "plain file"),
    ("postgresql://u:geheim@host:port/x", "no database URL"),
])
def test_urls_that_are_no_use(url, words):
    with pytest.raises(StoreError, match=words) as caught:
        open_store(url)
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("url", [
    "postgresql://user:geheim@127.0.0.1:9/atrium",
    "postgresql+psycopg://user@127.0.0.1:9/atrium?password=geheim",
])
def test_an_unreachable_postgresql_is_named_without_its_password(url):
    with pytest.raises(StoreError, match=r"atrium at 127\.0\.0\.1:9 cannot be reached") as caught:
        open_store(url)
    assert "geheim" not in "".join(traceback.format_exception(caught.value))
