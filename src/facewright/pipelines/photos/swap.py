"""Put one face onto others, in pictures and in clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.align import align
from facewright.faces.similarity.identity import KIND as LIKENESS
from facewright.faces.similarity.identity import embed_face, load_likeness, measure_likeness
from facewright.faces.tracking.follow import FrameConfig
from facewright.faces.tracking.picking import LIKE, Picker
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.pipelines.configs import SwapConfig, record_config
from facewright.pipelines.consent import GENERATED
from facewright.pipelines.draw.enlarge import AUTO, NONE
from facewright.pipelines.draw.generate import GeneratePipeline, Sampling
from facewright.pipelines.find import FindPipeline, pick_kind
from facewright.pipelines.inputs import Picture, Source, naming, read_picture
from facewright.pipelines.pipeline import PicturePipeline, Pipeline, Session, Step
from facewright.pipelines.result import ClipResult, Ingredients, Result, hashes
from facewright.swap.flicker import Flicker
from facewright.swap.frames import FrameSwapper
from facewright.swap.swap import SwapOptions
from facewright.swap.warp import Source as Texture
from facewright.swap.warp import make_source
from facewright.types import TRUNCATION_PSI, Bundle, Clip, Face, Image, Json, Part, Precision

SwapFace: TypeAlias = "int | Picture | Sequence[Picture] | Prepared"
"""The seed of a person who does not exist; a picture, or several of one person; or what `prepare`
returned."""

Score: TypeAlias = Callable[[Image, Face], float]

PREFIX = "like:"
"""What a choice of faces begins with that is followed by a picture of the person."""

_TEMPLATE, _SIDE = "arcface", 112  # how faces are cut to be compared


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of a face that is pasted."""

    source: Source
    face: Face
    """With 478 points."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A face that is ready to go onto any number of pictures and clips."""

    portraits: tuple[Portrait, ...]
    """One person, in one or several poses."""
    textures: tuple[Texture, ...]
    """Each of them, unwrapped."""
    used: Ingredients


