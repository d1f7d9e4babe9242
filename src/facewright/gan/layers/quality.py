"""Guess from w how good a picture will look, before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from facewright.gan.layers.centres import Parts, share_groups

LEVELS = 19
"""Quantiles that are known of each group: 0, 5 %, 10 % ... 90 %."""
MOST_REJECTED = 0.9
"""The last of these quantiles."""


@dataclass(frozen=True, slots=True)
class ScorerTensors:
    """What a scorer is made of."""

    hidden: torch.Tensor
    """(w_dim + 1, h): from w and a constant to what is seen in a picture."""
    output: torch.Tensor
    """(3 h + 1,): from what is seen, its absolute value, its square and a constant to the score.
    A face that is lit or built unlike on both sides is flawed whichever side it is."""
    thresholds: torch.Tensor
    """(groups, LEVELS): the scores at equal steps of what share of a group lies below."""


class QualityScorer(nn.Module):
    """A small network that has learned which w give flawed pictures.

    Args:
        parts: The labels whose combinations have thresholds of their own.
        tensors: What was learned.
        reject: The share of each group that is drawn anew where nobody says another.
    """

    hidden: torch.Tensor
    output: torch.Tensor
    thresholds: torch.Tensor

    def __init__(self, parts: Parts, tensors: ScorerTensors, reject: float) -> None:
        super().__init__()
        self.parts, self.reject = parts, reject
        for name in ("hidden", "output", "thresholds"):
            self.register_buffer(name, getattr(tensors, name).float(), persistent=False)

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        """Return a score for each w (n, w_dim), before truncation: (n,), more is better."""
        return score_styles(w, self.hidden, self.output)

    def threshold(self, c: torch.Tensor, share: float) -> torch.Tensor:
        """Return the score that this share of people with these labels does not reach, (n,).

        Args:
            c: (n, c_dim); mixtures of labels have mixtures of thresholds.
            share: 0 to `MOST_REJECTED`.
        """
        place = share / MOST_REJECTED * (LEVELS - 1)
        below = min(int(place), LEVELS - 2)
        table = self.thresholds[:, below].lerp(self.thresholds[:, below + 1], place - below)
        return share_groups(c, self.parts) @ table


def score_styles(w: torch.Tensor, hidden: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """Return scores (n,) of w (n, w_dim) by the tensors of `ScorerTensors`."""
    return list_terms(w @ hidden[:-1] + hidden[-1]) @ output[:-1] + output[-1]


def list_terms(seen: torch.Tensor) -> torch.Tensor:
    """Return what a score is linear in, (n, 3 h), of what is seen (n, h)."""
    return torch.cat([seen, seen.abs(), seen.square()], 1)
