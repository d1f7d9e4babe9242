"""Put one face onto others, in pictures and in clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, TypeAlias

import torch

from facewright.errors import InputError
from facewright.faces.choose import select_faces
from facewright.faces.tracking.follow import FrameConfig
from facewright.faces.tracking.picking import LIKE, Picker
from facewright.hub.store import Progress
from facewright.pipelines.configs import SwapConfig, record_config
from facewright.pipelines.consent import GENERATED
from facewright.pipelines.draw.enlarge import AUTO, NONE
from facewright.pipelines.draw.generate import GeneratePipeline, Sampling
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.inputs import Picture, Source, naming, read_picture
from facewright.pipelines.photos.candidates import Candidates, Choice
from facewright.pipelines.photos.portraits import (
    Portrait,
    Prepared,
    Resemblance,
    join_portraits,
    open_resemblance,
)
from facewright.pipelines.pipeline import PicturePipeline, Session, Step
from facewright.pipelines.result import ClipResult, Ingredients, Result
from facewright.swap.cover import measure_cover
from facewright.swap.flicker import Flicker
from facewright.swap.frames import FrameSwapper
from facewright.swap.swap import SwapOptions
from facewright.types import TRUNCATION_PSI, Clip, Image, Json, Part, Precision

SwapFace: TypeAlias = "int | Picture | Sequence[Picture] | Prepared"
"""The seed of a person who does not exist; a picture, or several of one person; or what `prepare`
returned."""

PREFIX = "like:"
"""What a choice of faces begins with that is followed by a picture of the person."""


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
        self._last: Image | None = None

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Put the face onto the next frame; not a bit changes outside of the faces."""
        made = self._swapper.swap(image, time=seconds)
        self._last = image
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
    def covers_mouth(self) -> bool:
        """Whether the last frame got a mouth over what seems to cover one, such as a mask."""
        if self._last is None or "mouth" in str(self.parameters["keep"]):
            return False
        return any(measure_cover(self._last, face.points) > 0 for face in self._swapper.faces)

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
            find: The face detector; None loads the networks that ship.
            device: As for every `Pipeline`.
            dtype: Number format of the networks.
            progress: As for every `Pipeline`.
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
    def candidates(self) -> Candidates:
        """Made-up people, of whom `choose` takes one."""
        return Candidates(self.generate, self.find, self.resemblance)

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

    def choose(
        self,
        body: Picture,
        *,
        faces: str = "largest",
        truncation_psi: float = TRUNCATION_PSI,
        apart: Sequence[Choice] = (),
        config: SwapConfig | None = None,
    ) -> Choice:
        """Choose a person who does not exist for a body: by pose, light, skin, age and looks.

        `swap(face=choice.seed, body=body)` puts them there.

        Args:
            body: The picture whose face is to be covered.
            faces: Which of its faces: largest, left, right or a number; otherwise the largest.
            truncation_psi: 1 is full variety, 0 is the average face.
            apart: Who looks like one of these is not chosen: such as those of the other bodies of a
                set, of whom no two shall get the same person.
            config: How faces are found; None is the default of each.

        Returns:
            The seed, and how well it fits.

        Raises:
            FileError: The file is missing or damaged.
            InputError: There is no face, or nobody is left to be chosen.
        """
        config, source = config or SwapConfig(), read_picture(body)
        (found,) = self.find.finder.find(
            [source.image], smallest=config.smallest, threshold=config.threshold
        )
        special = faces == "all" or faces.startswith(PREFIX)
        chosen = select_faces(found, "largest" if special else faces)
        if not chosen:
            said = f"`{faces}` chooses no face" if found else "no face was found"
            hint = "use one that shows a face; smallest=12 finds small ones"
            with naming(source.name):
                raise InputError(said, hint=hint)
        return self.candidates.choose(source.image, chosen[0].points, truncation_psi, apart)

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
            config: Options; None uses the defaults.
            consent: The consent to use the faces.

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
            config: Options; None uses the defaults.
            consent: The consent to use the faces.

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
            config: Options; None uses the defaults.
            consent: The consent to use the faces; checked again when the result is saved.

        Returns:
            The picture; not a bit changes outside of the face. Its measurement `mouth_covered` says
            whether a mouth was drawn over what seems to cover one, such as a mask.

        Raises:
            FileError: A file is missing or damaged.
            InputError: A picture shows no face, or an argument is out of range.
        """
        session = self.start(
            face, faces=faces, strength=strength, keep=keep, config=config, consent=consent
        )
        made, _ = self.apply(session, body, consent, role="body")
        measured = {**made.measurements, "mouth_covered": session.covers_mouth}
        return replace(made, measurements=measured)

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
