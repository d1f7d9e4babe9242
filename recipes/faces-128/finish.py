"""Add to a generator what drawing needs beside its weights: centres of w, and a scorer of flaws.

python recipes/faces-128/finish.py runs/faces-128/snapshot-000300.safetensors faces-128.zip \
    -o finished.safetensors --sheet flaws.png

Centres are those of `facewright.gan.weights.measure_centres`.

The scorer is taught by what it looks like where a face is flawed: eyes, nose and mouth unlike on
both sides, and eyes that are blurred. Windows around them are cut out of real pictures and of ones
that are drawn from random z, without low frequencies, and compared with their mirror images. How
far a drawn picture falls short of real ones (nothing is gained beyond one standard deviation) is
its score. From w it is guessed in two steps: what the left and right halves of the face have in
common and what not, each as principal components, is nearly linear in w; the score is linear in
these numbers, their absolute values and their squares. What is printed comes from the fifth of the
draws that a fit has not seen.

Thresholds are quantiles for each combination of labels, of w from random z.

Labels that are not chosen are drawn as often as pictures have them, whatever the training drew; but
only one person in five smiles.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.dataset import open_dataset
from facewright.device import seeded
from facewright.faces.templates import TEMPLATES
from facewright.gan.generator import Generator
from facewright.gan.layers.centres import choose_parts
from facewright.gan.layers.quality import (
    LEVELS,
    MOST_REJECTED,
    QualityScorer,
    ScorerTensors,
    list_terms,
    score_styles,
)
from facewright.gan.weights import (
    LabelTable,
    count_labels,
    load_generator,
    measure_centres,
    pack_generator,
    read_template,
)
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.latents.sample import SamplingConfig, draw_latents, draw_styles
from facewright.media.drawing.sheets import contact_sheet
from facewright.provenance.publish import publish_image
from facewright.types import Bundle, Image, Manifest

FIRST = 10_000_000  # seeds of the draws begin here, away from those that people take
FOLDS, GROUPS, EACH = 5, 512, 400
SIDE = 32  # pixels of the pictures whose halves are compared
ODD, EVEN = 48, 24  # principal components of the differences and of the means of the halves
RIDGES = (100.0, 100.0)  # from w to components, from these to the score

Floats = NDArray[np.float64]


def main() -> None:
    """Read the command line, write the weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=3000)
    parser.add_argument("--reject", type=float, default=0.2)
    parser.add_argument(
        "--smiling", type=float, default=0.2, help="share of people who smile, where none is chosen"
    )
    parser.add_argument("--sheet", type=Path, help="rejected people above, kept ones below")
    options = parser.parse_args()
    bundle = load_bundle(options.snapshot)
    generator = load_generator(bundle)
    dataset = open_dataset(options.dataset, cond=True)
    labels = let_smile(count_labels(dataset.labels, dataset.label_groups), options.smiling)
    generator.centres = measure_centres(generator, labels)
    z, c = draw_latents(generator.config, range(FIRST, FIRST + options.draws), labels=labels)
    with torch.no_grad():
        w = generator.mapping(z, c)
    sampling = SamplingConfig(dtype=torch.bfloat16)
    ws = w[:, None].expand(-1, generator.num_ws, -1)
    images = draw_styles(generator, ws, sampling=sampling, batch=16)
    reals = dataset.images(np.arange(min(len(dataset.names), options.draws)))
    points = TEMPLATES[read_template(bundle) or "tight"].points
    scores = torch.from_numpy(compare_windows(images, reals, points)).float()
    halves = compare_halves(images)
    guessed = cross_validate(w, halves, scores)
    found = report(guessed, scores, options.reject)
    print(found)
    tensors = fit_scorer(w, halves, scores)
    parts = choose_parts([len(group.values) for group in labels.groups], GROUPS)
    thresholds = measure_thresholds(generator, labels, parts, tensors)
    generator.scorer = QualityScorer(parts, ScorerTensors(*tensors, thresholds), options.reject)
    card = replace(bundle.card, notes=f"{bundle.card.notes} {found}".strip())
    packed = pack_generator(generator, card, labels=labels, template=read_template(bundle))
    # What else the snapshot holds, such as its appearance model, stays.
    save_bundle(
        options.out,
        Bundle(card, {**bundle.config, **packed.config}, {**bundle.tensors, **packed.tensors}),
        half=True,
    )
    if options.sheet:
        with torch.no_grad():
            passes = generator.scorer(w) >= generator.scorer.threshold(c, options.reject)
        draw_sheet(options.sheet, images, passes.numpy())


