"""A photo becomes latents of a generator."""

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.device import to_images
from facewright.errors import FileError, InputError
from facewright.latents.invert import RefineOptions
from facewright.latents.tune import TuneOptions
from facewright.tasks.inverting.photo import cut_photo, invert_crop, invert_photo, take_aligned

SHORT = RefineOptions(steps=8, lr=0.1)


def test_a_photo_becomes_latents_that_draw_it(lookout, inverter, portrait):
    told = []
    found = invert_photo(
        lookout, inverter, portrait, options=SHORT, progress=lambda *done: told.append(done)
    )
    latents = found.stored.latents
    assert (latents.space, latents.generator, latents.values.shape) == ("w+", "tiny", (1, 6, 8))
    found.stored.check_generator("tiny", inverter.sha256)
    average, refined = found.readings
    assert (average.name, refined.name) == ("average", "refined")
    assert refined.error < average.error
    drawn = to_images(inverter.generator.synthesis(latents.values))[0]
    assert np.array_equal(drawn, refined.image)
    assert told[-1] == (8, 8)


def test_the_crop_leads_back_into_the_photo(lookout, inverter, portrait):
    crop = cut_photo(lookout, inverter, portrait)
    assert crop.image.shape == (16, 16, 3)
    assert crop.template == "tight"
    assert (crop.image[4:12, 4:12, 0] > crop.image[4:12, 4:12, 1]).all()  # the red block


def test_tuning_comes_last_and_counts_on(lookout, inverter, portrait):
    told = []
    crop = cut_photo(lookout, inverter, portrait)
    found = invert_crop(
        inverter,
        crop,
        options=SHORT,
        tune=TuneOptions(steps=4, lr=0.02),
        progress=lambda *done: told.append(done),
    )
    assert [reading.name for reading in found.readings] == ["average", "refined", "tuned"]
    assert found.readings[2].error < found.readings[1].error
    assert told == [(step, 12) for step in range(1, 13)]
    drawn = to_images(found.tuned.synthesis(found.stored.latents.values))[0]
    assert np.array_equal(drawn, found.readings[2].image)


def test_an_aligned_picture_is_taken_as_it_is(inverter, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    Pillow.fromarray(image).save(tmp_path / "a.png")
    crop = take_aligned(inverter, tmp_path / "a.png")
    assert np.array_equal(crop.image, image)
    assert np.array_equal(crop.matrix, [[1, 0, 0], [0, 1, 0]])
    Pillow.fromarray(image.repeat(2, 0).repeat(2, 1)).save(tmp_path / "b.png")
    larger = take_aligned(inverter, tmp_path / "b.png")
    assert larger.image.shape == (16, 16, 3)
    assert np.allclose(larger.matrix @ (0.5, 0.5, 1), (0, 0))  # the corner of four pixels
    Pillow.fromarray(image[:8]).save(tmp_path / "c.png")
    with pytest.raises(InputError, match="square"):
        take_aligned(inverter, tmp_path / "c.png")


def test_without_a_face_there_are_no_latents(lookout, inverter, tmp_path):
    Pillow.fromarray(np.full((80, 80, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    with pytest.raises(InputError, match="no face"):
        invert_photo(lookout, inverter, tmp_path / "grey.png")
    with pytest.raises(FileError, match="none"):
        take_aligned(inverter, tmp_path / "none.png")
