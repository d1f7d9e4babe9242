"""A dataset says of each picture where it came from."""

import pytest

from facewright.collect.audit import audit
from facewright.collect.origins import ORIGINS, Origin, read_origins, write_origins
from facewright.datasets.archive import open_source, write_dataset
from facewright.errors import DatasetError

NAME = "00000/img00000000.png"


@pytest.fixture
def dataset(tmp_path, picture):
    """Write a dataset of one picture with some lines about it."""

    def make(lines):
        path = tmp_path / "faces.zip"
        extra = {"licence": "of all", "consent": "of all"}
        write_dataset(path, [(picture(1), None)], extra=extra, beside={ORIGINS: lines})
        return path

    return make


def test_origins_come_back(dataset):
    origin = Origin(
        file=NAME,
        source="a/ü.jpg",
        sha256="ab",
        date="2026-03-01",
        licence="CC0-1.0",
        consent="signed",
        labels={"age": "20-29"},
        face={"yaw": 1.5, "box": [1, 2, 3, 4]},
    )
    assert read_origins(open_source(dataset(write_origins([origin])))) == {NAME: origin}


def test_what_is_said_of_a_picture_comes_before_what_is_said_of_all(dataset):
    origin = Origin(file=NAME, licence="its own", labels={"age": "3-9"})
    found = audit(dataset(write_origins([origin])))
    assert (found.licences, found.consents) == ({"its own": 1}, {"": 1})
    assert found.balance == {"age": {"3-9": 1}}
    assert audit(dataset(write_origins([]))).licences == {"of all": 1}


def test_later_versions_may_say_more(dataset):
    line = f'{{"file": "{NAME}", "mood": "bright"}}\n'.encode()
    assert read_origins(open_source(dataset(line))) == {NAME: Origin(file=NAME)}


@pytest.mark.parametrize(
    "lines", [b"{", b"[]\n", b"{}\n", b'{"file": 3}\n', b'{"file": "x", "labels": []}\n', b"\xff\n"]
)
def test_damage_is_told(dataset, lines):
    with pytest.raises(DatasetError, match="sources.jsonl is damaged"):
        read_origins(open_source(dataset(lines)))
