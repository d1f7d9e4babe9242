import json

import pytest
import torch

from facewright.convert.blocks import build_seeded
from facewright.convert.training.cyclegan import CycleGAN
from facewright.convert.training.losses import adversarial_loss
from facewright.convert.training.plan import plan_translation
from facewright.device import seeded
from facewright.faces.detection.blocks import fold_norms
from facewright.faces.similarity.features import FaceFeatures, FeaturesConfig
from facewright.training.checkpoint import flatten_state, unflatten_state

CPU = torch.device("cpu")


def see_features():
    config = FeaturesConfig(size=16, widths=(3, 4), depths=(0, 1))
    network = build_seeded(lambda: FaceFeatures(config), 0)
    return fold_norms(network.eval()).requires_grad_(False)


@pytest.fixture
def build(styles, options):
    def make(**changes):
        plan = plan_translation(styles, options(**changes), CPU)
        features = see_features() if changes.get("features") else None
        return CycleGAN(
            plan.translator,
            plan.discriminator,
            plan.config,
            seed=3,
            device=CPU,
            features=features,
        )

    return make


def draw(seed):
    a, b = torch.rand(2, 2, 3, 16, 16, generator=seeded(seed)) * 2 - 1
    return a, b


def snapshot(networks):
    tensors, rest = flatten_state(networks.state())
    return {name: tensor.clone() for name, tensor in tensors.items()}, json.dumps(rest)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"features": "tiny"},
        {"residual": True},
        {"gan": "wgangp"},
        {"gan": "vanilla", "norm": "batch"},
        {"identity": 0, "pool": 0},
    ],
    ids=str,
)
def test_every_weight_learns_and_a_state_goes_on_bit_for_bit(build, changes):
    networks, other = build(**changes), build(**changes)
    start, _ = snapshot(networks)
    for n in range(3):
        networks.step(*draw(n))
    tensors, rest = snapshot(networks)
    networks_of = ("forward", "reverse", "discriminator_a", "discriminator_b")
    weights = [k for k in start if k.startswith(networks_of) and k.endswith("weight")]
    weights = [k for k in weights if "_ema" not in k]
    assert weights
    assert [k for k in weights if torch.equal(start[k], tensors[k])] == []
    other.load(unflatten_state(tensors, json.loads(rest)))
    for n in (3, 4):
        networks.step(*draw(n))
        other.step(*draw(n))
    (one, one_rest), (two, two_rest) = snapshot(networks), snapshot(other)
    assert one_rest == two_rest
    assert [k for k in one if not torch.equal(one[k], two[k])] == []


def test_reports_name_every_loss(build):
    networks = build()
    networks.step(*draw(0))
    expected = {f"{part}_{way}" for part in ("cycle", "identity") for way in "ab"}
    expected |= {"loss_forward", "loss_reverse", "loss_A", "loss_B"}
    assert networks.averages.take().keys() == expected


def test_translators_learn_what_the_discriminators_judge_them_by(build):
    """With the cycle left out, steps of the translators alone lower their adversarial loss."""
    networks = build(cycle=0, lr=0.001)
    a, b = draw(0)

    def fooled():
        with torch.no_grad():
            scores = networks.discriminator_b(networks.forward(a))
            return float(adversarial_loss(scores, "lsgan", real=True))

    before = fooled()
    for _ in range(5):
        networks.step_translators(a, b)
    assert fooled() < before


def test_discriminators_learn_to_tell_real_from_made(build):
    networks = build(lr=0.001)
    (a, b), (x, y) = draw(0), draw(1)
    losses = []
    for _ in range(6):
        networks.step_discriminators((a, x), (b, y))
        losses.append(networks.averages.take()["loss_A"])
    assert losses[-1] < losses[0]


def test_learning_rate_stays_then_falls_in_a_line(build):
    networks, rates = build(kimg=0.008, decay=0.5), []
    for n in range(4):
        networks.step(*draw(n))
        rates += [o.param_groups[0]["lr"] for o in (networks.G_opt, networks.D_opt)]
    assert rates == pytest.approx([0.01] * 6 + [0.005] * 2)


def test_half_precision_stays_near_single(build):
    exact, quick = build(), build(precision="bfloat16")
    for networks in (exact, quick):
        networks.step(*draw(0))
    one, two = exact.averages.take(), quick.averages.take()
    assert one != two
    assert one == pytest.approx(two, rel=0.05, abs=0.05)


def test_averaged_translators_follow(build):
    networks = build(ema_kimg=1e-6)
    networks.step(*draw(0))
    for x, y in zip(networks.forward_ema.parameters(), networks.forward.parameters(), strict=True):
        torch.testing.assert_close(x, y)
