"""What is done is kept, whenever a run is interrupted."""

import sys

import pytest

from facewright.data.preparing.cut import Piece, Result
from facewright.data.preparing.shelf import KeptPiece, KeptResult, forget_data, open_shelf
from facewright.errors import FileError

RESULTS = [
    Result("ab" * 32, pieces=(Piece("", {"yaw": 1.5}, b"first"), Piece("too small", {}, b""))),
    Result("", "is empty"),
]


def test_results_come_back(tmp_path):
    with open_shelf(tmp_path / "shelf") as shelf:
        kept = shelf.keep("one", RESULTS)
        shelf.keep("two", [Result("", pieces=(Piece("", {}, b"second"),))])
    assert kept[0].pieces[0] == KeptPiece("", {"yaw": 1.5}, (0, 5))
    with open_shelf(tmp_path / "shelf") as shelf:
        assert shelf.find("one") == kept
        assert shelf.find("three") is None
        assert shelf.read(kept[0].pieces[0].span) == b"first"
        (two,) = shelf.find("two")
        assert shelf.read(two.pieces[0].span) == b"second"
        shelf.delete()
    assert not (tmp_path / "shelf").exists()


@pytest.mark.parametrize("cut", ["pieces.bin", "journal.jsonl"])
def test_what_was_half_written_is_done_again(tmp_path, cut):
    with open_shelf(tmp_path) as shelf:
        shelf.keep("one", RESULTS)
        shelf.keep("two", RESULTS)
    data = (tmp_path / cut).read_bytes()
    (tmp_path / cut).write_bytes(data[:-3])
    with open_shelf(tmp_path) as shelf:
        assert shelf.find("one") is not None
        assert shelf.find("two") is None
        (piece, _) = shelf.keep("two", RESULTS)[0].pieces
        assert (piece.span, shelf.read(piece.span)) == ((5, 5), b"first")
    with open_shelf(tmp_path) as shelf:
        assert shelf.find("two") is not None


def test_pieces_without_a_line_are_overwritten(tmp_path):
    with open_shelf(tmp_path) as shelf:
        shelf.keep("one", RESULTS)
    with (tmp_path / "pieces.bin").open("ab") as file:
        file.write(b"of a batch that has no line")
    with open_shelf(tmp_path) as shelf:
        assert shelf.keep("two", RESULTS)[0].pieces[0].span == (5, 5)
    assert (tmp_path / "pieces.bin").read_bytes() == b"firstfirst"


def test_damage_is_told(tmp_path):
    (tmp_path / "journal.jsonl").write_text('{"key": "one", "end": 0, "results": [{}]}\n')
    with (
        pytest.raises(FileError, match="interrupted run left is damaged") as caught,
        open_shelf(tmp_path),
    ):
        pass
    assert "delete the folder" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="has no such locks")
def test_one_run_at_a_time_fills_a_shelf(tmp_path):
    with (
        open_shelf(tmp_path),
        pytest.raises(FileError, match="another run is filling"),
        open_shelf(tmp_path),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="cannot be written"), open_shelf(tmp_path / "file" / "x"):
        pass


def test_counting_keeps_no_pictures():
    assert forget_data(RESULTS)[1] == KeptResult("", "is empty", ())
    assert [piece.span for piece in forget_data(RESULTS)[0].pieces] == [(0, 0), (0, 0)]
