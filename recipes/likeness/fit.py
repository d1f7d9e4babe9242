"""Find what tells faces apart, calibrate it, write the starter weights, and print their entry.

    python recipes/likeness/fit.py squares.npz [--people 5000]

Linear discriminants (Fisher 1936; for faces Belhumeur et al. 1997) of descriptions by gradients:
every picture is a person, shown four times as other photographs might. The description is first
reduced to its 600 principal components; of the discriminants, 256 are kept.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from views import HARD, MILD, find_expressions, show

from facewright.faces.similarity.gradients import LENGTH, describe_gradients
from facewright.faces.similarity.identity import Likeness, pack_likeness
from facewright.hub.bundle import save_bundle
from facewright.types import Card

STARTER = Path(__file__).parents[2] / "src/facewright/hub/starter/likeness.safetensors"
COMPONENTS, AXES = 600, 256
FLOOR = 0.1  # of the mean variance within a person, added to each
VIEWS = (MILD, HARD, HARD, HARD)
RARE, USUAL = 0.01, 0.5  # parts of the pairs of different people ...
AT_RARE, AT_USUAL = 0.5, 0.05  # ... that score above this
CARD = Card(
    name="likeness",
    kind="likeness",
    licence="CC-BY-4.0",
    trained_on=(
        "FairFace (Kärkkäinen & Joo 2021), CC BY 4.0, and official portraits of the United States "
        "Congress, public domain: {people} pictures"
    ),
    source="recipes/likeness",
    notes=(
        "Linear discriminants of gradients, fitted to views of one picture each, not to several "
        "photographs of a person: no face recognition, and no evidence of who somebody is. 0.5 is "
        "what 1 % of pairs of different people of one age group, gender and ethnicity exceed."
    ),
)


def describe_people(file, chosen, expressions):
    """Return what the views of each chosen person look like, [n 4 2560]."""
    squares, points = file["squares"], file["points"]
    seen = np.empty((len(chosen), len(VIEWS), LENGTH), np.float32)
    for row, person in zip(seen, chosen, strict=True):
        rng = np.random.default_rng([7, int(person)])
        for out, amounts in zip(row, VIEWS, strict=True):
            view = show(rng, squares[person], points[person], expressions, amounts)
            out[:] = describe_gradients(view)
    return seen


def fit(seen):
    """Return the mean and the axes, [2560] and [2560 256]."""
    flat = torch.from_numpy(seen).flatten(0, 1)  # [n*4 2560]
    mean = flat.mean(0)
    flat -= mean
    _, main = torch.linalg.eigh((flat.T @ flat / len(flat)).double())
    main = main[:, -COMPONENTS:]
    along = (flat @ main.float()).unflatten(0, seen.shape[:2]).double()  # [n 4 600]
    people = along.mean(1)
    rest = (along - people[:, None]).flatten(0, 1)
    within = rest.T @ rest / (len(rest) * (1 - 1 / len(VIEWS)))
    floor = FLOOR * within.diagonal().mean()
    values, vectors = torch.linalg.eigh(within + floor * torch.eye(COMPONENTS))
    whiten = vectors / values.sqrt()
    _, axes = torch.linalg.eigh(whiten.T @ (people.T @ people / len(people)) @ whiten)
    return mean.numpy(), (main @ whiten @ axes[:, -AXES:]).flip(1).float().numpy()


def compare_held(file, mean, axes):
    """Return the cosines of all pairs of different people who are held back and comparable."""
    known = np.flatnonzero(file["held"] & (file["groups"] != ""))
    groups = file["groups"][known]
    squares = file["squares"][known][:, 16:80, 16:80]
    seen = np.stack([describe_gradients(np.ascontiguousarray(s)) for s in squares])
    vectors = (seen - mean) @ axes
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    return cosines[np.triu(groups[:, None] == groups[None], 1)]


def main():
    """Read the command line, fit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("squares", type=Path)
    parser.add_argument("--people", type=int, default=5000)
    options = parser.parse_args()
    with np.load(options.squares) as archive:
        file = dict(archive)
    ahead = np.isfinite(file["measures"]).all(1) & (abs(file["measures"][:, 3]) < 8) & ~file["held"]
    expressions = find_expressions(file["points"][ahead], file["measures"][ahead, :3])
    free = np.flatnonzero(~file["held"])
    chosen = np.random.default_rng(2).permutation(free)[: options.people]
    mean, axes = fit(describe_people(file, chosen, expressions))
    axes *= 10 / np.abs(axes).max()  # for float16; a common factor changes no cosine
    axes, mean = axes.astype(np.float16).astype(np.float32), mean.astype(np.float16).astype("f4")
    cosines = compare_held(file, mean, axes)
    rare, usual = np.quantile(cosines, (1 - RARE, 1 - USUAL))
    odds = np.log(AT_RARE / (1 - AT_RARE)) - np.log(AT_USUAL / (1 - AT_USUAL))
    likeness = Likeness(mean, axes, float(rare), float((rare - usual) / odds))
    card = replace(CARD, trained_on=CARD.trained_on.format(people=f"{len(chosen):,}"))
    card = save_bundle(STARTER, pack_likeness(likeness, card), half=True)
    print(f"# {len(cosines)} pairs, threshold {rare:.4f}, middle {usual:.4f}")
    print(f'[[weights]]\nfile = "{STARTER.name}"')
    for key in ("name", "kind", "size", "sha256", "licence", "trained_on", "source", "notes"):
        print(f"{key} = {json.dumps(getattr(card, key), ensure_ascii=False)}")
    np.save(options.squares.with_name("expressions.npy"), expressions)


if __name__ == "__main__":
    main()
