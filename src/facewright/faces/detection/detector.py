"""Find faces in a picture."""

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
from facewright.types import Bundle, Face, Image

KIND = "finder"
STRIDES = (8, 16, 32)
NUMBERS = 15
"""Outputs of the network for each cell: a score, four distances, five points."""
SMALLEST = 24
"""Size in pixels of the smallest face to find in pictures up to `USUAL` pixels long."""
USUAL = 1280
"""Longer pictures are searched at a reduced size."""

_SEEN = 12.0  # pixels that the smallest face measures where the network looks
_COARSE = 4  # large faces are looked for in a picture so many times smaller
_BORDER = 16  # grey around that, so that a face that fills the picture has surroundings
_GREY = 128
_MOST_ZOOM = 2.0
_MOST_CELLS = 8000  # that see a face: about a thousand faces
_SAME, _INSIDE = 0.4, 0.75  # overlaps from which on two boxes are one face


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """Configuration of the detector."""

    widths: tuple[int, int, int, int] = (24, 48, 96, 128)
    """Channels at a quarter, an eighth, a sixteenth and a thirty-second of the size."""
    depths: tuple[int, int, int] = (2, 2, 1)
    """Residual blocks at the last three."""
    shared: int = 48
    """Channels of the feature pyramid."""


class Detector(nn.Module):
    """Predicts a score, a box and five points for each cell of three grids.

    A feature pyramid (Lin et al. 2017) with one head for all levels and no anchors (Tian et al.
    2019, "FCOS").
    """

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.config = config
        first, *rest = config.widths
        self.stem = nn.Sequential(nn.PixelUnshuffle(4), Conv(48, first))
        stages, width = [], first
        for wide, depth in zip(rest, config.depths, strict=True):
            blocks = [Residual(wide) for _ in range(depth)]
            stages.append(nn.Sequential(Conv(width, wide, stride=2), *blocks))
            width = wide
        self.stages = nn.ModuleList(stages)
        self.sides = nn.ModuleList([nn.Conv2d(wide, config.shared, 1) for wide in rest])
        self.head = Conv(config.shared, config.shared)
        self.say = nn.Conv2d(config.shared, NUMBERS, 1)
        nn.init.constant_(self.get_parameter("say.bias")[:1], -4.6)  # 1 % are faces at first

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Run the network on pictures.

        Args:
            x: [n 3 h w] in [-1, 1]; h and w are multiples of 32.

        Returns:
            For each stride [n 15 h/stride w/stride]: the score as a logit; the logarithms of the
            distances from the centre of the cell to the left, top, right and bottom of the face,
            in strides; x and y of five points from there, in four strides.
        """
        x = self.stem(x)
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        merged: list[torch.Tensor] = []
        for side, level in zip(reversed(self.sides), reversed(levels), strict=True):
            mixed = side(level)
            if merged:
                mixed = mixed + F.interpolate(merged[-1], scale_factor=2.0)
            merged.append(mixed)
        return [self.say(self.head(level)) for level in reversed(merged)]


def cell_centres(height: int, width: int, stride: int, device: torch.device) -> torch.Tensor:
    """Return the centres of the cells in pixels of the input: [h/stride w/stride 2]."""
    y = torch.arange(height // stride, device=device) * float(stride) + (stride - 1) / 2
    x = torch.arange(width // stride, device=device) * float(stride) + (stride - 1) / 2
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)


def decode_cells(
    said: torch.Tensor, centres: torch.Tensor, stride: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Decode the outputs of the network to boxes and points.

    Args:
        said: [... 15], outputs of `Detector.forward`.
        centres: [... 2], pixels of the input.
        stride: Stride of the grid in pixels.

    Returns:
        boxes [... 4] (left, top, right, bottom) and points [... 5 2], pixels of the input.
    """
    reach = said[..., 1:5].clamp(-4, 5).exp() * stride
    low, high = centres - reach[..., :2], centres + reach[..., 2:]
    points = centres[..., None, :] + said[..., 5:].unflatten(-1, (5, 2)) * (4 * stride)
    return torch.cat([low, high], dim=-1), points


