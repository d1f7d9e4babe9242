"""Train a refiner, by reconstruction of sharp faces and by an adversarial loss.

Softened faces are compared with their originals, in pixels and in the feature maps of a frozen
network; the heads of a projected discriminator (Sauer et al. 2021) compare patches of real and of
refined faces. Among the latter are generated faces, which have no originals: these are compared
with their input at its own size.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from facewright.datasets.stored import Gathered
from facewright.device import name_device, to_images, to_tensor
from facewright.errors import InputError, TrainingError
from facewright.gan.training.projected.efficientnet import WIDTHS, EfficientNetLite0
from facewright.gan.training.projected.heads import Maps, ProjectedDiscriminator, compare_maps
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.media.drawing.sheets import contact_sheet
from facewright.provenance.publish import publish_image
from facewright.refine.examples import Batch, cut_examples, pick_sharpest
from facewright.refine.network import (
    KIND,
    SCALE,
    Refiner,
    RefinerConfig,
    build_refiner,
    enlarge,
    pack_refiner,
    refine_image,
)
from facewright.refine.options import RefinerTrainOptions
from facewright.training.supervised import train_network
from facewright.types import Card, Image, Json, Manifest

_SEEN = 4  # feature maps, from the finest on; the heads see all but the first
_RAMP = 300  # steps in which the heads gain their weight
_BETAS = (0.0, 0.99)
_SHOWN, _SHOWN_FROM = 8, -(1 << 20)
_LEAST = 16  # pixels on each side that the frozen network needs, in parts that go in


@dataclass(frozen=True, slots=True)
class RefinerData:
    """The training data of a refiner."""

    faces: Gathered
    """Sharp square faces, aligned by one template."""
    drawn: Gathered | None
    """Generated faces, of the size to refine; None for none."""
    template: str
    """Alignment template of all faces."""
    resolution: int
    """Size of the faces to refine, in pixels."""


class RefinerObjective:
    """The `Objective` of a refiner, which trains projected heads besides."""

    def __init__(
        self,
        data: RefinerData,
        options: RefinerTrainOptions,
        backbone: EfficientNetLite0,
        device: torch.device,
    ) -> None:
        """Set up the objective."""
        self._options, self._device = options, device
        self._config = RefinerConfig(
            data.resolution, data.template, options.filters, options.blocks
        )
        images = data.faces.images
        self._faces = [images[n] for n in pick_sharpest(images, options.sharpest)]
        self._drawn: Sequence[Image] = data.drawn.images if data.drawn else ()
        self._backbone = backbone.to(device)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(options.seed)
            heads = ProjectedDiscriminator(0, seed=options.seed, widths=WIDTHS[1:_SEEN], views=1)
        self._heads = heads.to(device)
        self._trained = [p for p in heads.parameters() if p.requires_grad]
        self._adam = torch.optim.Adam(self._trained, lr=options.lr / 2, betas=_BETAS)
        self._spread = torch.zeros(1, _SEEN, device=device)
        self._steps = 0

    def build(self) -> nn.Module:
        """Return the untrained refiner, which equals bicubic interpolation."""
        return build_refiner(self._config, seed=self._options.seed)

    def prepare(self, first: int, count: int) -> Batch:
        """Return softened patches of faces."""
        numbers = range(first, first + count)
        return cut_examples(self._faces, self._drawn, numbers, self._options)

    def measure(self, network: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Update the heads, and return the terms of the refiner's loss."""
        options, count = self._options, len(batch.small)
        step, self._steps = self._steps, self._steps + 1
        warm = math.ceil(options.warm_kimg * 1000 / options.batch)
        with_heads = options.projected_weight > 0 and step >= warm
        truth, small, drawn = (
            to_tensor(images, self._device, torch.float32)
            for images in (
                batch.truth,
                batch.small,
                batch.drawn if with_heads else batch.drawn[:0],
            )
        )
        x = _lay(torch.cat([small, drawn]))
        places, noise = (
            torch.from_numpy(one[: len(x)]).to(self._device) for one in (batch.places, batch.noise)
        )
        made = network(x, places, noise)
        with torch.no_grad():
            real = self._look(truth)
        seen = self._look(made)
        if step == 0:
            self._spread = torch.stack([x.float().std() for x in real[0]])[None]
            self._heads.calibrate([real[0][1:]])
        known = [[x[:count] for x in seen[0]]]
        losses = {
            "pixels": options.pixel_weight * (made[:count] - truth).abs().mean(),
            "features": options.feature_weight * compare_maps(known, real, self._spread).mean(),
        }
        if len(drawn):
            kept = (F.avg_pool2d(made[count:], SCALE) - drawn).abs().mean()
            losses["kept"] = options.keep_weight * kept
        if with_heads:
            ramp = min((step - warm + 1) / _RAMP, 1.0)
            losses |= self._train_heads(real, seen, options.projected_weight * ramp)
        return losses

    def state(self) -> dict[str, Any]:
        """Return everything that changes during training."""
        states = {"heads": self._heads.state_dict(), "adam": self._adam.state_dict()}
        return {**states, "spread": self._spread, "steps": self._steps}

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""
        self._heads.load_state_dict(state["heads"])
        self._adam.load_state_dict(state["adam"])
        self._spread, self._steps = state["spread"].to(self._device), int(state["steps"])

    @torch.no_grad()
    def show(self, refiner: Refiner) -> Image:
        """Return a sheet: generated faces, enlarged bicubically and by the refiner, or patches."""
        side = refiner.config.resolution
        faces = [image for image in self._drawn[:_SHOWN] if image.shape[0] == side]
        if faces:
            x = to_tensor(np.stack(faces), self._device, torch.float32)
            rows = [to_images(enlarge(x)), np.stack([refine_image(refiner, one) for one in faces])]
        else:
            batch = self.prepare(_SHOWN_FROM, _SHOWN)
            x = to_tensor(batch.small, self._device, torch.float32)
            inputs = (
                torch.from_numpy(one[:_SHOWN]).to(self._device)
                for one in (batch.places, batch.noise)
            )
            rows = [to_images(enlarge(x)), to_images(refiner(_lay(x), *inputs)), batch.truth]
        return contact_sheet([image for row in rows for image in row], columns=len(rows[0]))

    def _look(self, images: torch.Tensor) -> Maps:
        """Return the feature maps of the frozen network."""
        return [self._backbone(_lay(images), depth=_SEEN)]

    def _train_heads(self, real: Maps, seen: Maps, weight: float) -> dict[str, torch.Tensor]:
        """Train the heads by the hinge loss (Lim & Ye 2017); return the loss of the refiner."""
        reals, fakes = (maps[0][1:] for maps in (real, seen))
        count, every = len(reals[0]), len(reals[0]) + len(fakes[0])
        labels = torch.zeros(every, 0, device=self._device)
        both = [torch.cat([a, b.detach()]) for a, b in zip(reals, fakes, strict=True)]
        losses = [
            F.relu(1 - s[:count]).mean() + F.relu(1 + s[count:]).mean()
            for s in self._heads([both], labels)
        ]
        self._adam.zero_grad()
        torch.stack(losses).mean().backward()
        self._adam.step()
        for parameter in self._trained:  # the refiner alone learns from what follows
            parameter.requires_grad_(False)
        wished = -torch.stack([s.mean() for s in self._heads([fakes], labels[count:])]).mean()
        for parameter in self._trained:
            parameter.requires_grad_(True)
        return {"projected": weight * wished}


