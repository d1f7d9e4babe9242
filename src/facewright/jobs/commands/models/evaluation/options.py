"""What `evaluate` can measure, and on what. No PyTorch, so that help is quick."""

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
"""What `evaluate` can measure → how the names of its numbers begin."""

USUAL_COUNT = 2048
"""Pictures on each side, where the dataset has as many."""


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions(Runtime):
    """What to measure, and on how many pictures."""

    count: int | None = None
    """Pictures on each side; otherwise 2048, or as many as the dataset has. For a report, so many
    people are made up, whatever the dataset has."""
    report: Path | None = None
    """A folder for a page with pictures: quality, variety, originality, each group of labels."""
    held_out: Path | None = None
    """For the report: a folder or zip of real people whom the generator has not seen. Otherwise
    those of the dataset stand in, each beside the others."""
    metrics: str = "swd,originality"
    """What to measure: swd, originality; and with a feature network fid, kid, pr, ppl."""
    features: Path | None = None
    """A file with the feature network; otherwise the one that the catalog knows is fetched."""
    truncation_psi: float = 1.0
    """Truncation psi, --psi for short: 1 is full variety, 0 is the average face."""
    seed: int = 0
    """Where every random number starts."""
    batch: int | None = None
    """People at a time; otherwise as many as pay off for such a generator."""
    precision: Precision = "auto"
    """Number format of the convolutions; auto is bfloat16 where the processor has it."""
