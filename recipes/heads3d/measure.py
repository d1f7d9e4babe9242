"""Measure how well the head model that is fitted to a mesh tells people apart.

    python recipes/heads3d/measure.py --assets makehuman-cc0 --points points.json PICTURES...

Needs facewright, and not Blender. PICTURES are folders of `render.py`. The mesh network sees each
picture, the head model is fitted, and the fitted face at rest is compared with that of everybody:
how often is it nearest to the true one's among ten? Chance is 10 %. Whether turns are found is
measured too.
"""

from __future__ import annotations

import argparse
import json
from math import comb
from pathlib import Path

import cv2
import numpy as np
from correspond import look
from head import build_head
from mesh import Assets, Floats
from warp import Warper

from facewright.faces.detection.landmarks import load_mesh, place_meshes
from facewright.faces.geometry.topology import POINTS, five_points
from facewright.pipelines.weights import open_weights
from facewright.toon.heads.model.basis import HeadModel, load_head_model
from facewright.toon.heads.model.fit import fit_head

_GROUND = 128
_CHOICE = 10


def see(path: Path, warper: Warper, network) -> np.ndarray:
    """Return the mesh of a picture in pixels, (478, 3)."""
    flat, _ = look(path, warper, network)
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    alpha = image[..., 3:] / 255
    picture = np.round(image[..., 2::-1] * alpha + _GROUND * (1 - alpha)).astype(np.uint8)
    points = np.zeros((POINTS, 3), np.float32)
    points[:, :2] = flat * len(picture) - 0.5
    return place_meshes(network, [picture], [five_points(points)])[0][0]


def align(shape: Floats, goal: Floats) -> Floats:
    """Lay a shape onto another, (n, 3): turned, scaled and shifted."""
    source, target = shape - shape.mean(0), goal - goal.mean(0)
    left, sizes, right = np.linalg.svd(target.T @ source)
    return source @ (left @ right).T * sizes.sum() / (source**2).sum()


def rank(true: Floats, fitted: Floats) -> Floats:
    """Return how many others' fitted shapes are more alike to each true one, (n,)."""
    one, other = (x.reshape(len(x), -1) - x.reshape(len(x), -1).mean(0) for x in (true, fitted))
    alike = one @ other.T
    alike /= np.linalg.norm(one, axis=1)[:, None] * np.linalg.norm(other, axis=1)[None]
    return (alike > np.diag(alike)[:, None]).sum(1)


def measure(paths: list[Path], warper: Warper, model: HeadModel, vertices: np.ndarray) -> None:
    """Print the figures."""
    network = load_mesh(open_weights("face-mesh"))
    true, fitted, errors, turns = [], [], [], []
    for path in paths:
        record = json.loads(path.with_suffix(".json").read_text())
        found = fit_head(model, see(path, warper, network))
        head = build_head(warper, record["person"], {}, (0.0, 0.0, 0.0))
        true.append(align(head.rest[vertices] * [1, -1, -1], model.mean))
        values = np.array(list(found.identity.values()))
        fitted.append(align(model.mean + np.tensordot(values, model.identity, 1), model.mean))
        errors.append(found.error)
        x, _, z = found.rotation @ [0, 0, -1]
        turns.append((np.arctan2(x, -z), record["shot"]["turn"][0]))
    others, ranks = len(paths) - 1, rank(np.array(true), np.array(fitted))
    picked = [comb(others - r, _CHOICE - 1) / comb(others, _CHOICE - 1) for r in ranks]
    print(f"{len(paths)} people: {100 * np.mean(picked):.1f} % picked out of {_CHOICE}")
    print(f"error {np.mean(errors):.4f} of the model's units; yaw correlates by "
          f"{np.corrcoef(np.array(turns).T)[0, 1]:.3f}")  # fmt: skip


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--points", type=Path, required=True, help="of correspond.py")
    options = parser.parse_args()
    paths = sorted(p for folder in options.pictures for p in folder.glob("*.png"))
    paths = [p for p in paths if p.with_suffix(".json").exists()]
    vertices = np.array(json.loads(options.points.read_text()))
    measure(paths, Warper(Assets(options.assets)), load_head_model(), vertices)


if __name__ == "__main__":
    main()
