"""A training step of StyleGAN 1: networks, optimisers, averaged weights, random state."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from facewright.device import seeded
from facewright.gan.stylegan1.networks import (
    ProgressiveDiscriminator,
    ProgressiveGenerator,
    enlarge,
    halve,
)
from facewright.gan.training.losses import (
    critic_loss,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    r1_penalty,
)
from facewright.gan.training.progressive.plan import Phase, ProgressivePlan
from facewright.training.distributed import Processes, all_reduce_gradients
from facewright.training.ema import update_ema
from facewright.training.log import Averages

BETAS = (0.0, 0.99)
_MAPPING_LR = 0.01  # of the mapping network, in parts of the learning rate
_LR_PART = "part"  # in a group of parameters: its part of the learning rate


class ProgressiveTrainer:
    """A generator and a discriminator that grow (Karras et al. 2018 and 2019).

    Both have all resolutions from the start; the number of pictures seen decides which are used.
    Every random number comes from generators of the trainer, so that `state` is all that a
    checkpoint needs.

    Args:
        plan: The networks and the schedule.
        seed: Seed of every random number generator.
        device: The device that computes.
        processes: Rank of this process and number of all.
    """

    def __init__(
        self,
        plan: ProgressivePlan,
        *,
        seed: int = 0,
        device: torch.device,
        processes: Processes | None = None,
    ) -> None:
        self.plan, self.device, self.processes = plan, device, processes or Processes()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.set_state(seeded(seed).get_state())
            G = ProgressiveGenerator(plan.generator)
            D = ProgressiveDiscriminator(plan.generator.channels, group_size=plan.group)
        self.G, self.D = G.to(device).train(), D.to(device).train()
        self.averaged = copy.deepcopy(self.G).eval().requires_grad_(False)
        self.G_opt = _optimiser({1.0: self.G.synthesis, _MAPPING_LR: self.G.mapping})
        self.D_opt = _optimiser({1.0: self.D})
        self.images, self.steps = 0, 0
        self.resolution, self.alpha = self.phase.resolution, 1.0  # of the last step
        rank = self.processes.rank
        self.rngs = {
            "shared": seeded(seed * 7919 + 1),  # the same in every process
            "noise": seeded(seed * 7919 + 2 + rank * 104729, device),
        }
        self.averages = Averages()

    @property
    def phase(self) -> Phase:
        """The phase of the next step."""
        return self.plan.phase_at(self.images)

    @property
    def G_ema(self) -> ProgressiveGenerator:  # noqa: N802 - the field's name
        """A copy of the averaged generator, cut to the resolution reached."""
        return self.averaged.cut(self.resolution, self.alpha)

    def step(self, reals: torch.Tensor) -> None:
        """Train both networks on one batch.

        Args:
            reals: (batch of the phase / processes, 3, h, w), float32 in [-1, 1], with h the
                resolution of the phase or larger.
        """
        phase = self.phase
        alpha = phase.alpha(self.images + phase.batch)
        for group in (*self.G_opt.param_groups, *self.D_opt.param_groups):
            group["lr"] = phase.lr * group[_LR_PART]
        self.step_discriminator(fit_reals(reals, phase.resolution, alpha), alpha)
        self.steps += 1
        if self.steps % self.plan.n_critic == 0:
            self.step_generator(phase, alpha)
        self.images += phase.batch
        self.resolution, self.alpha = phase.resolution, alpha
        update_ema(
            self.averaged,
            self.G,
            images=self.images,
            batch=phase.batch,
            half_life=self.plan.ema_kimg * 1000,
            rampup=0.05,
        )

    def step_discriminator(self, reals: torch.Tensor, alpha: float) -> None:
        """Update the discriminator by the adversarial loss and the gradient penalty.

        The penalty is computed at every step, as in StyleGAN 1.

        Args:
            reals: From `fit_reals`.
            alpha: Blend of the newest resolution, 0 to 1.
        """
        count = len(reals) * self.processes.world
        with torch.no_grad():
            fakes = self._draw_pictures(self.draw_styles(count), reals.shape[-1], alpha)
        fake_scores = self._score(fakes, alpha)
        if self.plan.loss == "logistic":
            reals = reals.detach().requires_grad_()
            real_scores = self._score(reals, alpha)
            loss = discriminator_loss(fake_scores, real_scores)
            penalty = r1_penalty(real_scores, reals)
            weight = self.plan.gamma / 2
        else:
            real_scores = self._score(reals, alpha)
            loss = critic_loss(fake_scores, real_scores)
            between = torch.lerp(reals, fakes, self._draw_shares(count)).requires_grad_()
            penalty = gradient_penalty(self._score(between, alpha), between)
            weight = self.plan.gamma
        self.averages.add("loss_D", loss)
        self.averages.add("r1" if self.plan.loss == "logistic" else "penalty", penalty)
        self.averages.add("score_real", real_scores)
        self.averages.add("score_fake", fake_scores)
        self._learn(self.D, self.D_opt, loss.mean() + weight * penalty.mean())

    def step_generator(self, phase: Phase, alpha: float) -> None:
        """Update the generator by the adversarial loss."""
        ws = self.draw_styles(phase.batch, phase.resolution, track=True)
        scores = self._score(self._draw_pictures(ws, phase.resolution, alpha), alpha)
        loss = generator_loss(scores) if self.plan.loss == "logistic" else -scores
        self.averages.add("loss_G", loss)
        self._learn(self.G, self.G_opt, loss.mean())

    def draw_styles(
        self, batch: int, resolution: int | None = None, *, track: bool = False
    ) -> torch.Tensor:
        """Return w+, (batch / processes, num_ws, w_dim), with style mixing.

        All processes draw the same numbers and take every n-th, so that together they use the same
        latents as one process. Styles change within the layers up to `resolution`.
        """
        rng, rank, world = self.rngs["shared"], self.processes.rank, self.processes.world
        z, other = (
            torch.randn(batch, self.G.config.z_dim, generator=rng)[rank::world].to(self.device)
            for _ in range(2)
        )
        layers = 2 * self.G.synthesis.resolutions.index(resolution or self.phase.resolution) + 2
        cutoff = int(torch.randint(1, layers, (), generator=rng))
        mixed = float(torch.rand((), generator=rng)) < self.plan.style_mixing
        ws = self.G.map_to_w(z, track=track)
        if not mixed:
            return ws
        return torch.cat([ws[:, :cutoff], self.G.map_to_w(other)[:, cutoff:]], dim=1)

    def modules(self) -> tuple[nn.Module, ...]:
        """Return the networks, whose weights are equal in all processes."""
        return self.G, self.D, self.averaged

    def state(self) -> dict[str, Any]:
        """Return everything that changes during training, nested in dictionaries."""
        return {
            "G": self.G.state_dict(),
            "D": self.D.state_dict(),
            "G_ema": self.averaged.state_dict(),
            "G_opt": self.G_opt.state_dict(),
            "D_opt": self.D_opt.state_dict(),
            "images": self.images,
            "steps": self.steps,
            "resolution": self.resolution,
            "alpha": self.alpha,
            "rngs": {name: rng.get_state() for name, rng in self.rngs.items()},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""
        for name in ("G", "D", "G_opt", "D_opt"):
            getattr(self, name).load_state_dict(state[name])
        self.averaged.load_state_dict(state["G_ema"])
        for name in ("images", "steps", "resolution", "alpha"):
            setattr(self, name, state[name])
        self.rngs["shared"].set_state(state["rngs"]["shared"].cpu())
        noise, kept = self.rngs["noise"], state["rngs"]["noise"]
        if self.processes.world == 1 and noise.get_state().shape == kept.shape:
            noise.set_state(kept.cpu())
        else:  # other processes than the first, and other devices, kept none: start anew
            noise.manual_seed(self.images * 31 + self.processes.rank * 104729)

    def _draw_pictures(self, ws: torch.Tensor, resolution: int, alpha: float) -> torch.Tensor:
        """Run the synthesis network with random noise, at a resolution."""
        return self.G.synthesis(
            ws,
            noise="random",
            rng=self.rngs["noise"],
            dtype=self.plan.dtype,
            resolution=resolution,
            fade=alpha,
        )

    def _draw_shares(self, batch: int) -> torch.Tensor:
        """Return the interpolation weights of the gradient penalty, (n, 1, 1, 1), 0 to 1."""
        shares = torch.rand(batch, 1, 1, 1, generator=self.rngs["shared"])
        return shares[self.processes.rank :: self.processes.world].to(self.device)

    def _score(self, images: torch.Tensor, alpha: float) -> torch.Tensor:
        """Score pictures of the resolution that they have."""
        return self.D(images, fade=alpha, dtype=self.plan.dtype)

    def _learn(self, net: nn.Module, optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        """Take an optimiser step; parameters without a gradient stay as they are."""
        optimiser.zero_grad(set_to_none=True)
        parameters = list(net.parameters())
        loss.backward(inputs=parameters)
        all_reduce_gradients(parameters, self.processes)
        optimiser.step()


def fit_reals(reals: torch.Tensor, resolution: int, alpha: float) -> torch.Tensor:
    """Scale real pictures to a resolution, blended with the resolution before.

    Args:
        reals: (n, 3, h, h), with h a multiple of `resolution`.
        resolution: Width of the result in pixels.
        alpha: Blend of this resolution, 0 to 1; 0 is as coarse as the one before (Karras et al.
            2018, figure 2).

    Returns:
        (n, 3, resolution, resolution).
    """
    factor = reals.shape[-1] // resolution
    reals = F.avg_pool2d(reals, factor) if factor > 1 else reals
    return torch.lerp(enlarge(halve(reals)), reals, alpha) if alpha < 1 else reals


def _optimiser(parts: dict[float, nn.Module]) -> torch.optim.Adam:
    """Return Adam for networks, each with its factor on the learning rate."""
    groups = [{"params": list(net.parameters()), _LR_PART: part} for part, net in parts.items()]
    return torch.optim.Adam(groups, lr=0.0, betas=BETAS, eps=1e-8, fused=True)
