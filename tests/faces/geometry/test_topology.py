from collections import Counter

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.faces.geometry import topology
from facewright.faces.geometry.topology import (
    CANONICAL,
    HOLES,
    LEFT_EYE,
    LIPS_INNER,
    MIRROR,
    OVAL,
    RIGHT_EYE,
    TRIANGLES,
    five_points,
)

LOOPS = ("OVAL", "LEFT_EYE", "RIGHT_EYE", "LIPS_OUTER", "LIPS_INNER", "LEFT_BROW", "RIGHT_BROW")


def edges_of(triangles):
    return Counter((int(t[i]), int(t[i - 2])) for t in triangles for i in range(3))


def edges_round(loop):
    return {(int(a), int(b)) for a, b in zip(loop, np.roll(loop, -1), strict=True)}


def rim_of(triangles):
    """Edges that only one triangle uses, in the direction in which it does."""
    edges = edges_of(triangles)
    return {edge for edge in edges if edge[::-1] not in edges}


def turns(loop):
    """Twice the area within a loop on the mean face, positive when it runs clockwise."""
    x, y = CANONICAL[loop, 0], CANONICAL[loop, 1]
    return (x * np.roll(y, -1) - y * np.roll(x, -1)).sum()


def test_mesh_uses_every_point_of_the_skin():
    assert set(np.unique(TRIANGLES)) == set(range(topology.SKIN))


def test_neighbouring_triangles_use_an_edge_in_opposite_directions():
    assert max(edges_of(TRIANGLES).values()) == 1
    assert max(edges_of(np.concatenate([TRIANGLES, HOLES])).values()) == 1


def test_mesh_is_open_at_the_oval_the_eyes_and_the_mouth():
    rims = [edges_round(OVAL), *(edges_round(loop[::-1]) for loop in (LEFT_EYE, RIGHT_EYE))]
    assert rim_of(TRIANGLES) == set().union(*rims, edges_round(LIPS_INNER[::-1]))


def test_holes_close_the_eyes_and_the_mouth():
    assert rim_of(np.concatenate([TRIANGLES, HOLES])) == edges_round(OVAL)


def test_triangles_are_clockwise_on_the_mean_face():
    a, b, c = (CANONICAL[TRIANGLES[:, i], :2] for i in range(3))
    ab, ac = b - a, c - a
    clockwise = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] > 0
    assert clockwise.mean() > 0.99  # the nostrils hide a few


def test_mirroring_twice_changes_nothing():
    np.testing.assert_array_equal(MIRROR[MIRROR], np.arange(topology.POINTS))


def test_mean_face_is_its_own_mirror_image():
    np.testing.assert_array_equal(CANONICAL[MIRROR] * (-1, 1, 1), CANONICAL)


def test_mirrored_mesh_has_the_same_triangles():
    def sets(triangles):
        return {frozenset(t) for t in triangles.tolist()}

    mirrored = sets(MIRROR[TRIANGLES])
    assert len(mirrored & sets(TRIANGLES)) > 0.95 * len(TRIANGLES)  # a few diagonals differ
    assert sets(MIRROR[HOLES]) == sets(HOLES)


@pytest.mark.parametrize("name", LOOPS)
def test_loop_is_clockwise_and_visits_no_point_twice(name):
    loop = getattr(topology, name)
    assert turns(loop) > 0
    assert len(set(loop.tolist())) == len(loop)


@pytest.mark.parametrize("part", ["EYE", "BROW"])
def test_parts_on_the_left_mirror_those_on_the_right(part):
    left, right = (getattr(topology, f"{side}_{part}") for side in ("LEFT", "RIGHT"))
    assert set(MIRROR[left].tolist()) == set(right.tolist())
    assert left[0] == MIRROR[right[0]]
    assert CANONICAL[left, 0].max() < 0 < CANONICAL[right, 0].min()


def test_mean_face_is_centred_with_its_eyes_one_apart_and_its_nose_towards_the_viewer():
    left, right, nose, *mouth = five_points(CANONICAL)
    np.testing.assert_allclose(CANONICAL[: topology.SKIN].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(right - left, (1, 0, 0), atol=1e-6)
    assert nose[2] == CANONICAL[:, 2].min()
    assert left[1] < nose[1] < mouth[0][1]


def test_five_points_of_many_meshes_are_those_of_each():
    meshes = np.stack([CANONICAL, CANONICAL + 3])
    np.testing.assert_array_equal(five_points(meshes)[1], five_points(meshes[1]))


def test_five_points_of_something_else_are_refused():
    with pytest.raises(InputError, match=r"478.*\(5, 3\)"):
        five_points(np.zeros((5, 3), np.float32))


def test_nobody_changes_the_topology_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        MIRROR[0] = 1
