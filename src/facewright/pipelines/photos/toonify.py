"""Draw faces as characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facewright.enhance.network import load_enhancer
from facewright.faces.geometry.matrices import measure_scale
from facewright.faces.similarity.features import KIND as FEATURES
from facewright.faces.similarity.features import load_face_features
from facewright.faces.tracking.follow import FaceFollower, FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.faces.tracking.track import TrackedFace
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.media.clips.thin import thin_clip
from facewright.media.stills.alpha import lay_over
from facewright.pipelines.configs import ToonConfig, record_config
from facewright.pipelines.draw.latents import NONE, LatentsPipeline
from facewright.pipelines.find import FindPipeline, pick_kind
from facewright.pipelines.inputs import Picture
from facewright.pipelines.pipeline import PicturePipeline, Session, Step
from facewright.pipelines.result import ClipResult, Ingredients, Result, hashes
from facewright.toon.cartoon import Cartoonist, breed_characters
from facewright.toon.clips import ClipCartoonist, ClipOptions, LatentPath
from facewright.toon.heads.disguise import disguise
from facewright.toon.heads.figure.character import (
    HEAD_STYLES,
    Character,
    Pose,
    pack_pose,
    style_character,
    unpack_pose,
)
from facewright.toon.heads.figure.draw import draw_character
from facewright.toon.heads.figure.model import KIND as FIGURE
from facewright.toon.heads.figure.model import FigureModel, load_figure
from facewright.toon.heads.figure.portray import portray, read_pose
from facewright.toon.heads.figure.reader import FigureReader
from facewright.toon.heads.model.basis import load_head_model
from facewright.toon.heads.upright import SIDE, check_whole, frame_face
from facewright.types import Bundle, Clip, HeadStyle, Image, Json, Precision

ENHANCER = "enhance-x4"
"""Weights of the enhancer for small drawings."""

_GROUND = 210  # grey behind portraits of heads
_LARGER, _SMALL_HEAD = 1.15, 96
_SMALL = 128  # pixels of drawings that are made larger
_PICTURE_STEPS, _CLIP_STEPS, _BLIND_STEPS = 20, 0, 60


class ToonSession(Session):
    """A session that draws the characters of one picture or clip."""

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
        """Draw the characters of all frames, with latents of every n-th frame if configured."""
        every = self._config.every if self._config.fill else 1
        for image, _ in self._film.draw_stream(frames, every=every):
            yield Step(image, self._film.faces)

    def hint(self, image: Image, otherwise: str) -> str:
        """Return a hint for a picture without a face, as `FaceFollower.hint` does."""
        return self._film.hint(image, otherwise)

    def resize(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of the result."""
        return (self._config.size, self._config.size) if self._config.portrait else size


