"""Find directions of expressions by gradient: what makes a network name them.

    python recipes/directions/moods.py NETWORK.pt MOODS.npz [--steps 120] [--only sad fear]

Random people hardly ever look angry, disgusted or afraid, so that a regression over them finds
little. This asks instead for one step, the same for everybody, after which the network that names
expressions names the one that is meant. The step is sought by Adam over ever new people, through
the generator and the network, and pays for leaving the region of random people, for every change of
what face-features sees of age, gender and ethnicity, and for changes away from eyes, brows, nose
and mouth. Nearly all random people smile, so they are first moved along `smile`, each by another
amount. MOODS.npz gets a (num_ws, w_dim) array for each expression, in the unit that fit.py uses:
one standard deviation, over people at psi 0.7, of how far the score of the expression exceeds the
mean of the others. Prints a JSON line now and then.

NETWORK.pt is what recipes/face-features/fit.py wrote; the weights that ship must hold the
directions of fit.py already, with which the search begins.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from attributes import open_instruments
from fit import Scale
from sample import GROUPS, find_styles
from torch.nn import functional as F

from facewright.device import seeded
from facewright.expressions.classifier import EXPRESSIONS, Classifier, load_classifier
from facewright.faces.geometry.matrices import fit_similarity
from facewright.faces.similarity.features import FaceFeatures, compare_traits, load_face_features
from facewright.faces.templates import TEMPLATES
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.store import load_weights
from facewright.latents.directions.bundle import load_directions
from facewright.latents.directions.fit import Basis, find_basis

KNOWN = "faces-64-directions"
PARTS, PEOPLE, FIRST_SEED = 128, 4000, 300_000
MOVED = GROUPS[:-1]
"""Groups of layers that a step may move; the last brings hues, which no expression needs."""
BATCH, LR = 8, 0.035
STEP, TRAITS, SURROUNDINGS = 0.008, 8.0, 10.0
"""What a step's squared length costs, what its change of traits, and what pixels elsewhere."""
SMILES = (-4.0, 0.5)
"""Units of `smile` between which people are moved first: nearly all that are drawn smile."""
BEGUN = {
    "angry": {"brows-up": -1.5, "smile": -1.0},
    "disgust": {"brows-up": -1.0, "eyes-open": -1.0},
    "fear": {"brows-up": 1.0, "eyes-open": 1.5, "mouth-open": 0.7, "smile": -1.0},
    "happy": {"smile": 3.0},
    "sad": {"smile": -2.0},
    "surprise": {"mouth-open": 1.0, "brows-up": 0.5, "smile": -1.0},
    "neutral": {"smile": -0.5, "mouth-open": -0.5},
}
"""Expression → the directions, and units, that its search begins with."""


@dataclass(frozen=True)
class Studio:
    """What draws and what judges."""

    generator: Generator
    classifier: Classifier
    features: FaceFeatures
    people: torch.Tensor
    """w of random people, (n, w_dim)."""
    basis: Basis
    smile: torch.Tensor
    """The direction, (num_ws, w_dim)."""


def open_studio(weights: str) -> Studio:
    """Load the networks, and draw the latents of random people."""
    bundle = load_weights(weights, cache=Path())
    generator, labels = load_generator(bundle), load_labels(bundle)
    people = find_styles(generator, labels, np.arange(PEOPLE) + FIRST_SEED)
    classifier = load_classifier(load_weights("expressions", cache=Path()))
    features = load_face_features(load_weights("face-features", cache=Path()))
    basis = find_basis(people.double(), PARTS)
    basis = Basis(basis.mean.float(), basis.axes.float())
    smile = load_directions(load_weights(KNOWN, cache=Path())).find("smile").styles
    return Studio(generator, classifier, features, people, basis, smile)


def spread_step(step: torch.Tensor, basis: Basis, layers: int) -> torch.Tensor:
    """Return a step (groups, PARTS) as styles, (num_ws, w_dim)."""
    rows = [torch.zeros(basis.axes.shape[1])] * layers
    for group, part in zip(MOVED, basis.leave(step), strict=True):
        for layer in group:
            rows[layer] = part
    return torch.stack(rows)


def begin_step(studio: Studio, mood: str) -> torch.Tensor:
    """Return where a search begins, (groups, PARTS): directions that are known already."""
    known = load_directions(load_weights(KNOWN, cache=Path()))
    styles = sum(known.find(name).styles * by for name, by in BEGUN[mood].items())
    first = styles[[group[0] for group in MOVED]]
    return studio.basis.enter(studio.basis.mean + first)


