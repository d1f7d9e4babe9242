"""Measure the two networks that find faces on pictures that they were not trained on.

    python recipes/finder/measure.py merged.npz FOLDER FINDER.safetensors MESH.safetensors
        [--limit N] [--worst SHEET.png] [--scenes SCENES.npz]

Prints one JSON line per question. Recall: each held-out picture is padded into a scene of 640 by
480 pixels (`fairface-*`: somewhere, at some scale, faces from 24 pixels on; `congress`: as it is)
over a faceless ground, and a face counts as found where a box shares half of its area with the
teacher's (intersection over union). False alarms: per hundred scenes without a face, made of
pictures of scikit-image that were not trained on. Mesh: the mean distance of the points from the
teacher's in parts of the distance between the eyes, which is measured in x, y and z, because in x
and y alone it vanishes in a profile.
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from PIL import Image

from facewright.datasets.labelled import read_labelled
from facewright.faces.detection.detector import detect_faces
from facewright.faces.detection.landmarks import place_meshes
from facewright.faces.detection.mesh_detector import load_face_detector
from facewright.faces.geometry.topology import five_points
from facewright.faces.training.example_rng import ExampleRng
from facewright.hub.bundle import load_bundle

GROUNDS = (
    "brick",
    "coffee",
    "clock",
    "rocket",
    "text",
    "retina",
    "motorcycle",
    "immunohistochemistry",
)
SCENE = (640, 480)
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
SIZES = (24, 36, 56, 100, 500)


def cut_parts(image, rng, count):
    """Yield parts of a picture, of at least 96 pixels."""
    image = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    image = np.ascontiguousarray(image[..., :3])
    for _ in range(count):
        side = round(rng.ratio(96, min(image.shape[:2])))
        top, left = (rng.pick(s - side + 1) for s in image.shape[:2])
        part = image[top : top + side, left : left + side]
        yield part if side <= 320 else cv2.resize(part, (320, 320), interpolation=cv2.INTER_AREA)


def read_grounds(count):
    """Return faceless scenes of pictures that were not trained on."""
    rng, parts = ExampleRng(1, 0), []
    for name in GROUNDS:
        path = Path(skimage.data.__file__).parent / "motorcycle_left.png"
        image = (
            np.array(Image.open(path).convert("RGB"))
            if name == "motorcycle"
            else getattr(skimage.data, name)()
        )
        parts += list(cut_parts(image, rng, count // len(GROUNDS)))
    return [cv2.resize(p, SCENE, interpolation=cv2.INTER_LINEAR) for p in parts]


def compose(image, points, ground, rng, *, keep_size):
    """Return a scene with one picture in it, and its points there."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    size = float(np.sqrt((high - low).prod()))
    most = min(SCENE[1] / max(image.shape[:2]), 2.0)
    zoom = 1.0 if keep_size else rng.ratio(24 / size, most)
    wide, tall = (round(s * zoom) for s in image.shape[1::-1])
    left, top = rng.pick(SCENE[0] - wide + 1), rng.pick(SCENE[1] - tall + 1)
    scene = ground.copy()
    flag = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    scene[top : top + tall, left : left + wide] = cv2.resize(
        image, (wide, tall), interpolation=flag
    )
    ratio = np.array([wide / image.shape[1], tall / image.shape[0]])
    moved = points.copy()
    moved[:, :2] = (points[:, :2] + 0.5) * ratio - 0.5 + (left, top)
    return scene, moved


def overlap(a, b):
    """Return intersection over union."""
    both = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return both / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both)


def box_of(points):
    """Return left, top, right, bottom."""
    return np.concatenate([points[:, :2].min(0), points[:, :2].max(0)])


def eye_distance(points):
    """Return the distance between the eyes in three dimensions."""
    five = five_points(points)
    return float(np.linalg.norm(five[0] - five[1]))


def say(question, **numbers):
    """Print one line of JSON."""
    rounded = {k: round(float(v), 2) if isinstance(v, float) else v for k, v in numbers.items()}
    print(json.dumps({"question": question, **rounded}), flush=True)


def search(finder, images):
    """Return the faces of each picture, the doubtful ones, too."""
    found = []
    for first in range(0, len(images), 16):
        found += finder.find(images[first : first + 16], threshold=min(THRESHOLDS))
    return found


def measure_alarms(finder, grounds):
    """Say in how many of a hundred faceless scenes a face is seen."""
    alarms = [max((f.score for f in faces), default=0.0) for faces in search(finder, grounds)]
    rates = {str(t): 100 * float(np.mean([a >= t for a in alarms])) for t in THRESHOLDS}
    say("scenes with false alarms, of a hundred", scenes=len(grounds), **rates)


