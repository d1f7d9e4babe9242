"""What is measured on a generated face: one number per attribute and picture.

Another measure becomes another direction by one more entry in the table that `measure_faces`
returns: any function from pictures to one number each will do, such as the output of a classifier.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facewright.device import to_tensor
from facewright.expressions.classifier import (
    EXPRESSIONS,
    TEMPLATE,
    Classifier,
    load_classifier,
    score_crops,
)
from facewright.faces.align import align
from facewright.faces.detection.landmarks import MeshNetwork, load_mesh, place_meshes
from facewright.faces.geometry.topology import CANONICAL, LEFT_BROW, RIGHT_BROW, five_points
from facewright.faces.masks import draw_face_mask
from facewright.faces.pose import estimate_pose
from facewright.faces.similarity.identity import Likeness, embed_faces, load_likeness
from facewright.faces.templates import TEMPLATES
from facewright.gan.weights import read_template
from facewright.media.stills.resize import resize_image
from facewright.pipelines.weights import open_weights
from facewright.types import Bundle, Crop, Image

sys.path.append(str(Path(__file__).parents[1] / "face-features"))
from people import PEOPLE, Guesser, load_guesser

SIZE, SMALL = 256, 128  # pixels: what the mesh network and the measures of colour look at
BATCH = 64
STABLE = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 129, 358, 10, 127, 356, 234, 454)
"""Points that move little when a face talks or smiles: the eyes' corners, nose, temples."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Networks:
    """The networks that measure."""

    mesh: MeshNetwork
    likeness: Likeness
    guesser: Guesser
    classifier: Classifier
    template: str
    """How the faces were cut that are measured."""


@dataclass(frozen=True)
class Measured:
    """What was measured on n pictures."""

    numbers: dict[str, Floats]
    """Attribute → (n,)."""
    shapes: Floats
    """(n, 478, 3): meshes without place, size and pose; the eyes are one apart."""
    identity: Floats
    """(n, 256): the vectors of `faces.identity`."""


def open_networks(guesser: Path, drawn_by: Bundle) -> Networks:
    """Load the networks; `guesser` is what recipes/face-features/fit.py or heads.py wrote."""
    return Networks(
        load_mesh(open_weights("face-mesh")),
        load_likeness(open_weights("likeness")),
        load_guesser(guesser),
        load_classifier(open_weights("expressions")),
        read_template(drawn_by) or "tight",
    )


def measure_faces(networks: Networks, images: Image) -> Measured:
    """Measure faces, (n, h, w, 3)."""
    large = [resize_image(image, SIZE) for image in images]
    start = (TEMPLATES[networks.template].points * SIZE - 0.5).astype(np.float32)
    meshes, _ = place_meshes(networks.mesh, large, [start] * len(large))
    meshes, presence = place_meshes(networks.mesh, large, [five_points(m) for m in meshes])
    shapes = np.stack([straighten(mesh) for mesh in meshes])
    numbers = {"presence": presence}
    numbers |= measure_shapes(shapes) | measure_poses(meshes)
    small = [resize_image(image, SMALL) for image in images]
    scaled = (meshes + 0.5) * (SMALL / SIZE) - 0.5
    numbers |= measure_colours(small, scaled) | guess(networks.guesser, images)
    numbers |= measure_expressions(networks.classifier, large, meshes)
    whole = np.eye(2, 3)
    identity = embed_faces(networks.likeness, [Crop(x, whole, networks.template) for x in large])
    return Measured(numbers, shapes, identity)


def straighten(mesh: Floats) -> Floats:
    """Return a mesh (478, 3) turned to look ahead, its eyes one apart and about the origin."""
    source, target = mesh[list(STABLE)], CANONICAL[list(STABLE)]
    left, _, right = np.linalg.svd((target - target.mean(0)).T @ (source - source.mean(0)))
    turn = left @ np.diag([1, 1, np.sign(np.linalg.det(left @ right))]) @ right
    turned = (mesh - source.mean(0)) @ turn.T
    eyes = five_points(turned.astype(np.float32))[:2]
    return ((turned - eyes.mean(0)) / np.linalg.norm(eyes[1] - eyes[0])).astype(np.float32)


