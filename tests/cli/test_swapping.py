"""Swapping and morphing at the terminal."""

import json
from pathlib import Path

import numpy as np
import pytest

from facewright.cli.outcome import PRINTERS, print_json
from facewright.provenance.publish import publish_image
from facewright.swap.flicker import Flicker
from facewright.tasks.swapping import Swapped
from facewright.types import Manifest


def test_a_picture_prints_its_path(capsys):
    assert PRINTERS["swapped"](Swapped(Path("x.png"), 1, 1)) == 0
    assert capsys.readouterr().out == "x.png\n"


def test_a_clip_prints_frames_flicker_and_references(capsys):
    swapped = Swapped(Path("x.mp4"), 50, 48, {"left.jpg": 30, "front.jpg": 18}, Flicker(1.204, 1.5))
    assert PRINTERS["swapped"](swapped) == 0
    assert capsys.readouterr().out.splitlines() == [
        "48 of 50 frames swapped",
        "2 frames without a face to swap, left as before",
        "flicker (change of the face from frame to frame, levels of 255): "
        "1.20 before, 1.50 after, +0.30",
        "reference that fits best in 30 frames: left.jpg",
        "reference that fits best in 18 frames: front.jpg",
        "x.mp4",
    ]


def test_a_clip_that_was_ended_early_says_so_by_its_status(capsys):
    assert PRINTERS["swapped"](Swapped(Path("x.mp4"), 5, 5, finished=False)) == 130
    assert capsys.readouterr().out.endswith("x.mp4\n")


def test_json_has_every_number(capsys):
    assert print_json(Swapped(Path("x.mp4"), 5, 4, flicker=Flicker(1, 2))) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["frames"], told["swapped"], told["flicker"]) == (5, 4, {"before": 1, "after": 2})


@pytest.fixture
def picture(tmp_path):
    image = np.zeros((80, 80, 3), np.uint8)
    return str(publish_image(image, tmp_path / "a.png", Manifest("test", {})))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["swap", "nowhere.png", "a.png", "-o", "x.png"], "there is no nowhere.png"),
        (["swap", "a.png", "a.png", "-o", "x.png"], "may show a real person"),
        (["swap", "--seed", "1", "a.png", "-o", "x.png"], "may show a real person"),
        (["swap", "a.png", "a.png", "--consent", "self"], "nothing says where"),
        (["swap", "a.png", "-o", "x.png"], "takes FACE and BODY"),
        (["morph", "a.png", "-o", "x.png"], "not through 1"),
        (["morph", "a.png", "b.png", "-o", "x.mp4"], "there is no picture b.png"),
    ],
)
def test_mistakes_are_told_before_networks_are_loaded(facewright, picture, words, error):
    status, out, err = facewright(*words)
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert error in err
    assert "hint: " in err
    assert Path(picture).exists()


def test_the_help_names_what_the_options_take(facewright):
    status, out, _ = facewright("swap", "--help")
    assert status == 0
    for word in ("FACE-AND-BODY", "--consent", "--keep", "--no-match-colour", "--seed", "--faces"):
        assert word in out