class HeadSession(Session):
    """Characters in three dimensions, drawn over the heads of one picture or clip."""

    def __init__(
        self,
        reader: FigureReader,
        figure: FigureModel,
        style: HeadStyle,
        follower: FaceFollower,
        config: ToonConfig,
        used: Ingredients,
    ) -> None:
        super().__init__(used, {**record_config(config, ToonConfig), "character": style})
        self._reader, self._figure, self._style = reader, figure, style
        self._follower, self._config = follower, config
        self._names = load_head_model().expression_names
        self._known: dict[int, tuple[Character, LatentPath]] = {}

    @property
    def keeps_alpha(self) -> bool:
        """Whether results keep the transparency of their picture."""
        return not self._config.portrait

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Draw the characters of the next frame."""
        chosen = self._follower.follow(image, time=seconds)
        here, size = self._follower.here, self._config.size
        self._known = {number: one for number, one in self._known.items() if number in here}
        result = image
        if self._config.portrait:
            chosen, result = chosen[:1], np.full((size, size, 3), _GROUND, np.uint8)
        for one in chosen:
            who, pose = self._pose(image, one, seconds)
            if self._config.portrait:
                drawn = draw_character(self._figure, who, pose, size)
                result = lay_over(
                    drawn[..., :3], drawn[..., 3], background=(_GROUND, _GROUND, _GROUND)
                )
            else:
                upright = replace(pose, roll=0.0)
                result = _cover(self._figure, result, one.face.points, who, upright)
        return Step(result, tuple(one.face for one in chosen))

    def _pose(self, image: Image, one: TrackedFace, seconds: float) -> tuple[Character, Pose]:
        """Return a face's character, which stays the same, and its smoothed pose."""
        points = one.face.points
        if one.number not in self._known:
            who = portray(image, points, self._reader.guess(image, points))
            who = style_character(who, self._style)
            self._known[one.number] = who, LatentPath(self._config.temporal_smoothing / 2)
        who, path = self._known[one.number]
        values = pack_pose(read_pose(points, known=who), self._names)
        smooth = path.follow(torch.from_numpy(values), time=seconds).numpy()
        return who, unpack_pose(smooth, self._names)

    def hint(self, image: Image, otherwise: str) -> str:
        """Return a hint for a picture without a face, as `FaceFollower.hint` does."""
        return self._follower.hint(image, otherwise)

    def resize(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of the result."""
        return (self._config.size, self._config.size) if self._config.portrait else size


def _cover(
    figure: FigureModel, image: Image, points: NDArray[np.float32], who: Character, pose: Pose
) -> Image:
    """Draw a character over a head, with about as many pixels as are seen of it."""
    scale = 1 / measure_scale(frame_face(points))
    size = int(np.clip(scale * SIDE * _LARGER, _SMALL_HEAD, SIDE))
    drawn = draw_character(figure, who, pose, size, bust=False)
    whole = cv2.resize(drawn, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return disguise(image, points, np.asarray(whole, np.uint8))


class ToonifyPipeline(PicturePipeline):
    """Draws faces as characters: heads in three dimensions, or latents in a generator's style."""

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
            weights: The style: one of `HEAD_STYLES`, or the weights of a generator that was
                trained on from that of people; None is "toon".
            people: The generator of people, with its encoder; None is the starter.
            find: The face detector; None loads the networks that ship.
            device: As for every `Pipeline`.
            dtype: Number format of the networks.
            progress: As for every `Pipeline`.
        """
        super().__init__(weights, device=device, dtype=dtype, progress=progress)
        self.find = find or FindPipeline(device=self.device, progress=progress)
        self.people = people or LatentsPipeline(
            find=self.find,
            device=self.device,
            dtype=dtype,
            progress=progress,
        )
        self._bred: dict[float, Generator] = {}

    @cached_property
    def bundle(self) -> Bundle:
        """The weights of the characters."""
        return self.open(self.style)

    @property
    def style(self) -> str:
        """One of `HEAD_STYLES`, or the weights of a generator."""
        return self.weights or HEAD_STYLES[0]

    @cached_property
    def enhancer(self) -> Bundle:
        """The weights of the enhancer for small drawings."""
        return self.open(ENHANCER)

    def cartoonist(self, strength: float = 1.0) -> tuple[Cartoonist, dict[str, str]]:
        """Return the networks that draw characters, and name → sha256 of each.

        Args:
            strength: Weight of the style, 0 to 1: 0 draws the person, 1 the character.
        """
        people, characters = self.people, self._breed(strength)
        small = characters.config.resolution <= _SMALL
        enhancer = load_enhancer(self.enhancer, self.device) if small else None
        drawn_by = Cartoonist(
            people.generator,
            characters,
            people.template,
            people.encoder,
            people.features,
            enhancer,
        )
        used = hashes(self.bundle, self.enhancer if small else None)
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
    ) -> ToonSession | HeadSession:
        """Return a session that draws successive frames.

        Args:
            strength: Weight of the style, 0 to 1: 0 draws the person, 1 the character.
            faces: "largest", "all", "left", "right", or a number from 1.
            moves: Whether it is a clip, whose latents are not refined unless `refine` is set.
            config: Options; None uses the defaults.
            progress: Called with the number of inversion steps done, and of all.

        Raises:
            InputError: An argument is out of range.
            WeightsError: There are no such weights, or they do not fit each other.
        """
        config = config or ToonConfig()
        for style in HEAD_STYLES:
            if style == self.style:
                return self._start_heads(style, faces, config)
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
        said: dict[str, Json] = {
            **record_config(config, ToonConfig),
            "refine": refine,
            "strength": strength,
            "faces": faces,
            "character": self.bundle.card.name,
            "weights": self.people.name,
            "encoder": self.people.encoder_name if cartoonist.encoder else NONE,
        }
        models, threads = self.find.models | models, torch.get_num_threads()
        used = Ingredients(models=models, threads=threads)
        return ToonSession(
            ClipCartoonist(cartoonist, follower, how, progress=progress), config, used, said
        )

    def _start_heads(self, style: HeadStyle, faces: str, config: ToonConfig) -> HeadSession:
        """Prepare to draw characters in three dimensions."""
        known = known_cards()
        features, heads = (self.open(pick_kind(kind, known)) for kind in (FEATURES, FIGURE))
        frames = FrameConfig(smallest=config.smallest, threshold=config.threshold)
        follower = FaceFollower(self.find.finder, Picker(faces), frames)
        used = Ingredients(
            models=self.find.models | hashes(features, heads), threads=torch.get_num_threads()
        )
        reader = FigureReader(load_face_features(features))
        session = HeadSession(reader, load_figure(heads), style, follower, config, used)
        session.parameters["faces"] = faces
        return session

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
            consent: The consent to use the faces; checked again when the result is saved.
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
        """Draw every frame of a clip, on demand; arguments as in a call."""
        session = self.start(strength=strength, faces=faces, config=config)
        return self.follow(session, thin(clip, config or ToonConfig()), consent)


def thin(clip: Clip, config: ToonConfig) -> Clip:
    """Return a clip of the frames to draw."""
    return clip if config.fill else thin_clip(clip, config.every)
