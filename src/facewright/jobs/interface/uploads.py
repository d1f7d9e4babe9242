"""Check uploaded files before any command reads them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from facewright.errors import FacewrightError, FileError
from facewright.files import fit_name, is_archive
from facewright.jobs.interface.limits import MediaLimits
from facewright.media.decode import read_image_header
from facewright.media.formats import CLIP_ENDINGS, HEAD_BYTES, PICTURE_ENDINGS, find_kind, identify
from facewright.media.video import read_clip
from facewright.types import LATENTS

_MIB = 1 << 20
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp", "BMP": ".bmp", "TIFF": ".tif"}
_SUFFIXES |= {"GIF": ".gif", "AVIF": ".avif", "HEIC": ".heic", "MP4": ".mp4"}
_SUFFIXES |= {"Matroska": ".mkv"}
_MARKUP = re.compile(
    rb"<\s*(!doctype\s+html|html|script|svg|body|iframe|object|\?php)", re.IGNORECASE
)
_OTHERS = {LATENTS, ".safetensors", ".csv", ".txt", ".jsonl", ".json", ".toml", ".pt", ".pkl"}
_OTHERS |= {".onnx", ".npz", ".h5", ".html"}


def name_upload(name: str) -> str:
    r"""Return a safe name for an uploaded file: no folder, valid on every system.

    >>> name_upload("../../etc/passwd"), name_upload("C:\\me<1>.jpg")
    ('passwd', 'me_1_.jpg')
    """
    bare = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "_", bare).strip(" .")
    return fit_name(plain or "file")


def check_upload(path: Path, limits: MediaLimits) -> str:
    """Identify and check an uploaded file.

    Args:
        path: The file.
        limits: Limits of size.

    Returns:
        The file extension for its content: that of its name if it fits.

    Raises:
        FileError: It is too large, of several formats at once, or of no format that commands read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise FileError(f"{path.name} is empty", hint="send the file itself")
    suffix, found = path.suffix.lower(), identify(head)
    if found is None:
        return _check_other(path, suffix, head, limits)
    _check_single_purpose(path, head)
    if find_kind(path) == "clip":
        _check_clip(path, limits)
        fits = suffix in CLIP_ENDINGS or suffix in {".gif", ".webp", ".png"}
    else:
        _check_picture(path, limits)
        fits = suffix in PICTURE_ENDINGS
    return suffix if fits else _SUFFIXES.get(found.name, ".bin")


def _check_single_purpose(path: Path, head: bytes) -> None:
    """Raise FileError for a picture or clip that is a page, a document or an archive as well."""
    what = "a web page" if _MARKUP.search(head.lower()) else ""
    what = what or ("a document" if b"%PDF-" in head else "")
    what = what or ("an archive" if zipfile.is_zipfile(path) else "")
    if what:
        raise FileError(
            f"{path.name} is a picture or clip and {what} at once",
            hint="open it in a program for pictures, and save it anew",
        )


def _check_picture(path: Path, limits: MediaLimits) -> None:
    """Raise FileError for a picture that is damaged, or too large once it is unpacked."""
    width, height, _ = read_image_header(path, name=path.name)
    if width * height > limits.pixels:
        raise FileError(
            f"{path.name} has {width}×{height} pixels; {limits.pixels:,} in all are the most",
            hint="make it smaller first",
        )


def _check_clip(path: Path, limits: MediaLimits) -> None:
    """Raise FileError for a clip that is damaged, too large or too long."""
    try:
        clip = read_clip(path, lenient=True)
    except FacewrightError as error:
        text = str(error).replace(str(path), path.name)
        raise FileError(text, hint=error.hint) from error
    width, height = clip.size
    if width * height > limits.clip_pixels:
        raise FileError(
            f"{path.name} has frames of {width}×{height} pixels; "
            f"{limits.clip_pixels:,} in all are the most",
            hint="make it smaller first",
        )
    seconds = float((clip.count or 0) / clip.rate)
    if seconds > limits.clip_seconds:
        raise FileError(
            f"{path.name} has {seconds:.0f} seconds; {limits.clip_seconds:.0f} are the most",
            hint="cut it first",
        )


def _check_other(path: Path, suffix: str, head: bytes, limits: MediaLimits) -> str:
    """Return the ending of what is no picture and no clip, and raise FileError for the unknown."""
    if head.startswith(b"PK") and zipfile.is_zipfile(path):
        _check_zip(path, limits)
        return suffix if suffix == ".npz" else ".zip"
    if is_archive(path):
        return "".join(path.suffixes[-2:]) if path.stem.endswith(".tar") else suffix
    if suffix in _OTHERS:
        return suffix
    known = "pictures, clips, zip and tar archives, .latents, .safetensors and lists"
    raise FileError(f"{path.name} is nothing that a command takes", hint=f"it takes {known}")


def _check_zip(path: Path, limits: MediaLimits) -> None:
    """Raise FileError for an archive that unpacks to more than is allowed."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [member.file_size for member in archive.infolist()]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise FileError(f"{path.name} is damaged: {error}", hint="send it again") from error
    if len(sizes) > limits.members or sum(sizes) > limits.unpacked_bytes:
        raise FileError(
            f"{path.name} holds {len(sizes):,} files of {sum(sizes) / _MIB:,.0f} MiB; "
            f"{limits.members:,} and {limits.unpacked_bytes / _MIB:,.0f} are the most",
            hint="send it in parts",
        )
