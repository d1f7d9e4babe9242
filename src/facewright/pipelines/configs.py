"""Configurations of pipelines, whose defaults suit most callers; without PyTorch."""

from dataclasses import dataclass, fields
from typing import Any, Literal

from facewright.types import (
    TRUNCATION_PSI,
    Backend,
    Blend,
    Json,
    Smoothing,
    TruncationTarget,
    WarpMethod,
)


@dataclass(frozen=True, kw_only=True)
class Truncation:
    """Truncation, rejection and batches of generated people."""

    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi, --psi for short: 1 is full variety, 0 is the average face; 0.7 is usual."""
    truncate_to: TruncationTarget | None = None
    """Target of truncation: centres is the nearest of several centres of people with the same
    labels, mean the average of all; if not given, centres if the generator has them."""
    reject: float | None = None
    """Share of people with each combination of labels, such as 0.2, to replace because they are
    predicted to be flawed; if not given, what the weights recommend, or 0 if they cannot predict
    it."""
    cutoff: int | None = None
    """Truncate only the first so many layers; all if not given."""
    noise: Literal["const", "none"] = "const"
    """Noise of the layers: const is the fixed noise of the generator, none leaves it out."""
    batch: int | None = None
    """Number of people synthesised at a time; chosen by the size of the generator if not given.
    Another batch size changes the last bits of pictures."""
    backend: Backend = "torch"
    """What computes the synthesis: torch, or openvino, which draws several times as many people per
    second on a CPU after seconds of preparation, and needs facewright[openvino]. The last bits of
    pictures differ."""


@dataclass(frozen=True, kw_only=True)
class DetectionConfig:
    """Options of face detection."""

    smallest: float | None = None
    """Size in pixels of the smallest face to find; if not given 24, or 2 % of the longer side of a
    large picture."""
    threshold: float = 0.4
    """Lowest score of a face, 0.01 to 0.99; less finds more faces, and more false ones."""


@dataclass(frozen=True, kw_only=True)
class SwapConfig(DetectionConfig):
    """Options of swapping faces."""

    warp: WarpMethod = "3d"
    """Warping method: 3d rotates the mesh and fills hidden parts by symmetry, 2d moves flat
    triangles."""
    match_colour: bool = True
    """Match the light and the skin tone of the body."""
    blend: Blend = "multiband"
    """Blending of the face with the picture at its edge: multiband, poisson or feather."""
    shape: float = 1.0
    """Share of the face's proportions in jaw, eyes, nose and mouth, 0 to 1; 0 keeps those of the
    body."""
    source_face: str = "largest"
    """Which face of FACE to use if it shows several: largest, left, right or a number."""


@dataclass(frozen=True, kw_only=True)
class ConvertConfig(DetectionConfig):
    """Options of converting faces."""

    whole: bool = False
    """Translate the whole picture instead of the faces in it."""
    enhance: bool = False
    """Smooth what was translated, then sharpen it."""
    scale: int = 1
    """Enlarge the whole result by this factor, as `facewright enhance` does: 2 or 4; 1 does not."""


@dataclass(frozen=True, kw_only=True)
class EnhanceConfig:
    """What follows the network that enlarges."""

    mode: Literal["faithful", "vivid"] = "faithful"
    """How faces are drawn: faithful adds what most likely was there, and leaves the rest soft;
    vivid draws small faces anew, sharper, with detail that it invents."""

    smooth: float | str = 0.0
    """How much to smooth after that: light, medium, strong, or a number from 0 to 5."""
    sharpen: float | str = 0.0
    """Strength of sharpening after that: light, medium, strong, or a number from 0 to 5."""
    smoothing: Smoothing = "gaussian"
    """Method of smoothing: gaussian blurs everything alike, bilateral and guided preserve edges."""
    threshold: float = 0.4
    """Lowest score of a face, 0.01 to 0.99; less finds more faces, and more false ones."""


@dataclass(frozen=True, kw_only=True)
class ReadingConfig(DetectionConfig):
    """Options of reading expressions."""

    smoothing: float = 0.3
    """Time constant of the smoothing of readings in clips, in seconds; 0 for none."""
    calibrate: str | None = None
    """Your neutral face, if it is always read as sad or angry: a picture or clip of it; or seconds,
    such as 3, during which the largest face at the beginning of a clip or camera is neutral. The
    calibration is for that person alone."""


@dataclass(frozen=True, kw_only=True)
class ToonConfig(DetectionConfig):
    """Options of drawing characters."""

    portrait: bool = False
    """Draw the character as a picture of its own, instead of pasting it over the face."""
    size: int = 512
    """Width and height of a portrait in pixels."""
    every: int = 1
    """Draw only every n-th frame of a clip, such as 10; its sound stays as it is."""
    fill: bool = False
    """With --every 2 to 30, draw all frames: the latents of a face are computed in every n-th frame
    and interpolated in between. It saves time with --refine."""
    refine: int | None = None
    """Optimisation steps for the latents of a face; if not given 20 in a picture, 0 in clips, and
    60 without an encoder."""
    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi of the latents, --psi for short: 0 is the average character, 1 keeps most of
    the person but less of the style."""
    temporal_smoothing: float = 0.2
    """Time constant of the smoothing of latents in clips, in seconds; 0 for none."""


def record_config(config: Any, kind: type[Any]) -> dict[str, Json]:
    """Return option → value of a configuration, without fields of subclasses."""
    return {one.name: getattr(config, one.name) for one in fields(kind)}
