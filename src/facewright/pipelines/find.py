"""Find faces, and choose among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import ClassVar, overload

import torch

from facewright.errors import InputError, WeightsError
from facewright.faces.choose import select_faces
from facewright.faces.detection import detector as detect
from facewright.faces.detection import landmarks
from facewright.faces.detection.doubts import hint_at_face
from facewright.faces.detection.drawing import draw_faces
from facewright.faces.detection.mesh_detector import FaceDetector, load_face_detector
from facewright.faces.tracking.track import TrackedFace, Tracker
from facewright.hub.cards import Entry, known_cards
from facewright.hub.store import Progress
from facewright.media.clips.changing import map_stream
from facewright.pipelines.configs import DetectionConfig, record_config
from facewright.pipelines.inputs import Picture, Pictures, Source, read_pictures
from facewright.pipelines.pipeline import PicturePipeline, Pipeline, Session, Step
from facewright.pipelines.result import Ingredients, Result, build_manifest, hashes
from facewright.types import Bundle, Clip, Face, FaceDrawing, Image, Json, Manifest, Precision

SMALLEST_PICTURE, SMALLEST_FACE = 64, 48
"""Smallest picture, and smallest face in it, to use as a source, in pixels."""

SURE, DRAWN = 0.5, 0.1
"""Lowest score of the face of a picture, and of a generated picture."""

_FRAMES_AT_ONCE, _PIXELS_AT_ONCE = 8, 24_000_000


class FindSession(Session):
    """A session that finds, follows and draws the faces of one clip.

    The reading of each step is the frame without drawings, and its `TrackedFace`s.
    """

    def __init__(self, pipeline: FindPipeline, drawn: FaceDrawing, config: DetectionConfig) -> None:
        said: dict[str, Json] = {**record_config(config, DetectionConfig), "draw": drawn}
        super().__init__(Ingredients(models=pipeline.models), said)
        self._pipeline, self._drawn, self._config = pipeline, drawn, config
        self._tracker = Tracker()

    @property
    def keeps_alpha(self) -> bool:
        """Whether what is made of a picture is transparent where the picture is."""
        return False  # boxes may stand there

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Find the faces of the next frame."""
        (step,) = self.stream(iter([(image, seconds)]))
        return step

    def stream(self, frames: Iterator[tuple[Image, float]]) -> Iterator[Step]:
        """Find the faces of all frames, several at a time."""
        for first in frames:
            pixels = first[0].shape[0] * first[0].shape[1]
            together = max(1, min(_FRAMES_AT_ONCE, _PIXELS_AT_ONCE // pixels))
            shown = [first, *islice(frames, together - 1)]
            found = self.find([image for image, _ in shown])
            for (image, seconds), faces in zip(shown, found, strict=True):
                yield self._follow(image, seconds, faces)

    def find(self, images: list[Image], threshold: float | None = None) -> list[list[Face]]:
        """Return the faces of each picture, the largest first, above a threshold of its own."""
        least = self._config.threshold if threshold is None else threshold
        finder = self._pipeline.finder
        return finder.find(images, smallest=self._config.smallest, threshold=least)

    def miss(self, frames: int = 1) -> None:  # noqa: ARG002
        """Return None: a frame without a face is no error."""
        return

    def _follow(self, image: Image, seconds: float, faces: list[Face]) -> Step:
        """Track the faces of a frame, and draw the detected ones."""
        tracked = self._tracker.step(faces, time=seconds, image=image)
        seen = [(one.number, one.face) for one in tracked if one.seen]
        drawn = draw_faces(image, seen, self._drawn)
        return Step(drawn, tuple(face for _, face in seen), (image, tracked))


class FindPipeline(Pipeline):
    """A detector and a network that places 478 points on each face."""

    verb: ClassVar[str] = "find"

    def __init__(
        self,
        weights: str | None = None,
        *,
        mesh: str | None = None,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
        finder: FaceDetector | None = None,
    ) -> None:
        """Choose the networks; nothing is loaded yet.

        Args:
            weights: The detector: a name or a file; None is the one that ships.
            mesh: The mesh network: a name or a file; None is the one that ships.
            device: As for every `Pipeline`.
            dtype: Number format of the networks.
            progress: As for every `Pipeline`.
            finder: A detector to use instead of these networks; manifests record it as "custom".
        """
        super().__init__(weights, device=device, dtype=dtype, progress=progress)
        self._mesh, self._custom = mesh, finder

    @cached_property
    def bundles(self) -> tuple[Bundle, ...]:
        """The weights of the detector and of the network that places points."""
        if self._custom is not None:
            return ()
        known, wanted = known_cards(), {detect.KIND: self.weights, landmarks.KIND: self._mesh}
        return tuple(self.open(name or pick_kind(kind, known)) for kind, name in wanted.items())

    @cached_property
    def finder(self) -> FaceDetector:
        """The detector and the mesh network together."""
        if self._custom is not None:
            return self._custom
        detector, mesh = self.bundles
        return load_face_detector(detector, mesh, self.device)

    @property
    def models(self) -> dict[str, str]:
        """Name of the weights → sha256."""
        return hashes(*self.bundles) if self._custom is None else {"custom": ""}

    def start(
        self, *, draw: FaceDrawing = "points", config: DetectionConfig | None = None
    ) -> FindSession:
        """Return a session that finds and draws the faces of successive frames.

        Args:
            draw: What to draw for each face.
            config: Options of detection; None uses the defaults.
        """
        return FindSession(self, draw, config or DetectionConfig())

    @overload
    def __call__(
        self, picture: Picture, *, smallest: float | None = None, threshold: float = 0.4
    ) -> Result: ...

    @overload
    def __call__(
        self,
        picture: list[Picture] | tuple[Picture, ...],
        *,
        smallest: float | None = None,
        threshold: float = 0.4,
    ) -> list[Result]: ...

    def __call__(
        self,
        picture: Pictures,
        *,
        smallest: float | None = None,
        threshold: float = 0.4,
    ) -> Result | list[Result]:
        """Find the faces of a picture, or of several.

        Args:
            picture: One, or a list; those of one size are computed together.
            smallest: Size in pixels of the smallest face to find; None is 24, or 2 % of the
                longer side of a large picture.
            threshold: Lowest score of a face, 0.01 to 0.99.

        Returns:
            For each picture its pixels and its faces, the largest first, with 478 points each.

        Raises:
            FileError: A file is missing or damaged.
            InputError: An argument is out of range, or an input is no picture.
            WeightsError: The weights are missing or damaged.
        """
        given = read_pictures(picture)
        images = [one.image for one in given]
        found = self.finder.find(images, smallest=smallest, threshold=threshold)
        said: dict[str, Json] = {"smallest": smallest, "threshold": threshold, "draw": "none"}
        results = [
            Result(one.image, self._describe(one, said), tuple(faces))
            for one, faces in zip(given, found, strict=True)
        ]
        return results if isinstance(picture, list | tuple) else results[0]

    def frames(
        self, clip: Clip, *, smallest: float | None = None, threshold: float = 0.4
    ) -> Iterator[tuple[Image, list[TrackedFace]]]:
        """Find and follow the faces of a clip.

        Args:
            clip: The clip; its frames are consumed.
            smallest: As in a call.
            threshold: As in a call.

        Yields:
            Each frame with its tracked faces.
        """
        config = DetectionConfig(smallest=smallest, threshold=threshold)
        session = self.start(draw="none", config=config)
        for step in map_stream(clip, session.stream)[0]:
            image, tracked = step.reading
            yield image, list(tracked)

    def pick(self, image: Image, faces: str = "largest", *, drawn: bool = False) -> Face:
        """Return one face of a picture.

        Args:
            image: (height, width, 3).
            faces: Which face: "largest", "left", "right", or a number from 1.
            drawn: Whether the picture is generated: such pictures are small and show one face.

        Raises:
            InputError: There is no face, it is too small, or the choice does not give exactly one.
        """
        height, width = image.shape[:2]
        if not drawn and min(height, width) < SMALLEST_PICTURE:
            raise InputError(
                f"{width}×{height} pixels are too few for a face",
                hint=f"at least {SMALLEST_PICTURE} on each side; 512 are better",
            )
        (found,) = self.finder.find([image], threshold=DRAWN if drawn else SURE)
        if not found:
            otherwise = "use a picture that shows one from the front"
            raise InputError("no face was found", hint=hint_at_face(self.finder, image, otherwise))
        chosen = select_faces(found, faces)
        if len(chosen) != 1:
            raise InputError(
                f"`{faces}` chooses {len(chosen)} of {len(found)} faces",
                hint="largest, left, right or a number",
            )
        high = float(chosen[0].box[3] - chosen[0].box[1])
        if not drawn and high < SMALLEST_FACE:
            raise InputError(
                f"the face is only {high:.0f} pixels high",
                hint=f"at least {SMALLEST_FACE}; use a picture that shows it larger",
            )
        return chosen[0]

    def _describe(self, source: Source, said: Mapping[str, Json]) -> Manifest:
        """Return the manifest of a result."""
        used = source.describe("picture") | Ingredients(models=self.models)
        return build_manifest(self.verb, {**said, "picture": source.name}, used, self.device)


class FacePipeline(PicturePipeline):
    """Base of pipelines that change or read the faces of a picture."""

    def __init__(
        self,
        weights: str | None = None,
        *,
        find: FindPipeline | None = None,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose the networks; nothing is loaded yet.

        Args:
            weights: The main network of the class: a name or a file; None is the one that ships.
            find: The face detector; None loads the networks that ship.
            device: As for every `Pipeline`.
            dtype: Number format of the networks.
            progress: As for every `Pipeline`.

        Raises:
            InputError: There is no such device or number format.
        """
        super().__init__(weights, device=device, dtype=dtype, progress=progress)
        self.find = find or FindPipeline(device=self.device, progress=progress)


def pick_kind(kind: str, known: Mapping[str, Entry]) -> str:
    """Return the name of the first weights of a kind.

    Args:
        kind: The kind, such as "finder".
        known: The catalog.

    Raises:
        WeightsError: There are none.
    """
    for name, entry in known.items():
        if entry.card.kind == kind:
            return name
    raise WeightsError(
        f"no weights of the kind `{kind}` ship with this installation",
        hint="install facewright again: `pip install --force-reinstall facewright`",
    )
