"""Read the expressions of whoever a camera sees, and show them while it happens."""

from __future__ import annotations

from pathlib import Path

from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.live.session import Stage, Watched
from facewright.live.watch import OpenViewer, watch_live
from facewright.media.camera import open_camera
from facewright.provenance.publish import CLIPS, PICTURES
from facewright.tasks.expressions.frames import label_frame
from facewright.tasks.expressions.instruments import ExpressionOptions, Instruments, describe_run
from facewright.types import Image

FOLDER = Path("live")
"""Where snapshots and recordings go unless the options say otherwise."""


def check_watching(options: ExpressionOptions) -> None:
    """Raise what is invalid for a camera, before anything is loaded.

    Raises:
        InputError: The destination is no folder, or nothing is kept of what is shown.
    """
    out = options.out
    if not options.show:
        return
    if out is not None and (out.suffix.lower() in {*PICTURES, *CLIPS} or out.is_file()):
        raise InputError(
            f"{out} is a file; what is shown live goes to a folder",
            hint="-o FOLDER for snapshots and recordings; without --show, -o OUT.mp4 is written",
        )
    if options.record is not None:
        raise InputError(
            "--record needs a clip", hint="without --show, -o OUT.mp4 --record OUT.csv"
        )


def watch_expressions(
    instruments: Instruments,
    camera: str,
    options: ExpressionOptions,
    viewer: OpenViewer,
    progress: Progress | None = None,
) -> Watched:
    """Draw bars onto every frame of a camera, and show it, until someone has seen enough.

    Args:
        instruments: What reads.
        camera: Such as camera:0.
        options: How it is shown, and the folder for what is kept.
        viewer: Shows it.
        progress: Called with how many frames were made.

    Returns:
        What became of it.

    Raises:
        InputError: The camera is missing, busy or forbidden, or the page cannot be offered.
    """
    reader, clip = instruments.start_reader(), open_camera(camera)

    def label(image: Image, seconds: float) -> tuple[Image, int]:
        return label_frame(reader, image, seconds)

    manifest = describe_run(instruments, options)
    stage = Stage(manifest, options.out or FOLDER, rate=clip.rate)
    return watch_live(clip, label, stage, viewer, options, progress)
