"""Compare two sets of features: distances, precision and recall."""

from __future__ import annotations

import torch

from facewright.errors import InputError

_ROWS = 1024  # of a matrix of distances at once


def frechet_distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """Measure the Fréchet distance between two sets of features, taken as Gaussians.

    |μa - μb|² + tr(Σa + Σb - 2 (Σa Σb)^½) in double precision (Heusel et al. 2017). It is called
    FID only for the features of one certain network; see `compare.name_frechet`.

    Args:
        a: (n, d).
        b: (m, d). For a meaningful distance, both sides need more rows than columns.

    Returns:
        At least 0; the square of a length in the features' unit.

    Raises:
        InputError: The shapes do not fit, or a side has fewer than two rows.
    """
    a, b = _check(a, b)
    gap = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    spread = a.var(dim=0).sum() + b.var(dim=0).sum()
    # With Σ = R Rᵀ, the trace of (Σa Σb)^½ is the sum of the singular values of Raᵀ Rb.
    overlap = torch.linalg.svdvals(_root(a).mT @ _root(b)).sum()
    return max(0.0, float(gap + spread - 2 * overlap))


def kernel_distance(
    a: torch.Tensor,
    b: torch.Tensor,
    *,
    rng: torch.Generator,
    subsets: int = 100,
    size: int = 1000,
) -> float:
    """Measure the squared maximum mean discrepancy with a cubic kernel, without bias.

    The kernel inception distance of Bińkowski et al. 2018 when the features are Inception's:
    k(x, y) = (x·y / d + 1)³, averaged over random subsets. Good for few pictures.

    Args:
        a: (n, d).
        b: (m, d).
        rng: On the CPU; picks the subsets.
        subsets: Number of subsets.
        size: Most rows of a subset; fewer where a side has fewer.

    Returns:
        About 0 for sets of one distribution; may be negative.

    Raises:
        InputError: The shapes do not fit, or a side has fewer than two rows.
    """
    a, b = _check(a, b)
    size = min(size, len(a), len(b))
    total = 0.0
    for _ in range(subsets):
        x = a[torch.randperm(len(a), generator=rng)[:size]]
        y = b[torch.randperm(len(b), generator=rng)[:size]]
        xx, yy, xy = _kernel(x, x), _kernel(y, y), _kernel(x, y)  # [size size]
        within = (xx.sum() - xx.trace() + yy.sum() - yy.trace()) / (size * (size - 1))
        total += float(within - 2 * xy.mean())
    return total / subsets


def precision_recall(
    reals: torch.Tensor, fakes: torch.Tensor, *, neighbours: int = 3
) -> tuple[float, float]:
    """Measure precision and recall of generated pictures (Kynkäänniemi et al. 2019).

    The manifold of a set is the union of balls around its points, whose radius is the distance to
    the k-th neighbour.

    Args:
        reals: (n, d).
        fakes: (m, d).
        neighbours: The k of the k-th neighbour.

    Returns:
        Precision (the share of fakes inside a ball of the reals) and recall (the share of reals
        inside a ball of the fakes), both 0 to 1.

    Raises:
        InputError: The shapes do not fit, or a side has no more than `neighbours` rows.
    """
    reals, fakes = _check(reals, fakes)
    if not 1 <= neighbours < min(len(reals), len(fakes)):
        raise InputError(f"{len(reals)} and {len(fakes)} rows have no {neighbours} neighbours")
    return _cover(reals, fakes, neighbours), _cover(fakes, reals, neighbours)


def _check(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return both in double precision on the CPU."""
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise InputError(
            f"features are (n, d) with one d and n of at least 2, not {tuple(a.shape)} and "
            f"{tuple(b.shape)}"
        )
    return a.detach().double().cpu(), b.detach().double().cpu()


def _root(x: torch.Tensor) -> torch.Tensor:
    """Return R (d, d) with R Rᵀ = the covariance of (n, d)."""
    values, vectors = torch.linalg.eigh(torch.cov(x.T).reshape(x.shape[1], x.shape[1]))
    return vectors * values.clamp(min=0).sqrt()


def _kernel(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the cubic kernel of all pairs."""
    return (x @ y.T / x.shape[1] + 1) ** 3


def _cover(centres: torch.Tensor, points: torch.Tensor, neighbours: int) -> float:
    """Return the share of points inside a ball around any centre."""
    radii = torch.cat(  # the nearest neighbour of a centre is itself
        [
            torch.cdist(part, centres).kthvalue(neighbours + 1, dim=1).values
            for part in centres.split(_ROWS)
        ]
    )
    inside = [(torch.cdist(part, centres) <= radii).any(dim=1) for part in points.split(_ROWS)]
    return float(torch.cat(inside).double().mean())
