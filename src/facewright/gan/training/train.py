"""Train a generator and a discriminator: from a dataset to the folder of a run."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from facewright.datasets.dataset import Dataset
from facewright.datasets.feed import Feed
from facewright.datasets.sampler import InfiniteSampler
from facewright.device import configure_cuda, seeded, to_tensor
from facewright.errors import InputError, TrainingError
from facewright.gan.anchors.find import Anchors
from facewright.gan.anchors.start import start_linear
from facewright.gan.augment.pipeline import PIPES, Augment
from facewright.gan.training.options import TrainOptions
from facewright.gan.training.plan import (
    ARCHITECTURE,
    CHANNEL_MAX,
    Plan,
    is_anchored,
    plan_training,
)
from facewright.gan.training.projected.anchored import AnchorConfig, AnchoredTrainer, Anchoring
from facewright.gan.training.snapshots import Archive, Gallery, load_run
from facewright.gan.training.steps import AdversarialTrainer
from facewright.gan.training.transfer import Start, check_start, transfer
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
from facewright.types import Json

CPU = torch.device("cpu")

_FREE = {"kimg", "snap", "tick_kimg"}  # may change when a run goes on
_MEANT: dict[str, Json] = {"channel_max": CHANNEL_MAX, "generator": ARCHITECTURE}  # by None
_UNNAMED: dict[str, Json] = {
    "balance": None,
    "balance_limit": TrainOptions().balance_limit,
    "soft_border": False,
}
"""Values of older runs, which do not record these options."""
_HINT = "use the same to go on, or another --outdir with --resume to branch off"


@dataclass(frozen=True, slots=True)
class _Run(NetworksTrainer):
    """A generator in training, as a `Trainer` of the training loop."""

    networks: AdversarialTrainer
    feed: Feed
    gallery: Gallery
    archive: Archive
    advice: str = "try a larger --gamma"

    def step(self) -> None:
        """Train both networks on the next batch."""
        pictures, labels, indices = self.feed.take()
        reals = to_tensor(pictures, self.device, torch.float32)
        self.networks.step(reals, labels.to(self.device), indices)

    def measure(self) -> dict[str, float]:
        """Return the probability of augmentation."""
        return {"p": self.networks.p}

    def report(self) -> None:
        """Write nothing: pictures come with snapshots."""

    def save(self) -> None:
        """Write pictures, weights and a checkpoint."""
        name = f"fakes-{format_kimg(self.images)}.png"
        self.archive.save_sheet(name, self.gallery.draw_fakes(self.networks), images=self.images)
        self.archive.save_weights(self.networks)
        self.archive.save_checkpoint(self.networks, self.feed.position)


def iterate_generator(  # noqa: PLR0913
    dataset: Dataset,
    outdir: Path,
    options: TrainOptions,
    *,
    device: torch.device,
    start: Start | None = None,
    anchoring: Anchoring | None = None,
    processes: Processes | None = None,
    version: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Tick, None, Path]:
    """Train a StyleGAN2 with adaptive augmentation, or continue its training, one report at a time.

    Karras et al. 2020, "Training generative adversarial networks with limited data". A run that
    was stopped continues from its newest checkpoint; on one CPU process the result is the same
    to the last bit as if it had never stopped.

    Args:
        dataset: The training data.
        outdir: The folder of the run: pictures, weights, checkpoints and logs.
        options: Options of the training.
        device: The device that computes.
        start: Weights to start from, "G_ema" and optionally "G" and "D": name → tensor.
        anchoring: Frozen network and anchors; None without anchors and projected heads.
        processes: Rank of this process and number of all; None is a single process.
        version: Version of Facewright, for the manifests of pictures.
        clock: Returns seconds.

    Yields:
        Each report, once its files are written.

    Returns:
        The file of the newest weights.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, the weights to start
            from do not fit, or the losses are not finite any more.
    """
    processes = processes or Processes()
    plan = plan_training(dataset, options, device, world=processes.world)
    if plan.config.dtype == torch.float32:
        configure_cuda(device, repeatable=False)
    if latest_checkpoint(outdir) is None:
        check_start(options, start)
    saved: dict[str, Json] = asdict(options)
    anchors = None if anchoring is None else anchoring.anchors
    with ExitStack() as held:
        held.enter_context(hold_run(outdir, processes))
        archive = Archive(
            outdir,
            dataset,
            saved,
            device=device.type,
            version=version,
            appearance=None if anchors is None else anchors.model,
        )

        # The networks, as they start or as they were.
        trainer = _build_trainer(
            dataset,
            options,
            plan,
            anchoring=anchoring,
            device=device,
            processes=processes,
        )
        sampler = InfiniteSampler(
            len(dataset),
            seed=options.seed,
            rank=processes.rank,
            world=processes.world,
            balance=dataset.balance,
        )
        notes: list[str] = []
        earlier: Any = load_run(outdir, note=notes.append)
        if earlier is not None:
            _check_same_run(earlier["options"], saved, outdir)
            _check_same_dataset(earlier.get("dataset"), dataset, outdir)
            trainer.load(earlier["contest"])
            sampler.position = earlier["position"]
        elif start is not None:
            notes.append(transfer(trainer, start))
        elif anchors is not None:
            _start_from_anchors(trainer, dataset, anchors)
        for network in (trainer.G, trainer.D, trainer.G_ema):
            broadcast_module(network, processes)

        # What is there to see before the first step.
        gallery = Gallery(dataset, seed=options.seed, z_dim=plan.generator.z_dim)
        if processes.first:
            archive.tidy(None if earlier is None else trainer.images)
        if processes.first and trainer.images == 0:
            archive.save_sheet("reals.png", gallery.draw_reals(dataset))
            archive.save_sheet("fakes_init.png", gallery.draw_fakes(trainer))

        feed = held.enter_context(Feed(dataset, sampler, plan.config.batch))
        yield from iterate_training(
            _Run(trainer, feed, gallery, archive),
            outdir,
            Schedule.of_kimg(options.kimg, options.tick_kimg, options.snap),
            processes=processes,
            notes=notes,
            clock=clock,
        )
    return snapshot_path(outdir, trainer.images)


def _build_trainer(
    dataset: Dataset,
    options: TrainOptions,
    plan: Plan,
    *,
    anchoring: Anchoring | None,
    device: torch.device,
    processes: Processes,
) -> AdversarialTrainer:
    """Return the trainer in its initial state."""
    arguments = (plan.generator, plan.discriminator, plan.config)
    named: dict[str, Any] = {
        "labels": dataset.drawn_labels,
        "augment": Augment(PIPES[options.augpipe]),
        "p": options.p if options.aug == "fixed" else 0.0,
        "seed": options.seed,
        "device": device,
        "processes": processes,
    }
    if not is_anchored(options):
        return AdversarialTrainer(*arguments, **named)
    if anchoring is None or (anchoring.anchors is None) != (options.anchor == "none"):
        raise InputError("the options ask for anchors or heads that were not handed over")
    anchors = anchoring.anchors
    config = AnchorConfig(
        anchors=None if anchors is None else anchors.values,
        pixels=options.anchor_pixels,
        features=options.anchor_features,
        projected=0.0 if options.discriminator == "stylegan2" else options.projected_weight,
        colours=options.colour_weight,
        soft_border=options.soft_border,
        warm_images=round(options.anchor_kimg * 1000),
        stylegan2=options.discriminator != "projected",
    )
    return AnchoredTrainer(config, anchoring.backbone, *arguments, **named)


def _start_from_anchors(trainer: AdversarialTrainer, dataset: Dataset, anchors: Anchors) -> None:
    """Initialise the generator as the linear reconstruction of the pictures."""
    config, count = trainer.G.config, len(anchors.values)
    rest = torch.randn(count, config.z_dim - anchors.size, generator=seeded(0))
    small = [
        F.interpolate(
            to_tensor(
                dataset.images(np.arange(first, min(first + 256, count))), CPU, torch.float32
            ),
            (config.linear_rgb, config.linear_rgb),
            mode="area",
        )
        for first in range(0, count, 256)
    ]
    z = torch.cat([anchors.values, rest], 1)
    generator = copy.deepcopy(trainer.G).cpu()
    start_linear(generator, z, dataset.labels, torch.cat(small), anchors=anchors.size)
    for network in (trainer.G, trainer.G_ema):
        network.load_state_dict(generator.state_dict())


def _check_same_run(earlier: dict[str, Json], now: dict[str, Json], outdir: Path) -> None:
    """Raise if a folder holds a run with other options."""
    before = {k: _MEANT.get(k) if v is None else v for k, v in (_UNNAMED | earlier).items()}
    after = {k: _MEANT.get(k) if v is None else v for k, v in now.items()}
    check_same_options(before, after, outdir, free=_FREE, hint=_HINT)


def _check_same_dataset(earlier: dict[str, Json] | None, now: Dataset, outdir: Path) -> None:
    """Raise if a folder holds a run on other pictures, where it says on which."""
    if earlier is None:
        return
    if (earlier["sha256"], earlier["resolution"]) != (now.sha256, now.resolution):
        raise TrainingError(
            f"{outdir} holds a run with another dataset than {now.name}, or it has changed since",
            hint=_HINT,
        )
