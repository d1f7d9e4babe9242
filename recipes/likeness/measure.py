"""Measure on pictures held back how well the likeness tells faces apart.

    python recipes/likeness/measure.py squares.npz expressions.npy [--people 1200]

Each line: what changes between two pictures of one face; the area under the ROC curve; how many
pairs of one face score above 0.5; how many pairs of different people do, of one age group, gender
and ethnicity, under the same change. By its calibration 1 % of these do without any change.
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from views import HARD, MILD, Amounts, show

from facewright.device import seeded, to_images
from facewright.faces.similarity.gradients import WINDOW, describe_gradients
from facewright.faces.similarity.identity import compare_faces, embed_faces, load_likeness
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.bundle import load_bundle
from facewright.types import Crop

STARTERS = Path(__file__).parents[2] / "src/facewright/hub/starter"
STILL = Amounts(pose=0, expression=0, place=0, light=0, focus=0, mirror=0)
CHANGES = {
    "light": replace(STILL, light=1.2),
    "a hard shadow": replace(STILL, shadow=1),
    "blur, noise, JPEG": replace(STILL, focus=1),
    "off by the mesh's error": replace(STILL, place=1),
    "mirrored": replace(STILL, mirror=1),
    "turned by up to 15° and 10°": replace(STILL, pose=1),
    "turned by up to 30° and 20°": replace(STILL, pose=2),
    "expression": replace(STILL, expression=2),
    "a part covered": replace(STILL, cover=1),
    "all a little": MILD,
    "all much": HARD,
}
GENERATED = 800


def embed(likeness, windows):
    """Return the vectors of pictures that are windows already, [n 256]."""
    seen = np.stack([describe_gradients(window) for window in windows])
    along = (seen - likeness.mean) @ likeness.axes
    return along / np.linalg.norm(along, axis=1, keepdims=True)


def report(name, likeness, ones, others, groups):
    """Print a line about pairs of one face (row i and row i) and of different ones."""
    scores = compare_faces(likeness, ones, others)
    same = np.diag(scores)
    comparable = (groups[:, None] == groups[None]) & ~np.eye(len(groups), dtype=bool)
    different = np.sort(scores[comparable])
    below = np.searchsorted(different, same, "left") + np.searchsorted(different, same, "right")
    area = below.mean() / 2 / len(different)
    found, false = (same > 0.5).mean(), (different > 0.5).mean()
    print(f"| {name} | {area:.4f} | {100 * found:.1f} % | {100 * false:.2f} % |", flush=True)


def cover_half(windows, top, bottom):
    """Return pictures with a band of one grey."""
    covered = windows.copy()
    covered[:, top:bottom] = 40
    return covered


def generate(likeness):
    """Return vectors of generated people, twice: with other fine layers and noise; their labels."""
    bundle = load_bundle(STARTERS / "faces-128.safetensors")
    generator, table = load_generator(bundle), load_labels(bundle)
    rng = seeded(5)
    z = torch.randn(GENERATED, generator.config.z_dim, generator=rng)
    which = torch.multinomial(table.counts, GENERATED, replacement=True, generator=rng)
    with torch.inference_mode():
        plain = generator.map_to_w(z, table.vectors[which], truncation_psi=0.8)
        mixed = plain.clone()
        mixed[:, 6:] = plain[torch.randperm(GENERATED, generator=rng), 6:]  # from 32×32 on
        vectors = []
        for styles, noise in ((plain, "const"), (mixed, "random")):
            parts = [generator.synthesis(w, noise=noise, rng=rng) for w in styles.split(50)]
            crops = [Crop(i, np.eye(2, 3), "tight") for i in to_images(torch.cat(parts))]
            vectors.append(embed_faces(likeness, crops))
    return *vectors, which.numpy()


def report_groups(likeness, vectors, groups):
    """Print how many pairs of different people score above 0.5 in each gender and ethnicity."""
    scores, rates = compare_faces(likeness, vectors, vectors), defaultdict(list)
    upper = np.triu(groups[:, None] == groups[None], 1)
    for group in np.unique(groups):
        mine = scores[np.ix_(groups == group, groups == group)]
        rates[group.partition(", ")[2]].append(mine[np.triu(np.ones_like(mine, bool), 1)])
    print(
        f"\nAll comparable pairs as they came: {100 * (scores[upper] > 0.5).mean():.2f} % above 0.5"
    )
    for group, parts in sorted(rates.items()):
        pairs = np.concatenate(parts)
        print(f"| {group} | {len(pairs)} | {100 * (pairs > 0.5).mean():.2f} % |")


def main():
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("squares", type=Path)
    parser.add_argument("expressions", type=Path)
    parser.add_argument("--people", type=int, default=1200)
    options = parser.parse_args()
    likeness = load_likeness(load_bundle(STARTERS / "likeness.safetensors"))
    expressions = np.load(options.expressions)
    with np.load(options.squares) as archive:
        file = dict(archive)
    known = np.flatnonzero(file["held"] & (file["groups"] != ""))
    some = np.random.default_rng(3).permutation(known)[: options.people]
    groups = file["groups"][some]
    edge = (file["squares"].shape[1] - WINDOW) // 2
    plain = np.ascontiguousarray(file["squares"][some, edge:-edge, edge:-edge])
    ones = embed(likeness, plain)
    for name, amounts in CHANGES.items():
        rng = np.random.default_rng(11)
        views = [
            show(rng, file["squares"][i], file["points"][i], expressions, amounts) for i in some
        ]
        report(name, likeness, ones, embed(likeness, views), groups)
        if name == "all much":
            twice = [
                show(rng, file["squares"][i], file["points"][i], expressions, amounts) for i in some
            ]
            report(
                "all much, both pictures",
                likeness,
                embed(likeness, views),
                embed(likeness, twice),
                groups,
            )
    for name, top, bottom in (("mouth and chin covered", 36, 64), ("eyes covered", 14, 30)):
        report(name, likeness, ones, embed(likeness, cover_half(plain, top, bottom)), groups)
    report("generated: other colours, light and noise", likeness, *generate(likeness))
    report_groups(
        likeness,
        embed(likeness, np.ascontiguousarray(file["squares"][known][:, edge:-edge, edge:-edge])),
        file["groups"][known],
    )


if __name__ == "__main__":
    main()
