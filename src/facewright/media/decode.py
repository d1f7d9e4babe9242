"""Read pictures from files or bytes."""

from __future__ import annotations

import contextlib
import logging
import stat
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image as Pictures
from PIL import UnidentifiedImageError

from facewright.errors import FileError
from facewright.media.formats import FORMATS, HEAD_BYTES, explain_unreadable, identify
from facewright.media.stills.alpha import WHITE, Alpha, fill_hidden, lay_over
from facewright.media.stills.bitmap import extract_text
from facewright.media.stills.chunks import leave_out, read_codes, read_profile
from facewright.media.stills.exif import (
    DAMAGE,
    read_comment,
    read_orientation,
    turn_upright,
)
from facewright.media.stills.jpeg import JPEG, MOST_SCANS, count_scans, end_twice, find_reduction
from facewright.media.stills.pixels import to_rgb
from facewright.media.stills.spaces import find_codes, find_named_space, find_wide_range
from facewright.types import Image

MAX_PIXELS = 100_000_000
"""Default of the most pixels that a picture may have."""

warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("ignore", category=Pictures.DecompressionBombWarning, module=r"PIL\.")
# Pillow warns of damage that it can live with. All threads share these filters, so changing them
# around each picture would let one thread undo what another one set.
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else it prints what is said here

_MOST_BYTES = 1 << 30  # of a file
_HEIF = "HEIC"  # what `identify` calls it
_LARGEST_TEXT = (1 << 20) - 1  # bytes; Pillow refuses larger ones


class Read(NamedTuple):
    """A picture with its transparency."""

    colours: Image
    """(height, width, 3), uint8; fully transparent pixels have the colours of those around them."""
    alpha: Alpha | None
    """(height, width), uint8; None for an opaque picture."""


def read_image(
    source: Path | bytes,
    *,
    name: str = "",
    background: tuple[int, int, int] = WHITE,
    max_pixels: int = MAX_PIXELS,
) -> Image:
    """Read a picture: upright, opaque, in sRGB.

    EXIF rotation is applied; colours are converted to sRGB by the ICC profile of the file; 16 bits
    become 8; grey, palettes and CMYK become RGB; of an animation the first frame is read.

    Args:
        source: A file, or its bytes.
        name: Name for error messages; the path if empty.
        background: Colour behind transparent pixels, RGB, 0 to 255.
        max_pixels: Most pixels of a picture; larger ones are refused before decoding.

    Returns:
        (height, width, 3), uint8, writable.

    Raises:
        FileError: The file is missing, empty, damaged, cut short, too large or not a picture.
    """
    with _opened(source, name, max_pixels) as (picture, data):
        return lay_over(*to_rgb(_load(picture, data), _name(source, name)), background)


def read_with_alpha(source: Path | bytes, *, name: str = "", max_pixels: int = MAX_PIXELS) -> Read:
    """Read a picture like `read_image`, with its transparency.

    Args:
        source: A file, or its bytes.
        name: Name for error messages; the path if empty.
        max_pixels: Most pixels of a picture; larger ones are refused before decoding.

    Returns:
        Colours and alpha.

    Raises:
        FileError: The file is missing, empty, damaged, cut short, too large or not a picture.
    """
    with _opened(source, name, max_pixels) as (picture, data):
        colours, alpha = to_rgb(_load(picture, data), _name(source, name))
    return Read(colours if alpha is None else fill_hidden(colours, alpha), alpha)


def read_reduced(
    source: Path | bytes, *, least: int, name: str = "", max_pixels: int = MAX_PIXELS
) -> tuple[Image, int]:
    """Read a picture like `read_image`, decoding a JPEG at a reduced size, which is faster.

    Args:
        source: A file, or its bytes.
        least: Smallest length of the longer side of the result in pixels.
        name: Name for error messages; the path if empty.
        max_pixels: Most pixels of a picture; larger ones are refused before decoding.

    Returns:
        (height, width, 3), uint8, writable; and the factor of the reduction: 1, 2, 4 or 8. Pixel x
        of it is centred on (x + ½) · reduction - ½ of the whole picture. Where EXIF turns the last
        row or column to the front, it is reduced only as far as leaves no part of a pixel there.

    Raises:
        FileError: The file is missing, empty, damaged, cut short, too large or not a picture.
    """
    with _opened(source, name, max_pixels) as (picture, data):
        factor = find_reduction(picture, least)
        loaded = _load(picture, data, reduction=factor)
        return lay_over(*to_rgb(loaded, _name(source, name))), factor


def read_image_header(source: Path | bytes, *, name: str = "") -> tuple[int, int, str]:
    """Read the size of a picture without decoding its pixels.

    Args:
        source: A file, or its bytes.
        name: Name for error messages; the path if empty.

    Returns:
        Width and height as `read_image` gives them, and the mode that the file is stored in, as
        Pillow calls it: "RGB", "L", "CMYK", ...

    Raises:
        FileError: The file is missing, empty or not a picture. Damage further on is not noticed.
    """
    with _opened(source, name, None) as (picture, _):
        width, height = picture.size
        swapped = read_orientation(picture) >= 5  # rows become columns
        turned = swapped and picture.format != "TIFF"  # of which Pillow tells the turned size
        return (height, width, picture.mode) if turned else (width, height, picture.mode)


