"""Turn files into pictures: the only reader of bytes."""

from __future__ import annotations

import contextlib
import struct
import warnings
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as Pictures
from PIL import ImageOps, UnidentifiedImageError

from facewright.errors import FileError
from facewright.types import Image

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
"""What can be read."""

MAX_PIXELS = 100_000_000
"""Pictures with more pixels are refused unless the caller allows them."""

_DAMAGE = (
    *(OSError, SyntaxError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError),
    *(EOFError, MemoryError, RuntimeError, struct.error, zlib.error, Warning),
)  # all that Pillow is known to raise on bytes that make no sense; the last with `python -W error`
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("ignore", category=Pictures.DecompressionBombWarning, module=r"PIL\.")
# Pillow warns of damage that it can live with. All threads share these filters, so changing them
# around each picture would let one thread undo what another one set.

_EXIF_TABLE, _USER_COMMENT, _ORIENTATION = 0x8769, 0x9286, 0x0112
_COMMENT_CODES = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", bytes(8): "utf-8"}


def read_image(
    source: Path | bytes,
    *,
    name: str = "",
    background: tuple[int, int, int] = (255, 255, 255),
    max_pixels: int = MAX_PIXELS,
) -> Image:
    """Read a picture as people see it: upright, opaque, in RGB.

    EXIF rotation is applied; 16 bits become 8; grey, palettes and CMYK become RGB; of an
    animation the first frame is read.

    Args:
        source: A file, or its bytes.
        name: What errors call it; the path if empty.
        background: What transparent pixels are laid over, RGB.
        max_pixels: Refuse larger pictures before unpacking them.

    Returns:
        (height, width, 3), uint8, writable.

    Raises:
        FileError: The file is missing, empty, damaged, cut short, too large or not a picture.
    """
    with _opened(source, name, max_pixels) as picture:
        picture.load()
        return _to_rgb(_upright(picture), background)


