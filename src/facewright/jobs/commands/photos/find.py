"""Find faces in pictures, clips and cameras, and show where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from facewright.errors import InputError
from facewright.jobs.effect import Effect, Frame, Item, Outcome, Running, Still
from facewright.jobs.options import Detectors, Leniency, Limits, Runtime, Writing
from facewright.live.options import ShowOptions
from facewright.pipelines.configs import DetectionConfig
from facewright.types import FaceDrawing, Manifest, TemplateName

if TYPE_CHECKING:
    import torch

    from facewright.collect.sources.walk import Developed
    from facewright.hub.store import Progress
    from facewright.jobs.commands.photos.sightings.records import ClipRecord
    from facewright.jobs.outputs import Output
    from facewright.live.session import Watched
    from facewright.live.watch import OpenViewer
    from facewright.pipelines.find import FindSession
    from facewright.pipelines.pipeline import Session, Step, Tally
    from facewright.types import Face

_OF_CROPS = {"points", "template", "size"}  # options that what is drawn does not depend on


@dataclass(frozen=True, kw_only=True)
class FindOptions(Runtime, ShowOptions, Leniency, Limits, Detectors, Writing, DetectionConfig):
    """Options of detection, and destinations."""

    out: Path | None = None
    """A folder for annotated pictures and clips, with faces.jsonl beside them; or one picture
    (.png, .jpg, .webp, .bmp), one clip (.mp4, .gif), or a .json or .jsonl alone. Of a camera with
    --show, the folder for snapshots and recordings, otherwise `live`. If not given, nothing is
    written."""
    draw: FaceDrawing = "points"
    """What to draw of each face besides its box, number and score; none writes no pictures."""
    points: Literal["mesh", "five"] = "mesh"
    """Points in the JSON: all 478, or five: eyes, nose and corners of the mouth."""
    crops: Path | None = None
    """Folder for a crop of each face, upright, as PNG."""
    template: TemplateName = "ffhq"
    """Alignment template of crops."""
    size: int = 256
    """Width and height of crops in pixels."""


class Find(Effect[FindOptions]):
    """Finds faces, draws them, cuts them out, and records where they are."""

    verb: ClassVar[str] = "find"
    record: ClassVar[str | None] = "faces.jsonl"
    at_once: ClassVar[int] = 16

    def check(self, sources: Sequence[str]) -> None:
        """Raise unless crops can go where they are to go."""
        from facewright.jobs.commands.photos.sightings.crops import check_crops
        from facewright.jobs.outputs import check_folder
        from facewright.media.camera import PREFIX

        options = self.options
        if options.crops is None:
            return
        if sources[0].startswith(PREFIX):
            raise InputError("`crops` is for files", hint="write the camera to a clip first")
        check_folder(options.crops, sources)
        if not options.overwrite:
            names = ("template", "size", "smallest", "threshold")
            check_crops(options.crops, {name: getattr(options, name) for name in names})

    def plan(self, sources: Sequence[str]) -> tuple[Output, list[Path]]:
        """Return where pictures and clips go, and where records go."""
        from facewright.jobs.outputs import plan_output

        options, draws = self.options, self.options.draw != "none"
        output = plan_output(options.out, sources, draws=draws, overwrite=options.overwrite)
        self._draws = bool(output.folder or output.file)
        self._records = output.record is not None
        return output, [output.record] if output.record else []

    def list_folders(self, output: Output) -> list[Path]:
        """Return the folders of results, in which no sources are looked for."""
        return super().list_folders(output) + ([self.options.crops] if self.options.crops else [])

    def open(self) -> None:
        """Load the networks."""
        from facewright.jobs.commands.photos.sightings.crops import Cropper
        from facewright.jobs.outputs import Folder

        options, self._cropped = self.options, list[Path]()
        self._found: dict[int, list[Face]] = {}  # by the pictures that are looked at together
        self._cropper = None
        if options.crops is not None:
            folder = Folder(options.crops)
            self._cropper = Cropper(folder, options.template, options.size, options.overwrite)

    @property
    def device(self) -> torch.device:
        """The device that computes."""
        return self.find.device

    def start(self, *, moves: bool) -> FindSession:  # noqa: ARG002
        """Return what finds the faces of one picture or clip."""
        self._people = set[int]()
        return self.find.start(draw=self.options.draw, config=self.options)

    def preview(self, batch: Sequence[Developed]) -> None:
        """Find the faces of several pictures together, and what may be faces."""
        from facewright.faces.detection.doubts import DOUBTFUL

        threshold = min(self.options.threshold, DOUBTFUL)
        found = self.start(moves=False).find([one.image for one in batch], threshold)
        self._found = dict(zip(map(id, batch), found, strict=True))

    def draw(self, session: Session, one: Developed) -> Still:  # noqa: ARG002
        """Draw the faces of a picture, and say where there may be one."""
        from facewright.faces.detection.doubts import split_doubtful
        from facewright.faces.detection.drawing import draw_faces
        from facewright.jobs.commands.photos.sightings.records import describe_picture
        from facewright.pipelines.pipeline import Step

        options, image, found = self.options, one.image, self._found[id(one)]
        faces, _ = split_doubtful(found, options.threshold)
        drawn = draw_faces(
            image, list(enumerate(faces, 1)), options.draw if self._draws else "none"
        )
        mesh, source = options.points == "mesh", one.photo.source
        record = describe_picture(source, image, found, threshold=options.threshold, mesh=mesh)
        return Still(drawn, None, Step(drawn, tuple(faces), image), record)

    def keep(self, still: Still, item: Item, manifest: Manifest) -> Any:
        """Cut the faces of a picture out."""
        from facewright.jobs.commands.photos.sightings.records import add_crops

        numbered = list(enumerate(still.step.faces, 1))
        if self._cropper is None:
            return still.record
        crops = self._cropper.cut_faces(still.step.reading, numbered, item.place, manifest)
        self._cropped.extend(crops.values())
        return add_crops(still.record, crops)

    def describe_step(self, item: Item, frame: Frame, step: Step) -> Any:
        """Return the faces of a frame, which are cut out."""
        from facewright.jobs.commands.photos.sightings.records import add_crops, describe_frame

        image, tracked = step.reading
        numbered = [(one.number, one.face) for one in tracked if one.seen]
        self._people.update(number for number, _ in numbered)
        record = describe_frame(item, frame, step, mesh=self.options.points == "mesh")
        if self._cropper is None:
            return record
        cut = self._cropper.cut_faces
        crops = cut(image, numbered, item.place, frame.manifest, frame=frame.number)
        self._cropped.extend(crops.values())
        return add_crops(record, crops)

    def shorten(self, record: Any) -> Any:
        """Return a record without points if they went to a file, so that memory does not fill."""
        from facewright.jobs.commands.photos.sightings.records import drop_points

        return drop_points(record) if self._records else record

    def sum_up(
        self,
        session: Session,  # noqa: ARG002
        tally: Tally,
        item: Item,
        size: tuple[int, int],
    ) -> ClipRecord:
        """Return what was found in a clip."""
        from facewright.jobs.commands.photos.sightings.records import ClipRecord

        return ClipRecord(item.source, *size, tally.frames, tally.changed, len(self._people))

    def describe(self, session: Session, item: Item, consent: str) -> Manifest:
        """Record how a picture or clip comes about; crops say more of themselves."""
        found = super().describe(session, item, consent)
        said = {name: value for name, value in found.parameters.items() if name not in _OF_CROPS}
        return replace(found, parameters=said)

    def finish(self, run: Running) -> None:
        """List the crops."""
        run.outcome.files.extend(self._cropped)

    def report(self, outcome: Outcome) -> list[str]:
        """Say how many faces there are and where, and where there may be some."""
        from facewright.jobs.commands.photos.sightings.records import sum_up_found

        return sum_up_found(outcome)


def find_faces(
    sources: list[str],
    *,
    options: FindOptions | None = None,
    progress: Progress | None = None,
    viewer: OpenViewer | None = None,
) -> Outcome | Watched:
    """Find faces in pictures, clips and cameras: boxes, points, and which way they look.

    Files that cannot be read are listed with the reason, the rest goes on, and the exit status is
    1. A picture without a face is no failure. Run the same command again to go on after an
    interruption: what it has written stays. Ctrl-C ends a clip in good order.

    Args:
        sources: Pictures, clips, folders, zip and tar archives; or a camera alone: camera:0, or
            camera:clip.mp4 for a clip that stands in.
        options: What to look for, and what to write.
        progress: Called with the number of pictures and frames done, and of all.
        viewer: Opens the live view of a clip or camera; if the options ask for it.

    Examples:
        facewright find photo.jpg -o found.png
        facewright find album --crops faces --template ffhq --size 512
        facewright find camera:0 --show
    """
    from facewright.jobs.run import run

    return run(Find(options or FindOptions(), progress), sources, viewer)
