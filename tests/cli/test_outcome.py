"""What a run over files prints."""

from pathlib import Path

from facewright.cli.outcome import PRINTERS, print_json
from facewright.collect.sources.items import Refusal
from facewright.jobs.effect import Outcome, Summary


def test_a_picture_prints_its_path(capsys):
    assert PRINTERS["outcome"](Outcome([Summary("a.png", 9, 9)], files=[Path("x.png")])) == 0
    assert capsys.readouterr().out == "x.png\n"


def test_a_folder_prints_what_was_done_and_what_was_refused(capsys):
    refused = [Refusal("c.png", "no face was found")]
    files = [Path("a.png"), Path("b.png")]
    done = Outcome(refused=refused, files=files, lines=["2 pictures"])
    assert PRINTERS["outcome"](done) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["2 pictures", "refused: 1", "a.png", "b.png"]
    assert printed.err == "refused: c.png: no face was found\n"
    assert print_json(done) == 1


def test_many_files_print_as_their_folder(capsys):
    files = [Path("emoji", f"{number}.png") for number in range(43)]
    assert PRINTERS["outcome"](Outcome(files=[Path("x.jsonl"), *files])) == 0
    assert capsys.readouterr().out.splitlines() == ["x.jsonl", "43 files in emoji"]


def test_a_clip_that_was_ended_early_says_so_by_its_status(capsys):
    done = Outcome(files=[Path("x.mp4")], finished=False, lines=["x.mp4: 7 of 9 frames"])
    assert PRINTERS["outcome"](done) == 130
    assert capsys.readouterr().out == "x.mp4: 7 of 9 frames\nx.mp4\n"
