import os
import subprocess
import sys

import pytest

from engine.errors import InvalidInput
from engine.go import journal
from engine.go.journal import Entry, Journal


def test_figures_are_read_on_from_an_offset(tmp_path):
    writer = Journal(tmp_path)
    writer.note(1, {"loss.policy": 2.5})
    entries, offset = journal.read(tmp_path, 0)
    assert entries == [Entry(1, {"loss.policy": 2.5})]
    assert journal.read(tmp_path, offset) == ([], offset)
    writer.note(2, {"loss.policy": 2.25, "gate.elo": 10.0})
    assert journal.read(tmp_path, offset)[0] == [Entry(2, {"loss.policy": 2.25, "gate.elo": 10.0})]


def test_half_a_line_waits(tmp_path):
    writer = Journal(tmp_path)
    writer.note(1, {"a": 1.0})
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"step": 2, "a"')
    entries, offset = journal.read(tmp_path, 0)
    assert [e.step for e in entries] == [1]
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b': 4.0}\n')
    assert journal.read(tmp_path, offset)[0] == [Entry(2, {"a": 4.0})]


def test_a_resumed_run_forgets_what_it_will_say_again(tmp_path):
    writer = Journal(tmp_path)
    for step in range(1, 6):
        writer.note(step, {"a": float(step)})
    _, offset = journal.read(tmp_path, 0)
    writer.rewind(3)
    entries, _ = journal.read(tmp_path, 0)
    assert [e.step for e in entries] == [1, 2, 3]
    # a reader that was further on begins anew and skips what it has seen
    assert [e.step for e in journal.read(tmp_path, offset)[0]] == [1, 2, 3]


def test_nothing_is_known_of_an_empty_folder(tmp_path):
    assert journal.read(tmp_path / "none", 0) == ([], 0)
    assert journal.state(tmp_path) == {}
    assert journal.running(tmp_path) is None


def test_a_state_is_replaced(tmp_path):
    writer = Journal(tmp_path)
    writer.state({"phase": "training"})
    writer.state({"phase": "gate"})
    assert journal.state(tmp_path) == {"phase": "gate"}
    (tmp_path / "state.json").write_text("{", "utf-8")
    assert journal.state(tmp_path) == {}


def test_a_folder_belongs_to_one_process(tmp_path):
    with Journal(tmp_path):
        assert journal.running(tmp_path) == os.getpid()
    assert journal.running(tmp_path) is None
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (tmp_path / "pid").write_text(str(other.pid), "utf-8")
        with pytest.raises(InvalidInput, match=f"Process {other.pid} is running"), \
                Journal(tmp_path):
            pass
    finally:
        other.communicate()
    with Journal(tmp_path):  # the other has ended: its mark counts no more
        assert journal.running(tmp_path) == os.getpid()
