"""Two processes learn what one learns."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from facewright.convert.discriminators import PatchConfig
from facewright.convert.generators import TranslatorConfig
from facewright.convert.training.cyclegan import CycleGAN, TrainConfig
from facewright.device import seeded
from facewright.training.distributed import Processes, start_processes, stop_processes

CPU = torch.device("cpu")
RULES = TrainConfig(
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


def learn(processes: Processes | None = None) -> dict[str, torch.Tensor]:
    """Take two steps on the share of a process, and return all weights."""
    processes = processes or Processes()
    seed = 1 if processes.first else 2  # the first process gives its networks to the other
    networks = CycleGAN(
        TranslatorConfig(filters=2, blocks=2),
        PatchConfig("n-layers", filters=2, layers=1),
        RULES,
        seed=seed,
        device=CPU,
        processes=processes,
    )
    networks.share()
    for n in range(2):
        a, b = torch.rand(2, 4, 3, 16, 16, generator=seeded(n)) * 2 - 1
        networks.step(a[processes.rank :: processes.world], b[processes.rank :: processes.world])
    names = (
        "forward",
        "reverse",
        "discriminator_a",
        "discriminator_b",
        "forward_ema",
        "reverse_ema",
    )
    return {
        f"{name}.{key}": tensor.clone()
        for name in names
        for key, tensor in getattr(networks, name).state_dict().items()
    }


def run_two(folder: Path) -> list[dict[str, torch.Tensor]]:
    """Run this file as torchrun would: twice at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = []
    for rank in ("0", "1"):
        place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2"}
        place |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        environ = os.environ | place | {"PYTHONPATH": os.pathsep.join(sys.path)}
        started.append(subprocess.Popen([sys.executable, __file__, str(folder)], env=environ))
    assert [process.wait(60) for process in started] == [0, 0]
    return [load_file(folder / rank) for rank in ("0", "1")]


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(tmp_path):
    """Biases that normalisation takes out again follow rounding, as Adam has no small steps."""
    alone = learn()
    first, second = run_two(tmp_path)
    assert all(torch.equal(first[name], second[name]) for name in first)
    weights = {name: tensor for name, tensor in alone.items() if name.endswith("weight")}
    for name, expected in weights.items():
        near = torch.isclose(first[name], expected, rtol=1e-3, atol=1e-4)
        assert near.float().mean() > 0.98, name


if __name__ == "__main__":
    torch.set_num_threads(1)
    joined = start_processes(os.environ, "cpu")
    save_file(learn(joined), Path(sys.argv[1], str(joined.rank)))
    stop_processes(joined)
