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
