import json
import warnings
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from facewright.datasets.archive import write_dataset
from facewright.datasets.dataset import open_dataset
from facewright.datasets.labels import LabelGroup
from facewright.errors import DatasetError, InputError

GROUPS = (LabelGroup("shade", ("dark", "light")), LabelGroup("kind", ("a", "b")))


def paint(number: int, size: tuple[int, int] = (8, 8)) -> np.ndarray:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    picture[:, : size[0] // 2] = (number * 20 + 1, 100, 200)
    return picture


def encode(picture: np.ndarray, kind: str = "PNG") -> bytes:
    file = BytesIO()
    Pillow.fromarray(picture).save(file, kind)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures in sub-folders, among files that are none."""
    path = tmp_path / "faces"
    (path / "deep" / ".hidden").mkdir(parents=True)
    for number in range(6):
        (path / "deep" / f"{number}.png").write_bytes(encode(paint(number)))
    (path / "notes.txt").write_text("not a picture")
    (path / "deep" / ".hidden" / "9.png").write_bytes(b"nothing")
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Four labelled pictures in a zip."""
    path = tmp_path / "faces.zip"
    items = [(encode(paint(n)), [1.0 - n % 2, n % 2, 1.0, 0.0]) for n in range(4)]
    write_dataset(path, items, label_groups=GROUPS, extra={"licence": "CC0-1.0"})
    return path


def test_folder_is_read(folder: Path):
    dataset = open_dataset(folder)
    assert (len(dataset), dataset.resolution, dataset.name) == (6, 8, "faces")
    assert dataset.labels.shape == (6, 0)
    images = dataset.images([5, 0, 5])
    assert np.array_equal(images, np.stack([paint(5), paint(0), paint(5)]))


def test_written_dataset_is_read_back(archive: Path):
    dataset = open_dataset(archive, cond=True, verify=True)
    assert dataset.labels.tolist() == [[1, 0, 1, 0], [0, 1, 1, 0]] * 2
    assert dataset.labels.dtype == torch.float32
    assert dataset.label_groups == GROUPS
    assert dataset.label_names == ("shade: dark", "shade: light", "kind: a", "kind: b")
    assert dataset.details["licence"] == "CC0-1.0"
    assert np.array_equal(dataset.images(range(4)), np.stack([paint(n) for n in range(4)]))


def test_labels_stay_closed_without_cond(archive: Path):
    dataset = open_dataset(archive)
    assert dataset.labels.shape == (4, 0)
    assert dataset.label_groups == ()


def test_mirror_doubles_the_set(archive: Path):
    plain, mirrored = (
        open_dataset(archive, cond=True),
        open_dataset(archive, cond=True, mirror=True),
    )
    assert len(mirrored) == 8
    assert np.array_equal(mirrored.images([1, 5])[0], plain.images([1])[0])
    assert np.array_equal(mirrored.images([1, 5])[1], plain.images([1])[0, :, ::-1])
    assert torch.equal(mirrored.labels[5], plain.labels[1])


@pytest.mark.parametrize("cache_bytes", [0, 1 << 20])
def test_cache_changes_nothing_but_speed(folder: Path, cache_bytes: int):
    dataset = open_dataset(folder, cache_bytes=cache_bytes)
    once = dataset.images([2, 3])
    once[:] = 0  # whoever gets pictures may change them
    assert np.array_equal(dataset.images([2, 3]), np.stack([paint(2), paint(3)]))
    assert dataset.images([]).shape == (0, 8, 8, 3)


def test_cache_outlives_the_files(folder: Path):
    dataset = open_dataset(folder)
    dataset.images(range(6))
    (folder / "deep" / "0.png").unlink()
    assert np.array_equal(dataset.images([0])[0], paint(0))


def test_verifying_fills_the_cache(folder: Path):
    dataset = open_dataset(folder, verify=True)
    for path in folder.glob("deep/*.png"):
        path.unlink()
    assert np.array_equal(dataset.images(range(6)), np.stack([paint(n) for n in range(6)]))


def test_cache_keeps_as_many_as_fit(folder: Path):
    dataset = open_dataset(folder, verify=True, cache_bytes=2 * 8 * 8 * 3 + 1)
    assert np.array_equal(dataset.images(range(6)), np.stack([paint(n) for n in range(6)]))
    for path in folder.glob("deep/*.png"):
        path.unlink()
    kept = 0
    for number in range(6):
        try:
            kept += np.array_equal(dataset.images([number])[0], paint(number))
        except DatasetError:
            continue
    assert kept == 2


def test_link_that_leads_nowhere_is_named(folder: Path):
    (folder / "notes").symlink_to(folder / "nowhere")  # is no picture: does not matter
    assert len(open_dataset(folder)) == 6
    (folder / "deep" / "x.png").symlink_to(folder / "nowhere.png")
    with pytest.raises(DatasetError, match=r"deep/x\.png in faces .* cannot be opened") as caught:
        open_dataset(folder)
    assert "power of two" in caught.value.hint


def test_limit_takes_the_same_files_each_time(archive: Path, folder: Path):
    first, second = open_dataset(folder, limit=3), open_dataset(folder, limit=3)
    assert len(first) == 3
    assert first.names == second.names
    assert open_dataset(archive, limit=1, cond=True).labels.shape == (1, 4)
    assert len(open_dataset(folder, limit=99)) == 6
    with pytest.raises(InputError):
        open_dataset(folder, limit=0)


def test_fingerprint_follows_the_contents(tmp_path: Path, folder: Path):
    before = open_dataset(folder).sha256
    assert open_dataset(folder).sha256 == before
    (folder / "deep" / "0.png").write_bytes(encode(paint(0)) + b"more")
    assert open_dataset(folder).sha256 != before
    for name, label in (("x.zip", 0), ("y.zip", 1)):
        write_dataset(tmp_path / name, [(encode(paint(1)), label)])
    assert open_dataset(tmp_path / "x.zip").sha256 != open_dataset(tmp_path / "y.zip").sha256


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (encode(paint(0, (16, 16))), "2.png in faces is 16×16 pixels, but most are 8×8"),
        (encode(paint(0, (8, 4))), "2.png in faces is 8×4 pixels, not square"),
        (encode(paint(0, (6, 6))), "2.png in faces is 6×6 pixels, not a power of two"),
        (b"GIF89a", "2.png in faces is not a PNG"),
        (b"", "2.png in faces is not a PNG"),
    ],
)
def test_first_bad_file_is_named_and_others_counted(folder: Path, content: bytes, message: str):
    (folder / "deep" / "2.png").write_bytes(content)
    (folder / "deep" / "4.png").write_bytes(b"broken")
    with pytest.raises(DatasetError, match=f"{message}.*; 1 more files") as caught:
        open_dataset(folder)
    assert caught.value.hint


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_truncated_picture_is_found(folder: Path, kind: str):
    noise = np.arange(192, dtype=np.uint8).reshape(8, 8, 3) * 37
    bad = folder / "deep" / f"3{kind}.{kind.lower()}"
    whole = encode(noise, kind)
    bad.write_bytes(whole[: len(whole) - 40])
    dataset = open_dataset(folder)
    place = dataset.names.index(f"deep/{bad.name}")
    with pytest.raises(DatasetError, match=bad.name):
        dataset.images([0, place])
    with pytest.raises(DatasetError, match=bad.name):
        open_dataset(folder, verify=True)


