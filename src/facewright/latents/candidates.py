"""Replace seeds whose picture is predicted to be flawed by other candidates.

Each seed has a sequence of candidates with the same labels; candidate 0 is the latent of the seed
without rejection. The first one whose score passes the threshold of its labels is taken, or else
the best. The choice depends on the generator, the seed, the labels and the rejected share, not on
truncation or other seeds. No picture is synthesised for it: the scorer takes w alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch

from facewright.device import seeded
from facewright.errors import InputError
from facewright.gan.generator import Generator
from facewright.gan.layers.quality import MOST_REJECTED, QualityScorer

MOST_CANDIDATES = 32
"""Number of candidates of each seed."""

_TOGETHER = 8  # candidates of one seed are mapped at a time, always as many: other bits otherwise


def replace_rejected(
    generator: Generator, seeds: Sequence[int], z: torch.Tensor, c: torch.Tensor, *, reject: float
) -> torch.Tensor:
    """Return z (n, z_dim) of the candidate that each seed takes.

    Args:
        generator: With a scorer.
        seeds: One per person.
        z: (n, z_dim), of candidate 0.
        c: (n, c_dim), their labels.
        reject: Share of latents with the same labels to reject, 0 to 0.9.

    Raises:
        InputError: The generator has no scorer, or the share is out of range.
    """
    z = z.clone()
    for row, number in enumerate(number_candidates(generator, seeds, c, reject=reject)):
        if number:
            z[row] = draw_candidate(seeds[row], number, z.shape[1])
    return z


@torch.no_grad()
def number_candidates(
    generator: Generator, seeds: Sequence[int], c: torch.Tensor, *, reject: float
) -> list[int]:
    """Return the index of the candidate that each seed takes, from 0.

    Args:
        generator: With a scorer.
        seeds: One per person.
        c: (n, c_dim), their labels.
        reject: Share of latents with the same labels to reject, 0 to 0.9.

    Raises:
        InputError: The generator has no scorer, or the share is out of range.
    """
    scorer, device = check_reject(generator, reject), generator.mapping.w_avg.device
    if reject == 0 or scorer is None:
        return [0] * len(seeds)
    numbers = []
    for seed, label in zip(seeds, c.to(device), strict=True):
        threshold = scorer.threshold(label[None], reject)
        scores = torch.zeros(0, device=device)
        while len(scores) < MOST_CANDIDATES and not (scores >= threshold).any():
            following = range(len(scores), len(scores) + _TOGETHER)
            z = torch.stack([draw_candidate(seed, i, generator.config.z_dim) for i in following])
            w = generator.mapping(z.to(device), label.expand(len(z), -1))
            scores = torch.cat([scores, scorer(w)])
        passing = (scores >= threshold).nonzero()
        numbers.append(int(passing[0] if len(passing) else scores.argmax()))
    return numbers


def draw_candidate(seed: int, number: int, z_dim: int) -> torch.Tensor:
    """Return the z of candidate `number` of a seed, (z_dim,); 0 is the z of the seed itself."""
    if number:
        digest = hashlib.sha256(f"{seed} {number}".encode()).digest()
        seed = int.from_bytes(digest[:8], "big") >> 1
    return torch.randn(z_dim, generator=seeded(seed))


def pick_reject(generator: Generator, asked: float | None = None) -> float:
    """Return the share to reject: `asked`, or the recommendation of the weights if that is None.

    Raises:
        InputError: The share is out of range, or the generator has no scorer.
    """
    if asked is None:
        return 0.0 if generator.scorer is None else generator.scorer.reject
    check_reject(generator, asked)
    return asked


def check_reject(generator: Generator, reject: float) -> QualityScorer | None:
    """Return the scorer of a generator; None if it has none and the share is 0.

    Raises:
        InputError: The generator has no scorer and the share is above 0, or the share is out of
            range.
    """
    if not 0 <= reject <= MOST_REJECTED:
        raise InputError(f"a share to reject is 0 to {MOST_REJECTED}, not {reject:g}")
    if reject and generator.scorer is None:
        raise InputError(
            "this generator has learned nothing that tells flawed people",
            hint="reject=0, or weights with a scorer, as those that ship from faces-128 on",
        )
    return generator.scorer
