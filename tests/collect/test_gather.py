"""Pictures come from everywhere; what cannot be taken is named, and the rest goes on."""

import os
import struct
import sys
import zlib

import numpy as np
import pytest

from facewright.collect.gather import About, collect
from facewright.collect.library.folder import open_library, read_records
from facewright.collect.sources.items import Limits
from facewright.errors import FileError, InputError


def forge_png(width, height):
    """A picture that claims a size, with hardly any bytes."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


def reasons(found):
    return {refusal.source.rpartition("/")[2]: refusal.reason for refusal in found.refused}


def test_every_kind_of_picture_is_taken(tmp_path, gather, picture):
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    files = {
        "cmyk.jpg": picture(1, "JPEG", mode="CMYK"),
        "grey.png": picture(2, mode="L"),
        "palette.gif": picture(3, "GIF", mode="P"),
        "turned.jpg": picture(4, "JPEG", size=(80, 60), exif=exif),
        "really.png": picture(5, "JPEG"),
        "no-ending": picture(6, "WEBP"),
        "deep/clear.webp": picture(7, "WEBP", mode="RGBA"),
        "deep/x.tiff": picture(8, "TIFF"),
        "deep/x.bmp": picture(9, "BMP"),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "notes.md").write_text("no picture")
    (folder / ".hidden.png").write_bytes(picture(10))
    found = gather(folder)
    assert (found.added, found.refused, found.aside) == (9, [], 1)
    records = {
        record.source.rpartition("/")[2]: record for record in read_records(tmp_path / "library")
    }
    assert (records["turned.jpg"].width, records["turned.jpg"].height) == (60, 80)
    assert records["really.png"].file.endswith(".jpg")
    assert records["no-ending"].file.endswith(".webp")


def test_bad_files_are_named_with_their_reason_and_the_rest_goes_on(tmp_path, gather, picture):
    folder = tmp_path / "photos"
    folder.mkdir()
    files = {
        "a.png": picture(1),
        "cut.png": picture(2)[:2000],
        "empty.jpg": b"",
        "huge.png": forge_png(50_000, 50_000),
        "large.bmp": picture(3, "BMP", size=(700, 700)),
        "page.jpg": b"<html>not here</html>",
        "photo.heic": b"\0\0\0\x18ftypheic",
        "tiny.png": picture(4, size=(16, 64)),
        "z.png": picture(5),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    found = gather(folder, limits=Limits(max_bytes=1 << 20))
    assert found.added == 2
    assert reasons(found) == {
        "cut.png": "is damaged or cut short: image file is truncated",
        "empty.jpg": "is empty",
        "huge.png": "is too large: more pixels than Pillow accepts",
        "large.bmp": "is larger than 1 MiB",
        "page.jpg": "is a web page, not a picture",
        "photo.heic": "is damaged, cut short or of a rare kind: it begins as HEIC does",
        "tiny.png": "has 16×64 pixels: too small",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_links_and_pipes_do_not_trap(tmp_path, gather, picture):
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.png").write_bytes(picture(1))
    (tmp_path / "outside.png").write_bytes(picture(2))
    (folder / "deep" / "loop").symlink_to(folder)
    (folder / "self.png").symlink_to(folder / "self.png")
    (folder / "nowhere.png").symlink_to(folder / "missing.png")
    (folder / "linked.png").symlink_to(tmp_path / "outside.png")
    os.mkfifo(folder / "pipe.png")
    found = gather(folder)
    assert found.added == 2
    assert reasons(found).keys() == {"loop", "self.png", "nowhere.png", "pipe.png"}
    assert reasons(found)["pipe.png"] == "is no regular file"
    assert reasons(found)["nowhere.png"] == "is a link to nothing"


@pytest.mark.skipif(sys.platform != "linux", reason="names are text here")
def test_names_that_are_no_text_are_written_and_refused_readably(tmp_path, gather, picture):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, data in {b"good\xff.png": picture(1), b"bad\xff.png": b"nothing"}.items():
        (folder / os.fsdecode(name)).write_bytes(data)
    found = gather(folder)
    assert (found.added, list(reasons(found))) == (1, ["bad?.png"])
    assert read_records(tmp_path / "library")[0].source == f"{folder}/good?.png"


def test_run_that_is_interrupted_goes_on(tmp_path, gather, picture):
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(20):
        (folder / f"{seed:02}.png").write_bytes(picture(seed))

    def stop(done, _total):
        if done == 7:
            raise KeyboardInterrupt

    about = About(licence="CC0-1.0", date="2026-03-01")
    with pytest.raises(KeyboardInterrupt), open_library(tmp_path / "library") as library:
        collect([str(folder)], library, about, progress=stop)
    assert len(read_records(tmp_path / "library")) == 7
    found = gather(folder)
    assert (found.known, found.added, found.total) == (7, 13, 20)
    files = [p for p in (tmp_path / "library" / "pictures").rglob("*") if p.is_file()]
    assert len(files) == 20


def test_progress_ends_at_the_total(tmp_path, picture):
    for seed in range(3):
        (tmp_path / f"{seed}.png").write_bytes(picture(seed))
    seen = []
    about = About(licence="CC0-1.0", date="2026-03-01")
    with open_library(tmp_path / "library") as library:
        collect(
            [str(tmp_path)], library, about, progress=lambda done, total: seen.append((done, total))
        )
    assert seen == [(1, 3), (2, 3), (3, 3)]  # the library inside its own source is left out


def test_order_of_the_manifest_is_that_of_the_paths(tmp_path, gather, picture):
    folder = tmp_path / "photos"
    folder.mkdir()
    names = [f"{n:02}.png" for n in np.random.default_rng(0).permutation(15)]
    for seed, name in enumerate(names):
        (folder / name).write_bytes(picture(seed))
    gather(folder)
    sources = [record.source for record in read_records(tmp_path / "library")]
    assert sources == [str(folder / name) for name in sorted(names)]


def test_senseless_sources_are_refused_before_anything_is_read(tmp_path, gather, picture):
    (tmp_path / "a.png").write_bytes(picture(1))
    with pytest.raises(FileError, match="there is no .*missing"):
        gather(tmp_path / "a.png", tmp_path / "missing")
    with pytest.raises(InputError, match="no source is named"):
        gather()
    with pytest.raises(InputError, match="no licence is named"):
        gather(tmp_path / "a.png", licence=" ")
    assert gather(tmp_path / "a.png").added == 1
    with pytest.raises(InputError, match="is a library itself"):
        gather(tmp_path / "library")


def test_named_file_that_holds_no_pictures_is_refused(tmp_path, gather):
    (tmp_path / "notes.md").write_text("hello")
    (tmp_path / "notes.txt").write_text("hello")
    found = gather(tmp_path / "notes.md", tmp_path / "notes.txt")
    assert reasons(found) == {
        "notes.md": "is neither a picture nor anything that holds some",
        "notes.txt": "holds neither addresses nor labels nor pixels",
    }