def load_detector(bundle: Bundle, device: torch.device | str = "cpu") -> Detector:
    """Build the detector of a bundle.

    Args:
        bundle: The bundle to read.
        device: The device to put it on.

    Returns:
        The detector, for inference.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit.
    """
    return load_folded(bundle, KIND, lambda fields: Detector(DetectorConfig(**fields)), device)


def detect_faces(
    detector: Detector,
    images: Sequence[Image],
    *,
    smallest: float | None = None,
    threshold: float = 0.5,
) -> list[list[Face]]:
    """Find the faces in pictures.

    Each picture is searched at two scales: one at which the smallest face measures twelve pixels,
    and one four times smaller, for faces up to the whole picture.

    Args:
        detector: From `load_detector`.
        images: Of any sizes; those of one size are computed together.
        smallest: Size in pixels of the smallest face to find: halving it takes four times as long.
            None is 24, or 2 % of the longer side where a picture is longer than 1280 pixels.
        threshold: The least score, from 0 to 1.

    Returns:
        For each picture its faces, the largest first, with five points each: left eye, right eye,
        tip of the nose, left and right corner of the mouth, as seen in the picture; z is 0.

    Raises:
        InputError: `smallest` or `threshold` is invalid.
    """
    if smallest is not None and not smallest > 0:
        raise InputError(f"no face measures {smallest} pixels", hint="such as 24")
    if not 0 < threshold < 1:
        raise InputError(f"a threshold of {threshold} is not between 0 and 1", hint="such as 0.5")
    looks = [look for number, image in enumerate(images) for look in _plan(number, image, smallest)]
    groups: dict[tuple[int, ...], list[_Look]] = {}
    for look in looks:
        groups.setdefault(look.canvas, []).append(look)
    found: list[list[NDArray[np.float32]]] = [[] for _ in images]
    for group in groups.values():
        for look, cells in zip(group, _look_at(detector, images, group, threshold), strict=True):
            found[look.number].append(cells)
    return [_to_faces(np.concatenate(cells), threshold) for cells in found]


def find_smallest(image: Image) -> float:
    """Return the default size of the smallest face to find, in pixels."""
    return max(SMALLEST, max(image.shape[:2]) * SMALLEST / USUAL)


@dataclass(frozen=True, slots=True)
class _Look:
    """A search of one picture at one scale."""

    number: int
    """Index of the picture."""
    inner: tuple[int, int]
    """Width and height that it is scaled to."""
    border: int
    """Width of the grey border in pixels."""
    canvas: tuple[int, int]
    """Width and height with the border, in multiples of 32."""


