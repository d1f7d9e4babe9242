"""What files say cannot steer the terminal, nor end the program."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facewright.cli.outcome import PRINTERS
from facewright.cli.printable import make_printable
from facewright.jobs.effect import Outcome
from facewright.provenance.publish import publish_image
from facewright.types import Manifest

EVIL = "x\x1b]0;title\x07\x1b[2J\u202egnp"


@given(st.text())
def test_whatever_is_printable_stays(text):
    shown = make_printable(text)
    assert make_printable(shown) == shown
    assert "\x1b" not in shown
    if text.isprintable():
        assert shown == text


def test_manifest_with_control_characters_is_shown_as_text(facewright):
    parameters = {"weights": EVIL, "half": "\ud800"}
    publish_image(np.zeros((8, 8, 3), np.uint8), Path("x.png"), Manifest("generate", parameters))
    status, out, _ = facewright("show", "x.png")
    assert status == 0
    assert "weights: x\\x1b]0;title\\x07\\x1b[2J\\u202egnp\n" in out
    command = [sys.executable, "-m", "facewright", "show", "x.png", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["parameters"]["weights"] == EVIL


def test_names_stay_on_one_line(facewright, capsys):
    Path("a\nb").mkdir()
    Path("a\nb/one\ttwo\u2028.png").write_bytes(b"nothing")
    status, out, err = facewright("collect", "a\nb", "-o", "lib\nrary", "--licence", "mine")
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith(r"refused: a\nb/one\ttwo\u2028.png: ")
    assert r"in lib\nrary: 0" in out
    found = Outcome(lines=["a\tb.mp4: nobody in 0 of 1 frames"], files=[Path("x\ny.png")])
    assert PRINTERS["outcome"](found) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [r"a\tb.mp4: nobody in 0 of 1 frames", r"x\ny.png"]


def test_refused_names_are_shown_as_text(facewright):
    Path("photos").mkdir()
    Path(f"photos/{EVIL}.png").write_bytes(b"nothing")
    status, _, err = facewright("collect", "photos", "-o", "library", "--licence", "mine")
    assert status == 1
    assert err.startswith("refused: photos/x\\x1b]0;title\\x07")
    assert "\x1b" not in err