class SwapSession(Session):
    """A face that goes onto one frame after the other."""

    def __init__(
        self,
        swapper: FrameSwapper,
        names: tuple[str, ...],
        used: Ingredients,
        parameters: dict[str, Json],
    ) -> None:
        super().__init__(used, parameters)
        self._swapper, self._names = swapper, names
        self._missed: Image | None = None

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Put the face onto the next frame; not a bit changes outside of the faces."""
        made = self._swapper.swap(image, time=seconds)
        self._missed = None if self._swapper.faces else image
        return Step(made, self._swapper.faces)

    def miss(self, frames: int = 1) -> InputError | None:
        """Return the error for frames without the face, with a hint at one that was passed over."""
        error = super().miss(frames)
        wanted = self.parameters["faces"]
        if error is None or self._missed is None or wanted not in ("all", "largest"):
            return error
        return InputError(str(error), hint=self._swapper.hint(self._missed, error.hint or ""))

    @property
    def references(self) -> dict[str, int]:
        """Of several pictures of the face: name of each that was used → how often."""
        used = self._swapper.used if len(self._names) > 1 else {}
        return {name: used[n] for n, name in enumerate(self._names) if used.get(n)}

    @property
    def flicker(self) -> Flicker | None:
        """How much the face changes from frame to frame, before and after."""
        return self._swapper.flicker.read()


class SwapPipeline(PicturePipeline):
    """Puts a face onto whoever a picture or clip shows."""

    verb: ClassVar[str] = "swap"

    def __init__(
        self,
        weights: str | None = None,
        *,
        refiner: str = AUTO,
        find: FindPipeline | None = None,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose the networks; nothing is loaded yet.

        Args:
            weights: The generator that draws faces of seeds: a name or a file; None is the
                starter.
            refiner: What draws these at twice their size, as `GeneratePipeline` takes it.
            find: What finds faces; None loads the networks that ship.
            device: As every pipeline takes it.
            dtype: Likewise.
            progress: Likewise.
        """
        super().__init__(weights, device=device, dtype=dtype, progress=progress)
        self.find = find or FindPipeline(device=self.device, progress=progress)
        self._references: dict[str, Portrait] = {}
        self._refiner = refiner

    @cached_property
    def generate(self) -> GeneratePipeline:
        """What draws the faces of seeds."""
        return GeneratePipeline(
            self.weights,
            refiner=self._refiner,
            device=self.device,
            dtype=torch.float32,
            progress=self.progress,
        )

    @cached_property
    def resemblance(self) -> Resemblance:
        """What says how much faces look alike."""
        return open_resemblance(self)

    def read_face(self, picture: Picture, choice: str = "largest") -> Portrait:
        """Find one face in a picture.

        Raises:
            FileError: The file is missing or damaged.
            InputError: There is no face, or one that is too small.
        """
        source = read_picture(picture)
        with naming(source.name):
            return Portrait(source, self.find.pick(source.image, choice, drawn=source.drawn))

    def draw_face(
        self, seed: int, truncation_psi: float = TRUNCATION_PSI
    ) -> tuple[Portrait, Ingredients]:
        """Draw a person who does not exist, and find the face.

        Raises:
            InputError: The generator drew no face.
        """
        sampling = Sampling(truncation_psi=truncation_psi, batch=1)
        (person,) = self.generate(seed, size=self.generate.finest, sampling=sampling)
        try:
            face = self.find.pick(person.image, drawn=True)
        except InputError as error:
            raise InputError(
                f"seed {seed} of `{self.generate.name}`: {error}", hint="choose another seed"
            ) from error
        source = Source(person.image, f"seed {seed}", "", GENERATED)
        used = Ingredients(models=person.manifest.models, seeds=(seed,), consent=GENERATED)
        return Portrait(source, face), used

    def prepare(
        self,
        face: SwapFace,
        truncation_psi: float = TRUNCATION_PSI,
        config: SwapConfig | None = None,
        consent: str | None = None,
    ) -> Prepared:
        """Read or draw a face once, for any number of pictures.

        Args:
            face: As `start` takes it.
            truncation_psi: Of a seed: 1 is full variety, 0 is the average face.
            config: How; None is the default of each.
            consent: Who agreed to what.

        Raises:
            FileError: A file is missing or damaged.
            InputError: A picture shows no face.
        """
        config = config or SwapConfig()
        if isinstance(face, Prepared):
            return face
        if isinstance(face, int):
            drawn, used = self.draw_face(face, truncation_psi)
            return join_portraits([drawn], used, config)
        several = face if isinstance(face, list | tuple) else [face]
        shown = [self.read_face(one, config.source_face) for one in several]  # type: ignore[arg-type]
        used = Ingredients()
        for one in shown:
            used |= one.source.describe("face", consent)
        return join_portraits(shown, used, config)

    def start(  # noqa: PLR0913
        self,
        face: SwapFace,
        *,
        faces: str = "largest",
        strength: float = 1.0,
        keep: Sequence[Part] = (),
        truncation_psi: float = TRUNCATION_PSI,
        config: SwapConfig | None = None,
        consent: str | None = None,
    ) -> SwapSession:
        """Prepare to put a face onto one frame after the other.

        Args:
            face: The seed of a person who does not exist; a picture, or several of one person, of
                which the one is taken whose pose fits best; or what `prepare` returned.
            faces: Whose face is covered: "largest", "all", "left", "right", a number from 1, or
                "like:REFERENCE.jpg". In a clip, it stays with a person.
            strength: How much of the face shows, 0 to 1.
            keep: What stays of the covered face: mouth, eyes, glasses, beard.
            truncation_psi: Of a seed: 1 is full variety, 0 is the average face.
            config: How; None is the default of each.
            consent: Who agreed to what.

        Raises:
            FileError: A file is missing or damaged.
            InputError: A picture shows no face, or an argument is out of range.
        """
        config = config or SwapConfig()
        if not isinstance(face, Prepared):
            face = self.prepare(face, truncation_psi, config, consent)
        used = face.used
        picker, compared = self._pick_faces(faces)
        swapper = FrameSwapper(
            self.find.finder,
            face.textures,
            picker,
            SwapOptions(
                blend=config.blend,
                match_colour=config.match_colour,
                keep=tuple(keep),
                strength=strength,
                shape=config.shape,
            ),
            FrameConfig(smallest=config.smallest, threshold=config.threshold),
        )
        used = Ingredients(models=self.find.models) | used | compared
        names = tuple(one.source.name for one in face.portraits)
        reference = faces.removeprefix(PREFIX)
        said: dict[str, Json] = {
            **record_config(config, SwapConfig),
            "face": None if used.seeds else names[0],
            "weights": self.generate.name if used.seeds else None,
            "refiner": self.generate.refiner_name if used.seeds else NONE,
            "truncation_psi": truncation_psi,
            "faces": faces if reference == faces else PREFIX + Path(reference).name,
            "strength": strength,
            "keep": ",".join(keep) or None,
        }
        return SwapSession(swapper, names, used, said)

    def __call__(  # noqa: PLR0913
        self,
        *,
        face: SwapFace,
        body: Picture,
        faces: str = "largest",
        strength: float = 1.0,
        keep: Sequence[Part] = (),
        config: SwapConfig | None = None,
        consent: str | None = None,
    ) -> Result:
        """Put a face onto a picture. Pose, expression and light stay those of the body.

        Args:
            face: As `start` takes it.
            body: The picture whose face is covered.
            faces: As `start` takes it.
            strength: How much of the face shows, 0 to 1.
            keep: What stays of the covered face: mouth, eyes, glasses, beard.
            config: How; None is the default of each.
            consent: Who agreed to what; asked for again when the result is saved.

        Returns:
            The picture; not a bit changes outside of the face.

        Raises:
            FileError: A file is missing or damaged.
            InputError: A picture shows no face, or an argument is out of range.
        """
        session = self.start(
            face, faces=faces, strength=strength, keep=keep, config=config, consent=consent
        )
        return self.apply(session, body, consent, role="body")[0]

    def frames(  # noqa: PLR0913
        self,
        clip: Clip,
        *,
        face: SwapFace,
        faces: str = "largest",
        strength: float = 1.0,
        keep: Sequence[Part] = (),
        config: SwapConfig | None = None,
        consent: str | None = None,
    ) -> ClipResult:
        """Put a face onto every frame of a clip, when it is asked for.

        Args:
            clip: The body, such as `facewright.read_clip` returns; its frames are used up.
            face: As `start` takes it.
            faces: Likewise.
            strength: Likewise.
            keep: Likewise.
            config: Likewise.
            consent: Likewise; a clip in memory says nothing of itself.
        """
        session = self.start(
            face, faces=faces, strength=strength, keep=keep, config=config, consent=consent
        )
        return self.follow(session, clip, consent)

    def _pick_faces(self, faces: str) -> tuple[Picker, Ingredients]:
        """Return what chooses faces, and what a manifest says of it."""
        if not faces.startswith(PREFIX):
            return Picker(faces), Ingredients()
        if faces not in self._references:
            self._references[faces] = self.read_face(faces.removeprefix(PREFIX))
        reference = self._references[faces]
        score = self.resemblance.prefer(reference.source.image, reference.face)
        source = reference.source
        used = Ingredients(
            models=self.resemblance.models, sources={f"like/{source.name}": source.sha256}
        )
        return Picker(LIKE, score), used