def train_refiner(
    data: RefinerData,
    outdir: Path,
    options: RefinerTrainOptions,
    *,
    backbone: EfficientNetLite0,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train a refiner, or continue its training.

    A run that was stopped continues from its newest checkpoint, and ends with the same weights.
    Sheets are written beside the weights: generated faces, enlarged bicubically and by the refiner;
    without generated faces, patches of real ones and their originals.

    Args:
        data: The training data.
        outdir: The folder of the run.
        options: Options of the training.
        backbone: The frozen network.
        device: The device that computes.
        clock: Returns seconds.

    Returns:
        The file of the weights.

    Raises:
        InputError: An option is invalid, or faces are too small.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.
    """
    check_options(options)
    _check_earlier(data, outdir)
    objective = RefinerObjective(data, options, backbone, device)

    def write(path: Path, network: nn.Module, images: int) -> None:
        """Write the averaged refiner and a sheet."""
        assert isinstance(network, Refiner)  # noqa: S101 - for the type checker
        notes = f"{images / 1000:.1f} thousand parts of faces"
        card = Card(f"refiner-{images // 1000:06d}", KIND, trained_on=data.faces.name, notes=notes)
        bundle = pack_refiner(network, card)
        learned: Json = [[one.name, one.sha256] for one in _list_sets(data)]
        bundle = replace(bundle, config={**bundle.config, "pictures": learned})
        save_bundle(path, bundle, half=True)
        sheet = outdir / f"samples-{images // 1000:06d}.png"
        manifest = _describe(data, options, images, device)
        publish_image(objective.show(network), sheet, manifest, overwrite=True)

    return train_network(objective, outdir, options, write=write, device=device, clock=clock)


def check_options(options: RefinerTrainOptions) -> None:
    """Raise InputError if an option is invalid."""
    RefinerConfig(filters=options.filters, blocks=options.blocks)
    if options.patch % 4 or options.patch < _LEAST:
        raise InputError(
            f"patch={options.patch} is no multiple of 4 from {_LEAST} on", hint="48 is usual"
        )
    for name in ("sharpest", "shrink"):
        if not 0 < getattr(options, name) <= 1:
            raise InputError(f"`{name}` is above 0 and at most 1, not {getattr(options, name)}")
    for name in ("pixel_weight", "feature_weight", "projected_weight", "keep_weight", "warm_kimg"):
        value = getattr(options, name)
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"`{name}` is 0 or more, not {value}")


def _list_sets(data: RefinerData) -> list[Gathered]:
    """Return the sets of pictures."""
    return [data.faces, *([data.drawn] if data.drawn else [])]


def _describe(
    data: RefinerData, options: RefinerTrainOptions, images: int, device: torch.device
) -> Manifest:
    """Return the manifest of a sheet."""
    return Manifest(
        task="train refiner",
        parameters={**asdict(options), "images": images},
        seeds=(options.seed,),
        sources={one.name: one.sha256 for one in _list_sets(data)},
        torch=torch.__version__,
        device=name_device(device),
    )


def _check_earlier(data: RefinerData, outdir: Path) -> None:
    """Raise if the folder holds a run on other pictures."""
    earlier = outdir / "weights.safetensors"
    if not earlier.exists():
        return
    told = load_bundle(earlier).config.get("pictures")
    if told != [[one.name, one.sha256] for one in _list_sets(data)]:
        raise TrainingError(
            f"{outdir} holds a refiner of other pictures", hint="use another --outdir"
        )


def _lay(x: torch.Tensor) -> torch.Tensor:
    """Return pictures in channels-last order, which is faster on a CPU."""
    return x.contiguous(memory_format=torch.channels_last)
