"""No weights, however damaged, are loaded as anything but what they are, or refused."""

from pathlib import Path

import pytest
import torch
from tests.mutations import assert_survived

from facewright.errors import WeightsError
from facewright.hub.bundle import load_bundle, read_card, save_bundle
from facewright.types import Bundle, Card

EXAMPLES = [100, pytest.param(5000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("read", [load_bundle, read_card])
def test_changed_weights_are_loaded_or_refused(tmp_path, read, examples):
    path = tmp_path / "x.safetensors"
    tensors = {
        "w": torch.arange(6.0).view(2, 3),
        "empty": torch.zeros(0, 3),
        "scalar": torch.tensor(0.5),
        "brief": torch.ones(2).bfloat16(),
        "whole": torch.arange(4),
        "flag": torch.tensor([True]),
    }
    card = Card("tiny", "generator", notes="für Tests")
    save_bundle(path, Bundle(card, {"resolution": 16, "a": [None, {"b": 0.5}]}, tensors))
    whole = path.read_bytes()

    def read_bytes(data):
        path.write_bytes(data)
        found = read(path)
        if isinstance(found, Bundle):  # the checksum covers the tensors, not what the card says
            assert all(torch.equal(found.tensors[name], x) for name, x in tensors.items())

    assert_survived(read_bytes, whole, examples=examples)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless file here")
def test_weights_that_never_end_are_refused(tmp_path):
    (tmp_path / "x.safetensors").symlink_to("/dev/zero")
    with pytest.raises(WeightsError, match="no regular file"):
        load_bundle(tmp_path / "x.safetensors")