def read_reduced(
    source: Path | bytes, *, least: int, name: str = "", max_pixels: int = MAX_PIXELS
) -> tuple[Image, int]:
    """Read a picture like `read_image`, a JPEG no larger than needed: that saves most of the time.

    Args:
        source: A file, or its bytes.
        least: How many pixels the longer side must keep.
        name: What errors call it; the path if empty.
        max_pixels: Refuse larger pictures before unpacking them.

    Returns:
        (height, width, 3), uint8, writable; and by what it is reduced: 1, 2, 4 or 8. Pixel x of it
        is centred on (x + ½) · reduction - ½ of the whole picture.

    Raises:
        FileError: The file is missing, empty, damaged, cut short, too large or not a picture.
    """
    with _opened(source, name, max_pixels) as picture:
        factor = _find_reduction(picture, least)
        if factor > 1:
            picture.draft(None, (picture.width // factor, picture.height // factor))
        picture.load()
        return _to_rgb(_upright(picture), (255, 255, 255)), factor


def read_image_header(source: Path | bytes, *, name: str = "") -> tuple[int, int, str]:
    """Read the size of a picture without unpacking its pixels.

    Args:
        source: A file, or its bytes.
        name: What errors call it; the path if empty.

    Returns:
        Width and height as `read_image` gives them, and the mode that the file is stored in, as
        Pillow calls it: "RGB", "L", "CMYK", ...

    Raises:
        FileError: The file is missing, empty or not a picture. Damage further on is not noticed.
    """
    with _opened(source, name, None) as picture:
        width, height = picture.size
        swapped = _orientation(picture) >= 5  # rows become columns
        turned = swapped and picture.format != "TIFF"  # of which Pillow tells the turned size
        return (height, width, picture.mode) if turned else (width, height, picture.mode)


def read_metadata(source: Path | bytes, *, name: str = "") -> dict[str, str]:
    """Read the texts that a picture carries beside its pixels.

    Args:
        source: A file, or its bytes.
        name: What errors call it; the path if empty.

    Returns:
        The text chunks of a PNG under their own keywords, the user comment of EXIF under
        "UserComment", the comment of a GIF or JPEG under "comment".

    Raises:
        FileError: The file is missing, empty or not a picture.
    """
    with _opened(source, name, MAX_PIXELS) as picture:
        if picture.format == "PNG":
            picture.load()  # texts may follow the pixels
        texts = {
            str(key): value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            for key, value in picture.info.items()
            if isinstance(value, str) or key == "comment"
        }
        comment = _user_comment(picture)
        return texts | ({"UserComment": comment} if comment else {})


@contextlib.contextmanager
def _opened(source: Path | bytes, name: str, max_pixels: int | None) -> Iterator[Pictures.Image]:
    """Open a picture; whatever goes wrong while it is open becomes a FileError that names it."""
    name = name or (str(source) if isinstance(source, Path) else "the picture")
    data = _read(source, name)
    try:
        with Pictures.open(BytesIO(data), formats=FORMATS) as picture:
            _check_size(picture, name, max_pixels)
            yield picture
    except FileError:
        raise
    except UnidentifiedImageError as error:
        raise FileError(
            f"{name} is not a picture that can be read", hint=f"one of: {', '.join(FORMATS)}"
        ) from error
    except (Pictures.DecompressionBombError, Pictures.DecompressionBombWarning) as error:
        raise _too_large(name, "more pixels than Pillow accepts") from error
    except _DAMAGE as error:
        raise FileError(f"{name} is damaged or cut short: {error}") from error


def _read(source: Path | bytes, name: str) -> bytes:
    """Return the bytes of a file that has some."""
    if isinstance(source, Path):
        try:
            source = source.read_bytes()
        except OSError as error:
            raise FileError(f"{name} cannot be read: {error.strerror or error}") from error
    if not source:
        raise FileError(f"{name} is empty")
    return source


def _check_size(picture: Pictures.Image, name: str, max_pixels: int | None) -> None:
    """Raise if a picture is too large to unpack."""
    width, height = picture.size
    if max_pixels is not None and width * height > max_pixels:
        raise _too_large(name, f"{width}×{height} pixels; the limit is {max_pixels:,} in all")


def _find_reduction(picture: Pictures.Image, least: int) -> int:
    """Return by how much a picture can be reduced while it is unpacked: a power of two up to 8."""
    if picture.format not in ("JPEG", "MPO"):
        return 1
    short, long = sorted(picture.size)
    return next((n for n in (8, 4, 2) if short >= n and long >= n * max(least, 1)), 1)


def _too_large(name: str, reason: str) -> FileError:
    """Return the error for a picture that would fill the memory."""
    return FileError(f"{name} is too large: {reason}", hint="make it smaller first")


def _orientation(picture: Pictures.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) where it is missing or damaged."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(picture: Pictures.Image) -> Pictures.Image:
    """Turn a picture the way that its EXIF says."""
    try:
        return ImageOps.exif_transpose(picture)
    except _DAMAGE:
        return picture  # with EXIF that cannot be read, it is shown as it is stored


def _to_rgb(picture: Pictures.Image, background: tuple[int, int, int]) -> Image:
    """Turn a loaded picture of any mode into 8-bit RGB."""
    if picture.mode.startswith("I"):  # 16 bits of grey
        grey = np.asarray(picture).astype(np.int64).clip(0, 65535)
        grey8 = ((grey + 128) // 257).astype(np.uint8)  # [h w]
        return np.repeat(grey8[:, :, None], 3, axis=2)  # [h w 3]
    if picture.mode == "F":
        raise FileError(f"pixels stored as real numbers ({picture.format}) have no known range")
    if picture.has_transparency_data:
        under = Pictures.new("RGBA", picture.size, (*background, 255))
        under.alpha_composite(picture.convert("RGBA"))
        picture = under
    return np.array(picture.convert("RGB"))  # [h w 3]


def _user_comment(picture: Pictures.Image) -> str:
    """Return the user comment of EXIF, or an empty string."""
    try:
        value = picture.getexif().get_ifd(_EXIF_TABLE).get(_USER_COMMENT, b"")
        code = _COMMENT_CODES.get(value[:8], "utf-8")
        return str(value[8:], code, "replace")
    except _DAMAGE:
        return ""
