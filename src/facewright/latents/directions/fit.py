"""Fit directions to attributes that were measured on random pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from facewright.errors import InputError

_LEAST = 1e-3  # of the largest eigenvalue: what several held attributes say alike


@dataclass(frozen=True, slots=True)
class Basis:
    """Coordinates in which random w are normally distributed with unit variance."""

    mean: torch.Tensor
    """(w_dim,): the mean of w."""
    axes: torch.Tensor
    """(parts, w_dim): principal components of w, each as long as its standard deviation."""

    def enter(self, ws: torch.Tensor) -> torch.Tensor:
        """Return w (..., w_dim) in these coordinates, (..., parts), of variance 1 each."""
        scaled = self.axes / self.axes.square().sum(1, keepdim=True)
        return (ws - self.mean) @ scaled.T

    def leave(self, steps: torch.Tensor) -> torch.Tensor:
        """Return steps in these coordinates (..., parts) as steps in w, (..., w_dim)."""
        return steps @ self.axes


def find_basis(ws: torch.Tensor, parts: int) -> Basis:
    """Find the principal components of random w.

    Args:
        ws: (n, w_dim), random w; n is above `parts`.
        parts: Number of components to keep.

    Raises:
        InputError: There are too few people or dimensions.
    """
    if ws.ndim != 2 or not 1 <= parts < len(ws) or parts > ws.shape[1]:
        raise InputError(f"{tuple(ws.shape)} do not have {parts} principal components")
    mean = ws.mean(0)
    _, spread, axes = torch.linalg.svd(ws - mean, full_matrices=False)
    return Basis(mean, axes[:parts] * spread[:parts, None] / (len(ws) - 1) ** 0.5)


def fit_probes(places: torch.Tensor, values: torch.Tensor, *, penalty: float) -> torch.Tensor:
    """Fit attributes as linear functions of latent coordinates, by ridge regression.

    Args:
        places: (n, p), coordinates such as `Basis.enter` returns, those of several groups of layers
            side by side.
        values: (n, m), one column per attribute.
        penalty: Weight of the squared coefficients, relative to n.

    Returns:
        (p, m): the change of each attribute per unit of each coordinate.

    Raises:
        InputError: The shapes do not fit.
    """
    if places.ndim != 2 or values.ndim != 2 or len(places) != len(values):
        raise InputError(f"{tuple(values.shape)} values do not fit {tuple(places.shape)} places")
    x, y = places - places.mean(0), values - values.mean(0)
    squares = x.T @ x + penalty * len(x) * torch.eye(x.shape[1], dtype=x.dtype)
    return torch.linalg.solve(squares, x.T @ y)


def aim(probes: torch.Tensor, target: int, held: Sequence[int]) -> torch.Tensor:
    """Return the shortest step that changes one attribute by 1 and keeps others unchanged.

    In coordinates with a standard normal distribution, the shortest step is the most probable one:
    it departs least from the region that the generator was trained on.

    Args:
        probes: (p, m), from `fit_probes`.
        target: Index of the attribute to change.
        held: Indices of the attributes to keep.

    Returns:
        (p,), the step in those coordinates.

    Raises:
        InputError: The attribute cannot change while the others stay.
    """
    rows = probes[:, [target, *held]].T  # [1+h p]
    gram = rows @ rows.T
    scale = gram.diagonal().sqrt()
    if not bool((scale > 0).all()):
        raise InputError("an attribute does not depend on the latents at all")
    values, vectors = torch.linalg.eigh(gram / scale[:, None] / scale)
    kept = values > _LEAST * values[-1]
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    wanted = torch.zeros(len(rows), dtype=rows.dtype)
    wanted[0] = 1 / scale[0]
    step = (inverse @ wanted / scale) @ rows
    reached = float(step @ rows[0])
    if reached < 1 / 2:
        raise InputError("this attribute cannot change while the others stay")
    return step / reached
