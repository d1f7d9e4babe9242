"""Archives are read, whatever they were made to do."""

import io
import tarfile
import time
import zipfile

import pytest

from facewright.collect.sources.files.archives import read_archive
from facewright.collect.sources.items import Item, Refusal


def read(path, reading, **limits):
    found = list(read_archive(path, reading(**limits)))
    taken = [one.source.rpartition("!")[2] for one in found if isinstance(one, Item)]
    refused = {
        one.source.rpartition("!")[2]: one.reason for one in found if isinstance(one, Refusal)
    }
    return taken, refused


def add(archive, name, data=b"", **changes):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    for key, value in changes.items():
        setattr(member, key, value)
    archive.addfile(member, io.BytesIO(data))


def test_pictures_of_a_zip_are_taken_and_the_rest_is_left(tmp_path, reading, picture):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b/1.png", picture(1))
        archive.writestr("__MACOSX/b/._1.png", b"junk")
        archive.writestr("notes.md", b"hello")
        archive.writestr("2.jpg", picture(2, "JPEG"))
        archive.writestr("../../slip.png", picture(3))
        archive.writestr("/root.png", picture(3))
        archive.writestr("C:\\boot.png", picture(3))
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("zeros.png", bytes(9 << 20))
        archive.writestr("bomb.bmp", picture(4, "BMP") + bytes(9 << 20))
    taken, refused = read(path, reading, max_bytes=1 << 20)
    assert taken == ["b/1.png", "2.jpg"]
    assert refused == {
        "../../slip.png": "has a path that leads out of the archive",
        "/root.png": "has a path that leads out of the archive",
        "C:/boot.png": "has a path that leads out of the archive",
        "link.png": "is a link, no regular file",
        "zeros.png": "is not a picture that can be read",
        "bomb.bmp": "is larger than 1 MiB",
    }
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_members_with_one_name_the_last_counts(tmp_path, reading, picture):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, seed in (("1.png", 1), ("2.png", 2), ("1.png", 3)):
            archive.writestr(name, picture(seed))
    found = list(read_archive(path, reading()))
    assert [one.source.rpartition("!")[2] for one in found] == ["1.png", "2.png", "1.png"]
    assert found[0].reason == "has the name of a later member"
    assert found[2].data == picture(3)


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tar.xz", "tbz2"])
def test_pictures_of_a_tar_are_taken_and_the_rest_is_left(tmp_path, reading, picture, ending):
    path = tmp_path / f"a.{ending}"
    mode = {"tar": "w", "tar.gz": "w:gz", "tar.xz": "w:xz", "tbz2": "w:bz2"}[ending]
    with tarfile.open(path, mode) as archive:
        add(archive, "b", type=tarfile.DIRTYPE)
        add(archive, "b/1.png", picture(1))
        add(archive, "/abs.png", picture(2))
        add(archive, "../up.png", picture(2))
        add(archive, "soft.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(archive, "hard.png", type=tarfile.LNKTYPE, linkname="b/1.png")
        add(archive, "null.png", type=tarfile.CHRTYPE)
        add(archive, "pipe.png", type=tarfile.FIFOTYPE)
        add(archive, "large.png", bytes(2 << 20))
        add(archive, "last.jpg", picture(3, "JPEG"))
    taken, refused = read(path, reading, max_bytes=1 << 20)
    assert taken == ["b/1.png", "last.jpg"]
    assert refused == {
        "/abs.png": "has a path that leads out of the archive",
        "../up.png": "has a path that leads out of the archive",
        "soft.png": "is a link, no regular file",
        "hard.png": "is a link, no regular file",
        "null.png": "is a device, no regular file",
        "pipe.png": "is a device, no regular file",
        "large.png": "is larger than 1 MiB",
    }


def test_tar_that_claims_to_unpack_to_terabytes_is_left(tmp_path, reading, picture):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        add(archive, "1.png", picture(1))
        member = tarfile.TarInfo("2.txt")
        member.size = 1 << 42
        archive.fileobj.write(member.tobuf())
    taken, refused = read(path, reading)
    assert taken == ["1.png"]
    assert refused == {str(path): "unpacks to more than 200 times its size"}


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar"])
def test_what_is_no_archive_is_refused(tmp_path, reading, name):
    path = tmp_path / name
    for data in (b"", b"no archive" * 99):
        path.write_bytes(data)
        taken, refused = read(path, reading)
        assert taken == []
        assert refused[str(path)].startswith("is damaged or no archive: ")


def test_damaged_member_does_not_end_the_archive(tmp_path, reading, picture):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.png", picture(1))
        archive.writestr("2.png", picture(2))
    data = bytearray(path.read_bytes())
    data[200] ^= 255
    path.write_bytes(data)
    taken, refused = read(path, reading)
    assert taken == ["2.png"]
    assert "CRC" in refused["1.png"]


def test_labels_in_a_zip_find_their_pictures(tmp_path, gather, picture):
    from facewright.collect.library.folder import read_records

    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("set/train/1.png", picture(1))
        archive.writestr("set/zeros.txt", bytes(9 << 20))
        archive.writestr("set/train.csv", "file,age,gender,race\ntrain/1.png,20-29,Male,White\n")
    assert gather(tmp_path / "set.zip").added == 1
    (record,) = read_records(tmp_path / "library")
    assert record.labels == {"age": "20-29", "gender": "Male", "ethnicity": "White"}


def test_zip_that_claims_to_unpack_to_terabytes_is_left(tmp_path, reading, picture):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.png", picture(1))
        for number in range(9):
            archive.writestr(f"{number}.txt", bytes(1 << 20))
        for info in archive.infolist()[1:]:
            info.file_size = 1 << 31  # what the directory says, not what there is
    taken, refused = read(path, reading)
    assert taken == ["1.png"]
    assert refused == {str(path): "unpacks to more than 200 times its size"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zips_that_unpack_without_a_limit_are_refused(tmp_path, reading, picture, method):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.png", picture(1), compress_type=method)
        archive.writestr("2.png", picture(2))
    taken, refused = read(path, reading)
    assert taken == ["2.png"]
    assert "compressed in another way" in refused["1.png"]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_tar_whose_header_fills_the_memory_is_left(tmp_path, reading, picture, kind):
    path = tmp_path / "a.tar.bz2"
    with tarfile.open(path, "w:bz2") as archive:
        add(archive, "1.png", picture(1))
        member = tarfile.TarInfo("2.png")
        member.type, member.size = kind, 1 << 32
        archive.fileobj.write(member.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))
    taken, refused = read(path, reading)
    assert taken == ["1.png"]
    assert refused == {str(path): "is damaged or no archive: a header is larger than 16 MiB"}


def test_paths_of_thousands_of_folders_take_no_time(tmp_path, gather, picture):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for seed in range(3):
            archive.writestr("a/" * 30_000 + f"{seed}.png", picture(seed))
        archive.writestr("l.csv", "file,age\na/1.png,34\n")
    start = time.process_time()
    assert gather(tmp_path / "a.zip").added == 3
    assert time.process_time() - start < 5
