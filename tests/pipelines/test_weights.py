"""Which weights a task uses, and where fetched ones are kept."""

from pathlib import Path

import pytest

from facewright.errors import WeightsError
from facewright.hub.cards import Entry
from facewright.pipelines.weights import STARTER, cache_folder, pick_weights
from facewright.types import Card


def test_named_weights_come_before_the_environment_and_the_starter():
    known = {STARTER: Entry(Card(STARTER, "generator"))}
    environ = {"FACEWRIGHT_WEIGHTS": "mine"}
    assert pick_weights("yours", environ=environ, known=known) == "yours"
    assert pick_weights(None, environ=environ, known=known) == "mine"
    assert pick_weights(None, environ={}, known=known) == STARTER


def test_installation_without_starters_says_what_to_do():
    with pytest.raises(WeightsError, match="no starter weights") as caught:
        pick_weights(None, environ={}, known={})
    assert "`weights`" in caught.value.hint


def test_cache_folder_is_where_the_platform_wants_it():
    assert cache_folder({"FACEWRIGHT_CACHE": "/x"}, "linux") == Path("/x")
    assert cache_folder({"XDG_CACHE_HOME": "/y"}, "linux") == Path("/y/facewright")
    assert cache_folder({}, "linux") == Path.home() / ".cache" / "facewright"
    assert cache_folder({}, "darwin") == Path.home() / "Library" / "Caches" / "facewright"
    assert cache_folder({"LOCALAPPDATA": "/z"}, "win32") == Path("/z/facewright")
