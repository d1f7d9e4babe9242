"""Latents in their files, beside what they want changed of their generator."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facewright.errors import InputError, WeightsError
from facewright.latents.files import save_latents
from facewright.latents.invert import RefineOptions
from facewright.latents.scenes import draw_each
from facewright.latents.tune import TuneOptions
from facewright.pipelines.draw.latents import LatentsPipeline
from facewright.pipelines.result import write_latents
from facewright.types import Crop

SHORT, TUNE = RefineOptions(steps=0), TuneOptions(steps=3, lr=0.05)


@pytest.fixture
def people(inverting):
    return inverting(LatentsPipeline)


@pytest.fixture
def tuned(people):
    """A face for which the tiny generator was tuned."""
    image = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    crop = Crop(image, np.float32([[1, 0, 0], [0, 1, 0]]), "tight")
    return people.invert_crop(crop, refine=SHORT, tune=TUNE)


@pytest.fixture
def keep(people, tuned, tmp_path):
    """Write the face with what was tuned; return the files."""
    stored = replace(tuned.stored, consent="self")
    tuning = people.pack_tuning(tuned.tuned, "me")
    return write_latents(tmp_path / "me.latents", stored, tuning)


def test_latents_come_back_with_the_generator_that_was_tuned(people, tuned, keep):
    assert [path.name for path in keep] == ["me.tuning.safetensors", "me.latents"]
    sampler = people.sampler()
    source = people.read_latents(keep[1], sampler)
    assert source.used.consent == "self"
    assert set(source.used.models) == {"me.tuning.safetensors"}
    (drawn,) = draw_each(people.tune(sampler, source.tuning), source.ws)
    assert np.abs(drawn.astype(int) - tuned.stages[-1].image).max() <= 1  # of float16
    (plain,) = draw_each(sampler, source.ws)
    assert np.array_equal(plain, tuned.stages[0].image)


def test_without_tuning_there_is_one_file(people, tuned, tmp_path):
    files = write_latents(tmp_path / "me.latents", tuned.stored)
    assert files == [tmp_path / "me.latents"]
    source = people.read_latents(files[0], people.sampler())
    assert (source.used.consent, source.tuning) == ("", None)


def test_another_generator_says_that_they_are_not_its_own(keep, inverting, plain_weights):
    other = inverting(LatentsPipeline, plain_weights)
    with pytest.raises(InputError, match="belong to the generator `tiny`.*not `plain`"):
        other.read_latents(keep[1], other.sampler())


def test_another_tuning_under_the_same_name_is_refused(people, keep, weights):
    beside, path = keep
    beside.write_bytes(Path(weights).read_bytes())
    with pytest.raises(WeightsError, match="not the file that it should be"):
        people.read_latents(path, people.sampler())
    beside.unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        people.read_latents(path, people.sampler())


def test_latents_of_another_shape_are_refused(people, tuned, tmp_path):
    shorter = replace(tuned.stored.latents, values=tuned.stored.latents.values[:, :4])
    save_latents(tmp_path / "me.latents", replace(tuned.stored, latents=shorter))
    with pytest.raises(InputError, match="does not fit"):
        people.read_latents(tmp_path / "me.latents", people.sampler())
