"""Latents of a face from its anchor: for generators that were trained with anchors.

Such a generator reconstructs training pictures from anchors, which an active appearance model
computes (`gan.anchors`). The same model gives the anchor of a new face. An encoder that sees the
face and what its anchor gives can correct it (ReStyle, Alaluf et al. 2021).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TypeAlias

import torch

from facewright.device import to_tensor
from facewright.errors import WeightsError
from facewright.faces.detection.landmarks import MeshNetwork
from facewright.gan.anchors.appearance import AppearanceModel, Unwarper, read_appearance
from facewright.gan.anchors.find import KIND, place_aligned
from facewright.gan.generator import Generator
from facewright.gan.weights import LabelTable
from facewright.latents.encoder.psp import Encoder, fit_pictures
from facewright.types import Bundle, Card, Image, Json

PASSES = 2
"""How often `AnchorCorrector` corrects."""

Owner: TypeAlias = Mapping[str, Json]
"""Name and sha256 of the generator that something belongs to, under "name" and "sha256"."""


class AnchorEncoder:
    """Estimates w of aligned faces, with the likeliest label, and zeros for the rest of z.

    Args:
        model: The appearance model of the generator's training.
        generator: On any device.
        mesh: The network that places 478 points on faces.
        labels: The labels of the generator.
        template: The alignment template of the generator.
    """

    def __init__(
        self,
        model: AppearanceModel,
        generator: Generator,
        mesh: MeshNetwork,
        *,
        labels: LabelTable,
        template: str,
    ) -> None:
        self._model, self._generator, self._mesh = model, generator, mesh
        self._labels, self._template = labels, template
        self._unwarper = Unwarper(model.shape.numpy())

    @torch.no_grad()
    def encode(self, images: Image) -> torch.Tensor:
        """Return the latents of faces; those of the average face where the network finds none.

        Args:
            images: (n, h, h, 3), uint8, aligned by the template.

        Returns:
            w+, (n, num_ws, w_dim), float32, on the device of the generator.
        """
        shapes, present = place_aligned(self._mesh, images, self._template)
        textures = self._unwarper.unwarp(images, shapes)
        vectors, counts = self._labels.vectors, self._labels.counts
        c = self._model.guess_labels(textures, shapes, vectors, counts)  # [n c_dim]
        anchors = self._model.encode(textures, shapes, c)
        rest = torch.zeros(len(anchors), self._generator.config.z_dim - self._model.size)
        average = self._generator.mapping.w_avg
        z = torch.cat([anchors, rest], 1).to(average.device)
        seen = torch.from_numpy(present).to(average.device)
        w = torch.where(seen[:, None], self._generator.mapping(z, c.to(average.device)), average)
        return w[:, None].expand(-1, self._generator.num_ws, -1).clone()


class AnchorCorrector:
    """Estimates w+ of aligned faces: that of the anchors, corrected by an encoder.

    Args:
        anchors: Estimates the first latents.
        encoder: With `inputs` 6.
        generator: That of both, on the device of the encoder.
        dtype: Number format of the synthesis.
    """

    def __init__(
        self, anchors: AnchorEncoder, encoder: Encoder, generator: Generator, dtype: torch.dtype
    ) -> None:
        self._anchors, self._encoder = anchors, encoder
        self._generator, self._dtype = generator, dtype

    @torch.no_grad()
    def encode(self, images: Image) -> torch.Tensor:
        """Return the latents of faces, as `AnchorEncoder.encode` does."""
        ws = self._anchors.encode(images)
        target = to_tensor(images, ws.device, torch.float32)
        for _ in range(PASSES):
            drawn = self._generator.synthesis(ws, dtype=self._dtype)
            ws = correct_styles(self._encoder, target, drawn, ws)
        return ws


def correct_styles(
    encoder: Encoder, images: torch.Tensor, drawn: torch.Tensor, ws: torch.Tensor
) -> torch.Tensor:
    """Return latents of faces, (n, num_ws, w_dim), corrected once.

    Args:
        encoder: With `inputs` 6.
        images: The faces, (n, 3, h, h) in [-1, 1].
        drawn: What the latents give, like `images`.
        ws: w+, (n, num_ws, w_dim).
    """
    both = torch.cat([images, drawn.float().clamp(-1, 1)], 1)
    return ws + encoder(fit_pictures(both, encoder.config.size))


def pack_anchors(model: AppearanceModel, card: Card, generator: Owner) -> Bundle:
    """Return an appearance model as a bundle of its own.

    Args:
        model: The appearance model.
        card: Its card; the kind becomes "anchors".
        generator: Name and sha256 of the generator that it belongs to.
    """
    named = dataclasses.replace(card, kind=KIND)
    return Bundle(named, {"generator": dict(generator)}, model.to_tensors())


def load_anchor_model(bundle: Bundle) -> AppearanceModel:
    """Return the appearance model of a bundle from `pack_anchors`.

    Raises:
        WeightsError: It holds something else.
    """
    if bundle.card.kind != KIND:
        raise WeightsError(f"`{bundle.card.name}` holds `{bundle.card.kind}`, not anchors")
    return read_appearance(bundle.tensors)
