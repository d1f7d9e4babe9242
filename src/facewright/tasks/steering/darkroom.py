"""Turn photos into latents when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from facewright.hub.store import Progress
from facewright.latents.invert import RefineOptions
from facewright.tasks.inverting.inverter import Inverter, open_inverter
from facewright.tasks.inverting.photo import InvertedPhoto, invert_photo
from facewright.tasks.lookout import Lookout, open_lookout


@dataclass(frozen=True, slots=True)
class Darkroom:
    """What finds faces in photos and their latents; opened when the first photo comes."""

    open_networks: Callable[[], tuple[Lookout, Inverter]]
    steps: int
    """How often latents are corrected."""
    pick: str | None = None
    """Which of several faces, as `select_faces` takes it."""

    def develop(
        self, photo: Path, progress: Progress | None = None
    ) -> tuple[InvertedPhoto, dict[str, str]]:
        """Find the latents of the face in a photo, and say which networks found them.

        Args:
            photo: A picture that shows a face.
            progress: Called with how many steps are done, and of how many.

        Raises:
            FileError: The photo is missing or damaged.
            InputError: It shows no face, or several and none is chosen.
        """
        lookout, inverter = self.open_networks()
        refine = RefineOptions(steps=self.steps)
        found = invert_photo(
            lookout, inverter, photo, pick=self.pick, options=refine, progress=progress
        )
        return found, lookout.models | inverter.models


def set_up_darkroom(
    weights: str | None,
    device: str,
    *,
    steps: int,
    pick: str | None = None,
    progress: Progress | None = None,
) -> Darkroom:
    """Return a darkroom with the networks that ship.

    Args:
        weights: The generator whose latents are wanted, a name or a file; None is the starter.
        device: Where to compute: auto, cpu, cuda or cuda:1.
        steps: How often to correct latents.
        pick: Which of several faces.
        progress: Called with how far a download of weights is.
    """

    @cache
    def open_networks() -> tuple[Lookout, Inverter]:
        inverter = open_inverter(weights, device=device, progress=progress)
        return open_lookout(device, progress), inverter

    return Darkroom(open_networks, steps, pick)
