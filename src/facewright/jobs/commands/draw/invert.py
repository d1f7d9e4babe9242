"""Find the latents from which a generator draws the faces of photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from facewright.errors import InputError
from facewright.jobs.effect import Effect, Outcome, Running, Still, Summary
from facewright.jobs.options import Consent, Destination, FaceChoice, Generating, Refining
from facewright.types import TemplateName

if TYPE_CHECKING:
    import torch

    from facewright.collect.sources.walk import Developed
    from facewright.hub.store import Progress
    from facewright.jobs.outputs import Output
    from facewright.pipelines.pipeline import Session
    from facewright.types import Json, Manifest


@dataclass(frozen=True, kw_only=True)
class InvertOptions(Generating, FaceChoice, Consent, Refining, Destination):
    """Options of inversion, and destination."""

    out: Path
    """The file of latents, such as face.latents; a picture of before and after is written beside
    it, as face.png. Or a folder, for several photos. A picture (.png, .jpg, .webp, .bmp) has the
    latents beside it."""
    tune: bool = False
    """Also fine-tune the generator to this face (pivotal tuning). The differences are written
    beside the latents, as face.tuning.safetensors."""
    encoder: str | None = None
    """The encoder that estimates the first latents, by name or file, or none for the average face;
    the one that belongs to the generator if not given."""
    template: TemplateName | None = None
    """Alignment template of the generator; if not given that of its weights, or tight."""
    aligned: bool = False
    """The photos are aligned faces already: detect and cut none."""
    seed: int = 0
    """Seed of the noise in the optimisation."""


class Invert(Effect[InvertOptions]):
    """Finds the latents of a face, and draws before and after."""

    verb: ClassVar[str] = "invert"
    role: ClassVar[str] = "photo"

    def check(self, sources: Sequence[str]) -> None:
        """Raise unless there is one face to each photo."""
        from facewright.collect.sources.walk import is_clip
        from facewright.faces.choose import check_choice

        check_choice(self.options.faces)
        self._alone = len(sources) == 1 and Path(sources[0]).is_file()
        for source in sources:
            if is_clip(Path(source)):
                raise InputError(f"{source} is a clip", hint="name photos, or folders of them")

    def plan(self, sources: Sequence[str]) -> tuple[Output, list[Path]]:
        """Return where pictures go; latents go beside them."""
        from facewright.jobs.outputs import check_absent, plan_output
        from facewright.provenance.publish import PICTURES
        from facewright.types import LATENTS

        out, overwrite = self.options.out, self.options.overwrite
        suffix = "" if out.is_dir() else out.suffix.lower()
        if suffix not in ("", LATENTS, *PICTURES):
            hint = "such as -o face.latents; or a folder"
            raise InputError(f"{out} is no file of latents", hint=hint)
        picture = out.with_suffix(".png") if suffix == LATENTS else out
        output = plan_output(picture, sources, draws=True, overwrite=overwrite, record=None)
        for path in self.list_files(output.file) if output.file else []:
            check_absent(path, overwrite=overwrite)
        return output, []

    def open(self) -> None:
        """Load the networks."""
        from facewright.pipelines.draw.invert import InvertPipeline

        options = self.options
        self.pipeline = InvertPipeline(
            options.weights,
            encoder=options.encoder,
            template=options.template,
            find=self.find,
            device=options.device,
            progress=self.progress,
        )

    @property
    def device(self) -> torch.device:
        """The device that computes."""
        return self.pipeline.device

    def start(self, *, moves: bool) -> Session:
        """Return what a manifest says of every photo."""
        if moves:
            raise InputError("it is a clip", hint="name photos, or folders of them")
        options = self.options
        session = self.pipeline.start(
            refine=options.refine,
            tune=options.tune,
            faces=options.faces,
            aligned=options.aligned,
            seed=options.seed,
        )
        session.progress = self.progress if self._alone else None
        return session

    def draw(self, session: Session, one: Developed) -> Still:
        """Find the latents of a face, and draw before and after."""
        from facewright.pipelines.draw.invert import draw_before_and_after
        from facewright.pipelines.draw.latents import InvertedCrop

        step = session.step(one.image)
        found: InvertedCrop = step.reading
        stages: list[Json] = [
            {
                "stage": stage.name,
                "rmse": round(stage.rmse, 4),
                "perceptual": round(stage.perceptual, 4),
                "likeness": round(stage.likeness, 4),
            }
            for stage in found.stages
        ]
        sheet = draw_before_and_after(found.crop, found.stages)
        height, width = sheet.shape[:2]
        said = Summary(one.photo.source, width, height, faces=1, measurements={"stages": stages})
        return Still(sheet, None, step, said)

    def list_files(self, path: Path) -> list[Path]:
        """Return what belongs to a picture of before and after, itself last."""
        from facewright.pipelines.result import name_tuning
        from facewright.types import LATENTS

        latents = path.with_suffix(LATENTS)
        return [*([name_tuning(latents)] if self.options.tune else []), latents, path]

    def write_picture(self, still: Still, path: Path, manifest: Manifest, run: Running) -> None:
        """Write latents, and before and after last."""
        from facewright.pipelines.result import write_latents
        from facewright.types import LATENTS

        found, latents = still.step.reading, path.with_suffix(LATENTS)
        stored = replace(found.stored, consent=manifest.consent)
        tuned = found.tuned
        tuning = None if tuned is None else self.pipeline.pack_tuning(tuned, path.stem)
        write_latents(latents, stored, tuning, overwrite=run.overwrite)
        super().write_picture(still, path, manifest, run)

    def report(self, outcome: Outcome) -> list[str]:
        """Say how well each stage draws each face."""
        known = sum(not one.frames for one in outcome.pictures)
        lines = [line for one in outcome.pictures if one.frames for line in _tell(one)]
        return lines + ([f"there already: {known}"] if known else [])


def invert_photos(
    photos: list[str], *, options: InvertOptions, progress: Progress | None = None
) -> Outcome:
    """Find latents from which a generator reconstructs the faces of photos (GAN inversion).

    The face is detected and aligned, an encoder estimates its latents, and optimisation in w+
    refines them. Files of latents record their generator; another generator refuses them. Of
    several photos, those that show no face are listed with the reason, and the exit status is 1;
    run the same command again to go on after an interruption.

    Args:
        photos: Pictures that show a face, folders and archives of them.
        options: How to search, and where to write.
        progress: Called with the number of steps done, and of all.

    Examples:
        facewright invert me.jpg --consent self -o me.latents
        facewright invert photos/ --consent "all of them, for this album" -o found
    """
    from facewright.jobs.run import run_files

    return run_files(Invert(options, progress), photos)


def _tell(one: Summary) -> list[str]:
    """Say how well each stage draws a face."""
    stages: Any = one.measurements["stages"]
    numbers = ({k: v for k, v in stage.items() if k != "stage"} for stage in stages)
    said = (", ".join(f"{name} {value}" for name, value in stage.items()) for stage in numbers)
    named = (f"  {stage['stage']}: {text}" for stage, text in zip(stages, said, strict=True))
    return [one.name, *named]
