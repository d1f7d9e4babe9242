"""Types that packages exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from facewright.errors import InputError

if TYPE_CHECKING:  # help that is quick loads neither
    import numpy as np
    import torch
    from numpy.typing import NDArray

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What a JSON file can hold: configurations, parameters and manifests are made of it."""

Image: TypeAlias = "NDArray[np.uint8]"
"""A picture: (height, width, 3), RGB, C-contiguous. RGBA only where a function says so."""

Space: TypeAlias = Literal["z", "w", "w+"]
"""Where latents live: the input of the mapping network, its output, or one w per layer."""


Blend: TypeAlias = Literal["poisson", "multiband", "feather"]
"""How a pasted face is blended into the picture."""

WarpMethod: TypeAlias = Literal["3d", "2d"]
"""How a face is warped: as a mesh with depth and hidden sides, or as triangles in the plane."""

Part: TypeAlias = Literal["mouth", "eyes", "glasses", "beard"]
"""Parts of the body's face that may be kept."""

Smoothing: TypeAlias = Literal["gaussian", "bilateral", "guided"]
"""Filter that smooths pictures."""

HairStyle: TypeAlias = Literal["auto", "short", "long"]
"""Hair of emoji: cut out of the picture where possible, or drawn short or long."""

HeadStyle: TypeAlias = Literal["toon", "baby", "character"]
"""Styles of heads in three dimensions."""

EmojiStyle: TypeAlias = Literal["drawn", HeadStyle]
"""How emoji are made: drawn onto the head, or as a character in three dimensions."""

StickerStyle: TypeAlias = Literal[EmojiStyle, "cutout"]
"""As `EmojiStyle`, or the head cut out of the photo."""

FaceDrawing: TypeAlias = Literal["boxes", "points", "mesh", "none"]
"""What is drawn of a detected face; all but "none" include its box, number and score."""

TemplateName: TypeAlias = Literal[
    "ffhq", "tight", "eyes-mouth", "portrait", "arcface", "expression"
]
"""Alignment of a crop: a key of `faces.templates.TEMPLATES`."""

Noise: TypeAlias = Literal["const", "random", "none"]
"""Noise that a layer adds: fixed, new for each call, or none."""

TruncationTarget: TypeAlias = Literal["centres", "mean"]
"""What truncation pulls w towards: the nearest of several centres of people with the same labels,
where the generator has them, or the mean of all."""

LATENTS = ".latents"
"""File extension of latents."""
TRUNCATION_PSI = 0.7
"""Default truncation psi: 0 is the centre of truncation, 1 no truncation; metrics use 1."""

REFINE_STEPS = 100
"""Default number of optimisation steps when a picture is inverted."""

Backend: TypeAlias = Literal["torch", "openvino"]
"""What computes the synthesis of pictures."""
Precision: TypeAlias = Literal["auto", "float32", "bfloat16", "float16"]
"""Number format of convolutions; auto is bfloat16 where the processor multiplies it natively."""


def check_image(image: Image) -> Image:
    """Return `image` if it is an RGB picture, and raise otherwise.

    Args:
        image: Any array.

    Returns:
        The same array.

    Raises:
        InputError: It is not uint8, not (height, width, 3), or not C-contiguous.
    """
    if image.dtype != "uint8" or image.ndim != 3 or image.shape[2] != 3:
        raise InputError(
            f"a picture is uint8 (height, width, 3), not {image.dtype} {image.shape}",
            hint="read pictures with facewright.media.decode.read_image",
        )
    if not image.flags.c_contiguous:
        raise InputError("a picture is C-contiguous", hint="pass numpy.ascontiguousarray(image)")
    return image


@dataclass(frozen=True, slots=True)
class Face:
    """Position of a face in a picture, without an identity.

    Coordinates are pixels of that picture; (0, 0) is the centre of its top-left pixel.
    """

    box: NDArray[np.float32]
    """Left, top, right, bottom."""
    points: NDArray[np.float32]
    """(k, 3): x, y and z of each landmark."""
    score: float
    """Score of the detector, 0 to 1."""

    def __post_init__(self) -> None:
        """Check the shapes."""
        if self.box.shape != (4,) or self.points.ndim != 2 or self.points.shape[1] != 3:
            raise InputError(
                f"a face has a box (4,) and points (k, 3), not {self.box.shape} and "
                f"{self.points.shape}"
            )


