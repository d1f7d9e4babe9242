"""Nothing is lost between a manifest and its text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import FileError, InputError
from facewright.provenance.manifest import (
    format_seeds,
    from_text,
    is_manifest,
    parse_seeds,
    to_text,
)
from facewright.types import Manifest

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SEEDS = st.lists(st.integers(-(2**63), 2**64 - 1) | st.integers(-3, 9))
TABLES = st.dictionaries(st.text(), st.text(), max_size=3)
MANIFESTS = st.builds(
    Manifest,
    task=st.text(min_size=1),
    parameters=st.dictionaries(st.text(), VALUES, max_size=4),
    seeds=SEEDS.map(tuple),
    models=TABLES,
    sources=TABLES,
    consent=st.text(),
    version=st.text(),
    torch=st.text(),
    device=st.text(),
)


@given(MANIFESTS)
def test_reading_undoes_writing(manifest: Manifest) -> None:
    text = to_text(manifest)
    assert from_text(text) == manifest
    assert text.isascii()
    assert "\n" not in text
    assert is_manifest(text)


def test_equal_manifests_give_equal_texts() -> None:
    first = Manifest("t", {"a": 1, "b": {"c": 2, "d": 3}}, models={"x": "1", "y": "2"})
    second = Manifest("t", {"b": {"d": 3, "c": 2}, "a": 1}, models={"y": "2", "x": "1"})
    assert to_text(first) == to_text(second)


def test_long_lists_of_seeds_are_short() -> None:
    assert len(to_text(Manifest("t", {}, seeds=(*range(50_000), 70_000)))) < 100


@given(SEEDS)
def test_parsing_undoes_formatting(seeds: list[int]) -> None:
    assert parse_seeds(format_seeds(seeds)) == tuple(seeds)


@pytest.mark.parametrize("text", [",", "1,", "a", "1-", "5-3", "0-99999999999", "1.5", "٣"])
def test_what_is_no_list_of_seeds_is_refused(text: str) -> None:
    with pytest.raises(FileError, match="damaged"):
        parse_seeds(text)


def test_many_ranges_cannot_fill_the_memory() -> None:
    with pytest.raises(FileError, match="more than a million"):
        parse_seeds(",".join(["0-999999"] * 1000))


@pytest.mark.parametrize(
    "manifest",
    [
        Manifest("t", {"x": float("nan")}),
        Manifest("t", {"x": object()}),  # type: ignore[dict-item]
        Manifest("t", {1: "a", "b": 2}),  # type: ignore[dict-item]
        Manifest("", {}),
        Manifest("t", {}, seeds=(0,) * 1_000_001),
    ],
    ids=["nan", "object", "number as key", "no task", "too many seeds"],
)
def test_what_is_not_json_is_refused(manifest: Manifest) -> None:
    with pytest.raises(InputError):
        to_text(manifest)


def test_later_formats_are_refused_with_a_hint() -> None:
    with pytest.raises(FileError, match="format 2") as caught:
        from_text('{"facewright": 2, "task": "t"}')
    assert "upgrade" in caught.value.hint


def test_entries_of_later_versions_are_left_out() -> None:
    text = '{"facewright": 1, "task": "t", "parameters": {}, "mood": "calm"}'
    assert from_text(text) == Manifest("t", {})


@pytest.mark.parametrize("text", ["", "x", "{}", "[]", "null", "[" * 100_000, "9" * 9999, '"\\'])
def test_other_texts_are_no_manifests(text: str) -> None:
    assert not is_manifest(text)
    with pytest.raises(FileError):
        from_text(text)


@pytest.mark.parametrize(
    "entry",
    [
        {"task": 1},
        {"task": ""},
        {"parameters": []},
        {"seeds": [1]},
        {"seeds": "x"},
        {"models": {"a": 1}},
        {"sources": "x"},
        {"device": None},
    ],
)
def test_damaged_entries_are_refused(entry: dict) -> None:
    with pytest.raises(FileError, match="damaged"):
        from_text(json.dumps({"facewright": 1, "task": "t", "parameters": {}, **entry}))


@given(MANIFESTS.map(to_text), st.floats(0, 1, exclude_max=True), st.text(max_size=3))
def test_damaged_texts_never_crash(text: str, where: float, junk: str) -> None:
    place = int(where * len(text))
    try:
        manifest = from_text(text[:place] + junk + text[place + len(junk) :])
    except FileError:
        return
    assert manifest.task
