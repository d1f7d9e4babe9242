"""Targets and loss of the detector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from facewright.faces.detection.detector import STRIDES, cell_centres, decode_cells

_RANGES = ((0.0, 56.0), (28.0, 112.0), (56.0, 1e9))
"""Sizes of faces, in pixels, that each grid is trained on; they overlap."""
_NEAR = 0.22
"""Distance from the middle of a face up to which cells are positive, relative to its size."""
_GOOD = 0.8
"""Overlap (IoU) from which on the target score of a box is 1."""


def detector_loss(
    said: Sequence[torch.Tensor],
    boxes: Sequence[NDArray[np.float32]],
    marks: Sequence[NDArray[np.float32]],
) -> dict[str, torch.Tensor]:
    """Return the loss of the detector's outputs for scenes.

    The target of the score is the overlap of the box (Li et al. 2020, "Generalized focal loss");
    boxes are trained by the generalised IoU (Rezatofighi et al. 2019).

    Args:
        said: Outputs of `Detector.forward` for n scenes.
        boxes: For each scene (k, 4), pixels.
        marks: For each scene (k, 5, 2), pixels.

    Returns:
        The terms of the loss: "score", "box", "points".
    """
    device = said[0].device
    scores, found, wanted_boxes, found_marks, wanted_marks, places = [], [], [], [], [], []
    offset = 0
    for level, stride in zip(said, STRIDES, strict=True):
        n, _, rows, columns = level.shape
        flat = level.permute(0, 2, 3, 1).reshape(n * rows * columns, -1).float()
        scores.append(flat[:, 0])
        centres = cell_centres(rows * stride, columns * stride, stride, device).reshape(-1, 2)
        cells, faces = _assign(boxes, centres, stride)
        if len(cells):
            low, points = decode_cells(flat[cells], centres[cells % (rows * columns)], stride)
            every = np.concatenate(list(boxes))
            every_mark = np.concatenate(list(marks))
            found.append(low)
            found_marks.append(points)
            wanted_boxes.append(torch.from_numpy(every[faces]).to(device))
            wanted_marks.append(torch.from_numpy(every_mark[faces]).to(device))
            places.append(torch.from_numpy(cells + offset).to(device))
        offset += n * rows * columns
    logits = torch.cat(scores)
    quality = torch.zeros_like(logits)
    if not found:
        nothing = logits.sum() * 0
        return {"score": _focal(logits, quality) / len(boxes), "box": nothing, "points": nothing}
    box, target = torch.cat(found), torch.cat(wanted_boxes)
    overlap, general = _overlap(box, target)
    quality[torch.cat(places)] = (overlap.detach() / _GOOD).clamp(0, 1)
    size = (target[:, 2:] - target[:, :2]).prod(1).sqrt()
    off = (torch.cat(found_marks) - torch.cat(wanted_marks)).abs().mean((1, 2)) / size
    count = max(len(box), 1)
    return {
        "score": _focal(logits, quality) / count,
        "box": (1 - general).mean(),
        "points": 4 * off.mean(),
    }


def _assign(
    boxes: Sequence[NDArray[np.float32]], centres: torch.Tensor, stride: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Assign cells of a grid to faces; small faces have priority.

    Returns:
        Indices of the cells, and of their faces, over all scenes.
    """
    low, high = _RANGES[STRIDES.index(stride)]
    places = centres.cpu().numpy()
    cells, faces, first = [], [], 0
    for scene, mine in enumerate(boxes):
        owner = np.full(len(places), -1)
        sizes = np.sqrt(np.prod(mine[:, 2:] - mine[:, :2], axis=1))
        for number in np.argsort(-sizes):
            if not low <= sizes[number] < high:
                continue
            middle = (mine[number, :2] + mine[number, 2:]) / 2
            far = np.abs(places - middle).max(1)
            near = far <= max(_NEAR * sizes[number], 0.5 * stride)
            near[far.argmin()] |= far.min() < stride
            owner[near] = number
        chosen = np.flatnonzero(owner >= 0)
        cells.append(chosen + scene * len(places))
        faces.append(owner[chosen] + first)
        first += len(mine)
    return np.concatenate(cells), np.concatenate(faces)


def _focal(logits: torch.Tensor, quality: torch.Tensor) -> torch.Tensor:
    """Return the quality focal loss, summed."""
    loss = F.binary_cross_entropy_with_logits(logits, quality, reduction="none")
    return (loss * (quality - logits.sigmoid()).abs().square()).sum()


def _overlap(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the overlap (intersection over union) and the generalised one of boxes [n 4]."""
    both = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    meet = both.prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - meet
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1)
    overlap = meet / union.clamp(min=1e-6)
    return overlap, overlap - (hull - union) / hull.clamp(min=1e-6)
