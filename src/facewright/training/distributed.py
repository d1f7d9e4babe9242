"""Distributed data-parallel training: processes, gradients, sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import distributed, nn

from facewright.errors import TrainingError

_LIMIT = 1e5  # of a gradient, as in the StyleGAN family


@dataclass(frozen=True, slots=True)
class Processes:
    """Rank of this process and number of all. The default is a single process."""

    rank: int = 0
    """Rank of this process, from 0."""
    world: int = 1
    """Number of processes on all machines."""
    local_rank: int = 0
    """Rank of this process on its machine: the index of its GPU."""

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and prints (rank 0)."""
        return self.rank == 0


def read_processes(environ: Mapping[str, str]) -> Processes:
    """Return the rank and the number of processes, without joining the others.

    Args:
        environ: The environment; torchrun sets RANK, WORLD_SIZE and LOCAL_RANK. Without
            WORLD_SIZE, or with 1, this is a single process.

    Raises:
        TrainingError: The variables are incomplete.
    """
    if environ.get("WORLD_SIZE", "1") == "1":
        return Processes()
    try:
        return Processes(*(int(environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")))
    except (KeyError, ValueError) as error:
        raise _incomplete(error) from error


def start_processes(environ: Mapping[str, str], device_type: str) -> Processes:
    """Join the other processes that torchrun started.

    Args:
        environ: The environment, as for `read_processes`; torchrun sets MASTER_ADDR and
            MASTER_PORT, too.
        device_type: "cpu" (communication through Gloo) or "cuda" (NCCL; each process uses the GPU
            of its local rank).

    Returns:
        Rank of this process and number of all. Call `stop_processes` at the end.

    Raises:
        TrainingError: The variables are incomplete, there are fewer GPUs than processes, or the
            processes cannot connect.
    """
    processes = read_processes(environ)
    if processes.world == 1:
        return processes
    try:
        address = f"tcp://{environ['MASTER_ADDR']}:{environ['MASTER_PORT']}"
    except KeyError as error:
        raise _incomplete(error) from error
    if device_type == "cuda":
        _take_gpu(processes.local_rank)
    try:
        distributed.init_process_group(
            "nccl" if device_type == "cuda" else "gloo",
            init_method=address,
            rank=processes.rank,
            world_size=processes.world,
        )
    except (RuntimeError, ValueError) as error:
        raise TrainingError(f"the processes do not find each other: {error}") from error
    return processes


def _incomplete(error: Exception) -> TrainingError:
    """Return the error for missing or invalid variables of torchrun."""
    return TrainingError(
        f"the variables of torchrun are incomplete: {error}", hint="start it with torchrun"
    )


def _take_gpu(local_rank: int) -> None:
    """Use the GPU of a process from now on."""
    there = torch.cuda.device_count()
    if local_rank >= there:
        raise TrainingError(
            f"process {local_rank} of this machine has no GPU: there are {there}",
            hint=f"start at most {there}: torchrun --nproc-per-node {there}"
            if there
            else "run `facewright doctor` for the reason, or use --device cpu",
        )
    try:
        torch.cuda.set_device(local_rank)
    except RuntimeError as error:
        raise TrainingError(f"GPU {local_rank} cannot be used: {error}") from error


def stop_processes(processes: Processes) -> None:
    """Leave the group of processes."""
    if processes.world > 1:
        distributed.destroy_process_group()


def broadcast_module(module: nn.Module, processes: Processes) -> None:
    """Copy the parameters and buffers of the first process to all others, in place."""
    if processes.world == 1:
        return
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            dense = tensor.detach().clone(memory_format=torch.contiguous_format)
            distributed.broadcast(dense, src=0)
            tensor.copy_(dense)


def all_reduce_gradients(
    parameters: Iterable[nn.Parameter],
    processes: Processes,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> None:
    """Reduce gradients over all processes, and replace values that are not finite, in place.

    NaN becomes 0; infinities become ±1e5, as in the StyleGAN family. All gradients are sent as one
    buffer.

    Args:
        parameters: Those without a gradient are skipped; they must be the same in all processes.
        processes: Rank of this process and number of all.
        reduction: "mean" where each process averages its loss over its share of the batch, "sum"
            where it divides by the whole batch.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return
    with torch.no_grad():
        if processes.world == 1:
            for gradient in gradients:
                torch.nan_to_num(gradient, 0.0, _LIMIT, -_LIMIT, out=gradient)
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(flat)
        if reduction == "mean":
            flat /= processes.world
        torch.nan_to_num(flat, 0.0, _LIMIT, -_LIMIT, out=flat)
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view(gradient.shape))


def all_gather_sum(tensor: torch.Tensor, processes: Processes) -> torch.Tensor:
    """Sum a tensor over all processes, in the order of their ranks.

    Args:
        tensor: Of the same shape and type in all processes.
        processes: Rank of this process and number of all.

    Returns:
        The sum, equal in every process to the last bit.
    """
    if processes.world == 1:
        return tensor.detach().clone()
    dense = tensor.detach().contiguous()
    parts = [torch.empty_like(dense) for _ in range(processes.world)]
    distributed.all_gather(parts, dense)
    return torch.stack(parts).sum(dim=0)
