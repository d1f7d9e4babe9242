import numpy as np
import pytest
import torch

from facewright.errors import InputError, WeightsError
from facewright.faces.detection.blocks import fold_norms
from facewright.faces.detection.detector import STRIDES, Detector, DetectorConfig
from facewright.faces.detection.landmarks import MeshConfig, MeshNetwork, frame_face
from facewright.faces.detection.mesh_detector import (
    MeshFaceDetector,
    join_scores,
    load_face_detector,
)
from facewright.faces.geometry.topology import CANONICAL, five_points
from facewright.types import Bundle, Card, Face

IMAGE = np.zeros((200, 300, 3), np.uint8)


class Meshes(torch.nn.Module):
    """Stands in for a mesh network: the mean face, present or not by the order of asking."""

    def __init__(self, *presence: float) -> None:
        super().__init__()
        self.config, self.presence = MeshConfig(size=64), torch.tensor(presence)
        self.place = torch.nn.Linear(1, 1)
        matrix = frame_face(five_points(CANONICAL) * 100, 64)
        seen = CANONICAL[:, :2] * 100 @ matrix[:, :2].T + matrix[:, 2]
        z = CANONICAL[:, 2:] * 100 * np.linalg.norm(matrix[:, 0])
        mesh = np.concatenate([(seen + 0.5) / 32 - 1, z / 32], axis=1)
        self.mesh = torch.from_numpy(mesh.astype(np.float32))

    def forward(self, x):
        return self.mesh.expand(len(x), -1, -1), self.presence[: len(x)]


def face(x: float, y: float, size: float, score: float) -> Face:
    points = (CANONICAL * size + np.array([x, y, 0])).astype(np.float32)
    box = np.concatenate([points[:, :2].min(0), points[:, :2].max(0)])
    return Face(box, five_points(points), score)


def follow(face_detector, *faces):
    (found,) = face_detector.follow([IMAGE], [list(faces)])
    return found


def test_meshes_lie_where_the_five_points_said():
    face_detector = MeshFaceDetector(Detector(DetectorConfig()), Meshes(5, 5))
    near, far = face(200, 100, 60, 0.9), face(60, 80, 30, 0.8)
    found = follow(face_detector, far, near)
    assert [f.score for f in found] == [0.9, 0.8]  # the largest first
    for one, other in zip(found, (near, far), strict=True):
        assert one.points.shape == (478, 3)
        assert np.abs(five_points(one.points) - other.points)[:, :2].max() < 0.5
        assert np.abs(one.box - other.box).max() < 1


def test_what_is_no_face_is_left_out():
    face_detector = MeshFaceDetector(Detector(DetectorConfig()), Meshes(-4, 5))
    assert [
        f.score for f in follow(face_detector, face(200, 100, 60, 0.9), face(60, 80, 30, 0.8))
    ] == [0.8]


def test_of_two_in_one_place_the_surer_stays():
    face_detector = MeshFaceDetector(Detector(DetectorConfig()), Meshes(5, 5, 5))
    found = follow(
        face_detector, face(100, 100, 60, 0.6), face(104, 98, 58, 0.9), face(250, 50, 20, 0.5)
    )
    assert [f.score for f in found] == [0.9, 0.5]


def test_a_mesh_of_the_last_frame_stands_in_for_a_detection():
    face_detector = MeshFaceDetector(Detector(DetectorConfig()), Meshes(5))
    first = follow(face_detector, face(150, 100, 50, 0.7))
    again = follow(face_detector, *first)
    assert np.abs(again[0].points - first[0].points).max() < 0.5


def test_no_face_is_an_empty_list():
    face_detector = MeshFaceDetector(
        Detector(DetectorConfig(widths=(4, 4, 4, 4), shared=4)).eval(), Meshes()
    )
    assert face_detector.find([IMAGE, IMAGE], threshold=0.9) == [[], []]
    assert face_detector.find([]) == []


def test_as_many_pictures_as_lists():
    with pytest.raises(InputError, match="do not fit"):
        MeshFaceDetector(Detector(DetectorConfig()), Meshes()).follow([IMAGE], [])


