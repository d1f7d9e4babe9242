"""How verbs work: the arguments of pipelines that most callers leave as they are. No PyTorch."""

from dataclasses import dataclass, fields
from typing import Any, Literal

from facewright.types import (
    TRUNCATION_PSI,
    Blend,
    Json,
    Smoothing,
    TruncationTarget,
    WarpMethod,
)


@dataclass(frozen=True, kw_only=True)
class Truncation:
    """How far people go from the average, and how they are drawn."""

    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi, --psi for short: 1 is full variety, 0 is the average face."""
    truncate_to: TruncationTarget | None = None
    """What psi pulls towards: the nearest of several centres of people with the same labels, or the
    mean of all; otherwise centres, where the generator has them."""
    reject: float | None = None
    """Share of people of each kind, such as 0.2, that are drawn anew because they would look
    flawed; otherwise what the weights recommend, and 0 where they cannot tell."""
    cutoff: int | None = None
    """Truncate only this many layers from the first; otherwise all."""
    noise: Literal["const", "none"] = "const"
    """Which noise the layers add."""
    batch: int | None = None
    """People at a time; otherwise as many as pay off for such a generator. Another batch changes
    the last bits."""


@dataclass(frozen=True, kw_only=True)
class DetectionConfig:
    """Which faces are found."""

    smallest: float | None = None
    """The smallest face to look for, in pixels; otherwise 24, or 2 % of the longer side of a large
    picture."""
    threshold: float = 0.4
    """Leave out faces of which the detector is less sure, 0.01 to 0.99."""


@dataclass(frozen=True, kw_only=True)
class SwapConfig(DetectionConfig):
    """How a face is put onto others."""

    warp: WarpMethod = "3d"
    """How pixels move: 3d turns the mesh and fills what is hidden by symmetry, 2d moves flat
    triangles."""
    match_colour: bool = True
    """Take over the light and the skin tone of the body."""
    blend: Blend = "multiband"
    """How the face meets the picture at its rim."""
    shape: float = 1.0
    """How far jaw, eyes, nose and mouth take the proportions of the face, 0 to 1."""
    source_face: str = "largest"
    """Which face of FACE is taken where it shows several: largest, left, right or a number."""


@dataclass(frozen=True, kw_only=True)
class ConvertConfig(DetectionConfig):
    """How faces are converted."""

    whole: bool = False
    """Translate all of the picture, whether it shows a face or not."""
    enhance: bool = False
    """Smooth what was translated, then sharpen it."""
    scale: int = 1
    """Enlarge all of the result so many times, as `facewright enhance` does: 2 or 4."""


@dataclass(frozen=True, kw_only=True)
class EnhanceConfig:
    """What follows the network that enlarges."""

    mode: Literal["faithful", "vivid"] = "faithful"
    """How faces are drawn: faithful adds what most likely was there, and leaves the rest soft;
    vivid draws small faces anew, sharper, with detail that it invents."""

    smooth: float | str = 0.0
    """How much to smooth after that: light, medium, strong, or a number from 0 to 5."""
    sharpen: float | str = 0.0
    """How much to sharpen at last, likewise."""
    smoothing: Smoothing = "gaussian"
    """How to smooth: gaussian blurs everything alike, bilateral and guided keep edges."""
    threshold: float = 0.4
    """Leave out faces of which the detector is less sure, 0.01 to 0.99."""


@dataclass(frozen=True, kw_only=True)
class ReadingConfig(DetectionConfig):
    """How expressions are read."""

    smoothing: float = 0.3
    """In clips, seconds over which what is read fades into what was read before; 0 for none."""
    calibrate: str | None = None
    """What your own neutral face looks like, if it is always read as sad or angry: a picture or
    clip of it, or so many seconds for which the largest face at the beginning of a clip or camera
    is neutral, such as 3. It suits one person, and changes nothing else."""


@dataclass(frozen=True, kw_only=True)
class ToonConfig(DetectionConfig):
    """How characters are drawn."""

    portrait: bool = False
    """Draw the character as a picture of its own, instead of putting it in place of the face."""
    size: int = 512
    """Width and height of a portrait in pixels."""
    every: int = 1
    """Of a clip, draw only every so many-th frame, such as 10; its sound stays as it is."""
    fill: bool = False
    """With --every 2 to 30, draw all frames: the latents of a face are found in every so many-th,
    and move evenly between. It pays off with --refine."""
    refine: int | None = None
    """How often the latents of a face are corrected; otherwise 20 times in a picture, and in clips
    not at all; 60 times where no encoder says where to begin."""
    truncation_psi: float = TRUNCATION_PSI
    """How much of the person the character has: 0 is the average character, 1 everything that was
    found, which draws it less clearly."""
    temporal_smoothing: float = 0.2
    """Over how many seconds the character of a clip is smoothed; 0 is not at all."""


def record_config(config: Any, kind: type[Any]) -> dict[str, Json]:
    """Return option → value of a configuration, without what subclasses add."""
    return {one.name: getattr(config, one.name) for one in fields(kind)}
