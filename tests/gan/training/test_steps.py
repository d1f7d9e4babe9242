import json
import math
from typing import Any

import pytest
import torch

from facewright.device import seeded
from facewright.gan.augment.pipeline import PIPES, Augment
from facewright.gan.discriminator import DiscriminatorConfig
from facewright.gan.generator import GeneratorConfig
from facewright.gan.training.steps import AdversarialTrainer, TrainConfig
from facewright.training.checkpoint import flatten_state, unflatten_state
from facewright.training.distributed import Processes

CPU = torch.device("cpu")
SIZES: dict[str, Any] = {"resolution": 16, "channel_base": 64, "channel_max": 8}


def build(
    *, c_dim: int = 2, p: float = 0.0, seed: int = 0, freeze: int = 0, **changes: Any
) -> AdversarialTrainer:
    """Return a tiny contest; the changes are those of rules, and `processes`."""
    processes = changes.pop("processes", Processes())
    config: dict[str, Any] = {
        "batch": 4,
        "lr": 0.01,
        "gamma": 1.0,
        "path_length_weight": 2.0,
        "style_mixing": 0.9,
        "ema_kimg": 0.01,
        "ema_rampup": 0.05,
        "ada_target": None,
        "ada_kimg": 0.1,
        "dtype": torch.float32,
    }
    return AdversarialTrainer(
        GeneratorConfig(z_dim=8, w_dim=8, c_dim=c_dim, mapping_layers=2, **SIZES),
        DiscriminatorConfig(c_dim=c_dim, group_size=2, freeze_layers=freeze, **SIZES),
        TrainConfig(**{**config, **changes}),
        labels=torch.eye(2).repeat(3, 1)[:, :c_dim],
        augment=Augment(PIPES["bgc"]),
        p=p,
        seed=seed,
        device=CPU,
        processes=processes,
    )


