"""Centres of w, the targets of truncation: several for each group of labels.

Karras et al. 2019 truncate towards the mean of all w, at the cost of variety. Dobler et al.
2022, "Art creation with multi-conditional StyleGANs", take the mean of each label, and Mokady et
al. 2022, "Self-distilled StyleGAN", the nearest of several centres, so that more variety is kept.
This module does both. The nearest centre is weighted softly, so that paths through w have no jumps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import torch
from torch import nn
from torch.nn import functional as F

from facewright.gan.layers.mapping import MappingNetwork

_LARGEST = 100_000  # numbers of all centres together: 200 kB in half precision
_FEWEST, _MOST = 8, 16  # centres of each group
_ROUNDS = 20  # of k-means
_RIDGE = 1e-3  # of the regression of w on the labels
_SHARPNESS = 4.0  # half of all w are e^4 times nearer to their nearest centre than to the next
_CHUNK = 4096

Parts = tuple[tuple[int, int], ...]
"""Where the values of some labels begin and end among the numbers of a label."""


@dataclass(frozen=True, slots=True)
class CentreTensors:
    """The tensors of `Centres`."""

    means: torch.Tensor
    """(c_dim + 1, w_dim): w is about label @ means, where labels end with a 1."""
    offsets: torch.Tensor
    """(groups, k, w_dim): the centres of each group, less that mean."""
    temperature: torch.Tensor
    """(1,): temperature of the softmax over negative squared distances."""


class Centres(nn.Module):
    """Centres of the distribution of w, computed from a generator and not among its weights.

    Args:
        parts: The labels whose combinations are groups.
        tensors: The centres, from `find_centres`.
    """

    means: torch.Tensor
    offsets: torch.Tensor
    temperature: torch.Tensor

    def __init__(self, parts: Parts, tensors: CentreTensors) -> None:
        super().__init__()
        self.parts = parts
        for name in ("means", "offsets", "temperature"):
            by_rows = getattr(tensors, name).float().contiguous()  # as if read: sums round alike
            self.register_buffer(name, by_rows, persistent=False)

    def forward(self, w: torch.Tensor, c: torch.Tensor | None) -> torch.Tensor:
        """Return the centre of each w.

        Args:
            w: (n, w_dim).
            c: (n, c_dim), or None without labels; mixtures of labels have mixtures of centres.

        Returns:
            (n, w_dim), which changes smoothly with w and c.
        """
        c = w.new_zeros(len(w), 0) if c is None else c
        mean = _predict_mean(c, self.means)
        near = 2 * torch.einsum("nw,gkw->ngk", w - mean, self.offsets)
        near = near - self.offsets.square().sum(2)  # less the squared distance, but for a constant
        shares = (near / self.temperature).softmax(2) * share_groups(c, self.parts)[:, :, None]
        return mean + torch.einsum("ngk,gkw->nw", shares, self.offsets)


def share_groups(c: torch.Tensor, parts: Parts) -> torch.Tensor:
    """Return the weight of each group in each label, (n, groups): 1 for one group if unmixed.

    Args:
        c: (n, c_dim).
        parts: The labels whose combinations are groups; none is one group of everybody.

    >>> share_groups(torch.tensor([[0.0, 1.0, 0.5, 0.5]]), ((0, 2), (2, 4))).tolist()
    [[0.0, 0.0, 0.5, 0.5]]
    """
    shares = c.new_ones(len(c), 1)
    for start, end in parts:
        shares = (shares[:, :, None] * c[:, None, start:end]).flatten(1)
    return shares


def choose_parts(sizes: Sequence[int], most: int) -> Parts:
    """Choose labels whose combinations give at most `most` groups.

    Args:
        sizes: Number of values of each label.
        most: The largest number of groups.

    >>> choose_parts([6, 2, 7, 2], 20)
    ((6, 8), (8, 15))
    """
    ends = torch.tensor([0, *sizes]).cumsum(0).tolist()
    parts = list(pairwise(ends))
    chosen = (some for count in range(len(parts) + 1) for some in combinations(parts, count))
    fitting = [some for some in chosen if _count_groups(some) <= most]
    return max(fitting, key=_count_groups, default=())


@torch.no_grad()
def find_centres(
    mapping: MappingNetwork,
    z: torch.Tensor,
    c: torch.Tensor,
    sizes: Sequence[int],
    *,
    seed: int = 0,
) -> Centres:
    """Find the centres of w for random z and labels, by k-means.

    Args:
        mapping: The mapping network, from z and labels to w.
        z: (n, z_dim), random; at least a few hundred for each group.
        c: (n, c_dim), labels as they occur. Those of the groups are varied evenly.
        sizes: Number of values of each label.
        seed: Seed of the choice of the first centres.

    Returns:
        At most `_MOST` centres for each group, on the CPU; the same each time.
    """
    rows = _LARGEST // mapping.w_dim - c.shape[1] - 1
    parts = choose_parts(sizes, max(rows // _FEWEST, 1))
    groups = _count_groups(parts)
    count = min(max(rows // groups, 1), _MOST, len(z) // groups)
    c = _vary_groups(c, parts)
    device = next(mapping.parameters()).device
    pairs = zip(z.split(_CHUNK), c.split(_CHUNK), strict=True)
    w = torch.cat([mapping(a.to(device), b.to(device)).float().cpu() for a, b in pairs])
    told = _with_constant(c)
    means = torch.linalg.solve(told.T @ told + _RIDGE * torch.eye(told.shape[1]), told.T @ w)
    rest = w - _predict_mean(c, means)
    rng = torch.Generator().manual_seed(seed)
    offsets = torch.stack([_cluster(rest[g::groups], count, rng) for g in range(groups)])
    gaps = torch.cat([_measure_gaps(rest[g::groups], offsets[g]) for g in range(groups)])
    temperature = (gaps.median() / _SHARPNESS).clamp(min=1e-6)[None]
    return Centres(parts, CentreTensors(means, offsets, temperature))


def _cluster(x: torch.Tensor, count: int, rng: torch.Generator) -> torch.Tensor:
    """Return the centres of k-means (Lloyd 1982), begun as by Arthur and Vassilvitskii 2007.

    Args:
        x: (n, d).
        count: Number of centres.
        rng: Draws the first centres.
    """
    centres = x[torch.randint(len(x), (1,), generator=rng)]
    for _ in range(count - 1):
        far = torch.cdist(x, centres).amin(1).square().clamp(min=1e-12)
        centres = torch.cat([centres, x[torch.multinomial(far, 1, generator=rng)]])
    for _ in range(_ROUNDS):
        mine = F.one_hot(torch.cdist(x, centres).argmin(1), count).to(x.dtype)  # [n count]
        sizes = mine.sum(0)[:, None]
        centres = torch.where(sizes > 0, mine.T @ x / sizes.clamp(min=1), centres)
    return centres


def _measure_gaps(x: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """Return the squared distance of the second nearest centre less that of the nearest, (n,)."""
    if len(centres) == 1:
        return x.new_ones(len(x))
    near = torch.cdist(x, centres).square().topk(2, largest=False).values
    return near[:, 1] - near[:, 0]


def _vary_groups(c: torch.Tensor, parts: Parts) -> torch.Tensor:
    """Give label number i the values of group i modulo the number of groups."""
    c, number = c.clone(), torch.arange(len(c))
    for start, end in reversed(parts):  # the last label changes first
        c[:, start:end] = F.one_hot(number % (end - start), end - start).to(c.dtype)
        number = number // (end - start)
    return c


def _count_groups(parts: Sequence[tuple[int, int]]) -> int:
    """Return how many combinations the values of some labels have."""
    count = 1
    for start, end in parts:
        count *= end - start
    return count


def _with_constant(c: torch.Tensor) -> torch.Tensor:
    return torch.cat([c.float(), c.new_ones(len(c), 1)], 1)


def _predict_mean(c: torch.Tensor, means: torch.Tensor) -> torch.Tensor:
    """Return the mean w of labels, (n, w_dim)."""
    return _with_constant(c) @ means
