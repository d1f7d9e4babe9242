"""Every picture is listed with its terms, and none that someone removed."""

import json
import os
import zipfile

import pytest

from facewright.collect.library.folder import read_records
from facewright.collect.library.remove import remove_pictures
from facewright.collect.preparing.originals import OriginalReader, list_originals
from facewright.errors import DatasetError, FileError, InputError

UTK = "25_1_2_20170116002102389.jpg"


@pytest.fixture
def folder(tmp_path, picture):
    """Two pictures, one of them with labels in its name, and what is none."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    (folder / "more" / "b.png").write_bytes(picture(1))
    (folder / UTK).write_bytes(picture(2, "JPEG"))
    (folder / ".hidden.png").write_bytes(picture(3))
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def archive(folder, tmp_path):
    """The same as a zip."""
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder).as_posix())
    return tmp_path / "photos.zip"


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_a_folder_and_a_zip_are_listed_alike(kind, folder, archive):
    path = {"folder": folder, "archive": archive}[kind]
    listing = list_originals(path, licence="CC0-1.0", consent="they agreed")
    assert [original.file for original in listing.originals] == [UTK, "more/b.png"]
    first, second = listing.originals
    assert (first.labels["gender"], dict(second.labels)) == ("Female", {})
    assert {original.licence for original in listing.originals} == {"CC0-1.0"}
    assert {original.consent for original in listing.originals} == {"they agreed"}
    assert (listing.removed, listing.refused) == (0, ())
    reader = OriginalReader(path)
    assert reader.read(first)[0] == (folder / UTK).read_bytes()


def test_a_library_is_listed_with_all_that_it_knows(folder, gather, tmp_path):
    gather(folder, consent="signed")
    library = tmp_path / "library"
    records = read_records(library)
    listing = list_originals(library)
    assert [original.sha256 for original in listing.originals] == [r.sha256 for r in records]
    first = next(o for o in listing.originals if o.source.endswith(UTK))
    assert (first.licence, first.consent, first.date) == ("CC0-1.0", "signed", "2026-03-01")
    assert first.labels["age"] == "20-29"
    assert OriginalReader(library).read(first)[1] == first.sha256
    with pytest.raises(InputError, match="knows the licence"):
        list_originals(library, licence="mine")


def test_removed_pictures_and_their_copies_are_left_out(gather, tmp_path, picture):
    own, copy = tmp_path / "own.png", tmp_path / "copy.jpg"
    own.write_bytes(picture(1))
    copy.write_bytes(picture(1, "JPEG", quality=80))
    (tmp_path / "other.png").write_bytes(picture(2))
    gather(own, copy, tmp_path / "other.png", similar=None)
    library = tmp_path / "library"
    assert len(list_originals(library).originals) == 3
    remove_pictures(library, [str(own)])
    listing = list_originals(library)
    assert [original.source for original in listing.originals] == [str(tmp_path / "other.png")]
    assert listing.removed == 2


def test_a_file_that_changed_is_refused(folder, gather, tmp_path, picture):
    gather(folder)
    library = tmp_path / "library"
    first, second = list_originals(library).originals
    (library / first.file).write_bytes(picture(9))
    (library / second.file).unlink()
    reader = OriginalReader(library)
    with pytest.raises(FileError, match="another sha256"):
        reader.read(first)
    with pytest.raises(FileError, match="cannot be read: No such file"):
        reader.read(second)


def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe.png")
    listing = list_originals(folder)
    reader = OriginalReader(folder)
    with pytest.raises(FileError, match="no regular file"):
        reader.read(next(o for o in listing.originals if o.file == "pipe.png"))


def test_a_damaged_member_is_refused(archive):
    data = bytearray(archive.read_bytes())
    data[data.index(UTK.encode()) + len(UTK) + 50] ^= 255
    archive.write_bytes(data)
    first = list_originals(archive).originals[0]
    with pytest.raises(FileError, match="cannot be read"):
        OriginalReader(archive).read(first)


def test_what_is_neither_is_an_error(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"x")
    for name in ("x.zip", "missing"):
        with pytest.raises(DatasetError):
            list_originals(tmp_path / name)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_is_judged_as_by_collect(tmp_path, gather, picture):
    path = tmp_path / "bad.zip"
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.png", "../b.png", "/c.png", "d\\..\\..\\e.png", link, "a.png", ".f.png"):
            archive.writestr(name, picture(len(archive.infolist())))
    listing = list_originals(path)
    assert [original.file for original in listing.originals] == ["a.png"]
    told = {one.source: one.reason for one in listing.refused}
    assert len(told) == 5
    assert told["a.png"] == "has the name of a later member"
    assert told["link.png"] == "is a link, no regular file"
    refused = {one.source.partition("!")[2]: one.reason for one in gather(path).refused}
    assert refused == told
    assert OriginalReader(path).read(listing.originals[0])[0] == picture(5)


def test_reports_in_a_folder_are_no_pictures_of_it(folder, picture):
    (folder / "faces-report.png").write_bytes(picture(5))
    assert len(list_originals(folder).originals) == 3
    (folder / "faces-report.json").write_text('{"mine": 1}')
    assert len(list_originals(folder).originals) == 3
    (folder / "faces-report.json").write_text(json.dumps({"settings": {"size": 128}}, indent=1))
    assert len(list_originals(folder).originals) == 2


def test_a_change_of_a_file_changes_its_key(folder):
    before = list_originals(folder).originals
    os.utime(folder / UTK, ns=(1, 1))
    after = list_originals(folder).originals
    assert before[0].key != after[0].key
    assert before[1].key == after[1].key
