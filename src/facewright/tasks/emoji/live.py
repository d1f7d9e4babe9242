"""Lay the emoji that fits over the face that a camera sees, and show it while it happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from facewright.expressions.reader import NamedFace
from facewright.hub.store import Progress
from facewright.live.session import Stage, Watched
from facewright.live.watch import OpenViewer, watch_live
from facewright.media.camera import open_camera
from facewright.tasks.emoji.options import EmojiOptions
from facewright.toon.heads.disguise import disguise
from facewright.types import Image, Manifest

FOLDER = Path("live")
"""Where snapshots and recordings go unless the options say otherwise."""


class Reader(Protocol):
    """Names the expressions in one frame after the other: an `ExpressionReader`, or a fake."""

    def read(self, image: Image, *, time: float) -> Sequence[NamedFace]:
        """Return the faces of the next frame."""
        ...


@dataclass(frozen=True, slots=True)
class Disguise:
    """What is laid over the largest face of each frame."""

    reader: Reader
    emojis: Mapping[str, Image]
    """Expression → (SIDE, SIDE, 4)."""
    manifest: Manifest

    def put_on(self, image: Image, seconds: float) -> tuple[Image, int]:
        """Lay the emoji that fits over the largest face.

        Args:
            image: (height, width, 3).
            seconds: When the frame is shown.

        Returns:
            A new picture, and how many faces were covered.
        """
        named = self.reader.read(image, time=seconds)
        if not named:
            return image.copy(), 0
        one = max(named, key=lambda it: float((it.face.box[2:] - it.face.box[:2]).prod()))
        return disguise(image, one.face.points, self.emojis[one.expression]), 1


def watch_disguise(
    shown: Disguise,
    options: EmojiOptions,
    viewer: OpenViewer,
    progress: Progress | None = None,
) -> Watched:
    """Show a camera with emoji over the largest face, until someone has seen enough.

    Args:
        shown: What is laid over it.
        options: The camera, how it is shown, and the folder for what is kept.
        viewer: Shows it.
        progress: Called with how many frames were made.

    Returns:
        What became of it.

    Raises:
        InputError: The camera is missing, busy or forbidden, or the page cannot be offered.
    """
    clip = open_camera(options.live or "")
    stage = Stage(shown.manifest, options.out or FOLDER, rate=clip.rate)
    return watch_live(clip, shown.put_on, stage, viewer, options, progress)


def describe_live(manifest: Manifest, camera: str, models: Mapping[str, str]) -> Manifest:
    """Say in the manifest of a pack which camera its emoji were laid over, and who read it.

    Args:
        manifest: Of the pack.
        camera: Such as camera:0; of a clip that stands in, the name counts.
        models: Name of each set of weights that read expressions → sha256.
    """
    prefix, _, rest = camera.partition(":")
    said = {**manifest.parameters, "live": f"{prefix}:{Path(rest).name}"}
    return replace(manifest, parameters=said, models={**manifest.models, **models})