def let_smile(labels: LabelTable, share: float) -> LabelTable:
    """Return labels of which a share smiles among people of each kind, who are as many as before.

    A kind is what all other labels say; where it occurs only smiling, or never, it stays so.
    """
    start = 0
    for group in labels.groups:
        if group.name == "smile":
            rest = labels.vectors.clone()
            rest[:, start : start + len(group.values)] = 0
            _, kinds = torch.unique(rest, dim=0, return_inverse=True)
            smiles = labels.vectors[:, start + list(group.values).index("yes")] > 0
            totals = torch.zeros(len(kinds)).index_add(0, kinds, labels.counts)[kinds]
            wanted = totals * torch.where(smiles, share, 1 - share)
            alone = torch.bincount(kinds)[kinds] == 1
            return replace(labels, counts=torch.where(alone, totals, wanted))
        start += len(group.values)
    return labels


def compare_windows(images: Image, reals: Image, points: Floats) -> Floats:
    """Return the score of each picture, (n,): 0 is as real ones are on average, less is worse.

    Args:
        images: (n, h, h, 3), drawn.
        reals: (m, h, h, 3), cut alike.
        points: (5, 2), where eyes, nose and corners of the mouth are, in parts of the side.
    """
    drawn, real = (np.stack([_measure(i, points) for i in some]) for some in (images, reals))
    better = (drawn - real.mean(0)) / real.std(0)
    weights = np.array([1.0, 0.5, 0.5, 0.5, 1.0])
    scores: Floats = np.minimum(better, 1) @ weights
    return scores


def _measure(image: Image, points: Floats) -> Floats:
    """Return how alike both eyes are, how sharp the weaker is, how symmetric nose and mouth are,
    and how alike in contrast both eyes are; more is better. (5,)."""
    side = len(image)
    scale = side / 128
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 8 * scale)
    fine = cv2.GaussianBlur(fine, (0, 0), scale)
    left, right = points[:2] * side
    mouth = points[3:].mean(0) * side
    middle = (left[0] + right[0]) / 2
    steps = [scale * 2 * step for step in (-1, 0, 1)]
    one = _cut(fine, left, (16 * scale, 10 * scale))
    others = [
        _cut(fine, right + np.array([x, y]), (16 * scale, 10 * scale), flip=True)
        for x in steps
        for y in steps
    ]
    alike = max(_correlate(one, other) for other in others)
    contrasts = one.std() + 1e-3, others[4].std() + 1e-3
    high = (left[1] + mouth[1]) / 2
    symmetric = [
        _correlate(window, window[:, ::-1])
        for window in (
            _cut(fine, (middle, high), (14 * scale, 12 * scale)),
            _cut(fine, (middle, mouth[1]), (22 * scale, 12 * scale)),
        )
    ]
    sharp = min(contrasts) / (grey.mean() + 20)
    return np.array([alike, sharp, *symmetric, -abs(np.log(contrasts[0] / contrasts[1]))])


def _cut(
    grey: NDArray[np.float32], centre: Floats, reach: tuple[float, float], *, flip: bool = False
) -> NDArray[np.float32]:
    """Return the window around a point, mirrored if asked."""
    turn = -1 if flip else 1
    matrix = np.array(
        [[turn, 0, centre[0] - turn * reach[0]], [0, 1, centre[1] - reach[1]]], np.float32
    )
    size = (round(2 * reach[0]), round(2 * reach[1]))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(grey, matrix, size, flags=flags), np.float32)


