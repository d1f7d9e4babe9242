"""Make small or dull pictures large and clear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.convert.apply.faces import draw_soft_mask
from facewright.enhance.chain import ChainOptions, check_chain, enhance_image
from facewright.enhance.filters import read_strength
from facewright.enhance.local import enhance_faces, scale_points
from facewright.enhance.network import Enhancer, load_enhancer
from facewright.errors import InputError, WeightsError
from facewright.faces.align import align, paste_change
from facewright.faces.choose import check_choice, select_faces
from facewright.faces.geometry.matrices import measure_scale
from facewright.hub.cards import known_cards
from facewright.media.decode import MAX_PIXELS
from facewright.pipelines.configs import EnhanceConfig, record_config
from facewright.pipelines.find import FacePipeline, pick_kind
from facewright.pipelines.inputs import Picture
from facewright.pipelines.photos.portraits import Resemblance, open_resemblance
from facewright.pipelines.pipeline import Session, Step
from facewright.pipelines.result import ClipResult, Ingredients, Result, hashes
from facewright.refine.network import KIND as REFINER
from facewright.refine.network import SCALE, Refiner, load_refiner, refine_image
from facewright.types import Bundle, Clip, Face, Image, Json

STARTERS: Mapping[int, str | None] = {1: None, 2: "enhance-x2", 4: "enhance-x4"}
"""How many times larger → the network that ships for it; at 1 there is none."""

LARGEST_VIVID = 1.25
"""Of the side that the refiner takes: faces whose crop is larger are not drawn anew, as the refiner
would see less of them than the picture shows."""


class EnhanceSession(Session):
    """A network at work on one picture or clip.

    Attributes:
        scale: How many times larger frames get.
        every: Compare faces before and after in each so many-th frame; 0 is never.
        scores: How much each of these faces still looks like itself, 0 to 1.
        vivid: How many faces were drawn anew; None where that is not asked for.
    """

    def __init__(
        self, pipeline: EnhancePipeline, scale: int, faces: str | None, config: EnhanceConfig
    ) -> None:
        bundle = pipeline.bundle(scale)
        vivid = config.mode == "vivid"
        found = {} if faces is None and not vivid else pipeline.find.models
        said: dict[str, Json] = {
            **record_config(config, EnhanceConfig),
            "scale": scale,
            "faces": faces,
        }
        said["weights"] = bundle.card.name if bundle else None
        drawn = hashes(pipeline.refiner_bundle) if vivid else {}
        super().__init__(Ingredients(models=found | hashes(bundle) | drawn), said)
        self._pipeline, self._faces, self._threshold = pipeline, faces, config.threshold
        self._chain = ChainOptions(config.smooth, config.sharpen, config.smoothing)
        self.scale, self._enhancer = scale, pipeline.network(scale)
        self.every, self.scores, self._frames = 0, list[float](), 0
        self.vivid: int | None = 0 if vivid else None

    @property
    def measurements(self) -> dict[str, Json]:
        """What was measured, by name."""
        drawn: dict[str, Json] = {} if self.vivid is None else {"vivid": self.vivid}
        return {"likeness": list(self.scores), **drawn}

    def step(self, image: Image, seconds: float = 0.0) -> Step:  # noqa: ARG002
        """Make the next frame, or the chosen faces in it, large and clear.

        Raises:
            InputError: The result would be too large.
        """
        self.resize((image.shape[1], image.shape[0]))
        faces = [] if self._faces is None else select_faces(self.find(image), self._faces)
        if self.vivid is None:
            clear = self._clear(image, faces, self._chain, self._enhancer)
        else:
            large = self._clear(image, faces, ChainOptions(0, 0), self._enhancer)
            seen = self.find(image) if self._faces is None else faces
            seen = [replace(x, points=self._scale(x.points), box=x.box * self.scale) for x in seen]
            large = self._draw_anew(large, seen)
            clear = self._clear(large, seen, self._chain, None)
        if self.every and self._frames % self.every == 0:
            self.scores.extend(self.compare(image, clear))
        self._frames += 1
        return Step(clear, tuple(faces))

    def _clear(
        self, image: Image, faces: list[Face], chain: ChainOptions, enhancer: Enhancer | None
    ) -> Image:
        """Make all of a picture clear, or the chosen faces in it."""
        if self._faces is None:
            return enhance_image(image, chain, enhancer=enhancer)
        return enhance_faces(image, faces, chain, enhancer=enhancer)

    def _draw_anew(self, large: Image, faces: list[Face]) -> Image:
        """Let the refiner draw faces that were small in the picture.

        It sees each at its own size, after the network that enlarges has taken blur away.
        """
        refiner = self._pipeline.refiner
        side, template = refiner.config.resolution, refiner.config.template
        for face in faces:
            crop = align(large, face.points, template=template, size=SCALE * side)
            if SCALE / measure_scale(crop.matrix) > LARGEST_VIVID * self.scale:
                continue
            small = cv2.resize(crop.image, (side, side), interpolation=cv2.INTER_AREA)
            made = refine_image(refiner, np.asarray(small, np.uint8))
            large = paste_change(large, crop, made, draw_soft_mask(face.points, crop))
            self.vivid = (self.vivid or 0) + 1
        return large

    def _scale(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return where the points of a face are in the result; their depth stays."""
        return np.hstack([scale_points(points[:, :2], self.scale), points[:, 2:]])

    def find(self, image: Image) -> list[Face]:
        """Return the faces of a picture, the largest first."""
        (faces,) = self._pipeline.find.finder.find([image], threshold=self._threshold)
        return faces

    def compare(self, before: Image, after: Image) -> tuple[float, ...]:
        """Measure how much each face of a picture still looks like itself, the largest first."""
        scores = []
        for face in self.find(before):
            pair = (before, face.points), (after, self._scale(face.points))
            scores.append(self._pipeline.resemblance.compare(*pair))
        return tuple(round(score, 3) for score in scores)

    def resize(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of the result.

        Raises:
            InputError: It would have more pixels than can be read again.
        """
        width, height = (side * self.scale for side in size)
        if width * height > MAX_PIXELS:
            raise InputError(
                f"{self.scale} times {size[0]}×{size[1]} pixels are more than {MAX_PIXELS:,}",
                hint="a smaller scale, or a part of the picture",
            )
        return width, height

    def miss(self, frames: int = 1) -> InputError | None:
        """Return the error where faces were chosen and none was there."""
        return None if self._faces is None else super().miss(frames)


class EnhancePipeline(FacePipeline):
    """Networks that enlarge pictures. The weights are those of one; None ships for each scale."""

    verb: ClassVar[str] = "enhance"

    @cached_property
    def _loaded(self) -> dict[int, tuple[Bundle, Enhancer] | None]:
        """Scale → what was loaded for it."""
        return {}

    @cached_property
    def resemblance(self) -> Resemblance:
        """What says how much faces look like themselves before."""
        return open_resemblance(self)

    @cached_property
    def refiner_bundle(self) -> Bundle:
        """The weights of what draws small faces anew."""
        return self.open(pick_kind(REFINER, known_cards()))

    @cached_property
    def refiner(self) -> Refiner:
        """What draws small faces anew."""
        return load_refiner(self.refiner_bundle, self.device, dtype=self.dtype)

    def bundle(self, scale: int) -> Bundle | None:
        """Return the weights for a scale; none where only filters change something."""
        loaded = self._load(scale)
        return loaded and loaded[0]

    def network(self, scale: int) -> Enhancer | None:
        """Return the network for a scale."""
        loaded = self._load(scale)
        return loaded and loaded[1]

    def start(
        self, *, scale: int = 2, faces: str | None = None, config: EnhanceConfig | None = None
    ) -> EnhanceSession:
        """Prepare to enhance one frame after the other.

        Args:
            scale: How many times larger: 1, 2 or 4.
            faces: Make only these clear: "all", "largest", "left", "right" or a number; None is
                the whole picture.
            config: What follows the network; None is the default of each.

        Raises:
            InputError: An argument is out of range, or nothing would change.
            WeightsError: There are no such weights, or they enlarge by another factor.
        """
        config = config or EnhanceConfig()
        check_enhance(scale, config, named=self.weights is not None)
        if faces is not None:
            check_choice(faces)
        return EnhanceSession(self, scale, faces, config)

    def __call__(
        self,
        picture: Picture,
        *,
        scale: int = 2,
        faces: str | None = None,
        config: EnhanceConfig | None = None,
        consent: str | None = None,
    ) -> Result:
        """Make a picture large and clear; how much faces still look like themselves is measured.

        Args:
            picture: A picture.
            scale: As `start` takes it.
            faces: Likewise.
            config: Likewise.
            consent: The consent to use the faces.

        Returns:
            The picture; `measurements["likeness"]` has a number for each face, and "vivid" says how
            many were drawn anew.

        Raises:
            FileError: The file is missing or damaged.
            InputError: An argument is out of range, or no face is chosen.
        """
        session = self.start(scale=scale, faces=faces, config=config)
        session.every = 1
        result, _ = self.apply(session, picture, consent)
        return replace(result, measurements=session.measurements)

    def frames(
        self,
        clip: Clip,
        *,
        scale: int = 2,
        faces: str | None = None,
        config: EnhanceConfig | None = None,
        consent: str | None = None,
    ) -> ClipResult:
        """Enhance every frame of a clip, when it is asked for; arguments as in a call."""
        return self.follow(self.start(scale=scale, faces=faces, config=config), clip, consent)

    def _load(self, scale: int) -> tuple[Bundle, Enhancer] | None:
        """Load the network for a scale, once."""
        name = self.weights or STARTERS[scale]
        if name is None:
            return None
        if scale not in self._loaded:
            bundle = self.open(name)
            enhancer = load_enhancer(bundle, self.device, dtype=self.dtype)
            if enhancer.config.scale != scale:
                raise WeightsError(
                    f"`{name}` enlarges {enhancer.config.scale} times, not {scale}",
                    hint=f"scale {enhancer.config.scale}, or other weights",
                )
            self._loaded[scale] = bundle, enhancer
        return self._loaded[scale]


def check_scale(scale: int) -> None:
    """Raise InputError unless pictures can be enlarged so many times."""
    if scale not in STARTERS:
        raise InputError(f"scale is 1, 2 or 4, not {scale}")


def check_enhance(scale: int, config: EnhanceConfig, *, named: bool) -> None:
    """Raise InputError unless something would change.

    Args:
        scale: How many times larger.
        config: What follows the network.
        named: Whether weights are named, which may restore at scale 1.
    """
    check_chain(ChainOptions(config.smooth, config.sharpen, config.smoothing))
    check_scale(scale)
    if scale == 1 and config.mode == "vivid":
        raise InputError("vivid draws faces larger", hint="scale 2 or 4")
    touched = read_strength(config.smooth) or read_strength(config.sharpen)
    if scale == 1 and not named and not touched:
        raise InputError(
            "at scale 1 without smooth and sharpen, nothing changes",
            hint="smooth 0.8 and sharpen 1.2, or scale 2",
        )
