"""What is done is kept, whenever a run is interrupted."""

import sys

import pytest

from facewright.collect.preparing.cut import Piece, Result
from facewright.collect.preparing.resume import (
    KeptPiece,
    KeptResult,
    forget_data,
    open_resume_cache,
)
from facewright.errors import FileError

RESULTS = [
    Result("ab" * 32, pieces=(Piece("", {"yaw": 1.5}, b"first"), Piece("too small", {}, b""))),
    Result("", "is empty"),
]


def test_results_come_back(tmp_path):
    with open_resume_cache(tmp_path / "cache") as cache:
        kept = cache.keep("one", RESULTS)
        cache.keep("two", [Result("", pieces=(Piece("", {}, b"second"),))])
    assert kept[0].pieces[0] == KeptPiece("", {"yaw": 1.5}, (0, 5))
    with open_resume_cache(tmp_path / "cache") as cache:
        assert cache.find("one") == kept
        assert cache.find("three") is None
        assert cache.read(kept[0].pieces[0].span) == b"first"
        (two,) = cache.find("two")
        assert cache.read(two.pieces[0].span) == b"second"
        cache.delete()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("cut", ["pieces.bin", "journal.jsonl"])
def test_what_was_half_written_is_done_again(tmp_path, cut):
    with open_resume_cache(tmp_path) as cache:
        cache.keep("one", RESULTS)
        cache.keep("two", RESULTS)
    data = (tmp_path / cut).read_bytes()
    (tmp_path / cut).write_bytes(data[:-3])
    with open_resume_cache(tmp_path) as cache:
        assert cache.find("one") is not None
        assert cache.find("two") is None
        (piece, _) = cache.keep("two", RESULTS)[0].pieces
        assert (piece.span, cache.read(piece.span)) == ((5, 5), b"first")
    with open_resume_cache(tmp_path) as cache:
        assert cache.find("two") is not None


def test_pieces_without_a_line_are_overwritten(tmp_path):
    with open_resume_cache(tmp_path) as cache:
        cache.keep("one", RESULTS)
    with (tmp_path / "pieces.bin").open("ab") as file:
        file.write(b"of a batch that has no line")
    with open_resume_cache(tmp_path) as cache:
        assert cache.keep("two", RESULTS)[0].pieces[0].span == (5, 5)
    assert (tmp_path / "pieces.bin").read_bytes() == b"firstfirst"


def test_damage_is_told(tmp_path):
    (tmp_path / "journal.jsonl").write_text('{"key": "one", "end": 0, "results": [{}]}\n')
    with (
        pytest.raises(FileError, match="interrupted run left is damaged") as caught,
        open_resume_cache(tmp_path),
    ):
        pass
    assert "delete the folder" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="has no such locks")
def test_one_run_at_a_time_fills_a_shelf(tmp_path):
    with (
        open_resume_cache(tmp_path),
        pytest.raises(FileError, match="another run is filling"),
        open_resume_cache(tmp_path),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(FileError, match="cannot be written"),
        open_resume_cache(tmp_path / "file" / "x"),
    ):
        pass


def test_counting_keeps_no_pictures():
    assert forget_data(RESULTS)[1] == KeptResult("", "is empty", ())
    assert [piece.span for piece in forget_data(RESULTS)[0].pieces] == [(0, 0), (0, 0)]
