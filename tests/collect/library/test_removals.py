"""Pictures that someone removed are gone for good, also those that look like them."""

import threading

import pytest

from facewright.collect.audit import audit
from facewright.collect.gather import About, collect
from facewright.collect.library.folder import REMOVED, SEEN, is_library, open_library, read_records
from facewright.collect.library.removals import Removed, add_removals, read_copies, read_removals
from facewright.collect.library.remove import remove_pictures
from facewright.collect.preparing.originals import list_originals
from facewright.errors import FileError
from facewright.files import locked


@pytest.fixture
def folder(tmp_path, picture):
    """Eight pictures."""
    path = tmp_path / "photos"
    path.mkdir()
    for seed in range(8):
        (path / f"{seed}.png").write_bytes(picture(seed))
    return path


@pytest.fixture
def twins(folder, gather, tmp_path, picture):
    """A library that keeps a picture and a copy that looks like it; return both records."""
    (folder / "copy.jpg").write_bytes(picture(0, "JPEG", quality=80))
    gather(folder / "0.png", folder / "copy.jpg", folder / "1.png", similar=None)
    return read_records(tmp_path / "library")[:2]


def test_those_who_remove_at_once_do_not_lose_anything(folder, gather, tmp_path):
    gather(folder)
    library = tmp_path / "library"
    records = read_records(library)

    def remove(some):
        for record in some:
            remove_pictures(library, [record.sha256])

    threads = [threading.Thread(target=remove, args=(records[first::4],)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    removed = [entry.sha256 for entry in read_removals(library / REMOVED)]
    assert sorted(removed) == sorted(record.sha256 for record in records)


def test_a_run_that_collects_heeds_what_is_removed_meanwhile(folder, tmp_path, picture):
    (folder / "z.jpg").write_bytes(picture(0, "JPEG", quality=80))
    library = tmp_path / "library"
    about = About(licence="CC0-1.0", date="2026-03-01")

    def remove_first(done, _total):
        if done == 1:
            remove_pictures(library, [read_records(library)[0].sha256], purge=True)

    with open_library(library, similar=None) as opened:
        found = collect([str(folder)], opened, about, progress=remove_first)
    assert (found.added, found.removed) == (8, 1)
    assert audit(library).pictures == 7


def test_a_lock_that_is_held_is_waited_for_but_not_for_ever(tmp_path):
    pytest.importorskip("fcntl")
    with (
        locked(tmp_path / "lock"),
        pytest.raises(TimeoutError, match="another run"),
        locked(tmp_path / "lock", patience=0),
    ):
        pass
    with locked(tmp_path / "lock", patience=0):
        assert (tmp_path / "lock").exists()


def test_what_looks_like_a_removed_picture_is_away_everywhere(twins, tmp_path):
    library, (own, copy) = tmp_path / "library", twins
    assert remove_pictures(library, [own.file], purge=True) == [own.sha256]
    found = audit(library)
    assert (found.pictures, found.removed, found.damaged) == (1, 2, {})
    assert not (library / own.file).exists()
    assert not (library / copy.file).exists()
    listing = list_originals(library)
    assert (len(listing.originals), listing.removed) == (found.pictures, found.removed)


def test_removed_picture_does_not_come_back_where_everything_is_kept(
    folder, gather, tmp_path, picture
):
    gather(folder)
    remove_pictures(tmp_path / "library", [str(folder / "0.png")])
    (folder / "copy.jpg").write_bytes(picture(0, "JPEG", quality=80))
    assert gather(folder, similar=None).removed == 2


def test_a_copy_that_was_left_out_names_the_picture_that_it_looks_like(
    folder, gather, tmp_path, picture
):
    copy, library = folder / "small.jpg", tmp_path / "library"
    gather(folder)
    copy.write_bytes(picture(0, "JPEG", quality=80))
    assert gather(copy).similar == 1
    (left_out,) = read_copies(library / SEEN)
    first = read_records(library)[0]
    assert left_out.like == first.sha256
    assert set(remove_pictures(library, [str(copy)], purge=True)) == {first.sha256, left_out.sha256}
    assert audit(library).pictures == 7
    assert not (library / first.file).exists()
    assert gather(copy).removed == 1


def test_remarks_and_names_stay_as_they_are(tmp_path):
    path = tmp_path / "removed.txt"
    path.write_text("# asked by phone\n" + "AB" * 32 + "\n# the last one")
    add_removals(path, [Removed("12" * 32, "34" * 32, "sp  ace\n.jpg"), Removed("56" * 32)])
    lines = path.read_text().splitlines()
    assert lines[:3] == ["# asked by phone", "AB" * 32, "# the last one"]
    assert read_removals(path) == [
        Removed("ab" * 32),
        Removed("12" * 32, "34" * 32, "sp  ace .jpg"),
        Removed("56" * 32),
    ]
    add_removals(path, [])
    assert path.read_text().splitlines() == lines


def test_a_folder_with_a_lock_is_no_library_unless_it_is_only_begun(tmp_path, picture):
    (tmp_path / ".lock").touch()
    assert is_library(tmp_path)
    (tmp_path / "1.png").write_bytes(picture(1))
    assert not is_library(tmp_path)
    with pytest.raises(FileError, match="holds other files"), open_library(tmp_path):
        pass
