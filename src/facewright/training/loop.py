"""Teach one network, example after example: the loop, its checkpoints and its averaged weights."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

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
from facewright.training.log import Averages, TrainingLog, peak_memory
from facewright.training.stop import StopSignal
from facewright.types import Json

_NOTICE = "finishing this step, then writing a checkpoint; press Ctrl-C again to stop at once"
_FREE = {"kimg", "tick_kimg", "threads"}  # may change when a run goes on
_WARM_STEPS = 200
_NORM_STEPS, _NORM_BATCH = 16, 64
_LARGEST_GRADIENT = 10.0


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How to teach a network."""

    kimg: float = 1000.0
    """Thousands of examples to see; the learning rate falls to zero until then."""
    batch: int = 32
    """Examples in a step."""
    lr: float = 0.002
    """The highest learning rate, of AdamW."""
    seed: int = 0
    """Of the first weights and of every example."""
    tick_kimg: float = 10.0
    """Thousands of examples between two reports; each fourth leaves a checkpoint."""
    threads: int = 1
    """How many threads make examples while the network learns."""
    weight_decay: float = 0.01
    """How strongly AdamW keeps weights small."""


class Objective(Protocol):
    """What a network is taught."""

    def build(self) -> nn.Module:
        """Return the network as it starts."""

    def prepare(self, first: int, count: int) -> Any:
        """Make the examples number `first` and after; may run in another thread."""

    def measure(self, network: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Return the parts of the loss, whose sum is to fall."""


Write: TypeAlias = Callable[[Path, nn.Module, int], None]
"""Writes weights, and what else shows how far a run is: the file of the weights, the averaged
network, which is the writer's own, and how many examples it has seen."""


def train_network(  # noqa: PLR0912 - the loop in plain sight
    objective: Objective,
    outdir: Path,
    options: TrainingOptions,
    *,
    write: Write,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train, or go on training, a network.

    A run that was stopped goes on where its newest checkpoint is, and ends with the same weights.
    One that has ended goes on with a larger `kimg`: with the learning rate that a run of that
    length would have by then.

    Args:
        objective: What to teach.
        outdir: The folder of the run.
        options: How.
        write: Is called with every fourth report and at the end, after `recompute_norms`.
        device: Where to compute.
        clock: Returns seconds.

    Returns:
        The file of the weights, averaged over the end of the run.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.
    """
    _check(options)
    total, saved = round(options.kimg * 1000), asdict(options)
    weights = outdir / "weights.safetensors"
    tick_images = max(round(options.tick_kimg * 1000), options.batch)
    with ExitStack() as held:
        held.enter_context(lock_run(outdir))

        # The network, as it starts or as it was.
        network = _lay_out(objective.build(), device).train()
        average = copy.deepcopy(network).eval().requires_grad_(False)
        adam = torch.optim.AdamW(
            network.parameters(), lr=options.lr, weight_decay=options.weight_decay
        )
        images, notes = 0, list[str]()
        earlier = load_latest(outdir, note=notes.append)
        if earlier is not None:
            images = _restore(earlier[1], saved, outdir, (network, average, adam))

        # The loop. One tick is a report; every fourth leaves weights and a checkpoint.
        stop = held.enter_context(StopSignal(_NOTICE))
        log = held.enter_context(TrainingLog(outdir, total=total, images=images, clock=clock))
        for text in notes:
            log.note(text)
        pool = held.enter_context(ThreadPoolExecutor(options.threads))
        ahead = _Ahead(objective, pool, options, images, total)
        averages, ticks, done = Averages(), 0, images >= total
        while not done:
            batch = ahead.take()
            for group in adam.param_groups:
                group["lr"] = options.lr * _schedule(images, total, options.batch)
            with torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bfloat16(device)):
                parts = objective.measure(network, batch)
            loss = torch.stack([part.float() for part in parts.values()]).sum()
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
            adam.step()
            images += options.batch
            half_life = min(total / 100, images / 8)
            update_ema(average, network, images=images, batch=options.batch, half_life=half_life)
            for name, value in {"loss": loss, **parts}.items():
                averages.add(name, value)
            log.advance(images)

            done = images >= total or stop.requested
            if images // tick_images == (images - options.batch) // tick_images and not done:
                continue
            values = averages.take()
            if not math.isfinite(values["loss"]):
                raise TrainingError("the loss is not a number any more", hint="try a smaller --lr")
            log.write(images, {**values, "memory_GiB": peak_memory(device)})
            ticks += 1
            if ticks % 4 and not done:
                continue
            _save_run(outdir, images, saved, (network, average, adam))
            write(weights, recompute_norms(copy.deepcopy(average), objective), images)
        if stop.requested:
            log.note(f"stopped at {images / 1000:.1f} kimg; the same command goes on")
    return weights


class _Ahead:
    """Batch after batch, made while the network learns from the one before."""

    def __init__(
        self,
        objective: Objective,
        pool: ThreadPoolExecutor,
        options: TrainingOptions,
        images: int,
        total: int,
    ) -> None:
        self._lesson, self._pool, self._batch = objective, pool, options.batch
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
            self._waiting.append(self._pool.submit(self._lesson.prepare, self._next, self._batch))
            self._next += self._batch


_Parts = tuple[nn.Module, nn.Module, torch.optim.Optimizer]


def _lay_out(network: nn.Module, device: torch.device) -> nn.Module:
    """Move a network, with its channels last, as convolutions on a CPU like them."""
    return network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def _save_run(outdir: Path, images: int, options: dict[str, Json], parts: _Parts) -> None:
    """Write a checkpoint."""
    network, average, adam = parts
    states = {
        "network": network.state_dict(),
        "average": average.state_dict(),
        "adam": adam.state_dict(),
    }
    tensors, state = flatten_state({**states, "options": options, "images": images})
    save_checkpoint(checkpoint_path(outdir, images), tensors, state)
    prune_checkpoints(outdir)


def _restore(earlier: Any, options: dict[str, Json], outdir: Path, parts: _Parts) -> int:
    """Take over a checkpoint; return how many examples it has seen."""
    then = {**options, **earlier["options"]}  # an earlier version may not have known an option
    changed = [k for k in options if k not in _FREE and then[k] != options[k]]
    if changed:
        was = ", ".join(f"{name} {then[name]}" for name in changed)
        raise TrainingError(
            f"{outdir} holds a run with other options: {was}",
            hint="use the same options to go on, or another --outdir",
        )
    network, average, adam = parts
    try:
        network.load_state_dict(earlier["network"])
        average.load_state_dict(earlier["average"])
    except RuntimeError:
        raise TrainingError(
            f"{outdir} holds a run of a network that is built differently now",
            hint="another --outdir begins anew",
        ) from None
    adam.load_state_dict(earlier["adam"])
    return int(earlier["images"])


@torch.no_grad()
def recompute_norms(network: nn.Module, objective: Objective) -> nn.Module:
    """Measure what batch normalisation has to know anew, in place.

    Averaged weights need averages of their own: those of the network in training do not fit them
    (Izmailov et al. 2018, "Averaging weights leads to wider optima").

    Args:
        network: With averaged weights.
        objective: Examples before the first one of any run are taken from it.

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
    for step in range(_NORM_STEPS):
        batch = objective.prepare(-(step + 1) * _NORM_BATCH, _NORM_BATCH)
        objective.measure(network, batch)
    return network.eval()


def _schedule(images: int, total: int, batch: int) -> float:
    """Return the learning rate in parts of the highest: a short rise, then a cosine to zero."""
    rise = min(1.0, (images + batch) / (_WARM_STEPS * batch))
    return rise * 0.5 * (1 + math.cos(math.pi * min(images / max(total, 1), 1.0)))


def _check(options: TrainingOptions) -> None:
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
