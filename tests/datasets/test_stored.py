import zipfile

import numpy as np
import pytest

from facewright.datasets.stored import gather_pictures
from facewright.errors import DatasetError, InputError


@pytest.fixture
def folder(tmp_path, picture):
    """Three pictures of different sizes, and a file that is none."""
    (tmp_path / "set" / "b").mkdir(parents=True)
    for name, size in {"a.png": (8, 6), "b/c.png": (12, 12), "b/d.png": (20, 9)}.items():
        (tmp_path / "set" / name).write_bytes(picture(0, size=size))
    (tmp_path / "set" / "notes.txt").write_text("none")
    return tmp_path / "set"


def test_pictures_of_any_sizes_come_in_order_of_their_paths(folder):
    gathered = gather_pictures(folder)
    assert gathered.name == "set"
    assert [image.shape[1::-1] for image in gathered.images] == [(8, 6), (12, 12), (20, 9)]
    assert [image.shape[1] for image in gathered.images[1:]] == [12, 20]


def test_a_zip_holds_the_same_pictures(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as file:
        for path in sorted(folder.rglob("*.png")):
            file.write(path, path.relative_to(folder))
    ones, others = gather_pictures(folder).images, gather_pictures(tmp_path / "z.zip").images
    assert all(np.array_equal(one, other) for one, other in zip(ones, others, strict=True))


def test_the_fingerprint_changes_with_the_files(folder, picture):
    before = gather_pictures(folder).sha256
    assert gather_pictures(folder).sha256 == before
    (folder / "a.png").write_bytes(picture(1, size=(30, 30)))
    assert gather_pictures(folder).sha256 != before


def test_pictures_that_are_too_small_are_named(folder):
    with pytest.raises(InputError, match="a.png in .* smaller than 10 pixels; 1 more"):
        gather_pictures(folder, least=10)


def test_damaged_pictures_and_empty_folders_are_refused(folder, tmp_path):
    (folder / "x.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match="x.png in .* cannot be read"):
        gather_pictures(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no pictures"):
        gather_pictures(tmp_path / "empty")