def join_portraits(
    portraits: Sequence[Portrait], used: Ingredients, config: SwapConfig
) -> Prepared:
    """Make pictures of one person ready to be put onto others.

    Args:
        portraits: At least one.
        used: What a manifest says of them.
        config: How.
    """
    textures = (
        make_source([(one.source.image, one.face.points)], method=config.warp) for one in portraits
    )
    return Prepared(tuple(portraits), tuple(textures), used)


class Resemblance:
    """Says how much faces look alike: 0 to 1, as `faces.identity.measure_likeness` does."""

    def __init__(self, bundle: Bundle) -> None:
        """Load the measure.

        Args:
            bundle: The weights of a likeness.
        """
        self.models = hashes(bundle)
        self._likeness = load_likeness(bundle)

    def prefer(self, image: Image, face: Face) -> Score:
        """Return what says how much faces look like one face."""
        wanted = self._embed(image, face.points)
        return lambda other, found: measure_likeness(
            self._likeness, self._embed(other, found.points), wanted
        )

    def compare(
        self, one: tuple[Image, NDArray[np.float32]], other: tuple[Image, NDArray[np.float32]]
    ) -> float:
        """Say how much two faces look alike; each a picture and the points of the face in it."""
        return measure_likeness(self._likeness, self._embed(*one), self._embed(*other))

    def _embed(self, image: Image, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn a face into a vector."""
        return embed_face(self._likeness, align(image, points, template=_TEMPLATE, size=_SIDE))


def open_resemblance(pipeline: Pipeline) -> Resemblance:
    """Load what ships to compare faces with."""
    return Resemblance(pipeline.open(pick_kind(LIKENESS, known_cards())))
