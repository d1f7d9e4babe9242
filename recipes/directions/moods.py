"""Find directions of expressions by gradient: what makes a network name them.

    python recipes/directions/moods.py NETWORK.pt FITTED.npz MOODS.npz [--steps 120] [--only sad]

Random people hardly ever look angry, disgusted or afraid, so that a regression over them finds
little. This asks instead for one step, the same for everybody, after which the network that names
expressions names the one that is meant. The step is sought by Adam over ever new people, through
the generator and the network, and pays for leaving the region of random people, for every change of
what face-features sees of age, gender and ethnicity, and for changes away from eyes, brows, nose
and mouth. Random people smile or do not; they are first moved along `smile`, each by another
amount. MOODS.npz gets a (num_ws, w_dim) array for each expression, in the unit that fit.py uses:
one standard deviation, over people at psi 0.7, of how far the score of the expression exceeds the
mean of the others. Prints a JSON line now and then.

NETWORK.pt is what recipes/face-features/fit.py or heads.py wrote, FITTED.npz what fit.py wrote:
with its directions the search begins.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from attributes import open_networks
from fit import Scale
from sample import GROUPS, find_styles
from torch.nn import functional as F

from facewright.device import seeded
from facewright.expressions.classifier import EXPRESSIONS, Classifier, load_classifier
from facewright.faces.geometry.matrices import fit_similarity
from facewright.faces.similarity.features import FaceFeatures, compare_traits, load_face_features
from facewright.faces.templates import TEMPLATES
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator, load_labels, read_template
from facewright.latents.directions.fit import Basis, find_basis
from facewright.pipelines.weights import open_weights
from facewright.types import Bundle

PARTS, PEOPLE, FIRST_SEED = 128, 4000, 300_000
MOVED = {layers: groups[:-1] for layers, groups in GROUPS.items()}
"""Groups of layers that a step may move; the last brings hues, which no expression needs."""
BATCH, LR = 8, 0.035
STEP, TRAITS, SURROUNDINGS = 0.008, 8.0, 10.0
"""What a step's squared length costs, what its change of traits, and what pixels elsewhere."""
SMILES = (-2.0, 1.5)
"""Units of `smile` between which people are moved first: most that are drawn do not smile."""
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
    known: dict[str, torch.Tensor]
    """The directions of fit.py, (num_ws, w_dim) each."""
    template: str
    """How faces are cut that the generator draws."""


def open_studio(bundle: Bundle, fitted: Path) -> Studio:
    """Load the networks, and draw the latents of random people."""
    generator, labels = load_generator(bundle), load_labels(bundle)
    people = find_styles(generator, labels, np.arange(PEOPLE) + FIRST_SEED)
    classifier = load_classifier(open_weights("expressions"))
    features = load_face_features(open_weights("face-features"))
    basis = find_basis(people.double(), PARTS)
    basis = Basis(basis.mean.float(), basis.axes.float())
    with np.load(fitted) as file:
        known = {name: torch.from_numpy(file[name]) for name in file.files}
    template = read_template(bundle) or "tight"
    return Studio(generator, classifier, features, people, basis, known, template)


def spread_step(step: torch.Tensor, basis: Basis, layers: int) -> torch.Tensor:
    """Return a step (groups, PARTS) as styles, (num_ws, w_dim)."""
    rows = [torch.zeros(basis.axes.shape[1])] * layers
    for group, part in zip(MOVED[layers], basis.leave(step), strict=True):
        for layer in group:
            rows[layer] = part
    return torch.stack(rows)


def begin_step(studio: Studio, mood: str) -> torch.Tensor:
    """Return where a search begins, (groups, PARTS): directions that are known already."""
    styles = sum(studio.known[name] * by for name, by in BEGUN[mood].items())
    first = styles[[group[0] for group in MOVED[studio.generator.num_ws]]]
    return studio.basis.enter(studio.basis.mean + first)


def look(images: torch.Tensor, template: str, size: int, rng: torch.Generator) -> torch.Tensor:
    """Cut faces (n, 3, h, w) as the network sees them, (n, 1, size, size), a little off."""
    five = TEMPLATES["expression"].points
    out = torch.from_numpy(fit_similarity(five, TEMPLATES[template].points)).float()
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


def weigh_surroundings(size: int, template: str) -> torch.Tensor:
    """Return how much pixels of a face should stay, (size, size): least at its features."""
    points = TEMPLATES[template].points
    looks, speaks = points[:2].mean(0), points[3:].mean(0)
    y, x = torch.meshgrid(*[(torch.arange(size) + 0.5) / size] * 2, indexing="ij")
    eyes = (((x - looks[0]) / 0.36) ** 4 + ((y - looks[1] + 0.03) / 0.15) ** 4) < 1
    mouth = (((x - speaks[0]) / 0.3) ** 4 + ((y - speaks[1]) / 0.24) ** 4) < 1
    free = (eyes | mouth).float()[None, None]
    soft = F.avg_pool2d(free, 9, 1, 4, count_include_pad=False)[0, 0]
    return 1 - 0.93 * soft


def name_faces(studio: Studio, images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Return logits (n, 7) of drawn faces."""
    classifier = studio.classifier
    seen = look(images, studio.template, classifier.size, rng)
    if bool(torch.rand(1, generator=rng) < 0.5):
        seen = seen.flip(3)
    return classifier.network(seen) / classifier.temperature


def find_mood(studio: Studio, mood: str, steps: int) -> torch.Tensor:
    """Seek the step of one expression, (num_ws, w_dim)."""
    layers, target = studio.generator.num_ws, EXPRESSIONS.index(mood)
    rng = seeded(target)
    step = begin_step(studio, mood).requires_grad_(True)
    adam = torch.optim.Adam([step], lr=LR, betas=(0.9, 0.99))
    stay = weigh_surroundings(studio.generator.config.resolution, studio.template)
    for number in range(steps):
        adam.param_groups[0]["lr"] = LR * min(1, 2 * (1 - number / steps))
        chosen = torch.randint(len(studio.people), (BATCH,), generator=rng)
        smiles = torch.empty(BATCH, 1, 1).uniform_(*SMILES, generator=rng)
        ws = studio.people[chosen][:, None].repeat(1, layers, 1) + smiles * studio.known["smile"]
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
    parser.add_argument("fitted", type=Path)
    parser.add_argument("moods", type=Path)
    parser.add_argument("--weights", default="faces-128")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--only", nargs="*", default=EXPRESSIONS)
    options = parser.parse_args()
    bundle = open_weights(options.weights)
    studio, labels = open_studio(bundle, options.fitted), load_labels(bundle)
    scale = Scale(studio.generator, labels, open_networks(options.network, bundle))
    found = {}
    for mood in options.only:
        styles = find_mood(studio, mood, options.steps)
        found[mood], told = scale.bring_to_unit(styles, mood)
        print(json.dumps({"mood": mood, **told}), flush=True)
        np.savez(options.moods, **found)


if __name__ == "__main__":
    main()
