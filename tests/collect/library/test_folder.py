"""A library keeps what it was given, once."""

import json

import pytest

from facewright.collect.library.folder import MANIFEST, REMOVED, open_library, read_records
from facewright.collect.library.removals import read_removals
from facewright.collect.library.remove import remove_pictures
from facewright.errors import FileError, InputError


@pytest.fixture
def folder(tmp_path, picture):
    """Four pictures."""
    path = tmp_path / "photos"
    path.mkdir()
    for seed in range(4):
        (path / f"{seed}.png").write_bytes(picture(seed))
    return path


def test_originals_are_kept_byte_for_byte_under_their_sha256(folder, gather, tmp_path, picture):
    assert gather(folder).added == 4
    records = read_records(tmp_path / "library")
    for seed, record in enumerate(records):
        assert (tmp_path / "library" / record.file).read_bytes() == picture(seed)
        assert record.file == f"pictures/{record.sha256[:2]}/{record.sha256}.png"
        assert record.source == str(folder / f"{seed}.png")
        assert (record.date, record.licence, record.consent) == ("2026-03-01", "CC0-1.0", "")
        assert (record.width, record.height, record.bytes) == (64, 64, len(picture(seed)))


def test_second_run_adds_nothing(folder, gather, tmp_path):
    gather(folder)
    before = (tmp_path / "library" / MANIFEST).read_bytes()
    again = gather(folder)
    assert (again.added, again.known, again.total) == (0, 4, 4)
    assert (tmp_path / "library" / MANIFEST).read_bytes() == before


def test_manifest_cut_off_anywhere_is_repaired(folder, gather, tmp_path):
    gather(folder)
    path = tmp_path / "library" / MANIFEST
    whole = path.read_bytes()
    for lost in (1, 7, 300, len(whole) - 3):
        path.write_bytes(whole[:-lost])
        assert gather(folder).total == 4
        assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_copy_that_looks_the_same_is_not_added_unless_wanted(folder, gather, picture):
    (folder / "copy.jpg").write_bytes(picture(1, "JPEG", quality=80))
    found = gather(folder)
    assert (found.added, found.similar) == (4, 1)
    assert gather(folder).similar == 1  # from the notes of the first run, without decoding
    assert gather(folder, similar=None).added == 1


def test_removed_picture_never_comes_back_not_even_as_a_copy(folder, gather, tmp_path, picture):
    gather(folder)
    library = tmp_path / "library"
    record = read_records(library)[2]
    assert remove_pictures(library, [record.sha256[:10]], purge=True) == [record.sha256]
    assert not (library / record.file).exists()
    (folder / "copy.jpg").write_bytes(picture(2, "JPEG", quality=80))
    (library / MANIFEST).write_text("")  # even if the rest is forgotten
    found = gather(folder)
    assert (found.added, found.removed) == (3, 2)
    assert remove_pictures(library, []) == []
    assert [entry.sha256 for entry in read_removals(library / REMOVED)] == [record.sha256]


def test_pictures_are_named_by_file_source_or_sha256(folder, gather, tmp_path):
    gather(folder)
    library = tmp_path / "library"
    first, second, third, _ = read_records(library)
    names = [first.file, second.source, third.sha256.upper()]
    assert set(remove_pictures(library, names)) == {first.sha256, second.sha256, third.sha256}
    assert remove_pictures(library, names) == []
    with pytest.raises(InputError, match="no picture of the library"):
        remove_pictures(library, ["abc"])


def test_line_of_the_removals_that_names_nothing_is_an_error(folder, gather, tmp_path):
    gather(folder)
    (tmp_path / "library" / REMOVED).write_text("# fine\n\nholiday.jpg\n")
    with pytest.raises(FileError, match="line 3 of .* names no picture: `holiday.jpg`"):
        gather(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../../etc/passwd"},
        {"file": "/etc/passwd"},
        {"phash": "12"},
        {"width": "64"},
        {"labels": "old"},
        {"file": 3},
    ],
    ids=str,
)
def test_damaged_entry_is_told(folder, gather, tmp_path, change):
    gather(folder)
    path = tmp_path / "library" / MANIFEST
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(entry | change) + "\n" for entry in entries))
    with pytest.raises(FileError, match="damaged entry"):
        read_records(tmp_path / "library")


def test_folder_of_other_files_is_no_library(folder):
    with pytest.raises(FileError, match="holds other files"), open_library(folder):
        pass
    with pytest.raises(FileError, match="is a file"), open_library(folder / "1.png"):
        pass


def test_only_one_run_adds_at_a_time(tmp_path):
    pytest.importorskip("fcntl")
    with (
        open_library(tmp_path / "library"),
        pytest.raises(FileError, match="another run"),
        open_library(tmp_path / "library"),
    ):
        pass
