"""Draw somebody as a character."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar

import torch

from facewright.enhance.network import load_enhancer
from facewright.faces.tracking.follow import FaceFollower, FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator
from facewright.hub.store import Progress
from facewright.media.clips.thin import thin_clip
from facewright.pipelines.configs import ToonConfig, record_config
from facewright.pipelines.draw.latents import NONE, LatentsPipeline
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.inputs import Picture
from facewright.pipelines.pipeline import PicturePipeline, Session, Step
from facewright.pipelines.result import ClipResult, Ingredients, Result, hashes
from facewright.pipelines.weights import CARTOONED, pick_weights
from facewright.toon.cartoon import Cartoonist, breed_characters
from facewright.toon.clips import ClipCartoonist, ClipOptions
from facewright.toon.heads.upright import check_whole
from facewright.types import Bundle, Clip, Image, Json, Precision

STYLES = {"toon": "toon-128", "baby": "baby-128"}
"""Name of a style → the weights that draw it."""

ENHANCER = "enhance-x4"
"""What makes drawings of few pixels larger and clearer."""

_SMALL = 128  # pixels of drawings that are made larger
_PICTURE_STEPS, _CLIP_STEPS, _BLIND_STEPS = 20, 0, 60


class ToonSession(Session):
    """Generators at work on one picture or clip."""

    def __init__(
        self,
        film: ClipCartoonist,
        config: ToonConfig,
        used: Ingredients,
        parameters: dict[str, Json],
    ) -> None:
        super().__init__(used, parameters)
        self._film, self._config = film, config

    @property
    def keeps_alpha(self) -> bool:
        """Whether what is made of a picture is transparent where the picture is."""
        return not self._config.portrait

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Draw the characters of the next frame."""
        made = self._film.draw(image, time=seconds)
        return Step(made, self._film.faces)

    def stream(self, frames: Iterator[tuple[Image, float]]) -> Iterator[Step]:
        """Draw the characters of all frames, with latents found in some of them if asked."""
        every = self._config.every if self._config.fill else 1
        for image, _ in self._film.draw_stream(frames, every=every):
            yield Step(image, self._film.faces)

    def hint(self, image: Image, otherwise: str) -> str:
        """Return a hint for a picture without a face, as `FaceFollower.hint` does."""
        return self._film.hint(image, otherwise)

    def resize(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of the result."""
        return (self._config.size, self._config.size) if self._config.portrait else size


class ToonifyPipeline(PicturePipeline):
    """A generator of people, one of characters, and what finds the latents that both draw."""

    verb: ClassVar[str] = "toonify"

    def __init__(
        self,
        weights: str | None = None,
        *,
        people: LatentsPipeline | None = None,
        find: FindPipeline | None = None,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose the networks; nothing is loaded yet.

        Args:
            weights: The style: "toon", "baby", or the weights of a generator that was trained on
                from that of people; None is "toon".
            people: The generator of people, and what finds its latents; None is the starter.
            find: What finds faces; None loads the networks that ship.
            device: As every pipeline takes it.
            dtype: Likewise.
            progress: Likewise.
        """
        super().__init__(weights, device=device, dtype=dtype, progress=progress)
        self.find = find or FindPipeline(device=self.device, progress=progress)
        self.people = people or LatentsPipeline(
            pick_weights(None, starters=CARTOONED),
            find=self.find,
            device=self.device,
            dtype=dtype,
            progress=progress,
        )
        self._bred: dict[float, Generator] = {}

    @cached_property
    def bundle(self) -> Bundle:
        """The weights of the characters."""
        style = self.weights or "toon"
        return self.open(STYLES.get(style, style))

    @cached_property
    def enhancer(self) -> Bundle:
        """The weights of what makes small drawings larger."""
        return self.open(ENHANCER)

    def cartoonist(
        self, strength: float = 1.0, *, plain: bool = False
    ) -> tuple[Cartoonist, dict[str, str]]:
        """Return what draws characters, and name → sha256 of its networks.

        Args:
            strength: How far the way to the character goes, 0 to 1.
            plain: Draw people as they are: no style, and always enlarged.
        """
        people = self.people
        characters = people.generator if plain else self._breed(strength)
        small = plain or characters.config.resolution <= _SMALL
        enhancer = load_enhancer(self.enhancer, self.device) if small else None
        drawn_by = Cartoonist(
            people.generator,
            characters,
            people.template,
            people.encoder,
            people.features,
            enhancer,
        )
        used = hashes(None if plain else self.bundle, self.enhancer if small else None)
        return drawn_by, people.inverters | used

    def _breed(self, strength: float) -> Generator:
        """Return the generator between people and characters."""
        if strength not in self._bred:
            style = load_generator(self.bundle, self.device)
            self._bred[strength] = breed_characters(self.people.generator, style, strength)
        return self._bred[strength]

    def start(
        self,
        *,
        strength: float = 1.0,
        faces: str = "largest",
        moves: bool = True,
        config: ToonConfig | None = None,
        progress: Progress | None = None,
    ) -> ToonSession:
        """Prepare to draw one frame after the other.

        Args:
            strength: How far the way to the character goes, 0 to 1.
            faces: "largest", "all", "left", "right", or a number from 1.
            moves: Whether it is a clip, whose latents are not corrected unless `refine` says so.
            config: How; None is the default of each.
            progress: Called with the steps of the search done, and in all.

        Raises:
            InputError: An argument is out of range.
            WeightsError: There are no such weights, or they do not fit each other.
        """
        config = config or ToonConfig()
        cartoonist, models = self.cartoonist(strength)
        usual = _CLIP_STEPS if moves else _PICTURE_STEPS
        refine = usual if cartoonist.encoder else _BLIND_STEPS
        refine = refine if config.refine is None else config.refine
        portrait = config.size if config.portrait else None
        how = ClipOptions(
            refine=refine,
            truncation_psi=config.truncation_psi,
            temporal_smoothing=config.temporal_smoothing,
            portrait=portrait,
        )
        frames = FrameConfig(smallest=config.smallest, threshold=config.threshold)
        follower = FaceFollower(self.find.finder, Picker(faces), frames)
        style = self.weights or "toon"
        said: dict[str, Json] = {
            **record_config(config, ToonConfig),
            "refine": refine,
            "strength": strength,
            "faces": faces,
            "character": style if style in STYLES else self.bundle.card.name,
            "weights": self.people.name,
            "encoder": self.people.encoder_name if cartoonist.encoder else NONE,
        }
        models, threads = self.find.models | models, torch.get_num_threads()
        used = Ingredients(models=models, threads=threads)
        return ToonSession(
            ClipCartoonist(cartoonist, follower, how, progress=progress), config, used, said
        )

    def __call__(
        self,
        picture: Picture,
        *,
        strength: float = 1.0,
        faces: str = "largest",
        config: ToonConfig | None = None,
        consent: str | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Draw the face of a picture as a character.

        Args:
            picture: A picture.
            strength: As `start` takes it.
            faces: Likewise.
            config: Likewise.
            consent: Who agreed to what; asked for again when the result is saved.
            progress: As `start` takes it.

        Raises:
            FileError: The file is missing or damaged.
            InputError: It shows no face, or an argument is out of range.
        """
        session = self.start(
            strength=strength, faces=faces, moves=False, config=config, progress=progress
        )
        result, step = self.apply(session, picture, consent, role="photo")
        for face in step.faces if config is None or not config.portrait else ():
            check_whole(face.points, result.image.shape[1::-1])
        return result

    def frames(
        self,
        clip: Clip,
        *,
        strength: float = 1.0,
        faces: str = "largest",
        config: ToonConfig | None = None,
        consent: str | None = None,
    ) -> ClipResult:
        """Draw every frame of a clip, when it is asked for; arguments as in a call."""
        session = self.start(strength=strength, faces=faces, config=config)
        return self.follow(session, thin(clip, config or ToonConfig()), consent)


def thin(clip: Clip, config: ToonConfig) -> Clip:
    """Return the frames of a clip that are drawn."""
    return clip if config.fill else thin_clip(clip, config.every)
