"""The objective of encoder training: its examples, and the losses on its latents.

It is trained on generated faces, whose latents are known, then increasingly on real pictures. The
loss is the sum of: the squared distance of pixels; a perceptual distance; the distance of traits,
where the features have them; the squared distance of the latents where they are known, and of all
latents from where they start: their average (the w-norm of pSp), or the anchors. An encoder that
corrects anchors sees half of the examples for the second time (ReStyle). The traits are what
`face-features` reads from a whole face, and no face recognition: the likeness of `faces.identity`
is not differentiable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from facewright.datasets.dataset import Dataset
from facewright.device import pick_dtype, seeded, to_images, to_tensor
from facewright.gan.generator import Generator
from facewright.gan.weights import LabelTable
from facewright.latents.encoder.anchors import AnchorEncoder, correct_styles
from facewright.latents.encoder.features import Perception
from facewright.latents.encoder.options import EncoderTrainOptions
from facewright.latents.encoder.psp import Encoder, EncoderConfig, fit_pictures, small_config
from facewright.media.drawing.sheets import contact_sheet
from facewright.types import Image

_SHOWN, _SHOWN_FROM = 8, -(1 << 20)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an encoder is trained for and with."""

    generator: Generator
    """The generator whose latents it estimates; frozen, on the device of the training."""
    name: str
    """Name of the generator."""
    sha256: str
    """Hash of the generator's weights."""
    labels: LabelTable
    """The labels of the generator."""
    pictures: Dataset | None = None
    """Real faces, of the generator's size; None for generated ones alone."""
    perception: Perception | None = None
    """The perceptual distance; None leaves it out of the loss."""
    models: Mapping[str, str] = field(default_factory=dict)
    """The weights of the perceptual distance, and those of `earlier`: name → sha256."""
    anchors: AnchorEncoder | None = None
    """Estimates the latents that it corrects; None starts from the average latent."""
    earlier: Encoder | None = None
    """An encoder to start from; None starts from random weights."""


class Batch(NamedTuple):
    """Some generated faces, then some real ones."""

    z: torch.Tensor
    """(g, z_dim)."""
    c: torch.Tensor
    """(g, c_dim)."""
    pictures: Image
    """(r, resolution, resolution, 3), uint8."""


class EncoderObjective:
    """The `Objective` of an encoder."""

    def __init__(
        self, subject: Subject, options: EncoderTrainOptions, device: torch.device
    ) -> None:
        """Set up the objective."""
        self._subject, self._options, self._device = subject, options, device
        self._dtype = pick_dtype(device)

    def plan(self) -> EncoderConfig:
        """Return the configuration of the encoder."""
        num_ws, fields = self._subject.generator.num_ws, self._subject.generator.config
        if self._options.network == "ir-se-50":
            return EncoderConfig(num_ws, fields.w_dim, inputs=6 if self._subject.anchors else 3)
        size = min(max(fields.resolution, 32), 256)
        return small_config(num_ws, fields.w_dim, size, 6 if self._subject.anchors else 3)

    def build(self) -> nn.Module:
        """Return the encoder to train: a copy, or one that gives the average or keeps anchors."""
        with torch.random.fork_rng():
            torch.default_generator.set_state(seeded(self._options.seed).get_state())
            encoder = Encoder(self.plan())
        if self._subject.earlier is not None:
            encoder.load_state_dict(self._subject.earlier.state_dict())
        elif self._subject.anchors:
            for head in encoder.styles:
                nn.init.zeros_(head.get_parameter("linear.weight"))
        if not self._subject.anchors:
            encoder.latent_avg.copy_(
                self._subject.generator.mapping.w_avg.expand_as(encoder.latent_avg)
            )
        return encoder

    def prepare(self, first: int, count: int) -> Batch:
        """Sample the latents of generated faces, and read real ones."""
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
        """Return the terms of the loss; without gradients, only those that need no synthesis."""
        options = self._options
        assert isinstance(network, Encoder)  # noqa: S101 - for the type checker
        images, known = self.draw(batch)
        ws, start = self.estimate(network, images, torch.arange(0, len(images), 2))
        near = ws[: len(known)] - known  # [g num_ws w_dim]
        parts = {
            "latents": options.latents_weight * near.square().sum() / ws.numel(),
            "norm": options.norm_weight * (ws - start).square().mean(),
        }
        if not torch.is_grad_enabled():
            return parts
        drawn = self.synthesise(ws)
        parts["pixels"] = options.pixels_weight * (drawn - images).square().mean()
        if self._subject.perception is not None:
            weights = {"perceptual": options.perceptual_weight, "traits": options.traits_weight}
            distances = self._subject.perception.measure(drawn, images)
            parts |= {name: weights[name] * d.mean() for name, d in distances.items()}
        return parts

    def estimate(
        self, network: Encoder, images: torch.Tensor, again: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the latents of pictures [n 3 h w], and what they start from, of the same shape.

        Args:
            network: The encoder.
            images: In [-1, 1].
            again: The rows of the latents of anchors to correct a second time.
        """
        if self._subject.anchors is None:
            return network(fit_pictures(images, network.config.size)), network.latent_avg
        with torch.no_grad(), torch.autocast(self._device.type, enabled=False):
            start = self._subject.anchors.encode(to_images(images))
            drawn = self.synthesise(start)
        with torch.no_grad():
            once = correct_styles(network, images[again], drawn[again], start[again])
            ws = start.index_copy(0, again, once)
            drawn[again] = self.synthesise(once)
        return correct_styles(network, images, drawn, ws), start

    @torch.no_grad()
    def draw(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the pictures of a batch, [g+r 3 h w], and the known latents, [g num_ws w_dim]."""
        generator, device = self._subject.generator, self._device
        reals = to_tensor(batch.pictures, device, torch.float32)
        with torch.autocast(device.type, enabled=False):
            known = generator.map_to_w(batch.z.to(device), batch.c.to(device))
        if not len(known):
            return reals, known
        return torch.cat([self.synthesise(known).clamp(-1, 1), reals]), known

    def synthesise(self, ws: torch.Tensor) -> torch.Tensor:
        """Return the pictures of w+, [n 3 h w], float32."""
        with torch.autocast(self._device.type, enabled=False):
            return self._subject.generator.synthesis(ws.float(), dtype=self._dtype)

    @torch.no_grad()
    def show(self, encoder: Encoder) -> Image:
        """Return a sheet of faces, and below each its reconstruction from the latents."""
        images, _ = self.draw(self.prepare(_SHOWN_FROM, _SHOWN))
        drawn = self.synthesise(self.estimate(encoder, images, torch.arange(len(images)))[0])
        return contact_sheet([*to_images(images), *to_images(drawn)], columns=_SHOWN)

    def _share(self, number: int) -> float:
        """Return the probability that an example is real; negative numbers count as at the end."""
        start = self._options.generated_kimg * 1000
        risen = 1.0 if number < 0 else min(max(number - start, 0) / max(start, 1), 1.0)
        return self._options.real_share * risen


def _seed(seed: int, number: int) -> torch.Generator:
    """Return the random number generator of one example, whose number may be negative."""
    digest = hashlib.sha256(f"{seed} {number}".encode()).digest()
    return seeded(int.from_bytes(digest[:8], "little") >> 1)


def _draw(rng: torch.Generator) -> float:
    """Return a random number in [0, 1)."""
    return float(torch.rand((), generator=rng, dtype=torch.float64))
