"""Fit directions to what was measured on random people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from facewright.errors import InputError

_LEAST = 1e-3  # of the largest eigenvalue: what several held attributes say alike


@dataclass(frozen=True, slots=True)
class Basis:
    """Coordinates in which random people are normally distributed."""

    mean: torch.Tensor
    """(w_dim,): of w."""
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
    """Find the principal components of random people.

    Args:
        ws: (n, w_dim), w of random people, more of them than `parts`.
        parts: How many components to keep.

    Raises:
        InputError: There are too few people or dimensions.
    """
    if ws.ndim != 2 or not 1 <= parts < len(ws) or parts > ws.shape[1]:
        raise InputError(f"{tuple(ws.shape)} do not have {parts} principal components")
    mean = ws.mean(0)
    _, spread, axes = torch.linalg.svd(ws - mean, full_matrices=False)
    return Basis(mean, axes[:parts] * spread[:parts, None] / (len(ws) - 1) ** 0.5)


def fit_probes(places: torch.Tensor, values: torch.Tensor, *, penalty: float) -> torch.Tensor:
    """Fit how attributes follow from places in the latent space: ridge regression.

    Args:
        places: (n, p), such as from `Basis.enter`; several groups of layers lie side by side.
        values: (n, m), one column per attribute.
        penalty: On squared weights, in parts of n.

    Returns:
        (p, m): how much each attribute changes along each coordinate.

    Raises:
        InputError: The shapes do not fit.
    """
    if places.ndim != 2 or values.ndim != 2 or len(places) != len(values):
        raise InputError(f"{tuple(values.shape)} values do not fit {tuple(places.shape)} places")
    x, y = places - places.mean(0), values - values.mean(0)
    squares = x.T @ x + penalty * len(x) * torch.eye(x.shape[1], dtype=x.dtype)
    return torch.linalg.solve(squares, x.T @ y)


def aim(probes: torch.Tensor, target: int, held: Sequence[int]) -> torch.Tensor:
    """Return the shortest step that changes one attribute by one, and leaves others as they are.

    In coordinates in which random people are normally distributed, the shortest step is the most
    probable one: it leaves the region where the generator has learned to draw the least.

    Args:
        probes: (p, m), from `fit_probes`.
        target: Which attribute changes.
        held: Which ones stay.

    Returns:
        (p,).

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
