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
from pathlib import Path

import cv2
import numpy as np
import skimage.data
import torch
from empty import cut_parts
from PIL import Image

from facewright.data.labelled import read_labelled
from facewright.faces.detect import detect_faces
from facewright.faces.finder import load_finder
from facewright.faces.landmarks import place_meshes
from facewright.faces.learning.dice import Dice
from facewright.faces.topology import five_points
from facewright.hub.bundle import load_bundle

GROUNDS = (
    "brick",
    "coffee",
    "coins",
    "rocket",
    "text",
    "retina",
    "motorcycle",
    "immunohistochemistry",
)
SCENE = (640, 480)
THRESHOLDS = (0.3, 0.4, 0.5, 0.6)


def read_grounds(count):
    """Return faceless scenes of pictures that were not trained on."""
    dice, parts = Dice(1, 0), []
    for name in GROUNDS:
        path = Path(skimage.data.__file__).parent / "motorcycle_left.png"
        image = (
            np.array(Image.open(path).convert("RGB"))
            if name == "motorcycle"
            else getattr(skimage.data, name)()
        )
        parts += list(cut_parts(image, dice, count // len(GROUNDS)))
    return [cv2.resize(p, SCENE, interpolation=cv2.INTER_LINEAR) for p in parts]


def compose(image, points, ground, dice, *, keep_size):
    """Return a scene with one picture in it, and its points there."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    size = float(np.sqrt((high - low).prod()))
    most = min(SCENE[1] / max(image.shape[:2]), 2.0)
    zoom = 1.0 if keep_size else dice.ratio(24 / size, most)
    wide, tall = (round(s * zoom) for s in image.shape[1::-1])
    left, top = dice.pick(SCENE[0] - wide + 1), dice.pick(SCENE[1] - tall + 1)
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


def main():  # noqa: C901, PLR0912, PLR0915 - one question after the other
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
    torch.set_num_threads(2)
    finder = load_finder(load_bundle(options.finder), load_bundle(options.mesh))
    held, origins = read_labelled(options.labels, options.folder, options.empty, held_out=True)
    grounds = read_grounds(400)
    for_haar = {"faceless.zip": (grounds, None)}

    # False alarms.
    alarms = []
    for first in range(0, len(grounds), 16):
        alarms += detect_faces(
            finder.detector, grounds[first : first + 16], threshold=min(THRESHOLDS)
        )
    rates = {
        t: 100 * sum(any(f.score >= t for f in faces) for faces in alarms) / len(grounds)
        for t in THRESHOLDS
    }
    print(
        json.dumps(
            {"question": "scenes with false alarms, of a hundred", "scenes": len(grounds), **rates}
        )
    )

    worst = []
    for archive in ("congress.zip", "fairface-wild.zip", "fairface-frontal.zip"):
        mine = [i for i, origin in enumerate(origins) if origin.startswith(archive)][
            : options.limit
        ]
        scenes = []
        for i in mine:
            dice = Dice(2, i)
            ground = grounds[dice.pick(len(grounds))]
            scenes.append(
                compose(
                    held.images[i],
                    held.points[i],
                    ground,
                    dice,
                    keep_size=archive == "congress.zip",
                )
            )
        found = []
        for first in range(0, len(scenes), 16):
            found += detect_faces(
                finder.detector,
                [s for s, _ in scenes[first : first + 16]],
                threshold=min(THRESHOLDS),
            )
        recall, five_off = dict.fromkeys(THRESHOLDS, 0.0), []
        for i, faces, (scene, points) in zip(mine, found, scenes, strict=True):
            best = max(faces, key=lambda f: overlap(f.box, box_of(points)), default=None)
            hit = best is not None and overlap(best.box, box_of(points)) >= 0.5
            for t in THRESHOLDS:
                recall[t] += (hit and best.score >= t) / len(mine) * 100
            if hit:
                five_off.append(
                    np.linalg.norm(best.points[:, :2] - five_points(points)[:, :2], axis=1).mean()
                    / eye_distance(points)
                )
            worst.append((best.score if hit else -1.0, scene, points, faces, origins[i]))
        line = {
            "question": f"recall, % ({archive})",
            "faces": len(mine),
            **{str(t): round(r, 2) for t, r in recall.items()},
        }
        print(
            json.dumps(
                {
                    **line,
                    "five points off, % of eye distance": round(100 * float(np.mean(five_off)), 2),
                }
            )
        )
        for_haar[archive] = ([s for s, _ in scenes], [box_of(p) for _, p in scenes])

        # Mesh: from the detector's own five points, in the scene where the face is large.
        images = [held.images[i] for i in mine]
        padded = [np.pad(im, ((64, 64), (64, 64), (0, 0))) for im in images]
        seen = [
            max(f, key=lambda face: face.score, default=None)
            for f in detect_faces(finder.detector, padded, threshold=0.3)
        ]
        kept = [k for k, face in enumerate(seen) if face is not None]
        starts = [seen[k].points for k in kept]
        for again in (1, 2):
            meshes, presence = place_meshes(finder.mesh, [padded[k] for k in kept], starts)
            truth = [held.points[mine[k]] + np.array([64, 64, 0], np.float32) for k in kept]
            off = np.array(
                [
                    np.linalg.norm(m[:, :2] - t[:, :2], axis=1).mean() / eye_distance(t)
                    for m, t in zip(meshes, truth, strict=True)
                ]
            )
            deep = np.array(
                [
                    np.abs((m[:, 2] - m[:468, 2].mean()) - (t[:, 2] - t[:468, 2].mean())).mean()
                    / eye_distance(t)
                    for m, t in zip(meshes, truth, strict=True)
                ]
            )
            print(
                json.dumps(
                    {
                        "question": f"mesh error, % of eye distance ({archive})",
                        "passes": again,
                        "faces": len(kept),
                        "mean": round(100 * float(off.mean()), 2),
                        "median": round(100 * float(np.median(off)), 2),
                        "p95": round(100 * float(np.percentile(off, 95)), 2),
                        "depth": round(100 * float(deep.mean()), 2),
                        "present": round(100 * float((presence > 0.5).mean()), 2),
                    }
                )
            )
            starts = [five_points(m) for m in meshes]
    if options.scenes:
        arrays = {}
        for archive, (scenes, boxes) in for_haar.items():
            arrays[archive.removesuffix(".zip")] = np.stack(scenes)
            if boxes is not None:
                arrays[archive.removesuffix(".zip") + "-boxes"] = np.stack(boxes)
        np.savez(options.scenes, **arrays)
    if options.worst:
        worst.sort(key=lambda entry: entry[0])
        tiles = []
        for score, original, points, faces, _ in worst[:50]:
            scene = original.copy()
            a, b = box_of(points)[:2].astype(int), box_of(points)[2:].astype(int)
            cv2.rectangle(scene, a.tolist(), b.tolist(), (255, 255, 0), 2)
            for face in faces:
                cv2.rectangle(
                    scene,
                    face.box[:2].astype(int).tolist(),
                    face.box[2:].astype(int).tolist(),
                    (0, 255, 0),
                    2,
                )
            cv2.putText(scene, f"{score:.2f}", (6, 30), 0, 1, (255, 0, 0), 2)
            tiles.append(cv2.resize(scene, (320, 240), interpolation=cv2.INTER_AREA))
        sheet = np.concatenate([np.concatenate(tiles[r : r + 10], 1) for r in range(0, 50, 10)])
        Image.fromarray(sheet).save(options.worst)


if __name__ == "__main__":
    main()
