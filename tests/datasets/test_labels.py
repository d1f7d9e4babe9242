import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facewright.datasets.labels import (
    LabelGroup,
    decode_label,
    encode_label,
    groups_from_json,
    groups_to_json,
    read_labels,
)
from facewright.errors import DatasetError, InputError

GROUPS = (
    LabelGroup("age", ("20-29", "30-39", "40-49")),
    LabelGroup("gender", ("female", "male")),
)


@given(st.fixed_dictionaries({g.name: st.sampled_from(g.values) for g in GROUPS}))
def test_decode_undoes_encode(chosen: dict[str, str]):
    assert decode_label(GROUPS, encode_label(GROUPS, chosen)) == chosen


def test_case_of_letters_does_not_matter():
    label = encode_label(GROUPS, {"age": "20-29", "gender": "FEMALE"})
    assert label.tolist() == [1, 0, 0, 1, 0]
    assert label.dtype == torch.float32


@pytest.mark.parametrize(
    ("chosen", "hint"),
    [
        ({"age": "50", "gender": "male"}, "20-29, 30-39, 40-49"),
        ({"age": "20-29"}, "female, male"),
        ({"age": "20-29", "gender": "male", "hair": "red"}, "age, gender"),
    ],
)
def test_wrong_values_list_the_right_ones(chosen: dict[str, str], hint: str):
    with pytest.raises(InputError) as caught:
        encode_label(GROUPS, chosen)
    assert hint in caught.value.hint


def test_groups_survive_json():
    assert groups_from_json(groups_to_json(GROUPS)) == GROUPS
    assert groups_from_json(None) == ()


@pytest.mark.parametrize(
    "json",
    [
        "age",
        ["age"],
        [{"name": "age"}],
        [{"name": "age", "values": []}],
        [{"name": "age", "values": ["a", "A"]}],
        [{"name": "age", "values": ["a"]}, {"name": "age", "values": ["b"]}],
    ],
)
def test_bad_groups_are_refused(json: object):
    with pytest.raises(InputError):
        groups_from_json(json)


def test_numbers_of_classes_become_one_hot_vectors():
    labels, groups = read_labels({"labels": [["a", 2], ["b", 0]]}, ["b", "a"])
    assert labels.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert groups == (LabelGroup("label", ("0", "1", "2")),)


def test_vectors_are_taken_as_they_are():
    description = {
        "labels": {"a": [0, 1, 0, 1, 0], "b": [1, 0, 0, 0, 1]},
        "label_groups": groups_to_json(GROUPS),
    }
    labels, groups = read_labels(description, ["a", "b"])
    assert groups == GROUPS
    assert decode_label(groups, labels[0]) == {"age": "30-39", "gender": "female"}


def test_names_of_values_are_read():
    _, groups = read_labels({"labels": [["a", 1]], "label_names": ["cat", "dog"]}, ["a"])
    assert groups[0].values == ("cat", "dog")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "no labels"),
        ([], "no labels"),
        ([1, 2], "not as expected"),
        ([["a", 0], ["c", 1]], "b has no label; 1 more have none"),
        ([["a", 0], ["b", [0, 1]], ["c", 1], ["d", 0]], "label of b"),
        ([["a", [0, 1]], ["b", [0, 1, 0]], ["c", [0, 1]], ["d", [0, 1]]], "label of b"),
        ([["a", [0, 1]], ["b", [0, "x"]], ["c", [0, 1]], ["d", [0, 1]]], "label of b"),
        ([["a", 0], ["b", -1], ["c", 1], ["d", 0]], "label of b"),
    ],
)
def test_bad_labels_are_named(labels: object, message: str):
    with pytest.raises(DatasetError, match=message):
        read_labels({"labels": labels}, ["a", "b", "c", "d"])


def test_names_must_cover_the_vectors():
    with pytest.raises(DatasetError, match="names 1 values"):
        read_labels({"labels": [["a", [0, 1]]], "label_names": ["x"]}, ["a"])
