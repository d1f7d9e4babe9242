"""Make a character of somebody: in a picture, or in every frame of a clip."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from facewright.errors import FileError, InputError
from facewright.hub.store import Progress
from facewright.media.clips.thin import thin_clip
from facewright.media.decode import read_with_alpha
from facewright.media.stills.alpha import lay_over
from facewright.media.video import check_complete, read_clip
from facewright.provenance.publish import publish_clip, publish_image
from facewright.tasks.framewise import Tally, change_stream
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.tasks.toonifying.casting import (
    Production,
    ToonifyOptions,
    check_toonify,
    is_still,
    open_production,
)
from facewright.tasks.toonifying.labelling import Labelling, open_labelling
from facewright.toon.heads.upright import check_whole
from facewright.training.stop import StopSignal
from facewright.types import Clip, Image

_NOTICE = "stopping: the clip up to here is written"


@dataclass(frozen=True, slots=True)
class Toonified:
    """What was made of a picture or clip."""

    path: Path
    frames: int
    """That were written; a picture is one."""
    drawn: int
    """How many of them show a character."""
    finished: bool = True
    """False if someone ended a clip early."""
    kept: tuple[Path, ...] = ()
    """What --keep wrote beside it."""


def toonify_faces(
    photo_or_clip: Path, *, options: ToonifyOptions, progress: Progress | None = None
) -> Toonified:
    """Draw somebody as a character: find the face, find its latents, draw it in another style.

    The character has the size that its generator draws, 128 pixels for those that ship, enlarged as
    drawings are. Ctrl-C ends a clip in good order: what is there by then plays.

    Args:
        photo_or_clip: A picture or a clip that shows a face.
        options: Which character, how, and where to.
        progress: Called with how many frames, or steps of a picture, are done, and of how many.

    Returns:
        What was made.

    Raises:
        InputError: An option is invalid, a file is there already, there is no consent, or no
            face.
        FileError: The file is missing or damaged.
        WeightsError: There are no such weights, or those of the style do not fit the generator.
    """
    source = Path(photo_or_clip)
    check_toonify(source, options)
    lookout = open_lookout(options.device, progress, finder=options.finder, mesh=options.mesh)
    return toonify_with(lookout, source, options, progress)


def toonify_with(
    lookout: Lookout, source: Path, options: ToonifyOptions, progress: Progress | None = None
) -> Toonified:
    """Do what `toonify_faces` does with networks that are open already.

    Args:
        lookout: What finds faces.
        source: A picture or a clip.
        options: Which character, how, and where to.
        progress: As `toonify_faces` takes it.
    """
    check_toonify(source, options)
    still = is_still(source)
    production = open_production(lookout, source, options, steps=progress if still else None)
    labelling = None
    if options.expressions:
        labelling = open_labelling(lookout, source, options, production.manifest)
    if still:
        return _draw_picture(production, labelling, source, options)
    return _draw_clip(production, labelling, source, options, progress)


def _draw_picture(
    production: Production, labelling: Labelling | None, source: Path, options: ToonifyOptions
) -> Toonified:
    """Make characters of the faces in a picture."""
    photo = read_with_alpha(source)
    alpha = None if options.portrait else photo.alpha
    with _naming(source):
        result = production.film.draw(photo.colours, time=0.0)
        for face in () if options.portrait else production.film.faces:
            check_whole(face.points, photo.colours.shape[1::-1])
    if not production.film.latest:
        error = _miss(source, options)
        raise InputError(str(error), hint=production.film.hint(photo.colours, error.hint or ""))
    if labelling:
        shown = lay_over(result, alpha)
        return Toonified(options.out, 1, 1, kept=tuple(labelling.publish_picture(shown)))
    quality, overwrite = options.quality, options.overwrite
    publish_image(
        *(result, options.out, production.manifest),
        alpha=alpha,
        quality=quality,
        overwrite=overwrite,
    )
    return Toonified(options.out, 1, 1)


def _draw_clip(
    production: Production,
    labelling: Labelling | None,
    source: Path,
    options: ToonifyOptions,
    progress: Progress | None,
) -> Toonified:
    """Make characters of the faces in every frame of a clip."""
    tally, kept = Tally(), list[Path]()
    with StopSignal(_NOTICE) as stop:
        clip = draw_frames(production, source, options, tally, progress)
        if labelling:
            kept = labelling.publish_clip(clip, lambda: stop.requested)
        else:
            publish_clip(
                clip,
                options.out,
                production.manifest,
                overwrite=options.overwrite,
                stopped=lambda: stop.requested,
            )
        finished = not stop.requested
    check_complete(clip)
    return Toonified(options.out, tally.frames, tally.changed, finished, tuple(kept))


def draw_frames(
    production: Production,
    source: Path,
    options: ToonifyOptions,
    tally: Tally | None = None,
    progress: Progress | None = None,
) -> Clip:
    """Return the clip of the characters, whose frames are drawn when they are asked for.

    Args:
        production: From `open_production`.
        source: The clip.
        options: Which frames, and whether portraits.
        tally: Counts the frames that come out.
        progress: Called with how many frames are done, and of how many.
    """
    film, every = production.film, options.every if options.fill else 1

    def draw(shown: Iterator[tuple[Image, float]]) -> Iterator[tuple[Image, int]]:
        with _naming(source):
            yield from film.draw_stream(shown, every=every)

    clip = read_clip(source, lenient=options.lenient)
    clip = clip if options.fill else thin_clip(clip, options.every)
    drawn = change_stream(clip, draw, tally or Tally(), lambda: _miss(source, options), progress)
    return replace(drawn, size=(options.size, options.size)) if options.portrait else drawn


@contextlib.contextmanager
def _naming(source: Path) -> Iterator[None]:
    """Name the source in what goes wrong."""
    try:
        yield
    except FileError:  # it has the name
        raise
    except InputError as error:
        raise InputError(f"{source}: {error}", hint=error.hint) from error


def _miss(source: Path, options: ToonifyOptions) -> InputError:
    """Return the error for a picture or clip without the face that is asked for."""
    if options.faces is not None:
        return InputError(
            f"{source}: --faces {options.faces} chooses no face",
            hint="largest, all, left, right or a number",
        )
    return InputError(
        f"{source}: no face was found",
        hint="use one that shows a face from the front; --smallest 12 finds small ones, "
        "--threshold 0.3 dim ones",
    )
