"""Write crops of detected faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath

from facewright.errors import FileError, InputError
from facewright.faces.align import align
from facewright.faces.detection.drawing import Numbered
from facewright.jobs.outputs import Folder, is_done
from facewright.provenance.publish import publish_image, read_manifest
from facewright.types import Image, Json, Manifest, TemplateName

_ASKED = 20  # files that stand for all in a folder
_DRAWN = {"draw", "quality"}  # options that crops do not depend on


@dataclass(frozen=True, slots=True)
class Cropper:
    """Writer of crops, with destination and alignment."""

    folder: Folder
    template: TemplateName
    size: int
    """Width and height in pixels."""
    overwrite: bool

    def cut_faces(
        self,
        image: Image,
        faces: Sequence[Numbered],
        place: PurePosixPath,
        manifest: Manifest,
        *,
        frame: int | None = None,
    ) -> dict[int, Path]:
        """Write a crop of each face, named after its picture and its number.

        A crop that is there already, of the same face and cut in the same way, stays.

        Args:
            image: (height, width, 3), uint8.
            faces: Each with its number.
            place: The path of the picture inside of its source.
            manifest: Manifest of the annotated picture.
            frame: Index of the frame of a clip, whose crops go into one folder; None for a picture.

        Returns:
            The file of each number.

        Raises:
            InputError: A file exists already.
            FileError: One cannot be written.
        """
        searched = {k: v for k, v in manifest.parameters.items() if k not in _DRAWN}
        how: dict[str, Json] = {"template": self.template, "size": self.size}
        how |= {} if frame is None else {"frame": frame}
        written = {}
        for number, face in faces:
            path = self.folder.name_file(_name(place, number, frame), (), ".png")
            about = replace(manifest, parameters={**searched, **how, "number": number})
            written[number] = path
            if self.overwrite or not is_done(path, about):
                crop = align(image, face.points, template=self.template, size=self.size)
                publish_image(crop.image, path, about, overwrite=self.overwrite)
        return written


def check_crops(folder: Path, how: Mapping[str, Json]) -> None:
    """Check that a folder holds no crops that were cut with other options.

    Args:
        folder: Where crops are to go; it may be missing.
        how: Parameters in the manifest of each crop.

    Raises:
        InputError: It holds such crops.
    """
    for path in islice(folder.rglob("*.png"), _ASKED):
        try:
            manifest = read_manifest(path)
        except FileError:
            continue
        there = manifest.parameters
        if manifest.task == "find" and "template" in there and how.items() - there.items():
            hint = "pass --overwrite to replace what is there, or name another folder"
            raise InputError(f"{folder} holds crops that were cut with other options", hint=hint)


def _name(place: PurePosixPath, number: int, frame: int | None) -> PurePosixPath:
    """Return the path of a crop, with an ending that is to be replaced.

    The dot tells face 2 of `x-1.jpg` from the second `x.jpg` of a run, whose crops are `x.1-2.png`.

    >>> str(_name(PurePosixPath("a/b.jpg"), 2, None)), str(_name(PurePosixPath("c.mp4"), 1, 7))
    ('a/b.2.jpg', 'c/000007.1.mp4')
    >>> str(_name(PurePosixPath("photo"), 1, None))
    'photo.1.png'
    """
    ending = place.suffix or ".png"
    if frame is None:
        return place.with_name(f"{place.stem}.{number}{ending}")
    return place.with_suffix("") / f"{frame:06d}.{number}{ending}"
