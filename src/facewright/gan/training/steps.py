"""A training step of StyleGAN2: networks, optimisers, averaged weights, random state."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from facewright.device import seeded
from facewright.gan.augment.pipeline import Augment, update_p
from facewright.gan.discriminator import Discriminator, DiscriminatorConfig
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.training.losses import (
    discriminator_loss,
    generator_loss,
    path_length_penalty,
    path_lengths,
    r1_penalty,
)
from facewright.training.distributed import Processes, all_gather_sum, all_reduce_gradients
from facewright.training.ema import update_ema
from facewright.training.log import Averages

PATH_LENGTH_INTERVAL = 4  # steps; lazy regularisation, Karras et al. 2020, section 3.1
PATH_LENGTH_SHRINK = 2
R1_INTERVAL = 16
ADA_INTERVAL = 4
BETAS = (0.0, 0.99)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Hyperparameters of adversarial training."""

    batch: int
    """Pictures per step, of all processes together."""
    lr: float
    """Learning rate of both networks."""
    gamma: float
    """Weight of R1 regularisation."""
    path_length_weight: float
    """Weight of path length regularisation; 0 leaves it out."""
    style_mixing: float
    """Probability that a training picture takes its styles from two z."""
    ema_kimg: float
    """Half-life of the averaged weights, in thousands of pictures."""
    ema_rampup: float | None
    """The half-life is at most this share of the pictures seen so far; None is no limit."""
    ada_target: float | None
    """Target of the mean sign of the scores of real pictures, 0 to 1; None keeps p as it is."""
    ada_kimg: float
    """Thousands of pictures in which p may move by one."""
    dtype: torch.dtype
    """The number format of the convolutions."""


