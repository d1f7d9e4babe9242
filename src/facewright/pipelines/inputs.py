"""Inputs of pipelines: paths, Pillow images, arrays, tensors, results of others."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch

from facewright.device import to_images
from facewright.errors import FileError, InputError
from facewright.hub.bundle import file_sha256
from facewright.media.camera import PREFIX as CAMERA
from facewright.media.camera import open_camera
from facewright.media.decode import read_with_alpha
from facewright.media.pillow import PillowImage, from_pillow
from facewright.media.stills.alpha import Alpha, lay_over
from facewright.media.video import read_clip as open_clip
from facewright.pipelines.consent import GENERATED, consent_of, shows_nobody
from facewright.pipelines.result import Ingredients, LatentsResult, Result
from facewright.provenance.manifest import parse_seeds
from facewright.types import Clip, Image, check_image

Picture: TypeAlias = "str | os.PathLike[str] | PillowImage | Image | torch.Tensor | Result"
"""A file; a Pillow image; (height, width, 3) uint8; a tensor (3, height, width) or
(1, 3, height, width) in [-1, 1]; or the result of a pipeline."""

Seeds: TypeAlias = int | str | Iterable[int]
"""One seed, several, or a text of numbers and ranges such as "0-15,42"."""

Pictures: TypeAlias = "Picture | list[Picture] | tuple[Picture, ...]"
"""One picture, or several."""

IN_MEMORY = "memory"
"""Name of pictures without a file in manifests."""


@dataclass(frozen=True, slots=True)
class Source:
    """An input picture, with its entries in a manifest."""

    colours: Image
    """(height, width, 3), as `media.decode.read_with_alpha` reads it."""
    name: str
    """The name of the file, without its folder, or `IN_MEMORY`."""
    sha256: str
    """Hash of the file; for a picture in memory, of its pixels."""
    consent: str = ""
    """The consent that the file or result records; empty without one."""
    drawn: bool = False
    """Whether it is generated: such pictures are small and show one face."""
    alpha: Alpha | None = None
    """(height, width); None for an opaque picture."""

    @property
    def image(self) -> Image:
        """The picture over white."""
        return lay_over(self.colours, self.alpha)

    def describe(self, role: str, consent: str | None = None) -> Ingredients:
        """Return its entries in a manifest.

        Args:
            role: Its role for the verb, such as "face".
            consent: The consent that the caller gives; it overrides that of the file.
        """
        agreed = (consent or "").strip() or self.consent
        return Ingredients(sources={f"{role}/{self.name}": self.sha256}, consent=agreed)


@contextlib.contextmanager
def naming(name: str) -> Iterator[None]:
    """Prefix errors about a picture with the name of its file."""
    try:
        yield
    except FileError:  # it has the name
        raise
    except InputError as error:
        said = str(error)
        raise InputError(
            said if name in ("", IN_MEMORY) else f"{name}: {said}", hint=error.hint
        ) from error


def read_picture(picture: Picture) -> Source:
    """Read a picture in any form of `Picture`.

    Raises:
        FileError: The file is missing or damaged.
        InputError: It is no picture.
    """
    if isinstance(picture, str | os.PathLike):
        return read_file(Path(picture))
    alpha, consent = None, ""
    if isinstance(picture, Result):
        colours, alpha, consent = picture.image, picture.alpha, consent_of(picture.manifest)
    elif isinstance(picture, np.ndarray):
        colours = picture
    elif isinstance(picture, torch.Tensor):
        colours = _read_tensor(picture)
    elif isinstance(picture, PillowImage):
        colours, alpha = from_pillow(picture)
    else:
        raise InputError(
            f"a picture is not a {type(picture).__name__}",
            hint="a path, a Pillow image, an array (height, width, 3), a tensor, or a result",
        )
    if colours.ndim == 3 and colours.shape[2] == 4:
        colours, alpha = colours[..., :3], np.ascontiguousarray(colours[..., 3])
    colours = check_image(np.ascontiguousarray(colours))
    data = hashlib.sha256(lay_over(colours, alpha).tobytes()).hexdigest()
    drawn = isinstance(picture, LatentsResult)
    return Source(colours, IN_MEMORY, data, consent, drawn, alpha)


def read_pictures(pictures: Pictures) -> list[Source]:
    """Read one picture or several, each as `read_picture` does."""
    several = pictures if isinstance(pictures, list | tuple) else [pictures]
    return [read_picture(one) for one in several]


def read_file(path: Path) -> Source:
    """Read a picture from a file.

    Raises:
        FileError: The file is missing or damaged.
    """
    consent = GENERATED if shows_nobody(str(path)) else ""
    colours, alpha = read_with_alpha(path)
    return Source(colours, path.name, file_sha256(path), consent, alpha=alpha)


def read_clip(path: str | os.PathLike[str], *, lenient: bool = False) -> Clip:
    """Open a clip for the `frames` of a pipeline.

    Args:
        path: An MP4, MOV, WebM, MKV, AVI, MTS, WMV, GIF, ...; "camera:0" for a camera.
        lenient: Whether to log a warning for a truncated or damaged clip. Otherwise its readable
            part is used, and saving the result raises `BrokenClipError` after writing it.

    Raises:
        FileError: The file is missing, damaged, or has no pictures.
        InputError: There is no such camera.
    """
    name = os.fspath(path)
    return open_camera(name) if name.startswith(CAMERA) else open_clip(Path(name), lenient=lenient)


def read_seeds(seeds: Seeds, name: str = "seeds") -> tuple[int, ...]:
    """Read seeds in any form of `Seeds`.

    Args:
        seeds: One, several, or a text such as "0-15,42".
        name: Name of the argument in errors.

    Returns:
        The seeds in order; at least one.

    Raises:
        InputError: They are something else, or below 0.
    """
    try:
        found = (
            parse_seeds(seeds.replace(" ", ""))
            if isinstance(seeds, str)
            else (seeds,)
            if isinstance(seeds, int)
            else tuple(seeds)
        )
    except FileError as error:
        raise InputError(
            f"`{seeds}` names no seeds", hint=f"`{name}` takes numbers and ranges such as 0-15,42"
        ) from error
    if not found or min(found) < 0 or max(found) >= 2**63:
        raise InputError(f"`{name}` names at least one seed, from 0 on", hint="such as 0-15,42")
    return found


def _read_tensor(picture: torch.Tensor) -> Image:
    """Return the picture in a tensor (3, height, width) or (1, 3, height, width)."""
    batch = picture if picture.ndim == 4 else picture[None]
    if batch.ndim != 4 or batch.shape[:2] != (1, 3) or not batch.is_floating_point():
        raise InputError(
            f"a picture is a tensor (3, height, width) in [-1, 1], not {tuple(picture.shape)} "
            f"of {picture.dtype}"
        )
    image: Image = to_images(batch)[0]
    return image
