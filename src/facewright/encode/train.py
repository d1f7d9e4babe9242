"""Train an encoder against a frozen generator.

It learns on generated faces, whose latents are known, then more and more on real pictures. What it
minimises: the squared distance of pixels, a perceptual distance by the discriminator's features
where a run is at hand, the squared distance of the latents where they are known, and of all latents
from their average (the w-norm of pSp). Likeness is no part of it: the measure of `faces.identity`
is not differentiable.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import torch
from torch import nn

from facewright.data.dataset import Dataset
from facewright.device import name_device, pick_dtype, seeded, to_images, to_tensor
from facewright.encode.features import DiscriminatorFeatures
from facewright.encode.psp import (
    KIND,
    Encoder,
    EncoderConfig,
    fit_pictures,
    pack_encoder,
    small_config,
)
from facewright.errors import InputError, TrainingError
from facewright.fit.course import CourseOptions, teach_lesson
from facewright.gan.generator import Generator
from facewright.gan.weights import LabelTable
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.media.draw import contact_sheet
from facewright.provenance.publish import publish_image
from facewright.types import Card, Image, Json, Manifest

Size: TypeAlias = Literal["small", "ir-se-50"]

_SHOWN, _SHOWN_FROM = 8, -(1 << 20)


@dataclass(frozen=True, slots=True)
class EncoderTrainOptions(CourseOptions):
    """How to train an encoder."""

    batch: int = 16
    """Faces in a step."""
    lr: float = 0.001
    """The highest learning rate, of AdamW."""
    network: Size = "small"
    """How large the encoder is: small, or ir-se-50 as published."""
    generated_kimg: float = 50.0
    """Thousands of faces until the share of real ones begins to rise; after twice as many it is as
    high as it gets."""
    real_share: float = 0.5
    """At most this part of the faces are real ones."""
    pixels_weight: float = 1.0
    """How much the squared distance of pixels counts."""
    perceptual_weight: float = 0.2
    """How much the distance of the discriminator's features counts."""
    latents_weight: float = 0.5
    """How much the squared distance from known latents counts."""
    norm_weight: float = 0.005
    """How much the squared distance from the average latent counts."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an encoder is to learn."""

    generator: Generator
    """Whose latents it finds; frozen, on the device of the training."""
    name: str
    """Of the generator."""
    sha256: str
    """Of the generator's weights."""
    labels: LabelTable
    """What the generator's labels mean."""
    pictures: Dataset | None = None
    """Real faces, of the generator's size; None for generated ones alone."""
    features: DiscriminatorFeatures | None = None
    """For the perceptual distance."""


class Batch(NamedTuple):
    """Some generated faces, then some real ones."""

    z: torch.Tensor
    """(g, z_dim)."""
    c: torch.Tensor
    """(g, c_dim)."""
    pictures: Image
    """(r, resolution, resolution, 3), uint8."""


