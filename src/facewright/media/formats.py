"""Identify pictures and clips by the first bytes of a file."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeAlias

from PIL import Image as Pictures

from facewright.files import find_placeholder

Kind: TypeAlias = Literal["picture", "clip"]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "HEIF")
"""Formats of pictures that can be read, whatever the name of the file."""

PICTURE_ENDINGS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"}
    | {".heic", ".heif", ".avif", ".jxl", ".psd", ".jp2", ".apng"}
)
"""Suffixes of files that are meant to be pictures, whether they can be read or not."""

CLIP_ENDINGS = frozenset(
    {".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".webm", ".mkv", ".avi", ".wmv", ".asf"}
    | {".flv", ".f4v", ".mpg", ".mpeg", ".vob", ".m2v", ".ts", ".mts", ".m2ts", ".ogv", ".mxf"}
)
"""Suffixes of files that are meant to be clips."""

HEAD_BYTES = 4096
"""Number of bytes that `identify` needs."""

_ALSO_TEXT = frozenset({".ts", ".mts"})  # of TypeScript, too
ANIMATIONS = ("GIF", "PNG", "WEBP", "AVIF")
"""Formats of pictures that may be animated, by Pillow's names."""

_SYNC, _PACKETS = 0x47, 5  # of a transport stream: how each packet begins, and how many are checked
_TIMED = 192
_PACKET_SIZES = (188, _TIMED, 204)  # plain, with a time before each (camcorders), with parity after


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """The format of a file."""

    name: str
    """Its common name: "JPEG", "HEIC", "Matroska"."""
    kind: Kind
    """What it is read as; whether one of `ANIMATIONS` is a clip, `find_kind` tells."""


def find_kind(source: Path | bytes, *, name: str = "") -> Kind | None:
    """Return whether a file is a picture, a clip or neither.

    Its first bytes decide. If they are unknown, or there is no such file, the suffix of its name
    does, so that reading it raises an error that says what is wrong.

    Args:
        source: A file, or its bytes.
        name: Its name; the name of the file if empty.

    Returns:
        "picture" or "clip"; a GIF, PNG, WebP or AVIF of several frames is a clip. None for anything
        else.
    """
    head = _read_head(source)
    found = identify(head)
    if found is not None:
        moves = found.name.upper() in ANIMATIONS and is_animated(source)
        return "clip" if moves else found.kind
    place = Path(name) if isinstance(source, bytes) or name else source
    return _find_meant(place.suffix.lower(), head)


def identify(head: bytes) -> MediaFormat | None:
    """Return the format of a file, by its first bytes.

    Args:
        head: The first `HEAD_BYTES` of it, or all of a shorter one.

    Returns:
        Its format, whether it can be read here or not; None for what is neither picture nor clip.

    >>> identify(b"GIF89a..........").name
    'GIF'
    """
    for start, known in _STARTS.items():
        if head.startswith(start):
            return known
    looks = (_find_riff, _find_media_file, _find_ogg, _find_transport)
    return next((found for look in looks if (found := look(head))), None)


