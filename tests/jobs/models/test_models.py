"""Weights by name."""

import pytest

from facewright.errors import DownloadError, InputError, WeightsError
from facewright.hub.cards import known_cards
from facewright.hub.store import entry_path
from facewright.jobs.commands.models.fetch import fetch_model
from facewright.jobs.commands.models.list import list_models
from facewright.jobs.commands.models.show import show_model
from facewright.jobs.commands.models.verify import verify_models


def test_listed_weights_are_those_of_the_catalog_for_users():
    names = [entry.card.name for entry in list_models()]
    assert names == [name for name, entry in known_cards().items() if not entry.hidden]


def test_weights_on_this_machine_are_intact(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    assert [entry for entry in verify_models() if not entry.intact] == []


def test_damaged_download_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    name, entry = next((n, e) for n, e in known_cards().items() if e.url)
    entry_path(entry, tmp_path).write_bytes(b"something else")
    checked = {found.name: found for found in verify_models()}
    assert not checked[name].intact
    assert "sha256" in checked[name].problem


def test_card_of_a_file_is_read(weights):
    shown = show_model(weights)
    card = shown.card
    assert (card.name, card.kind, len(card.sha256)) == ("tiny", "generator", 64)


def test_labels_by_which_a_generator_draws_are_told(weights):
    labels = show_model(weights).labels
    assert labels["gender"] == ("f", "m")
    assert labels.keys() == {"age", "gender"}


def test_card_of_the_catalog_needs_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    for name, entry in known_cards().items():
        assert show_model(name).card == entry.card


def test_unknown_weights_are_an_error():
    with pytest.raises(WeightsError, match="no weights called `nobody`"):
        fetch_model("nobody")


def test_all_that_can_be_fetched_is_tried(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    monkeypatch.setenv("FACEWRIGHT_MIRROR", "http://127.0.0.1:9")  # where nobody listens
    free = [entry for entry in known_cards().values() if not entry.terms]
    missing = sum(not entry.file for entry in free)
    with pytest.raises(DownloadError, match=f"^{missing} of {len(free)} could not be fetched"):
        fetch_model(all_=True)


def test_some_weights_or_all_are_fetched():
    for name, all_ in ((None, False), ("faces-128", True)):
        with pytest.raises(InputError, match="or ask for all"):
            fetch_model(name, all_=all_)
