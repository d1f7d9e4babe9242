"""What is nearer hides what is farther, of triangles and of strands."""

import numpy as np

from facewright.toon.heads.figure.model import subdivide
from facewright.toon.heads.figure.raster import see_strands, see_triangles

SQUARE = [(2, 2), (13, 2), (13, 13), (2, 13)]


def lay(depth):
    return np.array([(*corner, depth) for corner in SQUARE], np.float32)


TWO = np.array([(0, 1, 2), (0, 2, 3)], np.int32)


def test_a_square_covers_its_pixels_and_the_nearer_one_is_seen():
    points = np.concatenate([lay(0.0), lay(1.0)])
    seen = see_triangles(points, np.concatenate([TWO + 4, TWO]), 16)
    assert (seen.triangle[3:13, 3:13] < 2).all()
    assert (seen.triangle[:, 14:] == -1).all()
    assert np.isinf(seen.depth[0, 0])
    assert np.allclose(seen.depth[3:13, 3:13], 1)
    assert np.allclose(seen.weights[3:13, 3:13].sum(-1), 1, atol=1e-5)


def test_a_large_triangle_is_seen_as_well():
    points = np.array([(-300, -300, 0), (900, -300, 0), (-300, 900, 0)], np.float32)
    assert (see_triangles(points, np.array([(0, 1, 2)], np.int32), 64).triangle == 0).all()


def test_strands_are_hidden_by_what_is_nearer():
    depth = np.zeros((16, 16), np.float32)
    points = np.array([(4, 4, 1), (10, 10, -1), (4, 4, 2)], np.float32)
    number = see_strands(points, np.full(3, 2.0, np.float32), depth)
    assert number[4, 4] == 2
    assert number[10, 10] == -1
    assert see_strands(points[:0], np.zeros(0, np.float32), depth).max() == -1


def test_subdivision_keeps_planes_and_borders():
    rows, columns = np.mgrid[:4, :4]
    points = np.stack([columns.ravel(), rows.ravel(), 0 * rows.ravel()], 1).astype(float)
    corner = (rows * 4 + columns)[:3, :3].ravel()
    faces = np.stack([corner, corner + 1, corner + 5, corner + 4], 1)
    finer = subdivide(faces, 16)
    smooth = finer.apply(points)
    assert smooth.shape == (16 + 24 + 9, 3)
    assert finer.faces.shape == (36, 4)
    assert (smooth[:, 2] == 0).all()
    assert np.allclose(smooth[[0, 3, 12, 15]], points[[0, 3, 12, 15]])
    assert np.allclose(smooth[5], points[5])
