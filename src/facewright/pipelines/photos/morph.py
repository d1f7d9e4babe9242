"""Blend faces into each other: a sheet, a clip, or the mean of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import ClassVar, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.latents.sample import draw_styles
from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import resize_image
from facewright.pipelines.draw.invert import InvertPipeline
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.inputs import Picture, naming, read_picture
from facewright.pipelines.pipeline import Pipeline
from facewright.pipelines.result import ClipResult, Ingredients, Result, build_manifest
from facewright.swap.morph import average_faces, morph_faces, plan_morph
from facewright.types import REFINE_STEPS, Clip, Image, Json, Manifest, Precision

T = TypeVar("T")

MOST_STEPS = 3600
"""Of a morph."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a generator from one face to another."""

    drawn: tuple[Image, ...]
    """Through its latents, both ends among them."""
    warped: tuple[Image, ...]
    """The warp of the two faces as they were cut out; empty where no pictures were given."""
    manifest: Manifest


class MorphPipeline(Pipeline):
    """Blends faces into each other, or draws their mean."""

    verb: ClassVar[str] = "morph"

    def __init__(
        self,
        weights: str | None = None,
        *,
        generator: str | None = None,
        find: FindPipeline | None = None,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose the networks; nothing is loaded yet.

        Args:
            weights: The detector: a name or a file; None is the one that ships.
            generator: What draws the way through latents: likewise.
            find: What finds faces, instead of the detector.
            device: As for every `Pipeline`.
            dtype: Number format of the networks.
            progress: As for every `Pipeline`.
        """
        super().__init__(weights, device=device, dtype=dtype, progress=progress)
        self.find = find or FindPipeline(weights, device=self.device, progress=progress)
        self._generator = generator

    @cached_property
    def invert(self) -> InvertPipeline:
        """What finds the latents of faces, and draws what lies between them."""
        return InvertPipeline(
            self._generator, find=self.find, device=self.device, progress=self.progress
        )

    def read(
        self, pictures: Sequence[Picture], faces: str = "largest", consent: str | None = None
    ) -> tuple[list[tuple[Image, NDArray[np.float32]]], Ingredients]:
        """Find one face in each picture.

        Returns:
            Each picture with the mesh of its face; and what a manifest says of them.
        """
        read, used = [], Ingredients(models=self.find.models)
        for number, picture in enumerate(pictures, 1):
            source = read_picture(picture)
            with naming(source.name):
                read.append(
                    (source.image, self.find.pick(source.image, faces, drawn=source.drawn).points)
                )
            used |= source.describe(str(number), consent)
        return read, used

    def __call__(
        self,
        pictures: Sequence[Picture],
        *,
        steps: int = 6,
        faces: str = "largest",
        columns: int | None = None,
        consent: str | None = None,
    ) -> Result:
        """Draw the way from one face to another, as a sheet.

        Args:
            pictures: Two.
            steps: How many pictures there are on it, both among them.
            faces: Which face of pictures that show several.
            columns: Pictures side by side; None is about as many as there are rows.
            consent: The consent to use the faces.

        Raises:
            FileError: A file is missing or damaged.
            InputError: A picture shows no face, or there are not two.
        """
        read, used = self.read(pictures, faces, consent)
        drawn = [morph_faces(plan_morph(*_check_pair(read)), a) for a in plan_amounts(steps)]
        said: dict[str, Json] = {"steps": steps, "faces": faces, "columns": columns}
        return Result(contact_sheet(drawn, columns=columns), self._describe(said, used))

    def average(
        self,
        pictures: Sequence[Picture],
        *,
        size: int = 512,
        faces: str = "largest",
        consent: str | None = None,
    ) -> Result:
        """Draw the mean of several faces.

        Args:
            pictures: Two or more.
            size: Width and height in pixels.
            faces: Which face of pictures that show several.
            consent: The consent to use the faces.

        Raises:
            FileError: A file is missing or damaged.
            InputError: A picture shows no face.
        """
        read, used = self.read(pictures, faces, consent)
        said: dict[str, Json] = {"average": True, "size": size, "faces": faces}
        return Result(average_faces(read, size=size), self._describe(said, used))

    def frames(
        self,
        pictures: Sequence[Picture],
        *,
        steps: int = 60,
        fps: int = 30,
        loop: bool = False,
        faces: str = "largest",
        consent: str | None = None,
    ) -> ClipResult:
        """Draw the way from one face to another, as a clip.

        Args:
            pictures: Two.
            steps: How many frames there are on it, both ends among them.
            fps: Frames per second.
            loop: Go back again, so that the clip can repeat.
            faces: Which face of pictures that show several.
            consent: The consent to use the faces.

        Raises:
            FileError: A file is missing or damaged.
            InputError: A picture shows no face, or there are not two.
        """
        read, used = self.read(pictures, faces, consent)
        morph, amounts = plan_morph(*_check_pair(read)), plan_amounts(steps, loop=loop)
        height, width = morph.first.shape[:2]
        drawn = (morph_faces(morph, amount) for amount in amounts)
        said: dict[str, Json] = {"steps": steps, "fps": fps, "loop": loop, "faces": faces}
        clip = Clip((width, height), Fraction(fps), drawn, count=len(amounts))
        return ClipResult(clip, self._describe(said, used))

    def through_latents(  # noqa: PLR0913
        self,
        pictures: Sequence[Picture],
        *,
        steps: int = 6,
        size: int | None = None,
        refine: int = REFINE_STEPS,
        loop: bool = False,
        faces: str = "largest",
        consent: str | None = None,
        progress: Progress | None = None,
    ) -> Way:
        """Draw the generator's own way from one face to another, and the warp of the same two.

        The latents of both are sought, and w+ moves evenly from one to the other. What lies between
        is a face that the generator would draw, not two faces over each other; the ends are as near
        to the pictures as the search came.

        Args:
            pictures: Two.
            steps: How many pictures there are on the way, both ends among them.
            size: Width and height of each in pixels; None is what the generator draws.
            refine: Optimisation steps after the encoder.
            loop: Go back again, so that a clip can repeat.
            faces: Which face of pictures that show several.
            consent: The consent to use the faces.
            progress: Called with the steps of the search done, and in all.

        Raises:
            FileError: A file is missing or damaged.
            InputError: A picture shows no face, or there are not two.
        """
        pair, invert = _check_pair(pictures), self.invert
        sampler = invert.sampler()
        size = invert.pick_size(size)
        ends = [
            invert.read_latents(
                one,
                sampler,
                role=str(number),
                refine=refine,
                faces=faces,
                consent=consent,
                progress=progress,
            )
            for number, one in enumerate(pair, 1)
        ]
        amounts = torch.tensor(plan_amounts(steps, loop=loop), device=invert.device)
        first, second = (one.ws for one in ends)  # [1 num_ws dim]
        ws = torch.lerp(first, second, amounts[:, None, None])
        drawn = draw_styles(
            sampler.generator, ws, sampling=sampler.sampling, batch=sampler.batch
        )  # [steps h h 3]
        crops = [one.crop.image for one in ends if one.crop is not None]
        warped: list[Image] = []
        if len(crops) == len(ends):
            meshes = [(image, self.find.pick(image, drawn=True).points) for image in crops]
            morph = plan_morph(*meshes)
            warped = [morph_faces(morph, float(amount)) for amount in amounts]
        said: dict[str, Json] = {
            "through_latents": True,
            "steps": steps,
            "size": size,
            "refine": refine,
            "loop": loop,
            "faces": faces,
            "weights": invert.name,
        }
        used = ends[0].used | ends[1].used
        shown, beside = (tuple(resize_image(one, size) for one in all_) for all_ in (drawn, warped))
        return Way(shown, beside, self._describe(said, used))

    def _describe(self, said: dict[str, Json], used: Ingredients) -> Manifest:
        """Record how the result came about."""
        names: list[Json] = [key.partition("/")[2] for key in used.sources]
        return build_manifest(self.verb, {**said, "pictures": names}, used, self.device)


def plan_amounts(steps: int, *, loop: bool = False) -> list[float]:
    """Return how far each step of a morph is, 0 to 1; with a loop back again, both ends once.

    >>> plan_amounts(3), plan_amounts(3, loop=True)
    ([0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 0.5])
    """
    if not 2 <= steps <= MOST_STEPS:
        raise InputError(f"steps is 2 to {MOST_STEPS}, not {steps}", hint="60 are usual in a clip")
    there = [step / (steps - 1) for step in range(steps)]
    return there + (there[-2:0:-1] if loop else [])


def _check_pair(read: Sequence[T]) -> Sequence[T]:
    """Raise InputError unless there are two faces."""
    if len(read) != 2:
        raise InputError(
            f"a morph goes from one face to another, not through {len(read)}",
            hint="`average` draws the mean of several",
        )
    return read
