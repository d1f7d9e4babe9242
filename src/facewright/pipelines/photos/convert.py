"""Convert faces from one style to another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from facewright.convert.apply.faces import FaceConverter, Framing
from facewright.convert.apply.whole import convert_whole
from facewright.convert.generators import Translator, check_size, check_strength
from facewright.convert.weights import KIND, load_translator, read_size, read_template
from facewright.enhance.chain import enhance_image
from facewright.errors import InputError
from facewright.faces.tracking.follow import FaceFollower, FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.hub.cards import known_cards
from facewright.pipelines.configs import ConvertConfig, record_config
from facewright.pipelines.find import FacePipeline
from facewright.pipelines.inputs import Picture
from facewright.pipelines.photos.enhance import EnhancePipeline, check_scale
from facewright.pipelines.pipeline import Session, Step
from facewright.pipelines.result import ClipResult, Ingredients, Result, hashes
from facewright.types import Bundle, Clip, Face, Image, Json

_USUAL = 256  # pixels, for translators that do not say


class ConvertSession(Session):
    """A translator at work on one picture or clip."""

    def __init__(
        self,
        pipeline: ConvertPipeline,
        strength: float,
        faces: str,
        config: ConvertConfig,
    ) -> None:
        found = {} if config.whole else pipeline.find.models
        said: dict[str, Json] = {
            **record_config(config, ConvertConfig),
            "with": pipeline.direction,
            "faces": faces,
        }
        said |= {"strength": strength, "precision": str(pipeline.dtype).removeprefix("torch.")}
        self._large = pipeline.enlarge.start(scale=config.scale) if config.scale != 1 else None
        used = self._large.used if self._large else Ingredients()
        super().__init__(Ingredients(models=pipeline.models | found) | used, said)
        self._pipeline, self._strength, self._config = pipeline, strength, config
        frames = FrameConfig(smallest=config.smallest, threshold=config.threshold)
        self._follower = (
            None if config.whole else FaceFollower(pipeline.find.finder, Picker(faces), frames)
        )

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Convert the faces of the next frame."""
        (made,), faces = self.convert(image, [self._strength], seconds)
        return Step(made, faces)

    def convert(
        self, image: Image, strengths: Sequence[float], seconds: float = 0.0
    ) -> tuple[list[Image], tuple[Face, ...]]:
        """Convert the faces of the next frame, once for each strength.

        Returns:
            The pictures; and the faces as they are in the frame, none where all of a picture is
            translated.
        """
        shop, finish = self._pipeline, enhance_image if self._config.enhance else None
        translator = shop.translator
        if self._follower is None:
            made = convert_whole(translator, image, strengths, dtype=shop.dtype, finish=finish)
            return self._enlarge(made), ()
        chosen = self._follower.follow(image, time=seconds)
        faces = tuple(one.face for one in chosen)
        converter = FaceConverter(translator, shop.framing, dtype=shop.dtype, finish=finish)
        made = converter.convert(image, [face.points for face in faces], strengths)
        return self._enlarge(made), faces

    def resize(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of the result.

        Raises:
            InputError: It would have more pixels than can be read again.
        """
        return self._large.resize(size) if self._large else size

    def _enlarge(self, images: list[Image]) -> list[Image]:
        """Return pictures, enlarged where that is asked for."""
        return [self._large.step(image).image for image in images] if self._large else images

    def miss(self, frames: int = 1) -> InputError | None:
        """Return the error for frames without a face; none where whole pictures are translated."""
        if self._follower is None:
            return None
        error = super().miss(frames)
        return error and InputError(str(error), hint=f"whole=True needs none; {error.hint}")


class ConvertPipeline(FacePipeline):
    """A translator between two styles, such as young and old, and what finds faces.

    The weights are those of a translator; with ":reverse" behind the name, of the way back.
    """

    verb: ClassVar[str] = "convert"

    @cached_property
    def _chosen(self) -> tuple[str, str]:
        """The name of the translator, and the direction; without a name, the first that ships."""
        return read_direction(self.weights or list_translators()[0])

    @cached_property
    def bundle(self) -> Bundle:
        """The weights of both directions."""
        return self.open(self._chosen[0])

    @cached_property
    def translator(self) -> Translator:
        """The translator of the direction that is chosen."""
        found = load_translator(self.bundle, self._chosen[1], self.device).to(self.dtype)
        try:
            check_size(found.config, self.framing.size, self.framing.size)
        except InputError as error:
            raise InputError(f"`{self.bundle.card.name}`: {error}", hint=error.hint) from error
        return found

    @cached_property
    def framing(self) -> Framing:
        """How the translator wants to see a face."""
        return Framing(read_template(self.bundle), read_size(self.bundle) or _USUAL)

    @cached_property
    def enlarge(self) -> EnhancePipeline:
        """What enlarges results."""
        return EnhancePipeline(
            find=self.find, device=self.device, dtype=self.dtype, progress=self.progress
        )

    @property
    def models(self) -> dict[str, str]:
        """Name of the translator → sha256."""
        return hashes(self.bundle)

    @property
    def direction(self) -> str:
        """The weights and the direction, such as "ageing:reverse"."""
        name = self.bundle.card.name
        direction = self._chosen[1]
        return f"{name}:{direction}" if direction else name

    def start(
        self, *, strength: float = 1.0, faces: str = "largest", config: ConvertConfig | None = None
    ) -> ConvertSession:
        """Prepare to convert one frame after the other.

        Args:
            strength: How much changes: 0 nothing, 1 what the translator does, up to 2.
            faces: "largest", "all", "left", "right", or a number from 1.
            config: Options; None uses the defaults.

        Raises:
            InputError: An argument is out of range, or there is no such direction.
            WeightsError: There are no such weights, or they are no translator.
        """
        config = config or ConvertConfig()
        check_strength(strength)
        check_scale(config.scale)
        return ConvertSession(self, strength, faces, config)

    def __call__(
        self,
        picture: Picture,
        *,
        strength: float = 1.0,
        faces: str = "largest",
        config: ConvertConfig | None = None,
        consent: str | None = None,
    ) -> Result:
        """Convert the faces of a picture; it keeps its detail and everything around them.

        Args:
            picture: A picture.
            strength: As `start` takes it.
            faces: Likewise.
            config: Likewise.
            consent: The consent to use the faces; checked again when the result is saved.

        Raises:
            FileError: The file is missing or damaged.
            InputError: It shows no face, or an argument is out of range.
            WeightsError: There are no such weights.
        """
        session = self.start(strength=strength, faces=faces, config=config)
        return self.apply(session, picture, consent)[0]

    def frames(
        self,
        clip: Clip,
        *,
        strength: float = 1.0,
        faces: str = "largest",
        config: ConvertConfig | None = None,
        consent: str | None = None,
    ) -> ClipResult:
        """Convert every frame of a clip, when it is asked for; arguments as in a call."""
        session = self.start(strength=strength, faces=faces, config=config)
        return self.follow(session, clip, consent)


def list_translators() -> list[str]:
    """Return the names of the translators that are known."""
    return [name for name, entry in known_cards().items() if entry.card.kind == KIND]


def read_direction(text: str) -> tuple[str, str]:
    """Split a translator and its direction.

    Example:
        >>> read_direction("ageing:reverse"), read_direction("runs/a.safetensors")
        (('ageing', 'reverse'), ('runs/a.safetensors', ''))
    """
    name, colon, direction = text.rpartition(":")
    if not colon or Path(text).is_file() or "/" in direction or "\\" in direction:
        return text, ""
    return name, direction
