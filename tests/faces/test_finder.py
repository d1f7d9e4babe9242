import numpy as np
import pytest
import torch

from facewright.errors import InputError, WeightsError
from facewright.faces.blocks import fold_norms
from facewright.faces.detect import Detector, DetectorConfig
from facewright.faces.finder import FaceFinder, load_finder
from facewright.faces.landmarks import MeshConfig, MeshNetwork, frame_face
from facewright.faces.topology import CANONICAL, five_points
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


def follow(finder, *faces):
    (found,) = finder.follow([IMAGE], [list(faces)])
    return found


def test_meshes_lie_where_the_five_points_said():
    finder = FaceFinder(Detector(DetectorConfig()), Meshes(5, 5))
    near, far = face(200, 100, 60, 0.9), face(60, 80, 30, 0.8)
    found = follow(finder, far, near)
    assert [f.score for f in found] == [0.9, 0.8]  # the largest first
    for one, other in zip(found, (near, far), strict=True):
        assert one.points.shape == (478, 3)
        assert np.abs(five_points(one.points) - other.points)[:, :2].max() < 0.5
        assert np.abs(one.box - other.box).max() < 1


def test_what_is_no_face_is_left_out():
    finder = FaceFinder(Detector(DetectorConfig()), Meshes(-4, 5))
    assert [f.score for f in follow(finder, face(200, 100, 60, 0.9), face(60, 80, 30, 0.8))] == [
        0.8
    ]


def test_of_two_in_one_place_the_surer_stays():
    finder = FaceFinder(Detector(DetectorConfig()), Meshes(5, 5, 5))
    found = follow(finder, face(100, 100, 60, 0.6), face(104, 98, 58, 0.9), face(250, 50, 20, 0.5))
    assert [f.score for f in found] == [0.9, 0.5]


def test_a_mesh_of_the_last_frame_stands_in_for_a_detection():
    finder = FaceFinder(Detector(DetectorConfig()), Meshes(5))
    first = follow(finder, face(150, 100, 50, 0.7))
    again = follow(finder, *first)
    assert np.abs(again[0].points - first[0].points).max() < 0.5


def test_no_face_is_an_empty_list():
    finder = FaceFinder(Detector(DetectorConfig(widths=(4, 4, 4, 4), shared=4)).eval(), Meshes())
    assert finder.find([IMAGE, IMAGE], threshold=0.9) == [[], []]
    assert finder.find([]) == []


def test_as_many_pictures_as_lists():
    with pytest.raises(InputError, match="do not fit"):
        FaceFinder(Detector(DetectorConfig()), Meshes()).follow([IMAGE], [])


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
    finder = load_finder(*bundles)
    assert isinstance(finder.find([IMAGE], threshold=0.99), list)
    with pytest.raises(WeightsError, match="not finder"):
        load_finder(*reversed(bundles))
