"""Two processes learn what one learns, whatever they train.

The two run this file, once for all tests: to import takes them longer than to learn.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.gan.training import test_steps as stylegan2
from tests.gan.training.progressive import test_steps as stylegan1
from torch import nn

from facewright.convert.discriminators import PatchConfig
from facewright.convert.generators import TranslatorConfig
from facewright.convert.training.cyclegan import CycleGAN, TrainConfig
from facewright.device import seeded
from facewright.training.distributed import (
    Processes,
    all_gather_sum,
    all_reduce_gradients,
    broadcast_module,
    start_processes,
    stop_processes,
)
from facewright.training.log import Averages

Found = dict[str, Any]


def take_a_step(processes: Processes) -> Found:
    """Do what a training step does, and return what came of it."""
    net = nn.Sequential(nn.Conv2d(2, 3, 1), nn.Flatten(), nn.Linear(12, 1))
    net = net.to(memory_format=torch.channels_last)
    rng = seeded(processes.rank)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng))
    broadcast_module(net, processes)
    batch = torch.randn(8, 2, 2, 2, generator=seeded(9))
    values = net(batch[processes.rank :: processes.world]).square()
    values.mean().backward()
    averages = Averages()
    averages.add("loss", values)
    all_reduce_gradients(net.parameters(), processes)
    poison = nn.Parameter(torch.zeros(2))
    poison.grad = torch.tensor([float("nan") if processes.rank else 1.0, 2.0])
    all_reduce_gradients([poison, nn.Parameter(torch.zeros(1))], processes, reduction="sum")
    ranks = torch.tensor([1.0, processes.rank + 1])
    return {
        "gradients": {name: p.grad for name, p in net.named_parameters()},
        "total": all_gather_sum(ranks, processes).tolist(),
        "poison": poison.grad.tolist(),
        "loss": averages.take(processes)["loss"],
        "first": processes.first,
    }


def learn_stylegan2(processes: Processes) -> Found:
    """Return the gradients of each phase of a step."""
    return stylegan2.read_gradients(stylegan2.build(lr=1e-9, processes=processes))


def learn_stylegan1(processes: Processes) -> Found:
    """Return the gradients in the middle of a fade-in, with each loss."""
    changes: Found = {"processes": processes, "images": 28, "lr": 1e-9}
    return {
        loss: stylegan1.read_gradients(stylegan1.build(loss=loss, **changes))
        for loss in ("logistic", "wgan-gp")
    }


def learn_translators(processes: Processes) -> Found:
    """Return all weights after two steps of CycleGAN."""
    config = TrainConfig(
        batch=4,
        lr=0.001,
        discriminator_lr=0.001,
        total=100,
        decay=0.5,
        mode="lsgan",
        cycle=10.0,
        identity=0.5,
        pool=0,  # every process has a pool of its own
        augment=0.0,
        ema_kimg=0.001,
        dtype=torch.float32,
    )
    networks = CycleGAN(
        TranslatorConfig(filters=2, blocks=2),
        PatchConfig("n-layers", filters=2, layers=1),
        config,
        seed=1 if processes.first else 2,  # the first process gives its networks to the other
        device=torch.device("cpu"),
        processes=processes,
    )
    networks.share()
    for n in range(2):
        a, b = torch.rand(2, 4, 3, 16, 16, generator=seeded(n)) * 2 - 1
        networks.step(a[processes.rank :: processes.world], b[processes.rank :: processes.world])
    names = [f"{way}{kind}" for way in ("forward", "reverse") for kind in ("", "_ema")]
    names += ["discriminator_a", "discriminator_b"]
    return {name: getattr(networks, name).state_dict() for name in names}


WORK = (take_a_step, learn_stylegan2, learn_stylegan1, learn_translators)


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[Found, Found]:
    """What each of two processes found, by the name of the work; run as torchrun would."""
    folder = tmp_path_factory.mktemp("two")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    place["PYTHONPATH"] = os.pathsep.join(sys.path)
    started = []
    for rank in ("0", "1"):
        environ = os.environ | place | {"RANK": rank, "LOCAL_RANK": rank}
        started.append(subprocess.Popen([sys.executable, __file__, str(folder)], env=environ))
    assert [process.wait(300) for process in started] == [0, 0]
    one, two = (torch.load(folder / rank, weights_only=True) for rank in ("0", "1"))
    return one, two


def test_helpers_give_two_processes_what_one_has(both):
    alone = take_a_step(Processes())
    first, second = (found["take_a_step"] for found in both)
    for name, gradient in alone["gradients"].items():
        torch.testing.assert_close(first["gradients"][name], gradient)
        assert torch.equal(first["gradients"][name], second["gradients"][name])
    assert alone["total"] == [1, 1]
    assert first["total"] == second["total"] == [2, 3]
    assert first["poison"] == second["poison"] == [0, 4]
    assert first["loss"] == second["loss"]
    assert first["loss"] == pytest.approx(alone["loss"])
    assert (first["first"], second["first"]) == (True, False)


@pytest.mark.parametrize(
    ("work", "least", "apart"),
    [
        (learn_stylegan2, 1e-9, "noise_strength"),  # its gradient is the noise, drawn apart
        (learn_stylegan1, 1e-7, ("noise_strength", "conv.bias")),  # normalising takes a bias away
    ],
)
def test_generators_get_the_gradients_of_one_process(both, work, least, apart):
    """The groups of the batch have the same members; the noise of the layers has no strength."""
    first, second = (found[work.__name__] for found in both)
    for phase, gradients in work(Processes()).items():
        assert gradients.keys() == first[phase].keys()
        for name, expected in gradients.items():
            found = first[phase][name]
            assert torch.equal(found, second[phase][name])
            if not name.endswith(apart):
                limit = 1e-5 * float(expected.abs().max()) + least
                torch.testing.assert_close(found, expected, rtol=1e-5, atol=limit)


def test_translators_learn_what_those_of_one_process_learn(both):
    """Biases that normalisation takes out again follow rounding, as Adam has no small steps."""
    first, second = (found["learn_translators"] for found in both)
    for network, tensors in learn_translators(Processes()).items():
        for name, expected in tensors.items():
            found = first[network][name]
            assert torch.equal(found, second[network][name])
            if name.endswith("weight"):
                near = torch.isclose(found, expected, rtol=1e-3, atol=1e-4)
                assert near.float().mean() > 0.98, name


if __name__ == "__main__":
    torch.set_num_threads(1)
    joined = start_processes(os.environ, "cpu")
    torch.save({work.__name__: work(joined) for work in WORK}, Path(sys.argv[1], str(joined.rank)))
    stop_processes(joined)