def _correlate(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the correlation of two windows, 0 where one is flat."""
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / (np.sqrt((a * a).sum() * (b * b).sum()) + 1e-3))


def compare_halves(images: Image) -> list[torch.Tensor]:
    """Return what the halves of small faces have not in common, and what they have, (n, d) each."""
    small = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for image in images]
    grey = torch.from_numpy(np.stack(small)).float().mean(3)
    grey = grey / (grey.mean((1, 2), keepdim=True) + 20)
    face = grey[:, 6:25, 4:28]
    half = face.shape[2] // 2
    turned = face.flip(2)
    return [part[:, :, :half].flatten(1) / 2 for part in (face - turned, face + turned)]


def fit_scorer(
    w: torch.Tensor, halves: list[torch.Tensor], scores: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what guesses scores (n,) from w (n, w_dim): `ScorerTensors`, but for thresholds."""
    mean, spread = w.mean(0), w.std(0) + 1e-6
    inputs = (w - mean) / spread
    columns = []
    for half, count in zip(halves, (ODD, EVEN), strict=True):
        centred = half - half.mean(0)
        axes = torch.linalg.svd(centred, full_matrices=False).Vh[:count].T
        wanted = centred @ axes
        columns.append(_regress(inputs, wanted / wanted.std(0), RIDGES[0]))
    joint = torch.cat(columns, 1)  # [w_dim + 1, ODD + EVEN]
    weights = joint[:-1] / spread[:, None]
    hidden = torch.cat([weights, (joint[-1] - mean @ weights)[None]])
    terms = list_terms(w @ hidden[:-1] + hidden[-1])
    middle, scale = terms.mean(0), terms.std(0) + 1e-6
    found = _regress((terms - middle) / scale, scores[:, None], RIDGES[1])[:, 0]
    output = found[:-1] / scale
    return hidden, torch.cat([output, (found[-1] - middle @ output)[None]])


def _regress(x: torch.Tensor, y: torch.Tensor, ridge: float) -> torch.Tensor:
    """Return y = [x 1] @ what is returned, the constant free of the ridge."""
    told = torch.cat([x, x.new_ones(len(x), 1)], 1).double()
    penalty = ridge * torch.eye(told.shape[1], dtype=torch.float64)
    penalty[-1, -1] = 0
    return torch.linalg.solve(told.T @ told + penalty, told.T @ y.double()).float()


def cross_validate(
    w: torch.Tensor, halves: list[torch.Tensor], scores: torch.Tensor
) -> torch.Tensor:
    """Return what is guessed of each draw by a fit to the others, (n,)."""
    fold = torch.randperm(len(w), generator=seeded(0)) % FOLDS
    guessed = torch.zeros(len(w))
    for held in range(FOLDS):
        kept = fold != held
        tensors = fit_scorer(w[kept], [half[kept] for half in halves], scores[kept])
        guessed[~kept] = score_styles(w[~kept], *tensors)
    return guessed


def report(guessed: torch.Tensor, scores: torch.Tensor, reject: float) -> str:
    """Print how scores are spread, and return what the card says of them."""
    correlation = torch.corrcoef(torch.stack([guessed, scores]))[0, 1]
    gone = guessed < guessed.quantile(reject)
    worst = scores < scores.quantile(reject)
    print(f"mean score {scores.mean():.2f}, kept {scores[~gone].mean():.2f}, ", end="")
    print(f"rejected {scores[gone].mean():.2f}, standard deviation {scores.std():.2f}")
    found = (gone & worst).sum() / worst.sum()
    return (
        f"Of people with the same labels, {reject:.0%} are drawn anew unless --reject says another "
        f"share: those whom a guess from w calls flawed. It correlates by {correlation:.2f} with "
        f"what pictures show, and finds {found:.0%} of the worst {reject:.0%}."
    )


@torch.no_grad()
def measure_thresholds(
    generator: Generator,
    labels: LabelTable,
    parts: tuple[tuple[int, int], ...],
    tensors: tuple[torch.Tensor, torch.Tensor],
) -> torch.Tensor:
    """Return the quantiles of scores for each combination of labels, (groups, LEVELS)."""
    rng, rows = seeded(1), []
    steps = torch.linspace(0, MOST_REJECTED, LEVELS)
    every = torch.cartesian_prod(*(torch.arange(end - start) for start, end in parts))
    for values in every.reshape(-1, len(parts)) if parts else torch.zeros(1, 0):
        drawn = torch.multinomial(labels.counts, EACH, replacement=True, generator=rng)
        c = labels.vectors[drawn].clone()
        for (start, end), value in zip(parts, values.tolist(), strict=True):
            c[:, start:end] = torch.eye(end - start)[int(value)]
        z = torch.randn(EACH, generator.config.z_dim, generator=rng)
        rows.append(score_styles(generator.mapping(z, c), *tensors).quantile(steps))
    return torch.stack(rows)


def draw_sheet(path: Path, images: Image, passes: NDArray[np.bool_], count: int = 48) -> None:
    """Write a sheet: the first who are rejected above, the first who are kept below."""
    rows = [*images[~passes][:count], *images[passes][:count]]
    sheet = contact_sheet(list(rows), columns=16)
    publish_image(sheet, path, Manifest("finish", {"rejected": count}), overwrite=True)


if __name__ == "__main__":
    main()
