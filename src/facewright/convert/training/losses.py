"""Losses of translators and their discriminators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import torch
import torch.nn.functional as F

from facewright.errors import InputError

Mode: TypeAlias = Literal["lsgan", "vanilla", "wgangp"]


def adversarial_loss(scores: torch.Tensor, mode: Mode, *, real: bool) -> torch.Tensor:
    """Return the adversarial loss of scores against a target.

    Args:
        scores: Logits of any shape.
        mode: "lsgan" (Mao et al. 2017, squares to 1 or 0), "vanilla" (Goodfellow et al. 2014, cross
            entropy) or "wgangp" (Gulrajani et al. 2017, the score itself).
        real: Whether the target is real or generated.

    Returns:
        The mean over all scores, a scalar.

    Raises:
        InputError: The mode is unknown.
    """
    if mode not in get_args(Mode):
        raise InputError(f"no loss is called `{mode}`", hint=", ".join(get_args(Mode)))
    if mode == "lsgan":
        return (scores - float(real)).square().mean()
    towards = -scores if real else scores
    return (F.softplus(towards) if mode == "vanilla" else towards).mean()


def gradient_penalty(
    score: Callable[[torch.Tensor], torch.Tensor],
    reals: torch.Tensor,
    fakes: torch.Tensor,
    *,
    rng: torch.Generator,
) -> torch.Tensor:
    """Return the gradient penalty between real and generated pictures.

    Args:
        score: The discriminator.
        reals: (n, c, h, w).
        fakes: Of the same shape.
        rng: On the CPU; draws the position between each pair.

    Returns:
        The mean of (|slope| - 1)², a scalar; Gulrajani et al. 2017, equation 3.
    """
    share = torch.rand(len(reals), 1, 1, 1, generator=rng).to(reals.device)
    between = torch.lerp(reals.detach(), fakes.detach(), share).requires_grad_()
    (slope,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    length = (slope.float().flatten(1).square().sum(dim=1) + 1e-12).sqrt()  # [n]
    return (length - 1).square().mean()


def distance(one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
    """Return the mean absolute difference of pictures: the cycle and the identity loss."""
    return (one.float() - two.float()).abs().mean()
