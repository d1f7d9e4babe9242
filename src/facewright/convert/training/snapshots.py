"""Files of the training of translators: samples, weights, checkpoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from facewright.convert.generators import Translator
from facewright.convert.training.cyclegan import CycleGAN
from facewright.convert.training.plan import Styles
from facewright.convert.weights import KIND, TEMPLATE, pack_translators
from facewright.datasets.dataset import Dataset
from facewright.device import seeded, to_images, to_tensor
from facewright.files import delete_leftovers
from facewright.hub.bundle import save_bundle
from facewright.media.drawing.sheets import contact_sheet
from facewright.provenance.publish import publish_image
from facewright.training.checkpoint import (
    checkpoint_path,
    flatten_state,
    prune_checkpoints,
    save_checkpoint,
)
from facewright.training.names import format_kimg, snapshot_path
from facewright.types import Card, Image, Json, Manifest

_ROWS = 4  # of each style
_COLUMNS = ("real", "translated", "and back", "left as it is")
_OWN = ("samples-*.png", "snapshot-*.safetensors", "checkpoint-*.safetensors")


class Samples:
    """Sheets of translations of the same pictures over a run, which show its progress.

    Args:
        styles: The pictures of both styles.
        seed: Seed of the choice of pictures.
    """

    def __init__(self, styles: Styles, *, seed: int) -> None:
        self.a, self.b = (_pick(dataset, seed) for dataset in (styles.a, styles.b))

    def draw(self, networks: CycleGAN) -> Image:
        """Return a sheet by the averaged translators, style A above style B.

        Each row is a picture, its translation, that translated back, and the picture after the
        other translator, for which it has the target style already.
        """
        there, back = networks.forward_ema, networks.reverse_ema
        cells = [
            *_translate(self.a, there, back, networks.device),
            *_translate(self.b, back, there, networks.device),
        ]
        rows = [*["A"] * len(self.a), *["B"] * len(self.b)]
        return contact_sheet(cells, columns=len(_COLUMNS), row_labels=rows, column_labels=_COLUMNS)


class TranslationArchive:
    """Writes samples, weights and checkpoints into the folder of a run.

    Args:
        outdir: The folder; made if missing.
        styles: The training data.
        name: Name of the direction from A to B.
        options: The options of the run, for manifests and for comparison when it continues.
        device: The type of device that computes, for manifests.
        version: Version of Facewright, for manifests.
    """

    def __init__(
        self,
        outdir: Path,
        styles: Styles,
        name: str,
        options: dict[str, Json],
        *,
        device: str = "cpu",
        version: str = "",
    ) -> None:
        outdir.mkdir(parents=True, exist_ok=True)
        self.outdir, self.styles, self.name, self.options = outdir, styles, name, options
        self.device, self.version = device, version

    def tidy(self, images: int | None) -> None:
        """Remove unfinished files of a run that was killed.

        Args:
            images: How many pictures the run has seen; None before its first checkpoint. What
                claims to be a later checkpoint is damaged, and is renamed.
        """
        for pattern in _OWN:
            delete_leftovers(self.outdir, pattern)
        if images is None:
            return
        intact = checkpoint_path(self.outdir, images)
        for path in self.outdir.glob("checkpoint-*.safetensors"):
            if path.name > intact.name:
                path.replace(path.with_suffix(".damaged"))

    def save_samples(self, sheet: Image, images: int) -> Path:
        """Write a sheet with the manifest of the run."""
        seed = self.options.get("seed")
        manifest = Manifest(
            task="train translator",
            parameters={**self.options, "images": images},
            seeds=(seed,) if isinstance(seed, int) else (),
            sources={
                f"{style}: {dataset.name}": dataset.sha256
                for style, dataset in (("A", self.styles.a), ("B", self.styles.b))
            },
            version=self.version,
            torch=torch.__version__,
            device=self.device,
        )
        path = self.outdir / f"samples-{format_kimg(images)}.png"
        return publish_image(sheet, path, manifest, overwrite=True)

    def save_weights(self, networks: CycleGAN) -> Path:
        """Write both averaged translators as one bundle, in half precision."""
        kimg = format_kimg(networks.images, width=1)
        card = Card(
            name=f"{self.name}-{kimg}kimg",
            kind=KIND,
            licence="that of whoever trained it",
            trained_on=f"{_describe(self.styles.a)}; {_describe(self.styles.b)}",
            source=f"facewright train translator, {kimg} kimg",
        )
        forward, reverse = networks.forward_ema, networks.reverse_ema
        bundle = pack_translators(
            self.name,
            forward,
            reverse,
            card,
            size=self.styles.a.resolution,
            template=str(self.styles.a.details.get("template", TEMPLATE)),
        )
        path = snapshot_path(self.outdir, networks.images)
        save_bundle(path, bundle, half=True)
        return path

    def save_checkpoint(self, networks: CycleGAN, positions: tuple[int, int]) -> Path:
        """Write everything that is needed to continue the run."""
        state = {
            "networks": networks.state(),
            "positions": list(positions),
            "options": self.options,
            "datasets": [self.styles.a.sha256, self.styles.b.sha256],
        }
        tensors, rest = flatten_state(state)
        path = checkpoint_path(self.outdir, networks.images)
        save_checkpoint(path, tensors, rest)
        prune_checkpoints(self.outdir)
        return path


def _pick(dataset: Dataset, seed: int) -> Image:
    """Return a fixed random choice of pictures."""
    chosen = torch.randperm(len(dataset.names), generator=seeded(seed))[:_ROWS]
    return dataset.images(chosen.numpy())


@torch.no_grad()
def _translate(
    images: Image, there: Translator, back: Translator, device: torch.device
) -> list[Image]:
    """Return the cells of one style, row by row."""
    cells = []
    for image in images:
        x = to_tensor(image[np.newaxis], device, torch.float32)
        made = there(x)
        cells += [image, *(to_images(y)[0] for y in (made, back(made), back(x)))]
    return cells


def _describe(dataset: Dataset) -> str:
    """Return the name of a dataset with its licence, if it has one."""
    licence = dataset.details.get("licence")
    return dataset.name + (f" ({licence})" if licence else "")
