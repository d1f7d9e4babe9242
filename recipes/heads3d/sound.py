"""Tell faulty draws by their shape, before they are rendered."""

from __future__ import annotations

import numpy as np
from head import Head


def find_faults(head: Head) -> list[str]:
    """Return what is wrong with a head at rest; nothing, for one that is worth rendering."""
    left, right, radius = head.eyes
    mouth, rows = head.lips, head.assets.bust_vertices
    skin = head.rest[rows]
    near = np.abs(skin[:, 1] - left[1]) < 0.12
    half = np.abs(skin[near & (skin[:, 2] > 0.3)][:, 0]).max()
    low = np.abs(skin[:, 1] - mouth[:, 1].mean()) < 0.1
    jaw = np.abs(skin[low & (skin[:, 2] > 0.5)][:, 0]).max()
    wide = np.ptp(mouth[:, 0]) / 2
    height = left[1] - head.chin
    ridge = skin[
        (np.abs(skin[:, 0]) < 0.06) & (skin[:, 1] < left[1]) & (skin[:, 1] > mouth[:, 1].max())
    ]
    tip = ridge[ridge[:, 2].argmax()] if len(ridge) else None
    rules = {
        "the eyes touch": left[0] - right[0] - 2 * radius < 0.05,
        "an eye leaves the face": left[0] + 0.75 * radius > half,
        "the mouth is too wide": wide > 0.78 * jaw,
        "the mouth is too narrow": wide < 0.17,
        "the mouth is too near to the eyes": left[1] - mouth[:, 1].mean() < 0.5 * height,
        "the mouth is too near to the chin": mouth[:, 1].min() - head.chin < -0.06 * height,
        "the nose is missing": tip is None or tip[2] < mouth[:, 2].max() - 0.08,
    }
    return [text for text, broken in rules.items() if broken]
