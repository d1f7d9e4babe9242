"""The nouns that travel between packages."""

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
"""How a pasted face meets the picture at its rim."""

WarpMethod: TypeAlias = Literal["3d", "2d"]
"""The mesh with depth and hidden sides, or triangles in the plane of the picture."""

Part: TypeAlias = Literal["mouth", "eyes", "glasses", "beard"]
"""What may be kept of a face that is covered."""

Smoothing: TypeAlias = Literal["gaussian", "bilateral", "guided"]
"""How pictures are smoothed."""

HairStyle: TypeAlias = Literal["auto", "short", "long"]
"""How the hair of emoji is made: cut out of the picture where it can be, or drawn."""

EmojiStyle: TypeAlias = Literal["drawn", "photo", "toon", "baby"]
"""How the expressions of emoji come about: by hand, as it were, or by moving latents."""

StickerStyle: TypeAlias = EmojiStyle | Literal["cutout"]
"""Likewise, or the head as the photo shows it."""

FaceDrawing: TypeAlias = Literal["boxes", "points", "mesh", "none"]
"""What is drawn of a face that was found; each but the last with its box, number and score."""

TemplateName: TypeAlias = Literal["ffhq", "tight", "portrait", "arcface", "expression"]
"""How a crop that people ask for is aligned: keys of `faces.templates.TEMPLATES`."""

Noise: TypeAlias = Literal["const", "random", "none"]
"""The noise that a layer adds: its own fixed one, a new one each time, or none."""

TruncationTarget: TypeAlias = Literal["centres", "mean"]
"""What truncation pulls people towards: the nearest of several centres of people with their labels,
where the generator has them, or the mean of all."""

LATENTS = ".latents"
"""The ending of files of latents."""
TRUNCATION_PSI = 0.7
"""How far people go from the average of theirs where nobody says; measurements are made at 1."""

REFINE_STEPS = 100
"""How often latents that were found for a picture are corrected where nobody says."""

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
    """Where a face is in a picture; never whose.

    Coordinates are pixels of that picture; (0, 0) is the centre of its top-left pixel.
    """

    box: NDArray[np.float32]
    """Left, top, right, bottom."""
    points: NDArray[np.float32]
    """(k, 3): x, y and z of each landmark."""
    score: float
    """How sure the detector is, 0 to 1."""

    def __post_init__(self) -> None:
        """Check the shapes."""
        if self.box.shape != (4,) or self.points.ndim != 2 or self.points.shape[1] != 3:
            raise InputError(
                f"a face has a box (4,) and points (k, 3), not {self.box.shape} and "
                f"{self.points.shape}"
            )


@dataclass(frozen=True, slots=True)
class Crop:
    """A square cut out of a picture, with its own way back."""

    image: Image
    """(size, size, 3)."""
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
        """Give every layer of the synthesis network its own copy of w: the only way to w+.

        Args:
            num_ws: How many style vectors the synthesis network takes.

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
    """What is known about a set of weights before loading it."""

    name: str
    kind: str
    """What the weights are for: "generator", "encoder", ..."""
    licence: str = "unknown"
    """SPDX identifier or a sentence."""
    trained_on: str = "unknown"
    """The data, each set with its licence."""
    source: str = ""
    """A file of the package, a URL, or the command that made the weights."""
    sha256: str = ""
    """Of the file; empty for weights that were never written."""
    size: int = 0
    """Bytes of the file."""
    notes: str = ""
    """Limits and measured numbers, in prose."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model at rest: what it is, how it is built, and its numbers. No code inside."""

    card: Card
    config: Mapping[str, Json]
    tensors: Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Manifest:
    """How a picture came about: needed to write one, enough to make it again."""

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
    """Who agreed to what, where a real person is shown."""
    version: str = ""
    """Of Facewright."""
    torch: str = ""
    """The version of PyTorch that computed it."""
    device: str = ""
    """What computed it: "cpu", or of a GPU also its name, such as "cuda: NVIDIA H200"."""
    marks: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What was done when the file was written so that it is known for what it is: "watermark" →
    its bits, or why there are none; "signature" → why there is none. Not part of how the picture
    came about, so that it does not count in comparisons."""


@dataclass(slots=True)
class Extent:
    """From when to when a file shows pictures; whoever reads it fills in the rest at its end."""

    begin: Fraction
    """When the first picture is shown, in seconds by the clock of the file."""
    end: Fraction | None = None
    """When the last one is no longer shown; None until all were read."""
    flaw: str = ""
    """Why not all is there that the file promises, naming it; empty if nothing is missing."""


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
    """How many frames there are, where known."""
    sound: str | None = None
    """Path of the file whose sound and subtitles belong to the clip."""
    times: Iterator[int] | None = None
    """When each frame is shown, rising from 0, in ticks; each is asked for after its frame. None is
    a constant rate."""
    tick: Fraction | None = None
    """Seconds per unit of the times."""
    extent: Extent | None = None
    """Of the file that is read; None for frames that were made."""
