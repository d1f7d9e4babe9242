"""Put a face onto a body: in a picture, or in every frame of a clip."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from facewright.errors import FacewrightError, InputError
from facewright.faces.tracking.picking import CHOICES
from facewright.hub.store import Progress
from facewright.live.session import Stage, Watched
from facewright.live.watch import OpenViewer, show_along, show_nobody
from facewright.media.camera import PREFIX as CAMERA
from facewright.media.camera import open_camera
from facewright.media.decode import read_with_alpha
from facewright.media.formats import find_kind
from facewright.media.video import check_complete, read_clip
from facewright.provenance.publish import (
    CLIPS,
    PICTURES,
    check_destination,
    publish_clip,
    publish_image,
)
from facewright.swap.flicker import Flicker
from facewright.swap.frames import FrameSwapper
from facewright.tasks.casting import Cast, SwapFacesOptions, check_cast, open_cast
from facewright.tasks.framewise import Tally, change_frames
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.tasks.swapping_live import check_live, is_live, swap_live
from facewright.training.stop import StopSignal
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
    viewer: OpenViewer | None = None,
) -> Swapped | Watched:
    """Put a face onto the body of a picture or clip, or onto whoever a camera sees.

    Pose, expression and light stay those of the body, and not a bit changes outside of the face.
    Ctrl-C ends a clip in good order: what is there by then plays.

    Args:
        face_and_body: FACE, then BODY. FACE is a picture, or a folder of pictures of one person,
            of which the one is taken whose pose fits best; with --seed there is none. BODY is a
            picture, a clip, or a camera: camera:0, or camera:clip.mp4 for a clip that stands in.
        options: Which face, how, and where to.
        progress: Called with how many frames are done, and of how many.
        viewer: Shows the frames of a camera or clip while they are made, where the options say so.

    Returns:
        What was made; of a camera that was shown, what was kept.

    Raises:
        InputError: An option is invalid, a file is there already, there is no consent, or no
            face.
        FileError: A file is missing or damaged.
        WeightsError: There are no such weights.
    """
    options = options or SwapFacesOptions()
    check_swap(face_and_body, options)
    lookout = open_lookout(options.device, progress, finder=options.finder, mesh=options.mesh)
    return swap_with(lookout, face_and_body, options, progress, viewer)


def check_swap(face_and_body: Sequence[str], options: SwapFacesOptions) -> None:
    """Reject invalid options before anything is loaded.

    Raises:
        InputError: An option is invalid, a file is there already, or there is no consent.
        FileError: A file is missing.
    """
    _, body = check_cast(face_and_body, options)
    if is_live(body, options):
        check_live(options)
        return
    still = _is_still(body)
    if options.show and still:
        raise InputError("--show is for cameras and clips", hint="leave it out, and open the file")
    if options.out is None:
        raise InputError(
            "nothing says where the result goes",
            hint="name a file: -o OUT; --show shows what is made of a camera",
        )
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
    viewer: OpenViewer | None = None,
) -> Swapped | Watched:
    """Do what `swap_faces` does with networks that are open already.

    Args:
        lookout: The networks.
        face_and_body: FACE, unless the options have a seed, and BODY.
        options: Which face, how, and where to.
        progress: Called with how many frames are done, and of how many.
        viewer: As `swap_faces` takes it.

    Returns:
        What was made.
    """
    live = is_live(face_and_body[-1], options)
    if live:  # who walks past in the background is no mistake
        options = replace(options, faces=options.faces or "largest")
    cast = open_cast(lookout, face_and_body, options, progress)
    if viewer is None:
        viewer = show_nobody
    if live:
        return swap_live(cast, options, viewer, progress)
    if _is_still(cast.body):
        return _swap_picture(cast, options.out or Path(), options, progress)
    return _swap_clip(cast, options, viewer, progress)


def _swap_picture(
    cast: Cast, out: Path, options: SwapFacesOptions, progress: Progress | None
) -> Swapped:
    """Put a face onto a picture."""
    swapper = cast.swapper
    body = read_with_alpha(Path(cast.body))
    result = _swap(swapper, cast.body, body.colours, 0.0)
    if not swapper.swapped:
        raise _miss(cast, image=body.colours)
    quality, overwrite = options.quality, options.overwrite
    publish_image(
        *(result, out, cast.manifest), alpha=body.alpha, quality=quality, overwrite=overwrite
    )
    if progress:
        progress(1, 1)
    return Swapped(out, 1, 1, _count(cast))


def _swap_clip(
    cast: Cast, options: SwapFacesOptions, viewer: OpenViewer, progress: Progress | None
) -> Swapped:
    """Put a face onto every frame of a clip."""
    out = options.out or Path()
    filmed = cast.body.startswith(CAMERA)
    clip = open_camera(cast.body) if filmed else read_clip(Path(cast.body), lenient=options.lenient)
    tally = Tally()
    with StopSignal(_NOTICE) as stop, contextlib.ExitStack() as stack:
        swapped = swap_frames(cast, clip, tally, progress)
        if options.show:
            stage = Stage(cast.manifest, out.parent, rate=None, total=clip.count)
            shown = stack.enter_context(viewer(stage, options))
            swapped = show_along(swapped, stage, shown, lambda: tally.latest)
        publish_clip(
            swapped,
            out,
            cast.manifest,
            overwrite=options.overwrite,
            stopped=lambda: stop.requested,
        )
        finished = not stop.requested
    check_complete(clip)
    flicker = cast.swapper.flicker.read()
    return Swapped(out, tally.frames, tally.changed, _count(cast), flicker, finished)


def swap_frames(
    cast: Cast, clip: Clip, tally: Tally | None = None, progress: Progress | None = None
) -> Clip:
    """Return a clip in which every frame gets the face, when it is asked for.

    Args:
        cast: From `open_cast`.
        clip: The body; its frames are used up. A camera will do.
        tally: Counts the frames that come out.
        progress: Called with how many frames are done, and of how many.

    Returns:
        As many frames with the same times and sound. The last raises `InputError` if none of them
        had a face.
    """

    def swap(image: Image, seconds: float) -> tuple[Image, int]:
        result = _swap(cast.swapper, cast.body, image, seconds)
        return result, cast.swapper.latest

    tally = tally or Tally()
    return change_frames(clip, swap, tally, lambda: _miss(cast, tally.frames), progress)


def _is_still(body: str) -> bool:
    """Tell whether a body is one picture."""
    return find_kind(Path(body)) == "picture" and not body.startswith(CAMERA)


def _swap(swapper: FrameSwapper, body: str, image: Image, seconds: float) -> Image:
    """Swap a frame; what goes wrong names the body."""
    try:
        return swapper.swap(image, time=seconds)
    except FacewrightError as error:
        raise InputError(f"{body}: {error}", hint=error.hint) from error


def _miss(cast: Cast, frames: int = 1, image: Image | None = None) -> InputError:
    """Return the error for a body without the face that is asked for."""
    where = f" in {frames} frames" if frames > 1 else ""
    faces = cast.manifest.parameters["faces"]
    if faces is None:
        hint = "use one that shows a face; --smallest 12 finds small ones, --threshold 0.3 dim ones"
        hint = hint if image is None else cast.swapper.hint(image, hint)
        return InputError(f"{cast.body}: no face was found{where}", hint=hint)
    return InputError(f"{cast.body}: --faces {faces} chooses no face{where}", hint=CHOICES)


def _count(cast: Cast) -> dict[str, int]:
    """Return how often each of several references was used."""
    if len(cast.references) == 1:
        return {}
    used = cast.swapper.used
    return {name: used[number] for number, name in enumerate(cast.references) if used[number]}
