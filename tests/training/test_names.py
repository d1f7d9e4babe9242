"""Names say how much a run has seen, and are never the same for two counts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.training.names import format_kimg, snapshot_kimg, snapshot_path

IMAGES = st.integers(0, 10**9)


@given(IMAGES)
def test_names_of_snapshots_tell_how_much_was_seen(images):
    assert snapshot_kimg(snapshot_path(Path("run"), images)) == images / 1000


@given(IMAGES, IMAGES)
def test_no_two_counts_have_one_name(one, other):
    assert (format_kimg(one) == format_kimg(other)) == (one == other)


def test_whole_thousands_are_written_without_a_point():
    assert snapshot_path(Path("run"), 400_000) == Path("run/snapshot-000400.safetensors")


@pytest.mark.parametrize("name", ["weights.safetensors", "snapshot-best.safetensors", "snapshot-1"])
def test_other_files_are_no_snapshots(name):
    assert snapshot_kimg(Path(name)) is None
