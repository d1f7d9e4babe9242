"""Discriminators see pictures changed by chance, and gradients pass through."""

import pytest
import torch

from facewright.convert.training.augment import augment_images
from facewright.device import seeded

X = torch.rand(6, 3, 16, 24, generator=seeded(0)) * 2 - 1


def test_without_a_chance_nothing_is_drawn_or_changed():
    rng = seeded(1)
    assert augment_images(X, 0.0, rng) is X
    assert torch.equal(rng.get_state(), seeded(1).get_state())


def test_equal_dice_give_equal_pictures_and_others_others():
    once, again = (augment_images(X, 0.7, seeded(2)) for _ in range(2))
    assert torch.equal(once, again)
    assert not torch.equal(once, augment_images(X, 0.7, seeded(3)))
    assert once.shape == X.shape


def test_each_picture_has_dice_of_its_own():
    alike = X[:1].expand(6, -1, -1, -1)
    made = augment_images(alike, 0.5, seeded(4))
    assert len({tuple(image.flatten()[:50].tolist()) for image in made}) > 1


def test_translators_learn_through_the_changes():
    x = X.clone().requires_grad_()
    augment_images(x, 1.0, seeded(5)).square().sum().backward()
    assert (x.grad != 0).float().mean() > 0.7


@pytest.mark.parametrize("side", [8, 9])
def test_small_pictures_can_be_shifted(side):
    assert augment_images(torch.rand(1, 3, side, side), 1.0, seeded(6)).shape[-2:] == (side, side)
