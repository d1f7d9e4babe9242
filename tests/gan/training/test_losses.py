import copy
import json
import math

import numpy as np
import pytest
import torch

from facewright.device import seeded
from facewright.gan.training.losses import (
    discriminator_loss,
    generator_loss,
    path_length_penalty,
    path_lengths,
    r1_penalty,
)


@pytest.fixture(scope="module")
def expected(oracles):
    return np.load(oracles / "losses_64_auto.npz")


@pytest.fixture(scope="module")
def networks(reference):
    """Copies that may be given gradients."""
    return copy.deepcopy(reference.G).train(), copy.deepcopy(reference.D).train()


@pytest.fixture
def pair(networks):
    for network in networks:
        network.zero_grad()
    return networks


def check_gradients(network: torch.nn.Module, expected: np.ndarray) -> None:
    """Compare the norm of every gradient, within 1e-4 of itself."""
    norms = json.loads(str(expected))
    found = {
        name: float(p.grad.norm()) for name, p in network.named_parameters() if p.grad is not None
    }
    assert {name for name, norm in found.items() if norm} <= norms.keys()
    assert {name: found[name] for name in norms} == pytest.approx(norms, rel=1e-4)


@pytest.mark.oracle
def test_generator_loss_and_gradients_equal_the_reference(pair, expected):
    G, D = pair
    loss = generator_loss(D(G(torch.from_numpy(expected["z"])))).mean()
    assert float(loss.detach()) == pytest.approx(float(expected["G_loss"]), rel=1e-5)
    loss.backward(inputs=list(G.parameters()))
    check_gradients(G, expected["G_gradnorm"])


@pytest.mark.oracle
def test_discriminator_loss_and_gradients_equal_the_reference(pair, expected):
    G, D = pair
    with torch.no_grad():
        fakes = G(torch.from_numpy(expected["z"]))
    loss = discriminator_loss(D(fakes), D(torch.from_numpy(expected["real"]))).mean()
    assert float(loss.detach()) == pytest.approx(float(expected["D_loss"]), rel=1e-5)
    loss.backward()
    check_gradients(D, expected["D_gradnorm"])


@pytest.mark.oracle
def test_r1_and_its_gradients_equal_the_reference(pair, expected, distance):
    _, D = pair
    reals = torch.from_numpy(expected["real"]).requires_grad_()
    penalty = r1_penalty(D(reals), reals)
    assert distance(penalty.detach(), torch.from_numpy(expected["r1_penalty"])) < 1e-5
    (penalty * (10 / 2)).mean().backward()
    check_gradients(D, expected["r1_gamma10_D_gradnorm"])


@pytest.mark.oracle
def test_path_length_and_its_gradients_equal_the_reference(pair, expected, distance):
    G, _ = pair
    ws = G.map_to_w(torch.from_numpy(expected["z"])[:2])
    noise = torch.from_numpy(expected["pl_noise"]) * 64  # there, divided by the width already
    lengths = path_lengths(G.synthesis(ws), ws, noise)
    penalty, average = path_length_penalty(lengths, torch.zeros([]))
    assert distance(lengths.detach(), torch.from_numpy(expected["pl_lengths"])) < 1e-5
    assert float(average) == pytest.approx(float(expected["pl_mean"]), rel=1e-5)
    loss = (penalty * 2).mean()
    assert float(loss.detach()) == pytest.approx(float(expected["pl_loss"]), rel=1e-5)
    loss.backward()
    check_gradients(G, expected["pl_G_gradnorm"])


def test_undecided_scores_cost_the_logarithm_of_two():
    zero = torch.zeros(3, 1)
    torch.testing.assert_close(generator_loss(zero), torch.full((3, 1), math.log(2)))
    torch.testing.assert_close(discriminator_loss(zero, zero), torch.full((3, 1), 2 * math.log(2)))


def test_losses_fall_the_way_each_network_wants():
    low, high = torch.tensor([[-3.0]]), torch.tensor([[3.0]])
    assert generator_loss(high) < generator_loss(low)
    assert discriminator_loss(low, high) < discriminator_loss(high, low)


def test_losses_stay_finite_at_any_score():
    scores = torch.tensor([[-1e4], [1e4]])
    assert generator_loss(scores).isfinite().all()
    assert discriminator_loss(scores, scores).isfinite().all()


def test_r1_of_a_plane_is_its_squared_slope():
    slope = torch.randn(3, 4, 4, generator=seeded(0))
    images = torch.randn(2, 3, 4, 4, generator=seeded(1)).requires_grad_()
    penalty = r1_penalty((images * slope).sum(dim=(1, 2, 3))[:, None], images)
    torch.testing.assert_close(penalty, slope.square().sum().expand(2))


def test_path_length_of_a_linear_map_is_its_factor():
    """Pictures of factor·w per pixel: noise of length one in, a step of that length out."""
    ws = torch.randn(2, 4, 3, generator=seeded(0)).requires_grad_()
    images = torch.zeros(2, 3, 8, 8) + 5 * ws.mean(dim=1)[:, :, None, None]
    noise = torch.ones(2, 3, 8, 8)  # divided by 8; 64 pixels add up: 8 per channel
    lengths = path_lengths(images, ws, noise)
    torch.testing.assert_close(lengths, torch.full((2,), 5 * 8 / 4 * math.sqrt(3)))


def test_path_length_average_follows_slowly_and_takes_no_gradient():
    lengths = torch.tensor([1.0, 3.0], requires_grad=True)
    penalty, average = path_length_penalty(lengths, torch.tensor(1.0))
    assert float(average) == pytest.approx(1 + 0.01 * (2 - 1))
    assert not average.requires_grad
    torch.testing.assert_close(penalty.detach(), (lengths.detach() - 1.01).square())
    (gradient,) = torch.autograd.grad(penalty.sum(), lengths)
    torch.testing.assert_close(gradient, 2 * (lengths.detach() - 1.01))
