"""The training loop of all trainers, with its reports and snapshots."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from facewright.errors import TrainingError
from facewright.training.distributed import Processes, all_gather_sum
from facewright.training.lock import lock_run
from facewright.training.log import Averages, TrainingLog, peak_memory
from facewright.training.names import format_kimg
from facewright.training.stop import StopSignal
from facewright.types import Json

_NOTICE = "finishing this step, then writing a checkpoint; press Ctrl-C again to stop at once"


class Networks(Protocol):
    """Networks in training, as far as the training loop asks for them."""

    @property
    def images(self) -> int:
        """Number of examples that they have seen, in all processes together."""

    @property
    def device(self) -> torch.device:
        """The device that computes."""

    @property
    def averages(self) -> Averages:
        """Losses and other values since the last report; NaN and infinities end the run."""


class Trainer(Networks, Protocol):
    """Networks in training, their examples, and the files of their run."""

    @property
    def advice(self) -> str:
        """What to try if a loss is no longer finite, for the error message."""

    def step(self) -> None:
        """Train on the next batch."""

    def measure(self) -> dict[str, float]:
        """Return further values of a report, by name; called in all processes."""

    def report(self) -> None:
        """Write files that go with a report; called in the first process."""

    def save(self) -> None:
        """Write weights, pictures and a checkpoint; called in the first process."""


class NetworksTrainer:
    """The part of a `Trainer` that its networks answer."""

    networks: Networks
    __slots__ = ()

    @property
    def images(self) -> int:
        """Number of examples that the networks have seen."""
        return self.networks.images

    @property
    def device(self) -> torch.device:
        """The device of the networks."""
        return self.networks.device

    @property
    def averages(self) -> Averages:
        """Losses and more since the last report."""
        return self.networks.averages


@dataclass(frozen=True, slots=True)
class Schedule:
    """Length of a run, and intervals of reports and snapshots."""

    total: int
    """Number of examples after which the run ends."""
    tick: int
    """Number of examples between two reports, at least 1."""
    snap: int
    """Number of reports between two snapshots; there is one at the end too."""

    @classmethod
    def of_kimg(cls, kimg: float, tick_kimg: float, snap: int) -> Schedule:
        """Return a schedule whose length and reports are given in thousands of examples."""
        return cls(round(kimg * 1000), max(round(tick_kimg * 1000), 1), snap)


@dataclass(frozen=True, slots=True)
class Tick:
    """A report of a run."""

    images: int
    """Number of examples that the networks have seen."""
    values: Mapping[str, float]
    """Losses and other values by name, averaged since the last report."""
    done: bool
    """Whether it is the last report."""


def run_training(
    trainer: Trainer,
    outdir: Path,
    schedule: Schedule,
    *,
    processes: Processes | None = None,
    notes: Sequence[str] = (),
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run `iterate_training` to its end."""
    ticks = iterate_training(
        trainer, outdir, schedule, processes=processes, notes=notes, clock=clock
    )
    for _ in ticks:
        pass


def finish(ticks: Generator[Tick, None, Path]) -> Path:
    """Run an iterator of reports to its end, and return its result: the newest weights."""
    while True:
        try:
            next(ticks)
        except StopIteration as end:
            return Path(end.value)


def iterate_training(
    trainer: Trainer,
    outdir: Path,
    schedule: Schedule,
    *,
    processes: Processes | None = None,
    notes: Sequence[str] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Tick]:
    """Train until the schedule ends or a signal asks the run to stop.

    If the iterator is abandoned, training stops without a checkpoint.

    Args:
        trainer: New, or restored from its last checkpoint.
        outdir: The folder of the run, locked by `hold_run`.
        schedule: Length of the run, and intervals of reports and snapshots.
        processes: Rank of this process and number of all; None is a single process.
        notes: Lines to print first.
        clock: Returns seconds.

    Yields:
        Each report, once its files are written.

    Raises:
        TrainingError: A value is no longer finite.
    """
    processes = processes or Processes()
    with contextlib.ExitStack() as held:
        stop = held.enter_context(StopSignal(_NOTICE if processes.first else ""))
        log = None
        if processes.first:
            log = TrainingLog(outdir, total=schedule.total, images=trainer.images, clock=clock)
            held.enter_context(log)
            for text in notes:
                log.note(text)
        ticks, stopping = 0, False
        while trainer.images < schedule.total and not stopping:
            before = trainer.images // schedule.tick
            trainer.step()
            if log:
                log.advance(trainer.images)

            stopping = _is_wanted(stop, trainer.device, processes)
            done = trainer.images >= schedule.total or stopping
            if trainer.images // schedule.tick == before and not done:
                continue

            # A report, and with each so many-th a snapshot.
            values = trainer.averages.take(processes)
            _check_finite(values, outdir, trainer.advice)
            values |= trainer.measure()
            if log:
                log.write(trainer.images, {**values, "memory_GiB": peak_memory(trainer.device)})
                trainer.report()
            ticks += 1
            if processes.first and (done or ticks % schedule.snap == 0):
                trainer.save()
            yield Tick(trainer.images, values, done)
        if log and stopping:
            seen = format_kimg(trainer.images, width=1)
            log.note(f"stopped at {seen} kimg; the same command goes on")


def hold_run(outdir: Path, processes: Processes) -> contextlib.AbstractContextManager[None]:
    """Lock the folder of a run, so that no other run writes into it.

    Args:
        outdir: The folder; it is made.
        processes: Rank of this process and number of all; only the first one locks.

    Raises:
        TrainingError: Another run is active there, or it cannot be written.
    """
    return lock_run(outdir) if processes.first else contextlib.nullcontext()


def check_same_options(
    earlier: Mapping[str, Json],
    now: Mapping[str, Json],
    outdir: Path,
    *,
    free: Collection[str],
    hint: str = "use the same options to go on, or another --outdir",
) -> None:
    """Raise if a folder holds a run with other options.

    Args:
        earlier: Options of the run in the folder, by name; missing ones count as equal.
        now: The options given.
        outdir: The folder of the run.
        free: Options that may change when a run continues.
        hint: Hint of the error.

    Raises:
        TrainingError: An option that is not in `free` has changed.
    """
    compared = sorted(now.keys() & earlier.keys() - set(free))
    changed = [name for name in compared if earlier[name] != now[name]]
    if changed:
        was = ", ".join(f"{name} {earlier[name]}" for name in changed)
        raise TrainingError(f"{outdir} holds a run with other options: {was}", hint=hint)


def _is_wanted(stop: StopSignal, device: torch.device, processes: Processes) -> bool:
    """Return whether any of the processes was asked to stop."""
    if processes.world == 1:
        return stop.requested
    wish = torch.tensor(float(stop.requested), device=device)
    return bool(all_gather_sum(wish, processes) > 0)


def _check_finite(values: Mapping[str, float], outdir: Path, advice: str) -> None:
    """Raise if an average is no longer finite."""
    lost = [name for name, value in values.items() if not math.isfinite(value)]
    if lost:
        raise TrainingError(
            f"{', '.join(lost)} is not a number any more",
            hint=f"the last checkpoint in {outdir} is sound; {advice}",
        )
