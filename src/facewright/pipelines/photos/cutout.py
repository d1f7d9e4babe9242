"""The steps of an emoji by themselves: a face in the middle, its mask, the head, the person."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from facewright.pipelines.result import Result
from facewright.toon.emoji import Window, find_window, outline, trim
from facewright.toon.heads.cutout import cut_head
from facewright.toon.heads.person import cut_person
from facewright.toon.heads.upright import check_whole, turn_upright
from facewright.types import Face, Image, Manifest


@dataclass(frozen=True, slots=True)
class CutoutResult(Result):
    """What was cut out of a photo; `image` is the head, (height, width, 4)."""

    crop: Image = field(kw_only=True)
    """(height, width, 3): the photo turned so that the face is upright and in the middle."""
    alpha_of_head: Image = field(kw_only=True)
    """(height, width): how much of each pixel there is the head, 0 to 255."""
    person: Image = field(kw_only=True)
    """(height, width, 4) of the photo: without what is behind the person."""
    window: Window = field(kw_only=True)
    """What `cut` cuts out of `image` and `crop`."""

    def cut(self, part: str, size: int) -> Image:
        """Return a part.

        Args:
            part: One of `person.PARTS`.
            size: Of head, mask and crop, which lie over each other; in pixels.

        Returns:
            (height, width, 3), or RGBA (height, width, 4) of head and person.
        """
        if part == "head":
            return trim(self.image, self.window, size, height=1.0)
        if part == "person":
            return self.person
        if part == "person-mask":
            return _as_picture(self.person[..., 3])
        whole = np.full_like(self.alpha_of_head, 255)
        shown = self.crop if part == "crop" else _as_picture(self.alpha_of_head)
        return trim(np.dstack([shown, whole]), self.window, size, height=1.0)[..., :3]


def cut_out(image: Image, face: Face, manifest: Manifest, *, rim: bool) -> CutoutResult:
    """Cut head and person out of a photo.

    Args:
        image: (height, width, 3).
        face: With its mesh.
        manifest: Its manifest.
        rim: Lay a white rim around the head.

    Raises:
        InputError: The border of the picture cuts through the face, or it looks aside.
    """
    check_whole(face.points, image.shape[1::-1])
    picture = turn_upright(image, face.points)
    head = cut_head(picture)
    front, alpha = cut_person(image, face.points, head)
    alpha_of_head = np.rint(255 * head.alpha).astype(np.uint8)
    cut = np.dstack([head.image, alpha_of_head])
    cut = outline(cut) if rim else cut
    return CutoutResult(
        cut,
        manifest,
        crop=picture.image,
        alpha_of_head=alpha_of_head,
        person=np.dstack([front, np.rint(255 * alpha).astype(np.uint8)]),
        window=find_window([cut], height=1.0),
    )


def _as_picture(mask: Image) -> Image:
    """Return a mask as a grey picture, (height, width, 3)."""
    return np.repeat(mask[..., None], 3, axis=2)