def test_truncated_webp_is_found_at_once(folder: Path):
    (folder / "x.webp").write_bytes(encode(paint(0), "WEBP")[:-10])
    with pytest.raises(DatasetError, match=r"x\.webp in faces .* cut short"):
        open_dataset(folder)


def test_size_behind_a_large_thumbnail_is_read(tmp_path: Path):
    file = BytesIO()
    profile = bytes(200_000)
    Pillow.fromarray(paint(1)).save(file, "JPEG", icc_profile=profile)
    write_dataset(tmp_path / "x.zip", [(file.getvalue(), None), (encode(paint(0), "WEBP"), None)])
    dataset = open_dataset(tmp_path / "x.zip", verify=True)
    assert dataset.names == ("00000/img00000000.jpg", "00000/img00000001.webp")


def test_reading_leaves_the_filters_of_warnings_alone(folder: Path):
    before = list(warnings.filters)
    for _ in range(20):
        open_dataset(folder, verify=True)
    assert list(warnings.filters) == before


def test_damaged_zip_member_is_found(archive: Path):
    with zipfile.ZipFile(archive) as whole:
        place = whole.infolist()[1].header_offset
    data = bytearray(archive.read_bytes())
    data[place + 100] ^= 0xFF
    archive.write_bytes(bytes(data))
    with pytest.raises(DatasetError, match=r"img00000001\.png"):
        open_dataset(archive, verify=True)


def test_missing_label_is_named(archive: Path, tmp_path: Path):
    copy = tmp_path / "copy.zip"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "dataset.json":
                description = json.loads(data)
                description["labels"] = description["labels"][1:]
                data = json.dumps(description).encode()
            new.writestr(name, data)
    with pytest.raises(DatasetError, match=r"img00000000\.png has no label"):
        open_dataset(copy, cond=True)
    assert len(open_dataset(copy)) == 4


def test_dataset_without_labels_has_no_condition(folder: Path):
    with pytest.raises(DatasetError, match="no labels"):
        open_dataset(folder, cond=True)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_damaged_description_is_refused(folder: Path, text: str):
    (folder / "dataset.json").write_text(text)
    with pytest.raises(DatasetError, match=r"dataset\.json"):
        open_dataset(folder)


def test_paths_that_hold_no_dataset_are_refused(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.zip").write_text("no zip")
    zipfile.ZipFile(tmp_path / "empty.zip", "w").close()
    for name, message in {
        "nowhere": "there is no dataset",
        "file.zip": "neither a folder nor a zip",
        "empty": "no pictures",
        "empty.zip": "no pictures",
    }.items():
        with pytest.raises(DatasetError, match=message):
            open_dataset(tmp_path / name)


def test_index_out_of_range_is_refused(folder: Path):
    with pytest.raises(InputError, match="0 to 5"):
        open_dataset(folder).images([6])


def test_equal_items_give_equal_bytes(tmp_path: Path):
    items = [(encode(paint(n)), n) for n in range(3)]
    for name in ("a.zip", "b.zip"):
        assert write_dataset(tmp_path / name, iter(items)) == 3
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "no pictures"),
        ([(b"x", None)], "item 0"),
        ([(encode(paint(0)), None), (encode(paint(0, (4, 4))), None)], "item 1"),
        ([(encode(paint(0)), 1), (encode(paint(0)), None)], "has no label"),
    ],
)
def test_failed_write_leaves_nothing(tmp_path: Path, items: list, message: str):
    with pytest.raises(DatasetError, match=message):
        write_dataset(tmp_path / "x.zip", items)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DatasetError, match=r"\.zip"):
        write_dataset(tmp_path / "x.tar", items)