def measure_shapes(shapes: Floats) -> dict[str, Floats]:
    """Measure straightened meshes; lengths are parts of the distance between the eyes."""
    x, y = shapes[..., 0], shapes[..., 1]
    corners, lips = y[:, [61, 291]].mean(1), y[:, [0, 17]].mean(1)
    brows = y[:, [*LEFT_BROW, *RIGHT_BROW]].mean(1)
    return {
        "smile": lips - corners + 0.5 * (x[:, 291] - x[:, 61]),
        "mouth-open": y[:, 14] - y[:, 13],
        "eyes-open": (y[:, 145] - y[:, 159] + y[:, 374] - y[:, 386]) / 2,
        "brows-up": -brows,
        "face-width": (x[:, 454] - x[:, 234]) / (y[:, 152] - y[:, 10]),
        "nose-width": x[:, 358] - x[:, 129],
        "lips-full": y[:, 13] - y[:, 0] + y[:, 17] - y[:, 14],
    }


def measure_poses(meshes: Floats) -> dict[str, Floats]:
    """Measure which way heads look, in degrees."""
    poses = [estimate_pose(mesh) for mesh in meshes]
    return {
        name: np.float32([getattr(p, name) for p in poses]) for name in ("yaw", "pitch", "roll")
    }


def measure_colours(images: list[Image], meshes: Floats) -> dict[str, Floats]:
    """Measure CIE L*a*b* of regions, from pictures (SMALL, SMALL, 3)."""
    rows = [_measure_colours(*pair) for pair in zip(images, meshes, strict=True)]
    return {name: np.float32([row[name] for row in rows]) for name in rows[0]}


def _measure_colours(image: Image, mesh: Floats) -> dict[str, float]:
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    shape, (y, x) = image.shape[:2], np.indices(image.shape[:2])
    skin = draw_face_mask(mesh, shape, forehead=False, holes=("eyes", "brows", "lips")) > 0.5
    outside = draw_face_mask(mesh, shape) < 0.5
    eyes = five_points(mesh)[:2].mean(0)
    lips = draw_face_mask(mesh, shape, forehead=False, holes=("lips",)) < 0.5
    lips &= draw_face_mask(mesh, shape, forehead=False) > 0.5
    regions = {
        "skin": skin,
        "hair": outside & (y < eyes[1] - 0.15 * SMALL),
        "background": outside & (y > eyes[1] + 0.1 * SMALL),
        "lips": lips,
    }
    found = {}
    for name, region in regions.items():
        mean = lab[region].mean(0) if region.sum() > 50 else np.full(3, np.nan)
        found |= {f"{name}-{part}": float(v) for part, v in zip("lab", mean, strict=True)}
    light = lab[..., 0]
    nose = mesh[[6, 197, 195, 5, 4, 2], 0].mean()
    sides = [skin & (x > nose), skin & (x <= nose)]
    halves = [float(light[side].mean()) if side.sum() > 50 else np.nan for side in sides]
    found["light-side"] = halves[0] - halves[1]
    found["contrast"] = float(light[skin].std()) if skin.sum() > 50 else np.nan
    return found


def measure_expressions(
    classifier: Classifier, images: list[Image], meshes: Floats
) -> dict[str, Floats]:
    """Measure by how much the score of each expression exceeds the mean of the others."""
    size = classifier.size
    crops = [
        align(image, mesh, template=TEMPLATE, size=size).image
        for image, mesh in zip(images, meshes, strict=True)
    ]
    scores = score_crops(classifier, crops)  # [n 7]
    others = (scores.sum(1, keepdims=True) - scores) / (len(EXPRESSIONS) - 1)
    return dict(zip(EXPRESSIONS, (scores - others).T, strict=True))


@torch.no_grad()
def guess(guesser: Guesser, images: Image) -> dict[str, Floats]:
    """Guess the labels that annotators would give: years, and log odds for the others."""
    parts = []
    for start in range(0, len(images), BATCH):
        x = to_tensor(images[start : start + BATCH], torch.device("cpu"), torch.float32)
        age, gender, people = guesser(x)
        odds = gender[:, 1] - gender[:, 0]
        parts.append(torch.cat([guesser.years(age)[:, None], odds[:, None], people], 1))
    columns = torch.cat(parts).numpy().T
    names = ("age", "male", *(name.lower().split("_")[0].replace(" ", "-") for name in PEOPLE))
    return dict(zip(names, columns, strict=True))


def join(parts: list[Measured]) -> Measured:
    """Put what was measured one after the other together."""
    names: Mapping[str, Floats] = parts[0].numbers
    return Measured(
        {name: np.concatenate([part.numbers[name] for part in parts]) for name in names},
        np.concatenate([part.shapes for part in parts]),
        np.concatenate([part.identity for part in parts]),
    )