def test_a_finder_is_built_of_two_bundles():
    one, two = (
        DetectorConfig((4, 4, 4, 4), (1, 1, 1), 4),
        MeshConfig(32, (4, 4, 4), (1, 1, 1), 2, 8),
    )
    networks = [fold_norms(n.eval()).state_dict() for n in (Detector(one), MeshNetwork(two))]
    first = {"finder": {"widths": [4, 4, 4, 4], "depths": [1, 1, 1], "shared": 4}}
    second = {
        "mesh": {"size": 32, "widths": [4, 4, 4], "depths": [1, 1, 1], "squeeze": 2, "shapes": 8}
    }
    bundles = (
        Bundle(Card("a", "finder"), first, networks[0]),
        Bundle(Card("b", "mesh"), second, networks[1]),
    )
    face_detector = load_face_detector(*bundles)
    assert isinstance(face_detector.find([IMAGE], threshold=0.99), list)
    with pytest.raises(WeightsError, match="not finder"):
        load_face_detector(*reversed(bundles))


class Compass(Meshes):
    """Is the surer of a face, the more the square is bright above and dark below."""

    def forward(self, x):
        half = x.shape[2] // 2
        upright = x[:, :, :half].mean((1, 2, 3)) - x[:, :, half:].mean((1, 2, 3))
        return self.mesh.expand(len(x), -1, -1), 0.5 + 6 * upright


class Sees(torch.nn.Module):
    """Stands in for a detector that sees one upright face in the middle of 192 by 192 pixels."""

    def __init__(self, score: float) -> None:
        super().__init__()
        self.score, self.say = score, torch.nn.Conv2d(1, 1, 1)

    def forward(self, x):
        levels = [torch.full((len(x), 15, x.shape[2] // s, x.shape[3] // s), -9.0) for s in STRIDES]
        if x.shape[2] >= 96:
            level = levels[0][:, :, 5:7, 5:7]
            level[:, 0], level[:, 1:5] = self.score, float(np.log(20 / 8))
            level[:, 5:] = torch.tensor([-8.0, -8, 8, -8, 0, 0, -8, 8, 8, 8])[:, None, None] / 32
        return levels


@pytest.mark.parametrize("degrees", [0, 75, -100, 170])
def test_a_head_is_found_however_far_it_is_turned(degrees):
    angle = np.radians(degrees)
    y, x = np.mgrid[:192, :192] - 95.5
    below = y * np.cos(angle) - x * np.sin(angle) > 0  # the chin is there
    image = np.where(below[..., None], 30, 220).astype(np.uint8).repeat(3, axis=2)
    (found,) = MeshFaceDetector(Sees(3.0), Compass()).find([image])
    (face,) = found
    left, right = five_points(face.points)[:2, :2]
    roll = np.degrees(np.arctan2(*(right - left)[::-1]))
    assert abs((roll - degrees + 180) % 360 - 180) <= 30  # the stand-in looks no closer
    assert face.score > 0.9


def test_a_face_that_is_upright_nowhere_is_doubtful():
    grey = np.full((192, 192, 3), 100, np.uint8)
    (found,) = MeshFaceDetector(Sees(3.0), Compass()).find([grey])
    assert found == []
    (found,) = MeshFaceDetector(Sees(3.0), Compass()).find([grey], threshold=0.01)
    assert found[0].score < 0.1


def test_both_networks_have_to_be_sure():
    assert join_scores(0.9, 0.9999) > 0.95
    assert join_scores(0.3, 0.9999) > 0.5
    assert join_scores(0.9, 0.9) < 0.2
    assert join_scores(0.05, 0.9999) < 0.55
    assert join_scores(1.0, 1.0) <= 1
    assert join_scores(0.0, 0.0) >= 0


def test_pictures_without_a_large_face_are_searched_for_smaller_ones():
    class Sizes(Sees):
        def forward(self, x):
            asked.append(tuple(x.shape[2:]))
            return super().forward(x)

    asked = []
    grey = np.full((192, 192, 3), 100, np.uint8)
    MeshFaceDetector(Sizes(-9.0), Meshes()).find([grey])
    assert asked[2][1] == 2 * asked[0][1]
    asked.clear()
    MeshFaceDetector(Sizes(-9.0), Meshes()).find([grey], smallest=24)
    assert len(asked) == 2
    asked.clear()
    (found,) = MeshFaceDetector(Sizes(3.0), Meshes(*[9.0] * 9)).find([grey])
    assert max(found[0].box[2:] - found[0].box[:2]) > 64
    assert len(asked) == 2