def _plan(number: int, image: Image, smallest: float | None) -> list[_Look]:
    """Return the searches of a picture."""
    height, width = image.shape[:2]
    smallest = smallest or find_smallest(image)
    fine = min(_SEEN / smallest, _MOST_ZOOM)
    looks = []
    for zoom, border in ((fine, 0), (fine / _COARSE, _BORDER)):
        inner = (max(1, round(width * zoom)), max(1, round(height * zoom)))
        canvas = tuple(-(-(side + 2 * border) // STRIDES[-1]) * STRIDES[-1] for side in inner)
        looks.append(_Look(number, inner, border, (canvas[0], canvas[1])))
    return looks


def _look_at(
    detector: Detector, images: Sequence[Image], looks: Sequence[_Look], threshold: float
) -> list[NDArray[np.float32]]:
    """Search pictures on canvases of one size.

    Returns:
        For each (k, 15): the score, the box and the five points of each cell with a face,
        in pixels of the picture.
    """
    wide, high = looks[0].canvas
    canvas = np.full((len(looks), high, wide, 3), _GREY, np.uint8)
    for layer, look in zip(canvas, looks, strict=True):
        image = images[look.number]
        flag = cv2.INTER_AREA if look.inner[0] < image.shape[1] else cv2.INTER_LINEAR
        rows = slice(look.border, look.border + look.inner[1])
        columns = slice(look.border, look.border + look.inner[0])
        layer[rows, columns] = cv2.resize(image, look.inner, interpolation=flag)
    said = _run(detector, canvas)
    cells = _pick_cells(said, threshold)
    results = []
    for number, look in enumerate(looks):
        mine = cells[cells[:, 0] == number][:, 1:]  # [k 15]
        height, width = images[look.number].shape[:2]
        ratio = np.array([width / look.inner[0], height / look.inner[1]], np.float32)
        places = mine[:, 1:].reshape(-1, 7, 2) - look.border
        mine[:, 1:] = ((places + 0.5) * ratio - 0.5).reshape(-1, 14)
        results.append(mine)
    return results


@torch.inference_mode()
def _run(detector: Detector, canvas: NDArray[np.uint8]) -> list[torch.Tensor]:
    """Run the network on canvases [n h w 3]."""
    weight = detector.say.weight
    x = to_tensor(canvas, weight.device, weight.dtype)
    return detector(x.contiguous(memory_format=torch.channels_last))


def _pick_cells(said: Sequence[torch.Tensor], threshold: float) -> NDArray[np.float32]:
    """Return (k, 16): the index of the canvas, score, box and points of the cells with a face."""
    least = float(np.log(threshold / (1 - threshold)))
    rows = []
    for level, stride in zip(said, STRIDES, strict=True):
        scene, y, x = (level[:, 0] > least).nonzero(as_tuple=True)
        cells = level[scene, :, y, x].float()  # [k 15]
        centres = torch.stack([x, y], dim=1) * float(stride) + (stride - 1) / 2
        boxes, points = decode_cells(cells, centres, stride)
        score = cells[:, :1].sigmoid()
        rows.append(torch.cat([scene[:, None].float(), score, boxes, points.flatten(1)], dim=1))
    return torch.cat(rows).cpu().numpy()


def _to_faces(cells: NDArray[np.float32], threshold: float) -> list[Face]:
    """Merge the cells of the same face: the mean of each group, weighted by the score.

    Args:
        cells: (k, 15).
        threshold: The least score.
    """
    cells = cells[np.argsort(-cells[:, 0], kind="stable")][:_MOST_CELLS]
    left = np.arange(len(cells))
    boxes = np.ascontiguousarray(cells[:, 1:5].T)  # [4 k]
    faces = []
    while len(left):
        same, inside = _overlaps(boxes)
        group = cells[left[same > _SAME]]
        weights = np.square(group[:, :1] - 0.9 * threshold)
        places = (group[:, 1:] * weights).sum(0) / weights.sum()
        points = np.zeros((5, 3), np.float32)
        points[:, :2] = places[4:].reshape(5, 2)
        faces.append(Face(places[:4].astype(np.float32), points, float(cells[left[0], 0])))
        others = np.flatnonzero((same <= _SAME) & (inside <= _INSIDE))
        left, boxes = left[others], boxes[:, others]
    return sorted(faces, key=lambda face: -float((face.box[2:] - face.box[:2]).prod()))


def _overlaps(boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the overlaps of the first box with all: over the union, and over the smaller box.

    The overlap of the box with itself is 1, however small it is.

    Args:
        boxes: (4, k): left, top, right and bottom each in one row, which is much faster.
    """
    x0, y0, x1, y1 = boxes
    wide = np.maximum(np.minimum(x1, x1[0]) - np.maximum(x0, x0[0]), 0)
    high = np.maximum(np.minimum(y1, y1[0]) - np.maximum(y0, y0[0]), 0)
    both, sizes = wide * high, (x1 - x0) * (y1 - y0)
    tiny = np.float32(1e-6)
    shared = (both + tiny) / (sizes[0] + sizes - both + tiny)
    return shared, (both + tiny) / (np.minimum(sizes, sizes[0]) + tiny)
