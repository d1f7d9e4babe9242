"""Readers survive files that someone or something has changed: they refuse, and never fall over."""

import contextlib
import io
import tarfile
import zipfile
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facewright.data.collect import About, collect
from facewright.data.library import MANIFEST, open_library, read_records
from facewright.data.removals import read_removals
from facewright.data.sources.fetch import Manners
from facewright.errors import FacewrightError
from facewright.provenance.publish import publish_clip
from facewright.types import Clip, Manifest

FEW = settings(max_examples=30, deadline=None)
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8)


def mutate(data, changes, end):
    changed = bytearray(data)
    for place, value in changes:
        changed[min(int(place * len(changed)), len(changed) - 1)] = value
    return bytes(changed[: max(1, round(end * len(changed)))])


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
        "attr.txt": b"2\nBald Male\n1.jpg -1 1\n2.jpg 1 1\n",
        "x.html": b'<a href="x.png"><img src="y.jpg"></a><img srcset="a.png 1x, b.png 2x"><!-- -->',
    }


KINDS = [
    *("x.png", "x.jpg", "x.webp", "x.gif", "x.bmp", "x.tif", "x.zip", "x.tar", "x.tgz", "x.txz"),
    *("fer.csv", "labels.csv", "attr.txt", "x.html", "x.mp4"),
]


@pytest.mark.parametrize("name", KINDS)
@given(changes=CHANGES, end=st.sampled_from([1.0, 1.0, 0.9, 0.5, 0.02]))
@FEW
def test_changed_files_are_refused_or_taken(tmp_path_factory, samples, name, changes, end):
    folder = tmp_path_factory.mktemp("mutated")
    (folder / name).write_bytes(mutate(samples[name], changes, end))
    about = About(licence="CC0-1.0", date="2026-03-01")
    unreachable = Manners(attempts=1, timeout=0.01, first_wait=0)
    with open_library(folder / "library") as library:
        found = collect([str(folder / name)], library, about, manners=unreachable)
    assert found.added <= 2
    assert all(refusal.source and refusal.reason for refusal in found.refused)
    assert len(read_records(folder / "library")) == found.added


@given(changes=CHANGES, end=st.floats(0.01, 1))
@FEW
def test_changed_manifest_is_read_or_refused(tmp_path_factory, samples, changes, end):
    folder = tmp_path_factory.mktemp("mutated")
    (folder / "x.zip").write_bytes(samples["x.zip"])
    about = About(licence="CC0-1.0", date="2026-03-01")
    with open_library(folder / "library") as library:
        collect([str(folder / "x.zip")], library, about)
    path = folder / "library" / MANIFEST
    path.write_bytes(mutate(path.read_bytes(), changes, end))
    with contextlib.suppress(FacewrightError), open_library(folder / "library") as library:
        assert collect([str(folder / "x.zip")], library, about).total <= 4


@given(data=st.binary(max_size=300))
@FEW
def test_any_bytes_are_removals_or_an_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("mutated") / "removed.txt"
    path.write_bytes(data)
    with contextlib.suppress(FacewrightError):
        assert all(len(entry.sha256) == 64 for entry in read_removals(path))
