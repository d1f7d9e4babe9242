"""Train StyleGAN 1: from a dataset to the folder of a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from facewright.datasets.dataset import Dataset
from facewright.datasets.feed import Feed
from facewright.datasets.sampler import InfiniteSampler
from facewright.device import configure_cuda, seeded, to_images, to_tensor
from facewright.errors import TrainingError
from facewright.gan.training.progressive.options import StyleGAN1Options
from facewright.gan.training.progressive.plan import plan_progressive
from facewright.gan.training.progressive.steps import ProgressiveTrainer, fit_reals
from facewright.gan.training.snapshots import Archive, load_run
from facewright.media.drawing.sheets import contact_sheet
from facewright.training.checkpoint import latest_checkpoint
from facewright.training.distributed import Processes, broadcast_module
from facewright.training.names import format_kimg, snapshot_path
from facewright.training.run import (
    NetworksTrainer,
    Schedule,
    Tick,
    check_same_options,
    hold_run,
    iterate_training,
)
from facewright.types import Image

TASK = "train stylegan1"
_FREE = {"kimg", "snap", "tick_kimg", "continue"}  # may change when a run goes on
_CHUNK = 16  # pictures that are drawn at a time
_PSI = 0.7  # of truncation, on sheets


def iterate_stylegan1(  # noqa: PLR0913
    dataset: Dataset,
    outdir: Path,
    options: StyleGAN1Options,
    *,
    device: torch.device,
    processes: Processes | None = None,
    version: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Tick, None, Path]:
    """Train a StyleGAN 1, or continue its training, one report at a time.

    Karras et al. 2019, "A style-based generator architecture for generative adversarial networks";
    grown as in Karras et al. 2018. A run that was stopped continues from its newest checkpoint,
    in the middle of a fade-in too; on one CPU process the result is the same to the last bit as if
    it had never stopped.

    Args:
        dataset: What to learn from; its labels are not used.
        outdir: The folder of the run: pictures, weights, checkpoints and logs.
        options: Options of the training.
        device: The device that computes.
        processes: Rank of this process and number of all; None is a single process.
        version: Version of Facewright, for the manifests of pictures.
        clock: Returns seconds.

    Yields:
        Each report, once its files are written.

    Returns:
        The file of the newest weights.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the losses are no longer
            finite.
    """
    processes, dataset = processes or Processes(), dataset.unlabelled()
    plan = plan_progressive(dataset, options, device, world=processes.world)
    if plan.dtype == torch.float32:
        configure_cuda(device, repeatable=False)
    with ExitStack() as held:
        held.enter_context(hold_run(outdir, processes))
        if not options.continue_ and latest_checkpoint(outdir) is not None:
            raise TrainingError(
                f"{outdir} holds a run", hint="use another `outdir`, or let `continue` be true"
            )
        archive = Archive(
            outdir, dataset, options.to_json(), device=device.type, version=version, task=TASK
        )

        # The networks, as they start or as they were.
        trainer = ProgressiveTrainer(plan, seed=options.seed, device=device, processes=processes)
        sampler = InfiniteSampler(
            len(dataset), seed=options.seed, rank=processes.rank, world=processes.world
        )
        notes = list[str]()
        earlier: Any = load_run(outdir, note=notes.append)
        if earlier is not None:
            _check_same_run(earlier, archive)
            trainer.load(earlier["contest"])
            sampler.position = earlier["position"]
        for network in trainer.modules():
            broadcast_module(network, processes)

        # What there is to see before the first step.
        gallery = _Gallery(dataset, plan.generator.resolution, options)
        if processes.first:
            archive.tidy(None if earlier is None else trainer.images)
        if processes.first and trainer.images == 0:
            archive.save_sheet("reals.png", gallery.draw_reals(dataset))
            archive.save_sheet("fakes_init.png", gallery.draw_fakes(trainer))

        feed = held.enter_context(Feed(dataset, sampler, trainer.phase.batch))
        yield from iterate_training(
            _Run(trainer, feed, gallery, archive),
            outdir,
            Schedule.of_kimg(options.kimg, options.tick_kimg, options.snap),
            processes=processes,
            notes=notes,
            clock=clock,
        )
    return snapshot_path(outdir, trainer.images)


@dataclass(slots=True)
class _Run(NetworksTrainer):
    """A StyleGAN 1 in training, as a `Trainer` of the training loop."""

    networks: ProgressiveTrainer
    feed: Feed
    gallery: _Gallery
    archive: Archive
    batch: int = 0
    """Number of pictures in the last step."""
    advice: str = "try a larger --gamma or a smaller --lr"

    def step(self) -> None:
        """Train both networks on the next batch."""
        self.batch = self.networks.phase.batch
        pictures, _, _ = self.feed.take(self.batch)
        self.networks.step(to_tensor(pictures, self.device, torch.float32))

    def measure(self) -> dict[str, float]:
        """Return the resolution and its blend."""
        return {"resolution": self.networks.resolution, "alpha": self.networks.alpha}

    def report(self) -> None:
        """Write pictures."""
        name = f"fakes-{format_kimg(self.images)}.png"
        sheet = self.gallery.draw_fakes(self.networks)
        self.archive.save_sheet(name, sheet, images=self.images)

    def save(self) -> None:
        """Write weights and a checkpoint."""
        self.archive.save_weights(self.networks)
        self.archive.save_checkpoint(self.networks, self.feed.position)


class _Gallery:
    """Sheets of the same latents over a run, at the final size, which show its progress.

    Args:
        dataset: Gives the real pictures.
        resolution: The final resolution in pixels.
        options: `seed` decides which pictures and latents.
    """

    def __init__(self, dataset: Dataset, resolution: int, options: StyleGAN1Options) -> None:
        self.columns = min(max(1024 // resolution, 2), 8)
        self.resolution, count = resolution, 4 * self.columns
        rng = seeded(options.seed)
        chosen = torch.randperm(len(dataset), generator=rng)[:count].tolist()
        self.indices = [chosen[i % len(chosen)] for i in range(count)]
        self.z = torch.randn(count, options.z_dim, generator=rng)

    def draw_reals(self, dataset: Dataset) -> Image:
        """Return a sheet of real pictures."""
        reals = to_tensor(dataset.images(self.indices), torch.device("cpu"), torch.float32)
        return contact_sheet(
            list(to_images(fit_reals(reals, self.resolution, 1.0))), columns=self.columns
        )

    @torch.no_grad()
    def draw_fakes(self, trainer: ProgressiveTrainer) -> Image:
        """Return a sheet of pictures by the averaged generator, enlarged to the final size."""
        generator, device = trainer.G_ema, trainer.device
        parts = [
            to_images(generator(z.to(device), truncation_psi=_PSI)) for z in self.z.split(_CHUNK)
        ]
        factor = self.resolution // trainer.resolution
        pictures = np.concatenate(parts).repeat(factor, axis=1).repeat(factor, axis=2)
        return contact_sheet(list(pictures), columns=self.columns)


def _check_same_run(earlier: Any, archive: Archive) -> None:
    """Raise if a folder holds a run with other options, or on other pictures."""
    check_same_options(earlier["options"], archive.options, archive.outdir, free=_FREE)
    before, dataset = earlier["dataset"], archive.dataset
    if (before["sha256"], before["resolution"]) != (dataset.sha256, dataset.resolution):
        raise TrainingError(
            f"{archive.outdir} holds a run with another dataset than {dataset.name}, or it has "
            "changed since",
            hint="use the same dataset to go on, or another --outdir",
        )
