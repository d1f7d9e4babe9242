import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facewright.device import seeded
from facewright.errors import InputError
from facewright.faces.detection.landmarks import (
    MeshConfig,
    MeshNetwork,
    cut_square,
    frame_face,
    load_mesh,
    place_meshes,
)
from facewright.faces.geometry.topology import CANONICAL, five_points
from facewright.types import Bundle, Card

TINY = MeshConfig(size=32, widths=(4, 4, 4), depths=(1, 1, 1), squeeze=2, shapes=8)
FIVE = five_points(CANONICAL)


def place(points, zoom, degrees, shift):
    angle = np.radians(degrees)
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = points.copy()
    moved[:, :2] = points[:, :2] @ turn.T + shift
    return moved.astype(np.float32)


@given(st.floats(5, 400), st.floats(-180, 180), st.floats(-500, 500), st.floats(-500, 500))
def test_the_square_turns_scales_and_moves_with_the_face(zoom, degrees, x, y):
    five = place(FIVE, zoom, degrees, (x, y))
    matrix = frame_face(five, 128)
    seen = five[:, :2].astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    straight = frame_face(place(FIVE, 50, 0, (0, 0)), 128)
    expected = place(FIVE, 50, 0, (0, 0))[:, :2] @ straight[:, :2].T + straight[:, 2]
    assert np.abs(seen - expected).max() < 0.05


def test_the_whole_face_is_in_the_square():
    mesh = place(CANONICAL, 60, 20, (100, 80))
    matrix = frame_face(five_points(mesh), 128)
    seen = mesh[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    assert seen.min() > 8
    assert seen.max() < 119


def test_a_turned_head_keeps_its_size_in_the_square():
    yaw = np.radians(60)
    turned = FIVE.copy()
    turned[:, 0] = FIVE[:, 0] * np.cos(yaw) + FIVE[:, 2] * np.sin(yaw)
    ahead, aside = (frame_face(place(p, 60, 0, (0, 0)), 128) for p in (FIVE, turned))
    ratio = np.linalg.norm(aside[:, 0]) / np.linalg.norm(ahead[:, 0])
    assert 0.85 < ratio < 1.2


def test_points_in_one_place_are_no_crash():
    five = np.full((5, 3), 7, np.float32)
    assert np.isfinite(frame_face(five, 32)).all()
    images = [np.zeros((20, 20, 3), np.uint8)]
    meshes, _ = place_meshes(MeshNetwork(TINY).eval(), images, [five])
    assert np.isfinite(meshes).all()


def test_the_frame_of_a_face_stays_what_networks_have_learned_with():
    five = [[30.5, 40.25, 0], [70, 48, 0], [50, 60, 0], [32, 81.5, 0], [61, 88, 0]]
    matrix = frame_face(np.array(five, np.float32), 128)
    expected = [
        [0.908405247803, 0.130379536346, 11.249072213487],
        [-0.130379536346, 0.908405247803, 13.141391238125],
    ]
    assert matrix == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize("zoom", [0.07, 0.21, 0.5, 1.0, 2.5])
def test_the_square_shows_what_lies_there_at_any_scale(zoom):
    """A slope of brightness is the same slope in the square, half pixels and all."""
    slope = np.repeat(np.linspace(0, 250, 501)[None], 400, axis=0)
    image = np.repeat(slope[..., None], 3, axis=2).round().astype(np.uint8)
    middle = np.array([250.0, 200.0])
    matrix = np.array([[zoom, 0, 15.5], [0, zoom, 15.5]])
    matrix[:, 2] -= zoom * middle
    square = cut_square(image, matrix, 32)
    columns = (np.arange(32) - matrix[0, 2]) / zoom
    inside = (columns > 8) & (columns < 492)
    expected = columns[inside] / 2
    assert np.abs(square[16, inside, 0] - expected).max() < 1.1


def test_shrinking_does_not_alias():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    square = cut_square(stripes, np.array([[0.125, 0, 0], [0, 0.125, 0.0]]), 32)
    assert square[4:28, 4:28].std() < 6


def test_outside_of_the_picture_is_the_border():
    image = np.full((10, 10, 3), 200, np.uint8)
    square = cut_square(image, np.array([[1.0, 0, 11], [0, 1, 11]]), 32, border=7)
    assert square[0, 0].tolist() == [7, 7, 7]
    assert square[15, 15].tolist() == [200, 200, 200]


def test_a_network_returns_points_and_presence():
    points, presence = MeshNetwork(TINY)(torch.zeros(3, 3, 32, 32))
    assert points.shape == (3, 478, 3)
    assert presence.shape == (3,)


def test_principal_components_describe_the_shapes_they_come_from():
    rng = seeded(0)
    base = torch.from_numpy(CANONICAL.copy())
    moves = torch.randn(4, 478, 3, generator=rng) * 0.1
    shapes = base + torch.einsum("nk,kij->nij", torch.randn(40, 4, generator=rng), moves)
    network = MeshNetwork(TINY)
    network.start_from(shapes)
    flat = (shapes.flatten(1) - network.place.bias).detach()
    basis = network.place.weight.detach().numpy()
    rebuilt = basis @ np.linalg.lstsq(basis, flat.numpy().T, rcond=1e-4)[0]
    assert np.abs(rebuilt.T - flat.numpy()).max() < 1e-3


class Frontal(torch.nn.Module):
    """Stands in for a mesh network: the mean face in every square, where `frame_face` puts it."""

    def __init__(self) -> None:
        super().__init__()
        self.config = MeshConfig(size=64)
        self.place = torch.nn.Linear(1, 1)
        mesh = place(CANONICAL, 100, 0, (0, 0))
        matrix = frame_face(five_points(mesh), 64)
        seen = mesh[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        z = CANONICAL[:, 2:] * 100 * np.linalg.norm(matrix[:, 0])
        self.mesh = np.concatenate([(seen + 0.5) / 32 - 1, z / 32], axis=1).astype(np.float32)

    def forward(self, x):
        return torch.from_numpy(self.mesh).expand(len(x), -1, -1), torch.full((len(x),), 4.0)


@given(st.floats(10, 200), st.floats(-90, 90), st.floats(0, 300))
def test_points_come_back_in_pixels_of_the_picture(zoom, degrees, shift):
    truth = place(CANONICAL, zoom, degrees, (shift, shift / 2))
    truth[:, 2] *= zoom
    image = np.zeros((50, 50, 3), np.uint8)
    meshes, presence = place_meshes(Frontal(), [image, image], [five_points(truth)] * 2)
    assert np.abs(meshes[1] - truth).max() < 0.01 * zoom
    assert presence.tolist() == pytest.approx([0.982, 0.982], abs=1e-3)


def test_no_face_is_no_mesh():
    meshes, presence = place_meshes(MeshNetwork(TINY).eval(), [], [])
    assert meshes.shape == (0, 478, 3)
    assert presence.shape == (0,)


def test_as_many_pictures_as_faces():
    with pytest.raises(InputError, match="do not fit"):
        place_meshes(MeshNetwork(TINY), [np.zeros((9, 9, 3), np.uint8)], [])


def test_a_network_comes_back_from_its_bundle():
    from facewright.faces.detection.blocks import fold_norms

    network = fold_norms(MeshNetwork(TINY).eval())
    fields = {"size": 32, "widths": [4, 4, 4], "depths": [1, 1, 1], "squeeze": 2, "shapes": 8}
    loaded = load_mesh(Bundle(Card("x", "mesh"), {"mesh": fields}, network.state_dict()))
    x = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(loaded(x)[0], network(x)[0])
