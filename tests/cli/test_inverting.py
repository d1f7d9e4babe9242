"""Inverting at the terminal."""

from pathlib import Path

from facewright.cli.outcome import PRINTERS
from facewright.tasks.inverting.files import Inverted, InvertedFile

READING = {"stage": "refined", "rmse": 9.5, "perceptual": 0.12, "likeness": 0.98}


def test_files_and_numbers_are_printed(capsys):
    files = [Path("me.latents"), Path("me.png")]
    found = Inverted([InvertedFile("me.jpg", files, [READING])], known=1)
    assert PRINTERS["inverted"](found) == 0
    assert capsys.readouterr().out.splitlines() == [
        "me.latents",
        "me.png",
        "  refined: rmse 9.5, perceptual 0.12, likeness 0.98",
        "there already: 1",
    ]


def test_refused_photos_are_a_failure(capsys):
    assert PRINTERS["inverted"](Inverted(refused={"a.jpg": "no face was found"})) == 1
    assert capsys.readouterr().err == "refused: a.jpg: no face was found\n"
