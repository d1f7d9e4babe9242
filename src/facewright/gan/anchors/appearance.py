"""Anchors: a latent for each training picture, from an active appearance model.

Cootes, Edwards and Taylor 1998, "Active appearance models", describe a face by the principal
components of its shape and of its texture, unwarped to the mean shape. Whitened, and made normal
one by one, these components are nearly a draw from the normal distribution, so they serve as the
first numbers of z: a generator can be shown which picture belongs to which z, and what it draws
from random z lies in between. What a label already says is taken out, so that z and label stay
independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import InputError, WeightsError
from facewright.faces.geometry.topology import MIRROR, POINTS, SKIN
from facewright.types import Image

SIDE = 48
"""Width and height of an unwarped texture in pixels."""

_SHAPE_COMPONENTS, _TEXTURE_COMPONENTS = 40, 220
_SHAPE_SHARE = 0.5  # standard deviation of all of the shape in parts of that of the texture
_OUTSIDE = 0.6  # weight of pixels beside the face
_QUANTILES = 65
_STIFFNESS = 1e-3  # of the warp: points give way by a fraction of a pixel
_BORDER = 9  # points on each side of the picture that stay where they are

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AppearanceModel:
    """Active appearance model: maps an aligned face, its mesh and its label to an anchor."""

    shape: torch.Tensor
    """(478, 2): the mean mesh in the unit square, symmetric."""
    weights: torch.Tensor
    """(956 + 3·SIDE², k): from shape and texture to components."""
    labels: torch.Tensor
    """(c_dim + 1, k): the mean components of each label and a constant, which are subtracted."""
    quantiles: torch.Tensor
    """(`_QUANTILES`, k): the components at equally probable steps, to make each normal."""

    @property
    def size(self) -> int:
        """Number of components of an anchor."""
        return self.weights.shape[1]

    def encode(self, textures: _Floats, shapes: _Floats, labels: torch.Tensor) -> torch.Tensor:
        """Return the anchors of faces.

        Args:
            textures: (n, SIDE, SIDE, 3) in [-1, 1], as `unwarp_faces` returns them.
            shapes: (n, 478, 2), meshes in the unit square of the crop.
            labels: (n, c_dim).

        Returns:
            (n, k), float32: nearly normal.
        """
        components = self._project(textures, shapes) - _with_constant(labels) @ self.labels
        return _make_normal(components, self.quantiles)  # [n k]

    def guess_labels(
        self, textures: _Floats, shapes: _Floats, labels: torch.Tensor, counts: torch.Tensor
    ) -> torch.Tensor:
        """Return the likeliest label of each face.

        With the right label subtracted, an anchor is close to normally distributed.

        Args:
            textures: As `encode` takes them.
            shapes: As `encode` takes them.
            labels: (m, c_dim), those to choose from.
            counts: (m,), how often each occurs in the dataset.

        Returns:
            (n, c_dim).
        """
        components, told = self._project(textures, shapes), _with_constant(labels) @ self.labels
        likely = [
            math.log(count) - _make_normal(components - taken, self.quantiles).square().sum(1) / 2
            for taken, count in zip(told, counts.clamp(min=1e-6).tolist(), strict=True)
        ]
        return labels[torch.stack(likely).argmax(0)]

    def _project(self, textures: _Floats, shapes: _Floats) -> torch.Tensor:
        """Return components before the labels are subtracted, (n, k)."""
        return _join(textures, shapes - self.shape.numpy()) @ self.weights

    def to_tensors(self) -> dict[str, torch.Tensor]:
        """Return the tensors by name, as a bundle keeps them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def read_appearance(tensors: Mapping[str, torch.Tensor]) -> AppearanceModel:
    """Build a model from the tensors that `to_tensors` returned.

    Raises:
        WeightsError: Some are missing or do not fit each other.
    """
    try:
        model = AppearanceModel(
            **{f.name: tensors[f.name].float() for f in fields(AppearanceModel)}
        )
    except KeyError as error:
        raise WeightsError(f"the anchors lack {error}") from error
    rows = POINTS * 2 + 3 * SIDE**2
    widths = {part.shape[-1] for part in (model.weights, model.labels, model.quantiles)}
    if model.shape.shape != (POINTS, 2) or len(model.weights) != rows or len(widths) != 1:
        raise WeightsError("the tensors of the anchors do not fit each other")
    return model


