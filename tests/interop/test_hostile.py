"""Hostile and damaged files: a clear error, nothing run, nothing imported, little memory."""

import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.interop.hostile import archives, bombs, broken, calls, keras_files

from facewright.device import seeded
from facewright.errors import WeightsError
from facewright.interop.archives import read_contents
from facewright.interop.hdf5_process import RefusedError, read_arrays
from facewright.interop.read import read_checkpoint

NOWHERE = Path("canary")
CORPUS = {
    **{f"calls: {name}": name for name in calls(NOWHERE)},
    **{f"bombs: {name}": name for name in bombs()},
    **{f"broken: {name}": name for name in broken()},
    **{f"archives: {name}": name for name in archives(NOWHERE)},
}


def build(entry, canary):
    group, _, name = entry.partition(": ")
    groups = {"calls": calls, "archives": archives}
    return (
        groups[group](canary)[name]
        if group in groups
        else {"bombs": bombs, "broken": broken}[group]()[name]
    )


def test_corpus_is_large():
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("entry", CORPUS)
def test_hostile_file_is_a_clear_error_and_does_nothing(entry, tmp_path):
    canary, path = tmp_path / "canary", tmp_path / "network.pkl"
    path.write_bytes(build(entry, canary))
    modules = set(sys.modules)
    tracemalloc.start()
    try:
        with pytest.raises(WeightsError) as caught:
            read_checkpoint(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert not canary.exists()
    assert {"antigravity", "this", "runpy", "code"} & (set(sys.modules) - modules) == set()
    assert peak < 400 * path.stat().st_size + 2_000_000


@pytest.mark.parametrize("entry", ["bombs: modules in themselves", "bombs: networks in themselves"])
def test_networks_that_contain_themselves_are_told_apart(entry, tmp_path):
    (tmp_path / "x.pkl").write_bytes(build(entry, tmp_path / "canary"))
    with pytest.raises(WeightsError, match="contain each other"):
        read_checkpoint(tmp_path / "x.pkl")


def test_few_numbers_may_not_become_many_tensors(writers, tmp_path):
    few = torch.zeros(200_000, dtype=torch.float16)
    many = {"input.input": few} | {f"noises.noise_{i}": few for i in range(500)}
    (tmp_path / "x.pt").write_bytes(writers["torch"](many))
    with pytest.raises(WeightsError, match="larger than its numbers"):
        read_checkpoint(tmp_path / "x.pt")


def test_good_network_beside_a_call_is_read_and_nothing_runs(small, writers, tmp_path):
    import os

    class Caller:
        def __reduce__(self):
            return os.system, (f"touch {canary}",)

    canary, path = tmp_path / "canary", tmp_path / "network.pkl"
    for data in (
        writers["stylegan2"](small, source=f"open({str(canary)!r}, 'w')", more=Caller()),
        writers["rosinality"](small, args=Caller()),
    ):
        path.write_bytes(data)
        assert "generator" in read_checkpoint(path).parts
        assert not canary.exists()


def test_archive_writes_nothing_to_the_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, data in archives(tmp_path / "canary").items():
        (tmp_path / "x.pt").write_bytes(data)
        with pytest.raises(WeightsError):
            read_checkpoint(tmp_path / "x.pt")
        assert [path.name for path in tmp_path.iterdir()] == ["x.pt"], name


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_may_not_be_doubled_or_overlap(small, writers, tmp_path):
    path = tmp_path / "x.pt"
    path.write_bytes(writers["rosinality"](small))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(archive.namelist()[0], b"N.")
    with pytest.raises(WeightsError, match="doubled"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "layout", ["stylegan2", "stylegan2-tensorflow", "rosinality", "psp", "older"]
)
def test_mutated_files_never_do_more_than_raise(layout, small, writers, tmp_path):
    older = layout == "older"
    write = writers["rosinality" if older else layout]
    data = write(small, zipped=False) if older else write(small)
    rng, path, canary = seeded(11), tmp_path / "x.pkl", tmp_path / "canary"

    def draws(high):
        return int(torch.randint(high, (), generator=rng))

    for _ in range(25):
        changed = bytearray(data[: draws(len(data))] if draws(4) == 0 else data)
        for _ in range(1 + draws(8)):
            if changed:
                changed[draws(min(len(changed), 6000) if draws(2) else len(changed))] = draws(256)
        path.write_bytes(changed)
        try:
            read_checkpoint(path)
        except WeightsError as error:
            assert str(error)  # noqa: PT017 - both ends are good ones
    assert not canary.exists()


@given(st.binary(max_size=200))
def test_any_bytes_are_contents_or_an_error(data):
    try:
        found = read_contents(data)
    except WeightsError as error:
        assert str(error)  # noqa: PT017 - both ends are good ones
    else:
        assert hasattr(found, "value")


def test_hostile_hdf5_gives_no_numbers(tmp_path):
    h5py = pytest.importorskip("h5py")
    corpus = keras_files(h5py, tmp_path / "scratch")
    assert len(corpus) >= 15
    for name, data in corpus.items():
        try:
            arrays = read_arrays(data)[0]
        except (RefusedError, OSError):
            continue
        assert (name, arrays) == ("nothing", {})


@pytest.mark.parametrize("name", ["nothing", "records", "cut", "numbers that were never written"])
def test_hostile_hdf5_is_a_clear_error(name, tmp_path):
    h5py, path = pytest.importorskip("h5py"), tmp_path / "x.h5"
    path.write_bytes(keras_files(h5py, tmp_path / "scratch")[name])
    with pytest.raises(WeightsError, match="HDF5") as caught:
        read_checkpoint(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("count", [4, pytest.param(150, marks=pytest.mark.slow)])
def test_mutated_hdf5_never_takes_the_process_along(count, writers, tmp_path):
    data = writers["keras"](tmp_path / "x.h5")
    for i in range(count):
        changed, rng = bytearray(data), seeded(i)
        places = torch.randint(len(data), (3,), generator=rng).tolist()
        for place in places:
            changed[place % 2000] = int(torch.randint(256, (), generator=rng))
        (tmp_path / "x.h5").write_bytes(changed)
        try:
            read_checkpoint(tmp_path / "x.h5")
        except WeightsError as error:
            assert str(error)  # noqa: PT017 - both ends are good ones


def test_hdf5_reader_imports_nothing_from_the_current_folder(writers, tmp_path, monkeypatch):
    data = writers["keras"](tmp_path / "x.h5")
    (tmp_path / "numpy.py").write_text("open('canary', 'w')")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.h5").write_bytes(data)
    assert "keras" in read_checkpoint(tmp_path / "x.h5").parts
    assert not (tmp_path / "canary").exists()
