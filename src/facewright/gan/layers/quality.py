"""Predict the quality of a picture from its w, before synthesis."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from facewright.gan.layers.centres import Parts, share_groups

LEVELS = 19
"""Number of stored quantiles of each group: 0, 5 %, 10 % ... 90 %."""
MOST_REJECTED = 0.9
"""The last of these quantiles."""


@dataclass(frozen=True, slots=True)
class ScorerTensors:
    """The tensors of `QualityScorer`."""

    hidden: torch.Tensor
    """(w_dim + 1, h): from w and a constant to hidden features."""
    output: torch.Tensor
    """(3 h + 1,): from the features, their absolute values, their squares and a constant to the
    score. Asymmetric light or shape is a flaw in either direction, hence the even terms."""
    thresholds: torch.Tensor
    """(groups, LEVELS): quantiles of the scores of each group, in steps of 5 %."""


class QualityScorer(nn.Module):
    """A small network that predicts which w give flawed pictures.

    Args:
        parts: The labels whose combinations have thresholds of their own.
        tensors: The trained tensors.
        reject: The default share of each group to reject and sample again.
    """

    hidden: torch.Tensor
    output: torch.Tensor
    thresholds: torch.Tensor

    def __init__(self, parts: Parts, tensors: ScorerTensors, reject: float) -> None:
        super().__init__()
        self.parts, self.reject = parts, reject
        for name in ("hidden", "output", "thresholds"):
            by_rows = getattr(tensors, name).float().contiguous()  # as if read: sums round alike
            self.register_buffer(name, by_rows, persistent=False)

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        """Return a score for each w (n, w_dim), before truncation: (n,), higher is better."""
        return score_styles(w, self.hidden, self.output)

    def threshold(self, c: torch.Tensor, share: float) -> torch.Tensor:
        """Return the score below which this share of pictures with these labels lies, (n,).

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
    """Return the terms that a score is linear in, (n, 3 h), from features (n, h)."""
    return torch.cat([seen, seen.abs(), seen.square()], 1)
