"""Train two translators that undo each other: the whole loop, top to bottom."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from facewright.convert.training.cyclegan import CycleGAN
from facewright.convert.training.plan import Styles, TranslatorTrainOptions, plan_translation
from facewright.convert.training.snapshots import Samples, TranslationArchive
from facewright.datasets.feed import Feed
from facewright.datasets.sampler import InfiniteSampler
from facewright.device import configure_cuda, to_tensor
from facewright.errors import TrainingError
from facewright.faces.similarity.features import FaceFeatures
from facewright.training.checkpoint import load_latest
from facewright.training.distributed import Processes, all_gather_sum
from facewright.training.lock import lock_run
from facewright.training.log import TrainingLog, peak_memory
from facewright.training.names import snapshot_path
from facewright.training.stop import StopSignal
from facewright.types import Json

_FREE = {"name", "kimg", "snap", "tick_kimg"}  # may change when a run goes on
_NOTICE = "finishing this step, then writing a checkpoint; press Ctrl-C again to stop at once"
_HINT = "use the same to go on, or another --outdir"


def train_translator(  # noqa: PLR0913, PLR0912 - the loop in plain sight
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
    """Train, or go on training, two translators that undo each other.

    A run that was stopped goes on where its newest checkpoint is; on one CPU process the result is
    the same to the last bit as if it had never stopped. One that goes on with another `kimg` has
    the learning rate that a run of that length would have by then.

    Args:
        styles: What to learn from.
        outdir: The folder of the run: samples, weights, checkpoints and logs.
        options: How to train.
        device: Where to compute.
        processes: Which of how many processes this is; None is the only one.
        features: What the discriminators see in addition to pixels, where the options name it.
        version: Of Facewright, for the manifests of samples.
        clock: Returns seconds.

    Returns:
        The newest weights: both directions in one bundle.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or one that is going on, or the losses are not
            finite any more.
    """
    processes = processes or Processes()
    plan = plan_translation(styles, options, device, world=processes.world)
    config, saved = plan.config, _write_down(options, outdir)
    if config.dtype == torch.float32:
        configure_cuda(device, repeatable=False)
    with ExitStack() as held:
        if processes.first:
            held.enter_context(lock_run(outdir))
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

        # The loop. One tick is a report with samples; every `snap` ticks leave a checkpoint.
        tick_images = max(round(options.tick_kimg * 1000), 1)
        stop = held.enter_context(StopSignal(_NOTICE if processes.first else ""))
        log = None
        if processes.first:
            log = TrainingLog(outdir, total=config.total, images=networks.images, clock=clock)
            held.enter_context(log)
            for text in notes:
                log.note(text)
        feeds = [
            held.enter_context(Feed(dataset, sampler, config.batch))
            for dataset, sampler in zip((styles.a, styles.b), samplers, strict=True)
        ]
        ticks_since_snap, stopping = 0, False
        while networks.images < config.total and not stopping:
            a, b = (to_tensor(feed.take()[0], device, torch.float32) for feed in feeds)
            networks.step(a, b)
            if log:
                log.advance(networks.images)

            stopping = _is_wanted(stop, device, processes)
            done = networks.images >= config.total or stopping
            ticks = networks.images // tick_images
            if ticks == (networks.images - config.batch) // tick_images and not done:
                continue

            # A report.
            values = networks.averages.take(processes)
            _check_finite(values, outdir)
            if log:
                log.write(networks.images, {**values, "memory_GiB": peak_memory(device)})
                archive.save_samples(samples.draw(networks), networks.images)
            ticks_since_snap += 1
            if ticks_since_snap < options.snap and not done:
                continue

            # A snapshot.
            ticks_since_snap = 0
            if processes.first:
                archive.save_weights(networks)
                archive.save_checkpoint(networks, (feeds[0].position, feeds[1].position))
        if log and stopping:
            log.note(f"stopped at {networks.images / 1000:.1f} kimg; the same command goes on")
    return snapshot_path(outdir, networks.images)


def _write_down(options: TranslatorTrainOptions, outdir: Path) -> dict[str, Json]:
    """Return the options as they are kept, with the name that the run has."""
    saved: dict[str, Json] = asdict(options)
    saved["name"] = options.name or outdir.resolve().name.replace(":", "-")
    return saved


def _is_wanted(stop: StopSignal, device: torch.device, processes: Processes) -> bool:
    """Tell whether any of the processes was asked to stop."""
    if processes.world == 1:
        return stop.requested
    wish = torch.tensor(float(stop.requested), device=device)
    return bool(all_gather_sum(wish, processes) > 0)


def _check_same(
    earlier: Mapping[str, Any], options: dict[str, Json], styles: Styles, outdir: Path
) -> None:
    """Raise if a folder holds a run with other options or on other pictures."""
    before = earlier["options"]
    changed = [k for k in options if k not in _FREE and before.get(k) != options[k]]
    if changed:
        was = ", ".join(f"{name} {before.get(name)}" for name in changed)
        raise TrainingError(f"{outdir} holds a run with other options: {was}", hint=_HINT)
    if earlier["datasets"] != [styles.a.sha256, styles.b.sha256]:
        raise TrainingError(
            f"{outdir} holds a run on other pictures than {styles.a.name} and {styles.b.name}, "
            "or they have changed since",
            hint=_HINT,
        )


def _check_finite(values: Mapping[str, float], outdir: Path) -> None:
    """Raise once a loss is not a number any more."""
    lost = [name for name, value in values.items() if not math.isfinite(value)]
    if lost:
        raise TrainingError(
            f"{', '.join(lost)} is not a number any more",
            hint=f"the last checkpoint in {outdir} is sound; try a smaller --lr",
        )
