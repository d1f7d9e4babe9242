"""Accuracy and calibration of a classifier of expressions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.expressions.classifier import EXPRESSIONS, Scores, to_probabilities

_BINS = 15
_COLDEST, _HOTTEST = 0.2, 5.0  # temperatures that are tried


@dataclass(frozen=True, slots=True)
class Measured:
    """Accuracy and calibration on labelled faces."""

    count: int
    accuracy: float
    """Share of correct classes, 0 to 1."""
    recall: dict[str, float]
    """Expression → its recall, 0 to 1."""
    confusion: NDArray[np.int64]
    """(7, 7): counts; rows are labels, columns predictions."""
    calibration_error: float
    """Expected calibration error, 0 to 1 (`measure_error`)."""
    log_loss: float
    """Mean of -log of the probability of the label."""


def measure_names(scores: Scores, labels: NDArray[np.int64]) -> Measured:
    """Compare predictions with labels.

    Args:
        scores: (n, 7), logits.
        labels: (n,), indices of `EXPRESSIONS`.

    Raises:
        InputError: There are none, or the numbers of labels and scores differ.
    """
    if len(scores) != len(labels) or not len(labels):
        raise InputError(f"{len(scores)} scores do not fit {len(labels)} labels")
    named, kinds = scores.argmax(axis=1), len(EXPRESSIONS)
    confusion = np.bincount(labels * kinds + named, minlength=kinds * kinds)
    confusion = confusion.reshape(kinds, kinds)
    there = np.maximum(confusion.sum(axis=1), 1)
    recall = (confusion.diagonal() / there).round(4).tolist()
    probabilities = to_probabilities(scores.astype(np.float64))
    given = probabilities[np.arange(len(labels)), labels]
    return Measured(
        len(labels),
        float((named == labels).mean()),
        dict(zip(EXPRESSIONS, recall, strict=True)),
        confusion.astype(np.int64),
        measure_error(probabilities, labels),
        float(-np.log(np.maximum(given, 1e-12)).mean()),
    )


def measure_error(probabilities: Scores, labels: NDArray[np.int64]) -> float:
    """Return the expected calibration error, with 15 bins (Guo et al. 2017, equation 3).

    Args:
        probabilities: (n, 7).
        labels: (n,).
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def fit_temperature(scores: Scores, labels: NDArray[np.int64]) -> float:
    """Return the temperature that calibrates logits.

    It minimises the log loss (Guo et al. 2017, section 4.2); predictions stay as they are.

    Args:
        scores: (n, 7), logits of faces outside the training data.
        labels: (n,).
    """
    rows = np.arange(len(labels))

    def lose(heat: float) -> float:
        shares = to_probabilities(scores.astype(np.float64) / np.exp(heat))
        return float(-np.log(np.maximum(shares[rows, labels], 1e-12)).mean())

    low, high = np.log(_COLDEST), np.log(_HOTTEST)
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(40):  # golden section: the loss has one minimum
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if lose(a) < lose(b) else (a, high)
    return float(np.exp((low + high) / 2))
