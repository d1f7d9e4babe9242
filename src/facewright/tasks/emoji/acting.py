"""Open what moves latents along expressions, and draw a pack with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.enhance.network import load_enhancer
from facewright.errors import InputError
from facewright.expressions.classifier import (
    EXPRESSIONS,
    KIND,
    Classifier,
    load_classifier,
    score_faces,
)
from facewright.faces.detection.mesh_detector import FaceDetector
from facewright.faces.geometry.topology import POINTS
from facewright.faces.templates import TEMPLATES
from facewright.gan.weights import load_generator
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.latents.directions.bundle import Direction
from facewright.latents.scenes import find_styles
from facewright.media.stills.resize import resize_image
from facewright.pipelines.photos.toonify import STYLES
from facewright.pipelines.weights import ENCODED, open_weights
from facewright.tasks.drawing import DrawOptions, Easel, open_easel
from facewright.tasks.emoji.options import EmojiOptions
from facewright.tasks.inverting.inverter import open_inverter
from facewright.tasks.lookout import Lookout, pick_kind
from facewright.tasks.portraits import Portrait, Portraits, read_portraits
from facewright.tasks.steering.compass import open_compass
from facewright.toon.acting import (
    Actor,
    Costume,
    cast_actor,
    change_photo,
    choose_step,
    draw_act,
)
from facewright.toon.cartoon import Cartoonist, cut_face, draw_character, find_latents
from facewright.types import TRUNCATION_PSI, Face, Image

Points = NDArray[np.float32]

_ENHANCER = "enhance-x4"
_OWN_STEPS, _OWN_PSI = 60, 1.0
_STEPS, _PSI = 20, TRUNCATION_PSI
"""How often latents of a photo are corrected, and their truncation. A photo lends its own pixels,
and wants latents that are near; characters are the clearer the nearer the average they are."""
_SEEN = 256  # pixels of faces on which meshes are placed


@dataclass(frozen=True, slots=True)
class Troupe:
    """Networks that draw people's expressions, and what a manifest says about them."""

    easel: Easel
    cartoonist: Cartoonist
    moods: Mapping[str, Direction]
    classifier: Classifier
    finder: FaceDetector
    models: dict[str, str]
    """Name of each set of weights → sha256."""

    def place(self, images: Sequence[Image], about: Points) -> list[Points]:
        """Place meshes on pictures of one face, whose mesh is known about."""
        return [find_near(self.finder, image, about).points for image in images]

    def name(self, images: Sequence[Image]) -> list[str]:
        """Name the expressions of faces as the generator of people draws them."""
        large = [resize_image(image, _SEEN) for image in images]
        faces = [self.find_drawn(image) for image in large]
        named = zip(large, faces, strict=True)
        scores = [score_faces(self.classifier, image, [face])[0] for image, face in named]
        return [EXPRESSIONS[int(score.argmax())] for score in scores]

    def find_drawn(self, image: Image) -> Face:
        """Return the face in what a generator drew."""
        places = TEMPLATES[self.cartoonist.template].points * len(image) - 0.5  # [5 2]
        flat = np.pad(places, ((0, 0), (0, 1))).astype(np.float32)
        return find_near(self.finder, image, flat)


def find_near(finder: FaceDetector, image: Image, about: Points) -> Face:
    """Return the face near some points, (5 or 478, 3); those points where none is seen."""
    low, high = about[:, :2].min(0), about[:, :2].max(0)
    face = Face(np.concatenate([low, high]).astype(np.float32), about, 1.0)
    for _ in range(2):  # the second time from nearer
        (found,) = finder.follow([image], [[face]])
        face = found[0] if found else face
    return face


