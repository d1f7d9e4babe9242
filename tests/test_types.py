import dataclasses
from fractions import Fraction

import numpy as np
import pytest
import torch

from facewright.errors import InputError
from facewright.types import Bundle, Card, Clip, Crop, Face, Latents, Manifest, check_image

PICTURE = np.zeros((4, 4, 3), np.uint8)
MATRIX = np.eye(2, 3)


def test_pictures_pass_as_they_are():
    assert check_image(PICTURE) is PICTURE


@pytest.mark.parametrize(
    "array",
    [
        PICTURE.astype(np.float32),
        PICTURE[0],
        PICTURE[..., :2],
        np.zeros((4, 4, 4), np.uint8),
        PICTURE[:, ::-1],
        np.zeros((3, 4, 4), np.uint8).transpose(1, 2, 0),
    ],
)
def test_other_arrays_are_refused_with_a_hint(array):
    with pytest.raises(InputError, match=r"uint8 \(height, width, 3\)|C-contiguous") as error:
        check_image(array)
    assert error.value.hint


def test_a_face_has_a_box_and_points_in_space():
    face = Face(np.zeros(4, np.float32), np.zeros((5, 3), np.float32), 0.9)
    assert face.points.shape == (5, 3)
    for box, points in ((3, (5, 3)), (4, (5, 2)), (4, (3,))):
        with pytest.raises(InputError, match="box"):
            Face(np.zeros(box, np.float32), np.zeros(points, np.float32), 0.9)


def test_a_crop_is_square_and_knows_its_way_back():
    assert Crop(PICTURE, MATRIX, "ffhq").template == "ffhq"
    with pytest.raises(InputError, match="4×5"):
        Crop(np.zeros((4, 5, 3), np.uint8), MATRIX, "ffhq")
    with pytest.raises(InputError, match="2×3"):
        Crop(PICTURE, np.eye(3), "ffhq")


def test_spread_gives_every_layer_the_same_w():
    w = Latents(torch.arange(6.0).reshape(2, 1, 3), "w", "people")
    spread = w.spread(4)
    assert (spread.space, spread.generator, spread.values.shape) == ("w+", "people", (2, 4, 3))
    assert all(torch.equal(spread.values[:, i], w.values[:, 0]) for i in range(4))
    assert spread.spread(4) is spread


def test_latents_that_cannot_be_spread_are_refused():
    with pytest.raises(InputError, match="z is not spread") as error:
        Latents(torch.zeros(2, 1, 3), "z", "people").spread(4)
    assert "map it to w" in error.value.hint
    with pytest.raises(InputError, match="4 layers does not fit 6"):
        Latents(torch.zeros(2, 4, 3), "w+", "people").spread(6)


@pytest.mark.parametrize(("shape", "space"), [((2, 3), "w"), ((2, 4, 3), "w"), ((2, 4, 3), "z")])
def test_latents_of_the_wrong_shape_are_refused(shape, space):
    with pytest.raises(InputError, match="latents"):
        Latents(torch.zeros(shape), space, "people")


@pytest.mark.parametrize(
    "value",
    [
        Face(np.zeros(4, np.float32), np.zeros((5, 3), np.float32), 0.9),
        Crop(PICTURE, MATRIX, "ffhq"),
        Latents(torch.zeros(2, 1, 3), "w", "people"),
        Card("people", "generator"),
        Bundle(Card("people", "generator"), {}, {}),
        Manifest("generate", {}),
        Clip((4, 4), Fraction(25), iter([PICTURE])),
    ],
)
def test_what_travels_cannot_be_changed_on_the_way(value):
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)
    assert not hasattr(value, "__dict__")
