"""Find age and gender from the labels of the generator instead of from measurements, to compare.

    python recipes/directions/labels.py NETWORK.pt LABELLED.npz [--weights faces-128]

The direction of gender is the difference of the mean w of the label Male and of Female; that of age
the slope of the mean w over the age groups. Both are brought to the same unit as in fit.py, so that
effect.py can measure them: `effect.py NETWORK.pt LABELLED.npz --only age gender`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from attributes import open_networks
from fit import Scale

from facewright.gan.generator import Generator
from facewright.gan.weights import LabelTable, load_generator, load_labels
from facewright.latents.sample import draw_latents
from facewright.latents.scenes import find_group
from facewright.pipelines.weights import open_weights

PEOPLE = 500


@torch.no_grad()
def find_means(generator: Generator, labels: LabelTable, name: str) -> torch.Tensor:
    """Return the mean w of each value of a label, (values, w_dim); the same z for each."""
    means = []
    for value in find_group(labels, name).values:
        z, c = draw_latents(generator.config, range(PEOPLE), labels=labels, chosen={name: value})
        means.append(generator.mapping(z, c).mean(0))
    return torch.stack(means)


def main() -> None:
    """Read the command line, find, bring to the unit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--weights", default="faces-128")
    options = parser.parse_args()
    bundle = open_weights(options.weights)
    generator, labels = load_generator(bundle), load_labels(bundle)
    female, male = find_means(generator, labels, "gender")
    ages = find_means(generator, labels, "age")
    steps = torch.arange(len(ages), dtype=torch.float32)
    steps -= steps.mean()
    slope = (steps[:, None] * ages).sum(0) / steps.square().sum()
    scale, found = Scale(generator, labels, open_networks(options.network, bundle)), {}
    for name, target, w in (("age", "age", slope), ("gender", "male", male - female)):
        styles = w.expand(generator.num_ws, -1).clone()
        found[name], told = scale.bring_to_unit(styles, target)
        print(json.dumps({"direction": name, **told}), flush=True)
    np.savez(options.labelled, **found)


if __name__ == "__main__":
    main()
