"""Zips are read as macOS and Windows write them, and labels as other trainers do."""

import json
import zipfile

import pytest

from facewright.collect.audit import audit
from facewright.collect.library.folder import read_records
from facewright.collect.preparing.originals import OriginalReader, list_originals
from facewright.datasets.dataset import open_dataset
from facewright.datasets.labels import read_labels
from facewright.errors import DatasetError

LABELS = [["00000/0.png", 0], ["00000/1.png", 1]]


def pack(path, files, *, old_names=False):
    """Write a zip; with `old_names` no name says that it is UTF-8."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo("0" * len(name.encode()) if old_names else "x")
            info.filename = name
            archive.writestr(info, data)
    if old_names:
        data = path.read_bytes()
        for at in range(len(data)):
            step = {b"PK\3\4": 6, b"PK\1\2": 8}.get(data[at : at + 4])
            if step:
                data = data[: at + step + 1] + b"\0" + data[at + step + 2 :]
        path.write_bytes(data)
    return path


def set_files(picture, *, labels=LABELS, below=""):
    files = {f"{below}00000/{n}.png": picture(n, size=(64, 64)) for n in range(2)}
    return files | {f"{below}dataset.json": json.dumps({"labels": labels}).encode()}


def test_a_set_that_macos_packed_has_its_labels(tmp_path, picture):
    files = set_files(picture, below="faces/") | {
        "faces/.DS_Store": b"x",
        "__MACOSX/faces/._dataset.json": b"x",
        "__MACOSX/faces/00000/._0.png": b"x",
    }
    plain = open_dataset(pack(tmp_path / "plain.zip", set_files(picture)), cond=True)
    packed = open_dataset(pack(tmp_path / "set.zip", files), cond=True)
    assert packed.labels.tolist() == plain.labels.tolist() == [[1, 0], [0, 1]]
    assert packed.names == plain.names
    assert (packed.images([1]) == plain.images([1])).all()
    assert audit(tmp_path / "set.zip").pictures == 2


def test_a_set_below_a_folder_is_read_from_a_folder_too(tmp_path, picture):
    for name, data in set_files(picture, below="a/b/").items():
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(data)
    assert open_dataset(tmp_path / "set", cond=True).labels.tolist() == [[1, 0], [0, 1]]


def test_a_set_without_labels_says_where_they_belong(tmp_path, picture):
    files = set_files(picture)
    files["other/dataset.json"] = files.pop("dataset.json")
    with pytest.raises(DatasetError, match="no labels") as caught:
        open_dataset(pack(tmp_path / "set.zip", files), cond=True)
    assert "dataset.json, which lies beside" in caught.value.hint


def test_backslashes_of_windows_are_folders(tmp_path, picture, gather):
    files = {n.replace("/", "\\"): data for n, data in set_files(picture, below="faces/").items()}
    path = pack(tmp_path / "set.zip", files)
    assert open_dataset(path, cond=True).labels.tolist() == [[1, 0], [0, 1]]
    assert gather(path).added == 2
    originals = list_originals(path).originals
    assert [one.file for one in originals] == ["faces/00000/0.png", "faces/00000/1.png"]
    assert OriginalReader(path).read(originals[0])[0] == files["faces\\00000\\0.png"]


@pytest.mark.parametrize("old_names", [False, True])
def test_names_keep_their_letters_whether_the_zip_says_how_they_are_written(
    tmp_path, picture, gather, old_names
):
    files = {"Zoë/가.png": picture(1), "labels.csv": "file,age\nZoë/가.png,34\n".encode()}
    path = pack(tmp_path / "set.zip", files, old_names=old_names)
    assert gather(path).refused == []
    (record,) = read_records(tmp_path / "library")
    assert record.source.endswith("!Zoë/가.png")
    assert record.labels["age"] == "30-39"


def test_names_in_the_code_page_of_korean_windows_are_read(tmp_path, picture, gather):
    path = tmp_path / "set.zip"
    table = "file,age\r\n가나.png,34\r\n".encode("cp949")
    pack(path, {"abcd.png": picture(1), "labels.csv": table})
    path.write_bytes(path.read_bytes().replace(b"abcd.png", "가나.png".encode("cp949")))
    assert gather(path).refused == []
    (record,) = read_records(tmp_path / "library")
    assert record.source.endswith("!가나.png")
    assert record.labels["age"] == "30-39"


def test_names_in_the_code_page_of_dos_are_read(tmp_path, picture, gather):
    path = tmp_path / "set.zip"
    pack(path, {"Zo.png": picture(1)})
    path.write_bytes(path.read_bytes().replace(b"Zo.png", "Zë.png".encode("cp437")))
    assert gather(path).added == 1
    assert read_records(tmp_path / "library")[0].source.endswith("!Zë.png")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"<!DOCTYPE html><html>", "is a web page: download the file itself"),
        (b"Rar!\x1a\x07\x01\0", "is a RAR archive: unpack it"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive: unpack it"),
        (b"PK\3\4\x14\0", "breaks off: the list of what is in it"),
    ],
)
def test_what_is_no_zip_is_called_what_it_is(tmp_path, gather, head, said):
    path = tmp_path / "set.zip"
    path.write_bytes(head + bytes(99))
    assert [one.reason[: len(said)] for one in gather(path).refused] == [said]
    with pytest.raises(DatasetError, match=said):
        open_dataset(path)


def test_members_that_take_a_password_are_said(tmp_path, picture, gather):
    path = pack(tmp_path / "set.zip", {"1.png": picture(1), "2.png": picture(2)})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\3\4") + 6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    found = gather(path)
    assert (found.added, [one.reason for one in found.refused]) == (
        1,
        ["is encrypted: unpack it first"],
    )


def test_an_archive_inside_of_an_archive_is_said(tmp_path, picture, gather):
    inner = pack(tmp_path / "inner.zip", {"1.png": picture(1)}).read_bytes()
    outer = pack(tmp_path / "outer.zip", {"a/inner.zip": inner, "2.png": picture(2)})
    found = gather(outer)
    assert found.added == 1
    reason = "is an archive inside of an archive: unpack it first"
    assert [(one.source.split("!")[1], one.reason) for one in found.refused] == [
        ("a/inner.zip", reason)
    ]
    assert [one.reason for one in list_originals(outer).refused] == [reason]
    only = pack(tmp_path / "only.zip", {"inner.zip": inner})
    with pytest.raises(DatasetError, match="no pictures") as caught:
        open_dataset(only)
    assert caught.value.hint == "unpack inner.zip first"


@pytest.mark.parametrize(
    ("one", "other"), [(0.0, 1.0), ("0", "1"), ("0.0", "1.0"), (False, True), (0, 1.0)]
)
def test_classes_are_read_however_their_numbers_are_written(one, other):
    labels, groups = read_labels({"labels": [["a", one], ["./b", other]]}, ["a", "b"])
    assert labels.tolist() == [[1, 0], [0, 1]]
    assert groups[0].values == ("0", "1")


@pytest.mark.parametrize("label", [0.5, "cat", -1.0, None])
def test_what_is_no_class_is_named(label):
    with pytest.raises(DatasetError, match=r"the label of b, .*, is no label") as caught:
        read_labels({"labels": [["a", 0.0], ["b", label]]}, ["a", "b"])
    assert "whole numbers" in caught.value.hint
