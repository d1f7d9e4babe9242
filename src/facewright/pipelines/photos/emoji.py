"""Make emoji of a person: seven expressions, cut out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.expressions.classifier import EXPRESSIONS
from facewright.faces.similarity.features import KIND as FEATURES
from facewright.faces.similarity.features import load_face_features
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.pipelines.find import FindPipeline, pick_kind
from facewright.pipelines.inputs import Picture, naming
from facewright.pipelines.photos.cutout import CutoutResult, cut_out
from facewright.pipelines.photos.expressions import ExpressionsPipeline, ReadingSession
from facewright.pipelines.photos.portraits import Portrait
from facewright.pipelines.photos.swap import SwapPipeline
from facewright.pipelines.pipeline import Pipeline, Session, Step
from facewright.pipelines.result import Ingredients, Result, build_manifest, hashes
from facewright.toon.emoji import (
    Window,
    draw_blink,
    draw_emoji,
    find_window,
    lay_sheet,
    outline,
    prepare_head,
    time_expression,
    trim,
)
from facewright.toon.heads.disguise import disguise
from facewright.toon.heads.figure.character import HEAD_STYLES, Pose, style_character
from facewright.toon.heads.figure.draw import draw_character as draw_figure
from facewright.toon.heads.figure.model import KIND as FIGURE
from facewright.toon.heads.figure.model import FigureModel, load_figure
from facewright.toon.heads.figure.portray import portray
from facewright.toon.heads.figure.reader import FigureReader
from facewright.toon.heads.upright import SIDE, check_whole
from facewright.types import (
    TRUNCATION_PSI,
    Bundle,
    EmojiStyle,
    HairStyle,
    HeadStyle,
    Image,
    Json,
    Precision,
)

Points = NDArray[np.float32]
_FINER = 1.25  # heads are drawn with so many times the pixels
DrawShare: TypeAlias = Callable[[str, float], Image]
"""From an expression and how far it has come, 0 to 1, to (height, width, 4)."""

_SHOWN = 256  # pixels of each emoji on the sheet of a result


@dataclass(frozen=True, slots=True)
class EmojiResult(Result):
    """A pack of emoji; `image` is a sheet of all of them."""

    emoji: Mapping[str, Image] = field(kw_only=True)
    """Expression → (height, width, 4), RGBA, before it is cut to size."""
    window: Window = field(kw_only=True)
    """What `cut` cuts out of each."""
    draw: DrawShare = field(kw_only=True, repr=False, compare=False)
    """Draws an expression on its way, for `animate`."""

    def cut(self, expression: str, size: int) -> Image:
        """Return one emoji in some size, (size, size, 4)."""
        return trim(self.emoji[expression], self.window, size)

    def animate(self, expression: str, size: int) -> tuple[list[Image], list[float]]:
        """Let a neutral face show an expression and become neutral again; a neutral one blinks.

        Args:
            expression: Such as "happy".
            size: Of the result in pixels.

        Returns:
            Frames, (size, size, 4), and how many seconds each is shown.

        """
        times = time_expression(blink=expression == "neutral")
        drawn = {
            share: trim(self.draw(expression, share), self.window, size)
            for share in dict.fromkeys(share for share, _ in times)
        }
        return [drawn[share] for share, _ in times], [seconds for _, seconds in times]


class DisguiseSession(Session):
    """Emoji that are laid over the largest face of each frame, by its expression."""

    def __init__(self, reader: ReadingSession, pack: EmojiResult) -> None:
        used = Ingredients(
            models={**pack.manifest.models, **reader.used.models},
            sources=pack.manifest.sources,
            seeds=pack.manifest.seeds,
            consent=pack.manifest.consent,
        )
        super().__init__(used, dict(pack.manifest.parameters))
        self._reader, self._emoji = reader, pack.emoji

    def miss(self, frames: int = 1) -> InputError:
        """Return the error for frames without a face."""
        where = f" in {frames} frames" if frames > 1 else ""
        return InputError(f"no face was found{where}", hint="emoji are laid over one that is seen")

    def step(self, image: Image, seconds: float = 0.0) -> Step:
        """Lay the emoji that fits over the largest face of the next frame."""
        named = self._reader.read(image, seconds)
        if not named:
            return Step(image.copy())
        one = max(named, key=lambda it: float((it.face.box[2:] - it.face.box[:2]).prod()))
        made = disguise(image, one.face.points, self._emoji[one.expression])
        return Step(made, (one.face,), one.expression)


class EmojiPipeline(Pipeline):
    """What finds a face and draws its expressions, by hand as it were or with generators."""

    verb: ClassVar[str] = "emoji"

    def __init__(
        self,
        weights: str | None = None,
        *,
        find: FindPipeline | None = None,
        classifier: str | None = None,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose the networks; nothing is loaded yet.

        Args:
            weights: The generator for seeds and styles: a name or a file; None is the starter.
            find: The face detector; None loads the networks that ship.
            classifier: What names expressions in `start`: a name or a file; None is what ships.
            device: As for every `Pipeline`.
            dtype: Number format of the networks.
            progress: As for every `Pipeline`.
        """
        super().__init__(weights, device=device, dtype=dtype, progress=progress)
        self.find = find or FindPipeline(device=self.device, progress=progress)
        self._classifier = classifier

    @cached_property
    def swap(self) -> SwapPipeline:
        """What reads the faces of pictures, and draws those of seeds."""
        return SwapPipeline(
            self.weights, find=self.find, device=self.device, progress=self.progress
        )

    @cached_property
    def expressions(self) -> ExpressionsPipeline:
        """What names expressions."""
        return ExpressionsPipeline(
            self._classifier, find=self.find, device=self.device, progress=self.progress
        )

    @cached_property
    def _features(self) -> Bundle:
        """What sees the traits of a face."""
        return self.open(pick_kind(FEATURES, known_cards()))

    @cached_property
    def _heads(self) -> Bundle:
        """The heads that characters are drawn from."""
        return self.open(pick_kind(FIGURE, known_cards()))

    @cached_property
    def figure(self) -> FigureModel:
        """What characters are drawn from."""
        return load_figure(self._heads)

    @cached_property
    def reader(self) -> FigureReader:
        """What tells age, gender and glasses of characters."""
        return FigureReader(load_face_features(self._features))

    def __call__(  # noqa: PLR0913
        self,
        face: int | Picture,
        *,
        style: EmojiStyle = "drawn",
        hair: HairStyle = "auto",
        rim: bool = False,
        faces: str = "largest",
        truncation_psi: float = TRUNCATION_PSI,
        consent: str | None = None,
    ) -> EmojiResult:
        """Draw seven expressions of a person.

        Args:
            face: A picture that shows a face from the front, or the seed of somebody who does not
                exist.
            style: "drawn" draws expressions onto the head; "toon", "baby" and "character" draw a
                head in three dimensions that has the person's shape, colours and hair.
            hair: "auto" cuts it out of the picture, "short" and "long" draw it.
            rim: Lay a white rim around the head, as stickers have it.
            faces: Which face of a picture.
            truncation_psi: Of a seed: 1 is full variety, 0 is the average face.
            consent: The consent to use the faces; checked again when the result is saved.

        Raises:
            FileError: The file is missing or damaged.
            InputError: There is no face that can be used, or no such style.
            WeightsError: There are no such weights.
        """
        if style == "drawn":
            emoji, draw, used = self._draw_moods(face, hair, faces, truncation_psi, consent)
        elif style in HEAD_STYLES:
            emoji, draw, used = self._draw_heads(face, style, hair, faces, truncation_psi, consent)
        else:
            hint = f"one of: drawn, {', '.join(HEAD_STYLES)}"
            raise InputError(f"no expressions are drawn in style {style}", hint=hint)
        if rim:
            emoji = {name: outline(one) for name, one in emoji.items()}
        window = find_window(list(emoji.values()))
        sheet = lay_sheet([trim(one, window, _SHOWN) for one in emoji.values()])
        said: dict[str, Json] = {"character": style, "hair": hair, "outline": rim, "faces": faces}
        named = [key.partition("/")[2] for key in used.sources]
        said |= {"truncation_psi": truncation_psi, "face": named[0] if named else None}
        if used.seeds:
            said["weights"] = self.swap.generate.name
        used = Ingredients(models=self.find.models) | used
        manifest = build_manifest(self.verb, said, used, self.device)
        rimmed = (lambda name, share: outline(draw(name, share))) if rim else draw
        return EmojiResult(sheet, manifest, emoji=emoji, window=window, draw=rimmed)

    def cut_out(
        self,
        photo: Picture,
        *,
        rim: bool = False,
        faces: str = "largest",
        consent: str | None = None,
    ) -> CutoutResult:
        """Cut the head out of a photo, and the person, as they are.

        Args:
            photo: A picture that shows a face from the front.
            rim: As for emoji.
            faces: Likewise.
            consent: Likewise.

        Raises:
            FileError: The file is missing or damaged.
            InputError: There is no face that can be used.
        """
        one = self.swap.read_face(photo, faces)
        used = Ingredients(models=self.find.models) | one.source.describe("face", consent)
        named = [key.partition("/")[2] for key in used.sources]
        said: dict[str, Json] = {"character": "cutout", "outline": rim, "faces": faces}
        said["face"] = named[0] if named else None
        manifest = build_manifest(self.verb, said, used, self.device)
        with naming(one.source.name):
            return cut_out(one.source.image, one.face, manifest, rim=rim)

    def start(self, pack: EmojiResult) -> DisguiseSession:
        """Prepare to lay emoji over the largest face of one frame after the other."""
        return DisguiseSession(self.expressions.start(), pack)

    def _take_face(
        self, face: int | Picture, faces: str, truncation_psi: float, consent: str | None
    ) -> tuple[Portrait, Ingredients]:
        """Draw the face of a seed, or read one from a picture."""
        if isinstance(face, int):
            return self.swap.draw_face(face, truncation_psi)
        one = self.swap.read_face(face, faces)
        return one, one.source.describe("face", consent)

    def _draw_moods(
        self,
        face: int | Picture,
        hair: HairStyle,
        faces: str,
        truncation_psi: float,
        consent: str | None,
    ) -> tuple[dict[str, Image], DrawShare, Ingredients]:
        """Draw all expressions by the table of moods."""
        one, used = self._take_face(face, faces, truncation_psi, consent)
        with naming(one.source.name):
            drawable = prepare_head(
                one.source.image, one.face.points, style=hair, generated=isinstance(face, int)
            )

        def draw(name: str, share: float) -> Image:
            blinks = name == "neutral"
            return draw_blink(drawable, share) if blinks else draw_emoji(drawable, name, share)

        return {name: draw_emoji(drawable, name) for name in EXPRESSIONS}, draw, used

    def _draw_heads(
        self,
        face: int | Picture,
        style: HeadStyle,
        hair: HairStyle,
        faces: str,
        truncation_psi: float,
        consent: str | None,
    ) -> tuple[dict[str, Image], DrawShare, Ingredients]:
        """Draw all expressions of a character in three dimensions."""
        one, used = self._take_face(face, faces, truncation_psi, consent)
        image, points = one.source.image, one.face.points
        with naming(one.source.name):
            check_whole(points, image.shape[1::-1])
            guess = self.reader.guess(image, points)
            who = style_character(portray(image, points, guess, hair_style=hair), style)

        def draw(name: str, share: float) -> Image:
            rest = Pose()
            pose = rest.blink(share) if name == "neutral" else rest.show(name, share)
            return draw_figure(self.figure, who, pose, SIDE, smooth=_FINER)

        drawn = {name: draw(name, float(name != "neutral")) for name in EXPRESSIONS}
        return drawn, draw, used | Ingredients(models=hashes(self._features, self._heads))
