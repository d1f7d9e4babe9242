"""Measure where faces lie in the squares of FER2013, for the template `expression`.

python recipes/expressions/framing.py fer2013plus.zip
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from facewright.device import seeded
from facewright.expressions.training.examples import TRAINING, read_examples
from facewright.faces.geometry.matrices import fit_similarity
from facewright.faces.geometry.topology import five_points
from facewright.faces.templates import TEMPLATES
from facewright.pipelines.find import FindPipeline

SIDE, MARGIN, AT_ONCE = 192, 48, 30  # pixels, pixels, faces
COUNT = 600


def main() -> None:
    """Find meshes on enlarged faces, and print how they lie."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    faces = read_examples(parser.parse_args().dataset).parts[TRAINING].faces
    import torch

    chosen = torch.randperm(len(faces), generator=seeded(0))[:COUNT].numpy()
    meshes = find_meshes(faces[chosen])
    five = np.array([five_points(mesh)[:, :2] for mesh in meshes])
    apart = np.linalg.norm(five[:, 1] - five[:, 0], axis=1)
    turn = np.degrees(np.arctan2(five[:, 1, 1] - five[:, 0, 1], five[:, 1, 0] - five[:, 0, 0]))
    plausible = (abs(turn) < 20) & (apart > 0.25) & (apart < 0.55) & (five[:, 2, 1] > 0.4)
    plausible &= abs(five[:, 2, 0] - 0.5) < 0.15
    print(f"{len(meshes)} of {COUNT} found, {plausible.sum()} of them plausible")
    print("five points, median:", np.median(five[plausible], axis=0).round(3).tolist())
    template = TEMPLATES["expression"]
    fits = [fit_similarity(mesh[template.landmarks], template.places) for mesh in meshes[plausible]]
    scale = np.array([np.hypot(m[0, 0], m[1, 0]) for m in fits])
    turns = np.degrees([np.arctan2(m[1, 0], m[0, 0]) for m in fits])
    middle = np.array([m @ [0.5, 0.5, 1] for m in fits])
    print(f"scale to the template: median {np.median(scale):.3f}, deviation {scale.std():.3f}")
    print(f"turn in degrees: median {np.median(turns):.1f}, deviation {turns.std():.1f}")
    print("the middle of a square in the template:", np.median(middle, axis=0).round(3).tolist())


def find_meshes(faces: np.ndarray) -> np.ndarray:
    """Return the meshes (k, 478, 3) that were found, in parts of the squares."""
    finder, found = FindPipeline(device="cpu").finder, []
    for first in range(0, len(faces), AT_ONCE):
        images = [enlarge(face) for face in faces[first : first + AT_ONCE]]
        for mine in finder.find(images, smallest=100):
            if mine:
                mesh = mine[0].points.copy()
                mesh[:, :2] = (mesh[:, :2] + 0.5 - MARGIN) / SIDE
                found.append(mesh)
    return np.array(found)


def enlarge(face: np.ndarray) -> np.ndarray:
    """Return a face four times as large, with a margin."""
    large = cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    framed = cv2.copyMakeBorder(large, *[MARGIN] * 4, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(np.repeat(framed[..., None], 3, axis=2))


if __name__ == "__main__":
    main()
