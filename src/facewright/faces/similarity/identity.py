"""Similarity of two faces by appearance.

Its purpose: to follow a person through a clip after a cut, and to pick one of several people in
a picture by a reference (`--faces like:REFERENCE`). It compares the shape and texture of brows,
eyes, nose and mouth as they appear in two crops.

It recognises that two crops show the same face under other light, sharpness, compression, size and
alignment, and with the head turned a little.

It does not recognise who somebody is. **It is no face recognition, and no evidence**: nothing here
was fitted or measured on several photographs of one person, since none were available. People who
look alike score high. One person years apart, with another expression, from the side, in sunglasses
or with a mask may score low. It is not equally good for all groups of people: the card of the
weights has the numbers. Pictures from one source resemble each other, those of one small generator
most of all: there, take the highest of several scores rather than all above 0.5. Do not decide
anything about people with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import InputError, WeightsError
from facewright.faces.similarity.gradients import LENGTH, cut_window, describe_gradients
from facewright.types import Bundle, Card, Crop

KIND = "likeness"

_Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The weights of the comparison, fitted by linear discriminant analysis."""

    mean: _Vectors
    """(2560,): the mean descriptor."""
    axes: _Vectors
    """(2560, d): the discriminant axes, in which changes of light and pose have small weights."""
    threshold: float
    """The cosine that 1 % of pairs of different but comparable people exceed."""
    spread: float
    """The difference of cosines that multiplies the odds by e."""


def pack_likeness(likeness: Likeness, card: Card) -> Bundle:
    """Return the weights of likeness as a bundle.

    Raises:
        InputError: The card is not of the kind "likeness".
    """
    if card.kind != KIND:
        raise InputError(f"the card of a likeness is of the kind `{KIND}`, not `{card.kind}`")
    tensors = {key: torch.from_numpy(getattr(likeness, key)) for key in ("mean", "axes")}
    return Bundle(card, {"threshold": likeness.threshold, "spread": likeness.spread}, tensors)


def load_likeness(bundle: Bundle) -> Likeness:
    """Read the weights of likeness from a bundle.

    Args:
        bundle: From `hub`, such as that of the starter weights "likeness".

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit.
    """
    name = bundle.card.name
    if bundle.card.kind != KIND:
        raise WeightsError(
            f"`{name}` is a {bundle.card.kind}, not a likeness",
            hint="the starter weights `likeness` are one",
        )
    tensors, config = bundle.tensors, bundle.config
    try:
        mean, axes = (tensors[key].float().numpy() for key in ("mean", "axes"))
        numbers: list[Any] = [config["threshold"], config["spread"]]
        threshold, spread = map(float, numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"the weights `{name}` are incomplete: {error}") from error
    if mean.shape != (LENGTH,) or axes.ndim != 2 or len(axes) != LENGTH or not spread > 0:
        raise WeightsError(f"the tensors of `{name}` do not fit: {mean.shape}, {axes.shape}")
    return Likeness(mean, axes, threshold, spread)


def embed_faces(likeness: Likeness, crops: Sequence[Crop]) -> _Vectors:
    """Compute embeddings of faces, whose cosine is high for faces that look alike.

    Args:
        likeness: From `load_likeness`.
        crops: Of the template `arcface`, `tight`, or another that shows brows and chin; at least 80
            pixels wide, or detail is missing.

    Returns:
        (n, d), float32, each of norm 1.

    Raises:
        InputError: A crop has a template that is not known.
    """
    seen = np.empty((len(crops), LENGTH), np.float32)
    for row, crop in zip(seen, crops, strict=True):
        row[:] = describe_gradients(cut_window(crop))
    along = (seen - likeness.mean) @ likeness.axes  # [n d]
    lengths = np.linalg.norm(along, axis=1, keepdims=True)
    vectors: _Vectors = (along / np.maximum(lengths, 1e-12)).astype(np.float32)
    return vectors


def embed_face(likeness: Likeness, crop: Crop) -> _Vectors:
    """Compute the embedding of a face: `embed_faces` for one.

    Args:
        likeness: From `load_likeness`.
        crop: As `embed_faces` takes it.

    Returns:
        (d,), float32, of norm 1.
    """
    vector: _Vectors = embed_faces(likeness, [crop])[0]
    return vector


def compare_faces(likeness: Likeness, ones: _Vectors, others: _Vectors) -> _Vectors:
    """Return the similarity of each face to each of others.

    Args:
        likeness: The weights that the embeddings were computed with.
        ones: (n, d), from `embed_faces`.
        others: (m, d).

    Returns:
        (n, m), 0 to 1. Calibrated on pairs of different people of one age group, gender and
        ethnicity: 1 % of them score above 0.5, half of them below 0.05.

    Raises:
        InputError: The vectors have different dimensions.
    """
    if ones.ndim != 2 or others.ndim != 2 or ones.shape[1] != others.shape[1]:
        raise InputError(f"vectors of one length are compared, not {ones.shape} and {others.shape}")
    odds = (ones @ others.T - likeness.threshold) / likeness.spread  # [n m]
    scores: _Vectors = (1 / (1 + np.exp(-np.clip(odds, -50, 50)))).astype(np.float32)
    return scores


def measure_likeness(likeness: Likeness, one: _Vectors, other: _Vectors) -> float:
    """Return the similarity of two faces: `compare_faces` for one pair.

    Args:
        likeness: The weights that the embeddings were computed with.
        one: (d,), from `embed_face`.
        other: (d,).

    Returns:
        0 to 1. Above 0.5 they look more alike than 99 % of pairs of different, comparable people.
    """
    return float(compare_faces(likeness, one[None], other[None])[0, 0])
