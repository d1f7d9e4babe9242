"""Encode pictures. Imported by `provenance` alone, so that everything written is signed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image as Pictures
from PIL import PngImagePlugin
from PIL import WebPImagePlugin as _  # noqa: F401 - or PIL loads all formats to write one WebP

from facewright.errors import InputError
from facewright.media.stills.bitmap import insert_text
from facewright.types import Image

Format: TypeAlias = Literal["png", "jpeg", "webp", "bmp"]

TEXT_KEY = "facewright"
"""Keyword of the text chunk in a PNG."""

_EXIF_TABLE, _USER_COMMENT = 0x8769, 0x9286
_MOST_JPEG_TEXT = 65_000  # bytes; a JPEG segment holds 65533 with the EXIF header


def encode_image(
    image: Image, form: Format, *, text: str, quality: int = 95, effort: int = 6
) -> bytes:
    """Encode a picture with a text in its metadata.

    Equal arguments give equal bytes.

    Args:
        image: (height, width, 3), uint8; RGBA (height, width, 4) for PNG and WebP too.
        form: "png" (text chunk), "jpeg" or "webp" (EXIF user comment), "bmp" (before the pixels).
        text: Text to embed, ASCII.
        quality: 1 to 100, for JPEG and WebP; 100 makes WebP lossless.
        effort: Compression of PNG, 0 to 9: 2 takes a third of the time of 6 and 5 % more space.

    Returns:
        The whole file.

    Raises:
        InputError: The format cannot hold a text, the picture, quality or effort is invalid for it,
            or the text is too long for it.
    """
    if form not in _ENCODERS:
        raise InputError(
            f"{form} cannot carry how a picture came about", hint=f"one of: {', '.join(_ENCODERS)}"
        )
    if not 1 <= quality <= 100:
        raise InputError(f"the quality is 1 to 100, not {quality}")
    if not 0 <= effort <= 9:
        raise InputError(f"the effort is 0 to 9, not {effort}")
    _check_pixels(image, form)
    if not text.isascii():
        raise InputError("the text that a picture carries is ASCII")
    out = BytesIO()
    _ENCODERS[form](Pictures.fromarray(image), out, text, effort if form == "png" else quality)
    return out.getvalue()


def encode_animation(
    frames: Sequence[Image], seconds: Sequence[float], *, text: str, quality: int = 95
) -> bytes:
    """Encode frames as an endlessly repeated WebP with a text in its metadata.

    Equal arguments give equal bytes.

    Args:
        frames: (height, width, 3), uint8, or RGBA (height, width, 4); all of one size.
        seconds: Duration of each frame, which WebP rounds to milliseconds.
        text: Text to embed, ASCII.
        quality: 1 to 100; 100 is lossless.

    Returns:
        The whole file.

    Raises:
        InputError: There are no frames, their sizes differ, or as for `encode_image`.
    """
    if not frames or len({frame.shape for frame in frames}) > 1:
        raise InputError("what moves has frames, and all of one size")
    for frame in frames:
        _check_pixels(frame, "webp")
    if not text.isascii():
        raise InputError("the text that a picture carries is ASCII")
    first, *others = map(Pictures.fromarray, frames)
    out = BytesIO()
    first.save(
        out, "WEBP", save_all=True, append_images=others, loop=0, lossless=quality == 100,
        duration=[round(1000 * each) for each in seconds], quality=quality, exif=_as_exif(text),
    )  # fmt: skip
    return out.getvalue()


def _check_pixels(image: Image, form: Format) -> None:
    """Raise unless the array is a picture that the format can hold."""
    channels = (3,) if form in ("jpeg", "bmp") else (3, 4)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in channels:
        wanted = " or ".join(str(n) for n in channels)
        raise InputError(
            f"a picture for {form} is uint8 (height, width, {wanted}), "
            f"not {image.dtype} {image.shape}"
        )
    most = {"jpeg": 65_535, "webp": 16_383}.get(form, 2**31 - 1)
    if not 1 <= min(image.shape[:2]) <= max(image.shape[:2]) <= most:
        height, width = image.shape[:2]
        raise InputError(f"{form} holds sides of 1 to {most} pixels, not {width}×{height}")


def _encode_png(picture: Pictures.Image, out: BytesIO, text: str, effort: int) -> None:
    """Write a PNG."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text(TEXT_KEY, text)
    picture.save(out, "PNG", pnginfo=texts, compress_level=effort)


def _encode_jpeg(picture: Pictures.Image, out: BytesIO, text: str, quality: int) -> None:
    """Write a JPEG with colours at full resolution."""
    if len(text) > _MOST_JPEG_TEXT:
        raise InputError(
            f"a JPEG carries {_MOST_JPEG_TEXT} characters, not {len(text)}", hint="write a PNG"
        )
    picture.save(out, "JPEG", quality=quality, subsampling="4:4:4", exif=_as_exif(text))


def _encode_webp(picture: Pictures.Image, out: BytesIO, text: str, quality: int) -> None:
    """Write a WebP; quality 100 keeps every pixel, transparent ones too."""
    picture.save(
        out, "WEBP", lossless=quality == 100, exact=True, quality=quality, exif=_as_exif(text)
    )


def _encode_bmp(picture: Pictures.Image, out: BytesIO, text: str, _quality: int) -> None:
    """Write a BMP."""
    plain = BytesIO()
    picture.save(plain, "BMP")
    out.write(insert_text(plain.getvalue(), text))


def _as_exif(text: str) -> bytes:
    """Return an EXIF block with a text as its user comment."""
    exif = Pictures.Exif()
    exif.get_ifd(_EXIF_TABLE)[_USER_COMMENT] = b"ASCII\0\0\0" + text.encode("ascii")
    return exif.tobytes()


_ENCODERS: dict[str, Callable[[Pictures.Image, BytesIO, str, int], None]] = {
    "png": _encode_png,
    "jpeg": _encode_jpeg,
    "webp": _encode_webp,
    "bmp": _encode_bmp,
}
