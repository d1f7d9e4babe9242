"""One step of StyleGAN 1."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from facewright.device import seeded
from facewright.gan.training.losses import critic_loss, gradient_penalty
from facewright.gan.training.progressive.options import StyleGAN1Options
from facewright.gan.training.progressive.plan import plan_progressive
from facewright.gan.training.progressive.steps import ProgressiveTrainer, fit_reals
from facewright.training.distributed import Processes

CPU = torch.device("cpu")


def build(images: int = 0, processes: Processes | None = None, **changes: Any):
    """Return tiny networks that have seen so many pictures; a resolution takes 24, its fade 16."""
    values: dict[str, Any] = {"z_dim": 8, "mapping_layers": 2, "precision": "float32"}
    values |= {"channel_base": 64, "channel_max": 8, "batch": 4, "batch_at": {}}
    values |= {"initial_resolution": 4, "fade_kimg": 0.016, "stable_kimg": 0.008, "lr": 0.01}
    options = StyleGAN1Options(**{**values, "lr_at": {}, **changes})
    processes = processes or Processes()
    plan = plan_progressive(SimpleNamespace(resolution=16), options, CPU, world=processes.world)
    trainer = ProgressiveTrainer(plan, device=CPU, processes=processes)
    trainer.D.group_size = 2  # so that groups have the same members in two processes
    trainer.images = images
    return trainer


def draw_reals() -> torch.Tensor:
    return torch.randn(4, 3, 16, 16, generator=seeded(0)).clamp(-1, 1)


def read_gradients(trainer) -> dict[str, torch.Tensor]:
    trainer.step(draw_reals()[trainer.processes.rank :: trainer.processes.world])
    named = [*trainer.D.named_parameters(), *trainer.G.named_parameters()]
    return {name: p.grad.clone() for name, p in named if p.grad is not None}


def resolutions_that_learn(trainer) -> dict[str, set[str]]:
    """Return, for each kind of layer, at which resolutions it got a gradient."""
    found: dict[str, set[str]] = {}
    for name, gradient in read_gradients(trainer).items():
        place = re.search(r"(b\d+)\.(\w+)", name)
        if place and gradient.abs().sum() > 0:
            found.setdefault(place[2], set()).add(place[1])
    return found


def test_before_a_resolution_comes_its_layers_do_not_learn():
    found = resolutions_that_learn(build(images=4))
    assert {layer for layers in found.values() for layer in layers} == {"b4"}


def test_while_a_resolution_fades_in_the_one_before_still_draws():
    found = resolutions_that_learn(build(images=28))
    assert found["torgb"] == found["fromrgb"] == {"b4", "b8"}
    assert found["conv0"] == {"b4", "b8"}


def test_a_resolution_that_has_come_in_draws_alone():
    found = resolutions_that_learn(build(images=64))
    assert found["torgb"] == found["fromrgb"] == {"b16"}
    assert found["conv0"] == {"b4", "b8", "b16"}


def test_learning_rates_follow_the_resolution_and_the_mapping_network_learns_slowly():
    trainer = build(images=24, lr=0.01, lr_at={"8": 0.004})
    trainer.step(draw_reals())
    assert [group["lr"] for group in trainer.G_opt.param_groups] == [0.004, 0.00004]
    assert [group["lr"] for group in trainer.D_opt.param_groups] == [0.004]


def test_the_generator_learns_once_per_n_critic_steps():
    trainer = build(n_critic=3)
    learned = []
    for _ in range(6):
        before = trainer.G.synthesis.get_submodule("b4").const.clone()
        trainer.step(draw_reals())
        after = trainer.G.synthesis.get_submodule("b4").const
        learned.append(not torch.equal(before, after))
    assert learned == [False, False, True, False, False, True]


def test_real_pictures_are_as_coarse_as_generated_ones():
    reals = draw_reals()
    fine = fit_reals(reals, 8, 1.0)
    torch.testing.assert_close(fine, F.avg_pool2d(reals, 2))
    coarse = fit_reals(reals, 8, 0.0)
    expected = F.interpolate(F.avg_pool2d(reals, 4), scale_factor=2, mode="bilinear")
    torch.testing.assert_close(coarse, expected)
    torch.testing.assert_close(fit_reals(reals, 8, 0.25), coarse.lerp(fine, 0.25))


def test_the_gradient_penalty_is_zero_where_the_slope_is_one():
    images = torch.randn(3, 3, 2, 2, generator=seeded(1), requires_grad=True)
    slope = torch.full((3, 2, 2), 12**-0.5)
    straight = (images * slope).sum(dim=(1, 2, 3))[:, None]
    assert gradient_penalty(straight, images).tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    steep = (images * slope * 3).sum(dim=(1, 2, 3))[:, None]
    assert gradient_penalty(steep, images).tolist() == pytest.approx([4, 4, 4])


def test_critics_tell_real_from_generated_and_stay_near_zero():
    fake, real = torch.tensor([[1.0], [0.0]]), torch.tensor([[3.0], [-2.0]])
    assert critic_loss(fake, real).flatten().tolist() == pytest.approx([-1.991, 2.004])


@pytest.mark.parametrize("loss", ["logistic", "wgan-gp"])
def test_discriminators_learn_to_tell_pictures_apart(loss):
    """Against a generator that stands still, scores of real pictures rise above the others."""
    trainer = build(loss=loss, gamma=1.0, n_critic=10_000)
    for _ in range(60):
        trainer.step(draw_reals())
    values = trainer.averages.take()
    assert values["score_real"] > values["score_fake"]
