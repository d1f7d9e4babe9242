"""No dataset or library, however damaged, is read as anything but what it is, or refused."""

import contextlib
import io
import json
import os
import tracemalloc
import zipfile

import pytest
from tests.mutations import assert_survived

from facewright.collect.audit import audit
from facewright.collect.library.folder import MANIFEST, open_library, read_records
from facewright.collect.library.journal import read_journal
from facewright.collect.library.removals import read_removals
from facewright.collect.origins import ORIGINS, read_origins
from facewright.datasets.archive import open_source, read_all
from facewright.datasets.dataset import open_dataset
from facewright.errors import DatasetError, FacewrightError

EXAMPLES = [25, pytest.param(2000, marks=pytest.mark.slow)]
GROUPS = [{"name": "age", "values": ["20-29", "30-39"]}, {"name": "mood", "values": ["a", "b"]}]
DESCRIPTIONS = {
    "classes": {"labels": [["0/1.png", 2], ["0/2.jpg", 0]], "label_names": ["x", "y", "z"]},
    "vectors": {"labels": {"0/1.png": [0, 1, 1, 0], "0/2.jpg": [1, 0, 0, 1]}},
    "groups": {"labels": [["0/1.png", [0, 1, 1, 0]], ["0/2.jpg", [1, 0, 0, 1]]]},
}
DESCRIPTIONS["groups"] |= {"label_groups": GROUPS, "licence": "CC0-1.0", "consent": "signed"}


