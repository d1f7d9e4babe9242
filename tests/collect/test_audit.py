"""An audit says what is there, under which licences, and what is wrong."""

import json
import zipfile

import pytest

from facewright.collect.audit import audit, measure_evenness
from facewright.collect.library.folder import read_records
from facewright.collect.library.remove import remove_pictures
from facewright.datasets.archive import write_dataset
from facewright.datasets.labels import LabelGroup
from facewright.errors import DatasetError, FileError, InputError

UTK = "{}_{}_2_20170116002102389.jpg"


@pytest.fixture
def library(tmp_path, gather, picture):
    """Four labelled pictures, one without labels and one under another licence."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, (age, gender) in enumerate([(25, 0), (25, 1), (34, 1), (101, 1)]):
        (folder / UTK.format(age, gender)).write_bytes(picture(seed))
    (folder / "plain.png").write_bytes(picture(8))
    gather(folder, consent="signed")
    (tmp_path / "own.png").write_bytes(picture(9))
    gather(tmp_path / "own.png", licence="my own")
    return tmp_path / "library"


def test_licences_consents_and_balance_are_counted(library):
    found = audit(library)
    assert (found.kind, found.pictures, found.removed) == ("library", 6, 0)
    assert found.licences == {"CC0-1.0": 5, "my own": 1}
    assert found.consents == {"signed": 5, "": 1}
    assert list(found.balance["age"].items()) == [
        ("20-29", 2),
        ("30-39", 1),
        ("70+", 1),
        ("(none)", 2),
    ]
    assert found.balance["gender"] == {"Female": 3, "Male": 1, "(none)": 2}
    assert "years" not in found.balance
    assert found.evenness["gender"] == 0.811
    assert (found.duplicates, found.similar, found.damaged, found.failed) == ([], [], {}, False)


def test_removed_pictures_no_longer_count(library):
    first = read_records(library)[0]
    remove_pictures(library, [first.sha256], purge=True)
    found = audit(library)
    assert (found.pictures, found.removed, found.damaged) == (5, 1, {})


def test_pictures_that_look_alike_are_paired(library, gather, tmp_path, picture):
    (tmp_path / "copy.jpg").write_bytes(picture(9, "JPEG", quality=70))
    gather(tmp_path / "copy.jpg", similar=None)
    own, copy = read_records(library)[-2:]
    (pair,) = audit(library).similar
    assert (pair.first, pair.second) == (own.file, copy.file)
    assert 0 <= pair.distance < 25
    assert audit(library, similar=0).similar == ([pair] if pair.distance == 0 else [])


def test_missing_and_changed_files_are_named(library):
    first, second, third, *_ = read_records(library)
    (library / first.file).unlink()
    (library / second.file).write_bytes(b"short")
    data = bytearray((library / third.file).read_bytes())
    data[-1] ^= 1
    (library / third.file).write_bytes(data)
    found = audit(library)
    assert found.failed
    assert found.damaged.keys() == {first.file, second.file}
    verified = audit(library, verify=True).damaged
    assert verified[third.file] == "has another sha256 than the manifest says"
    assert verified[second.file] == "has another size than the manifest says"


def test_dataset_is_audited_alike(tmp_path, picture):
    groups = (LabelGroup("shade", ("dark", "light")),)
    pictures = [picture(1), picture(2), picture(1), picture(1, "JPEG", quality=90)]
    items = [(data, [1.0, 0.0] if place else [0.0, 1.0]) for place, data in enumerate(pictures)]
    path = tmp_path / "faces.zip"
    write_dataset(path, items, label_groups=groups, extra={"licence": "CC0-1.0"})
    progress = []
    found = audit(path, progress=lambda done, total: progress.append((done, total)))
    assert (found.kind, found.pictures) == ("dataset", 4)
    assert (found.licences, found.consents) == ({"CC0-1.0": 4}, {"": 4})
    assert found.balance == {"shade": {"dark": 3, "light": 1}}
    assert found.duplicates == [["00000/img00000000.png", "00000/img00000002.png"]]
    assert {(pair.first[-5], pair.second[-5]) for pair in found.similar} == {("0", "3"), ("2", "3")}
    assert progress[-1] == (4, 4)


def test_dataset_without_labels_or_description_is_audited(tmp_path, picture):
    folder = tmp_path / "faces"
    folder.mkdir()
    (folder / "1.png").write_bytes(picture(1))
    found = audit(folder)
    assert (found.balance, found.licences) == ({}, {"": 1})
    (folder / "dataset.json").write_text(json.dumps({"labels": None}))
    assert audit(folder).balance == {}


def test_what_is_neither_is_an_error(tmp_path, picture):
    with pytest.raises(DatasetError, match="there is no dataset"):
        audit(tmp_path / "none")
    (tmp_path / "x.zip").write_bytes(b"x")
    with pytest.raises(FileError, match="neither a folder nor a zip"):
        audit(tmp_path / "x.zip")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "1.png").write_bytes(picture(1))
    with pytest.raises(InputError, match="is no library"):
        remove_pictures(tmp_path / "plain", ["x"])


def test_damaged_pictures_of_a_dataset_are_named_and_the_rest_is_counted(tmp_path, picture):
    path, seen = tmp_path / "faces.zip", []
    contents = [picture(number) for number in range(4)]
    contents[1] = contents[1][:3000]
    contents[2] = b""
    contents.append(picture(4, size=(64, 32)))
    with zipfile.ZipFile(path, "w") as archive:
        for number, data in enumerate(contents):
            archive.writestr(f"{number}.png", data)
    found = audit(path, progress=lambda done, total: seen.append((done, total)))
    assert (found.pictures, found.failed, seen[-1]) == (2, True, (5, 5))
    assert found.damaged == {
        "1.png": "is damaged or cut short: image file is truncated",
        "2.png": "is not a PNG, JPEG or WebP picture, is cut short, or cannot be opened",
        "4.png": "is 64×32 pixels, not square",
    }


def test_a_missing_licence_is_told(tmp_path, picture):
    items = [(picture(1), None), (picture(2), None)]
    write_dataset(tmp_path / "x.zip", items)
    assert audit(tmp_path / "x.zip").warnings == ("no licence is known for 2 of 2 pictures",)
    write_dataset(tmp_path / "x.zip", items, extra={"licence": "CC0-1.0"})
    assert audit(tmp_path / "x.zip").warnings == ()


def test_evenness_is_one_where_all_are_equally_frequent():
    assert measure_evenness([]) == measure_evenness([5]) == measure_evenness([5, 0]) == 1
    assert measure_evenness([3, 3, 3]) == pytest.approx(1)
    assert 0 < measure_evenness([98, 1, 1]) < 0.2
