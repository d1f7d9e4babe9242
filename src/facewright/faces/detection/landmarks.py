"""The mesh network: 478 points of a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from facewright.device import to_tensor
from facewright.errors import InputError
from facewright.faces.detection.blocks import Conv, Residual, load_folded
from facewright.faces.geometry.matrices import (
    Matrix,
    invert_matrix,
    join_matrices,
    make_similarity,
    transform_points,
)
from facewright.faces.geometry.topology import POINTS
from facewright.types import Bundle, Image

KIND = "mesh"

_BATCH = 64
_REACH = 3.3
"""Side of the input square, relative to `_measure_size`."""
_LOW = 0.45
"""Position of its centre between eyes (0) and mouth (1)."""


@dataclass(frozen=True, slots=True)
class MeshConfig:
    """Configuration of the mesh network."""

    size: int = 128
    """Side of the input square in pixels, a multiple of 16."""
    widths: tuple[int, int, int] = (32, 64, 96)
    """Channels at a quarter, an eighth and a sixteenth of the size."""
    depths: tuple[int, int, int] = (1, 3, 2)
    """Residual blocks there."""
    squeeze: int = 16
    """Channels before flattening."""
    shapes: int = 128
    """Dimension of the layer before the points."""


class MeshNetwork(nn.Module):
    """Predicts 478 points and the presence of a face from a roughly upright square."""

    def __init__(self, config: MeshConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = [nn.PixelUnshuffle(4)]
        width = 48
        for step, (wide, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            layers.append(Conv(width, wide, stride=1 if step == 0 else 2))
            layers += [Residual(wide) for _ in range(depth)]
            width = wide
        layers.append(Conv(width, config.squeeze, kernel=1))
        self.body = nn.Sequential(*layers)
        flat = config.squeeze * (config.size // 16) ** 2
        self.describe = nn.Linear(flat, config.shapes)
        self.place = nn.Linear(config.shapes, POINTS * 3)
        self.presence = nn.Linear(flat, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Predict points and presence.

        Args:
            x: [n 3 size size] in [-1, 1].

        Returns:
            points [n 478 3], where x and y run from -1 to 1 over the square and z has their
            scale; and presence [n], a logit.
        """
        features = self.body(x).flatten(1).float()  # [n squeeze*(size/16)²]
        shape = _apply(self.describe, features)  # [n shapes]
        points = _apply(self.place, shape).unflatten(1, (POINTS, 3))  # [n 478 3]
        return points, _apply(self.presence, features)[:, 0]

    def start_from(self, points: torch.Tensor) -> None:
        """Initialise the last layer with the principal components of known faces.

        Args:
            points: [m 478 3], as `forward` returns them, of more faces than `shapes`.
        """
        flat = points.flatten(1).double()
        mean = flat.mean(0)
        _, spread, parts = torch.linalg.svd(flat - mean, full_matrices=False)
        count = self.config.shapes
        scale = spread[:count, None] / len(flat) ** 0.5
        with torch.no_grad():
            self.place.weight.copy_((parts[:count] * scale).T)
            self.place.bias.copy_(mean)


def _apply(layer: nn.Linear, x: torch.Tensor) -> torch.Tensor:
    """Compute a layer in float32, whatever the convolutions compute in."""
    with torch.autocast(x.device.type, enabled=False):
        return F.linear(x, layer.weight.float(), layer.bias.float())


def load_mesh(bundle: Bundle, device: torch.device | str = "cpu") -> MeshNetwork:
    """Build the mesh network of a bundle.

    Args:
        bundle: The bundle to read.
        device: The device to put it on.

    Returns:
        The network, for inference.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit.
    """
    return load_folded(bundle, KIND, lambda fields: MeshNetwork(MeshConfig(**fields)), device)