@dataclass(frozen=True, slots=True)
class Crop:
    """A square cut out of a picture, with the transform from the picture."""

    image: Image
    """(size, size, 3), uint8."""
    matrix: NDArray[np.float64]
    """2×3, from pixels of the picture to pixels of the crop."""
    template: str
    """The name of the alignment template."""

    def __post_init__(self) -> None:
        """Check the shapes."""
        height, width = check_image(self.image).shape[:2]
        if height != width or self.matrix.shape != (2, 3):
            raise InputError(
                f"a crop is square with a 2×3 matrix, not {height}×{width} with {self.matrix.shape}"
            )


@dataclass(frozen=True, slots=True)
class Latents:
    """Points in a generator's latent space."""

    values: torch.Tensor
    """(n, num_ws, dim), float32; z and w have one layer."""
    space: Space
    generator: str
    """The name of the generator that they belong to."""

    def __post_init__(self) -> None:
        """Check the shape."""
        if self.values.ndim != 3:
            raise InputError(f"latents are (n, num_ws, dim), not {tuple(self.values.shape)}")
        if self.space != "w+" and self.values.shape[1] != 1:
            raise InputError(f"latents in {self.space} have one layer, not {self.values.shape[1]}")

    def spread(self, num_ws: int) -> Latents:
        """Broadcast w to every layer of the synthesis network: the only way from w to w+.

        Args:
            num_ws: Number of style vectors of the synthesis network.

        Returns:
            Latents in w+, (n, num_ws, dim).

        Raises:
            InputError: The latents are in z, or in w+ with another number of layers.
        """
        if self.space == "z":
            raise InputError("z is not spread", hint="map it to w first")
        if self.space == "w+":
            if self.values.shape[1] != num_ws:
                raise InputError(f"w+ of {self.values.shape[1]} layers does not fit {num_ws}")
            return self
        return Latents(self.values.expand(-1, num_ws, -1), "w+", self.generator)


@dataclass(frozen=True, slots=True)
class Card:
    """Metadata of a set of weights, known before loading it."""

    name: str
    kind: str
    """Kind of network: "generator", "encoder", ..."""
    licence: str = "unknown"
    """SPDX identifier or a sentence."""
    trained_on: str = "unknown"
    """The data, each set with its licence."""
    source: str = ""
    """A file of the package, a URL, or the command that made the weights."""
    sha256: str = ""
    """sha256 of the file; empty for weights that were never written."""
    size: int = 0
    """Size of the file in bytes."""
    notes: str = ""
    """Limits and measured numbers, in prose."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model as data: card, configuration and tensors; no code."""

    card: Card
    config: Mapping[str, Json]
    tensors: Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Provenance of a picture: required for writing one, sufficient for making it again."""

    task: str
    """The name of the task, as on the command line."""
    parameters: Mapping[str, Json]
    """Every option of the task with the value that it had."""
    seeds: tuple[int, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    """Name of each set of weights → sha256 of its file."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Name of each file that went in → sha256."""
    consent: str = ""
    """Who agreed to what, where real people are shown; else empty."""
    version: str = ""
    """Version of Facewright."""
    torch: str = ""
    """The version of PyTorch that computed it."""
    device: str = ""
    """Device: "cpu", or the type and name of a GPU, such as "cuda: NVIDIA H200"."""
    marks: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Marks added when the file was written: "watermark" → its bits, or why there are none;
    "signature" → why there is none. They do not count in comparisons."""


@dataclass(slots=True)
class Extent:
    """Time range of the frames of a file; the reader completes it at the end."""

    begin: Fraction
    """When the first picture is shown, in seconds by the clock of the file."""
    end: Fraction | None = None
    """When the last one is no longer shown; None until all were read."""
    flaw: str = ""
    """What is missing of the content that the file announces; empty if nothing is."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Moving pictures. A still is a clip of one frame.

    What makes one frame out of each keeps rate, times and sound with
    `dataclasses.replace(clip, frames=map(change, clip.frames))`.
    """

    size: tuple[int, int]
    """Width and height in pixels."""
    rate: Fraction
    """Frames per second; on average, where there are times."""
    frames: Iterator[Image]
    """(height, width, 3) each, to be read once."""
    count: int | None = None
    """Number of frames; None if unknown."""
    sound: str | None = None
    """Path of the file whose sound and subtitles belong to the clip."""
    times: Iterator[int] | None = None
    """When each frame is shown, rising from 0, in ticks; each is asked for after its frame. None is
    a constant rate."""
    tick: Fraction | None = None
    """Seconds per unit of the times."""
    extent: Extent | None = None
    """Of the file that is read; None for frames that were made."""
