"""Turn one photo into latents: find the face, cut it out, search, and compare."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facewright.errors import InputError
from facewright.faces.align import align
from facewright.faces.similarity.identity import embed_face, measure_likeness
from facewright.gan.generator import Generator
from facewright.latents.files import StoredLatents
from facewright.latents.invert import Inversion, RefineOptions, invert_faces, look_at
from facewright.latents.tune import TuneOptions, tune_generator
from facewright.media.decode import read_image
from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import resize_image
from facewright.tasks.inverting.inverter import Inverter
from facewright.tasks.lookout import Lookout
from facewright.tasks.portraits import read_portraits
from facewright.types import Crop, Image, Latents

Steps = Callable[[int, int], None]
"""Called with how many steps are done, and of how many."""

_SHOWN = 256  # pixels: faces of before and after are enlarged to at least that


@dataclass(frozen=True, slots=True)
class Reading:
    """How well a generator draws a face from some latents."""

    name: str
    """How the latents were found: "average", "encoded", "refined" or "tuned"."""
    image: Image
    """What the generator draws, (resolution, resolution, 3)."""
    error: float
    """The root of the mean squared distance of the pixels, 0 to 255."""
    perceptual: float
    """The distance of what `face-features` sees, 0 to 4."""
    likeness: float
    """How much the faces look alike, 0 to 1, as `faces.identity` measures it."""


@dataclass(frozen=True, slots=True)
class InvertedPhoto:
    """A face of a photo, found again by a generator."""

    crop: Crop
    """The face as the generator would draw it; its matrix leads back into the photo."""
    stored: StoredLatents
    """The latents, w+, and the weights that they belong to."""
    readings: tuple[Reading, ...]
    """After each stage; the last one is of the latents."""
    tuned: Generator | None = None
    """The generator that draws them best, if it was tuned."""


def invert_photo(
    lookout: Lookout,
    inverter: Inverter,
    photo: Path,
    *,
    pick: str | None = None,
    options: RefineOptions | None = None,
    progress: Steps | None = None,
) -> InvertedPhoto:
    """Find the latents of the face in a photo: `invert_crop` of what `cut_photo` cuts out.

    Args:
        lookout: What finds the face.
        inverter: What finds its latents.
        photo: A picture that shows a face.
        pick: Which of several faces: largest, left, right or a number.
        options: How to refine; None is the default.
        progress: Called with how many steps are done, and of how many.

    Returns:
        The face, its latents, and how well they draw it.

    Raises:
        FileError: The photo is missing or damaged.
        InputError: It shows no face, or several and none is chosen.
    """
    crop = cut_photo(lookout, inverter, photo, pick=pick)
    return invert_crop(inverter, crop, options=options, progress=progress)


def cut_photo(
    lookout: Lookout, inverter: Inverter, photo: Path, *, pick: str | None = None
) -> Crop:
    """Cut the face out of a photo as a generator draws faces.

    Args:
        lookout: What finds the face.
        inverter: Says how, and how large.
        photo: A picture that shows a face.
        pick: Which of several faces: largest, left, right or a number.

    Raises:
        FileError: The photo is missing or damaged.
        InputError: It shows no face, or several and none is chosen.
    """
    (portrait,) = read_portraits(lookout, str(photo), pick).portraits
    size = inverter.generator.config.resolution
    return align(portrait.image, portrait.face.points, template=inverter.template, size=size)


def take_aligned(inverter: Inverter, photo: Path) -> Crop:
    """Read a picture that shows a face as a generator draws faces already.

    Args:
        inverter: Says how large.
        photo: A square picture of any size.

    Raises:
        FileError: The picture is missing or damaged.
        InputError: It is not square.
    """
    image = read_image(photo)
    height, width = image.shape[:2]
    if height != width:
        raise InputError(
            f"{photo} has {width}×{height} pixels, and an aligned face is square",
            hint="leave out --aligned: the face is found and cut out then",
        )
    size = inverter.generator.config.resolution
    scale = size / width
    matrix = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2]])
    return Crop(resize_image(image, size), matrix, inverter.template)


def invert_crop(
    inverter: Inverter,
    crop: Crop,
    *,
    options: RefineOptions | None = None,
    tune: TuneOptions | None = None,
    progress: Steps | None = None,
) -> InvertedPhoto:
    """Find the latents of a face that is cut out.

    Args:
        inverter: What finds them.
        crop: From `cut_photo`.
        options: How to refine; None is the default.
        tune: How to tune the generator to the face; None leaves it as it is.
        progress: Called with how many steps are done, and of how many.

    Returns:
        The latents, and how well they draw the face after each stage.
    """
    options = options or RefineOptions()
    total = options.steps + (tune.steps if tune else 0)
    images, generator = crop.image[None], inverter.generator
    begun = _invert(inverter, images, dataclasses.replace(options, steps=0), None)
    readings = [_read("encoded" if inverter.encoder else "average", begun, inverter, crop)]
    found, tuned = begun, None
    if options.steps:
        found = _invert(inverter, images, options, _add(progress, 0, total))
        readings.append(_read("refined", found, inverter, crop))
    if tune:
        told = _add(progress, options.steps, total)
        ws, features = found.ws.to(inverter.device), inverter.features
        tuned = tune_generator(
            generator, ws, images, features=features, options=tune, progress=told
        )
        readings.append(_read("tuned", look_at(tuned, ws, images, features), inverter, crop))
    stored = StoredLatents(Latents(found.ws, "w+", inverter.name), inverter.sha256)
    return InvertedPhoto(crop, stored, tuple(readings), tuned)


def draw_before_and_after(found: InvertedPhoto) -> Image:
    """Return a sheet: the face of the photo, and what is drawn after each stage."""
    size = len(found.crop.image)
    faces = [found.crop.image, *(reading.image for reading in found.readings)]
    captions = [f"{size} pixels", *(f"RMSE {reading.error:.1f}" for reading in found.readings)]
    return contact_sheet(
        [resize_image(face, max(size, _SHOWN)) for face in faces],
        columns=len(faces),
        labels=captions,
        column_labels=["photo", *(reading.name for reading in found.readings)],
    )


def _invert(
    inverter: Inverter, images: Image, options: RefineOptions, progress: Steps | None
) -> Inversion:
    """Search as the options say."""
    return invert_faces(
        inverter.generator,
        images,
        encoder=inverter.encoder,
        features=inverter.features,
        options=options,
        progress=progress,
    )


def _read(name: str, found: Inversion, inverter: Inverter, crop: Crop) -> Reading:
    """Compare what a generator draws with the face that is wanted."""
    image, likeness = found.images[0], inverter.likeness
    pair = (embed_face(likeness, one) for one in (crop, dataclasses.replace(crop, image=image)))
    alike = measure_likeness(likeness, *pair)
    return Reading(name, image, found.errors[0], found.distances[0], alike)


def _add(progress: Steps | None, before: int, total: int) -> Steps | None:
    """Return what counts steps on from those that were done before."""
    if progress is None:
        return None
    return lambda done, _: progress(before + done, total)