class AdversarialTrainer:
    """Trains a StyleGAN2 generator against its discriminator.

    Every random number comes from generators of the trainer, so that `state` is all that a
    checkpoint needs.

    Args:
        generator: Configuration of the generator.
        discriminator: Configuration of the discriminator.
        config: Hyperparameters of the training.
        labels: (n, c_dim), the labels of the dataset, from which those of generated pictures are
            drawn.
        augment: Augmentation of real and generated pictures.
        p: Probability of augmentation at the start.
        seed: Seed of every random number generator.
        device: The device that computes.
        processes: Rank of this process and number of all.
    """

    def __init__(  # noqa: PLR0913 - everything that training needs
        self,
        generator: GeneratorConfig,
        discriminator: DiscriminatorConfig,
        config: TrainConfig,
        *,
        labels: torch.Tensor,
        augment: Augment,
        p: float = 0.0,
        seed: int = 0,
        device: torch.device,
        processes: Processes,
    ) -> None:
        self.config, self.device, self.processes = config, device, processes
        self.G, self.D = _build(generator, discriminator, seed, device)
        self.G_ema = copy.deepcopy(self.G).eval().requires_grad_(False)
        self.labels, self.augment, self.p = labels.to(device), augment, p
        self.G_opt = _optimiser(self.G, config.lr, PATH_LENGTH_INTERVAL)
        self.D_opt = _optimiser(self.D, config.lr, R1_INTERVAL)
        self.images, self.steps = 0, 0
        self.path_average = torch.zeros([], device=device)
        self.signs = torch.zeros(2, device=device)  # sum, count
        rank = processes.rank
        self.rngs = {
            "shared": seeded(seed * 7919 + 1),  # the same in every process
            "noise": seeded(seed * 7919 + 2 + rank * 104729, device),
            "augment": seeded(seed * 7919 + 3 + rank * 104729),
        }
        self.averages = Averages()

    def step(
        self,
        reals: torch.Tensor,
        c: torch.Tensor,
        indices: torch.Tensor | None = None,  # noqa: ARG002 - for trainers that anchor pictures
    ) -> None:
        """Train both networks on one batch.

        Args:
            reals: (batch / processes, 3, h, w), float32 in [-1, 1].
            c: (batch / processes, c_dim), their labels.
            indices: (batch / processes,), their indices in the dataset; not used here.
        """
        config = self.config
        self.step_generator()
        if config.path_length_weight > 0 and self.steps % PATH_LENGTH_INTERVAL == 0:
            self.step_path_length()
        self.step_discriminator(reals, c)
        if self.steps % R1_INTERVAL == 0:
            self.step_r1(reals, c)
        self.images += config.batch
        self.steps += 1
        update_ema(
            self.G_ema,
            self.G,
            images=self.images,
            batch=config.batch,
            half_life=config.ema_kimg * 1000,
            rampup=config.ema_rampup,
        )
        if self.steps % ADA_INTERVAL == 0:
            self._adapt()

    def step_generator(self) -> None:
        """Update the generator by the non-saturating logistic loss."""
        z, c = self.draw(self.config.batch)
        scores = self._score(self._draw_pictures(self.mix(z, c, track=True)), c)
        loss = generator_loss(scores)
        self.averages.add("loss_G", loss)
        self._learn(self.G, self.G_opt, loss.mean())

    def step_path_length(self) -> None:
        """Update the generator by path length regularisation."""
        world = self.processes.world
        z, c = self.draw(max(self.config.batch // PATH_LENGTH_SHRINK // world, 1) * world)
        ws = self.mix(z, c)
        images = self._draw_pictures(ws)
        lengths = path_lengths(images, ws, self._draw_noise(images.shape))
        mean = all_gather_sum(lengths.detach().mean(), self.processes) / world
        penalty, self.path_average = path_length_penalty(lengths, self.path_average, mean=mean)
        self.averages.add("path_length", lengths)
        untouched = images[:, 0, 0, 0] * 0  # so that every parameter has a gradient
        loss = (penalty * self.config.path_length_weight + untouched).mean()
        self._learn(self.G, self.G_opt, loss * PATH_LENGTH_INTERVAL)

    def step_discriminator(self, reals: torch.Tensor, c: torch.Tensor) -> None:
        """Update the discriminator by the logistic loss."""
        z, fake_c = self.draw(self.config.batch)
        with torch.no_grad():
            fakes = self._draw_pictures(self.mix(z, fake_c))
        fake_scores, real_scores = self._score(fakes, fake_c), self._score(reals, c)
        signs = real_scores.detach().sign()
        self.signs += torch.stack([signs.sum(), torch.ones_like(signs).sum()])
        loss = discriminator_loss(fake_scores, real_scores)
        self.averages.add("loss_D", loss)
        self.averages.add("r_t", signs)
        self._learn(self.D, self.D_opt, loss.mean())

    def step_r1(self, reals: torch.Tensor, c: torch.Tensor) -> None:
        """Update the discriminator by R1 regularisation."""
        reals = reals.detach().requires_grad_()
        scores = self._score(reals, c)
        penalty = r1_penalty(scores, reals)
        self.averages.add("r1", penalty)
        loss = (penalty * (self.config.gamma / 2) + scores[:, 0] * 0).mean()
        self._learn(self.D, self.D_opt, loss * R1_INTERVAL)

    def draw(self, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw z, (batch / processes, z_dim), and labels, (batch / processes, c_dim).

        All processes draw the same numbers and take every n-th, so that together they use the same
        latents as one process.
        """
        rng, rank, world = self.rngs["shared"], self.processes.rank, self.processes.world
        z = torch.randn(batch, self.G.config.z_dim, generator=rng)[rank::world]
        places = torch.randint(len(self.labels), (batch,), generator=rng)[rank::world]
        return z.to(self.device), self.labels[places.to(self.device)]

    def mix(self, z: torch.Tensor, c: torch.Tensor, *, track: bool = False) -> torch.Tensor:
        """Return w+, (n, num_ws, w_dim), with style mixing regularisation."""
        rng = self.rngs["shared"]
        ws = self.G.map_to_w(z, c, track=track)
        if self.config.style_mixing <= 0:
            return ws
        cutoff = int(torch.randint(1, self.G.num_ws, (), generator=rng))
        mixed = float(torch.rand((), generator=rng)) < self.config.style_mixing
        other = torch.randn(z.shape[0] * self.processes.world, self.G.config.z_dim, generator=rng)[
            self.processes.rank :: self.processes.world
        ]
        if not mixed:
            return ws
        return torch.cat(
            [ws[:, :cutoff], self.G.map_to_w(other.to(z.device), c)[:, cutoff:]], dim=1
        )

    def state(self) -> dict[str, Any]:
        """Return everything that changes during training in this process.

        The result nests dictionaries, numbers and tensors.
        """
        return {
            "G": self.G.state_dict(),
            "D": self.D.state_dict(),
            "G_ema": self.G_ema.state_dict(),
            "G_opt": self.G_opt.state_dict(),
            "D_opt": self.D_opt.state_dict(),
            "images": self.images,
            "steps": self.steps,
            "p": self.p,
            "path_average": self.path_average,
            "signs": self.signs,
            "rngs": {name: rng.get_state() for name, rng in self.rngs.items()},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""
        for name in ("G", "D", "G_ema", "G_opt", "D_opt"):
            getattr(self, name).load_state_dict(state[name])
        self.images, self.steps, self.p = state["images"], state["steps"], state["p"]
        self.path_average = state["path_average"].to(self.device)
        self.signs = state["signs"].to(self.device)
        alone, kept = self.processes.world == 1, state["rngs"]
        for name, rng in self.rngs.items():
            fits = rng.get_state().shape == kept[name].shape  # not from a CPU to a GPU or back
            if name == "shared" or (alone and fits):
                rng.set_state(kept[name].cpu())
            else:  # other processes than the first kept nothing either: start anew
                rng.manual_seed(self.images * 31 + self.processes.rank * 104729)

    def _draw_pictures(self, ws: torch.Tensor) -> torch.Tensor:
        """Run the synthesis network with random noise."""
        return self.G.synthesis(ws, noise="random", rng=self.rngs["noise"], dtype=self.config.dtype)

    def _draw_noise(self, shape: torch.Size) -> torch.Tensor:
        """Return normal noise of a shape, shared between processes as in `draw`."""
        rank, world = self.processes.rank, self.processes.world
        rng = seeded(int(torch.randint(1 << 62, (), generator=self.rngs["shared"])), self.device)
        whole = torch.randn(shape[0] * world, *shape[1:], generator=rng, device=self.device)
        return whole[rank::world]

    def _score(self, images: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        """Augment pictures and score them."""
        if self.p > 0:
            images = self.augment(images, self.p, rng=self.rngs["augment"])
        return self.D(images, c, dtype=self.config.dtype)

    def _learn(self, net: nn.Module, optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        """Take an optimiser step on a loss."""
        optimiser.zero_grad(set_to_none=True)
        parameters = list(_trainable(net))
        loss.backward(inputs=parameters)
        all_reduce_gradients(parameters, self.processes)
        optimiser.step()

    def _adapt(self) -> None:
        """Move the probability of augmentation towards the target."""
        total, count = all_gather_sum(self.signs, self.processes).tolist()
        self.signs.zero_()
        if self.config.ada_target is None:
            return
        self.p = update_p(
            self.p,
            total / max(count, 1),
            target=self.config.ada_target,
            batch=self.config.batch,
            interval=ADA_INTERVAL,
            ada_kimg=self.config.ada_kimg,
        )


def _build(
    generator: GeneratorConfig, discriminator: DiscriminatorConfig, seed: int, device: torch.device
) -> tuple[Generator, Discriminator]:
    """Build both networks with weights that depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.set_state(seeded(seed).get_state())
        G, D = Generator(generator), Discriminator(discriminator)
    return G.to(device).train(), D.to(device).train()


def _optimiser(net: nn.Module, lr: float, interval: int) -> torch.optim.Adam:
    """Return Adam, corrected for the extra steps of lazy regularisation."""
    ratio = interval / (interval + 1)
    betas = (BETAS[0] ** ratio, BETAS[1] ** ratio)
    return torch.optim.Adam(list(_trainable(net)), lr=lr * ratio, betas=betas, eps=1e-8, fused=True)


def _trainable(net: nn.Module) -> Iterator[nn.Parameter]:
    """Yield the parameters that are not frozen."""
    return (p for p in net.parameters() if p.requires_grad)
