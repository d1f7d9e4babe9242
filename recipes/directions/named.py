"""Measure how often networks name the expression that people were moved towards.

    python recipes/directions/named.py NETWORK.pt MOODS.npz [--classifier OTHER] [--people 50]

NETWORK.pt is what recipes/face-features/fit.py wrote, MOODS.npz what moods.py wrote. Moves people
that nothing was fitted to along each expression, by parts of its reach, and prints a table in
Markdown: how often the network whose gradient moods.py followed names the expression; how often
another one does that nobody asked before, such as the published mini-Xception; and how alike a face
and itself are (`faces.identity`, 0 to 1). The first row is people as they are.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from aims import MOODS
from attributes import Networks, open_networks
from layers import draw_and_measure

from facewright.expressions.classifier import EXPRESSIONS, load_classifier
from facewright.faces.similarity.identity import compare_faces
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.bundle import load_bundle
from facewright.latents.sample import draw_latents
from facewright.pipelines.weights import open_weights

PARTS = (0.6, 0.8, 1.0)


def look(
    generator: Generator, classifiers: list[Networks], ws: torch.Tensor
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return which expression each classifier names, (n,) each, and the vectors of likeness."""
    measured = [draw_and_measure(generator, classifier, ws)[1] for classifier in classifiers]
    scores = [np.stack([m.numbers[name] for name in EXPRESSIONS], 1) for m in measured]
    return [score.argmax(1) for score in scores], measured[0].identity


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("moods", type=Path)
    parser.add_argument("--weights", default="faces-128")
    parser.add_argument("--classifier", type=Path)
    parser.add_argument("--people", type=int, default=50)
    options = parser.parse_args()
    bundle = open_weights(options.weights)
    generator = load_generator(bundle)
    classifiers = [open_networks(options.network, bundle)]
    if options.classifier:
        classifiers.append(
            replace(classifiers[0], classifier=load_classifier(load_bundle(options.classifier)))
        )
    z, c = draw_latents(generator.config, range(options.people), labels=load_labels(bundle))
    with torch.no_grad():
        ws = generator.map_to_w(z, c, truncation_psi=0.7)
    before, own = look(generator, classifiers, ws)
    counts = [np.bincount(named, minlength=len(EXPRESSIONS)).tolist() for named in before]
    print(f"as they are, {', '.join(EXPRESSIONS)}: {counts}")
    print("| expression | units |" + " named |" * len(classifiers) + " alike |")
    print("|---" * (3 + len(classifiers)) + "|", flush=True)
    with np.load(options.moods) as moods:
        for mood in (one for one in MOODS if one.name in moods.files):
            for part in PARTS:
                by = part * mood.reach
                named, moved = look(
                    generator, classifiers, ws + by * torch.from_numpy(moods[mood.name])
                )
                hits = [f"{(n == EXPRESSIONS.index(mood.name)).mean():.0%}" for n in named]
                alike = compare_faces(classifiers[0].likeness, own, moved).diagonal().mean()
                print(
                    f"| `{mood.name}` | {by:.1f} | {' | '.join(hits)} | {alike:.2f} |", flush=True
                )


if __name__ == "__main__":
    main()