def read_metadata(source: Path | bytes, *, name: str = "") -> dict[str, str]:
    """Read the texts in the metadata of a picture.

    Args:
        source: A file, or its bytes.
        name: Name for error messages; the path if empty.

    Returns:
        The text chunks of a PNG under their own keywords, the user comment of EXIF under
        "UserComment"; under "comment" the comment of a GIF or JPEG, or what Facewright wrote into a
        BMP.

    Raises:
        FileError: The file is missing, empty or not a picture.
    """
    with _opened(source, name, MAX_PIXELS, largest_text=_LARGEST_TEXT) as (picture, data):
        if picture.format == "PNG":
            picture.load()  # texts may follow the pixels
        texts = {
            str(key): value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            for key, value in picture.info.items()
            if isinstance(value, str) or key == "comment"
        }
        if picture.format == "BMP" and (written := extract_text(data)):
            texts["comment"] = written
        comment = read_comment(picture)
        return texts | ({"UserComment": comment} if comment else {})


@contextlib.contextmanager
def _opened(
    source: Path | bytes, name: str, max_pixels: int | None, *, largest_text: int = 0
) -> Iterator[tuple[Pictures.Image, bytes]]:
    """Open a picture; any error while it is open becomes a FileError that names it.

    Yields:
        The picture, with its profile and with texts up to a size, and the bytes of the file.
    """
    name = _name(source, name)
    data = _read(source, name)
    try:
        profile = read_profile(data)
        plain = BytesIO(leave_out(data, largest_text=largest_text))
        with Pictures.open(plain, formats=_pick_formats(data)) as picture:
            if max_pixels is not None:
                _check_size(picture, name, max_pixels)
                _check_scans(picture, data, name)
                profile = profile or picture.info.get("icc_profile")
                codes = find_codes(picture, read_codes(data))
                picture.info["icc_profile"] = profile or find_named_space(picture, codes)
                picture.info["wide_range"] = None if profile else find_wide_range(codes)
            yield picture, data
    except FileError:
        raise
    except UnidentifiedImageError as error:
        said, hint = explain_unreadable(data[:HEAD_BYTES])
        raise FileError(f"{name} {said}", hint=hint) from error
    except (Pictures.DecompressionBombError, Pictures.DecompressionBombWarning) as error:
        raise _too_large(name, "more pixels than Pillow accepts") from error
    except DAMAGE as error:
        reason = " ".join(str(error).split())
        raise FileError(f"{name} is damaged or cut short: {reason}") from error


def _pick_formats(data: bytes) -> tuple[str, ...]:
    """Return the formats that a file may have; what reads HEIF is loaded for such files alone."""
    found = identify(data[:HEAD_BYTES])
    if found is None or found.name != _HEIF:
        return FORMATS[:-1]
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)
    return FORMATS[-1:]


def _load(picture: Pictures.Image, data: bytes, *, reduction: int = 1) -> Pictures.Image:
    """Unpack the pixels of a picture, upright; a JPEG may lack its end marker, but no pixel."""
    try:
        return turn_upright(_draft(picture, reduction))
    except OSError:
        if picture.format not in JPEG:
            raise
        one, other = (
            _draft(Pictures.open(BytesIO(ended), formats=("JPEG",)), reduction)
            for ended in end_twice(data)
        )
        if one.tobytes() != other.tobytes():
            raise
        return turn_upright(one)


def _draft(picture: Pictures.Image, reduction: int) -> Pictures.Image:
    """Unpack the pixels of a picture, reduced by a power of two."""
    if reduction > 1:
        picture.draft(None, (picture.width // reduction, picture.height // reduction))
    picture.load()
    return picture


def _name(source: Path | bytes, name: str) -> str:
    """Return the name of a picture in error messages."""
    return name or (str(source) if isinstance(source, Path) else "the picture")


def _read(source: Path | bytes, name: str) -> bytes:
    """Return the bytes of a file that has some."""
    if isinstance(source, Path):
        try:
            about = source.stat()
            if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
                raise FileError(f"{name} is no regular file")  # some never end
            if about.st_size > _MOST_BYTES:
                raise _too_large(name, f"{about.st_size >> 20} MiB")
            source = source.read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise FileError(f"{name} cannot be read: {reason}") from error
    if not source:
        raise FileError(f"{name} is empty")
    return source


def _check_size(picture: Pictures.Image, name: str, max_pixels: int) -> None:
    """Raise if a picture is too large to unpack."""
    width, height = picture.size
    if width * height > max_pixels:
        raise _too_large(name, f"{width}×{height} pixels; the limit is {max_pixels:,} in all")


def _check_scans(picture: Pictures.Image, data: bytes, name: str) -> None:
    """Raise if a JPEG has so many scans that decoding would take very long."""
    if picture.format in JPEG and (scans := count_scans(data)) > MOST_SCANS:
        raise FileError(f"{name} has {scans} scans: it is made to keep programs busy")


def _too_large(name: str, reason: str) -> FileError:
    """Return the error for a picture that would fill the memory."""
    return FileError(f"{name} is too large: {reason}", hint="make it smaller first")
