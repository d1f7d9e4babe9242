"""Losses and penalties of generators and discriminators."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

PATH_LENGTH_DECAY = 0.01
DRIFT = 0.001


def generator_loss(fake_scores: torch.Tensor) -> torch.Tensor:
    """Return the non-saturating logistic loss of the generator (Goodfellow et al. 2014).

    Args:
        fake_scores: (n, 1), the discriminator's scores of generated pictures.

    Returns:
        (n, 1).
    """
    return F.softplus(-fake_scores)


def discriminator_loss(fake_scores: torch.Tensor, real_scores: torch.Tensor) -> torch.Tensor:
    """Return the logistic loss of the discriminator (Goodfellow et al. 2014).

    Args:
        fake_scores: (n, 1), its scores of generated pictures.
        real_scores: (n, 1), its scores of real pictures.

    Returns:
        (n, 1).
    """
    return F.softplus(fake_scores) + F.softplus(-real_scores)


def r1_penalty(real_scores: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Return the R1 penalty: the squared gradient norm (Mescheder et al. 2018, equation 9).

    Args:
        real_scores: (n, 1), computed from `images`.
        images: (n, 3, h, w), requiring a gradient.

    Returns:
        (n,): the squared norm of the gradient. The loss is half of it times gamma.
    """
    (gradient,) = torch.autograd.grad(real_scores.sum(), images, create_graph=True)
    return gradient.float().square().sum(dim=(1, 2, 3))


def critic_loss(fake_scores: torch.Tensor, real_scores: torch.Tensor) -> torch.Tensor:
    """Return the Wasserstein loss of the discriminator (Arjovsky et al. 2017) with a drift term.

    Args:
        fake_scores: (n, 1), its scores of generated pictures.
        real_scores: (n, 1), its scores of real pictures; their square is added with the weight
            0.001, so that scores do not drift (Karras et al. 2018, appendix A.1).

    Returns:
        (n, 1).
    """
    return fake_scores - real_scores + DRIFT * real_scores.square()


def gradient_penalty(scores: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Return the squared deviation of the gradient norm from 1 (Gulrajani et al. 2017, equation 3).

    Args:
        scores: (n, 1), computed from `images`.
        images: (n, 3, h, w), interpolated between real and generated ones, requiring a gradient.

    Returns:
        (n,).
    """
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    lengths = (gradient.float().square().sum(dim=(1, 2, 3)) + 1e-12).sqrt()
    return (lengths - 1).square()


def path_lengths(images: torch.Tensor, ws: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Return the length of the gradient of pictures by w (Karras et al. 2020, equation 4).

    Args:
        images: (n, 3, h, w), computed from `ws`.
        ws: (n, num_ws, w_dim), requiring a gradient.
        noise: (n, 3, h, w), normally distributed.

    Returns:
        (n,).
    """
    noise = noise / math.sqrt(images.shape[2] * images.shape[3])
    (gradient,) = torch.autograd.grad((images * noise).sum(), ws, create_graph=True)
    return gradient.square().sum(dim=2).mean(dim=1).sqrt()


def path_length_penalty(
    lengths: torch.Tensor, average: torch.Tensor, *, mean: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the squared deviation of path lengths from their moving average, and the new average.

    Args:
        lengths: (n,), from `path_lengths`.
        average: (), the moving average so far, starting from 0.
        mean: (), mean of the lengths in all processes; None is the mean of `lengths`.

    Returns:
        The penalty (n,) and the new average ().
    """
    mean = lengths.detach().mean() if mean is None else mean
    average = average.lerp(mean, PATH_LENGTH_DECAY)
    return (lengths - average).square(), average
