"""What the shipped networks find of a portrait at other sizes, turned, covered, small, as JPEG."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut, clock, coffee

import facewright as fw
from facewright.faces.geometry.topology import five_points
from facewright.faces.pose import estimate_pose
from facewright.faces.training.coverings import draw_mask, draw_sunglasses
from facewright.faces.training.example_rng import ExampleRng
from facewright.faces.training.light import compress


@pytest.fixture(scope="module")
def find():
    pipeline = fw.load("find")
    return lambda image, **options: pipeline(np.ascontiguousarray(image), **options).faces


@pytest.mark.parametrize("side", [256, 384, 512, 640, 1024])
@pytest.mark.parametrize("quality", [100, 80])
def test_one_face_is_surely_there_at_every_size(find, side, quality):
    flag = cv2.INTER_AREA if side <= 512 else cv2.INTER_CUBIC
    image = cv2.resize(astronaut(), (side, side), interpolation=flag)
    (face,) = find(compress(image, quality))
    assert face.score >= 0.9
    assert (face.box[0] + face.box[2]) / 2 == pytest.approx(225 / 512 * side, abs=0.02 * side)


@pytest.mark.parametrize("degrees", [30, 60, 75, 90, -120, 180])
def test_a_turned_head_is_found_with_its_roll_or_not_at_all(find, degrees):
    matrix = cv2.getRotationMatrix2D((256, 256), degrees, 1.0)
    found = find(cv2.warpAffine(astronaut(), matrix, (512, 512)))
    assert len(found) <= 1
    assert found or abs(degrees) > 75
    for face in found:
        assert abs((estimate_pose(face.points).roll + degrees - 3 + 180) % 360 - 180) < 10


def test_a_small_face_in_a_large_picture_is_found(find):
    large = np.full((1800, 2400, 3), 120, np.uint8)
    large[600:1020, 900:1320] = cv2.resize(astronaut(), (420, 420), interpolation=cv2.INTER_AREA)
    (face,) = find(large)
    assert face.box[2] - face.box[0] < 90


@pytest.mark.parametrize(("draw", "least"), [(draw_mask, 6), (draw_sunglasses, 4)])
def test_most_covered_faces_are_found(find, draw, least):
    image, seen = astronaut(), 0
    (face,) = find(image)
    for number in range(6):
        for covered in find(draw(image, face.points, ExampleRng(0, number))):
            apart = five_points(covered.points)[:, :2] - five_points(face.points)[:, :2]
            assert np.linalg.norm(apart, axis=1).mean() < 12
            seen += 1
    assert least <= seen <= 6


@pytest.mark.parametrize("picture", [clock, coffee])
def test_things_are_no_faces(find, picture):
    image = picture()
    assert find(image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)) == ()
