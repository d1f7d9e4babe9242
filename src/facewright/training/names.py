"""Names of the files of a training run, by the number of pictures seen."""

from __future__ import annotations

import re
from pathlib import Path

_SNAPSHOT = re.compile(r"snapshot-(\d+(?:\.\d+)?)\.safetensors")


def format_kimg(images: int, *, width: int = 6) -> str:
    """Format a number of pictures in thousands, exactly, so that different numbers differ.

    Args:
        images: Number of pictures.
        width: Least number of digits before the point, so that most names sort by age.

    Returns:
        A whole number if possible, else with three decimals.

    Example:
        >>> format_kimg(400_000), format_kimg(12_008), format_kimg(8, width=1)
        ('000400', '000012.008', '0.008')
    """
    whole, rest = divmod(images, 1000)
    return f"{whole:0{width}d}" + (f".{rest:03d}" if rest else "")


def snapshot_path(outdir: Path, images: int) -> Path:
    """Return the path of the weights of a run after so many pictures.

    Args:
        outdir: The folder of the run.
        images: Number of pictures that it has seen.
    """
    return outdir / f"snapshot-{format_kimg(images)}.safetensors"


def snapshot_kimg(path: Path) -> float | None:
    """Return the thousands of pictures of a snapshot, by the name of its file.

    Returns:
        Thousands of pictures; None if it is no name of a snapshot.

    Example:
        >>> snapshot_kimg(snapshot_path(Path("runs"), 12_008))
        12.008
    """
    match = _SNAPSHOT.fullmatch(path.name)
    return float(match[1]) if match else None
