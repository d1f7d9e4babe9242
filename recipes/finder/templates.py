"""Measure where the template `tight` puts landmarks, and how much faces vary about it.

    python recipes/finder/templates.py merged.npz

`merged.npz` is what `merge.py` writes. FairFace's pictures are dlib's face chips themselves, so the
means of their landmarks are the template, and aligning a picture again should change nothing.
Prints what `src/facewright/faces/templates.py` holds and says.
"""

import sys

import numpy as np

from facewright.faces.geometry.matrices import fit_similarity
from facewright.faces.geometry.topology import SKIN, five_points
from facewright.faces.templates import TEMPLATES, fit_template

SIDE = 224
SWAP, SWAP_DLIB = [1, 0, 2, 4, 3], [3, 2, 1, 0, 4]


def straighten(places, swap):
    """Return places made symmetric about the middle."""
    return (places + places[swap] * (-1, 1) + (1, 0)) / 2


def wander(meshes, template):
    """Return how far crops' corners are from the picture's, in parts of its width, on average."""
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    gaps = []
    for mesh in meshes:
        matrix = fit_template(mesh, template)
        placed = (corners * SIDE - 0.5) @ matrix[:, :2].T + matrix[:, 2]
        gaps.append(np.linalg.norm(placed - corners, axis=-1).mean())
    return np.mean(gaps)


def main(merged):
    """Print the measurements."""
    with np.load(merged) as file:
        archives, points = file["archives"], file["points"]
    frontal, wild = (points[archives == f"fairface-{kind}.zip"] for kind in ("frontal", "wild"))
    tight = TEMPLATES["tight"]
    for name, chosen, swap in (
        ("five points", five_points(frontal), SWAP),
        ("landmarks", frontal[:, tight.landmarks], SWAP_DLIB),
    ):
        unit = (chosen[..., :2] + 0.5) / SIDE
        print(name, straighten(unit.mean(0), swap).round(4).tolist())
        print("  left of the middle by", round(float(0.5 - unit[..., 0].mean()), 4))
        print("  vary by", unit.std(0).round(4).tolist())
    for name, meshes in (("frontal", frontal), ("any pose", wild)):
        mesh, five = (wander(p, "tight") for p in (meshes, five_points(meshes)))
        print(f"{name}: corners wander by {mesh:.4f} with a mesh, {five:.4f} without")
    # The same with all points of the mesh, placed as on the mean face.
    expression, across = TEMPLATES["expression"], np.ptp(tight.points[:2, 0])
    scale = across / np.ptp(expression.points[:2, 0])
    print(f"all {SKIN} points, any pose: {wander_all(wild, expression, tight, scale):.4f}")


def wander_all(meshes, every, tight, scale):
    """Return how far corners wander where all points are brought to `tight`'s frame."""
    shift = tight.points.mean(0) - scale * every.points.mean(0)
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    gaps = []
    for mesh in meshes:
        matrix = fit_similarity(mesh[:SKIN], scale * every.places + shift)
        placed = (corners * SIDE - 0.5) @ matrix[:, :2].T + matrix[:, 2]
        gaps.append(np.linalg.norm(placed - corners, axis=-1).mean())
    return np.mean(gaps)


if __name__ == "__main__":
    main(*sys.argv[1:])