def locate_packets(head: bytes) -> tuple[int, int] | None:
    """Find the packets of an MPEG transport stream (ISO/IEC 13818-1, 2.4.3.2), also of a cut one.

    Args:
        head: As `identify` takes it.

    Returns:
        Offset of the first whole packet, and bytes per packet; None for anything else.
    """
    for size in _PACKET_SIZES:
        count = min(_PACKETS, len(head) // size)
        for start in range(size if count > 1 else 0):
            packets = [head[start + number * size :][:4] for number in range(count)]
            if all(len(p) == 4 and p[0] == _SYNC and p[3] & 0x30 for p in packets):
                return (start - 4) % size if size == _TIMED else start, size
    return None


def explain_unreadable(head: bytes) -> tuple[str, str]:
    """Return why a file cannot be read as a picture, and what to do about it.

    Args:
        head: The first `HEAD_BYTES` of it.

    Returns:
        The predicate of a message, such as "is a web page, not a picture", and a hint.
    """
    if instead := find_placeholder(head):
        return f"is {instead.name}, not a picture", instead.hint
    found, said = identify(head), "not a picture that can be read"
    if found and (found == _HEIC or found.name.upper() in FORMATS):
        said = f"damaged, cut short or of a rare kind: it begins as {found.name} does"
    elif found:
        said = f"{found.name}, {'a clip' if found.kind == 'clip' else said}"
    return f"is {said}", f"save it as PNG or JPEG; what is read: {', '.join(FORMATS)}"


def is_animated(source: Path | bytes) -> bool:
    """Return whether a file is one of `ANIMATIONS` with more than one frame.

    Args:
        source: A file, or its bytes.
    """
    file = BytesIO(source) if isinstance(source, bytes) else source
    try:
        with Pictures.open(file, formats=ANIMATIONS) as picture:
            return bool(getattr(picture, "is_animated", False))
    except Exception:  # noqa: BLE001 - whatever damage there is, reading it as a picture names it
        return False


def _read_head(source: Path | bytes) -> bytes:
    """Return the first bytes of a file; of what is no regular file, none."""
    if isinstance(source, bytes):
        return source[:HEAD_BYTES]
    try:
        if not source.is_file():  # opening a pipe would wait for ever
            return b""
        with source.open("rb") as file:
            return file.read(HEAD_BYTES)
    except (OSError, ValueError):
        return b""


def _find_meant(ending: str, head: bytes) -> Kind | None:
    """Say by the ending of its name what a file is meant to be whose bytes say nothing."""
    if ending in PICTURE_ENDINGS:
        return "picture"
    code = ending in _ALSO_TEXT and _is_text(head)
    return "clip" if ending in CLIP_ENDINGS and not code else None


def _find_riff(head: bytes) -> MediaFormat | None:
    """Tell WebP and AVI from sound; and BMP, which begins with fewer bytes of its own."""
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return MediaFormat("BMP", "picture")
    return _RIFF.get(head[8:12]) if head[:4] == b"RIFF" else None


def _find_media_file(head: bytes) -> MediaFormat | None:
    """Tell ISO base media files (ISO/IEC 14496-12) by their brand, and QuickTime of before."""
    if head[4:8] in _ATOMS:
        return MediaFormat("QuickTime", "clip")
    if head[4:8] != b"ftyp" or head[8:12] in _SOUND_BRANDS:
        return None
    if head[8:12] in _ANY_PICTURE:
        end = int.from_bytes(head[:4], "big")
        also = {head[place : place + 4] for place in range(16, min(end, len(head)), 4)}
        return _AVIF if also & _AVIF_BRANDS else _HEIC
    return _BRANDS.get(head[8:12], MediaFormat("MP4", "clip"))


def _find_ogg(head: bytes) -> MediaFormat | None:
    """Tell Ogg with pictures from Ogg with sound alone."""
    shows = head[:4] == b"OggS" and any(codec in head for codec in _OGG_PICTURES)
    return MediaFormat("Ogg", "clip") if shows else None


def _find_transport(head: bytes) -> MediaFormat | None:
    """Tell an MPEG transport stream."""
    return MediaFormat("MPEG transport stream", "clip") if locate_packets(head) else None


def _is_text(head: bytes) -> bool:
    """Return whether bytes are some text; the last letter may be cut."""
    return bool(head) and b"\0" not in head and "\ufffd" not in head.decode("utf-8", "replace")[:-3]


_STARTS = {
    b"\xff\xd8\xff": MediaFormat("JPEG", "picture"),
    b"\x89PNG\r\n\x1a\n": MediaFormat("PNG", "picture"),
    b"GIF87a": MediaFormat("GIF", "picture"),
    b"GIF89a": MediaFormat("GIF", "picture"),
    b"II*\0": MediaFormat("TIFF", "picture"),
    b"MM\0*": MediaFormat("TIFF", "picture"),
    b"II+\0": MediaFormat("TIFF", "picture"),
    b"MM\0+": MediaFormat("TIFF", "picture"),
    b"\0\0\0\x0cJXL \r\n\x87\n": MediaFormat("JPEG XL", "picture"),
    b"\xff\x0a": MediaFormat("JPEG XL", "picture"),
    b"\0\0\0\x0cjP  \r\n\x87\n": MediaFormat("JPEG 2000", "picture"),
    b"8BPS\0": MediaFormat("Photoshop", "picture"),
    b"\x1aE\xdf\xa3": MediaFormat("Matroska", "clip"),
    b"FLV\x01": MediaFormat("Flash Video", "clip"),
    b"0&\xb2u\x8ef\xcf\x11": MediaFormat("Windows Media", "clip"),
    b"\0\0\x01\xba": MediaFormat("MPEG program stream", "clip"),
    b"\0\0\x01\xb3": MediaFormat("MPEG video", "clip"),
    b"\x06\x0e+4\x02\x05\x01\x01\x0d\x01\x02": MediaFormat("MXF", "clip"),
}  # first bytes → what it is
_RIFF = {b"WEBP": MediaFormat("WebP", "picture"), b"AVI ": MediaFormat("AVI", "clip")}
_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})  # before `ftyp` was
_HEIC, _AVIF = MediaFormat("HEIC", "picture"), MediaFormat("AVIF", "picture")
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_ANY_PICTURE = frozenset({b"mif1", b"mif2", b"msf1"})  # whose other brands tell more
_BRANDS = (
    dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), _HEIC)
    | dict.fromkeys(_AVIF_BRANDS, _AVIF)
    | {b"crx ": MediaFormat("Canon raw", "picture"), b"qt  ": MediaFormat("QuickTime", "clip")}
    | dict.fromkeys((b"3gp4", b"3gp5", b"3gp6", b"3g2a"), MediaFormat("3GP", "clip"))
)  # of an ISO base media file
_SOUND_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A "})
_OGG_PICTURES = (b"\x80theora", b"BBCD\0", b"\x4fVP80")
