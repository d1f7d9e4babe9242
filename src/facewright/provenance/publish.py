"""Write results: encode, mark, sign. The one way out."""

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
"""How pictures are written, by extension."""

_TRANSPARENT = (".png", ".webp")  # pictures that can be transparent

CLIPS: dict[str, ClipFormat] = {".mp4": "mp4", ".gif": "gif"}
"""How clips are written, by extension."""

MOVING: dict[str, Callable[..., bytes]] = {".webp": encode_animation, ".webm": encode_webm}
"""How what moves on a transparent ground is written, by extension."""

STOPPED_AFTER = "stopped_after"
"""The parameter in the manifest of a clip that was ended early: how many frames it has."""

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
    """Write a picture that says how it came about, marked and signed, whole or not at all.

    What is generated or altered carries the watermark. Equal arguments give equal bytes but for the
    signature: nothing else in the file tells when or where it was written. A BMP, and a file of a
    machine that can keep no key, is not signed, and its manifest says so.

    Args:
        image: (height, width, 3), uint8; RGBA (height, width, 4) for PNG and WebP too.
        path: .png, .jpg, .jpeg, .webp or .bmp. Missing folders are made.
        manifest: How the picture came about.
        alpha: (h, w), how opaque the picture is: PNG and WebP keep it, in others white stands for
            transparency.
        quality: 1 to 100, for JPEG and WebP; 100 makes WebP lossless.
        overwrite: Replace a file that is already there.

    Returns:
        The path.

    Raises:
        InputError: The extension is unknown, the file is there already, the picture does not suit
            the format, or the manifest is not JSON.
        FileError: The file cannot be written.
    """
    extension = check_destination(path, PICTURES, overwrite=overwrite)
    return write_bytes(path, render_image(image, extension, manifest, alpha=alpha, quality=quality))


def write_bytes(path: Path, data: bytes) -> Path:
    """Write what was rendered, whole or not at all; return the path.

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
    """Turn a picture into the bytes of a file that says how it came about, marked and signed.

    Equal arguments give equal bytes but for the signature.

    Args:
        image: (height, width, 3), uint8; RGBA (height, width, 4) for PNG and WebP too.
        extension: ".png", ".jpg", ".jpeg", ".webp" or ".bmp".
        manifest: How the picture came about.
        alpha: As for `publish_image`.
        quality: 1 to 100, for JPEG and WebP; 100 makes WebP lossless.

    Returns:
        The whole file.

    Raises:
        InputError: The extension is unknown, the picture does not suit the format, or the manifest
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
    """Turn frames into the bytes of a file that moves and says how it came about, likewise.

    A WebM is not signed, and its manifest says so.

    Args:
        frames: (height, width, 4), uint8, RGBA; all of one size.
        seconds: How long each is shown.
        extension: One of `MOVING`.
        manifest: How they came about.
        quality: 1 to 100.

    Returns:
        The whole file.

    Raises:
        InputError: The frames are of several sizes, or none, or the manifest is not JSON.
    """
    encode, form = MOVING[extension], extension[1:]
    manifest, marker = choose_mark(_note_signature(manifest, form), frames[0].shape[1::-1])
    marked = [marker.mark(frame) for frame in frames] if marker else frames
    data = encode(marked, seconds, text=to_text(manifest), quality=quality)
    return data if _UNSIGNED in manifest.marks else sign_bytes(data, form, manifest)


def render_entry(
    image: Image, extension: str, manifest: Manifest, *, quality: int = 95, effort: int = 6
) -> bytes:
    """Turn a picture into an entry of a data set, which says how it came about and is not signed.

    Entries are photos as they were, many and small, and a data set of the same pictures is the same
    file: equal arguments give equal bytes.

    Args:
        image: (height, width, 3), uint8.
        extension: As for `render_image`.
        manifest: How the picture came about.
        quality: 1 to 100, for JPEG and WebP; 100 makes WebP lossless.
        effort: 0 to 9, for PNG: how long to look for a smaller file.

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
    """Write a clip that says how it came about, marked and signed, whole or not at all.

    Equal arguments give equal bytes but for the signature. An interrupted run leaves no file,
    unless `stopped` notices the interruption: then the file ends with the frame before, plays, and
    its manifest says so with the parameter `STOPPED_AFTER`, which is how many frames it has.

    Args:
        clip: What to write; its frames are used up.
        path: .mp4 or .gif. Missing folders are made.
        manifest: How the clip came about.
        overwrite: Replace a file that is already there.
        stopped: Tells whether someone wants the clip to end, such as
            `lambda: signal.requested` with a `fit.stop.StopSignal`; asked before each frame but the
            first.

    Returns:
        The path.

    Raises:
        InputError: The extension is unknown, the file is there already, the clip has no frames or
            one of another size, or the manifest is not JSON.
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
    """Raise what publishing to a path would raise, before the work that leads there.

    Args:
        path: Where a result is to go.
        known: Endings that can be written, such as `PICTURES` or `CLIPS`.
        overwrite: Whether a file that is already there may be replaced.

    Returns:
        The extension in lower case.

    Raises:
        InputError: The extension is unknown, or the file is there already.
        FileError: No file can have such a path.
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
    """Read how a file came about.

    Args:
        path: A PNG, JPEG, WebP, BMP, MP4, WebM or GIF that was published.

    Returns:
        The manifest.

    Raises:
        FileError: The file is missing, damaged, or carries no manifest.
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
    """Say in a manifest that its clip was ended after some frames."""
    return replace(manifest, parameters={**manifest.parameters, STOPPED_AFTER: count})


def _note_signature(manifest: Manifest, form: str) -> Manifest:
    """Say in a manifest why its file is not signed, if it cannot be."""
    reason = explain_unsigned() if form in TYPES else f"none: {form.upper()} cannot hold one"
    if form in TYPES and reason:
        _warn_unsigned(reason)
        reason = f"none: {reason}"
    marks = {name: said for name, said in manifest.marks.items() if name != _UNSIGNED}
    return replace(manifest, marks=marks | ({_UNSIGNED: reason} if reason else {}))


@cache
def _warn_unsigned(reason: str) -> None:
    """Say once that files are not signed."""
    _log.warning("files are written without a signature: %s", reason)


def _sign_in_place(path: Path, form: str, manifest: Manifest) -> None:
    """Put a signed copy of an unfinished file in its place."""
    copy = path.with_name(f".signed.{os.getpid()}.{os.urandom(4).hex()}.part")
    try:
        with path.open("rb") as source, copy.open("x+b") as target:
            sign(source, target, form, manifest)
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)