def draw_reals(seed: int = 0, *, c_dim: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(4, 3, 16, 16, generator=seeded(seed)).clamp(-1, 1)
    return x, torch.eye(2).repeat(2, 1)[:, :c_dim]


def read_gradients(trainer: AdversarialTrainer) -> dict[str, dict[str, torch.Tensor]]:
    """Return the gradients of every phase of a step, by the names of the parameters."""
    reals, c = (part[trainer.processes.rank :: trainer.processes.world] for part in draw_reals())
    phases = (
        ("generator", trainer.G, trainer.step_generator, ()),
        ("path length", trainer.G, trainer.step_path_length, ()),
        ("discriminator", trainer.D, trainer.step_discriminator, (reals, c)),
        ("r1", trainer.D, trainer.step_r1, (reals, c)),
    )
    found = {}
    for phase, network, learn, batch in phases:
        learn(*batch)
        found[phase] = {name: p.grad.clone() for name, p in network.named_parameters()}
    return found


# ---------------------------------------------------------------- one step


def test_every_phase_gives_every_parameter_a_gradient():
    for phase, gradients in read_gradients(build()).items():
        assert all(g.isfinite().all() for g in gradients.values()), phase
        still = {name for name, g in gradients.items() if not g.any()}
        assert len(still) < len(gradients) // 2, phase
        assert not still or phase in {"path length", "r1"}  # which do not see what is only added


def test_regularisation_is_lazy():
    trainer, seen = build(style_mixing=0, ada_target=None), []
    for _ in range(17):
        trainer.step(*draw_reals())
        seen.append(set(trainer.averages.take()))
    always = {"loss_G", "loss_D", "r_t"}
    assert all(always <= names for names in seen)
    assert [i for i, names in enumerate(seen) if "path_length" in names] == [0, 4, 8, 12, 16]
    assert [i for i, names in enumerate(seen) if "r1" in names] == [0, 16]


def test_a_weight_of_zero_leaves_path_length_out():
    trainer = build(path_length_weight=0)
    trainer.step(*draw_reals())
    assert "path_length" not in trainer.averages.take()
    assert float(trainer.path_average) == 0


def test_a_step_moves_both_networks_and_their_average():
    trainer = build()
    networks = (trainer.G, trainer.D, trainer.G_ema)
    before = [[p.clone() for p in net.parameters()] for net in networks]
    trainer.step(*draw_reals())
    assert (trainer.images, trainer.steps) == (4, 1)
    for net, old in zip(networks, before, strict=True):
        moved = [not torch.equal(p, q) for p, q in zip(net.parameters(), old, strict=True)]
        assert all(moved)
    assert float(trainer.path_average) > 0


def test_the_average_lags_behind_and_is_at_rest():
    trainer = build(ema_kimg=1, ema_rampup=None)
    start = [p.clone() for p in trainer.G_ema.parameters()]
    trainer.step(*draw_reals())
    assert not trainer.G_ema.training
    for old, ema, now in zip(
        start, trainer.G_ema.parameters(), trainer.G.parameters(), strict=True
    ):
        assert not ema.requires_grad
        torch.testing.assert_close(ema, old.lerp(now.detach(), 1 - 0.5 ** (4 / 1000)))
    torch.testing.assert_close(trainer.G_ema.mapping.w_avg, trainer.G.mapping.w_avg)


def test_the_average_of_w_follows_only_the_generator_step():
    trainer = build(style_mixing=1)
    before = trainer.G.mapping.w_avg.clone()
    trainer.step_discriminator(*draw_reals())
    trainer.step_path_length()
    assert torch.equal(trainer.G.mapping.w_avg, before)
    trainer.step_generator()
    assert not torch.equal(trainer.G.mapping.w_avg, before)


def test_frozen_layers_stay_through_a_step():
    trainer = build(freeze=3)
    frozen = {name: p.clone() for name, p in trainer.D.named_parameters() if not p.requires_grad}
    trainer.step(*draw_reals())
    assert {name.rsplit(".", 1)[0] for name in frozen} == {"b16.fromrgb", "b16.conv0", "b16.conv1"}
    for name, before in frozen.items():
        assert torch.equal(trainer.D.get_parameter(name), before)


def test_bfloat16_learns_too():
    trainer = build(dtype=torch.bfloat16, p=0.5)
    trainer.step(*draw_reals())
    assert all(map(math.isfinite, trainer.averages.take().values()))
    assert {p.dtype for p in trainer.G.parameters()} == {torch.float32}


def test_the_seed_alone_decides_the_start():
    torch.rand(3)  # the global state does not matter, and stays
    state = torch.random.get_rng_state()
    one, again, other = build(seed=1), build(seed=1), build(seed=2)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(map(torch.equal, one.G.parameters(), again.G.parameters()))
    assert not torch.equal(one.G.synthesis.b4.const, other.G.synthesis.b4.const)


# ---------------------------------------------------------------- styles, augmentation


def test_mixed_styles_come_from_two_z():
    trainer = build(style_mixing=1)
    z, c = trainer.draw(3)
    ws = trainer.mix(z, c)
    plain = trainer.G.map_to_w(z, c)
    same = [torch.equal(ws[:, i], plain[:, i]) for i in range(trainer.G.num_ws)]
    assert same[0]
    assert not same[-1]
    assert same == sorted(same, reverse=True)


def test_no_mixing_keeps_one_z():
    trainer = build(style_mixing=0)
    z, c = trainer.draw(3)
    assert torch.equal(trainer.mix(z, c), trainer.G.map_to_w(z, c))


def test_augmentation_draws_only_with_p_above_zero():
    for p, used in ((0.0, False), (0.5, True)):
        trainer = build(p=p)
        before = trainer.rngs["augment"].get_state()
        trainer.step(*draw_reals())
        assert (not torch.equal(trainer.rngs["augment"].get_state(), before)) == used


def adapt(score: float, p: float, steps: int, **changes: Any) -> float:
    """Return p after steps in which every real picture has the same score."""
    trainer = build(c_dim=0, p=p, lr=1e-9, **{"ada_target": 0.6, **changes})
    with torch.no_grad():
        trainer.D.b4.out.weight.zero_()
        trainer.D.b4.out.bias.fill_(score)
    for _ in range(steps):
        trainer.step(*draw_reals(c_dim=0))
    return trainer.p


def test_p_rises_while_reals_are_recognised_and_falls_otherwise():
    step = 4 * 4 / 100  # batch, interval and pictures for a move by one
    assert adapt(5, 0.0, 3) == 0
    assert adapt(5, 0.0, 4) == pytest.approx(step)
    assert adapt(5, 0.0, 8) == pytest.approx(2 * step)
    assert adapt(-5, 0.5, 4) == pytest.approx(0.5 - step)
    assert adapt(-5, 0.1, 8) == 0
    assert adapt(5, 0.99, 4) == 1


def test_p_stays_without_a_target():
    assert adapt(5, 0.3, 4, ada_target=None) == 0.3


# ---------------------------------------------------------------- going on


def test_a_loaded_contest_goes_on_as_if_nothing_had_happened():
    first = build(p=0.3, ada_target=0.6)
    for seed in range(3):
        first.step(*draw_reals(seed))
    tensors, rest = flatten_state(first.state())
    copies = {name: tensor.clone() for name, tensor in tensors.items()}
    second = build(p=0.3, ada_target=0.6, seed=5)
    second.load(unflatten_state(copies, json.loads(json.dumps(rest))))
    for trainer in (first, second):
        for seed in range(3, 6):
            trainer.step(*draw_reals(seed))
    (one, one_rest), (two, two_rest) = (flatten_state(c.state()) for c in (first, second))
    assert one_rest == two_rest
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


# ---------------------------------------------------------------- several processes


def test_a_contest_from_another_kind_of_device_draws_anew():
    state = build().state()
    state["images"] = 8
    state["rngs"]["noise"] = torch.zeros(16, dtype=torch.uint8)  # the size of a GPU's
    trainer = build(seed=5)
    trainer.load(state)
    assert torch.equal(trainer.rngs["shared"].get_state(), state["rngs"]["shared"])
    assert torch.equal(trainer.rngs["noise"].get_state(), seeded(8 * 31).get_state())
    trainer.step(*draw_reals())


@pytest.mark.parametrize("batch", [4, 6, 3])
def test_processes_together_draw_what_one_draws(batch):
    whole = build().draw(batch)
    parts = [build(processes=Processes(rank=rank, world=2)).draw(batch) for rank in (0, 1)]
    for together, *halves in zip(whole, *parts, strict=True):
        assert torch.equal(together[0::2], halves[0])
        assert torch.equal(together[1::2], halves[1])
