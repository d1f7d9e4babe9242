"""Whole pictures are converted at any size."""

import numpy as np
import pytest
import torch

from facewright.convert.apply.whole import convert_whole
from facewright.convert.blocks import build_seeded
from facewright.convert.generators import Translator, TranslatorConfig, translate_images


def build(**config):
    made = build_seeded(lambda: Translator(TranslatorConfig(filters=2, **config)), 1).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(20)
    return made


def draw(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_a_picture_that_fits_is_what_the_translator_makes():
    image, translator = draw(16, 24), build(blocks=2)
    (made,) = convert_whole(translator, image)
    assert (made == translate_images(translator, image[None])[0]).all()


@pytest.mark.parametrize(("height", "width"), [(17, 23), (5, 40), (1, 1), (9, 8)])
@pytest.mark.parametrize("kind", [{"blocks": 2}, {"blocks": 3, "architecture": "unet"}])
def test_other_sizes_come_back_as_they_were(kind, height, width):
    made = convert_whole(build(**kind), draw(height, width), [0, 1])
    assert [image.shape for image in made] == [(height, width, 3)] * 2
    assert (made[0] == draw(height, width)).all()


def test_of_a_large_picture_the_detail_stays():
    plain = build_seeded(
        lambda: Translator(TranslatorConfig(filters=2, blocks=2, residual=True)), 0
    ).eval()
    image = draw(40, 64)
    (same,) = convert_whole(plain, image, largest=16)
    assert (same == image).all()
    (made,) = convert_whole(build(blocks=2), image, largest=16)
    assert made.shape == image.shape
    assert (made != image).any()
