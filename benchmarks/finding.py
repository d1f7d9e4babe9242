"""How long does it take to find a face, and to place its mesh? Beside OpenCV's Haar cascade.

Looks at a frame of 1280×720 pixels with one face. The cascade takes part where OpenCV 4 is
installed; 5 has none any more. How many faces are found is measured by `recipes/finder`.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from skimage.data import astronaut

from benchmarks.timing import pick, report, time_beside
from facewright.faces.detection.detector import detect_faces
from facewright.faces.detection.landmarks import place_meshes
from facewright.pipelines.find import FindPipeline


def main() -> None:
    """Time a detection, one mesh, and eight meshes together."""
    finder = FindPipeline(device=pick()).finder
    frame = _make_frame()
    ((face, *_),) = detect_faces(finder.detector, [frame])
    candidates: dict[str, Callable[[], object]] = {
        "detect": lambda: detect_faces(finder.detector, [frame]),
        "mesh": lambda: place_meshes(finder.mesh, [frame], [face.points]),
        "8 meshes": lambda: place_meshes(finder.mesh, [frame] * 8, [face.points] * 8),
    }
    if hasattr(cv2, "CascadeClassifier"):
        path = cv2.data.haarcascades + "haarcascade_frontalface_default.xml"
        haar = cv2.CascadeClassifier(path)
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        candidates["haar"] = lambda: haar.detectMultiScale(grey, 1.1, 4, minSize=(24, 24))
    seconds = time_beside(candidates, rounds=15, device=pick())
    report(
        "finding in 1280×720",
        unit="ms",
        threads=torch.get_num_threads(),
        **{name: 1000 * value for name, value in seconds.items()},
    )


def _make_frame() -> NDArray[np.uint8]:
    """Return a frame with an astronaut in its middle."""
    frame = np.full((720, 1280, 3), 90, np.uint8)
    frame[:, 280:1000] = cv2.resize(astronaut(), (720, 720), interpolation=cv2.INTER_CUBIC)
    return frame


if __name__ == "__main__":
    main()
