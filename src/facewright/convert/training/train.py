"""Train two translators, one for each direction between two sets of pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from facewright.convert.training.cyclegan import CycleGAN
from facewright.convert.training.options import TranslatorTrainOptions
from facewright.convert.training.plan import Styles, plan_translation
from facewright.convert.training.snapshots import Samples, TranslationArchive
from facewright.datasets.feed import Feed
from facewright.datasets.sampler import InfiniteSampler
from facewright.device import configure_cuda, to_tensor
from facewright.errors import TrainingError
from facewright.faces.similarity.features import FaceFeatures
from facewright.training.checkpoint import load_latest
from facewright.training.distributed import Processes
from facewright.training.names import snapshot_path
from facewright.training.run import (
    NetworksTrainer,
    Schedule,
    check_same_options,
    hold_run,
    run_training,
)
from facewright.types import Json

_FREE = {"name", "kimg", "snap", "tick_kimg"}  # may change when a run goes on
_HINT = "use the same to go on, or another --outdir"


@dataclass(frozen=True, slots=True)
class _Run(NetworksTrainer):
    """Two translators in training, as a `Trainer` of the training loop."""

    networks: CycleGAN
    feeds: Sequence[Feed]
    samples: Samples
    archive: TranslationArchive
    advice: str = "try a smaller --lr"

    def step(self) -> None:
        """Train all networks on the next batch of both styles."""
        a, b = (to_tensor(feed.take()[0], self.device, torch.float32) for feed in self.feeds)
        self.networks.step(a, b)

    def measure(self) -> dict[str, float]:
        """Return nothing beyond the losses."""
        return {}

    def report(self) -> None:
        """Write samples of both directions."""
        self.archive.save_samples(self.samples.draw(self.networks), self.images)

    def save(self) -> None:
        """Write weights and a checkpoint."""
        self.archive.save_weights(self.networks)
        first, second = (feed.position for feed in self.feeds)
        self.archive.save_checkpoint(self.networks, (first, second))


def train_translator(  # noqa: PLR0913
    styles: Styles,
    outdir: Path,
    options: TranslatorTrainOptions,
    *,
    device: torch.device,
    processes: Processes | None = None,
    features: FaceFeatures | None = None,
    version: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train two translators, one for each direction, or continue their training.

    A run that was stopped continues from its newest checkpoint; on one CPU process the result is
    the same to the last bit as if it had never stopped. With another `kimg` it has the learning
    rate that a run of that length would have at that point.

    Args:
        styles: The training data.
        outdir: The folder of the run: samples, weights, checkpoints and logs.
        options: Options of the training.
        device: The device that computes.
        processes: Rank of this process and number of all; None is a single process.
        features: Frozen network for the discriminators, if the options name one.
        version: Version of Facewright, for the manifests of samples.
        clock: Returns seconds.

    Returns:
        The file of the newest weights: both directions in one bundle.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the losses are no longer
            finite.
    """
    processes = processes or Processes()
    plan = plan_translation(styles, options, device, world=processes.world)
    config, saved = plan.config, _write_down(options, outdir)
    if config.dtype == torch.float32:
        configure_cuda(device, repeatable=False)
    with ExitStack() as held:
        held.enter_context(hold_run(outdir, processes))
        name = str(saved["name"])
        archive = TranslationArchive(
            outdir, styles, name, saved, device=device.type, version=version
        )

        # The networks, as they start or as they were.
        networks = CycleGAN(
            plan.translator,
            plan.discriminator,
            config,
            seed=options.seed,
            device=device,
            processes=processes,
            features=features,
        )
        samplers = [
            InfiniteSampler(
                len(dataset),
                seed=2 * options.seed + n,
                rank=processes.rank,
                world=processes.world,
            )
            for n, dataset in enumerate((styles.a, styles.b))
        ]
        notes = list[str]()
        earlier: Any = load_latest(outdir, note=notes.append)
        if earlier is not None:
            _check_same(earlier[1], saved, styles, outdir)
            networks.load(earlier[1]["networks"])
            for sampler, position in zip(samplers, earlier[1]["positions"], strict=True):
                sampler.position = position
        networks.share()

        # What there is to see before the first step.
        samples = Samples(styles, seed=options.seed)
        if processes.first:
            archive.tidy(None if earlier is None else networks.images)
            if networks.images == 0:
                archive.save_samples(samples.draw(networks), 0)

        feeds = [
            held.enter_context(Feed(dataset, sampler, config.batch))
            for dataset, sampler in zip((styles.a, styles.b), samplers, strict=True)
        ]
        tick = max(round(options.tick_kimg * 1000), 1)
        run_training(
            _Run(networks, feeds, samples, archive),
            outdir,
            Schedule(config.total, tick, options.snap),
            processes=processes,
            notes=notes,
            clock=clock,
        )
    return snapshot_path(outdir, networks.images)


def _write_down(options: TranslatorTrainOptions, outdir: Path) -> dict[str, Json]:
    """Return the options as they are recorded, with the name of the run."""
    saved: dict[str, Json] = asdict(options)
    saved["name"] = options.name or outdir.resolve().name.replace(":", "-")
    return saved


def _check_same(
    earlier: Mapping[str, Any], options: dict[str, Json], styles: Styles, outdir: Path
) -> None:
    """Raise if a folder holds a run with other options or on other pictures."""
    check_same_options(earlier["options"], options, outdir, free=_FREE, hint=_HINT)
    if earlier["datasets"] != [styles.a.sha256, styles.b.sha256]:
        raise TrainingError(
            f"{outdir} holds a run on other pictures than {styles.a.name} and {styles.b.name}, "
            "or they have changed since",
            hint=_HINT,
        )
