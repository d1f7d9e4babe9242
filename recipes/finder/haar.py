"""Measure OpenCV's Haar cascade on the scenes that `measure.py --scenes` wrote.

Runs where OpenCV 4 is installed (5 has no cascades any more), such as the teacher's environment:

    python haar.py SCENES.npz

Its boxes show less forehead and more cheek than the teacher's, so that sharing three tenths of the
area counts as found here, not half.
"""

import json
import sys

import cv2
import numpy as np


def overlap(a, b):
    """Return intersection over union."""
    both = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return both / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both)


def main(path):
    """Measure."""
    haar = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    arrays = np.load(path)
    for name in [n for n in arrays.files if not n.endswith("-boxes")]:
        found = [
            haar.detectMultiScale(cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY), 1.1, 4, minSize=(24, 24))
            for scene in arrays[name]
        ]
        if f"{name}-boxes" not in arrays.files:
            rate = 100 * float(np.mean([len(boxes) > 0 for boxes in found]))
            print(
                json.dumps(
                    {"question": "scenes with false alarms, of a hundred (Haar)", "rate": rate}
                )
            )
            continue
        hits = [
            any(overlap(np.array([x, y, x + w, y + h]), box) >= 0.3 for x, y, w, h in boxes)
            for boxes, box in zip(found, arrays[f"{name}-boxes"], strict=True)
        ]
        print(
            json.dumps(
                {"question": f"recall, % ({name}, Haar)", "value": 100 * float(np.mean(hits))}
            )
        )


if __name__ == "__main__":
    main(sys.argv[1])
