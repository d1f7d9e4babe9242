"""Swapping and morphing at the terminal."""

from pathlib import Path

import numpy as np
import pytest

from facewright.cli.outcome import PRINTERS
from facewright.jobs.commands.photos.swap import tell_clip
from facewright.jobs.effect import Outcome, Summary
from facewright.provenance.publish import publish_image
from facewright.types import Manifest


def test_a_clip_prints_frames_flicker_and_references(capsys):
    measured = {
        "references": {"left.jpg": 30, "front.jpg": 18},
        "flicker": {"before": 1.204, "after": 1.5},
    }
    clip = Summary("talk.mp4", 1280, 720, 50, 48, measurements=measured)
    outcome = Outcome(clips=[clip], files=[Path("x.mp4")], lines=tell_clip(clip))
    assert PRINTERS["outcome"](outcome) == 0
    assert capsys.readouterr().out.splitlines() == [
        "talk.mp4: 48 of 50 frames swapped",
        "2 frames without a face to swap, left as before",
        "flicker (change of the face from frame to frame, levels of 255): "
        "1.20 before, 1.50 after, +0.30",
        "reference that fits best in 30 frames: left.jpg",
        "reference that fits best in 18 frames: front.jpg",
        "x.mp4",
    ]


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
    for word in (
        "FACE-AND-BODIES",
        "--consent",
        "--keep",
        "--no-match-colour",
        "--seed",
        "--faces",
    ):
        assert word in out.replace("_", "-")
