"""Options of `evaluate`; no PyTorch, so that help is quick."""

from dataclasses import dataclass
from pathlib import Path

from facewright.jobs.options import Runtime
from facewright.types import Precision

METRICS = {
    "swd": ("SWD",),
    "originality": ("memorisation", "near copies"),
    "fid": ("FID", "Fréchet distance"),
    "kid": ("KID", "kernel distance"),
    "pr": ("precision", "recall"),
    "ppl": ("PPL",),
}
"""Metric → the beginnings of the names of its values."""

USUAL_COUNT = 2048
"""Default number of real and of generated pictures, if the dataset has as many."""


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions(Runtime):
    """Measurements, and number of pictures."""

    count: int | None = None
    """Number of real and of generated pictures; if not given 2048, or as many as the dataset has.
    For a report, the number of generated people, whatever the dataset has."""
    report: Path | None = None
    """A folder for a page with pictures: quality, variety, originality, each group of labels."""
    held_out: Path | None = None
    """For the report: a folder or zip of real people outside the training data. If not given, each
    person of the dataset is compared with the others instead."""
    metrics: str = "swd,originality"
    """Measurements: swd, originality; and with a feature network fid, kid, pr, ppl."""
    features: Path | None = None
    """A file with the feature network; the one of the catalog is downloaded if not given."""
    truncation_psi: float = 1.0
    """Truncation psi, --psi for short: 1 is full variety, 0 is the average face."""
    seed: int = 0
    """Seed of every random number generator."""
    batch: int | None = None
    """Number of people synthesised at a time; chosen by the size of the generator if not given."""
    precision: Precision = "auto"
    """Number format of the convolutions; auto is bfloat16 if the processor supports it."""
