import torch

from facewright.device import seeded
from facewright.gan.training.projected.colours import ColourEnergy
from facewright.training.distributed import Processes


def draw(seed: int) -> torch.Tensor:
    """Return eight pictures that are grey but for red dots on the left."""
    rng = seeded(seed)
    images = torch.rand(8, 1, 64, 64, generator=rng).expand(-1, 3, -1, -1).clone() - 0.5
    images[:, 0, ::5, 2:16:5] += torch.rand(8, 1, 1, generator=rng)
    return images


def learn(change) -> ColourEnergy:
    colours = ColourEnergy()
    for seed in range(100):
        colours(change(draw(seed + 1000)), draw(seed), Processes())
    return colours


def dot(images: torch.Tensor) -> torch.Tensor:
    """Return pictures that have red dots on the right, too."""
    images = images.clone()
    images[:, 0, 22, 50] += 1
    return images


def test_pictures_like_photographs_cost_nothing():
    colours = learn(lambda images: images)
    assert float(colours(draw(1), draw(2), Processes())) < 0.01


def test_a_colour_costs_where_photographs_have_none():
    colours = learn(dot)
    assert float(colours(dot(draw(1)), draw(2), Processes())) > 1
    assert float(colours(draw(1), draw(2), Processes())) < 0.01


def test_the_cost_has_a_gradient_only_where_it_is():
    colours, images = learn(dot), dot(draw(1)).requires_grad_()
    (gradient,) = torch.autograd.grad(colours(images, draw(2), Processes()), images)
    assert float(gradient[:, 0, 22, 50].min()) > 0
    assert float(gradient[:, :, 32:, 32:].abs().max()) == 0
