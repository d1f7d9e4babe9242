import math

import numpy as np
import pytest
import torch

from facewright.convert.training.losses import adversarial_loss, distance, gradient_penalty
from facewright.device import seeded
from facewright.errors import InputError


@pytest.mark.parametrize(
    ("mode", "real", "made"),
    [("lsgan", 1.0, 4.0), ("vanilla", math.log1p(math.exp(-2)), None), ("wgangp", -2.0, 2.0)],
)
def test_losses_of_a_score_of_two(mode, real, made):
    scores = torch.full((3, 1, 2, 2), 2.0)
    assert float(adversarial_loss(scores, mode, real=True)) == pytest.approx(real)
    made = made or 2 + math.log1p(math.exp(-2))
    assert float(adversarial_loss(scores, mode, real=False)) == pytest.approx(made)


@pytest.mark.parametrize("mode", ["lsgan", "vanilla", "wgangp"])
def test_losses_fall_where_scores_say_what_they_should(mode):
    for real in (True, False):
        scores = torch.tensor([0.5], requires_grad=True)
        adversarial_loss(scores, mode, real=real).backward()
        assert (scores.grad < 0) == real


def test_unknown_losses_are_refused():
    with pytest.raises(InputError, match="no loss is called `hinge`"):
        adversarial_loss(torch.zeros(1), "hinge", real=True)


@pytest.mark.parametrize(("slope", "penalty"), [(1.0, 0.0), (3.0, 4.0), (0.0, 1.0)])
def test_penalty_wants_slopes_of_one(slope, penalty):
    reals, fakes = torch.randn(2, 4, 3, 2, 2, generator=seeded(0))
    side = 12**-0.5  # the slope along each of the twelve numbers of a picture
    found = gradient_penalty(
        lambda x: (x * side * slope).flatten(1).sum(dim=1), reals, fakes, rng=seeded(1)
    )
    assert float(found) == pytest.approx(penalty, abs=1e-5)


def test_penalty_looks_between_the_pictures_and_repeats():
    reals, fakes, seen = torch.zeros(5, 1, 2, 2), torch.ones(5, 1, 2, 2), []

    def score(x):
        seen.append(x.detach())
        return x.square().sum()

    for _ in range(2):
        gradient_penalty(score, reals, fakes, rng=seeded(7))
    assert torch.equal(*seen)
    assert ((seen[0] > 0) & (seen[0] < 1)).all()
    assert len(seen[0].unique()) == 5  # one place per pair


def test_distance_is_the_mean_absolute_difference():
    assert float(distance(torch.zeros(2, 2), torch.tensor([[1.0, -1.0], [2.0, 0.0]]))) == 1.0


@pytest.mark.oracle
def test_reference_losses_are_matched(oracles):
    """The scores are not among the numbers; two with the same mean and spread give the same."""
    n = np.load(oracles / "cyclegan.npz")
    mean = n["ganloss_wgangp"][1]
    spread = math.sqrt(n["ganloss_lsgan"][1] - mean**2)
    scores = torch.tensor([mean - spread, mean + spread])
    for mode in ("wgangp", "lsgan"):
        found = [float(adversarial_loss(scores, mode, real=real)) for real in (True, False)]
        np.testing.assert_allclose(found, n[f"ganloss_{mode}"], atol=1e-6)
    real, made = (float(adversarial_loss(scores, "vanilla", real=real)) for real in (True, False))
    assert made - real == pytest.approx(np.diff(n["ganloss_vanilla"])[0], abs=1e-6)
