"""Measure how well expressions are named, on the parts that were not learned from.

python recipes/expressions/measure.py fer2013plus.zip runs/expressions/weights.safetensors \
    --picture recipes/expressions/confusion.png
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from facewright.expressions.classifier import EXPRESSIONS, load_classifier, score_crops
from facewright.expressions.measures import measure_names
from facewright.expressions.training.examples import PRIVATE, PUBLIC, SAME, Examples, read_examples
from facewright.hub.bundle import load_bundle
from facewright.media.drawing.matrix import draw_matrix
from facewright.provenance.publish import publish_image
from facewright.types import Manifest

CLEAR = 0.5  # the least share of the votes of FER+ that makes a label


def main() -> None:
    """Read the command line, measure, print, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    bundle, collection = load_bundle(options.weights), read_examples(options.dataset)
    classifier = load_classifier(bundle)
    for name in (PUBLIC, PRIVATE):
        part = collection.parts[name]
        scores = score_crops(classifier, part.faces)
        single = score_crops(replace(classifier, mirrored=False), part.faces)
        told = measure_names(scores, part.labels)
        plain = asdict(told) | {"confusion": told.confusion.tolist()}
        plain["without_mirroring"] = measure_names(single, part.labels).accuracy
        before = measure_names(scores * np.float32(classifier.temperature), part.labels)
        plain["uncalibrated"] = {"error": before.calibration_error, "log_loss": before.log_loss}
        plain["by_clear_votes"] = measure_votes(scores, part)
        print(name, json.dumps(plain, indent=1))
    if options.picture:
        title = f"FER2013 PrivateTest: {told.accuracy:.1%} of {told.count} as labelled"
        drawn = draw_matrix(told.confusion, EXPRESSIONS, title=title)
        manifest = Manifest(
            "measure expressions",
            {"part": PRIVATE},
            models={bundle.card.name: bundle.card.sha256},
            sources={collection.name: collection.sha256},
        )
        publish_image(drawn, options.picture, manifest, overwrite=True)


def measure_votes(scores: np.ndarray, part: Examples) -> dict[str, float]:
    """Return how often names agree with what most people of FER+ voted for, where most agree."""
    seven = part.votes[:, list(SAME)]
    clear = seven.max(axis=1) > CLEAR * part.votes.sum(axis=1)
    right = scores.argmax(axis=1)[clear] == seven.argmax(axis=1)[clear]
    return {"count": int(clear.sum()), "accuracy": float(right.mean())}


if __name__ == "__main__":
    main()
