"""A training step of CycleGAN: two translators and two discriminators."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from facewright.convert.blocks import Net, build_seeded
from facewright.convert.discriminators import PatchConfig, PatchDiscriminator
from facewright.convert.generators import Translator, TranslatorConfig
from facewright.convert.training.augment import augment_images
from facewright.convert.training.losses import Mode, adversarial_loss, distance, gradient_penalty
from facewright.convert.training.pool import ImagePool
from facewright.convert.training.projected import ProjectedDiscriminator, view_faces
from facewright.device import seeded
from facewright.faces.similarity.features import FaceFeatures
from facewright.training.distributed import Processes, all_reduce_gradients, broadcast_module
from facewright.training.ema import update_ema
from facewright.training.log import Averages

BETAS = (0.5, 0.999)
PENALTY = 10.0  # weight of the gradient penalty; Gulrajani et al. 2017
_RAMPUP = 0.05  # of the averaged weights, as in StyleGAN2 with adaptive augmentation
_PARTS = ("forward", "reverse", "discriminator_a", "discriminator_b", "forward_ema", "reverse_ema")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How the four networks play."""

    batch: int
    """Pictures of each style per step, of all processes together."""
    lr: float
    """Learning rate of the translators, until it falls."""
    discriminator_lr: float
    """Learning rate of the discriminators, until it falls."""
    total: int
    """Number of pictures of each style after which the learning rate is zero."""
    decay: float
    """Over the last part of the run, as a share of it, the learning rate falls in a line."""
    mode: Mode
    """The adversarial loss."""
    cycle: float
    """Weight of the cycle loss."""
    identity: float
    """Weight of the identity loss, relative to `cycle`."""
    pool: int
    """How many made pictures of each style the discriminators are reminded of."""
    augment: float
    """The chance of each change that the discriminators see pictures through."""
    ema_kimg: float
    """Half-life of the averaged weights, in thousands of pictures."""
    dtype: torch.dtype
    """The number format of the convolutions: float32 or bfloat16."""


