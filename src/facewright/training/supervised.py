"""Train one network to minimise an objective: AdamW, a cosine, averaged weights, checkpoints."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import torch
from torch import nn

from facewright.device import has_fast_bfloat16
from facewright.errors import InputError, TrainingError
from facewright.training.checkpoint import (
    checkpoint_path,
    flatten_state,
    load_latest,
    prune_checkpoints,
    save_checkpoint,
)
from facewright.training.ema import update_ema
from facewright.training.lock import lock_run
from facewright.training.log import Averages
from facewright.training.options import SupervisedOptions
from facewright.training.run import Schedule, check_same_options, run_training

_FREE = {"kimg", "tick_kimg", "threads"}  # may change when a run goes on
_SNAP = 4  # reports between two checkpoints
_WARM_STEPS = 200
_NORM_EXAMPLES, _NORM_BATCH = 1024, 64
_LARGEST_GRADIENT = 10.0


class Objective(Protocol):
    """What a network learns: its examples, and the loss to minimise."""

    def build(self) -> nn.Module:
        """Return the network as it starts."""

    def prepare(self, first: int, count: int) -> Any:
        """Make the examples number `first` and after; may run in another thread."""

    def measure(self, network: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Return the parts of the loss, whose sum is to fall."""


@runtime_checkable
class Learning(Protocol):
    """An objective that changes while it teaches, such as one with a discriminator."""

    def state(self) -> dict[str, Any]:
        """Return everything that changes during training."""

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""


Write: TypeAlias = Callable[[Path, nn.Module, int], None]
"""Writes weights, and what else shows how far a run is: the file of the weights, the averaged
network, which is the writer's own, and how many examples it has seen."""


