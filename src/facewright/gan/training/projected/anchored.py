"""Training with anchors and with discriminators beside or in place of StyleGAN2's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from facewright.gan.anchors.find import Anchors
from facewright.gan.training.losses import generator_loss
from facewright.gan.training.projected.colours import ColourEnergy
from facewright.gan.training.projected.efficientnet import EfficientNetLite0
from facewright.gan.training.projected.heads import (
    Maps,
    ProjectedDiscriminator,
    blur_border,
    compare_maps,
    draw_colours,
    draw_shift,
    view_pictures,
)
from facewright.gan.training.steps import ADA_INTERVAL, R1_INTERVAL, AdversarialTrainer
from facewright.gan.weights import copy_matching
from facewright.training.ema import update_ema

_BETAS = (0.0, 0.99)
_RAMP = 500  # steps in which the projected heads gain their weight
_PARTS = ("heads", "heads_opt", "colours")  # of a checkpoint
_HEAD_LR = 0.5  # learning rate of the heads in parts of that of the generator


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What training with anchors or projected heads needs besides dataset and options."""

    backbone: EfficientNetLite0
    """The frozen network."""
    anchors: Anchors | None
    """Anchors of the pictures of the dataset; None for projected heads alone."""


@dataclass(frozen=True, slots=True)
class AnchorConfig:
    """Configuration of anchors and projected heads."""

    anchors: torch.Tensor | None = None
    """(pictures, k), the anchor of each picture of the dataset; None without anchors."""
    jitter: float = 0.12
    """Standard deviation of the noise added to anchors in each step."""
    pixels: float = 1.0
    """Weight of the mean absolute difference of pixels between a picture and that of its anchor."""
    features: float = 0.3
    """Weight of the difference in the feature maps of the frozen network."""
    projected: float = 0.2
    """Weight of the projected heads in the loss of the generator; 0 leaves them out."""
    colours: float = 0.3
    """Weight of `ColourEnergy` in the loss of the generator; 0 leaves it out."""
    soft_border: bool = False
    """Whether to blur what surrounds the face before the frozen network sees it."""
    warm_images: int = 7000
    """Number of pictures that are only reconstructed before adversarial training begins."""
    stylegan2: bool = False
    """Whether to train with StyleGAN2's own discriminator too."""


