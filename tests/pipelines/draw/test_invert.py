"""A picture becomes latents of a generator."""

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.device import to_images
from facewright.errors import InputError
from facewright.latents.invert import RefineOptions
from facewright.latents.tune import TuneOptions
from facewright.media.decode import read_image
from facewright.pipelines.draw.invert import InvertPipeline
from facewright.pipelines.draw.latents import LatentsPipeline

SHORT = RefineOptions(steps=8, lr=0.1)


@pytest.fixture
def people(inverting):
    return inverting(LatentsPipeline)


def test_a_face_becomes_latents_that_draw_it(people, portrait):
    told = []
    crop = people.cut(read_image(portrait))
    found = people.invert_crop(crop, refine=SHORT, progress=lambda *done: told.append(done))
    latents = found.stored.latents
    assert (latents.space, latents.generator, latents.values.shape) == ("w+", "tiny", (1, 6, 8))
    found.stored.check_generator("tiny", people.models["tiny"])
    average, refined = found.stages
    assert (average.name, refined.name) == ("average", "refined")
    assert refined.rmse < average.rmse
    drawn = to_images(people.generator.synthesis(latents.values))[0]
    assert np.array_equal(drawn, refined.image)
    assert told[-1] == (8, 8)


def test_the_crop_leads_back_into_the_photo(people, portrait):
    crop = people.cut(read_image(portrait))
    assert crop.image.shape == (16, 16, 3)
    assert crop.template == "tight"
    assert (crop.image[4:12, 4:12, 0] > crop.image[4:12, 4:12, 1]).all()  # the red block


def test_tuning_comes_last_and_counts_on(people, portrait):
    told = []
    found = people.invert_crop(
        people.cut(read_image(portrait)),
        refine=SHORT,
        tune=TuneOptions(steps=4, lr=0.02),
        progress=lambda *done: told.append(done),
    )
    assert [stage.name for stage in found.stages] == ["average", "refined", "tuned"]
    assert found.stages[2].rmse < found.stages[1].rmse
    assert told == [(step, 12) for step in range(1, 13)]
    drawn = to_images(found.tuned.synthesis(found.stored.latents.values))[0]
    assert np.array_equal(drawn, found.stages[2].image)


def test_an_aligned_picture_is_taken_as_it_is(people):
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    crop = people.fit_aligned(image)
    assert np.array_equal(crop.image, image)
    assert np.array_equal(crop.matrix, [[1, 0, 0], [0, 1, 0]])
    larger = people.fit_aligned(image.repeat(2, 0).repeat(2, 1))
    assert larger.image.shape == (16, 16, 3)
    assert np.allclose(larger.matrix @ (0.5, 0.5, 1), (0, 0))  # the corner of four pixels
    with pytest.raises(InputError, match="square"):
        people.fit_aligned(image[:8])


def test_without_a_face_there_are_no_latents_and_the_file_is_named(inverting, tmp_path):
    Pillow.fromarray(np.full((80, 80, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    with pytest.raises(InputError, match=r"grey\.png: no face"):
        inverting(InvertPipeline)(tmp_path / "grey.png")


def test_a_search_records_the_threads_that_its_last_bits_depend_on(inverting, portrait):
    found = inverting(InvertPipeline)(portrait, refine=1)
    assert found.manifest.parameters["threads"] == 1
