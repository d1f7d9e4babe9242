"""The catalog is complete, and says what is wrong when it is not."""

from pathlib import Path

import pytest

from facewright.errors import WeightsError
from facewright.hub.bundle import file_sha256, read_card
from facewright.hub.cards import Entry, find_owned, known_cards
from facewright.hub.store import STARTER
from facewright.types import Card

ENTRY = f"""
[[weights]]
name = "tiny"
kind = "generator"
url = "https://example.org/tiny.safetensors"
size = 12
sha256 = "{"ab" * 32}"
licence = "CC0-1.0"
trained_on = "noise"
source = "recipes/tiny"
"""


def read(tmp_path: Path, text: str) -> dict[str, Entry]:
    (tmp_path / "catalog.toml").write_text(text)
    return known_cards(tmp_path / "catalog.toml")


def test_the_shipped_catalog_tells_the_truth() -> None:
    known = known_cards()
    for name, entry in known.items():
        assert entry.card.name == name
        if entry.file:
            path = STARTER / entry.file
            assert file_sha256(path) == entry.card.sha256
            assert path.stat().st_size == entry.card.size
            assert (read_card(path).name, read_card(path).kind) == (name, entry.card.kind)
    shipped = {path.name for path in STARTER.glob("*.safetensors")}
    assert shipped == {entry.file for entry in known.values() if entry.file}


def test_weights_inside_leave_room_in_a_wheel_of_25_megabytes() -> None:
    inside = [entry.card for entry in known_cards().values() if entry.inside]
    assert {"faces-128", "face-finder", "face-mesh", "likeness"} <= {card.name for card in inside}
    assert sum(card.size for card in inside) < 24e6  # code takes 0.8, compressed


def test_entries_become_cards(tmp_path: Path) -> None:
    card = Card("tiny", "generator", "CC0-1.0", "noise", "recipes/tiny", "ab" * 32, 12)
    url = "https://example.org/tiny.safetensors"
    assert read(tmp_path, ENTRY) == {"tiny": Entry(card, url=url)}
    assert read(tmp_path, ENTRY + "hidden = true")["tiny"].hidden


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ENTRY + ENTRY, "one name twice"),
        (ENTRY.replace('licence = "CC0-1.0"', ""), "`tiny` in the catalog has no licence"),
        (ENTRY + 'colour = "red"', "unknown colour"),
        (ENTRY + 'file = "tiny.safetensors"', "a file or a URL"),
        (ENTRY.replace("abab", "ABAB"), "sha256"),
        ("[[weights", "cannot be read"),
    ],
)
def test_wrong_catalogs_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(WeightsError, match=reason):
        read(tmp_path, text)


def test_a_missing_catalog_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        known_cards(tmp_path / "none.toml")


def test_weights_for_one_generator_are_found_by_its_file():
    known = known_cards()
    assert find_owned(("encoder",), known["faces-128"].card.sha256, known) == "encoder-128"
    assert find_owned(("directions",), known["faces-128"].card.sha256) == "faces-128-directions"
    assert find_owned(("encoder",), "0" * 64) is None


def test_what_weights_are_for_is_in_the_catalog():
    known = known_cards()
    assert all(e.generator in known for e in known.values() if e.generator)
