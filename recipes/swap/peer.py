"""Swap as classical tools do, on the crops of measure.py: for a table side by side.

    RECOGNISER/bin/python recipes/swap/peer.py kept -o peer
    RECOGNISER/bin/python recipes/swap/measure.py report peer --reals reals-128.npz

68 landmarks by dlib, a warp triangle by triangle, the mean colour of the face corrected, and
`cv2.seamlessClone` over the convex hull: what many a program on the web does. It needs the
environment of the recogniser (`recipes/common/identity.py`), and sees the crops that `measure.py
make` wrote.
"""

import argparse
import shutil
from pathlib import Path

import cv2
import dlib
import face_recognition_models
import numpy as np
from measure import draw_sheet, write  # the folder of this file is on the path

ENLARGED = 2  # times, for the detector


class Landmarks:
    """Finds 68 points on the face of a crop."""

    def __init__(self):
        self._detector = dlib.get_frontal_face_detector()
        path = face_recognition_models.pose_predictor_model_location()
        self._predictor = dlib.shape_predictor(path)

    def find(self, image):
        """Return (68, 2), pixels; where no face is detected, those of the usual place."""
        large = cv2.resize(image, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
        found = self._detector(large, 0)
        side = len(large)
        box = found[0] if found else dlib.rectangle(*(round(side * x) for x in (0.1, 0.2, 0.9, 1)))
        shape = self._predictor(large, box)
        points = np.float32([[p.x, p.y] for p in shape.parts()]) / ENLARGED
        return np.clip(points, 1, len(image) - 2)


def triangulate(points, side):
    """Return the triangles of a Delaunay triangulation, (n, 3)."""
    plane = cv2.Subdiv2D((0, 0, side, side))
    for x, y in points:
        plane.insert((float(x), float(y)))
    corners = plane.getTriangleList().reshape(-1, 3, 2)
    apart = np.linalg.norm(corners[:, :, None] - points[None, None], axis=-1)  # [n 3 68]
    return np.unique(apart.argmin(-1)[apart.min(-1).max(-1) < 1], axis=0)


def warp(source, here, there, side):
    """Move a source triangle by triangle, (side, side, 3)."""
    drawn = np.zeros((side, side, 3), np.uint8)
    for triangle in triangulate(there, side):
        matrix = cv2.getAffineTransform(here[triangle], there[triangle])
        moved = cv2.warpAffine(
            source, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        mask = np.zeros((side, side), np.uint8)
        cv2.fillConvexPoly(mask, np.round(there[triangle]).astype(np.int32), 1)
        drawn[mask > 0] = moved[mask > 0]
    return drawn


def swap(source, body, landmarks):
    """Put the face of one crop onto another."""
    here, there, side = landmarks.find(source), landmarks.find(body), len(body)
    moved = warp(source, here, there, side)
    hull = cv2.convexHull(np.round(there).astype(np.int32))
    mask = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(mask, hull, 255)
    inside = mask > 0
    shift = body[inside].mean(0) - moved[inside].mean(0)
    moved[inside] = np.clip(moved[inside] + shift, 0, 255).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(hull)
    centre = (left + width // 2, top + height // 2)
    return cv2.seamlessClone(moved, body, mask, centre, cv2.NORMAL_CLONE)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="what `measure.py make` wrote")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=24)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    landmarks, rows = Landmarks(), []
    paths = sorted(options.folder.glob("*-body.png"))
    for path in paths[:: max(len(paths) // options.pairs, 1)][: options.pairs]:
        images = {}
        for kind in ("source", "body", "result"):
            file = path.with_name(path.name.replace("body", kind))
            images[kind] = np.ascontiguousarray(cv2.imread(str(file))[..., ::-1])
            if kind != "result":
                shutil.copy(file, options.output / file.name)
        made = swap(images["source"], images["body"], landmarks)
        write(options.output / path.name.replace("body", "result"), made)
        rows.append([images["body"], made, images["result"]])
    write(options.output / "sheet.png", draw_sheet(rows))
    print(f"{len(rows)} pairs")


if __name__ == "__main__":
    main()
