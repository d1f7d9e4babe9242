"""Preparing at the terminal."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from facewright.cli.outcome import PRINTERS, print_json
from facewright.collect.preparing.report import Tally
from facewright.collect.sources.items import Refusal
from facewright.jobs.commands.datasets.prepare import PreparedDataset


def tell(*refused, lenient=False):
    tally = Tally(
        pictures=9,
        removed=1,
        faces=7,
        rejected={"no face": 1, "too small": 2},
        refused=refused,
        licences={"CC0-1.0": 7},
        consents={"": 7},
        balance={"age": {"20-29": 7}},
    )
    files = (Path("faces.zip"), Path("faces-report.png"))
    return PreparedDataset(Path("library"), files, tally, lenient)


def test_numbers_reasons_and_files_are_printed(capsys):
    assert PRINTERS["prepared"](tell()) == 0
    assert capsys.readouterr().out == (
        "pictures: 9\nfaces: 7\nno face: 1\ntoo small: 2\nremoved, left out: 1\nrefused: 0\n"
        "faces.zip\nfaces-report.png\n"
    )


def test_a_missing_licence_is_a_warning(capsys):
    outcome = tell()
    counts = replace(outcome.counts, warnings=("no licence is known for 7 of 7 faces",))
    assert PRINTERS["prepared"](replace(outcome, counts=counts)) == 0
    told = "warning: no licence is known for 7 of 7 faces: name it with --licence\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize(("lenient", "status"), [(False, 1), (True, 0)])
def test_refused_files_are_named_and_fail_unless_lenient(capsys, lenient, status):
    outcome = tell(Refusal("x.jpg", "is empty"), lenient=lenient)
    assert PRINTERS["prepared"](outcome) == status
    assert capsys.readouterr().err == "refused: x.jpg: is empty\n"
    assert print_json(outcome) == status
    assert json.loads(capsys.readouterr().out)["counts"]["balance"] == {"age": {"20-29": 7}}


def test_bad_usage_is_told_before_anything_is_loaded(facewright):
    status, _, err = facewright("prepare", "library", "-o", "faces.zip")
    assert (status, err.splitlines()[0]) == (1, "error: there is no library")
    Path("library").mkdir()
    status, _, err = facewright("prepare", "library", "-o", "faces.zip", "--size", "100")
    assert status == 1
    assert "a power of two" in err
    assert facewright("prepare", "library")[0] == 2
    assert facewright("prepare", "library", "-o", "x.zip", "--others", "nobody")[0] == 2
