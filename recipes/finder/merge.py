"""Turn the teacher's answers for each picture into one, and say how far they differ.

    python recipes/finder/merge.py labels.npz merged.npz

A picture is kept where at least two answers agree within 10 % of the distance between the eyes (the
middle of its answers is taken, point by point). The result holds `archives`, `names`, `points`
[n 478 3] in pixels and `waver` [n]: the mean distance of one answer from the one kept, in parts of
the distance between the eyes: what a network that learns from one answer cannot get below;
`weights` [n], how often each is shown; and `held_out` [n], which are kept for measuring.
"""

import argparse
from pathlib import Path

import numpy as np
from split import is_test

LEFT_EYE, RIGHT_EYE = (33, 133), (263, 362)  # corners, as seen in the picture
AGREE = 0.1
SHARES = {
    "fairface-frontal.zip": 0.33,
    "fairface-wild.zip": 0.44,
    "congress.zip": 0.13,
    "portraits.zip": 0.10,
}


def find_partners(points):
    """Return [478]: which point of a mirrored face is which, from pairs of answers.

    Args:
        points: [n 2 478 3], each picture as it is and mirrored back.
    """
    straight, mirrored = points[:, 0, :, :2], points[:, 1, :, :2]
    gaps = np.zeros((478, 478), np.float64)
    for a, b in zip(straight, mirrored, strict=True):
        gaps += np.linalg.norm(a[:, None] - b[None], axis=-1)
    partners = gaps.argmin(1)
    if not (partners[partners] == np.arange(478)).all():
        raise SystemExit("the mirrored points do not pair up")
    return partners


def measure_eyes(points):
    """Return the distance between the middles of the eyes in x, y and z: [... 478 3] → [...]."""
    left = points[..., LEFT_EYE, :].mean(-2)
    right = points[..., RIGHT_EYE, :].mean(-2)
    return np.linalg.norm(left - right, axis=-1)


def main():
    """Read the command line and write the labels."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("merged", type=Path)
    options = parser.parse_args()
    with np.load(options.labels) as file:
        archives, names, sizes, points = (file[k] for k in ("archives", "names", "sizes", "points"))
    points[:, 1::2, :, 0] = sizes[:, None, None, 0] - 1 - points[:, 1::2, :, 0]
    whole = np.isfinite(points).all((1, 2, 3))
    partners = find_partners(points[whole][:400])
    points[:, 1::2] = points[:, 1::2][:, :, partners]

    middle = np.nanmedian(points, 1)
    eyes = measure_eyes(middle)
    off = np.linalg.norm(points - middle[:, None], axis=-1).mean(-1) / eyes[:, None]
    agrees = off < AGREE  # NaN: no
    kept = agrees.sum(1) >= 2
    total = np.where(agrees[..., None, None], points, 0).sum(1)
    merged = total / np.maximum(agrees.sum(1), 1)[:, None, None]
    off = np.linalg.norm(points[..., :2] - merged[:, None, :, :2], axis=-1).mean(-1) / eyes[:, None]
    waver = np.where(agrees, off, 0).sum(1) / np.maximum(agrees.sum(1), 1)
    for archive in np.unique(archives):
        mine = archives == archive
        print(
            f"{archive}: {(mine & kept).sum()} of {mine.sum()} kept, "
            f"waver {100 * waver[mine & kept].mean():.2f} % of the distance between the eyes"
        )
    archives, names = archives[kept], names[kept]
    held_out = np.array([is_test(str(name)) for name in names])
    weights = np.zeros(len(names))
    for archive, share in SHARES.items():
        for part in (held_out, ~held_out):
            mine = (archives == archive) & part
            weights[mine] = share / max(mine.sum(), 1)
    np.savez(
        options.merged,
        archives=archives,
        names=names,
        points=merged[kept].astype(np.float32),
        waver=waver[kept].astype(np.float32),
        weights=weights,
        held_out=held_out,
        partners=partners.astype(np.int32),
    )


if __name__ == "__main__":
    main()
