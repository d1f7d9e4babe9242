"""Where on a head blush, lids and the skin under hair are: a number for each vertex."""

from __future__ import annotations

import numpy as np
from head import Head
from mesh import Floats
from strands import hairline


def find_marks(head: Head) -> dict[str, Floats]:
    """Return `blush`, `lid` and `scalp`, each (n,) from 0 to 1."""
    vertices, (left, right, radius) = head.rest, head.eyes
    mouth = head.lips.mean(0)
    blush, lid = np.zeros(len(vertices)), np.zeros(len(vertices))
    for eye in (left, right):
        cheek = np.array([eye[0] * 1.25, 0.45 * eye[1] + 0.55 * mouth[1] + 0.03, eye[2]])
        blush += np.exp(-((((vertices - cheek) * [1, 1.2, 0.6]) ** 2).sum(1)) / 0.22**2)
        far = np.linalg.norm(vertices - eye, axis=1)
        ring = np.exp(-(((far - radius * 1.05) / (radius * 0.35)) ** 2))
        lid = np.maximum(lid, ring * (vertices[:, 2] > eye[2]) * (vertices[:, 1] > eye[1]))
    x, y, z = np.abs(vertices[:, 0]), vertices[:, 1], vertices[:, 2]
    ridge = vertices[(x < 0.05) & (y < left[1]) & (y > mouth[1] + 0.08) & (z > 0)]
    tip = ridge[ridge[:, 2].argmax()]
    blush += 0.8 * np.exp(-((vertices - tip) ** 2).sum(1) / 0.16**2)
    width = np.abs(head.scalp[:, 0]).max()
    near = (y < left[1] + 0.4) & (y > mouth[1] - 0.4)
    blush += 0.7 * np.clip((x - width * 0.98) / 0.12, 0, 1) * near
    base = head.assets.base.vertices
    scalp = np.zeros(len(vertices))
    rows = np.unique(head.assets.region("scalp"))
    scalp[rows] = np.clip((base[rows, 1] - hairline(base[rows])[1]) / 0.10 + 0.35, 0, 1)
    return {"blush": np.clip(blush, 0, 1), "lid": lid, "scalp": scalp}
