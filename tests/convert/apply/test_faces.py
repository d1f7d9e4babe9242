"""Faces are converted where they are, and nothing else changes."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facewright.convert.apply.faces import FaceConverter, Framing, blend_change, draw_soft_mask
from facewright.convert.blocks import build_seeded
from facewright.convert.generators import Translator, TranslatorConfig
from facewright.errors import InputError
from facewright.faces.align import align
from facewright.faces.geometry.topology import CANONICAL

POINTS = CANONICAL * 30 + np.float32([100, 90, 0])


class Redder(torch.nn.Module):
    """Makes every pixel redder by a quarter of the range."""

    config = TranslatorConfig(filters=1, blocks=2)

    def __init__(self):
        super().__init__()
        self.some = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x + torch.tensor([0.5, 0, 0]).view(1, 3, 1, 1)


@pytest.fixture
def picture():
    """Fine noise, 200 by 220, that no crop of 16 pixels can show."""
    return np.random.default_rng(0).integers(60, 120, (200, 220, 3), np.uint8)


@pytest.fixture
def converter():
    """Convert with crops of 16 pixels."""
    return FaceConverter(Redder(), Framing("tight", 16))


def test_the_change_is_put_into_the_picture_which_keeps_its_detail(converter, picture):
    (made,) = converter.convert(picture, [POINTS])
    change = made.astype(int) - picture
    middle = change[85:105, 85:115]
    assert (abs(middle[..., 0] - 64) <= 1).all()
    assert not middle[..., 1:].any()


def test_away_from_the_face_not_a_bit_changes(converter, picture):
    (made,) = converter.convert(picture, [POINTS])
    away = np.ones(picture.shape[:2], bool)
    away[10:180, 10:190] = False
    assert (made[away] == picture[away]).all()


def test_a_change_begins_softly(converter, picture):
    (made,) = converter.convert(np.full_like(picture, 90), [POINTS])
    steps = np.abs(np.diff(made[..., 0].astype(int), axis=1))
    assert steps.max() < 12  # of 64 in all


def test_strengths_lie_on_a_line_and_beyond(converter, picture):
    made = converter.convert(picture, [POINTS], [0, 0.5, 1, 1.5])
    reds = [int(image[95, 100, 0]) - int(picture[95, 100, 0]) for image in made]
    assert reds[0] == 0
    assert reds == pytest.approx([0, 32, 64, 96], abs=1)
    with pytest.raises(InputError, match="from 0 to 2"):
        converter.convert(picture, [POINTS], [2.5])


def test_every_face_is_converted_and_without_one_the_picture_stays(converter, picture):
    two = [POINTS - np.float32([40, 30, 0]), POINTS + np.float32([60, 50, 0])]
    (made,) = converter.convert(picture, two)
    assert (made[65, 60, 0], made[145, 160, 0]) > (picture[65, 60, 0], picture[145, 160, 0])
    assert converter.convert(picture, [])[0] is picture


def test_what_finishes_a_face_sees_it_before_it_is_put_back(picture):
    seen = []

    def finish(image):
        seen.append(image.shape)
        return image

    converter = FaceConverter(Redder(), Framing("tight", 16), finish=finish)
    converter.convert(picture, [POINTS], [0, 1])
    assert seen == [(16, 16, 3)]


def test_a_real_translator_that_has_learned_nothing_leaves_pictures_as_they_are(picture):
    config = TranslatorConfig(filters=2, blocks=2, residual=True)
    translator = build_seeded(lambda: Translator(config), 0).eval()
    (made,) = FaceConverter(translator, Framing("ffhq", 32)).convert(picture, [POINTS])
    assert (made == picture).all()


def test_the_mask_is_whole_on_the_face_and_nothing_at_the_border(picture):
    crop = align(picture, POINTS, template="tight", size=64)
    mask = draw_soft_mask(POINTS, crop)
    assert mask[32, 32] == 1
    assert not mask[[0, -1]].any()
    assert not mask[:, [0, -1]].any()
    assert np.abs(np.diff(mask, axis=0)).max() < 0.35


@given(st.floats(0, 2))
def test_a_blend_stays_between_its_ends_up_to_one(strength):
    before, after = np.full((1, 1, 3), 40, np.uint8), np.full((1, 1, 3), 240, np.uint8)
    value = int(blend_change(before, after, strength)[0, 0, 0])
    assert value == min(255, round(40 + strength * 200))
