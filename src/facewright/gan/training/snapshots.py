"""Files of a training run: sheets of pictures, weights, checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from facewright.datasets.dataset import Dataset
from facewright.device import seeded, to_images
from facewright.files import delete_leftovers
from facewright.gan.anchors.appearance import AppearanceModel
from facewright.gan.generator import Generator
from facewright.gan.training.steps import AdversarialTrainer
from facewright.gan.weights import KIND, count_labels, measure_centres, pack_generator
from facewright.hub.bundle import save_bundle
from facewright.media.drawing.sheets import contact_sheet
from facewright.provenance.publish import publish_image
from facewright.training.checkpoint import (
    checkpoint_path,
    flatten_state,
    load_latest,
    prune_checkpoints,
    save_checkpoint,
)
from facewright.training.names import format_kimg, snapshot_path
from facewright.types import Card, Image, Json, Manifest

_CHUNK = 16
_OWN = ("reals.png", "fakes*.png", "snapshot-*.safetensors", "checkpoint-*.safetensors")


class Gallery:
    """Sheets of the same latents over a run, which show its progress.

    Args:
        dataset: Gives the labels and the real pictures.
        seed: Seed of the choice of latents and pictures.
        z_dim: Dimension of z.
    """

    def __init__(self, dataset: Dataset, *, seed: int, z_dim: int) -> None:
        self.columns = min(max(1024 // dataset.resolution, 2), 16)
        rows = min(max(512 // dataset.resolution, 2), 8)
        count = self.columns * rows
        rng = seeded(seed)
        chosen = torch.randperm(len(dataset), generator=rng)[:count].tolist()
        self.places = [chosen[i % len(chosen)] for i in range(count)]
        self.z = torch.randn(count, z_dim, generator=rng)
        self.c = dataset.labels[self.places]

    def draw_reals(self, dataset: Dataset) -> Image:
        """Return a sheet of real pictures."""
        return contact_sheet(list(dataset.images(self.places)), columns=self.columns)

    @torch.no_grad()
    def draw_fakes(self, trainer: AdversarialTrainer) -> Image:
        """Return a sheet of pictures by the averaged generator, of the same labels."""
        device, parts = trainer.device, []
        for start in range(0, len(self.z), _CHUNK):
            z, c = self.z[start : start + _CHUNK], self.c[start : start + _CHUNK]
            parts.append(to_images(trainer.G_ema(z.to(device), c.to(device))))
        return contact_sheet(list(np.concatenate(parts)), columns=self.columns)


class Trained(Protocol):
    """What `Archive` needs of a generator in training."""

    images: int
    """Number of pictures that it has seen."""

    @property
    def G_ema(self) -> Generator:  # noqa: N802 - the field's name
        """The averaged generator."""

    def state(self) -> dict[str, Any]:
        """Return everything that changes during training."""


class Archive:
    """Writes sheets, weights and checkpoints into the folder of a run.

    Args:
        outdir: The folder; made if missing.
        dataset: The training data.
        options: The options of the run, for manifests and for comparison when it continues.
        device: The type of device that computes, for manifests.
        version: Version of Facewright, for manifests.
        appearance: The model that computes anchors; saved with the weights.
        task: The command, for manifests and cards.
    """

    def __init__(  # noqa: PLR0913
        self,
        outdir: Path,
        dataset: Dataset,
        options: dict[str, Json],
        *,
        appearance: AppearanceModel | None = None,
        device: str = "cpu",
        version: str = "",
        task: str = "train generator",
    ) -> None:
        outdir.mkdir(parents=True, exist_ok=True)
        self.task = task
        self.outdir, self.dataset, self.options = outdir, dataset, options
        self.device, self.version, self.appearance = device, version, appearance

    def tidy(self, images: int | None) -> None:
        """Remove unfinished files of a run that was killed; to be called by the first process only.

        Args:
            images: Number of pictures that the run has seen; None for a new run. Checkpoints of
                more are damaged, and are renamed.
        """
        for pattern in _OWN:
            delete_leftovers(self.outdir, pattern)
        if images is None:
            return
        intact = checkpoint_path(self.outdir, images)
        for path in self.outdir.glob("checkpoint-*.safetensors"):
            if path.name > intact.name:
                path.replace(path.with_suffix(".damaged"))

    def save_sheet(self, name: str, sheet: Image, *, images: int = 0) -> Path:
        """Write a picture with the manifest of the run."""
        seed = self.options.get("seed")
        manifest = Manifest(
            task=self.task,
            parameters={**self.options, "images": images, **self._weights()},
            seeds=(seed,) if isinstance(seed, int) else (),
            sources={self.dataset.name: self.dataset.sha256},
            version=self.version,
            torch=torch.__version__,
            device=self.device,
        )
        return publish_image(sheet, self.outdir / name, manifest, overwrite=True)

    def save_weights(self, trainer: Trained) -> Path:
        """Write the averaged generator as a bundle, in half precision."""
        kimg = format_kimg(trainer.images, width=1)
        licence = self.dataset.details.get("licence")
        card = Card(
            name=f"{self.dataset.name}-{kimg}kimg",
            kind=KIND,
            licence="that of whoever trained it",
            trained_on=f"{self.dataset.name}" + (f" ({licence})" if licence else ""),
            source=f"facewright {self.task}, {kimg} kimg",
        )
        labels = count_labels(self.dataset.drawn_labels, self.dataset.label_groups)
        cut = self.dataset.details.get("template")
        template = cut if isinstance(cut, str) else None
        path = snapshot_path(self.outdir, trainer.images)
        generator = trainer.G_ema
        bundle = pack_generator(
            generator,
            card,
            labels=labels,
            template=template,
            appearance=self.appearance,
            centres=measure_centres(generator, labels),
        )
        save_bundle(path, bundle, half=True)
        return path

    def save_checkpoint(self, trainer: Trained, position: int) -> Path:
        """Write everything that is needed to continue the run."""
        state = {
            "contest": trainer.state(),
            "position": position,
            "options": self.options,
            "dataset": {
                "sha256": self.dataset.sha256,
                "resolution": self.dataset.resolution,
                **self._weights(),
            },
        }
        tensors, rest = flatten_state(state)
        path = checkpoint_path(self.outdir, trainer.images)
        save_checkpoint(path, tensors, rest)
        prune_checkpoints(self.outdir)
        return path

    def _weights(self) -> dict[str, Json]:
        """Return how often each group of labels is drawn, where that is balanced."""
        balance = self.dataset.balance
        return {} if balance is None else {"weights": balance.to_json()}


def load_run(
    outdir: Path, *, note: Callable[[str], None] | None = None
) -> dict[str, object] | None:
    """Return the newest intact state of a run; None without one.

    Args:
        outdir: The folder of the run.
        note: Called with a message if the newest checkpoint is damaged and an older one is read.

    Returns:
        "contest", "position", "options" and, but for old runs, "dataset".

    Raises:
        TrainingError: All checkpoints are damaged.
    """
    found = load_latest(outdir, note=note)
    if found is None:
        return None
    state: Any = found[1]
    return {**state, "options": _read_options(state.get("options", {}))}


def _read_options(options: dict[str, Json]) -> dict[str, Json]:
    """Return options under their present names: `discriminator` was an architecture once."""
    choice = options.get("discriminator", "stylegan2")
    if choice in {"stylegan2", "projected", "both"}:
        return options
    return {**options, "discriminator": "stylegan2", "discriminator_architecture": choice}
