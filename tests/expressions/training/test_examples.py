import numpy as np
import pytest
from tests.expressions.conftest import draw_face, write_set

from facewright.errors import DatasetError
from facewright.expressions.training.examples import (
    PRIVATE,
    PUBLIC,
    SAME,
    TRAINING,
    VOTES,
    read_examples,
)


def test_parts_labels_and_votes_are_read(face_set):
    collection = read_examples(face_set)
    assert {usage: len(part) for usage, part in collection.parts.items()} == {
        TRAINING: 21,
        PUBLIC: 21,
        PRIVATE: 21,
    }
    part = collection.parts[TRAINING]
    assert part.labels.tolist() == [0, 1, 2, 3, 4, 5, 6] * 3
    assert part.votes[:, list(SAME)].argmax(axis=1).tolist() == part.labels.tolist()
    assert (part.votes.sum(axis=1) == 10).all()
    np.testing.assert_array_equal(part.faces[8], draw_face(1, 8))
    assert (collection.name, len(collection.sha256)) == ("tiny", 64)


def test_a_folder_is_read_like_its_zip(face_set, tmp_path):
    import zipfile

    zipfile.ZipFile(face_set).extractall(tmp_path)
    assert read_examples(tmp_path).parts[PUBLIC].labels.tolist() == [0, 1, 2, 3, 4, 5, 6] * 3


def test_names_of_votes_fit_those_of_labels():
    assert [VOTES[place] for place in SAME[:2]] == ["anger", "disgust"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row | {"fer2013_label": "bored"}, "labelled `bored`"),
        (lambda row: row | {"file": "other.png"}, "lacks 63 of 63 pictures, such as other.png"),
        (lambda row: row | {"anger": "many"}, "are no numbers"),
        (lambda row: row | {"anger": -1}, "are below 0"),
        (lambda row: row | {"usage": "Training"}, "no examples for PublicTest"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(change, message, tmp_path):
    path = write_set(tmp_path / "x.zip", change=change)
    with pytest.raises(DatasetError, match=message):
        read_examples(path)


def test_a_set_without_a_table_is_refused_with_its_columns(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"no labels\.csv") as error:
        read_examples(tmp_path)
    assert "fer2013_label" in error.value.hint
