"""Ask two networks that find faces the same questions, on pictures that none of them saw.

    python recipes/finder/compare.py merged.npz FOLDER EMPTY.zip PACKAGES
        FINDER.safetensors MESH.safetensors [--limit N]

Prints one JSON line per question; run it for each pair of weights. `merged.npz` and `FOLDER` are
those of the training, of which one file in ten is kept for measuring; `PACKAGES` holds packages
that gave no picture to it, unpacked, with `skimage` beside them, of which `held-out.txt` names the
pictures that show no face, each looked at by a person.

Questions: how many of a hundred faceless pictures show a false face; how many faces are found,
over parts of these, at sizes from 24 pixels on, also behind drawn masks and sunglasses; how sure
it is of portraits at every size, plain and as JPEG, and whether it sees one face there; and whether
heads that are turned by up to 180 degrees in the picture are found with their own roll.
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from measure import box_of, compose, overlap
from PIL import Image

from facewright.datasets.labelled import read_labelled
from facewright.faces.detection.mesh_detector import load_face_detector
from facewright.faces.geometry.topology import five_points
from facewright.faces.training.coverings import draw_mask, draw_sunglasses
from facewright.faces.training.example_rng import ExampleRng
from facewright.faces.training.light import compress
from facewright.hub.bundle import load_bundle

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)
SIZES = (24, 36, 56, 100, 500)
SIDES = (128, 192, 256, 320, 384, 448, 512, 576, 640, 768, 900, 1024, 1280, 1600)
TURNS = (0, 15, 30, 45, 60, 75, 90, 120, 150, 180)
LONGEST, USED = 1280, 0.4


def say(question, **numbers):
    """Print one line of JSON."""
    rounded = {k: round(float(v), 2) if isinstance(v, float) else v for k, v in numbers.items()}
    print(json.dumps({"question": question, **rounded}), flush=True)


def read_picture(path):
    """Return a picture of at most 1280 pixels, white where it is transparent."""
    image = Image.open(path).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    white.thumbnail((LONGEST, LONGEST), Image.LANCZOS)
    return np.asarray(white.convert("RGB"))


def rates(scores):
    """Return for each threshold how many of a hundred scores reach it."""
    return {str(t): 100 * float(np.mean(np.array(scores) >= t)) for t in THRESHOLDS}


def ask_faceless(finder, pictures):
    """Say how many faceless pictures show a false face."""
    scores, sources = [], {}
    for name, image in pictures:
        faces = finder.find([image], threshold=min(THRESHOLDS))[0]
        scores.append(max((face.score for face in faces), default=0.0))
        seen = sources.setdefault(name.partition("/")[0], [0, 0])
        seen[0] += scores[-1] >= USED
        seen[1] += 1
    say("pictures with a false face, of a hundred", pictures=len(scores), **rates(scores))
    say(f"of each source, at {USED}", **{k: f"{a} of {b}" for k, (a, b) in sources.items()})


def ask_recall(name, finder, scenes):
    """Say how many faces are found, also by size."""
    scores, sizes = [], []
    for scene, points in scenes:
        faces, box = finder.find([scene], threshold=min(THRESHOLDS))[0], box_of(points)
        best = max(faces, key=lambda face: overlap(face.box, box), default=None)
        found = best is not None and overlap(best.box, box) >= 0.5
        scores.append(best.score if found else 0.0)
        sizes.append(float(np.sqrt((box[2:] - box[:2]).prod())))
    scores, sizes = np.array(scores), np.array(sizes)
    middle = float(np.median(scores))
    say(f"found, % ({name})", faces=len(scores), **rates(scores), median_score=middle)
    for low, high in pairwise(SIZES):
        part = scores[(sizes >= low) & (sizes < high)]
        if len(part):
            rate = 100 * float((part >= USED).mean())
            say(f"found at {USED}, % ({name}, {low} to {high})", faces=len(part), value=rate)


def ask_portraits(finder, images):
    """Say how sure it is of portraits at every size."""
    for side in SIDES:
        scores, ones = [], []
        for image in images:
            zoom = side / max(image.shape[:2])
            flag = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
            size = tuple(round(s * zoom) for s in image.shape[1::-1])
            plain = cv2.resize(image, size, interpolation=flag)
            for shown in (plain, compress(plain, 85)):
                faces = finder.find([shown], threshold=USED)[0]
                scores.append(max((face.score for face in faces), default=0.0))
                ones.append(len(faces) == 1)
        scores = np.array(scores)
        say(
            f"portraits of {side} pixels",
            least=float(scores.min()),
            median=float(np.median(scores)),
            from_nine_tenths=100 * float((scores >= 0.9).mean()),
            astronaut=float(scores[:2].min()),
            just_one_face=100 * float(np.mean(ones)),
        )


def ask_turned(finder, faces):
    """Say how many heads that are turned in the picture are found with their own roll."""
    for degrees in TURNS:
        counts = {"right": 0, "wrong": 0, "not_found": 0}
        for image, points in faces:
            height, width = image.shape[:2]
            side = int(np.hypot(height, width)) + 60
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
            matrix[:, 2] += (side - width) / 2, (side - height) / 2
            turned = cv2.warpAffine(image, matrix, (side, side), borderValue=(120, 120, 120))
            there = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
            counts[judge(finder.find([turned], threshold=USED)[0], there)] += 1
        say(f"turned by {degrees} degrees", **counts)


def judge(faces, there):
    """Say whether a face was found with its own roll."""
    if not faces:
        return "not_found"
    face = max(faces, key=lambda face: overlap(face.box, box_of(there)))
    apart = (find_roll(face.points) - find_roll(there) + 180) % 360 - 180
    right = abs(apart) <= 12 and overlap(face.box, box_of(there)) > 0.4
    return "right" if right else "wrong"


def find_roll(points):
    """Return where the mouth lies from the eyes, in degrees."""
    five = five_points(points)[:, :2]
    x, y = five[3:].mean(0) - five[:2].mean(0)
    return float(np.degrees(np.arctan2(y, x)))


def main():
    """Read the command line and ask."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name in ("labels", "folder", "empty", "packages", "finder", "mesh"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--limit", type=int, default=10**9)
    options = parser.parse_args()
    finder = load_face_detector(load_bundle(options.finder), load_bundle(options.mesh))
    listed = Path(__file__).with_name("held-out.txt").read_text().split("\n")
    pictures = [(name, read_picture(options.packages / name)) for name in listed if name]
    ask_faceless(finder, pictures)
    grounds = []
    for _, image in pictures[::5]:
        zoom = max(640 / image.shape[1], 480 / image.shape[0])
        size = (max(640, round(image.shape[1] * zoom)), max(480, round(image.shape[0] * zoom)))
        grounds.append(cv2.resize(image, size)[:480, :640])
    held, origins = read_labelled(options.labels, options.folder, options.empty, held_out=True)
    mine = {
        name: [i for i, origin in enumerate(origins) if origin.startswith(name)]
        for name in ("fairface-wild", "fairface-frontal", "congress", "portraits")
    }

    def place(i, change=None, *, seed=2, keep=False):
        image, points = held.images[i], held.points[i]
        image = image if change is None else change(image, points, ExampleRng(5, i))
        ground = grounds[ExampleRng(seed, i).pick(len(grounds))]
        return compose(image, points, ground, ExampleRng(seed, i), keep_size=keep)

    for name, numbers in mine.items():
        ask_recall(
            name, finder, [place(i, keep=name == "congress") for i in numbers[: options.limit]]
        )
    covered = mine["fairface-frontal"][:80] + mine["congress"][:40]
    for name, change in (("masks", draw_mask), ("sunglasses", draw_sunglasses)):
        ask_recall(name, finder, [place(i, change, seed=4, keep=True) for i in covered])
    few = mine["portraits"][:12] + mine["congress"][:12]
    ask_portraits(finder, [skimage.data.astronaut()] + [held.images[i] for i in few])
    upright = mine["congress"][:20] + mine["portraits"][:20] + mine["fairface-frontal"][:20]
    ask_turned(finder, [(held.images[i], held.points[i]) for i in upright])


if __name__ == "__main__":
    main()
