"""Run a trainer from step to step: the one loop of all trainers, with its reports and snapshots."""

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


class Trainer(Protocol):
    """Networks in training, their examples, and what a run of them leaves behind."""

    @property
    def images(self) -> int:
        """How many examples the networks have seen, in all processes together."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""

    @property
    def averages(self) -> Averages:
        """Losses and other numbers since the last report; NaN and infinities end the run."""

    @property
    def advice(self) -> str:
        """What to try where a loss is not finite any more."""

    def step(self) -> None:
        """Take the next examples, and learn from them."""

    def measure(self) -> dict[str, float]:
        """Return further numbers for a report, by name; called in all processes."""

    def report(self) -> None:
        """Write what shows progress beside the numbers; called in the first process."""

    def save(self) -> None:
        """Write weights, pictures and a checkpoint; called in the first process."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a run is, and when it reports and saves."""

    total: int
    """Stop after so many examples."""
    tick: int
    """Report each time that so many more examples were seen, at least 1."""
    snap: int
    """Save with each so many-th report, and at the end."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A report of a run."""

    images: int
    """How many examples the networks have seen."""
    values: Mapping[str, float]
    """Losses and other numbers by name, averaged since the last report."""
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
    """Do what `iterate_training` does, to the end."""
    ticks = iterate_training(
        trainer, outdir, schedule, processes=processes, notes=notes, clock=clock
    )
    for _ in ticks:
        pass


def finish(ticks: Generator[Tick, None, Path]) -> Path:
    """Train to the end, and return what the iterator returns: the newest weights."""
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
    """Train until the schedule ends, or somebody wants the run to stop.

    What is not iterated to the end stops in the middle, without a checkpoint of its own.

    Args:
        trainer: As it starts, or as it was when its last checkpoint was written.
        outdir: The folder of the run, which `hold_run` holds.
        schedule: How long, and when to report and save.
        processes: Which of how many processes this is; None is the only one.
        notes: What to print first.
        clock: Returns seconds.

    Yields:
        Each report, once what belongs to it is written.

    Raises:
        TrainingError: A number that is averaged is not finite any more.
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
    """Hold the folder of a run, so that no other run writes into it.

    Args:
        outdir: The folder; it is made.
        processes: Which of how many processes this is: the first one holds it.

    Raises:
        TrainingError: A run is going on there, or it cannot be written.
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
        earlier: Options of the run in the folder, by name; what it does not name counts as equal.
        now: Those that were asked for.
        outdir: The folder of the run.
        free: Options that may change when a run goes on.
        hint: What to do about others.

    Raises:
        TrainingError: Another option than those has changed.
    """
    compared = sorted(now.keys() & earlier.keys() - set(free))
    changed = [name for name in compared if earlier[name] != now[name]]
    if changed:
        was = ", ".join(f"{name} {earlier[name]}" for name in changed)
        raise TrainingError(f"{outdir} holds a run with other options: {was}", hint=hint)


def _is_wanted(stop: StopSignal, device: torch.device, processes: Processes) -> bool:
    """Tell whether any of the processes was asked to stop."""
    if processes.world == 1:
        return stop.requested
    wish = torch.tensor(float(stop.requested), device=device)
    return bool(all_gather_sum(wish, processes) > 0)


def _check_finite(values: Mapping[str, float], outdir: Path, advice: str) -> None:
    """Raise once an average is not a number any more."""
    lost = [name for name, value in values.items() if not math.isfinite(value)]
    if lost:
        raise TrainingError(
            f"{', '.join(lost)} is not a number any more",
            hint=f"the last checkpoint in {outdir} is sound; {advice}",
        )
