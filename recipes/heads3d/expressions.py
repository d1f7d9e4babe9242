"""Seven expressions as weights of MakeHuman's expression units, and freely mixed ones."""

from __future__ import annotations

import numpy as np

# `eyes-slit` stands for `eye-left-slit` and `eye-right-slit`; `brows` and `nostrils` likewise.
EXPRESSIONS: dict[str, tuple[dict[str, float], ...]] = {
    "neutral": ({"mouth-corner-puller": 0.3}, {"mouth-corner-puller": 0.15}),
    "happy": (
        {
            "mouth-corner-puller": 0.95,
            "mouth-parling": 0.5,
            "mouth-upward-retraction": 0.35,
            "eyes-slit": 0.08,
            "brows-up": 0.2,
        },
        {
            "mouth-corner-puller": 0.9,
            "mouth-open": 0.5,
            "mouth-upward-retraction": 0.3,
            "eyes-slit": 0.1,
            "brows-up": 0.3,
        },
        {"mouth-corner-puller": 1.05, "eyes-slit": 0.05, "brows-up": 0.1},
    ),
    "sad": (
        {"mouth-depression": 1.0, "brows-inner-up": 1.0, "eyes-slit": 0.3},
        {
            "mouth-depression": 0.8,
            "mouth-protusion": 0.3,
            "brows-inner-up": 1.1,
            "brows-down": 0.2,
            "eyes-closure": 0.15,
        },
    ),
    "angry": (
        {
            "brows-down": 1.0,
            "mouth-compression": 0.7,
            "mouth-depression": 0.4,
            "nostrils-dilatation": 0.5,
            "eyes-slit": 0.2,
        },
        {
            "brows-down": 1.0,
            "mouth-open": 0.35,
            "mouth-depression-retraction": 0.6,
            "nose-elevation": 0.5,
            "eyes-slit": 0.15,
        },
    ),
    "surprise": (
        {"mouth-open": 0.8, "brows-up": 1.0, "eyes-opened-up": 1.0},
        {"mouth-open": 0.5, "mouth-pursing": 0.4, "brows-up": 1.1, "eyes-opened-up": 0.9},
    ),
    "fear": (
        {
            "brows-inner-up": 1.0,
            "brows-up": 0.4,
            "eyes-opened-up": 1.0,
            "mouth-depression-retraction": 0.9,
            "mouth-open": 0.25,
        },
        {
            "brows-inner-up": 1.1,
            "eyes-opened-up": 0.9,
            "mouth-retraction": 0.8,
            "mouth-parling": 0.8,
        },
    ),
    "disgust": (
        {
            "nose-elevation": 1.0,
            "brows-down": 0.5,
            "mouth-depression": 0.5,
            "eyes-slit": 0.5,
            "mouth-elevation": 0.4,
        },
        {
            "nose-elevation": 0.9,
            "brows-down": 0.4,
            "mouth-upward-retraction": 0.6,
            "mouth-open": 0.2,
            "eyes-slit": 0.5,
        },
    ),
}

_PAIRS = {"eyes": "eye", "brows": "eyebrows", "nostrils": "nose"}
_TALK = ("mouth-open", "mouth-pursing", "mouth-protusion", "mouth-parling", "mouth-retraction")
_CHANCE = {
    "happy": 0.36,
    "neutral": 0.2,
    "surprise": 0.12,
    "sad": 0.09,
    "angry": 0.1,
    "fear": 0.06,
    "disgust": 0.07,
}


_SMALL = {
    "mouth-upward-retraction": 0.45,
    "mouth-corner-puller": 0.85,
    "mouth-open": 0.85,
    "nose-elevation": 0.8,
}
"""What small faces do less of: their cheeks have no room."""


def draw_expression(
    rng: np.random.Generator, name: str | None, *, small: bool = False
) -> tuple[str, dict[str, float]]:
    """Draw the weights of an expression.

    Args:
        rng: Where chance comes from.
        name: One of `EXPRESSIONS`; None draws one, weaker at times, at times with speech or a wink.
        small: Whether the face is that of a child.

    Returns:
        Its name, and units with their weights.
    """
    free = name is None
    chosen = name or str(rng.choice(list(_CHANCE), p=np.array(list(_CHANCE.values()))))
    kinds = EXPRESSIONS[chosen]
    strength = rng.uniform(0.45, 1.1) if free else rng.uniform(0.95, 1.1)
    units = {
        u: w * strength * rng.uniform(0.85, 1.15)
        for u, w in kinds[rng.integers(len(kinds))].items()
    }
    if free and rng.random() < 0.2:
        unit = str(rng.choice(_TALK))
        units[unit] = min(1.0, units.get(unit, 0) + rng.uniform(0.15, 0.6))
    if free and rng.random() < 0.06:
        units["eyes-closure"] = rng.uniform(0.2, 1.0)
    if small:
        units = {u: w * _SMALL.get(u, 1.0) for u, w in units.items()}
    return chosen, split_pairs(units, rng if free else None)


def split_pairs(
    units: dict[str, float], rng: np.random.Generator | None = None
) -> dict[str, float]:
    """Name the units of both sides; with chance, one side may be stronger."""
    out: dict[str, float] = {}
    for unit, weight in units.items():
        stem, _, rest = unit.partition("-")
        if unit == "nose-elevation":
            stem = "nostrils"
        if stem not in _PAIRS:
            out[unit] = out.get(unit, 0) + weight
            continue
        lean = rng.normal(0, 0.08) if rng is not None else 0.0
        if rng is not None and stem == "brows" and rng.random() < 0.08:
            lean = rng.choice([-1, 1]) * 0.5
        for side, sign in (("left", 1), ("right", -1)):
            out[f"{_PAIRS[stem]}-{side}-{rest}"] = weight * (1 + sign * lean)
    return out
