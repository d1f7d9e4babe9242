"""Readers survive files that someone or something has changed: they refuse, and never fall over."""

import io
import shutil
import tarfile
import zipfile
from fractions import Fraction

import pytest
from tests.mutations import assert_survived

from facewright.collect.gather import About, collect
from facewright.collect.library.folder import open_library, read_records
from facewright.collect.sources.web.fetch import FetchPolicy
from facewright.provenance.publish import publish_clip
from facewright.types import Clip, Manifest

EXAMPLES = [15, pytest.param(300, marks=pytest.mark.slow)]
ABOUT = About(licence="CC0-1.0", date="2026-03-01")
UNREACHABLE = FetchPolicy(attempts=1, timeout=0.01, first_wait=0)


def zip_of(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tar_of(files, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture(scope="module")
def samples(picture, paint, tmp_path_factory):
    """One small file of every kind that is read."""
    files = {"a/1.png": picture(1), "a/2.jpg": picture(2, "JPEG")}
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    pixels = " ".join(["128"] * 2304)
    path = tmp_path_factory.mktemp("clip") / "x.mp4"
    clip = Clip((64, 64), Fraction(5), (paint(seed) for seed in range(3)))
    return {
        "x.mp4": publish_clip(clip, path, Manifest("test", {})).read_bytes(),
        "x.png": picture(1),
        "x.jpg": picture(2, "JPEG", exif=exif),
        "x.webp": picture(3, "WEBP"),
        "x.gif": picture(4, "GIF", mode="P"),
        "x.bmp": picture(5, "BMP"),
        "x.tif": picture(6, "TIFF", compression="tiff_lzw"),
        "x.zip": zip_of(files | {"l.csv": b"file,age\na/1.png,20-29\n"}),
        "x.tar": tar_of(files, "w"),
        "x.tgz": tar_of(files, "w:gz"),
        "x.txz": tar_of(files, "w:xz"),
        "fer.csv": f"emotion,pixels\n3,{pixels}\n4,{pixels}\n".encode(),
        "labels.csv": b'file,age,gender\n"a.png",20-29,Male\nb.png,34,Female\n',
        "list.txt": b"# mine\nhttp://127.0.0.1:9/a.png\n\nhttp://127.0.0.1:9/b.png\n",
        "list.csv": b"url,licence,age\nhttp://127.0.0.1:9/a.png,CC0-1.0,34\n",
        "celeba.csv": b"image_id,Bald,Male\n1.jpg,-1,1\n",
        "attr.txt": b"2\nBald Male\n1.jpg -1 1\n2.jpg 1 1\n",
        "x.html": b'<a href="x.png"><img src="y.jpg"></a><img srcset="a.png 1x, b.png 2x"><!-- -->',
    }


KINDS = [
    *("x.png", "x.jpg", "x.webp", "x.gif", "x.bmp", "x.tif", "x.zip", "x.tar", "x.tgz", "x.txz"),
    *("fer.csv", "labels.csv", "celeba.csv", "attr.txt", "x.html", "x.mp4", "list.txt", "list.csv"),
]


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("name", KINDS)
def test_changed_files_are_refused_or_taken(tmp_path, samples, name, examples):
    library = tmp_path / "library"

    def read(data):
        shutil.rmtree(library, ignore_errors=True)
        (tmp_path / name).write_bytes(data)
        with open_library(library) as opened:
            found = collect([str(tmp_path / name)], opened, ABOUT, policy=UNREACHABLE)
        assert found.added <= 20
        assert all(refusal.source and refusal.reason for refusal in found.refused)
        assert len(read_records(library)) == found.added

    others = [data for other, data in samples.items() if other != name]
    assert_survived(read, samples[name], examples=examples, other=b"".join(others))
    assert {path.name for path in tmp_path.iterdir()} == {name, "library"}
