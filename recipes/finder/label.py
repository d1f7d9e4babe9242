"""Label faces with the teacher: 478 points of MediaPipe's face mesh for every picture of archives.

Runs in an environment of its own (`pip install mediapipe==0.10.21`), because the wheel that carries
the teacher's networks is too old and heavy for Facewright to depend on. Every picture is shown
twice, framed by 25 % of black border, and by 50 % and mirrored; `merge.py` turns the answers into
one, which wavers less than each of them.

    python label.py OUT.npz ARCHIVE.zip...

The result holds `archives` and `names` [n], `sizes` [n 2] (width, height), and `points`
[n 2 478 3] in pixels of the picture as shown (mirrored where it was), NaN where no face was found.
"""

import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import mediapipe as mp
import numpy as np

LOOKS = ((0.25, False), (0.5, True))  # border, and whether mirrored
WORKERS = 2


def decode(data):
    """Return a picture as RGB."""
    return cv2.cvtColor(
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB
    )


def frame(image, border):
    """Return the picture with a black border, and how wide the border is."""
    wide = round(border * max(image.shape[:2]))
    return cv2.copyMakeBorder(image, wide, wide, wide, wide, cv2.BORDER_CONSTANT), wide


def ask(mesh, image):
    """Return [478 3] in pixels, or NaN."""
    answer = mesh.process(image).multi_face_landmarks
    if not answer:
        return np.full((478, 3), np.nan, np.float32)
    height, width = image.shape[:2]
    points = np.array([(p.x, p.y, p.z) for p in answer[0].landmark], np.float32)
    # Half a pixel off: the teacher counts from the corner of the picture, Facewright from the
    # centre of its first pixel.
    return points * (width, height, width) - (0.5, 0.5, 0)


def label(task):
    """Label a share of one archive."""
    archive, names = task
    mesh = mp.solutions.face_mesh.FaceMesh(
        static_image_mode=True, refine_landmarks=True, max_num_faces=1, min_detection_confidence=0.3
    )
    sizes, points = [], []
    with zipfile.ZipFile(archive) as file:
        for name in names:
            image = decode(file.read(name))
            sizes.append(image.shape[1::-1])
            answers = []
            for border, mirrored in LOOKS:
                framed, wide = frame(image, border)
                shown = np.ascontiguousarray(framed[:, ::-1]) if mirrored else framed
                answers.append(ask(mesh, shown) - (wide, wide, 0))
            points.append(answers)
    return [Path(archive).name] * len(names), names, sizes, points


def main(out, *archives):
    """Label the archives."""
    tasks = []
    for archive in archives:
        with zipfile.ZipFile(archive) as file:
            names = sorted(n for n in file.namelist() if n.lower().endswith((".jpg", ".png")))
        tasks += [(archive, names[i : i + 250]) for i in range(0, len(names), 250)]
    with ProcessPoolExecutor(WORKERS) as pool:
        parts = list(pool.map(label, tasks))
    sources, names, sizes, points = ([x for part in parts for x in part[i]] for i in range(4))
    np.savez(
        out,
        archives=sources,
        names=names,
        sizes=np.array(sizes, np.int32),
        points=np.array(points, np.float32),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