def open_troupe(
    lookout: Lookout, options: EmojiOptions, progress: Progress | None = None
) -> Troupe:
    """Load what draws the expressions of a style.

    Args:
        lookout: What finds faces.
        options: Which style, and of which generator.
        progress: Called with how far a download of weights is.

    Raises:
        WeightsError: There are no such weights.
        InputError: No directions ship for the generator.
    """
    easel = open_easel(_say_how(options), progress, starters=ENCODED)
    layers = range(easel.sampler.generator.num_ws)
    try:
        compass = open_compass(easel, None, EXPRESSIONS, progress)
        moods = {name: compass.find(name, layers) for name in EXPRESSIONS}
    except InputError as error:
        hint = "--style drawn takes any generator; recipes/directions makes directions for yours"
        raise InputError(f"--style {options.style}: {error}", hint=hint) from error
    inverter = open_inverter(options.weights, device=options.device, progress=progress)
    style = STYLES.get(options.style)
    drawing = open_weights(style, progress) if style else None
    enhancer, reader = (
        open_weights(name, progress) for name in (_ENHANCER, pick_kind(KIND, known_cards()))
    )
    cartoonist = Cartoonist(
        inverter.generator,
        load_generator(drawing, inverter.device) if drawing else inverter.generator,
        inverter.template,
        inverter.encoder,
        inverter.features,
        load_enhancer(enhancer, inverter.device),
    )
    opened = [enhancer, reader, *([drawing] if drawing else [])]
    models = {one.card.name: one.card.sha256 for one in opened}
    models = easel.models | inverter.models | compass.models | models
    classifier = load_classifier(reader, inverter.device)
    return Troupe(easel, cartoonist, moods, classifier, lookout.finder, models)


def draw_acts(
    lookout: Lookout, photo: Sequence[str], options: EmojiOptions, progress: Progress | None = None
) -> tuple[dict[str, Image], Portraits]:
    """Draw all expressions of a person, whose latents move.

    Args:
        lookout: What finds the face.
        photo: One picture; none if the options have a seed.
        options: Whose emoji, and their style.
        progress: Called with how far a download of weights is.

    Returns:
        Expression → (SIDE, SIDE, 4), and whose they are.

    Raises:
        InputError: There is no face that can be used, or no directions ship for the generator.
    """
    troupe = open_troupe(lookout, options, progress)
    if photo:
        portraits = read_portraits(lookout, photo[0], options.pick)
        ws = _find_latents(troupe, portraits.portraits[0], options)
    else:
        ws = find_styles(troupe.easel.sampler, [options.seed or 0])
        portraits = _draw_portrait(troupe, ws, options)
    one = portraits.portraits[0]
    costume = Costume(options.hair, generated=not photo, painted=options.style != "photo")
    try:
        actor = cast_actor(troupe.cartoonist, ws, one.image, one.face.points, costume)
    except InputError as error:
        raise InputError(f"{one.name}: {error}", hint=error.hint) from error
    steps = {name: choose_step(actor, mood, troupe.name) for name, mood in troupe.moods.items()}
    carried = bool(photo) and options.style == "photo"
    acts = {name: _act(troupe, actor, step, carried=carried) for name, step in steps.items()}
    return acts, replace(portraits, models=troupe.models)


def _act(troupe: Troupe, actor: Actor, step: torch.Tensor, *, carried: bool) -> Image:
    """Draw one expression: of the person's own pixels, or as a generator draws it."""
    draw = change_photo if carried else draw_act
    return draw(actor, step, troupe.place)


def _find_latents(troupe: Troupe, one: Portrait, options: EmojiOptions) -> torch.Tensor:
    """Return the latents of the face in a photo, (1, num_ws, w_dim)."""
    crop = cut_face(troupe.cartoonist, one.image, one.face.points)
    steps, truncation_psi = (_OWN_STEPS, _OWN_PSI) if options.style == "photo" else (_STEPS, _PSI)
    return find_latents(troupe.cartoonist, crop, steps=steps, truncation_psi=truncation_psi)


def _draw_portrait(troupe: Troupe, ws: torch.Tensor, options: EmojiOptions) -> Portraits:
    """Draw a person who does not exist, in the style."""
    image, seed = draw_character(troupe.cartoonist, ws), options.seed or 0
    face = troupe.find_drawn(image)
    if len(face.points) != POINTS:
        raise InputError(f"seed {seed}: no face was found", hint="choose another seed")
    return Portraits((Portrait(f"seed {seed}", image, face),), seeds=(seed,))


def _say_how(options: EmojiOptions) -> DrawOptions:
    """Return how people are drawn."""
    return DrawOptions(
        out=Path(),
        weights=options.weights,
        truncation_psi=options.truncation_psi,
        precision="float32",
        device=options.device,
    )
