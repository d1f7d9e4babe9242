"""Put a face onto whoever a camera sees, and show it while it happens."""

from __future__ import annotations

from pathlib import Path

from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.live.session import Stage, Watched
from facewright.live.watch import OpenViewer, watch_live
from facewright.media.camera import PREFIX, open_camera
from facewright.provenance.publish import CLIPS, PICTURES
from facewright.tasks.casting import Cast, SwapFacesOptions
from facewright.types import Image

FOLDER = Path("live")
"""Where snapshots and recordings go unless the options say otherwise."""


def is_live(body: str, options: SwapFacesOptions) -> bool:
    """Tell whether a body is watched, not written to a file.

    Args:
        body: A picture, a clip or a camera.
        options: What was asked for.
    """
    return options.show and body.startswith(PREFIX)


def check_live(options: SwapFacesOptions) -> None:
    """Reject invalid options before anything is loaded.

    Raises:
        InputError: The destination is no folder.
    """
    out = options.out
    if out is not None and (out.suffix.lower() in {*PICTURES, *CLIPS} or out.is_file()):
        raise InputError(
            f"{out} is a file; what is shown live goes to a folder",
            hint="-o FOLDER for snapshots and recordings; without --show, -o OUT.mp4 is written",
        )


def swap_live(
    cast: Cast,
    options: SwapFacesOptions,
    viewer: OpenViewer,
    progress: Progress | None = None,
) -> Watched:
    """Put a face onto every frame of a camera, and show it, until someone has seen enough.

    Args:
        cast: From `open_cast`; its body is a camera, or a clip that stands in for one.
        options: How it is shown, and the folder for what is kept.
        viewer: Shows it.
        progress: Called with how many frames were made.

    Returns:
        What became of it.

    Raises:
        InputError: The camera is missing, busy or forbidden, or the page cannot be offered.
    """
    check_live(options)
    swapper = cast.swapper

    def swap(image: Image, seconds: float) -> tuple[Image, int]:
        result = swapper.swap(image, time=seconds)
        return result, swapper.latest

    clip = open_camera(cast.body)
    stage = Stage(cast.manifest, options.out or FOLDER, rate=clip.rate)
    return watch_live(clip, swap, stage, viewer, options, progress)
