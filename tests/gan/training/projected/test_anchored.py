import copy
import math
from typing import Any

import pytest
import torch

from facewright.device import seeded
from facewright.gan.augment.pipeline import PIPES, Augment
from facewright.gan.discriminator import DiscriminatorConfig
from facewright.gan.generator import GeneratorConfig
from facewright.gan.training.projected.anchored import AnchorConfig, AnchoredTrainer
from facewright.gan.training.projected.efficientnet import EfficientNetLite0
from facewright.gan.training.steps import TrainConfig
from facewright.training.checkpoint import flatten_state, unflatten_state
from facewright.training.distributed import Processes

SIZES: dict[str, Any] = {"resolution": 16, "channel_base": 64, "channel_max": 8}
ANCHORS = torch.randn(4, 4, generator=seeded(9))


@pytest.fixture(scope="module")
def backbone():
    torch.default_generator.set_state(seeded(0).get_state())
    return EfficientNetLite0().eval().requires_grad_(False)


def build(backbone, **changes: Any) -> AnchoredTrainer:
    anchoring = AnchorConfig(**{"anchors": ANCHORS, "warm_images": 4, **changes})
    config = TrainConfig(
        batch=4,
        lr=0.01,
        gamma=1.0,
        path_length_weight=0.0,
        style_mixing=0.5,
        ema_kimg=0.01,
        ema_rampup=0.05,
        ada_target=None,
        ada_kimg=0.1,
        dtype=torch.float32,
    )
    return AnchoredTrainer(
        anchoring,
        backbone,
        GeneratorConfig(z_dim=8, w_dim=8, c_dim=2, mapping_layers=2, linear_rgb=8, **SIZES),
        DiscriminatorConfig(c_dim=2, group_size=2, **SIZES),
        config,
        labels=torch.eye(2).repeat(3, 1),
        augment=Augment(PIPES["bgc"]),
        seed=0,
        device=torch.device("cpu"),
        processes=Processes(),
    )


def take_steps(trainer, first, last):
    for number in range(first, last):
        reals = torch.randn(4, 3, 16, 16, generator=seeded(number)).clamp(-1, 1)
        trainer.step(reals, torch.eye(2).repeat(2, 1), torch.arange(4))


def read(trainer) -> dict[str, torch.Tensor]:
    return flatten_state(trainer.state())[0]


@pytest.mark.parametrize("both", [False, True])
def test_a_run_that_stopped_goes_on_to_the_same_bits(backbone, both):
    whole = build(backbone, stylegan2=both)
    take_steps(whole, 0, 4)
    first = build(backbone, stylegan2=both)
    take_steps(first, 0, 2)
    kept = unflatten_state(*flatten_state(first.state()))
    second = build(backbone, stylegan2=both)
    second.load(kept)
    take_steps(second, 2, 4)
    one, other = read(whole), read(second)
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def test_nothing_judges_before_the_run_is_warm(backbone):
    trainer = build(backbone)
    heads = copy.deepcopy(trainer.heads.heads.state_dict())
    take_steps(trainer, 0, 1)
    now = trainer.heads.heads.state_dict()
    assert all(torch.equal(heads[k], now[k]) for k in heads if "original" in k)
    assert trainer.averages.take().keys() == {"pixels", "features"}
    take_steps(trainer, 1, 2)
    assert {"loss_heads", "loss_projected"} <= trainer.averages.take().keys()


def test_reconstruction_brings_the_pictures_of_anchors_nearer_to_theirs(backbone):
    trainer = build(backbone, warm_images=10_000, jitter=0.0, features=0.0)
    reals = torch.randn(4, 3, 1, 1, generator=seeded(1)).expand(-1, -1, 16, 16) * 0.5
    c, z = torch.eye(2).repeat(2, 1), torch.cat([ANCHORS, torch.zeros(4, 4)], 1)

    def measure() -> float:
        with torch.no_grad():
            return float((trainer.G(z, c, noise="none") - reals).abs().mean())

    before = measure()
    for _ in range(30):
        trainer.step(reals, c, torch.arange(4))
    assert measure() < 0.5 * before


def test_heads_work_without_anchors_and_stylegan2_beside_them(backbone):
    trainer = build(backbone, anchors=None, colours=0.0)
    take_steps(trainer, 0, 1)
    assert trainer.averages.take().keys() == {"loss_heads", "loss_projected"}
    both = build(backbone, anchors=None, stylegan2=True)
    before = copy.deepcopy(both.D.state_dict())
    take_steps(both, 0, 1)
    assert any(not torch.equal(before[k], both.D.state_dict()[k]) for k in before)
    assert {"loss_G", "loss_D", "loss_heads"} <= both.averages.take().keys()


def test_a_soft_border_hides_it_from_the_frozen_network(backbone):
    losses = []
    for level in (-1.0, 1.0):
        trainer = build(backbone, soft_border=True, pixels=0.0, colours=0.0)
        reals = torch.zeros(4, 3, 16, 16)
        reals[:, :, ::2, 0], reals[:, :, 1::2, 0] = level, -level
        trainer.step(reals, torch.eye(2).repeat(2, 1), torch.arange(4))
        losses.append(trainer.averages.take()["features"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_without_heads_only_reconstruction_and_stylegan2_count(backbone):
    trainer = build(backbone, projected=0.0, stylegan2=True, warm_images=0)
    take_steps(trainer, 0, 1)
    assert "loss_heads" not in trainer.averages.take()


def test_colours_count_and_older_checkpoints_know_nothing_of_them(backbone):
    for anchors in (None, ANCHORS):
        trainer = build(backbone, anchors=anchors, warm_images=0)
        take_steps(trainer, 0, 1)
        assert math.isfinite(trainer.averages.take()["colours"])
    older = {name: part for name, part in trainer.state().items() if name != "colours"}
    again = build(backbone, warm_images=0)
    again.load(older)
    take_steps(again, 1, 2)
    assert again.images == 8
