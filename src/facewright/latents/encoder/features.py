"""Perceptual distances of pictures.

The perceptual distance of pSp is LPIPS, whose weights were fitted to photographs licensed for
research only. Here are two instead, both of them feature maps that are compared as in LPIPS
(Zhang et al. 2018, equation 1, with equal weights): those of `face-features`,
which ship with the package, and those of the discriminator that trained a generator, which need
nothing but the folder of that run. Their values are not comparable with LPIPS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from facewright.errors import FacewrightError, InputError, WeightsError
from facewright.faces.similarity.features import FaceFeatures, compare_maps, compare_traits
from facewright.gan.discriminator import Discriminator, DiscriminatorConfig
from facewright.gan.training.snapshots import load_run

_EPSILON = 1e-6


class Perception(Protocol):
    """A perceptual distance."""

    def measure(self, ones: torch.Tensor, others: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return distances of pictures, (n,) each, by name: "perceptual", perhaps "traits".

        Args:
            ones: (n, 3, h, w) in [-1, 1].
            others: (n, 3, h, w) in [-1, 1].
        """


class FacePerception:
    """Compares tight crops of faces by the maps and the traits of `face-features`."""

    def __init__(self, features: FaceFeatures) -> None:
        self._features = features

    def measure(self, ones: torch.Tensor, others: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the distances of faces.

        Args:
            ones: (n, 3, h, w) in [-1, 1].
            others: As `ones`.

        Returns:
            "perceptual": by the feature maps, `compare_maps`; "traits": by the traits of whole
            faces, `compare_traits`. (n,) each, 0 for equal faces.
        """
        seen, wanted = self._features(ones), self._features(others)
        return {"perceptual": compare_maps(seen, wanted), "traits": compare_traits(seen, wanted)}


class DiscriminatorFeatures(nn.Module):
    """The feature maps of a discriminator above 4×4 pixels, as a perceptual distance."""

    def __init__(self, discriminator: Discriminator) -> None:
        super().__init__()
        self.discriminator = discriminator.eval().requires_grad_(requires_grad=False)

    def forward(self, ones: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Return the distances of pictures.

        Args:
            ones: (n, 3, resolution, resolution) in [-1, 1].
            others: As `ones`.

        Returns:
            (n,), 0 or more; 0 for equal pictures.

        Raises:
            InputError: The pictures have another size than the discriminator scores.
        """
        size = self.discriminator.config.resolution
        if ones.shape != others.shape or ones.shape[1:] != (3, size, size):
            raise InputError(f"these features compare pictures of {size}×{size} pixels")
        distance = torch.zeros(len(ones), device=ones.device)
        for one, other in zip(self._describe(ones), self._describe(others), strict=True):
            distance = distance + (one - other).square().sum(1).mean((1, 2))
        return distance

    def measure(self, ones: torch.Tensor, others: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the distances of pictures: "perceptual", (n,)."""
        return {"perceptual": self(ones, others)}

    def _describe(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return feature maps whose vectors have norm 1."""
        x: torch.Tensor | None = None
        picture: torch.Tensor | None = images
        found = []
        for resolution in self.discriminator.resolutions:
            block = self.discriminator.get_submodule(f"b{resolution}")
            x, picture = block(x, picture, torch.float32)
            assert x is not None  # noqa: S101 - for the type checker
            flat = x.float()
            found.append(flat / (flat.square().sum(1, keepdim=True) + _EPSILON).sqrt())
        return found


def load_features(run: Path, device: torch.device | str = "cpu") -> DiscriminatorFeatures:
    """Read the discriminator of a run of `facewright train generator`.

    Args:
        run: The folder of the run.
        device: The device that computes.

    Raises:
        TrainingError: All checkpoints of the run are damaged.
        WeightsError: There is no run, or its discriminator is not understood.
    """
    state: Any = load_run(run)
    if state is None:
        raise WeightsError(
            f"{run} holds no checkpoint", hint="name the folder of a run of `train generator`"
        )
    try:
        tensors = state["contest"]["D"]
        discriminator = Discriminator(_read_shape(tensors))
        discriminator.load_state_dict(tensors)
    except (KeyError, ValueError, RuntimeError, FacewrightError) as error:
        raise WeightsError(f"the discriminator of {run} is not understood: {error}") from error
    return DiscriminatorFeatures(discriminator).to(device)


def _read_shape(tensors: dict[str, torch.Tensor]) -> DiscriminatorConfig:
    """Return the configuration of a discriminator, derived from its tensors."""
    sizes = sorted({int(name.partition(".")[0][1:]) for name in tensors if name.startswith("b")})
    widths = {size: len(tensors[f"b{size}.conv0.weight"]) for size in sizes if size > 4}
    widest = len(tensors["b4.conv.weight"])
    top = f"b{sizes[-1]}."
    drawn = sum(name.endswith("fromrgb.weight") for name in tensors)
    return DiscriminatorConfig(
        sizes[-1],
        c_dim=tensors["mapping.embed.weight"].shape[1] if "mapping.embed.weight" in tensors else 0,
        architecture="resnet"
        if f"{top}skip.weight" in tensors
        else "skip"
        if drawn > 1
        else "orig",
        channel_base=max(width * size for size, width in widths.items()),
        channel_max=widest,
    )
