"""Snapshots of a run are laid side by side."""

import shutil

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.jobs.commands.models.compare import CompareOptions, compare_snapshots
from facewright.media.decode import read_image
from facewright.provenance.publish import read_manifest


@pytest.fixture
def run(weights, characters, tmp_path):
    """A folder as a run leaves it."""
    folder = tmp_path / "run"
    folder.mkdir()
    for kimg in (0, 4, 8, 10):
        shutil.copy(characters if kimg else weights, folder / f"snapshot-{kimg:06d}.safetensors")
    (folder / "checkpoint-0000010000.safetensors").write_bytes(b"no bundle")
    return folder


def sheet(run, tmp_path, **options):
    out = tmp_path / "sheet.png"
    told = []
    options = CompareOptions(out=out, overwrite=True, size=32, device="cpu", **options)
    assert compare_snapshots(run, options=options, progress=lambda *x: told.append(x)) == out
    return read_image(out), told


def test_every_snapshot_is_a_row_and_every_seed_a_column(run, tmp_path):
    image, told = sheet(run, tmp_path, seeds="0-2")
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    fewer, told = sheet(run, tmp_path, seeds="0-2", every=2)
    assert len(told) == 3  # the last one is among them
    assert fewer.shape[1] == image.shape[1]
    assert fewer.shape[0] < image.shape[0]


def test_sheet_says_which_weights_it_shows(run, tmp_path):
    sheet(run, tmp_path, seeds="0-1")
    manifest = read_manifest(tmp_path / "sheet.png")
    assert manifest.task == "models compare"
    assert manifest.seeds == (0, 1)
    assert set(manifest.models) == {"tiny", "characters"}


def test_what_a_run_began_with_can_stand_above(run, weights, tmp_path):
    image, told = sheet(run, tmp_path, seeds="0-1", weights=weights)
    assert len(told) == 5
    assert image.dtype == np.uint8


def test_generators_of_several_sizes_share_a_sheet(weights, larger, tmp_path):
    shutil.copy(weights, tmp_path / "a.safetensors")
    shutil.copy(larger, tmp_path / "b.safetensors")
    options = CompareOptions(out=tmp_path / "sheet.png", seeds="0-1", device="cpu")
    compare_snapshots(tmp_path, options=options)
    assert read_manifest(tmp_path / "sheet.png").parameters["size"] == 96


def test_a_sheet_that_is_too_large_is_refused_before_anything_is_drawn(run, tmp_path):
    told = []
    options = CompareOptions(out=tmp_path / "x.webp", seeds="0-9", size=2000, device="cpu")
    with pytest.raises(InputError, match="the sheet would have 20000×8000 pixels"):
        compare_snapshots(run, options=options, progress=lambda *x: told.append(x))
    assert told == []


def test_options_that_make_no_sense_are_refused(run, tmp_path):
    options = CompareOptions(out=tmp_path / "x.png", truncation_psi=float("nan"))
    with pytest.raises(InputError, match="--truncation-psi"):
        compare_snapshots(run, options=options)


def test_folder_without_snapshots_is_an_error(tmp_path):
    options = CompareOptions(out=tmp_path / "x.png")
    with pytest.raises(InputError, match="no snapshots"):
        compare_snapshots(tmp_path, options=options)
    with pytest.raises(InputError, match="no folder"):
        compare_snapshots(tmp_path / "none", options=options)