def fit_appearance(
    textures: _Floats, shapes: _Floats, labels: torch.Tensor, *, size: int, mean: _Floats
) -> AppearanceModel:
    """Fit the appearance model to faces by principal component analysis.

    Args:
        textures: (n, SIDE, SIDE, 3) in [-1, 1], unwarped to `mean`.
        shapes: (n, 478, 2).
        labels: (n, c_dim).
        size: Number of components to keep.
        mean: (478, 2), from `average_shape`.

    Returns:
        The model.

    Raises:
        InputError: There are too few faces for so many components.
    """
    most = min(len(shapes) - 1, _SHAPE_COMPONENTS + _TEXTURE_COMPONENTS)
    if not 1 <= size <= most:
        raise InputError(f"{len(shapes)} pictures have 1 to {most} components, not {size}")
    kinds = (
        (_flatten(shapes - mean), _SHAPE_COMPONENTS),
        (_flatten(textures) * _weigh_pixels(), _TEXTURE_COMPONENTS),
    )
    axes = [_find_axes(x, min(count, len(x) - 1)) for x, count in kinds]
    spread = [float((x @ a).var(0).sum()) for (x, _), a in zip(kinds, axes, strict=True)]
    balance = (_SHAPE_SHARE * math.sqrt(spread[1] / max(spread[0], 1e-12)), 1.0)
    first = torch.cat([x @ a * b for (x, _), a, b in zip(kinds, axes, balance, strict=True)], 1)
    told = _with_constant(labels)
    ridge = 1e-3 * torch.eye(told.shape[1])
    said = torch.linalg.solve(told.T @ told + ridge, told.T @ first)  # what labels say
    rest = first - told @ said
    joint = _find_axes(rest, size)
    components = rest @ joint
    scale = components.std(0).clamp(min=1e-6)
    weights = torch.block_diag(axes[0] * balance[0], axes[1] * _weigh_pixels()[:, None])
    steps = (torch.arange(_QUANTILES) + 0.5) / _QUANTILES
    return AppearanceModel(
        torch.from_numpy(mean),
        weights @ joint / scale,
        said @ joint / scale,
        (components / scale).quantile(steps, dim=0),
    )


def average_shape(shapes: _Floats) -> _Floats:
    """Return the mean mesh, (478, 2), made symmetric.

    Args:
        shapes: (n, 478, 2) in the unit square.
    """
    mean = shapes.mean(0)
    turned = np.stack([1 - mean[MIRROR, 0], mean[MIRROR, 1]], 1)
    symmetric: _Floats = ((mean + turned) / 2).astype(np.float32)
    return symmetric


def mirror_shapes(shapes: _Floats) -> _Floats:
    """Return the meshes of the pictures flipped left to right.

    Args:
        shapes: (n, 478, 2) in the unit square.
    """
    turned = shapes[:, MIRROR].copy()
    turned[..., 0] = 1 - turned[..., 0]
    return turned