def measure_recall(name, finder, scenes):
    """Say how many faces are found, also by their size; return what is needed to look at them."""
    rows, shown = [], []
    for faces, (scene, points) in zip(search(finder, [s for s, _ in scenes]), scenes, strict=True):
        box = box_of(points)
        best = max(faces, key=lambda f: overlap(f.box, box), default=None)
        score = best.score if best is not None and overlap(best.box, box) >= 0.5 else 0.0
        rows.append((float(np.sqrt((box[2:] - box[:2]).prod())), score))
        shown.append((score, scene, points, faces))
    sizes, scores = np.array(rows).T
    rates = {str(t): 100 * float((scores >= t).mean()) for t in THRESHOLDS}
    say(f"recall, % ({name})", faces=len(rows), **rates)
    for low, high in pairwise(SIZES):
        part = scores[(sizes >= low) & (sizes < high)]
        if len(part):
            rate = 100 * float((part >= 0.5).mean())
            say(f"recall at 0.5, % ({name}, {low} to {high} pixels)", faces=len(part), value=rate)
    return shown


def measure_mesh(name, finder, images, truths):
    """Say how far the points are from the teacher's, after one look and after two."""
    padded = [np.pad(im, ((64, 64), (64, 64), (0, 0))) for im in images]
    found = [detect_faces(finder.detector, [im], threshold=0.2)[0] for im in padded]
    pairs = [
        (im, max(f, key=lambda face: face.score).points, t + np.array([64, 64, 0], np.float32))
        for im, f, t in zip(padded, found, truths, strict=True)
        if f
    ]
    starts = [points for _, points, _ in pairs]
    for looks in (1, 2):
        meshes, _ = place_meshes(finder.mesh, [im for im, _, _ in pairs], starts)
        off = [measure_gap(m, t) for m, (_, _, t) in zip(meshes, pairs, strict=True)]
        flat, flat_2d, deep = np.array(off).T * 100
        say(
            f"mesh error, % of eye distance ({name})",
            looks=looks,
            faces=len(pairs),
            mean=float(flat.mean()),
            median=float(np.median(flat)),
            worst_in_20=float(np.percentile(flat, 95)),
            mean_by_distance_in_the_picture=float(flat_2d.mean()),
            depth=float(deep.mean()),
        )
        starts = [five_points(m) for m in meshes]


def measure_gap(mesh, truth):
    """Return the mean gap in x and y by the eye distance, by that in the picture, and that in z."""
    gap = float(np.linalg.norm(mesh[:, :2] - truth[:, :2], axis=1).mean())
    five = five_points(truth)
    in_picture = float(np.linalg.norm(five[0, :2] - five[1, :2]))
    z = [points[:, 2] - points[:468, 2].mean() for points in (mesh, truth)]
    deep = float(np.abs(z[0] - z[1]).mean())
    return gap / eye_distance(truth), gap / max(in_picture, 1e-6), deep / eye_distance(truth)


def draw_worst(shown, path):
    """Draw the fifty faces that were found worst: the teacher's box yellow, ours green."""
    tiles = []
    for score, original, points, faces in sorted(shown, key=lambda entry: entry[0])[:50]:
        scene = original.copy()
        boxes = [(box_of(points), (255, 255, 0))] + [(f.box, (0, 255, 0)) for f in faces]
        for box, colour in boxes:
            corners = np.round(box).astype(int).tolist()
            cv2.rectangle(scene, corners[:2], corners[2:], colour, 2)
        cv2.putText(scene, f"{score:.2f}", (6, 30), 0, 1, (255, 0, 0), 2)
        tiles.append(cv2.resize(scene, (320, 240), interpolation=cv2.INTER_AREA))
    rows = [np.concatenate(tiles[r : r + 10], 1) for r in range(0, len(tiles) // 10 * 10, 10)]
    Image.fromarray(np.concatenate(rows)).save(path)


def main():
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name in ("labels", "folder", "finder", "mesh"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--empty", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=10**9)
    parser.add_argument("--worst", type=Path)
    parser.add_argument("--scenes", type=Path, help="write the scenes, for haar.py")
    options = parser.parse_args()
    finder = load_face_detector(load_bundle(options.finder), load_bundle(options.mesh))
    held, origins = read_labelled(options.labels, options.folder, options.empty, held_out=True)
    grounds = read_grounds(400)
    measure_alarms(finder, grounds)
    shown, arrays = [], {"faceless": np.stack(grounds)}
    for name in ("congress", "fairface-wild", "fairface-frontal"):
        mine = [i for i, origin in enumerate(origins) if origin.startswith(f"{name}.zip")]
        scenes = []
        for i in mine[: options.limit]:
            rng = ExampleRng(2, i)
            ground = grounds[rng.pick(len(grounds))]
            whole = name == "congress"
            scenes.append(compose(held.images[i], held.points[i], ground, rng, keep_size=whole))
        shown += measure_recall(name, finder, scenes)
        chosen = mine[: options.limit]
        measure_mesh(
            name, finder, [held.images[i] for i in chosen], [held.points[i] for i in chosen]
        )
        arrays[name] = np.stack([scene for scene, _ in scenes])
        arrays[f"{name}-boxes"] = np.stack([box_of(points) for _, points in scenes])
    if options.scenes:
        np.savez(options.scenes, **arrays)
    if options.worst:
        draw_worst(shown, options.worst)


if __name__ == "__main__":
    main()
