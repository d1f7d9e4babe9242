"""Turn the run into the starter weights, and print their entry for the catalog.

python recipes/expressions/ship.py fer2013plus.zip runs/expressions/weights.safetensors --kimg 1400
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from facewright.expressions.classifier import (
    EXPRESSIONS,
    KIND,
    load_classifier,
    pack_classifier,
    score_crops,
)
from facewright.expressions.measures import fit_temperature, measure_names
from facewright.expressions.training.examples import PRIVATE, PUBLIC, read_examples
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Card

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "src/facewright/hub/starter/expressions.safetensors"
NOTES = (
    "Seven expressions on faces of 48 by 48 grey pixels, as strangers labelled them: no feelings. "
    "{kimg} kimg on a CPU. FER2013 PrivateTest with the original labels: {accuracy:.1%} (mean of "
    "a face and its mirror), disgust found in {disgust:.0%}, fear in {fear:.0%}. Reading emotions "
    "is forbidden at work and at school, and must be told elsewhere (EU AI Act, articles 5 and "
    "50). The pictures of FER2013 have no stated licence."
)


def main() -> None:
    """Read the command line, write the weights, print the entry."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--kimg", type=float, required=True)
    options = parser.parse_args()
    parts = read_examples(options.dataset).parts
    classifier = load_classifier(load_bundle(options.weights))
    network: Any = classifier.network
    scores = score_crops(classifier, parts[PUBLIC].faces) * np.float32(classifier.temperature)
    temperature = fit_temperature(scores, parts[PUBLIC].labels)
    at_rest = scores[parts[PUBLIC].labels == EXPRESSIONS.index("neutral")] / temperature
    private = score_crops(classifier, parts[PRIVATE].faces)
    told = measure_names(private, parts[PRIVATE].labels)
    recall = {name: told.recall[name] for name in ("disgust", "fear")}
    card = Card(
        name="expressions",
        kind=KIND,
        licence="Apache-2.0",
        trained_on=(
            "FER2013 (Goodfellow et al. 2013): 28,558 pictures from a web search, of no stated "
            "licence; votes of FER+ (Barsoum et al. 2016), MIT"
        ),
        source="recipes/expressions",
        notes=NOTES.format(kimg=f"{options.kimg:g}", accuracy=told.accuracy, **recall),
    )
    network.float()
    tensors = load_bundle(options.weights)
    bundle = pack_classifier(network, card, temperature=temperature, neutral=at_rest.mean(axis=0))
    bundle = type(bundle)(card, bundle.config, tensors.tensors)  # as they were saved
    written = save_bundle(STARTER, bundle, half=True)
    print(f'\n[[weights]]\nfile = "{STARTER.name}"')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(written, key), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
