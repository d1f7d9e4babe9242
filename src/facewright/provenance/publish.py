"""Write results: encode, watermark, sign. All results are written here."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from facewright.errors import FileError, InputError
from facewright.files import HINT, replacing
from facewright.media.decode import read_metadata
from facewright.media.encode import TEXT_KEY, Format, encode_animation, encode_image
from facewright.media.encode_video import ClipFormat, EarlyStop, encode_webm, write_clip
from facewright.media.stills.alpha import Alpha, attach, fit, lay_over
from facewright.media.video import read_clip_metadata
from facewright.provenance.credentials import TYPES, explain_unsigned, sign, sign_bytes
from facewright.provenance.manifest import from_text, is_manifest, to_text
from facewright.provenance.marking import choose_mark
from facewright.types import Clip, Image, Manifest

PICTURES: dict[str, Format] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".bmp": "bmp",
}
"""Extension → format of pictures."""

_TRANSPARENT = (".png", ".webp")  # pictures that can be transparent

CLIPS: dict[str, ClipFormat] = {".mp4": "mp4", ".gif": "gif"}
"""Extension → format of clips."""

MOVING: dict[str, Callable[..., bytes]] = {".webp": encode_animation, ".webm": encode_webm}
"""Extension → encoder of animations with transparency."""

STOPPED_AFTER = "stopped_after"
"""Parameter in the manifest of a clip that was ended early: its number of frames."""

_UNSIGNED = "signature"  # among the marks of a manifest: why the file is not signed
_log = logging.getLogger(__name__)

_PLACES = (TEXT_KEY, "UserComment", "comment")  # where the formats keep their text


def publish_image(
    image: Image,
    path: Path,
    manifest: Manifest,
    *,
    alpha: Alpha | None = None,
    quality: int = 95,
    overwrite: bool = False,
) -> Path:
    """Write a picture with its manifest, watermark and signature, atomically.

    Generated and altered pictures carry the watermark. Equal arguments give equal bytes apart from
    the
    signature: nothing else in the file depends on time or machine. A BMP, and any file on a machine
    that cannot store a key, is not signed, and its manifest says so.

    Args:
        image: (height, width, 3), uint8; RGBA (height, width, 4) for PNG and WebP too.
        path: .png, .jpg, .jpeg, .webp or .bmp. Missing folders are made.
        manifest: The manifest of the picture.
        alpha: (h, w), opacity of the picture, 0 to 255: PNG and WebP keep it, in others
            transparent pixels become white.
        quality: 1 to 100, for JPEG and WebP; 100 makes WebP lossless.
        overwrite: Whether to replace an existing file.

    Returns:
        The path.

    Raises:
        InputError: The extension is unknown, the file exists, the picture is invalid for the
            format, or the manifest is not JSON.
        FileError: The file cannot be written.
    """
    extension = check_destination(path, PICTURES, overwrite=overwrite)
    return write_bytes(path, render_image(image, extension, manifest, alpha=alpha, quality=quality))


def write_bytes(path: Path, data: bytes) -> Path:
    """Write the bytes of a rendered file, atomically; return the path.

    Raises:
        FileError: The file cannot be written.
    """
    try:
        with replacing(path) as unfinished:
            unfinished.write_bytes(data)
    except OSError as error:
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}", hint=HINT
        ) from error
    return path


def render_image(
    image: Image,
    extension: str,
    manifest: Manifest,
    *,
    alpha: Alpha | None = None,
    quality: int = 95,
) -> bytes:
    """Encode a picture with its manifest, watermark and signature.

    Equal arguments give equal bytes apart from the signature.

    Args:
        image: (height, width, 3), uint8; RGBA (height, width, 4) for PNG and WebP too.
        extension: ".png", ".jpg", ".jpeg", ".webp" or ".bmp".
        manifest: The manifest of the picture.
        alpha: As for `publish_image`.
        quality: 1 to 100, for JPEG and WebP; 100 makes WebP lossless.

    Returns:
        The whole file.

    Raises:
        InputError: The extension is unknown, the picture is invalid for the format, or the manifest
            is not JSON.
    """
    form = _find_form(extension)
    manifest = _note_signature(manifest, form)
    if alpha is not None:
        kept = extension in _TRANSPARENT
        image = attach(image, alpha) if kept else lay_over(image, fit(alpha, image))
    manifest, marker = choose_mark(manifest, image.shape[1::-1])
    image = marker.mark(image) if marker else image
    text = to_text(manifest)
    data = encode_image(image, form, text=text, quality=quality)
    return data if _UNSIGNED in manifest.marks else sign_bytes(data, form, manifest)


def render_animation(
    frames: Sequence[Image],
    seconds: Sequence[float],
    extension: str,
    manifest: Manifest,
    *,
    quality: int = 95,
) -> bytes:
    """Encode an animation with its manifest, watermark and signature.

    A WebM is not signed, and its manifest says so.

    Args:
        frames: (height, width, 4), uint8, RGBA; all of one size.
        seconds: Duration of each frame.
        extension: One of `MOVING`.
        manifest: Their manifest.
        quality: 1 to 100.

    Returns:
        The whole file.

    Raises:
        InputError: There are no frames, their sizes differ, or the manifest is not JSON.
    """
    encode, form = MOVING[extension], extension[1:]
    manifest, marker = choose_mark(_note_signature(manifest, form), frames[0].shape[1::-1])
    marked = [marker.mark(frame) for frame in frames] if marker else frames
    data = encode(marked, seconds, text=to_text(manifest), quality=quality)
    return data if _UNSIGNED in manifest.marks else sign_bytes(data, form, manifest)


def render_entry(
    image: Image, extension: str, manifest: Manifest, *, quality: int = 95, effort: int = 6
) -> bytes:
    """Encode a picture as an entry of a data set, with its manifest but without a signature.

    Entries are photos, many and small, and equal pictures have to give an equal data set: equal
    arguments give equal bytes.

    Args:
        image: (height, width, 3), uint8.
        extension: As for `render_image`.
        manifest: The manifest of the picture.
        quality: 1 to 100, for JPEG and WebP; 100 makes WebP lossless.
        effort: Compression of PNG, 0 to 9.

    Returns:
        The whole file.

    Raises:
        InputError: As `render_image` does.
    """
    text = to_text(manifest)
    return encode_image(image, _find_form(extension), text=text, quality=quality, effort=effort)


def _find_form(extension: str) -> Format:
    """Return the format of an extension."""
    if extension not in PICTURES:
        raise InputError(f"`{extension}` is no picture", hint=f"one of: {', '.join(PICTURES)}")
    return PICTURES[extension]


def publish_clip(
    clip: Clip,
    path: Path,
    manifest: Manifest,
    *,
    overwrite: bool = False,
    stopped: Callable[[], bool] | None = None,
) -> Path:
    """Write a clip with its manifest, watermark and signature, atomically.

    Equal arguments give equal bytes apart from the signature. An interrupted run leaves no file,
    unless `stopped` returns True: then the file ends with the frame before, can be played, and its
    manifest has the parameter `STOPPED_AFTER`, its number of frames.

    Args:
        clip: The clip; its frames are consumed.
        path: .mp4 or .gif. Missing folders are made.
        manifest: The manifest of the clip.
        overwrite: Whether to replace an existing file.
        stopped: Returns whether the clip has to end, such as `lambda: signal.requested` with a
            `training.stop.StopSignal`; called before each frame but the first.

    Returns:
        The path.

    Raises:
        InputError: The extension is unknown, the file exists, the clip has no frames or one of
            another size, or the manifest is not JSON.
        FileError: The file cannot be written, or the sound of the clip cannot be read.
    """
    form = CLIPS[check_destination(path, CLIPS, overwrite=overwrite)]
    manifest, marker = choose_mark(_note_signature(manifest, form), clip.size)
    if marker:
        clip = replace(clip, frames=map(marker.mark, clip.frames))

    def finish(unfinished: Path, ended: int | None) -> None:
        if _UNSIGNED not in manifest.marks:
            whole = manifest if ended is None else _note_end(manifest, ended)
            _sign_in_place(unfinished, form, whole)

    stop = (
        EarlyStop(stopped, lambda count: to_text(_note_end(manifest, count))) if stopped else None
    )
    write_clip(clip, path, form, text=to_text(manifest), stop=stop, finish=finish)
    return path


def check_destination(path: Path, known: Collection[str], *, overwrite: bool = False) -> str:
    """Check early whether a result can be written to a path.

    Args:
        path: The file to write.
        known: Extensions that can be written, such as `PICTURES` or `CLIPS`.
        overwrite: Whether an existing file may be replaced.

    Returns:
        The extension in lower case.

    Raises:
        InputError: The extension is unknown, or the file exists.
        FileError: The path is invalid.
    """
    extension = path.suffix.lower()
    if extension not in known:
        raise InputError(
            f"{path} has no extension that can be written here", hint=f"one of: {', '.join(known)}"
        )
    try:
        is_folder, is_there = path.is_dir(), path.exists()
        above = next((one for one in path.parents if one.exists()), path.parent)
        blocked = above.exists() and not above.is_dir()
    except (OSError, ValueError) as error:  # such as a name that is too long
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} cannot be written: {reason}", hint="a shorter name") from error
    if is_folder:
        raise InputError(f"{path} is a folder", hint="name a file")
    if blocked:
        reason = f"{above} is a file, and no folder"
        raise FileError(f"{path} cannot be written: {reason}", hint="name another folder")
    if is_there and not overwrite:
        raise InputError(
            f"{path} is there already", hint="pass --overwrite to replace it, or another name"
        )
    return extension


def read_manifest(path: str | Path) -> Manifest:
    """Read the manifest of a file.

    Args:
        path: A PNG, JPEG, WebP, BMP, MP4, WebM or GIF that was published.

    Returns:
        The manifest.

    Raises:
        FileError: The file is missing, damaged, or has no manifest.
    """
    path = Path(path)
    moves = path.suffix.lower() in {".mp4", ".webm"}
    texts = read_clip_metadata(path) if moves else read_metadata(path)
    found = next((texts[place] for place in _PLACES if is_manifest(texts.get(place, ""))), None)
    if found is None:
        raise FileError(
            f"{path} carries no manifest",
            hint="it was not made by Facewright, or a program that saved it again dropped it",
        )
    try:
        return from_text(found)
    except FileError as error:
        raise FileError(f"{path}: {error}", hint=error.hint) from error


def _note_end(manifest: Manifest, count: int) -> Manifest:
    """Record in a manifest that its clip was ended early."""
    return replace(manifest, parameters={**manifest.parameters, STOPPED_AFTER: count})


def _note_signature(manifest: Manifest, form: str) -> Manifest:
    """Record in a manifest why its file is not signed, if it cannot be."""
    reason = explain_unsigned() if form in TYPES else f"none: {form.upper()} cannot hold one"
    if form in TYPES and reason:
        _warn_unsigned(reason)
        reason = f"none: {reason}"
    marks = {name: said for name, said in manifest.marks.items() if name != _UNSIGNED}
    return replace(manifest, marks=marks | ({_UNSIGNED: reason} if reason else {}))


@cache
def _warn_unsigned(reason: str) -> None:
    """Warn once that files are not signed."""
    _log.warning("files are written without a signature: %s", reason)


def _sign_in_place(path: Path, form: str, manifest: Manifest) -> None:
    """Replace an unfinished file by a signed copy."""
    copy = path.with_name(f".signed.{os.getpid()}.{os.urandom(4).hex()}.part")
    try:
        with path.open("rb") as source, copy.open("x+b") as target:
            sign(source, target, form, manifest)
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)
