"""Latents in their files, beside what they want changed of their generator."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from facewright.device import to_images
from facewright.errors import InputError, WeightsError
from facewright.latents.files import load_latents, save_latents
from facewright.latents.invert import RefineOptions
from facewright.latents.tune import TuneOptions
from facewright.tasks.inverting.photo import invert_crop
from facewright.tasks.inverting.stored import open_latents, save_inverted
from facewright.types import Crop

SHORT, TUNE = RefineOptions(steps=0), TuneOptions(steps=3, lr=0.05)


@pytest.fixture
def tuned(inverter):
    """A face for which the tiny generator was tuned."""
    image = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    crop = Crop(image, np.float32([[1, 0, 0], [0, 1, 0]]), "tight")
    return invert_crop(inverter, crop, options=SHORT, tune=TUNE)


def test_latents_come_back_with_the_generator_that_was_tuned(inverter, tuned, weights, tmp_path):
    files = save_inverted(tmp_path / "me.latents", inverter, tuned, consent="self")
    assert [path.name for path in files] == ["me.tuning.safetensors", "me.latents"]
    found = open_latents(tmp_path / "me.latents", weights, device="cpu")
    assert found.stored.consent == "self"
    assert set(found.models) == {"tiny", "me.tuning.safetensors"}
    drawn = to_images(found.generator.synthesis(found.stored.latents.values))[0].astype(int)
    assert np.abs(drawn - tuned.readings[-1].image).max() <= 1  # of float16


def test_without_tuning_there_is_one_file(inverter, tuned, weights, tmp_path):
    plain = replace(tuned, tuned=None)
    files = save_inverted(tmp_path / "me.latents", inverter, plain, consent="")
    assert files == [tmp_path / "me.latents"]
    found = open_latents(tmp_path / "me.latents", weights, device="cpu")
    assert (found.stored.consent, found.template) == ("", "tight")
    state = inverter.generator.state_dict()
    assert all(torch.equal(x, state[name]) for name, x in found.generator.state_dict().items())


def test_another_generator_says_that_they_are_not_its_own(inverter, tuned, plain_weights, tmp_path):
    path = tmp_path / "me.latents"
    save_inverted(path, inverter, tuned, consent="")
    with pytest.raises(InputError, match="belong to the generator `tiny`.*not `plain`"):
        open_latents(path, plain_weights, device="cpu")


def test_another_tuning_under_the_same_name_is_refused(inverter, tuned, weights, tmp_path):
    path = tmp_path / "me.latents"
    beside, _ = save_inverted(path, inverter, tuned, consent="")
    beside.write_bytes(Path(weights).read_bytes())
    with pytest.raises(WeightsError, match="not the file that it should be"):
        open_latents(path, weights, device="cpu")
    beside.unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        open_latents(path, weights, device="cpu")


def test_latents_of_another_shape_are_refused(inverter, tuned, weights, tmp_path):
    path = tmp_path / "me.latents"
    stored = tuned.stored
    shorter = replace(stored.latents, values=stored.latents.values[:, :4])
    save_latents(path, replace(stored, latents=shorter))
    assert load_latents(path).sha256 == inverter.sha256
    with pytest.raises(InputError, match="does not fit"):
        open_latents(path, weights, device="cpu")
