"""Tell how many faces stay the same person, by the recogniser of `recipes/common/identity.py`.

    python recipes/refiner/same.py lanczos.npz refiner.npz --reals reals.npz

Takes what `identity.py embed` stored of the same faces in two ways, in the same order. Prints the
distance of each face to itself, and to the nearest other one; and the share of faces that are the
same person at the threshold below which 0.1 % of the pairs of real strangers lie.
"""

import argparse
from pathlib import Path

import numpy as np

STRANGERS = 0.001


def main():
    """Read the command line, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--reals", type=Path, required=True)
    options = parser.parse_args()
    before, after, reals = (
        np.load(path)["descriptors"] for path in (options.before, options.after, options.reals)
    )
    strangers = distances(reals, reals)[np.triu_indices(len(reals), 1)]
    threshold = np.quantile(strangers, STRANGERS)
    every = distances(before, after)
    own = np.diag(every).copy()
    others = every + np.diag(np.full(len(every), np.inf))
    print(
        f"{len(own)} faces: distance to themselves {np.median(own):.3f} (median), "
        f"{np.quantile(own, 0.99):.3f} (99 %), {own.max():.3f} (most); to the nearest other "
        f"{np.median(others.min(1)):.3f} (median); the same person at {threshold:.3f}: "
        f"{100 * (own < threshold).mean():.1f} %; strangers {np.median(strangers):.3f} (median)"
    )


def distances(one, other):
    """Euclidean distances between rows."""
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    return np.sqrt(np.maximum(squares, 0))


if __name__ == "__main__":
    main()
