"""Convert faces where they are, and leave the rest of the picture as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.convert.generators import Translator, check_strength, translate_images
from facewright.faces.align import align, paste_change
from facewright.faces.geometry.matrices import transform_points
from facewright.faces.masks import Mask, draw_face_mask, fade_border, measure_face, soften_outside
from facewright.types import Crop, Image

Finish: TypeAlias = Callable[[Image], Image]
"""What is done to a converted picture of any size before it is used."""

_REACH = 0.55  # how far beyond the face its surroundings change too, in distances between the eyes
_BORDER = 0.1  # of the crop, over which a change begins


@dataclass(frozen=True, slots=True)
class Framing:
    """How a translator wants to see a face."""

    template: str = "tight"
    """One of `faces.templates.TEMPLATES`."""
    size: int = 128
    """Width and height of the crop in pixels."""


class FaceConverter:
    """Converts the faces of pictures, one after the other."""

    def __init__(
        self,
        translator: Translator,
        framing: Framing,
        *,
        dtype: torch.dtype = torch.float32,
        finish: Finish | None = None,
    ) -> None:
        """Prepare to convert.

        Args:
            translator: On its device.
            framing: How it wants to see a face.
            dtype: The number format of its convolutions: float32 or bfloat16.
            finish: What is done to each converted face before it is put back.
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

        Each face is cut out and translated, and what that changed is put back: detail that the
        crop is too small to show stays, and so does everything away from the face, to the bit.

        Args:
            image: (height, width, 3).
            faces: The meshes of the faces, (478, 3) each.
            strengths: How much to change: 0 is nothing, 1 what the translator does, up to 2 more
                of the same.

        Returns:
            A picture for each strength.

        Raises:
            InputError: A strength is out of range, or the framing does not suit the translator.
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
        masks = [draw_soft_mask(p, crop) for p, crop in zip(faces, crops, strict=True)]
        return [self._paste(image, crops, made, masks, strength) for strength in strengths]

    def _paste(
        self,
        image: Image,
        crops: Sequence[Crop],
        made: Image,
        masks: Sequence[Mask],
        strength: float,
    ) -> Image:
        """Put the changes of some strength into a picture."""
        result = image
        for crop, new, mask in zip(crops, made, masks, strict=True):
            if strength == 0:
                continue
            edited = blend_change(crop.image, new, strength)
            result = paste_change(result, crop, finish_image(edited, self._finish), mask)
        return result


def blend_change(image: Image, made: Image, strength: float) -> Image:
    """Take so much of a change: along the line from one picture to the other, and beyond.

    Args:
        image: Before, of any shape.
        made: After, of the same shape.
        strength: 0 is before, 1 is after.
    """
    if strength in (0, 1):
        return made if strength else image
    x = image.astype(np.float32)
    return np.rint(x + strength * (made - x)).clip(0, 255).astype(np.uint8)


def finish_image(image: Image, finish: Finish | None) -> Image:
    """Return a picture, finished where something says how."""
    return finish(image) if finish else image


def draw_soft_mask(points: NDArray[np.float32], crop: Crop) -> Mask:
    """Return how much of a change to take where: all on the face, less and less around it.

    Hair and neck beside the face change a little, so that no border shows.

    Args:
        points: (478, 3), the mesh in pixels of the picture.
        crop: Of the face.

    Returns:
        (size, size), 0 to 1; 0 at the border of the crop.
    """
    inside = transform_points(points, crop.matrix)
    side = len(crop.image)
    mask = draw_face_mask(inside, (side, side))
    return fade_border(soften_outside(mask, _REACH * measure_face(inside)), _BORDER * side)