def pack(files, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def pictures(picture):
    """The pictures of a small dataset."""
    size = (16, 16)
    return {"0/1.png": picture(1, size=size), "0/2.jpg": picture(2, "JPEG", size=size)}


def read_dataset(path):
    for cond in (False, True):
        with contextlib.suppress(FacewrightError):
            dataset = open_dataset(path, cond=cond, mirror=True)
            assert dataset.images([0, len(dataset) - 1]).shape == (2, *[dataset.resolution] * 2, 3)
            assert len(dataset.label_names) == dataset.labels.shape[1]
            assert dataset.labels.isfinite().all()
    return audit(path)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_changed_zips_are_datasets_or_refused(tmp_path, pictures, method, examples):
    path = tmp_path / "x.zip"

    def read(data):
        path.write_bytes(data)
        return read_dataset(path)

    description = {"dataset.json": json.dumps(DESCRIPTIONS["groups"])}
    whole = pack(pictures | description, method)
    assert_survived(read, whole, examples=examples, other=pictures["0/1.png"])
    assert [child.name for child in tmp_path.iterdir()] == ["x.zip"]


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_changed_descriptions_are_read_or_refused(tmp_path, pictures, name, examples):
    path, other = tmp_path / "x.zip", json.dumps(DESCRIPTIONS).encode()

    def read(data):
        path.write_bytes(pack(pictures | {"dataset.json": data}))
        return read_dataset(path)

    whole = json.dumps(DESCRIPTIONS[name]).encode()
    assert_survived(read, whole, examples=examples, other=other)


@pytest.mark.parametrize("examples", EXAMPLES)
def test_changed_manifest_of_a_library_is_read_or_refused(tmp_path, gather, picture, examples):
    for seed in range(2):
        (tmp_path / f"{seed}_0_1_20170109150557335.png").write_bytes(picture(seed))
    gather(*tmp_path.glob("*.png"))
    library = tmp_path / "library"
    path = library / MANIFEST

    def read(data):
        path.write_bytes(data)
        found = audit(library, verify=True)
        with open_library(library) as opened:
            assert len(opened.records) <= found.pictures + found.removed
        assert all(record.file.startswith("pictures/") for record in read_records(library))

    assert_survived(read, path.read_bytes(), examples=examples)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("read", [read_journal, read_removals])
def test_changed_lists_are_read_or_refused(tmp_path, read, examples):
    path = tmp_path / "list"

    def read_bytes(data):
        path.write_bytes(data)
        return read(path)

    whole = b"# away\n" + b"ab12" * 16 + b" " + b"00" * 32 + b" a.png\n"
    whole = b'{"key": "address http://x/", "etag": "v1"}\n{}\n' if read is read_journal else whole
    assert_survived(read_bytes, whole, examples=examples)


@pytest.mark.parametrize("labels", [10**9, 5000, -1, 0.5, 1e40, float("nan"), [], [[1]], {"a": 1}])
def test_labels_that_would_fill_the_memory_or_make_no_sense_are_refused(tmp_path, pictures, labels):
    path = tmp_path / "x.zip"
    description = {"labels": [["0/1.png", labels], ["0/2.jpg", labels]]}
    path.write_bytes(pack(pictures | {"dataset.json": json.dumps(description)}))
    assert len(open_dataset(path)) == 2
    with pytest.raises(DatasetError, match=r"label of 0/1.png|is higher than 2 pictures can have"):
        open_dataset(path, cond=True)


@pytest.mark.parametrize("names", [5, "xyz", {"a": 1}])
def test_names_of_labels_that_are_no_list_are_refused(tmp_path, pictures, names):
    path = tmp_path / "x.zip"
    description = DESCRIPTIONS["classes"] | {"label_names": names}
    path.write_bytes(pack(pictures | {"dataset.json": json.dumps(description)}))
    with pytest.raises(DatasetError, match="is no list of names"):
        open_dataset(path, cond=True)


def test_thousands_of_values_are_checked_at_once(tmp_path, pictures):
    path = tmp_path / "x.zip"
    group = {"name": "x", "values": [str(number) for number in range(100_000)]}
    description = DESCRIPTIONS["classes"] | {"label_groups": [group]}
    path.write_bytes(pack(pictures | {"dataset.json": json.dumps(description)}))
    with pytest.raises(DatasetError, match="labels have 3 numbers"):
        open_dataset(path, cond=True)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zips_that_unpack_without_a_limit_are_refused(tmp_path, pictures, method):
    path = tmp_path / "x.zip"
    path.write_bytes(pack(pictures, method))
    with pytest.raises(DatasetError, match="cannot be opened"):
        open_dataset(path)
    path.write_bytes(pack(pictures))
    assert len(open_dataset(path)) == 2


class Endless:
    """A file that unpacks to zeros for ever."""

    def read(self, size):
        return bytes(size)


def test_file_that_unpacks_for_ever_is_refused():
    with pytest.raises(OSError, match="is larger than 256 MiB"):
        read_all(Endless())


@pytest.mark.parametrize("line", [b"0" * (1 << 20), b"\n"])
def test_origins_that_unpack_for_ever_are_refused(line):
    """A line of many megabytes, or one after the other."""

    class Bomb(io.RawIOBase):
        def readline(self, size=-1):
            return (line * 2)[:size] if len(line) > 1 else line * size

    class Files:
        def list_files(self):
            return {ORIGINS: ""}

        def open(self, _name):
            return Bomb()

    with pytest.raises(DatasetError, match="sources.jsonl is damaged: is larger than"):
        read_origins(Files())


def test_origins_of_a_packed_dataset_do_not_fill_the_memory(tmp_path, pictures):
    path = tmp_path / "x.zip"
    path.write_bytes(pack(pictures | {ORIGINS: bytes(64 << 20)}, zipfile.ZIP_DEFLATED))
    tracemalloc.start()
    with pytest.raises(DatasetError, match="sources.jsonl is damaged: is larger than"):
        audit(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 16 << 20


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_devices_in_a_folder_hold_nothing_up(tmp_path):
    os.mkfifo(tmp_path / "1.png")
    (tmp_path / "2.png").symlink_to("/dev/zero")
    with pytest.raises(DatasetError, match="1 more files cannot be used"):
        open_dataset(tmp_path)
    with pytest.raises(OSError, match="no regular file"):
        open_source(tmp_path).open("2.png")
