"""Find which vertex of the head lies under each of the 478 points of `face-mesh`.

    python recipes/heads3d/correspond.py --assets makehuman-cc0 PICTURES... -o points.json

Needs facewright, and not Blender. PICTURES are folders of `render.py`; natural people without
beard and glasses are best (`--style character`). On each picture the mesh network places its
points, and the head is built again from its parameters; the vertex whose mean distance over all
pictures is least is taken. Both halves of the face decide together.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from frame import frame_of, project
from head import build_head
from mesh import Assets, Floats, Ints
from warp import Warper

from facewright.faces.detection.landmarks import load_mesh, place_meshes
from facewright.faces.geometry.topology import MIRROR, SKIN, five_points
from facewright.pipelines.weights import open_weights

_GROUND = 128
_ROUNDS = 3  # of placing the mesh where it was found
_CAP = 0.08  # eye distances: what is farther counts as far


def find_faces(picture: np.ndarray, start: Floats, network) -> Floats:
    """Return the 478 points of a picture, 0 to 1, beginning at five points in pixels."""
    five = np.pad(start.astype(np.float32), ((0, 0), (0, 1)))
    points = None
    for _ in range(_ROUNDS):
        placed, _ = place_meshes(network, [picture], [five])
        points, five = placed[0], five_points(placed[0])
    return (points[:, :2] + 0.5) / len(picture)


def look(path: Path, warper: Warper, network) -> tuple[Floats, Floats] | None:
    """Return the mesh's points (478, 2) and the bust's vertices (n, 3) of a picture, 0 to 1."""
    record = json.loads(path.with_suffix(".json").read_text())
    person, shot = record["person"], record["shot"]
    head = build_head(warper, person, shot["units"], tuple(shot["turn"]))
    frame = frame_of(head, person["style"])
    vertices = project(head.pose(head.moved), frame)
    image = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    alpha = image[..., 3:] / 255
    picture = np.round(image[..., :3] * alpha + _GROUND * (1 - alpha)).astype(np.uint8)
    assets = warper.assets
    eyes = [vertices[assets.group(f"helper-{side}-eye")].mean(0) for side in "rl"]
    nose = vertices[warper.points["nose_tip"]]
    corners = [vertices[warper.points[f"mouth{sign}"]] for sign in "-+"]
    start = np.array([*eyes, nose, *corners])[:, :2] * len(picture) - 0.5
    return find_faces(picture, start, network), vertices


def mirror_vertices(assets: Assets, rows: Ints) -> Ints:
    """Return the partner of each vertex on the other side, in places of `rows`."""
    base = assets.base.vertices[rows]
    far = np.linalg.norm(base[:, None] * [-1, 1, 1] - base[None], axis=2)
    return far.argmin(1)


def match(seen: list[tuple[Floats, Floats]], assets: Assets, rows: Ints) -> tuple[Ints, Floats]:
    """Return the vertex of each point (478,), and its mean distance in eye distances (478,)."""
    total = np.zeros((len(MIRROR), len(rows)))
    for points, vertices in seen:
        eye = [vertices[assets.group(f"helper-{side}-eye")].mean(0)[:2] for side in "lr"]
        unit = np.linalg.norm(eye[0] - eye[1])
        far = np.linalg.norm(points[:, None] - vertices[rows, :2][None], axis=2) / unit
        total += np.minimum(far, _CAP) / len(seen)
    partner = mirror_vertices(assets, rows)
    total = total + total[MIRROR][:, partner]
    best = total.argmin(1)
    return rows[best], total[np.arange(len(best)), best] / 2


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    warper = Warper(Assets(options.assets))
    network = load_mesh(open_weights("face-mesh"))
    paths = sorted(p for folder in options.pictures for p in folder.glob("*.png"))
    paths = [p for p in paths if p.with_suffix(".json").exists()]
    seen = [look(path, warper, network) for path in paths]
    regions = [warper.assets.region(name).ravel() for name in ("face", "lips", "eyelids")]
    rows = np.unique(np.concatenate(regions))
    rows = rows[warper.assets.base.vertices[rows][:, 2] > 0.2]
    vertices, far = match(seen, warper.assets, rows)
    print(f"{len(seen)} pictures; mean distance {far[:SKIN].mean():.4f} eye distances")
    options.output.write_text(json.dumps(vertices[:SKIN].tolist()) + "\n")


if __name__ == "__main__":
    main()