class EncoderLesson:
    """Teaches an encoder to find the latents of faces."""

    def __init__(
        self, subject: Subject, options: EncoderTrainOptions, device: torch.device
    ) -> None:
        """Prepare to teach."""
        self._subject, self._options, self._device = subject, options, device
        self._dtype = pick_dtype(device)

    def plan(self) -> EncoderConfig:
        """Return how the encoder is built."""
        layers, fields = self._subject.generator.layers, self._subject.generator.config
        if self._options.network == "ir-se-50":
            return EncoderConfig(layers, fields.w_dim)
        return small_config(layers, fields.w_dim, min(max(fields.resolution, 32), 256))

    def build(self) -> nn.Module:
        """Return the encoder as it starts: near the average latent for every face."""
        with torch.random.fork_rng():
            torch.default_generator.set_state(seeded(self._options.seed).get_state())
            encoder = Encoder(self.plan())
        encoder.latent_avg.copy_(
            self._subject.generator.mapping.w_avg.expand_as(encoder.latent_avg)
        )
        return encoder

    def prepare(self, first: int, count: int) -> Batch:
        """Draw the latents of generated faces, and read real ones."""
        subject, z, c, places = self._subject, list[Any](), list[Any](), list[int]()
        for number in range(first, first + count):
            rng = _seed(self._options.seed, number)
            if subject.pictures is not None and _draw(rng) < self._share(number):
                places.append(int(_draw(rng) * len(subject.pictures)))
                continue
            z.append(torch.randn(subject.generator.config.z_dim, generator=rng))
            row = torch.multinomial(subject.labels.counts, 1, generator=rng)[0]
            c.append(subject.labels.vectors[row])
        fields = subject.generator.config
        return Batch(
            torch.stack(z) if z else torch.zeros(0, fields.z_dim),
            torch.stack(c) if c else torch.zeros(0, fields.c_dim),
            subject.pictures.images(places)
            if subject.pictures is not None
            else np.zeros((0, fields.resolution, fields.resolution, 3), np.uint8),
        )

    def measure(self, network: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Return the parts of the loss; without gradients, those that need no picture drawn."""
        options = self._options
        assert isinstance(network, Encoder)  # noqa: S101 - for the type checker
        images, known = self.draw(batch)
        ws = network(fit_pictures(images, network.config.size))
        near = ws[: len(known)] - known  # [g layers w_dim]
        parts = {
            "latents": options.latents_weight * near.square().sum() / ws.numel(),
            "norm": options.norm_weight * (ws - network.latent_avg).square().mean(),
        }
        if not torch.is_grad_enabled():
            return parts
        drawn = self.synthesise(ws)
        parts["pixels"] = options.pixels_weight * (drawn - images).square().mean()
        if self._subject.features is not None:
            distance = self._subject.features(drawn, images).mean()
            parts["perceptual"] = options.perceptual_weight * distance
        return parts

    @torch.no_grad()
    def draw(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the pictures of a batch, [g+r 3 h w], and the known latents, [g layers w_dim]."""
        generator, device = self._subject.generator, self._device
        reals = to_tensor(batch.pictures, device, torch.float32)
        with torch.autocast(device.type, enabled=False):
            known = generator.styles(batch.z.to(device), batch.c.to(device))
        if not len(known):
            return reals, known
        return torch.cat([self.synthesise(known).clamp(-1, 1), reals]), known

    def synthesise(self, ws: torch.Tensor) -> torch.Tensor:
        """Draw the pictures of w+, [n 3 h w], float32."""
        with torch.autocast(self._device.type, enabled=False):
            return self._subject.generator.synthesis(ws.float(), dtype=self._dtype)

    @torch.no_grad()
    def show(self, encoder: Encoder) -> Image:
        """Return a sheet of faces, and below each what the generator makes of its latents."""
        images, _ = self.draw(self.prepare(_SHOWN_FROM, _SHOWN))
        drawn = self.synthesise(encoder(fit_pictures(images, encoder.config.size)))
        return contact_sheet([*to_images(images), *to_images(drawn)], columns=_SHOWN)

    def _share(self, number: int) -> float:
        """Return how likely an example is real; those before the first are as at the end."""
        start = self._options.generated_kimg * 1000
        risen = 1.0 if number < 0 else min(max(number - start, 0) / max(start, 1), 1.0)
        return self._options.real_share * risen


def train_encoder(
    subject: Subject,
    outdir: Path,
    options: EncoderTrainOptions,
    *,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train, or go on training, an encoder.

    A run that was stopped goes on where its newest checkpoint is, and ends with the same weights.
    Beside the weights lie sheets: faces above, and below them what the generator makes of their
    latents.

    Args:
        subject: The generator, and what to learn from.
        outdir: The folder of the run.
        options: How.
        device: Where to compute.
        clock: Returns seconds.

    Returns:
        The file of the weights.

    Raises:
        InputError: An option makes no sense, or the pictures have another size.
        TrainingError: The folder holds another run or one that is going on, or the loss is not
            finite any more.
    """
    _check(subject, options, outdir)
    lesson = EncoderLesson(subject, options, device)

    def write(path: Path, network: nn.Module, images: int) -> None:
        """Write the averaged encoder and a sheet."""
        assert isinstance(network, Encoder)  # noqa: S101 - for the type checker
        notes = f"{images / 1000:.1f} thousand faces; for the generator {subject.name}"
        trained = subject.pictures.name if subject.pictures else "generated faces"
        card = Card(f"encoder-{images // 1000:06d}", KIND, trained_on=trained, notes=notes)
        generator = {"name": subject.name, "sha256": subject.sha256}
        save_bundle(path, pack_encoder(network, card, generator=generator), half=True)
        sheet, name = lesson.show(network), f"samples-{images // 1000:06d}.png"
        manifest = _describe(subject, options, images, device)
        publish_image(sheet, outdir / name, manifest, overwrite=True)

    return teach_lesson(lesson, outdir, options, write=write, device=device, clock=clock)


def _describe(
    subject: Subject, options: EncoderTrainOptions, images: int, device: torch.device
) -> Manifest:
    """Return how a sheet came about."""
    pictures = subject.pictures
    return Manifest(
        task="train encoder",
        parameters={**asdict(options), "images": images},
        seeds=(options.seed,),
        models={subject.name: subject.sha256},
        sources={pictures.name: pictures.sha256} if pictures else {},
        torch=torch.__version__,
        device=name_device(device),
    )


def _check(subject: Subject, options: EncoderTrainOptions, outdir: Path) -> None:
    """Raise if an option makes no sense, or if the parts do not fit each other."""
    if options.network not in get_args(Size):
        raise InputError(f"no encoder is called `{options.network}`", hint="small or ir-se-50")
    if not 0 <= options.real_share <= 1:
        raise InputError(f"--real-share is from 0 to 1, not {options.real_share}")
    weights = ("pixels_weight", "perceptual_weight", "latents_weight", "norm_weight")
    for name in (*weights, "generated_kimg"):
        if not (math.isfinite(getattr(options, name)) and getattr(options, name) >= 0):
            raise InputError(f"--{name.replace('_', '-')} is not below 0")
    size = subject.generator.config.resolution
    if subject.pictures is not None and subject.pictures.resolution != size:
        raise InputError(
            f"the pictures have {subject.pictures.resolution} pixels, the generator {size}",
            hint=f"`facewright prepare --size {size}` cuts faces to its size",
        )
    earlier = outdir / "weights.safetensors"
    if earlier.exists() and _read_generator(earlier) != subject.sha256:
        raise TrainingError(
            f"{outdir} holds an encoder for another generator", hint="use another --outdir"
        )


def _read_generator(path: Path) -> Json:
    """Return the sha256 of the generator that an encoder belongs to; None where it is not said."""
    told = load_bundle(path).config.get("generator")
    return told.get("sha256") if isinstance(told, dict) else None


def _seed(seed: int, number: int) -> torch.Generator:
    """Return the source of random numbers of one example, whose number may be below 0."""
    digest = hashlib.sha256(f"{seed} {number}".encode()).digest()
    return seeded(int.from_bytes(digest[:8], "little") >> 1)


def _draw(rng: torch.Generator) -> float:
    """Return a random number from 0 to 1, without 1."""
    return float(torch.rand((), generator=rng, dtype=torch.float64))
