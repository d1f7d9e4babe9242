"""Options that several commands share, each declared once; no PyTorch, so that help is quick."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from facewright.types import Json

NOT_RECORDED = frozenset(
    {"out", "overwrite", "device", "consent", "detector", "finder", "mesh", "largest_mib"}
    | {"lenient", "seed", "seeds", "show", "port", "open", "record", "live", "page", "format"}
)
"""Options that manifests leave out: they have a place of their own there, or say where a file goes,
or are files, which count by name and sha256."""


@dataclass(frozen=True, kw_only=True)
class Writing:
    """How results are written."""

    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""
    overwrite: bool = False
    """Replace files that are there already."""


@dataclass(frozen=True, kw_only=True)
class Output(Writing):
    """Where results go."""

    out: Path
    """The picture (.png, .jpg, .webp, .bmp) or clip (.mp4, .gif) to write; of a folder or several
    sources, a folder."""


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Who agreed."""

    consent: str | None = None
    """Who agreed to what, where a real person is shown; `self` if it is you, `generated` if nobody
    in it exists. It is written into the result."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Where to compute."""

    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""


@dataclass(frozen=True, kw_only=True)
class Detectors:
    """What finds faces."""

    finder: str | None = None
    """The network that finds faces: a name that `facewright models list` shows, or a file that
    `facewright train finder` wrote; the one that ships with the package if not given."""
    mesh: str | None = None
    """The network that places points on them: likewise, from `facewright train mesh`."""


@dataclass(frozen=True, kw_only=True)
class Leniency:
    """What counts as success."""

    lenient: bool = False
    """Exit with 0 even if files were refused, or a clip broke off, once what is there was used."""


def record_options(options: Any) -> dict[str, Json]:
    """Return option → value, as a manifest records them."""
    said = {one.name: getattr(options, one.name) for one in fields(options)}
    return {
        name.rstrip("_"): list(value) if isinstance(value, tuple) else value
        for name, value in said.items()
        if name.rstrip("_") not in NOT_RECORDED
    }
