"""Name what a training run leaves behind after how much it has seen."""

from __future__ import annotations

import re
from pathlib import Path

_SNAPSHOT = re.compile(r"snapshot-(\d+(?:\.\d+)?)\.safetensors")


def format_kimg(images: int, *, width: int = 6) -> str:
    """Write how much a run has seen in thousands, exactly: no two counts look the same.

    Args:
        images: How many pictures.
        width: Digits before the point, at least, so that most names sort by age.

    Returns:
        A whole number where it is one, else with thousandths.

    Example:
        >>> format_kimg(400_000), format_kimg(12_008), format_kimg(8, width=1)
        ('000400', '000012.008', '0.008')
    """
    whole, rest = divmod(images, 1000)
    return f"{whole:0{width}d}" + (f".{rest:03d}" if rest else "")


def snapshot_path(outdir: Path, images: int) -> Path:
    """Return where a run writes weights to choose among.

    Args:
        outdir: The folder of the run.
        images: How many pictures it has seen.
    """
    return outdir / f"snapshot-{format_kimg(images)}.safetensors"


def snapshot_kimg(path: Path) -> float | None:
    """Return how many thousands of pictures had been seen, by the name of the file.

    Returns:
        None if that is no name of a snapshot.

    Example:
        >>> snapshot_kimg(snapshot_path(Path("runs"), 12_008))
        12.008
    """
    match = _SNAPSHOT.fullmatch(path.name)
    return float(match[1]) if match else None
