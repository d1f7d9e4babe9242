"""Fit directions to the samples, and bring them to their unit.

    python recipes/directions/fit.py NETWORK.pt SAMPLES.npz FITTED.npz [--weights faces-128]

NETWORK.pt is what recipes/face-features/fit.py wrote, SAMPLES.npz what sample.py wrote. Prints one
JSON line for the quality of the probes, on a tenth of the samples that they were not fitted to, and
one per direction for its unit. FITTED.npz gets a (num_ws, w_dim) array for each direction.

A new direction is one more line in `AIMS`, about anything that attributes.py measures.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from aims import AIMS, MOODS, Aim
from attributes import Networks, open_networks
from layers import draw_and_measure
from sample import GROUPS, find_styles

from facewright.gan.generator import Generator
from facewright.gan.weights import LabelTable, load_generator, load_labels
from facewright.latents.directions.fit import Basis, aim, find_basis, fit_probes
from facewright.latents.sample import draw_latents
from facewright.pipelines.weights import open_weights

PARTS = 128
PENALTIES = (0.003, 0.01, 0.03, 0.1)
TRIED, CROWD, FIRST_TRIED, STEP = 40, 400, 50_000, 1.5


def read_samples(path: Path) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return seeds, tosses and attributes of the samples that show a face."""
    with np.load(path) as file:
        sought = {mood.name for mood in MOODS}
        arrays = {name: file[name] for name in file.files if name not in sought}
    kept = np.isfinite(np.stack([v for k, v in arrays.items() if k != "seeds"][1:])).all(0)
    kept &= arrays["presence"] > 0.5
    arrays = {name: array[kept] for name, array in arrays.items()}
    return arrays.pop("seeds"), arrays.pop("second"), arrays


def enter(
    basis: Basis, generator: Generator, labels: LabelTable, seeds: np.ndarray, second: np.ndarray
) -> torch.Tensor:
    """Return the samples in coordinates, (n, groups · PARTS)."""
    pairs = [find_styles(generator, labels, part.ravel()) for part in np.array_split(seeds, 50)]
    places = basis.enter(torch.cat(pairs).double()).unflatten(0, (-1, 2))  # [n 2 parts]
    chosen = torch.from_numpy(second.astype(np.int64))  # [n groups]
    return torch.stack([places[torch.arange(len(places)), c] for c in chosen.T], 1).flatten(1)


def fit(places: torch.Tensor, values: torch.Tensor, names: list[str]) -> torch.Tensor:
    """Return probes (p, m) with the penalty that does best on a tenth of the samples."""
    cut = len(places) * 9 // 10
    best, least = None, np.inf
    for penalty in PENALTIES:
        probes = fit_probes(places[:cut], values[:cut], penalty=penalty)
        guessed = (places[cut:] - places[:cut].mean(0)) @ probes
        wanted = values[cut:] - values[:cut].mean(0)
        left = (wanted - guessed).square().mean(0) / wanted.var(0)
        if float(left.mean()) < least:
            least, best = float(left.mean()), (penalty, left)
    penalty, left = best
    told = {n: round(1 - float(v), 3) for n, v in zip(names, left, strict=True)}
    print(json.dumps({"penalty": penalty, "explained": told}), flush=True)
    return fit_probes(places, values, penalty=penalty)


def find_direction(
    basis: Basis, probes: torch.Tensor, names: list[str], wanted: Aim, layers: int
) -> torch.Tensor:
    """Return a direction, (num_ws, w_dim)."""
    held = [names.index(name) for name in wanted.held]
    groups = GROUPS[layers]
    step = aim(probes, names.index(wanted.target), held).unflatten(0, (len(groups), PARTS))
    styles = torch.zeros(layers, basis.axes.shape[1], dtype=step.dtype)
    for group, part in zip(groups, basis.leave(step), strict=True):
        styles[list(group)] = part
    return styles.float()


class Scale:
    """Brings directions to their unit: what they mean changes by one standard deviation."""

    def __init__(self, generator: Generator, labels: LabelTable, networks: Networks) -> None:
        self.generator, self.labels, self.networks = generator, labels, networks
        self.ws = self._draw_styles(range(FIRST_TRIED, FIRST_TRIED + TRIED))
        crowd = self._draw_styles(range(FIRST_TRIED, FIRST_TRIED + CROWD))
        self.crowd = self._measure(crowd)

    def bring_to_unit(
        self, styles: torch.Tensor, target: str
    ) -> tuple[np.ndarray, dict[str, float]]:
        """Return a direction (num_ws, w_dim) in its unit, and what was measured."""
        ends = [self._measure(self.ws + sign * STEP * styles)[target] for sign in (-1, 1)]
        change = float(np.nanmean(ends[1] - ends[0])) / (2 * STEP)
        unit = float(np.nanstd(self.crowd[target]))
        return (styles * unit / change).numpy(), {"unit": unit, "change": change}

    def _draw_styles(self, seeds: range) -> torch.Tensor:
        z, c = draw_latents(self.generator.config, seeds, labels=self.labels)
        with torch.no_grad():
            return self.generator.map_to_w(z, c, truncation_psi=0.7)

    def _measure(self, ws: torch.Tensor) -> dict[str, np.ndarray]:
        return draw_and_measure(self.generator, self.networks, ws)[1].numbers


def main() -> None:
    """Read the command line, fit, bring to the unit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("fitted", type=Path)
    parser.add_argument("--weights", default="faces-128")
    options = parser.parse_args()
    bundle = open_weights(options.weights)
    generator, labels = load_generator(bundle), load_labels(bundle)
    seeds, second, attributes = read_samples(options.samples)
    names = list(attributes)
    values = torch.from_numpy(np.stack([attributes[name] for name in names], 1)).double()
    values = (values - values.mean(0)) / values.std(0)
    people = find_styles(generator, labels, seeds[:, 0])
    basis = find_basis(people.double(), PARTS)
    probes = fit(enter(basis, generator, labels, seeds, second), values, names)

    scale = Scale(generator, labels, open_networks(options.network, bundle))
    found = {}
    for wanted in AIMS:
        styles = find_direction(basis, probes, names, wanted, generator.num_ws)
        found[wanted.name], told = scale.bring_to_unit(styles, wanted.target)
        steps = basis.enter(basis.mean + torch.from_numpy(found[wanted.name]).double())
        told["length"] = float(steps.norm(dim=1).square().mean().sqrt())
        print(json.dumps({"direction": wanted.name, **told}), flush=True)
    np.savez(options.fitted, **found)


if __name__ == "__main__":
    main()
