"""Hostile and damaged files: a clear error, nothing run, nothing imported, little memory."""

import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.gan.foreign.hostile import archives, bombs, broken, calls

from facewright.device import seeded
from facewright.errors import WeightsError
from facewright.gan.foreign.archives import read_contents
from facewright.gan.foreign.read import read_checkpoint

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

    def dice(high):
        return int(torch.randint(high, (), generator=rng))

    for _ in range(25):
        changed = bytearray(data[: dice(len(data))] if dice(4) == 0 else data)
        for _ in range(1 + dice(8)):
            if changed:
                changed[dice(min(len(changed), 6000) if dice(2) else len(changed))] = dice(256)
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
