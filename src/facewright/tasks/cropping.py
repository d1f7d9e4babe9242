"""Cut the faces that were found out of their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from facewright.faces.align import align
from facewright.provenance.publish import publish_image
from facewright.tasks.annotating import Numbered
from facewright.tasks.destinations import Folder
from facewright.types import Image, Json, Manifest

TemplateName: TypeAlias = Literal["ffhq", "tight", "portrait", "arcface", "expression"]
"""How a crop is aligned; the keys of `faces.templates.TEMPLATES`."""

_DRAWN = {"draw", "quality"}  # options that crops do not depend on


@dataclass(frozen=True, slots=True)
class Cropper:
    """Where crops go, and how they are aligned."""

    folder: Folder
    template: TemplateName
    size: int
    """Pixels."""
    overwrite: bool

    def cut_faces(
        self,
        image: Image,
        faces: Sequence[Numbered],
        place: PurePosixPath,
        manifest: Manifest,
        *,
        frame: int | None = None,
    ) -> list[Path]:
        """Write a crop of each face, named after its picture and its number.

        Args:
            image: (height, width, 3).
            faces: Each with its number.
            place: The path of the picture inside of its source.
            manifest: How what is drawn onto the picture comes about.
            frame: Of a clip, whose frames have their crops in one folder.

        Returns:
            The files.

        Raises:
            InputError: A file is there already.
            FileError: One cannot be written.
        """
        searched = {k: v for k, v in manifest.parameters.items() if k not in _DRAWN}
        how: dict[str, Json] = {"template": self.template, "size": self.size}
        how |= {} if frame is None else {"frame": frame}
        written = []
        for number, face in faces:
            crop = align(image, face.points, template=self.template, size=self.size)
            path = self.folder.name_file(_name(place, number, frame), (), ".png")
            about = replace(manifest, parameters={**searched, **how, "number": number})
            written.append(publish_image(crop.image, path, about, overwrite=self.overwrite))
        return written


def _name(place: PurePosixPath, number: int, frame: int | None) -> PurePosixPath:
    """Return the path of a crop, with an ending that is to be replaced.

    >>> str(_name(PurePosixPath("a/b.jpg"), 2, None)), str(_name(PurePosixPath("c.mp4"), 1, 7))
    ('a/b-2.jpg', 'c/000007-1.mp4')
    """
    if frame is None:
        return place.with_name(f"{place.stem}-{number}{place.suffix}")
    return place.with_suffix("") / f"{frame:06d}-{number}{place.suffix}"
