import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from facewright.errors import InputError, WeightsError
from facewright.faces.detection.blocks import fold_norms
from facewright.faces.detection.detector import (
    STRIDES,
    Detector,
    DetectorConfig,
    cell_centres,
    decode_cells,
    detect_faces,
    load_detector,
)
from facewright.types import Bundle, Card

TINY = DetectorConfig(widths=(4, 4, 4, 4), depths=(1, 1, 1), shared=4)


class BrightSquares(nn.Module):
    """Stands in for a detector: every cell whose centre is bright sees a face around it."""

    def __init__(self, side: float) -> None:
        super().__init__()
        self.side, self.sizes = side, []
        self.say = nn.Conv2d(1, 1, 1)

    def forward(self, x):
        self.sizes.append(tuple(x.shape[2:]))
        levels = []
        for stride in STRIDES:
            bright = nn.functional.avg_pool2d(x.float(), stride)[:, :1] > 0.9
            level = torch.zeros(len(x), 15, *bright.shape[2:])
            level[:, :1] = torch.where(bright, 3.0, -9.0)
            level[:, 1:5] = float(np.log(self.side / 2 / stride))
            level[:, 5:] = torch.tensor([-1.0, -1, 1, -1, 0, 0, -1, 1, 1, 1])[:, None, None] / 16
            levels.append(level)
        return levels


def picture(width, height, *centres, side=16):
    image = np.zeros((height, width, 3), np.uint8)
    for x, y in centres:
        image[y - side : y + side, x - side : x + side] = 255
    return image


def test_centres_of_cells_lie_between_pixels():
    centres = cell_centres(16, 24, 8, torch.device("cpu"))
    assert centres.shape == (2, 3, 2)
    assert centres[0, 0].tolist() == [3.5, 3.5]
    assert centres[1, 2].tolist() == [19.5, 11.5]


def test_cells_say_boxes_in_strides_and_points_in_four():
    said = torch.zeros(15)
    said[1:5] = torch.tensor([1.0, 2, 3, 4]).log()
    said[5:7] = torch.tensor([0.25, -0.5])
    box, points = decode_cells(said, torch.tensor([100.0, 50.0]), 8)
    assert box.tolist() == pytest.approx([92, 34, 124, 82])
    assert points[0].tolist() == pytest.approx([108, 34])
    assert points[1].tolist() == pytest.approx([100, 50])


@pytest.mark.parametrize("size", [(32, 64), (96, 32)])
def test_a_detector_says_fifteen_numbers_per_cell(size):
    levels = Detector(TINY)(torch.zeros(2, 3, *size))
    assert [tuple(level.shape) for level in levels] == [
        (2, 15, size[0] // s, size[1] // s) for s in STRIDES
    ]


@given(st.integers(60, 700), st.integers(60, 500))
def test_places_come_back_in_pixels_of_the_picture(width, height):
    detector = BrightSquares(16)
    image = picture(width, height, (30, 30))
    (faces,) = detect_faces(detector, [image], smallest=12)
    assert len(faces) >= 1
    middle = (faces[-1].box[:2] + faces[-1].box[2:]) / 2
    assert np.abs(middle - 29.5).max() < 9  # the cells that are wholly bright
    for canvas in detector.sizes:
        assert canvas[0] % 32 == 0
        assert canvas[1] % 32 == 0


def test_pictures_of_one_size_are_computed_together():
    detector = BrightSquares(16)
    found = detect_faces(detector, [picture(128, 128, (40, 40)) for _ in range(3)], smallest=12)
    assert [len(faces) > 0 for faces in found] == [True] * 3
    assert len(detector.sizes) == 2  # one look each at two scales


def test_smaller_faces_take_a_larger_look():
    detector = BrightSquares(16)
    detect_faces(detector, [picture(640, 320)], smallest=24)
    detect_faces(detector, [picture(640, 320)], smallest=12)
    assert max(detector.sizes[:2]) == (160, 320)
    assert max(detector.sizes[2:]) == (320, 640)


def test_one_face_is_found_once_and_two_are_two():
    detector = BrightSquares(40)
    first, second = (64, 64), (192, 64)
    one = detect_faces(detector, [picture(256, 128, first, side=8)], smallest=12)[0]
    two = detect_faces(detector, [picture(256, 128, first, second, side=8)], smallest=12)[0]
    fine = [face for face in one if face.box[2] - face.box[0] < 60]
    assert len(fine) == 1
    assert len([face for face in two if face.box[2] - face.box[0] < 60]) == 2
    assert all(face.points.shape == (5, 3) for face in two)
    assert fine[0].score == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-3)


def test_in_a_crowd_no_face_is_passed_over():
    image = np.zeros((480, 640, 3), np.uint8)
    rows, columns = np.mgrid[:480, :640]
    image[(rows % 16 < 8) & (columns % 16 < 8)] = 255  # 30 rows of 40 faces, a cell each
    (faces,) = detect_faces(BrightSquares(12), [image], smallest=12)
    middles = {tuple(((face.box[:2] + face.box[2:]) / 2).tolist()) for face in faces}
    assert middles == {(16 * x + 3.5, 16 * y + 3.5) for x in range(40) for y in range(30)}


def test_no_face_is_an_empty_list():
    assert detect_faces(BrightSquares(16), [picture(100, 80)]) == [[]]
    assert detect_faces(BrightSquares(16), []) == []


def test_a_tiny_picture_is_no_crash():
    assert detect_faces(Detector(TINY).eval(), [np.zeros((1, 1, 3), np.uint8)], threshold=0.9) == [
        []
    ]


@pytest.mark.parametrize(
    "options", [{"smallest": 0}, {"smallest": -3}, {"threshold": 0}, {"threshold": 1}]
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(InputError):
        detect_faces(Detector(TINY).eval(), [picture(32, 32)], **options)


def test_a_detector_comes_back_from_its_bundle():
    network = fold_norms(Detector(TINY).eval())
    config = {"finder": {"widths": [4, 4, 4, 4], "depths": [1, 1, 1], "shared": 4}}
    loaded = load_detector(Bundle(Card("x", "finder"), config, network.state_dict()))
    x = torch.rand(1, 3, 32, 32)
    for one, two in zip(loaded(x), network(x), strict=True):
        torch.testing.assert_close(one, two)


def test_other_weights_are_no_detector():
    with pytest.raises(WeightsError, match="not finder"):
        load_detector(Bundle(Card("x", "mesh"), {}, {}))
