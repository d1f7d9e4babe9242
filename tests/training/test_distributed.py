import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from facewright.errors import TrainingError
from facewright.training.distributed import (
    Processes,
    all_gather_sum,
    all_reduce_gradients,
    broadcast_module,
    start_processes,
    stop_processes,
)
from facewright.training.log import Averages


def work(processes: Processes) -> dict[str, Any]:
    """Do what a training step does, and return what came of it."""
    net = nn.Sequential(nn.Conv2d(2, 3, 1), nn.Flatten(), nn.Linear(12, 1))
    net = net.to(memory_format=torch.channels_last)
    rng = torch.Generator().manual_seed(processes.rank)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng))
    broadcast_module(net, processes)
    batch = torch.randn(8, 2, 2, 2, generator=torch.Generator().manual_seed(9))
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
        "gradients": [p.grad.flatten().tolist() for p in net.parameters()],
        "total": all_gather_sum(ranks, processes).tolist(),
        "poison": poison.grad.tolist(),
        "loss": averages.take(processes)["loss"],
        "first": processes.first,
    }


def run_two(folder: Path) -> list[dict[str, Any]]:
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
    return [json.loads((folder / rank).read_text()) for rank in ("0", "1")]


def test_two_processes_give_the_gradients_of_one(tmp_path: Path):
    alone = work(Processes())
    first, second = run_two(tmp_path)
    assert first["gradients"] == second["gradients"]
    for one, two in zip(alone["gradients"], first["gradients"], strict=True):
        torch.testing.assert_close(torch.tensor(one), torch.tensor(two))
    assert alone["total"] == [1, 1]
    assert first["total"] == second["total"] == [2, 3]
    assert first["poison"] == second["poison"] == [0, 4]
    assert first["loss"] == second["loss"]
    assert first["loss"] == pytest.approx(alone["loss"])
    assert (first["first"], second["first"]) == (True, False)


def test_one_process_needs_nothing():
    processes = start_processes({}, "cpu")
    assert processes == Processes(rank=0, world=1, local_rank=0)
    net = nn.Linear(2, 1)
    weight = net.weight.clone()
    broadcast_module(net, processes)
    assert torch.equal(net.weight, weight)
    stop_processes(processes)


def test_gradients_that_are_not_finite_are_replaced():
    p = nn.Parameter(torch.zeros(4))
    p.grad = torch.tensor([float("nan"), float("inf"), -float("inf"), 3.0])
    all_reduce_gradients([p, nn.Parameter(torch.zeros(1))], Processes())
    assert p.grad.tolist() == [0, 1e5, -1e5, 3]
    all_reduce_gradients([nn.Parameter(torch.zeros(1))], Processes())


def test_sum_over_one_process_is_a_copy():
    x = torch.ones(2, requires_grad=True)
    total = all_gather_sum(x, Processes())
    assert torch.equal(total, x)
    assert not total.requires_grad


@pytest.mark.parametrize("missing", ["RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"])
def test_incomplete_variables_are_refused(missing: str):
    environ = {
        "WORLD_SIZE": "2",
        "RANK": "0",
        "LOCAL_RANK": "0",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "1",
    }
    del environ[missing]
    with pytest.raises(TrainingError, match=missing):
        start_processes(environ, "cpu")


@pytest.mark.parametrize(("there", "way_out"), [(0, "--device cpu"), (1, "--nproc-per-node 1")])
def test_more_processes_than_gpus_are_refused(there: int, way_out: str, monkeypatch):
    environ = {
        "WORLD_SIZE": "2",
        "RANK": "1",
        "LOCAL_RANK": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "1",
    }
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    with pytest.raises(TrainingError, match="process 1 of this machine has no GPU") as caught:
        start_processes(environ, "cuda")
    assert way_out in caught.value.hint


def test_a_world_that_is_no_number_is_refused():
    with pytest.raises(TrainingError, match="incomplete"):
        start_processes({"WORLD_SIZE": "many", "RANK": "0"}, "cpu")


if __name__ == "__main__":
    torch.set_num_threads(1)
    joined = start_processes(os.environ, "cpu")
    Path(sys.argv[1], str(joined.rank)).write_text(json.dumps(work(joined)))
    stop_processes(joined)
