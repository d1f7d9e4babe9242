"""Cut the faces out of a batch of pictures, with reasons for those left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import cv2
import numpy as np

from facewright.collect.preparing.candidates import (
    Candidate,
    Wanted,
    detect_again,
    find_candidates,
    needs_another_pass,
)
from facewright.collect.preparing.choose import NO_FACE, CropQuality, check_quality
from facewright.collect.preparing.measures import (
    measure_light,
    measure_sharpness,
    measure_smile,
    name_smile,
)
from facewright.collect.preparing.originals import Original, OriginalReader
from facewright.collect.preparing.views import View, cut_part, decode_enough, open_view
from facewright.collect.sources.items import strip_name
from facewright.errors import FileError
from facewright.faces.align import align
from facewright.faces.detection.mesh_detector import FaceDetector
from facewright.faces.geometry.matrices import invert_matrix, transform_points
from facewright.provenance.publish import render_entry
from facewright.types import Image, Json, Manifest

EXAMPLE = 96
"""Side of the example of what is left out, in pixels."""

_EFFORT = 2  # of compressing PNG
_EXAMPLE_QUALITY = 85
_GREY = 236  # around examples that are no squares


@dataclass(frozen=True, slots=True)
class Bench:
    """Reader, detector and settings for cutting faces."""

    reader: OriginalReader
    face_detector: FaceDetector
    wanted: Wanted
    manifest: Manifest
    """Manifest of every crop, without its source."""
    extension: str = ".png"
    """Extension of crops: ".png", ".jpg" or ".webp"; empty to count only."""
    quality: int = 95
    """Quality of JPEG and WebP, 1 to 100."""
    smile: bool = False
    """Whether each face gets a label `smile`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A face, cut out or left out, or a picture without one."""

    reason: str
    """Why it is left out; empty for a face that is cut out."""
    facts: Mapping[str, Json]
    """Measurements, as JSON."""
    data: bytes
    """The encoded crop, or a small example of what is left out; empty when only counting."""


@dataclass(frozen=True, slots=True)
class Result:
    """Faces of a picture, cut out or left out."""

    sha256: str
    refused: str = ""
    """Why it cannot be read; empty if it can."""
    pieces: tuple[Piece, ...] = ()


@dataclass(slots=True)
class _File:
    """A picture while its faces are cut out."""

    original: Original
    data: bytes = b""
    sha256: str = ""
    refused: str = ""
    view: View | None = None
    candidates: list[Candidate] = field(default_factory=list)


def cut_faces(originals: Sequence[Original], bench: Bench) -> list[Result]:
    """Cut the faces out of a batch of pictures.

    Faces are detected in a reduced picture, and only what the crops need is decoded at full size.
    The points of a face that was small in the reduced picture are detected again.

    Args:
        originals: The pictures, detected in one batch.
        bench: Reader, detector and settings.

    Returns:
        The result of each picture, in order.
    """
    files = [_open(original, bench) for original in originals]
    seen = [file for file in files if file.view]
    views = [file.view for file in seen if file.view]
    found = find_candidates(views, bench.face_detector, bench.wanted)
    for file, candidates in zip(seen, found, strict=True):
        file.candidates = _move_closer(file, candidates, bench)
    _detect_again(seen, bench)
    return [Result(f.sha256, f.refused, () if f.refused else _finish(f, bench)) for f in files]


def _open(original: Original, bench: Bench) -> _File:
    """Read a picture, and decode it to look at it."""
    file = _File(original)
    try:
        file.data, file.sha256 = bench.reader.read(original)
        file.view = open_view(file.data, shrink=bench.wanted.shrink)
    except FileError as error:
        file.refused = strip_name(str(error), "the picture")
    return file


def _move_closer(file: _File, candidates: list[Candidate], bench: Bench) -> list[Candidate]:
    """Give each face that may stay a view with enough pixels, and forget the rest."""
    scales = [c.place.scale for c in candidates if not c.reason]
    if not scales or not file.view:
        return candidates
    try:
        whole = decode_enough(file.data, file.view, max(scales))
    except FileError as error:
        file.refused = strip_name(str(error), "the picture")
        return []
    file.data = b""
    size = bench.wanted.size
    return [c if c.reason else replace(c, view=cut_part(whole, c.matrix, size)) for c in candidates]


def _detect_again(files: Sequence[_File], bench: Bench) -> None:
    """Place the points of small faces again, of all pictures in one batch."""
    small = [
        (file.candidates, number)
        for file in files
        for number, candidate in enumerate(file.candidates)
        if file.view and not candidate.reason and needs_another_pass(candidate, file.view)
    ]
    before = [candidates[number] for candidates, number in small]
    after = detect_again(before, bench.face_detector, bench.wanted)
    for (candidates, number), candidate in zip(small, after, strict=True):
        candidates[number] = candidate


def _finish(file: _File, bench: Bench) -> tuple[Piece, ...]:
    """Cut out the faces of a picture that stay, and make examples of the rest."""
    if not file.candidates and file.view:
        return (Piece(NO_FACE, {}, _render_example(_letterbox(file.view.image), bench)),)
    return tuple(_cut(number, file, bench) for number in range(len(file.candidates)))


def _cut(number: int, file: _File, bench: Bench) -> Piece:
    """Cut out one face, unless it is left out."""
    candidate, wanted = file.candidates[number], bench.wanted
    facts = _describe(candidate) | {"chosen": len(file.candidates)}
    if candidate.reason:
        example = _render_example(_align(candidate, wanted.template, EXAMPLE), bench)
        return Piece(candidate.reason, facts, example)
    image = _align(candidate, wanted.template, wanted.size)
    points = transform_points(candidate.face.points, candidate.matrix)
    quality = CropQuality(measure_sharpness(image, points), measure_light(image, points))
    facts |= {
        "sharpness": round(quality.sharpness, 3),
        "light": [
            round(x, 3) for x in (quality.light.dark, quality.light.middle, quality.light.bright)
        ],
    }
    if reason := check_quality(quality, wanted.limits):
        return Piece(reason, facts, _render_example(_resize(image), bench))
    if bench.smile:
        smile = measure_smile(candidate.face.points)
        facts |= {"smile": round(smile, 3), "smile_label": name_smile(smile)}
    facts |= {"matrix": [[round(float(x), 6) for x in row] for row in candidate.matrix]}
    return Piece("", facts, _render_crop(image, number, file, bench))


def _align(candidate: Candidate, template: str, size: int) -> Image:
    """Cut a face out of the view in which it is seen."""
    points = transform_points(candidate.face.points, invert_matrix(candidate.view.to_picture))
    return align(candidate.view.image, points, template=template, size=size).image


def _describe(candidate: Candidate) -> dict[str, Json]:
    """Return what is known about a face, as JSON."""
    place = candidate.place
    return {
        "box": [round(float(x), 1) for x in candidate.face.box],
        "score": round(place.score, 3),
        "scale": round(place.scale, 4),
        "outside": round(place.outside, 3),
        "yaw": round(place.pose.yaw, 1),
        "pitch": round(place.pose.pitch, 1),
        "roll": round(place.pose.roll, 1),
        "faces": 1 + len(candidate.others),
    }


def _render_crop(image: Image, number: int, file: _File, bench: Bench) -> bytes:
    """Write a crop that says what it was cut out of."""
    if not bench.extension:
        return b""
    manifest = replace(
        bench.manifest,
        parameters={**bench.manifest.parameters, "face": number},
        sources={PurePosixPath(file.original.file).name: file.sha256},
        consent=file.original.consent,
    )
    return render_entry(image, bench.extension, manifest, quality=bench.quality, effort=_EFFORT)


def _render_example(image: Image, bench: Bench) -> bytes:
    """Write a small picture of what is left out."""
    if not bench.extension:
        return b""
    return render_entry(image, ".jpg", bench.manifest, quality=_EXAMPLE_QUALITY)


def _letterbox(image: Image) -> Image:
    """Return a whole picture as a small square, grey where it does not reach."""
    shrink = EXAMPLE / max(image.shape)
    width, height = (max(1, round(length * shrink)) for length in image.shape[1::-1])
    square = np.full((EXAMPLE, EXAMPLE, 3), _GREY, np.uint8)
    x, y = (EXAMPLE - width) // 2, (EXAMPLE - height) // 2
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    square[y : y + height, x : x + width] = small
    return square


def _resize(image: Image) -> Image:
    """Return a crop at the size of an example."""
    return np.asarray(cv2.resize(image, (EXAMPLE, EXAMPLE), interpolation=cv2.INTER_AREA), np.uint8)