class Unwarper:
    """Warps faces onto the mean shape by thin-plate splines (Bookstein 1989).

    Args:
        mean: (478, 2), from `average_shape`.
    """

    def __init__(self, mean: _Floats) -> None:
        steps = (np.arange(SIDE) + 0.5) / SIDE
        self._grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
        self._mean = mean[:SKIN]
        self._spread = _fit_spline(np.concatenate([self._mean, _border()]), self._grid)[:, :SKIN]

    def unwarp(self, images: Sequence[Image] | Image, shapes: _Floats) -> _Floats:
        """Return the textures of faces, warped to the mean shape.

        Args:
            images: n square crops of one size, uint8.
            shapes: (n, 478, 2), their meshes in the unit square.

        Returns:
            (n, SIDE, SIDE, 3) in [-1, 1].
        """
        textures = np.empty((len(shapes), SIDE, SIDE, 3), np.float32)
        for texture, image, shape in zip(textures, images, shapes, strict=True):
            width = image.shape[0]
            places = self._grid + self._spread @ (shape[:SKIN] - self._mean)
            x, y = (places * width - 0.5).astype(np.float32).T.reshape(2, SIDE, SIDE)
            smooth = cv2.GaussianBlur(image, (0, 0), width / SIDE / 2)
            seen = cv2.remap(smooth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            texture[:] = seen.astype(np.float32) / 127.5 - 1
        return textures


def _fit_spline(points: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix (m, n) of a thin-plate spline from points (n, 2) to a grid (m, 2)."""

    def bend(ones: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
        squared = np.square(ones[:, None] - others[None]).sum(-1)
        return np.where(squared > 0, squared * np.log(np.maximum(squared, 1e-12)), 0.0)

    def plane(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([np.ones((len(x), 1)), x], 1)

    count = len(points)
    stiff = bend(points, points) + _STIFFNESS * np.eye(count)
    system = np.block([[stiff, plane(points)], [plane(points).T, np.zeros((3, 3))]])
    reach = np.concatenate([bend(grid, points), plane(grid)], 1)
    carried: NDArray[np.float64] = np.linalg.solve(system.T, reach.T).T[:, :count]
    return carried


def _border() -> NDArray[np.float64]:
    """Return points around the unit square."""
    steps, ends = np.linspace(0, 1, _BORDER), np.zeros(_BORDER)
    sides = [(steps, ends), (steps, ends + 1), (ends, steps), (ends + 1, steps)]
    return np.unique(np.concatenate([np.stack(side, 1) for side in sides]), axis=0)


def _weigh_pixels() -> torch.Tensor:
    """Return how much each number of a texture counts: less beside the face. (3·SIDE²,)."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1) - 0.5
    inside = np.square(x / 0.42) + np.square(y / 0.52) < 1
    weights = np.where(inside, 1.0, _OUTSIDE).astype(np.float32)
    return torch.from_numpy(np.repeat(weights[..., None], 3, 2).ravel())


def _find_axes(x: torch.Tensor, count: int) -> torch.Tensor:
    """Return the principal axes of (n, d), which has no mean worth taking away, as (d, count)."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)  # svd_lowrank draws its first guess
        centred = x - x.mean(0)
        axes = torch.svd_lowrank(centred, q=min(count + 20, *x.shape), niter=4)[2]
    return axes[:, :count]


def _join(textures: _Floats, offsets: _Floats) -> torch.Tensor:
    """Return shape and texture of each face as one row."""
    return torch.cat([_flatten(offsets), _flatten(textures)], 1)


def _flatten(x: _Floats) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(x, np.float32)).flatten(1)


def _with_constant(labels: torch.Tensor) -> torch.Tensor:
    return torch.cat([labels.float(), torch.ones(len(labels), 1)], 1)


def _make_normal(components: torch.Tensor, quantiles: torch.Tensor) -> torch.Tensor:
    """Map each component to the normal quantile of its rank, straight on beyond the ends."""
    steps = (torch.arange(len(quantiles)) + 0.5) / len(quantiles)
    normal = torch.erfinv(2 * steps - 1) * math.sqrt(2)
    columns, table = components.T.contiguous(), quantiles.T.contiguous()
    above = torch.searchsorted(table, columns).clamp(1, len(quantiles) - 1)  # [k n]
    low, high = table.gather(1, above - 1), table.gather(1, above)
    share = (columns - low) / (high - low).clamp(min=1e-6)
    return torch.lerp(normal[above - 1], normal[above], share).T.contiguous()
