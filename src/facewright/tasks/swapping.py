"""Put a face onto a body: in a picture, or in every frame of a clip."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from facewright.errors import FacewrightError, InputError
from facewright.fit.stop import StopSignal
from facewright.hub.store import Progress
from facewright.media.clips.ahead import read_ahead
from facewright.media.decode import read_image
from facewright.media.video import STILLS, read_clip
from facewright.provenance.publish import (
    CLIPS,
    PICTURES,
    check_destination,
    publish_clip,
    publish_image,
)
from facewright.swap.flicker import Flicker
from facewright.swap.frames import FrameSwapper
from facewright.swap.picking import CHOICES
from facewright.tasks.casting import Cast, SwapFacesOptions, check_cast, open_cast
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.tasks.search import share_times
from facewright.types import Clip, Image

_NOTICE = "stopping: the clip up to here is written"


@dataclass(frozen=True, slots=True)
class Swapped:
    """What a swap made."""

    path: Path
    frames: int
    """Of the body; a picture is one."""
    swapped: int
    """How many of them got a face."""
    references: dict[str, int] = field(default_factory=dict)
    """Of a folder of references: name of each that was used → how often, as its pose fitted
    best."""
    flicker: Flicker | None = None
    """How much the face changes from frame to frame, before and after."""
    finished: bool = True
    """False if someone ended a clip early."""

    @property
    def missed(self) -> int:
        """How many frames passed through as they were."""
        return self.frames - self.swapped


def swap_faces(
    face_and_body: list[str],
    *,
    options: SwapFacesOptions | None = None,
    progress: Progress | None = None,
) -> Swapped:
    """Put a face onto the body of a picture or clip.

    Pose, expression and light stay those of the body, and not a bit changes outside of the face.
    Ctrl-C ends a clip in good order: what is there by then plays.

    Args:
        face_and_body: FACE, then BODY. FACE is a picture, or a folder of pictures of one person,
            of which the one is taken whose pose fits best; with --seed there is none. BODY is a
            picture or a clip.
        options: Which face, how, and where to.
        progress: Is told how many frames are done, and of how many.

    Returns:
        What was made.

    Raises:
        InputError: An option makes no sense, a file is there already, there is no consent, or no
            face.
        FileError: A file is missing or damaged.
        WeightsError: There are no such weights.
    """
    options = options or SwapFacesOptions()
    check_swap(face_and_body, options)
    return swap_with(open_lookout(options.device, progress), face_and_body, options, progress)


def check_swap(face_and_body: Sequence[str], options: SwapFacesOptions) -> None:
    """Raise what makes no sense, before anything is loaded.

    Raises:
        InputError: An option makes no sense, a file is there already, or there is no consent.
        FileError: A file is missing.
    """
    _, body = check_cast(face_and_body, options)
    if options.out is None:
        raise InputError("nothing says where the result goes", hint="name a file: -o OUT")
    still = Path(body).suffix.lower() in STILLS
    if options.out.suffix.lower() in (CLIPS if still else PICTURES):
        kinds = ("a clip", "a picture")
        raise InputError(
            f"{body} is {kinds[still]}, {options.out} would be {kinds[not still]}",
            hint=f"{', '.join(PICTURES if still else CLIPS)} can be written",
        )
    check_destination(options.out, PICTURES if still else CLIPS, overwrite=options.overwrite)
    for name in face_and_body:
        if options.out.exists() and Path(name).exists() and options.out.samefile(name):
            raise InputError(f"{options.out} is one of the sources", hint="name another file")


def swap_with(
    lookout: Lookout,
    face_and_body: Sequence[str],
    options: SwapFacesOptions,
    progress: Progress | None = None,
) -> Swapped:
    """Do what `swap_faces` does with networks that are open already.

    Args:
        lookout: The networks.
        face_and_body: FACE, unless the options have a seed, and BODY.
        options: Which face, how, and where to.
        progress: Is told how many frames are done, and of how many.

    Returns:
        What was made.
    """
    cast = open_cast(lookout, face_and_body, options, progress)
    out = options.out or Path()
    if Path(cast.body).suffix.lower() in STILLS:
        return _swap_picture(cast, out, options, progress)
    return _swap_clip(cast, out, options, progress)


def _swap_picture(
    cast: Cast, out: Path, options: SwapFacesOptions, progress: Progress | None
) -> Swapped:
    """Put a face onto a picture."""
    swapper = cast.swapper
    result = _swap(swapper, cast.body, read_image(Path(cast.body)), 0.0)
    if not swapper.swapped:
        raise _miss(cast.body, options.faces)
    quality, overwrite = options.quality, options.overwrite
    publish_image(result, out, cast.manifest, quality=quality, overwrite=overwrite)
    if progress:
        progress(1, 1)
    return Swapped(out, 1, 1, _count(cast))


def _swap_clip(
    cast: Cast, out: Path, options: SwapFacesOptions, progress: Progress | None
) -> Swapped:
    """Put a face onto every frame of a clip."""
    clip = read_clip(Path(cast.body))
    with StopSignal(_NOTICE) as stop:
        swapped = swap_frames(cast, clip, options.faces, progress)
        publish_clip(
            swapped,
            out,
            cast.manifest,
            overwrite=options.overwrite,
            stopped=lambda: stop.requested,
        )
        finished = not stop.requested
    swapper = cast.swapper
    flicker = swapper.flicker.read()
    return Swapped(out, swapper.frames, swapper.swapped, _count(cast), flicker, finished)


def swap_frames(
    cast: Cast, clip: Clip, faces: str | None = None, progress: Progress | None = None
) -> Clip:
    """Return a clip in which every frame gets the face, when it is asked for.

    Frames are read ahead in the background, a few at a time.

    Args:
        cast: From `open_cast`.
        clip: The body; its frames are used up. A camera will do.
        faces: What the user chose, for errors.
        progress: Is told how many frames are done, and of how many.

    Returns:
        As many frames with the same times and sound. The last raises `InputError` if none of them
        had a face.
    """
    seconds, times = share_times(clip)

    def frames() -> Iterator[Image]:
        swapper, done = cast.swapper, 0
        for done, image in enumerate(read_ahead(clip.frames), 1):
            yield _swap(swapper, cast.body, image, next(seconds))
            if progress:
                progress(done, max(done, clip.count or 0))
        if not swapper.swapped:
            raise _miss(cast.body, faces, frames=done)

    return replace(clip, frames=frames(), times=times)


def _swap(swapper: FrameSwapper, body: str, image: Image, seconds: float) -> Image:
    """Swap a frame; what goes wrong names the body."""
    try:
        return swapper.swap(image, time=seconds)
    except FacewrightError as error:
        raise InputError(f"{body}: {error}", hint=error.hint) from error


def _miss(body: str, faces: str | None, frames: int = 1) -> InputError:
    """Return the error for a body without the face that is asked for."""
    where = f" in {frames} frames" if frames > 1 else ""
    if faces is None:
        hint = "use one that shows a face; --smallest 12 finds small ones, --threshold 0.3 dim ones"
        return InputError(f"{body}: no face was found{where}", hint=hint)
    return InputError(f"{body}: --faces {faces} chooses no face{where}", hint=CHOICES)


def _count(cast: Cast) -> dict[str, int]:
    """Return how often each of several references was used."""
    if len(cast.references) == 1:
        return {}
    used = cast.swapper.used
    return {name: used[number] for number, name in enumerate(cast.references) if used[number]}
