"""Convert the faces of a picture, and leave the rest unchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.convert.apply.shade import shade_face
from facewright.convert.generators import Translator, check_strength, translate_images
from facewright.faces.align import align, paste_change
from facewright.faces.geometry.matrices import transform_points
from facewright.faces.masks import Mask, draw_face_mask, fade_border, measure_face, soften_outside
from facewright.types import Crop, Image

Finish: TypeAlias = Callable[[Image], Image]
"""Post-processing of a converted picture of any size."""

_REACH = 0.55  # how far beyond the face its surroundings change too, in distances between the eyes
_BORDER = 0.1  # of the crop, over which a change begins


@dataclass(frozen=True, slots=True)
class Framing:
    """Alignment and size of the faces that a translator takes."""

    template: str = "tight"
    """One of `faces.templates.TEMPLATES`."""
    size: int = 128
    """Width and height of the crop in pixels."""


class FaceConverter:
    """Converts the faces of pictures by a translator."""

    def __init__(
        self,
        translator: Translator,
        framing: Framing,
        *,
        dtype: torch.dtype = torch.float32,
        finish: Finish | None = None,
    ) -> None:
        """Set up a converter.

        Args:
            translator: On its device.
            framing: Alignment and size of the faces that it takes.
            dtype: The number format of its convolutions: float32 or bfloat16.
            finish: Post-processing of each converted face; None for none.
        """
        self._translator, self._framing = translator, framing
        self._dtype, self._finish = dtype, finish

    def convert(
        self,
        image: Image,
        faces: Sequence[NDArray[np.float32]],
        strengths: Sequence[float] = (1.0,),
    ) -> list[Image]:
        """Convert the faces of a picture.

        Each face is aligned and translated, and the change is pasted back: finer detail than the
        crop's stays, and so does everything away from the face, bit for bit.

        Args:
            image: (height, width, 3).
            faces: The meshes of the faces, (478, 3) each.
            strengths: Factors on the change, 0 to 2: 0 is none, 1 that of the translator, more
                exaggerates it.

        Returns:
            A picture for each strength.

        Raises:
            InputError: A strength is out of range, or the translator cannot take the size of the
                framing.
        """
        for strength in strengths:
            check_strength(strength)
        if not faces:
            return [image for _ in strengths]
        template, size = self._framing.template, self._framing.size
        crops = [align(image, points, template=template, size=size) for points in faces]
        made = translate_images(
            self._translator, np.stack([crop.image for crop in crops]), dtype=self._dtype
        )
        return [self._paste(image, crops, made, faces, strength) for strength in strengths]

    def _paste(
        self,
        image: Image,
        crops: Sequence[Crop],
        made: Image,
        faces: Sequence[NDArray[np.float32]],
        strength: float,
    ) -> Image:
        """Paste changes of one strength into a picture."""
        result = image
        for crop, new, points in zip(crops, made, faces, strict=True):
            if strength == 0:
                continue
            if self._translator.config.shades:
                inside = transform_points(points, crop.matrix)
                edited = shade_face(crop.image, new, strength, inside)
            else:
                edited = blend_change(crop.image, new, strength)
            mask = draw_soft_mask(points, crop)
            result = paste_change(result, crop, finish_image(edited, self._finish), mask)
        return result


def blend_change(image: Image, made: Image, strength: float) -> Image:
    """Interpolate between two pictures, or extrapolate beyond the second.

    Args:
        image: Before, of any shape.
        made: After, of the same shape.
        strength: 0 is before, 1 is after, above 1 extrapolates.
    """
    if strength in (0, 1):
        return made if strength else image
    x = image.astype(np.float32)
    return np.rint(x + strength * (made - x)).clip(0, 255).astype(np.uint8)


def finish_image(image: Image, finish: Finish | None) -> Image:
    """Return a picture after post-processing, if there is any."""
    return finish(image) if finish else image


def draw_soft_mask(points: NDArray[np.float32], crop: Crop) -> Mask:
    """Return the weight of a change at each pixel: 1 on the face, fading around it.

    Hair and neck beside the face change a little, so that no border shows.

    Args:
        points: (478, 3), the mesh in pixels of the picture.
        crop: The crop of the face.

    Returns:
        (size, size), 0 to 1; 0 at the border of the crop.
    """
    inside = transform_points(points, crop.matrix)
    side = len(crop.image)
    mask = draw_face_mask(inside, (side, side))
    return fade_border(soften_outside(mask, _REACH * measure_face(inside)), _BORDER * side)
