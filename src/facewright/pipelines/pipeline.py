"""The base of pipelines: device, number format, weights, sessions over frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import torch

from facewright.device import configure_cuda, pick_device, pick_dtype
from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.media.clips.changing import map_stream
from facewright.pipelines.inputs import Picture, naming, read_picture
from facewright.pipelines.result import ClipResult, Ingredients, Result, build_manifest
from facewright.pipelines.weights import open_weights
from facewright.types import Bundle, Clip, Face, Image, Json, Precision


class Pipeline:
    """The networks of one verb. Weights are loaded at first use, and kept.

    Attributes:
        verb: The name of the verb, as on the command line.
        weights: The name or file of the main network; None is the default that ships.
        device: Where it computes.
        dtype: Number format of the convolutions, if the network supports several.
    """

    verb: ClassVar[str]

    def __init__(
        self,
        weights: str | None = None,
        *,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose weights and device; nothing is loaded yet.

        Args:
            weights: A name that `facewright models list` shows, or a file; None is the default.
            device: "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:1".
            dtype: "auto" (bfloat16 where the processor multiplies it natively, else float32),
                "float32", "bfloat16" or "float16".
            progress: Called during downloads of weights with the bytes so far and in all.

        Raises:
            InputError: There is no such device or number format.
        """
        self.weights, self.progress = weights, progress
        self.device = device if isinstance(device, torch.device) else pick_device(device)
        self.dtype = dtype if isinstance(dtype, torch.dtype) else pick_dtype(self.device, dtype)
        configure_cuda(self.device, repeatable=True)

    @classmethod
    def from_pretrained(
        cls,
        weights: str | None = None,
        *,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
    ) -> Self:
        """Return a pipeline with weights; the arguments are those of the constructor."""
        return cls(weights, device=device, dtype=dtype)

    def open(self, name: str) -> Bundle:
        """Read weights by name or file, after downloading them if necessary."""
        return open_weights(name, self.progress)


@dataclass(frozen=True, slots=True)
class Step:
    """The result for one frame."""

    image: Image
    faces: tuple[Face, ...] = ()
    """Faces of the frame that were changed, or found."""
    reading: Any = None
    """Readings of the frame, for verbs that read something."""


class Session:
    """The processing of one clip, or of one picture, with its tracking state.

    Attributes:
        used: Weights, pictures and seeds that are used.
        parameters: Option → value, as manifests record them.
    """

    def __init__(self, used: Ingredients, parameters: dict[str, Json]) -> None:
        self.used, self.parameters = used, parameters

    @property
    def keeps_alpha(self) -> bool:
        """Whether results keep the transparency of their picture."""
        return True

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Process the next frame.

        Args:
            image: (height, width, 3).
            seconds: Time of the frame, above that of the frame before.
        """
        raise NotImplementedError

    def stream(self, frames: Iterator[tuple[Image, float]]) -> Iterator[Step]:
        """Process all frames; a session may read ahead before it yields a result."""
        return (self.step(image, seconds) for image, seconds in frames)

    def resize(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of results for frames of a size."""
        return size

    def miss(self, frames: int = 1) -> InputError | None:
        """Return the error for frames without a face; None if that is no error."""
        where = f" in {frames} frames" if frames > 1 else ""
        faces = self.parameters.get("faces")
        if faces not in (None, "all", "largest"):
            hint = "largest, all, left, right, or a number from 1"
            return InputError(f"`{faces}` chooses no face{where}", hint=hint)
        hint = "use one that shows a face; smallest=12 finds small ones, threshold=0.3 dim ones"
        return InputError(f"no face was found{where}", hint=hint)


@dataclass(slots=True)
class Tally:
    """Counts of the frames of a clip, updated as they are computed."""

    frames: int = 0
    changed: int = 0
    """Frames with at least one changed or found face."""
    latest: int = 0
    """Faces in the last frame."""


class PicturePipeline(Pipeline):
    """Base of pipelines that make one picture of another."""

    def apply(
        self, session: Session, picture: Picture, consent: str | None = None, role: str = "picture"
    ) -> tuple[Result, Step]:
        """Process one picture.

        Raises:
            InputError: It shows no face, but the verb needs one.
        """
        source = read_picture(picture)
        with naming(source.name):
            step = session.step(source.colours if session.keeps_alpha else source.image)
            if not step.faces and (error := session.miss()):
                raise error
        used = session.used | source.describe(role, consent)
        said: dict[str, Json] = {**session.parameters, role: source.name}
        manifest = build_manifest(self.verb, said, used, self.device)
        alpha = source.alpha if session.keeps_alpha else None
        return Result(step.image, manifest, step.faces, alpha=alpha), step

    def follow(self, session: Session, clip: Clip, consent: str | None = None) -> ClipResult:
        """Process every frame of a clip, on demand."""
        used = session.used | Ingredients(consent=(consent or "").strip())
        manifest = build_manifest(self.verb, session.parameters, used, self.device)
        return ClipResult(step_through(session, clip), manifest)


def step_through(
    session: Session,
    clip: Clip,
    tally: Tally | None = None,
    tell: Callable[[int, float, Step], None] | None = None,
) -> Clip:
    """Return a clip whose frames a session computes on demand.

    Reading, processing and the consumer run at the same time, each in a thread of its own, a few
    frames apart.

    Args:
        session: Processes the frames.
        clip: A clip or camera; its frames are consumed.
        tally: Counts the frames; None for no counts.
        tell: Called with the number of each frame, from 0, its time in seconds, and its result.

    Returns:
        A clip with the same times and sound. After the last frame, the error of `miss` is raised if
        no frame had a face.
    """
    counted, shown = tally or Tally(), deque[float]()

    def stream(frames: Iterator[tuple[Image, float]]) -> Iterator[Step]:
        def note() -> Iterator[tuple[Image, float]]:
            for image, seconds in frames:
                shown.append(seconds)
                yield image, seconds

        return session.stream(note())

    made, times = map_stream(clip, stream)

    def frames() -> Iterator[Image]:
        for step in made:
            seconds = shown.popleft()
            if tell:
                tell(counted.frames, seconds, step)
            counted.frames, counted.latest = counted.frames + 1, len(step.faces)
            counted.changed += bool(step.faces)
            yield step.image
        if not counted.changed and (error := session.miss(counted.frames)):
            raise error

    return replace(clip, size=session.resize(clip.size), frames=frames(), times=times)