class AnchoredTrainer(AdversarialTrainer):
    """Trains a generator to reconstruct anchored pictures, against projected heads.

    Args:
        anchoring: The configuration.
        backbone: The frozen network.
        arguments: Arguments of `AdversarialTrainer`.
    """

    def __init__(
        self, anchoring: AnchorConfig, backbone: EfficientNetLite0, *arguments: Any, **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self.anchoring, self.backbone = anchoring, backbone.to(self.device)
        seed = named.get("seed", 0)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            heads = ProjectedDiscriminator(self.G.config.c_dim, seed=seed)
        self.heads, self.colours = heads.to(self.device), ColourEnergy().to(self.device)
        trained = [p for p in self.heads.parameters() if p.requires_grad]
        self.heads_opt = torch.optim.Adam(
            trained, lr=self.config.lr * _HEAD_LR, betas=_BETAS, fused=True
        )
        self.G_opt = torch.optim.Adam(
            self.G.parameters(), lr=self.config.lr, betas=_BETAS, fused=True
        )

    @property
    def is_warm(self) -> bool:
        """Whether adversarial training has begun."""
        return self.anchoring.anchors is None or self.images >= self.anchoring.warm_images

    def step(
        self, reals: torch.Tensor, c: torch.Tensor, indices: torch.Tensor | None = None
    ) -> None:
        """Train all networks on one batch.

        Args:
            reals: (batch / processes, 3, h, w), float32 in [-1, 1].
            c: (batch / processes, c_dim), their labels.
            indices: (batch / processes,), their indices in the dataset; needed with anchors.
        """
        warm = self.is_warm
        self._step_both(reals, c, indices, adversarial=warm)
        if warm and self.anchoring.stylegan2:
            self.step_discriminator(reals, c)
            if self.steps % R1_INTERVAL == 0:
                self.step_r1(reals, c)
        self.images += self.config.batch
        self.steps += 1
        update_ema(
            self.G_ema,
            self.G,
            images=self.images,
            batch=self.config.batch,
            half_life=self.config.ema_kimg * 1000,
            rampup=self.config.ema_rampup,
        )
        if self.steps % ADA_INTERVAL == 0:
            self._adapt()

    def _step_both(
        self,
        reals: torch.Tensor,
        c: torch.Tensor,
        indices: torch.Tensor | None,
        *,
        adversarial: bool,
    ) -> None:
        """Generate anchored and random pictures; update the heads, then the generator."""
        ws, labels = self._draw_styles(c, indices, adversarial=adversarial)
        known = 0 if self.anchoring.anchors is None else len(reals)
        fakes = self._draw_pictures(ws)
        shift = draw_shift(self.rngs["shared"])
        colours = draw_colours(self.rngs["shared"]).to(self.device)
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.config.dtype == torch.bfloat16
        ):
            look = blur_border if self.anchoring.soft_border else nn.Identity()
            with torch.no_grad():
                seen = view_pictures(self.backbone, look(reals), shift, colours)
            drawn = view_pictures(self.backbone, look(fakes), shift, colours)
            if self.steps == 0:
                self.heads.calibrate(seen)
            if adversarial and self.anchoring.projected > 0:
                self._step_heads(seen, drawn, c, labels)
            loss = torch.zeros((), device=self.device)
            if known:
                loss = loss + self._reconstruct(reals, fakes[:known], seen, drawn)
            if adversarial:
                loss = loss + self._deceive(fakes[known:], reals, drawn, labels)
        self._learn(self.G, self.G_opt, loss)

    def _draw_styles(
        self, c: torch.Tensor, indices: torch.Tensor | None, *, adversarial: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return w+ of the anchors of a batch and of random z, and their labels."""
        ws, labels = list[torch.Tensor](), list[torch.Tensor]()
        if self.anchoring.anchors is not None:
            assert indices is not None  # noqa: S101 - the feed gives them
            rest, _ = self.draw(self.config.batch)
            anchors = self.anchoring.anchors[indices.cpu()].to(self.device)
            k = anchors.shape[1]
            shaken, _ = self.draw(self.config.batch)
            z = torch.cat([anchors + self.anchoring.jitter * shaken[:, :k], rest[:, k:]], 1)
            ws.append(self.G.map_to_w(z, c, track=True))
            labels.append(c)
        if adversarial:
            z, random_c = self.draw(self.config.batch)
            ws.append(self.mix(z, random_c, track=self.anchoring.anchors is None))
            labels.append(random_c)
        return torch.cat(ws), torch.cat(labels)

    def _step_heads(self, seen: Maps, drawn: Maps, c: torch.Tensor, labels: torch.Tensor) -> None:
        """Update the heads by the hinge loss (Lim & Ye 2017), as in Projected GAN."""
        both = [
            [torch.cat([one, other.detach()]) for one, other in zip(view, views, strict=True)]
            for view, views in zip(seen, drawn, strict=True)
        ]
        scores = self.heads(both, torch.cat([c, labels]))
        count = len(c)
        losses = [F.relu(1 - s[:count]).mean() + F.relu(1 + s[count:]).mean() for s in scores]
        loss = torch.stack(losses).mean()
        self.averages.add("loss_heads", loss.detach())
        self._learn(self.heads, self.heads_opt, loss)

    def _reconstruct(
        self, reals: torch.Tensor, fakes: torch.Tensor, seen: Maps, drawn: Maps
    ) -> torch.Tensor:
        """Return the reconstruction loss of the anchored pictures."""
        count = len(reals)
        pixels = (fakes - reals).abs().mean()
        mine = [[x[:count] for x in view] for view in drawn]
        features = compare_maps(mine, seen, self.heads.spread).mean()
        self.averages.add("pixels", pixels.detach())
        self.averages.add("features", features.detach())
        return self.anchoring.pixels * pixels + self.anchoring.features * features

    def _deceive(
        self, fakes: torch.Tensor, reals: torch.Tensor, drawn: Maps, labels: torch.Tensor
    ) -> torch.Tensor:
        """Return the adversarial loss of the generator, with the penalty on colours."""
        loss = torch.zeros((), device=self.device)
        warming = 0 if self.anchoring.anchors is None else self.anchoring.warm_images
        ramp = min(((self.images - warming) / self.config.batch + 1) / _RAMP, 1.0)
        if self.anchoring.projected > 0:
            wished = -torch.stack([s.mean() for s in self.heads(drawn, labels)]).mean()
            self.averages.add("loss_projected", wished.detach())
            loss = loss + self.anchoring.projected * ramp * wished
        if self.anchoring.colours > 0:
            excess = self.colours(fakes, reals, self.processes)
            self.averages.add("colours", excess.detach())
            loss = loss + self.anchoring.colours * excess
        if self.anchoring.stylegan2:
            scores = generator_loss(self._score(fakes, labels[-len(fakes) :]))
            self.averages.add("loss_G", scores.detach())
            loss = loss + scores.mean()
        return loss

    def state(self) -> dict[str, Any]:
        """Return everything that changes during training."""
        parts = {name: getattr(self, name).state_dict() for name in _PARTS}
        return super().state() | parts

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""
        super().load(state)
        for name in _PARTS:
            if name == "colours":  # which older checkpoints lack, or measured otherwise
                copy_matching(self.colours, state.get(name, {}))
            else:
                getattr(self, name).load_state_dict(state[name])
