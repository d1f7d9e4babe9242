"""Invert the face of a picture: find its latents."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import torch

from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.latents.invert import RefineOptions
from facewright.latents.tune import TuneOptions
from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import resize_image
from facewright.pipelines.draw.latents import InvertedCrop, LatentsPipeline
from facewright.pipelines.inputs import Picture, naming, read_picture
from facewright.pipelines.pipeline import Session, Step
from facewright.pipelines.result import Ingredients, LatentsResult, Stage, build_manifest
from facewright.types import REFINE_STEPS, Crop, Image, Json

_SHOWN = 256  # pixels: faces of before and after are enlarged to at least that


class InvertPipeline(LatentsPipeline):
    """Inverts faces: finds latents from which the generator reconstructs the face of a picture."""

    verb: ClassVar[str] = "invert"

    def __call__(  # noqa: PLR0913
        self,
        picture: Picture,
        *,
        refine: int = REFINE_STEPS,
        tune: bool = False,
        faces: str = "largest",
        aligned: bool = False,
        seed: int = 0,
        consent: str | None = None,
        progress: Progress | None = None,
    ) -> LatentsResult:
        """Find the face of a picture, cut it out, encode it, and optimise its latents.

        Args:
            picture: A picture that shows a face.
            refine: Optimisation steps after the encoder; 0 keeps its latents.
            tune: Whether to fine-tune the generator to this face too (pivotal tuning).
            faces: Which face: "largest", "left", "right", or a number from 1.
            aligned: Whether the picture is an aligned face already, so that none is searched.
            seed: Seed of the noise in the optimisation.
            consent: The consent to use the faces; checked again when the result is saved.
            progress: Called with the number of steps done, and of all.

        Returns:
            The reconstruction, the latents, and the errors after each stage.

        Raises:
            FileError: The file is missing or damaged.
            InputError: There is no face, or it is no picture.
            WeightsError: There are no such weights.
        """
        source = read_picture(picture)
        session = self.start(refine=refine, tune=tune, faces=faces, aligned=aligned, seed=seed)
        session.drawn, session.progress = source.drawn, progress
        with naming(source.name):
            found: InvertedCrop = session.step(source.image).reading
        said = {**session.parameters, "photo": source.name}
        used = session.used | source.describe("photo", consent)
        return LatentsResult(
            found.stages[-1].image,
            build_manifest(self.verb, said, used, self.device),
            latents=dataclasses.replace(found.stored, consent=used.consent or ""),
            tuning=self.pack_tuning(found.tuned, "tuning") if found.tuned else None,
            stages=found.stages,
            crop=found.crop,
        )

    def start(
        self,
        *,
        refine: int = REFINE_STEPS,
        tune: bool = False,
        faces: str = "largest",
        aligned: bool = False,
        seed: int = 0,
    ) -> InvertSession:
        """Return a session that inverts pictures; the arguments are those of a call."""
        said: dict[str, Json] = {"refine": refine, "tune": tune, "faces": faces}
        said |= {"aligned": aligned, "weights": self.name, "encoder": self.encoder_name}
        said |= {"template": self.template}
        models = self.inverters | ({} if aligned else self.find.models)
        used = Ingredients(models=models, seeds=(seed,), threads=torch.get_num_threads())
        return InvertSession(
            self,
            used,
            said,
            refine=RefineOptions(steps=refine, seed=seed),
            tune=TuneOptions(seed=seed) if tune else None,
        )


class InvertSession(Session):
    """A session that inverts the face of each picture.

    Attributes:
        drawn: Whether the picture is generated: such pictures are small and show one face.
        progress: Called with the number of steps done, and of all.
    """

    def __init__(
        self,
        pipeline: InvertPipeline,
        used: Ingredients,
        parameters: dict[str, Json],
        *,
        refine: RefineOptions,
        tune: TuneOptions | None,
    ) -> None:
        super().__init__(used, parameters)
        self._pipeline, self._refine, self._tune = pipeline, refine, tune
        self.drawn = False
        self.progress: Progress | None = None

    def step(self, image: Image, seconds: float = 0.0) -> Step:  # noqa: ARG002
        """Invert the face of a picture; the reading is an `InvertedCrop`.

        Args:
            image: (height, width, 3).
            seconds: Not used.

        Raises:
            InputError: There is no face, or the choice does not give exactly one.
        """
        if self.parameters["aligned"]:
            crop = self._pipeline.fit_aligned(image)
        else:
            crop = self._pipeline.cut(image, str(self.parameters["faces"]), drawn=self.drawn)
        found = self._pipeline.invert_crop(
            crop, refine=self._refine, tune=self._tune, progress=self.progress
        )
        return Step(found.stages[-1].image, reading=found)

    def miss(self, frames: int = 1) -> InputError | None:  # noqa: ARG002
        """Return None, since `step` raises."""
        return None


def draw_before_and_after(crop: Crop, stages: tuple[Stage, ...]) -> Image:
    """Draw a sheet: the face of the picture, and the reconstruction after each stage."""
    size = len(crop.image)
    faces = [crop.image, *(stage.image for stage in stages)]
    captions = [f"{size} pixels", *(f"RMSE {stage.rmse:.1f}" for stage in stages)]
    return contact_sheet(
        [resize_image(face, max(size, _SHOWN)) for face in faces],
        columns=len(faces),
        labels=captions,
        column_labels=["photo", *(stage.name for stage in stages)],
    )