def train_network(
    objective: Objective,
    outdir: Path,
    options: SupervisedOptions,
    *,
    write: Write,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train a network, or continue its training.

    A run that was stopped continues from its newest checkpoint, and ends with the same weights.
    One that has ended goes on with a larger `kimg`: with the learning rate that a run of that
    length would have by then.

    Args:
        objective: What to learn.
        outdir: The folder of the run.
        options: How.
        write: Is called with every fourth report and at the end, after `recompute_norms`.
        device: The device that computes.
        clock: Returns seconds.

    Returns:
        The file of the weights, averaged over the end of the run.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.
    """
    _check(options)
    schedule = Schedule(
        round(options.kimg * 1000), max(round(options.tick_kimg * 1000), options.batch), _SNAP
    )
    with ExitStack() as held:
        held.enter_context(lock_run(outdir))
        trainer, notes = _Supervised(objective, options, outdir, write, device), list[str]()
        earlier = load_latest(outdir, note=notes.append)
        if earlier is not None:
            trainer.load(earlier[1])
        pool = held.enter_context(ThreadPoolExecutor(options.threads))
        trainer.ahead = _Ahead(objective, pool, options, trainer.images, schedule.total)
        run_training(trainer, outdir, schedule, notes=notes, clock=clock)
    return trainer.weights


class _Supervised:
    """A network in training, its average and its optimiser."""

    advice = "try a smaller --lr"

    def __init__(
        self,
        objective: Objective,
        options: SupervisedOptions,
        outdir: Path,
        write: Write,
        device: torch.device,
    ) -> None:
        self.network = _lay_out(objective.build(), device).train()
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.adam = torch.optim.AdamW(
            self.network.parameters(), lr=options.lr, weight_decay=options.weight_decay
        )
        self.images, self.batch, self.averages = 0, options.batch, Averages()
        self.weights = outdir / "weights.safetensors"
        self.ahead: _Ahead
        self._objective, self._options, self._outdir = objective, options, outdir
        self._write, self.device = write, device
        self._total = round(options.kimg * 1000)

    def step(self) -> None:
        """Learn from the next examples."""
        batch = self.ahead.take()
        for group in self.adam.param_groups:
            group["lr"] = self._options.lr * _schedule(self.images, self._total, self.batch)
        fast = has_fast_bfloat16(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=fast):
            parts = self._objective.measure(self.network, batch)
        loss = torch.stack([part.float() for part in parts.values()]).sum()
        self.adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _LARGEST_GRADIENT)
        self.adam.step()
        self.images += self.batch
        half_life = min(self._total / 100, self.images / 8)
        update_ema(
            self.average, self.network, images=self.images, batch=self.batch, half_life=half_life
        )
        for name, value in {"loss": loss, **parts}.items():
            self.averages.add(name, value)

    def measure(self) -> dict[str, float]:
        """Return nothing beyond the parts of the loss."""
        return {}

    def report(self) -> None:
        """Write nothing: weights come with snapshots."""

    def save(self) -> None:
        """Write a checkpoint and the averaged weights."""
        states = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "adam": self.adam.state_dict(),
        }
        if isinstance(self._objective, Learning):
            states["objective"] = self._objective.state()
        saved = {**states, "options": asdict(self._options), "images": self.images}
        save_checkpoint(checkpoint_path(self._outdir, self.images), *flatten_state(saved))
        prune_checkpoints(self._outdir)
        average = copy.deepcopy(self.average)
        examples = min(self.images, _NORM_EXAMPLES)  # a short run is not longer for it
        recompute_norms(average, self._objective, examples=examples)
        self._write(self.weights, average, self.images)

    def load(self, earlier: Any) -> None:
        """Take over a checkpoint."""
        check_same_options(earlier["options"], asdict(self._options), self._outdir, free=_FREE)
        try:
            self.network.load_state_dict(earlier["network"])
            self.average.load_state_dict(earlier["average"])
        except RuntimeError:
            raise TrainingError(
                f"{self._outdir} holds a run of a network that is built differently now",
                hint="another --outdir begins anew",
            ) from None
        self.adam.load_state_dict(earlier["adam"])
        if isinstance(self._objective, Learning):
            self._objective.load(earlier["objective"])
        self.images = int(earlier["images"])


class _Ahead:
    """Batch after batch, made while the network learns from the one before."""

    def __init__(
        self,
        objective: Objective,
        pool: ThreadPoolExecutor,
        options: SupervisedOptions,
        images: int,
        total: int,
    ) -> None:
        self._objective, self._pool, self._batch = objective, pool, options.batch
        self._next, self._total = images, total
        self._waiting: list[Future[Any]] = []
        for _ in range(options.threads + 1):
            self._begin()

    def take(self) -> Any:
        """Return the next batch."""
        batch = self._waiting.pop(0).result()
        self._begin()
        return batch

    def _begin(self) -> None:
        """Ask for one more, if the run goes on so long."""
        if self._next < self._total:
            self._waiting.append(
                self._pool.submit(self._objective.prepare, self._next, self._batch)
            )
            self._next += self._batch


def _lay_out(network: nn.Module, device: torch.device) -> nn.Module:
    """Move a network, with its channels last, as convolutions on a CPU like them."""
    return network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


@torch.no_grad()
def recompute_norms(
    network: nn.Module, objective: Objective, *, examples: int = _NORM_EXAMPLES
) -> nn.Module:
    """Measure what batch normalisation has to know anew, in place.

    Averaged weights need averages of their own: those of the network in training do not fit them
    (Izmailov et al. 2018, "Averaging weights leads to wider optima").

    Args:
        network: With averaged weights.
        objective: Examples before the first one of any run are taken from it.
        examples: How many, at least 1; above 64, in whole batches of 64.

    Returns:
        The same network.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all that follow
    network.train()
    size = min(examples, _NORM_BATCH)
    for step in range(math.ceil(examples / size)):
        objective.measure(network, objective.prepare(-(step + 1) * size, size))
    return network.eval()


def _schedule(images: int, total: int, batch: int) -> float:
    """Return the learning rate in parts of the highest: a short rise, then a cosine to zero."""
    rise = min(1.0, (images + batch) / (_WARM_STEPS * batch))
    return rise * 0.5 * (1 + math.cos(math.pi * min(images / max(total, 1), 1.0)))


def _check(options: SupervisedOptions) -> None:
    """Raise if an option is invalid."""
    for name, least in (("kimg", 0), ("batch", 1), ("lr", 0), ("tick_kimg", 0), ("threads", 1)):
        value = getattr(options, name)
        if not (math.isfinite(value) and value >= least and value > 0):
            raise InputError(
                f"--{name.replace('_', '-')} {value} is invalid",
                hint=f"a number from {least} on" if least else "a number above 0",
            )
    if not (math.isfinite(options.weight_decay) and options.weight_decay >= 0):
        raise InputError(
            f"--weight-decay {options.weight_decay} is invalid",
            hint="a number from 0 on; 0 lets weights grow as they like",
        )
