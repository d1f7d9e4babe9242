"""Open the face that is put onto others: a picture, a folder of references, or a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from facewright.errors import FacewrightError, InputError
from facewright.faces.choose import leave_out_minor, select_faces
from facewright.faces.detection.doubts import hint_at_face
from facewright.hub.bundle import file_sha256
from facewright.media.decode import read_image
from facewright.media.formats import find_kind
from facewright.tasks.lookout import Lookout
from facewright.types import Face, Image

SMALLEST_PICTURE, SMALLEST_FACE = 64, 48
"""Pixels below which a picture, and a face in it, are too small to be put onto another."""

_SURE, _SURELY_ONE = 0.5, 0.1  # the score of a face; that of one in what a generator drew


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of the face that is pasted."""

    name: str
    image: Image
    face: Face
    """With 478 points."""


@dataclass(frozen=True, slots=True)
class Portraits:
    """One face in one or several pictures, and what a manifest says about them."""

    portraits: tuple[Portrait, ...]
    sources: dict[str, str] = field(default_factory=dict)
    """Name of each file → sha256."""
    models: dict[str, str] = field(default_factory=dict)
    """Of the generator that drew it, name → sha256."""
    seeds: tuple[int, ...] = ()


def list_references(face: str) -> list[Path]:
    """Return the pictures that show the face.

    Args:
        face: A picture, or a folder of them.

    Returns:
        The picture, or those in the folder by name.

    Raises:
        InputError: The folder has no pictures, or what is named is a clip.
    """
    path = Path(face)
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if find_kind(file) == "picture")
        if not found:
            raise InputError(f"{path} has no pictures in it", hint="name a folder of references")
        return found
    if path.is_file() and (kind := find_kind(path)) != "picture":
        what = ", but a clip" if kind else ""
        raise InputError(
            f"{path} is no picture{what}", hint="a face comes from a picture: JPEG, PNG, WebP"
        )
    return [path]


def read_portraits(lookout: Lookout, face: str, pick: str | None) -> Portraits:
    """Read the pictures that show a face.

    Args:
        lookout: What finds it.
        face: A picture, or a folder of references.
        pick: Which of several faces in a picture, as `select_faces` takes it.

    Returns:
        The face. Of a folder, pictures that cannot be used are left out.

    Raises:
        FileError: A picture is missing or damaged.
        InputError: No face, several without a choice, or one that is too small.
    """
    paths, found, reasons = list_references(face), [], []
    for path in paths:
        try:
            found.append(_take(lookout, path.name, read_image(path), pick))
        except FacewrightError as error:
            if len(paths) == 1:
                raise InputError(_name(path, error), hint=error.hint) from error
            reasons.append(error)
    if not found:
        first = reasons[0]
        raise InputError(f"no picture in {face} can be used: {first}", hint=first.hint)
    used = {portrait.name for portrait in found}
    sources = {path.name: file_sha256(path) for path in paths if path.name in used}
    return Portraits(tuple(found), sources)


def _take(
    lookout: Lookout, name: str, image: Image, pick: str | None, *, own: bool = False
) -> Portrait:
    """Return the face in a picture."""
    height, width = image.shape[:2]
    if not own and min(height, width) < SMALLEST_PICTURE:
        raise InputError(
            f"{width}×{height} pixels are too few for a face",
            hint=f"at least {SMALLEST_PICTURE} on each side; 512 are better",
        )
    (faces,) = lookout.finder.find([image], threshold=_SURELY_ONE if own else _SURE)
    if not faces:
        otherwise = "use a picture that shows one from the front"
        raise InputError("no face was found", hint=hint_at_face(lookout.finder, image, otherwise))
    face = _choose(faces, pick)
    high = float(face.box[3] - face.box[1])
    if not own and high < SMALLEST_FACE:
        raise InputError(
            f"the face is only {high:.0f} pixels high",
            hint=f"at least {SMALLEST_FACE}; use a picture that shows it larger",
        )
    return Portrait(name, image, face)


def _choose(faces: Sequence[Face], pick: str | None) -> Face:
    """Return one face of a picture that has some."""
    if pick is None:
        faces = leave_out_minor(faces, lambda face: face.score)
        if len(faces) > 1:
            raise InputError(
                f"there are {len(faces)} faces, and none is chosen",
                hint="say which with --pick: largest, left, right or a number",
            )
    chosen = select_faces(faces, pick or "largest")
    if len(chosen) != 1:
        raise InputError(
            f"--pick {pick} chooses {len(chosen)} of {len(faces)} faces",
            hint="largest, left, right or a number",
        )
    return chosen[0]


def _name(path: Path, error: FacewrightError) -> str:
    """Return what is wrong with a file; some errors name it already."""
    said = str(error)
    return said if said.startswith(str(path)) else f"{path}: {said}"
