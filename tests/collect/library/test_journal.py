"""JSON lines survive being cut off at any byte."""

import json

import pytest

from facewright.collect.library.journal import JournalWriter, read_journal
from facewright.errors import FileError

ENTRIES = [{"a": 1}, {"name": "Zoë ☺"}, {"c": [1, 2]}]


def write(path, entries):
    with JournalWriter(path) as journal:
        for entry in entries:
            journal.write(entry)


def test_entries_come_back_in_order(tmp_path):
    path = tmp_path / "j.jsonl"
    write(path, ENTRIES[:2])
    write(path, ENTRIES[2:])
    assert read_journal(path) == ENTRIES
    assert len(path.read_bytes().splitlines()) == 3


def test_missing_journal_is_empty(tmp_path):
    assert read_journal(tmp_path / "none.jsonl") == []


def test_journal_cut_anywhere_loses_at_most_its_last_line(tmp_path):
    path = tmp_path / "j.jsonl"
    write(path, ENTRIES)
    data = path.read_bytes()
    for end in range(len(data)):
        path.write_bytes(data[:end])
        whole = data[:end].count(b"\n")
        before = read_journal(path)
        assert before in (ENTRIES[:whole], ENTRIES[: whole + 1])
        write(path, [{"new": end}])
        assert read_journal(path) == [*before, {"new": end}]
        assert all(json.loads(line) for line in path.read_bytes().splitlines())


def test_damage_in_the_middle_is_told_with_its_line(tmp_path):
    path = tmp_path / "j.jsonl"
    path.write_text('{"a": 1}\n{"b": \n{"c": 3}\n')
    with pytest.raises(FileError, match="line 2 of .*damaged"):
        read_journal(path)


def test_folder_is_no_journal(tmp_path):
    with pytest.raises(FileError, match="cannot be"):
        JournalWriter(tmp_path)
