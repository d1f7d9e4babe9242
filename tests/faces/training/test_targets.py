import numpy as np
import pytest
import torch

from facewright.faces.detection.detector import NUMBERS, STRIDES, cell_centres
from facewright.faces.training.targets import detector_loss

SIZE = 128
BOX = np.array([[30, 34, 66, 70]], np.float32)
MARKS = np.array([[[40, 45], [56, 45], [48, 52], [42, 60], [54, 60]]], np.float32)


def say(box, marks, logit):
    """Return what a network says that knows a face and nothing else."""
    levels = []
    for stride in STRIDES:
        side = SIZE // stride
        centres = cell_centres(SIZE, SIZE, stride, torch.device("cpu"))
        level = torch.zeros(1, NUMBERS, side, side)
        level[:, 0] = -12
        inside = (centres - torch.from_numpy(box[:2] + box[2:]) / 2).abs().amax(-1) <= 7.9
        reach = torch.cat(
            [centres - torch.from_numpy(box[:2]), torch.from_numpy(box[2:]) - centres], dim=-1
        )
        level[0, 1:5] = (reach.clamp(min=1e-3) / stride).log().permute(2, 0, 1)
        offsets = (torch.from_numpy(marks) - centres[:, :, None]) / (4 * stride)
        level[0, 5:] = offsets.flatten(2).permute(2, 0, 1)
        if stride < 32:  # whose cells answer for larger faces
            level[0, 0][inside] = logit
        levels.append(level)
    return levels


def test_the_truth_costs_nearly_nothing():
    parts = detector_loss(say(BOX[0], MARKS[0], 12.0), [BOX], [MARKS])
    assert float(parts["box"]) == pytest.approx(0, abs=1e-4)
    assert float(parts["points"]) == pytest.approx(0, abs=1e-4)


def test_a_wrong_box_or_point_costs_more():
    good = detector_loss(say(BOX[0], MARKS[0], 12.0), [BOX], [MARKS])
    moved = detector_loss(say(BOX[0] + 6, MARKS[0] + 6, 12.0), [BOX], [MARKS])
    assert float(moved["box"]) > float(good["box"]) + 0.2
    assert float(moved["points"]) > float(good["points"]) + 0.5


def test_a_missed_face_and_a_false_alarm_cost():
    silent = detector_loss(say(BOX[0], MARKS[0], -12.0), [BOX], [MARKS])
    sure = detector_loss(say(BOX[0], MARKS[0], 12.0), [BOX], [MARKS])
    assert float(silent["score"]) > 2 * float(sure["score"])
    nobody = [np.zeros((0, 4), np.float32)], [np.zeros((0, 5, 2), np.float32)]
    alarm = detector_loss(say(BOX[0], MARKS[0], 12.0), *nobody)
    quiet = detector_loss(say(BOX[0], MARKS[0], -12.0), *nobody)
    assert float(alarm["score"]) > 10
    assert float(quiet["score"]) < 1e-3
    assert float(alarm["box"]) == 0


def test_every_size_of_face_has_cells_that_answer():
    for side in (6, 10, 20, 40, 80, 120):
        middle = SIZE / 2 + 1.3
        box = np.array(
            [[middle - side / 2, middle - side / 2, middle + side / 2, middle + side / 2]]
        )
        marks = np.full((1, 5, 2), middle, np.float32)
        said = [torch.zeros(1, NUMBERS, SIZE // s, SIZE // s, requires_grad=True) for s in STRIDES]
        loss = detector_loss(said, [box.astype(np.float32)], [marks])
        assert float(loss["box"].detach()) > 0