class CycleGAN:
    """Two translators that undo each other, and two discriminators.

    Zhu et al. 2017, "Unpaired image-to-image translation using cycle-consistent adversarial
    networks". Every random number comes from generators of its own, so that `state` is all that a
    checkpoint needs.

    Attributes:
        forward: From style A to style B.
        reverse: From style B to style A.
        forward_ema: The averaged weights of `forward`.
        reverse_ema: The averaged weights of `reverse`.
        discriminator_a: Distinguishes real from translated pictures of style A.
        discriminator_b: Distinguishes real from translated pictures of style B.
        images: Number of pictures of each style seen so far.
        averages: Averages of the losses.
    """

    def __init__(  # noqa: PLR0913
        self,
        translator: TranslatorConfig,
        discriminator: PatchConfig,
        config: TrainConfig,
        *,
        seed: int,
        device: torch.device,
        processes: Processes | None = None,
        features: FaceFeatures | None = None,
    ) -> None:
        """Build the networks.

        Args:
            translator: Configuration of both translators.
            discriminator: Configuration of both discriminators.
            config: Hyperparameters of the training.
            seed: Seed of every random number generator.
            device: The device that computes.
            processes: Rank of this process and number of all; None is a single process.
            features: Frozen network whose features the discriminators score in addition to pixels;
                None for pixels alone.
        """
        self.features = features
        self.config, self.device, self.processes = config, device, processes or Processes()
        first = seed * 7919
        ways = [build_seeded(lambda: Translator(translator), first + n) for n in (0, 1)]
        self.forward, self.reverse = (way.to(device).train() for way in ways)
        apart = [
            build_seeded(lambda: self._build_discriminator(discriminator), first + n)
            for n in (2, 3)
        ]
        self.discriminator_a, self.discriminator_b = (
            network.to(device).train() for network in apart
        )
        self.forward_ema, self.reverse_ema = (_copy(way) for way in (self.forward, self.reverse))
        self.G_opt = _optimiser(config.lr, self.forward, self.reverse)
        self.D_opt = _optimiser(config.discriminator_lr, self.discriminator_a, self.discriminator_b)
        own = first + 104729 * self.processes.rank
        self.pool_a, self.pool_b = (ImagePool(config.pool, seed=own + n) for n in (4, 5))
        self.rng = seeded(own + 6)
        self.images, self.averages = 0, Averages()

    def step(self, a: torch.Tensor, b: torch.Tensor) -> None:
        """Train all four networks on one batch.

        Args:
            a: (batch / processes, 3, h, w), float32 in [-1, 1], of style A.
            b: The same shape, of style B.
        """
        config = self.config
        rate = decay_rate(self.images, config.total, config.decay)
        for optimiser, lr in ((self.G_opt, config.lr), (self.D_opt, config.discriminator_lr)):
            for group in optimiser.param_groups:
                group["lr"] = lr * rate
        made_a, made_b = self.step_translators(a, b)
        self.step_discriminators(
            (a, self.pool_a.exchange(made_a)), (b, self.pool_b.exchange(made_b))
        )
        self.images += config.batch
        for average, network in (
            (self.forward_ema, self.forward),
            (self.reverse_ema, self.reverse),
        ):
            update_ema(
                average,
                network,
                images=self.images,
                batch=config.batch,
                half_life=config.ema_kimg * 1000,
                rampup=_RAMPUP,
            )

    def step_translators(
        self, a: torch.Tensor, b: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Update both translators by the adversarial, cycle and identity losses.

        Args:
            a: Pictures of style A.
            b: Pictures of style B.

        Returns:
            The translated pictures of style A and of style B, detached.
        """
        config = self.config
        with self._autocast():
            made_b, made_a = self.forward(a), self.reverse(b)
            losses = {
                "loss_forward": self._fool(self.discriminator_b, made_b),
                "loss_reverse": self._fool(self.discriminator_a, made_a),
                "cycle_a": distance(self.reverse(made_b), a) * config.cycle,
                "cycle_b": distance(self.forward(made_a), b) * config.cycle,
            }
            if config.identity > 0:
                weight = config.cycle * config.identity
                losses["identity_a"] = distance(self.reverse(a), a) * weight
                losses["identity_b"] = distance(self.forward(b), b) * weight
        self._learn(self.G_opt, losses)
        return made_a.detach().float(), made_b.detach().float()

    def step_discriminators(
        self, a: tuple[torch.Tensor, torch.Tensor], b: tuple[torch.Tensor, torch.Tensor]
    ) -> None:
        """Update both discriminators by the adversarial loss.

        Args:
            a: Pictures of style A, real and translated.
            b: Pictures of style B, real and translated.
        """
        with self._autocast():
            losses = {"loss_A": self._separate(self.discriminator_a, *a)}
            losses["loss_B"] = self._separate(self.discriminator_b, *b)
        self._learn(self.D_opt, losses)

    def share(self) -> None:
        """Copy the networks of the first process to all others."""
        for name in _PARTS:
            broadcast_module(getattr(self, name), self.processes)

    def state(self) -> dict[str, Any]:
        """Return everything that changes during training in this process.

        The result nests dictionaries, lists, numbers and tensors.
        """
        parts = {name: getattr(self, name).state_dict() for name in (*_PARTS, "G_opt", "D_opt")}
        pools = {"pool_a": self.pool_a.state(), "pool_b": self.pool_b.state()}
        return {**parts, **pools, "rng": self.rng.get_state(), "images": self.images}

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned; with several processes, pools are emptied."""
        for name in (*_PARTS, "G_opt", "D_opt"):
            getattr(self, name).load_state_dict(state[name])
        self.images = state["images"]
        if self.processes.world == 1:
            self.pool_a.load(state["pool_a"], self.device)
            self.pool_b.load(state["pool_b"], self.device)
            self.rng.set_state(state["rng"])

    def _build_discriminator(self, config: PatchConfig) -> nn.Module:
        """Return a discriminator of patches, and of features if there is a network for them."""
        if self.features is None:
            return PatchDiscriminator(config)
        return ProjectedDiscriminator(config, self.features.config.widths)

    def _score(self, network: nn.Module, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the maps of scores of a network, float32."""
        images = augment_images(images, self.config.augment, self.rng)
        if self.features is None:
            return [network(images).float()]
        maps = view_faces(self.features, images, self.rng)
        return [scores.float() for scores in network(images, maps)]

    def _measure(self, network: nn.Module, images: torch.Tensor, *, real: bool) -> torch.Tensor:
        """Return the adversarial loss of scores against the target real, or translated."""
        losses = [
            adversarial_loss(scores, self.config.mode, real=real)
            for scores in self._score(network, images)
        ]
        return torch.stack(losses).mean()

    def _autocast(self) -> torch.autocast:
        """Return the autocast context of the configured number format."""
        dtype = self.config.dtype
        return torch.autocast(self.device.type, torch.bfloat16, enabled=dtype == torch.bfloat16)

    def _fool(self, network: nn.Module, made: torch.Tensor) -> torch.Tensor:
        """Return the adversarial loss of a translator."""
        return self._measure(network, made, real=True)

    def _separate(self, network: nn.Module, real: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
        """Return the loss of a discriminator."""
        loss = self._measure(network, real, real=True)
        loss = (loss + self._measure(network, made, real=False)) / 2
        if self.config.mode == "wgangp":
            loss = loss + PENALTY * gradient_penalty(network, real, made, rng=self.rng)
        return loss

    def _learn(self, optimiser: torch.optim.Optimizer, losses: dict[str, torch.Tensor]) -> None:
        """Take an optimiser step on the losses of two networks."""
        for name, loss in losses.items():
            self.averages.add(name, loss)
        parameters = [p for group in optimiser.param_groups for p in group["params"]]
        optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward(inputs=parameters)
        all_reduce_gradients(parameters, self.processes)
        optimiser.step()


def decay_rate(images: int, total: int, decay: float) -> float:
    """Return the learning rate relative to the initial one.

    Args:
        images: Number of pictures of each style seen so far.
        total: Number of pictures of each style in the whole run.
        decay: Share of the run at its end over which the rate falls linearly to zero.

    Example:
        >>> decay_rate(50, 100, 0.5), decay_rate(75, 100, 0.5), decay_rate(100, 100, 0.5)
        (1.0, 0.5, 0.0)
    """
    if decay <= 0:
        return 1.0
    return min(1.0, max(0.0, (total - images) / (total * decay)))


def _copy(network: Net) -> Net:
    """Return a copy that is averaged and not trained."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def _optimiser(lr: float, *networks: nn.Module) -> torch.optim.Adam:
    """Return one Adam for two networks."""
    parameters = [p for network in networks for p in network.parameters()]
    return torch.optim.Adam(parameters, lr=lr, betas=BETAS, fused=True)