def look(images: torch.Tensor, size: int, rng: torch.Generator) -> torch.Tensor:
    """Cut tight faces (n, 3, h, w) as the network sees them, (n, 1, size, size), a little off."""
    five = TEMPLATES["expression"].points
    out = torch.from_numpy(fit_similarity(five, TEMPLATES["tight"].points)).float()
    count = len(images)
    turn = 0.06 * torch.randn(count, generator=rng)
    grow = 1 + 0.05 * torch.randn(count, generator=rng)
    shift = 0.02 * torch.randn(count, 2, generator=rng)
    wobble = torch.stack([turn.cos(), -turn.sin(), turn.sin(), turn.cos()], 1).unflatten(1, (2, 2))
    linear = out[:, :2] @ (wobble * grow[:, None, None])  # in the unit square, about its middle
    middle = 2 * (out[:, :2] @ torch.tensor([0.5, 0.5]) + out[:, 2]) - 1
    theta = torch.cat([linear, (middle + 2 * shift)[:, :, None]], 2)
    grid = F.affine_grid(theta, [count, 3, size, size], align_corners=False)
    cut = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
    grey = (cut * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    return grey * (0.9 + 0.2 * torch.rand(count, 1, 1, 1, generator=rng))


def weigh_surroundings(size: int) -> torch.Tensor:
    """Return how much pixels of a tight face should stay, (size, size): least at its features."""
    y, x = torch.meshgrid(*[(torch.arange(size) + 0.5) / size] * 2, indexing="ij")
    eyes = (((x - 0.5) / 0.36) ** 4 + ((y - 0.28) / 0.15) ** 4) < 1
    mouth = (((x - 0.5) / 0.3) ** 4 + ((y - 0.68) / 0.24) ** 4) < 1
    free = (eyes | mouth).float()[None, None]
    soft = F.avg_pool2d(free, 9, 1, 4, count_include_pad=False)[0, 0]
    return 1 - 0.93 * soft


def name_faces(studio: Studio, images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Return logits (n, 7) of drawn faces."""
    classifier = studio.classifier
    seen = look(images, classifier.size, rng)
    if bool(torch.rand(1, generator=rng) < 0.5):
        seen = seen.flip(3)
    return classifier.network(seen) / classifier.temperature


def find_mood(studio: Studio, mood: str, steps: int) -> torch.Tensor:
    """Seek the step of one expression, (num_ws, w_dim)."""
    layers, target = studio.generator.num_ws, EXPRESSIONS.index(mood)
    rng = seeded(target)
    step = begin_step(studio, mood).requires_grad_(True)
    adam = torch.optim.Adam([step], lr=LR, betas=(0.9, 0.99))
    stay = weigh_surroundings(studio.generator.config.resolution)
    for number in range(steps):
        adam.param_groups[0]["lr"] = LR * min(1, 2 * (1 - number / steps))
        chosen = torch.randint(len(studio.people), (BATCH,), generator=rng)
        smiles = torch.empty(BATCH, 1, 1).uniform_(*SMILES, generator=rng)
        ws = studio.people[chosen][:, None].repeat(1, layers, 1) + smiles * studio.smile
        with torch.no_grad():
            before = studio.generator.synthesis(ws).clamp(-1, 1)
            traits = studio.features(before)
        moved = studio.generator.synthesis(ws + spread_step(step, studio.basis, layers))
        logits = name_faces(studio, moved, rng)
        named = F.cross_entropy(logits, torch.full((BATCH,), target))
        other = compare_traits(studio.features(moved), traits).mean()
        elsewhere = ((moved - before).square().mean(1) * stay).mean()
        length = step.square().sum()
        loss = named + TRAITS * other + SURROUNDINGS * elsewhere + STEP * length
        adam.zero_grad()
        loss.backward()
        adam.step()
        if number % 40 == 39:
            hit = float((logits.argmax(1) == target).float().mean())
            told = {"named": named, "traits": other, "elsewhere": elsewhere, "length": length}
            rounded = {name: round(float(value.detach()), 4) for name, value in told.items()}
            print(json.dumps({"mood": mood, "step": number + 1, "hit": hit, **rounded}), flush=True)
    return spread_step(step.detach(), studio.basis, layers)


def main() -> None:
    """Read the command line, seek, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("moods", type=Path)
    parser.add_argument("--weights", default="faces-64")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--only", nargs="*", default=EXPRESSIONS)
    options = parser.parse_args()
    studio = open_studio(options.weights)
    labels = load_labels(load_weights(options.weights, cache=Path()))
    scale = Scale(studio.generator, labels, open_instruments(options.network))
    found = {}
    for mood in options.only:
        styles = find_mood(studio, mood, options.steps)
        found[mood], told = scale.bring_to_unit(styles, mood)
        print(json.dumps({"mood": mood, **told}), flush=True)
        np.savez(options.moods, **found)


if __name__ == "__main__":
    main()
