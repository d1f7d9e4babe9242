"""Train the expression classifier."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from facewright.device import has_fast_bfloat16, name_device
from facewright.errors import InputError
from facewright.expressions.classifier import (
    EXPRESSIONS,
    KIND,
    NEUTRAL,
    Classifier,
    pack_classifier,
    score_crops,
)
from facewright.expressions.measures import Measured, fit_temperature, measure_names
from facewright.expressions.training.examples import PUBLIC, TRAINING, Collection
from facewright.expressions.training.objective import ExpressionObjective, plan_network
from facewright.expressions.training.options import ExpressionTrainOptions
from facewright.faces.detection.blocks import fold_norms
from facewright.files import replacing
from facewright.hub.bundle import save_bundle
from facewright.media.drawing.matrix import draw_matrix
from facewright.provenance.publish import publish_image
from facewright.training.names import format_kimg
from facewright.training.supervised import train_network
from facewright.types import Card, Manifest

_HINT = "`facewright train expressions --help` says what each option is"

BEST = "best.safetensors"
"""File of the weights with the highest accuracy on `PUBLIC` so far."""


def train_classifier(
    collection: Collection,
    outdir: Path,
    options: ExpressionTrainOptions,
    *,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train a classifier of expressions, or continue its training.

    A run that was stopped continues from its newest checkpoint, and ends with the same weights.
    With every fourth report the averaged network is evaluated on `PUBLIC`: a confusion matrix is
    drawn, the measures are written beside it, and the temperature is fitted. The network of the
    highest accuracy so far is kept as `BEST` beside the newest, since a long run may overfit.

    Args:
        collection: The data: trained on `TRAINING`, evaluated on `PUBLIC`.
        outdir: The folder of the run.
        options: Options of the training.
        device: The device that computes.
        clock: Returns seconds.

    Returns:
        The file of the weights.

    Raises:
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.
    """
    _check(options)
    objective = ExpressionObjective(collection.parts[TRAINING], options, device)
    held = collection.parts[PUBLIC]

    def write(path: Path, network: nn.Module, images: int) -> None:
        """Write the averaged network as it will be used, and how good it is."""
        folded: Any = fold_norms(network)
        with torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bfloat16(device)):
            scores = score_crops(Classifier(folded.network), held.faces)
        temperature = fit_temperature(scores, held.labels)
        scores /= np.float32(temperature)
        measured = measure_names(scores, held.labels)
        at_rest = scores[held.labels == EXPRESSIONS.index("neutral")]
        neutral = at_rest.mean(axis=0) if len(at_rest) else NEUTRAL
        notes = f"{images / 1000:.1f} thousand faces"
        card = Card(f"{KIND}-{format_kimg(images)}", KIND, trained_on=collection.name, notes=notes)
        bundle = pack_classifier(folded.network, card, temperature=temperature, neutral=neutral)
        save_bundle(path, bundle, half=True)
        if _is_best(outdir, measured):
            save_bundle(outdir / BEST, bundle, half=True)
        _report(collection, options, measured, (outdir, images, device))

    return train_network(objective, outdir, options, write=write, device=device, clock=clock)


def _is_best(outdir: Path, measured: Measured) -> bool:
    """Return whether no earlier report of a run has a higher accuracy."""
    files = outdir.glob("measured-*.json")
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return all(report["accuracy"] <= measured.accuracy for report in reports)


def _report(
    collection: Collection,
    options: ExpressionTrainOptions,
    measured: Measured,
    state: tuple[Path, int, torch.device],
) -> None:
    """Write confusion matrix and measures of a network on `PUBLIC`."""
    outdir, images, device = state
    stem = f"measured-{format_kimg(images)}"
    with replacing(outdir / f"{stem}.json") as unfinished:
        text = json.dumps(asdict(measured), indent=1, default=lambda array: array.tolist())
        unfinished.write_text(text + "\n", encoding="utf-8")
    manifest = Manifest(
        task="train expressions",
        parameters={**asdict(options), "images": images},
        seeds=(options.seed,),
        sources={collection.name: collection.sha256},
        torch=torch.__version__,
        device=name_device(device),
    )
    title = f"{images / 1000:.0f} kimg: {measured.accuracy:.1%} of {measured.count} as labelled"
    drawn = draw_matrix(measured.confusion, EXPRESSIONS, title=title)
    publish_image(drawn, outdir / f"{stem}.png", manifest, overwrite=True)


def _check(options: ExpressionTrainOptions) -> None:
    """Raise if an option is invalid."""
    for name in ("votes_share", "balance", "dropout", "window"):
        if not 0 <= getattr(options, name) <= 1:
            raise InputError(f"--{name.replace('_', '-')} is from 0 to 1", hint=_HINT)
    for name in ("votes_weight", "mixup", "weight_decay"):
        if not (math.isfinite(getattr(options, name)) and getattr(options, name) >= 0):
            raise InputError(f"--{name.replace('_', '-')} is not below 0", hint=_HINT)
    if options.dropout == 1 or options.window < 0.5:
        raise InputError(
            "--dropout 1 or --window below 0.5 leaves too little of a face", hint=_HINT
        )
    if not 1 <= options.blocks <= 6:
        raise InputError(f"--blocks is from 1 to 6, not {options.blocks}", hint="4 is as published")
    if options.size is not None and not 32 <= options.size <= 256:
        raise InputError(
            f"--size is from 32 to 256, not {options.size}", hint="48, 64 or 96 are usual"
        )
    plan_network(options)