def place_meshes(
    network: MeshNetwork, images: Sequence[Image], points: Sequence[NDArray[np.float32]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Predict the meshes of faces.

    Args:
        network: From `load_mesh`.
        images: n pictures; the same one repeated for several faces in it.
        points: For each picture the five points of a face (5, 2 or more), as `topology.five_points`
            orders them, in pixels.

    Returns:
        Points (n, 478, 3), x and y in pixels of each picture, z of the same scale and negative
        towards the viewer; and presence (n,), the probability of a face, 0 to 1.

    Raises:
        InputError: The numbers of pictures and of faces differ.
    """
    if len(images) != len(points):
        raise InputError(f"{len(images)} pictures do not fit {len(points)} faces")
    size = network.config.size
    matrices = [frame_face(five, size) for five in points]
    meshes = np.zeros((len(images), POINTS, 3), np.float32)
    presence = np.zeros(len(images), np.float32)
    for first in range(0, len(images), _BATCH):
        part = slice(first, first + _BATCH)
        squares = np.stack(
            [cut_square(i, m, size) for i, m in zip(images[part], matrices[part], strict=True)]
        )
        meshes[part], presence[part] = _run(network, squares)
    from_unit = make_similarity(size / 2, (size - 1) / 2 * (1 + 1j))  # from -1 to 1, to pixels
    for mesh, matrix in zip(meshes, matrices, strict=True):
        mesh[:] = transform_points(mesh, join_matrices(from_unit, invert_matrix(matrix)))
    return meshes, presence


@torch.inference_mode()
def _run(
    network: MeshNetwork, squares: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute points (n, 478, 3), from -1 to 1, and presence (n,), 0 to 1."""
    x = to_tensor(squares, network.place.weight.device, torch.float32)
    points, presence = network(x.contiguous(memory_format=torch.channels_last))
    return points.cpu().numpy(), presence.sigmoid().cpu().numpy()


def cut_square(image: Image, matrix: Matrix, size: int, *, border: int = 0) -> Image:
    """Return the square that a matrix frames, anti-aliased where it is reduced.

    Unlike `resample`, it uses the filter and the flat border that the network was trained with, and
    is cheap for many faces per picture.

    Args:
        image: (height, width, 3).
        matrix: 2×3, from pixels of the picture to pixels of the square.
        size: Side of the square in pixels.
        border: Grey level outside the picture, 0 to 255.

    Returns:
        (size, size, 3).
    """
    shrink = int(1.25 / max(float(np.linalg.norm(matrix[:, 0])), 1e-6))
    if shrink > 1:
        image, matrix = _shrink_part(image, matrix, size, shrink)
    grey = (border, border, border)
    square = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=grey)
    return np.asarray(square, np.uint8)


def _shrink_part(image: Image, matrix: Matrix, size: int, factor: int) -> tuple[Image, Matrix]:
    """Average `factor` by `factor` pixels of the part that a square covers."""
    last = size - 1
    square = np.array([[0, 0], [last, 0], [0, last], [last, last]], np.float32)
    corners = transform_points(square, invert_matrix(matrix))  # [4 2]
    height, width = image.shape[:2]
    low = np.clip(np.floor(corners.min(0)).astype(int) - 2 * factor, 0, (width, height))
    high = np.clip(np.ceil(corners.max(0)).astype(int) + 1 + 2 * factor, 0, (width, height))
    high = low + (high - low) // factor * factor
    if (high - low).min() < factor:
        return image, matrix
    part = image[low[1] : high[1], low[0] : high[0]]
    small = cv2.resize(part, tuple((high - low) // factor), interpolation=cv2.INTER_AREA)
    x, y = low + (factor - 1) / 2  # the centre of the first small pixel, in the picture
    back = make_similarity(factor, complex(x, y))
    return np.asarray(small, np.uint8), join_matrices(back, matrix)


def frame_face(points: NDArray[np.float32], size: int) -> Matrix:
    """Return the matrix of the square that the mesh network takes for a face.

    Its size is proportional to the longer of the line from the eyes to the mouth and the line
    between the eyes: one of them keeps its length when a head turns.

    Args:
        points: (5, 2 or more), as `topology.five_points` orders them, in pixels of the picture.
        size: Side of the square in pixels.

    Returns:
        2×3, from pixels of the picture to pixels of the square.
    """
    xy = points[:, :2].astype(np.float64)
    eyes, mouth = xy[:2].mean(0), xy[3:5].mean(0)
    down, across = mouth - eyes, xy[1] - xy[0]
    axis = down + np.array([-across[1], across[0]])
    length = float(np.linalg.norm(axis))
    axis = axis / length if length > 1e-6 else np.array([0.0, 1.0])
    scale = size / (_REACH * _measure_size(down, across))
    turn = scale * complex(axis[1], axis[0])  # of the axis, until it points down
    centre = complex(*(eyes + _LOW * down))
    return make_similarity(turn, (size - 1) / 2 * (1 + 1j) - turn * centre)


def _measure_size(down: NDArray[np.float64], across: NDArray[np.float64]) -> float:
    """Return a length in pixels that hardly changes when a head turns to the side or nods."""
    return max(float(np.linalg.norm(down)), 1.05 * float(np.linalg.norm(across)), 1.0)
