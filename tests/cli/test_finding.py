"""Finding at the terminal."""

import json
from pathlib import Path

import numpy as np
import pytest

from facewright.cli.outcome import PRINTERS, print_json
from facewright.collect.sources.items import Refusal
from facewright.jobs.commands.photos.sightings.records import (
    ClipRecord,
    Sighted,
    Sighting,
    sum_up_found,
)
from facewright.jobs.effect import Outcome


def picture(name, faces):
    box, points = np.array([1, 2, 30.126, 40], np.float32), np.ones((5, 3), np.float32) / 3
    told = tuple(Sighted(n, 0.98, box, 10.5, -3, 0, points) for n in range(1, faces + 1))
    return Sighting(name, 80, 60, told)


def tell(outcome):
    """Print what was found; return the exit status."""
    outcome.lines = sum_up_found(outcome)
    return PRINTERS["outcome"](outcome)


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ([2, 1, 0], "3 faces in 2 pictures, none in 1 picture\n"),
        ([1], "1 face in 1 picture\n"),
        ([0, 0], "no face in 2 pictures\n"),
        ([], "no face in no picture\n"),
    ],
)
def test_no_face_is_an_answer(capsys, counts, line):
    assert tell(Outcome([picture(f"{n}.png", count) for n, count in enumerate(counts)])) == 0
    assert capsys.readouterr() == (line, "")


def test_clips_files_and_refusals_are_told(capsys):
    clips = [ClipRecord("a.mp4", 64, 48, 50, 40, 2), ClipRecord("b.mp4", 64, 48, 9, 0, 0)]
    files = [Path("found/a.mp4"), Path("found/faces.jsonl")]
    assert tell(Outcome(clips=clips, refused=[Refusal("c.jpg", "is empty")], files=files)) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "a.mp4: 2 tracked faces in 40 of 50 frames",
        "b.mp4: nobody in 0 of 9 frames",
        "refused: 1",
        *map(str, files),
    ]
    assert err == "refused: c.jpg: is empty\n"


def test_many_files_are_not_named_one_by_one(capsys):
    assert tell(Outcome(files=[Path(f"found/{n}.png") for n in range(100)])) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["no face in no picture", "100 files in found"]


def test_json_has_every_number(capsys):
    assert print_json(Outcome([picture("a.png", 1)], files=[Path("x.png")])) == 0
    told = json.loads(capsys.readouterr().out)
    (face,) = told["pictures"][0]["faces"]
    assert face["box"] == [1, 2, 30.13, 40]
    assert face["points"] == [[0.33] * 3] * 5
    assert (face["yaw"], face["number"], told["files"]) == (10.5, 1, ["x.png"])


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["nowhere.png"], "there is no nowhere.png"),
        ([".", "--threshold", "7"], "--threshold is 0.01 to 0.99"),
        ([".", "-o", "x.pdf"], "no extension that can be written"),
    ],
)
def test_mistakes_are_told_before_networks_are_loaded(facewright, words, error):
    status, out, err = facewright("find", *words)
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert error in err
    assert "hint: " in err
