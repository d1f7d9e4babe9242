import torch

from facewright.device import seeded
from facewright.gan.training.projected.colours import ColourRange
from facewright.training.distributed import Processes


def draw(seed: int) -> torch.Tensor:
    """Return eight pictures that are grey but for some red on the left."""
    rng = seeded(seed)
    images = torch.rand(8, 1, 32, 32, generator=rng).expand(-1, 3, -1, -1).clone() - 0.5
    images[:, 0, :, :8] += 0.5 * torch.rand(8, 1, 1, generator=rng)
    return images


def learn() -> ColourRange:
    colours = ColourRange()
    for seed in range(50):
        colours.measure(draw(seed), Processes())
    return colours


def test_photographs_hardly_exceed_what_is_usual():
    colours = learn()
    assert float(colours(draw(100))) < 1e-3


def test_a_colour_is_unusual_where_photographs_have_none():
    colours, image = learn(), draw(101)
    left, right = image.clone(), image.clone()
    left[:, 0, :, :8] += 0.1
    right[:, 0, :, -8:] += 0.3
    assert float(colours(right)) > 10 * float(colours(left))
    blue = image.clone()
    blue[:, 2, :, :8] += 0.3
    assert float(colours(blue)) > 10 * float(colours(left))


def test_the_excess_has_a_gradient_only_where_it_is():
    colours, image = learn(), draw(102)
    image[:, 0, 16, 20] += 1
    image.requires_grad_()
    (gradient,) = torch.autograd.grad(colours(image), image)
    assert float(gradient[:, 0, 16, 20].min()) > 0
    assert float(gradient[:, :, :8, 16:].abs().max()) == 0
