import zipfile

import numpy as np
import pytest

from facewright.datasets.labelled import read_labelled
from facewright.errors import DatasetError


@pytest.fixture
def files(tmp_path, picture):
    """Labels of three pictures in two zips, and a zip with one picture without a face."""
    for name, members in {
        "a.zip": ("1.png", "2.png"),
        "b.zip": ("x/3.png",),
        "e.zip": ("0.png",),
    }.items():
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            for number, member in enumerate(members):
                file.writestr(member, picture(number, size=(8, 6)))
    arrays = {
        "archives": np.array(["a.zip", "a.zip", "b.zip"]),
        "names": np.array(["1.png", "2.png", "x/3.png"]),
        "points": np.arange(3 * 478 * 3, dtype=np.float32).reshape(3, 478, 3),
        "weights": np.array([1.0, 5.0, 3.0]),
        "held_out": np.array([False, True, False]),
    }
    np.savez(tmp_path / "labels.npz", **arrays)
    return tmp_path, arrays


def read(folder, **options):
    return read_labelled(folder / "labels.npz", folder, folder / "e.zip", **options)


def save(folder, arrays, **changes):
    kept = {k: v for k, v in {**arrays, **changes}.items() if v is not None}
    np.savez(folder / "labels.npz", **kept)


def test_faces_come_with_points_weights_and_origins(files):
    folder, arrays = files
    labelled, origins = read(folder)
    assert origins == ["a.zip/1.png", "b.zip/x/3.png"]
    assert labelled.weights.tolist() == [0.25, 0.75]
    assert np.array_equal(labelled.points, arrays["points"][[0, 2]])
    assert [image.shape for image in labelled.images] == [(6, 8, 3), (6, 8, 3)]
    assert len(labelled.empty) == 1


def test_what_is_kept_for_measuring_is_read_alone(files):
    assert read(files[0], held_out=True)[1] == ["a.zip/2.png"]


def test_without_weights_all_count_the_same(files):
    folder, arrays = files
    save(folder, arrays, weights=None, held_out=None)
    assert read(folder)[0].weights.tolist() == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("missing", ["archives", "names", "points"])
def test_a_file_without_some_array_is_no_file_of_labels(files, missing):
    folder, arrays = files
    save(folder, arrays, **{missing: None})
    with pytest.raises(DatasetError, match="no file of labels"):
        read(folder)


def test_arrays_of_other_lengths_are_refused(files):
    folder, arrays = files
    save(folder, arrays, weights=np.ones(2))
    with pytest.raises(DatasetError, match="differ in length"):
        read(folder)


@pytest.mark.parametrize("name", ["labels.npz", "a.zip", "e.zip"])
@pytest.mark.parametrize("damage", ["missing", "cut", "empty"])
def test_damaged_files_are_told(files, name, damage):
    path = files[0] / name
    data = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"")
    with pytest.raises(DatasetError):
        read(files[0])


def test_a_picture_that_the_zip_lacks_is_named(files):
    folder, arrays = files
    save(folder, arrays, names=np.array(["1.png", "2.png", "gone.png"]))
    with pytest.raises(DatasetError, match=r"gone.png in .*b.zip"):
        read(folder)


def test_only_held_out_faces_leave_nothing_to_learn_from(files):
    folder, arrays = files
    save(folder, arrays, held_out=np.ones(3, bool))
    with pytest.raises(DatasetError, match="nothing to learn"):
        read(folder)
