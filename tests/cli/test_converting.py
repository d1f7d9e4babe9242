"""Converting at the terminal."""

from pathlib import Path

from facewright.cli.outcome import PRINTERS, print_json
from facewright.collect.sources.items import Refusal
from facewright.tasks.converting.convert import Converted


def test_a_picture_prints_its_path(capsys):
    assert PRINTERS["converted"](Converted([Path("x.png")], pictures=1, faces=1)) == 0
    assert capsys.readouterr().out == "x.png\n"


def test_a_folder_prints_counts_and_what_was_refused(capsys):
    refused = [Refusal("c.png", "no face was found")]
    done = Converted([Path("a.png"), Path("b.png")], pictures=2, faces=3, refused=refused)
    assert PRINTERS["converted"](done) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "2 pictures converted, 3 faces",
        "refused: 1",
        "a.png",
        "b.png",
    ]
    assert printed.err == "refused: c.png: no face was found\n"
    assert print_json(done) == 1


def test_a_clip_that_was_ended_early_says_so_by_its_status(capsys):
    done = Converted([Path("x.mp4")], frames=9, converted=7, finished=False)
    assert PRINTERS["converted"](done) == 130
    assert capsys.readouterr().out == "7 of 9 frames converted\nx.mp4\n"
