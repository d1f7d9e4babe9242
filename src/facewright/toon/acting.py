"""Emoji of a person's expressions, drawn by a generator and pasted into the head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from facewright.faces.align import align, paste
from facewright.faces.geometry.matrices import transform_points
from facewright.faces.geometry.topology import OVAL
from facewright.faces.masks import draw_face_mask, fade_border
from facewright.latents.directions.bundle import Direction
from facewright.latents.sample import draw_styles
from facewright.toon.cartoon import Cartoonist, draw_character, enlarge_crop, enlarge_drawing
from facewright.toon.heads.crown import crown_head, is_tight
from facewright.toon.heads.cutout import cut_head
from facewright.toon.heads.upright import EYES, SIDE, UNIT, Head, check_whole, turn_upright
from facewright.toon.motion import carry_over, move_pixels, spread_motion
from facewright.toon.paint import draw_edge, paint_head
from facewright.toon.shapes import Floats, lay
from facewright.types import Crop, HairStyle, Image

PlaceMeshes = Callable[[Sequence[Image], Floats], Sequence[Floats]]
"""Maps pictures of one face, and its approximate mesh, to the mesh (478, 3) in each."""
Name = Callable[[Sequence[Image]], Sequence[str]]
"""Maps generated faces to the name of the expression of each."""

PARTS = (0.6, 0.8, 1.0)
"""Steps of an expression to try, relative to the reach of its direction, the smallest first."""

_TIMES = 6  # what is drawn goes into the head with so many times the pixels of the generator
_OWN = 8  # likewise the pixels of a photo
_RIM = 0.25  # of a head that is painted, the rim that no generator draws, in distances of the eyes
_TEMPLE, _CHEEK = 0.13, 0.3  # a narrower rim, above a line so far below the eyes
_SOFT = 0.07  # over which distance what is drawn fades into the rest
_INNER = 0.9
_BORDER = 0.08  # likewise, at the border of the square that the generator draws


@dataclass(frozen=True, slots=True)
class Actor:
    """A person whose expressions are drawn: everything that does not depend on the expression."""

    cartoonist: Cartoonist
    ws: torch.Tensor
    """w+, (1, num_ws, w_dim): the face as it is."""
    head: Head
    crop: Crop
    """The face in the head, by the template of the generators."""
    stage: Floats
    """(SIDE, SIDE), 0 to 1: opacity of the drawn face over the head."""
    painted: bool
    """Whether the head is painted, with a line along its edge, to match characters."""


@dataclass(frozen=True, slots=True)
class Costume:
    """Options of a head."""

    hair: HairStyle = "auto"
    """Hair, as `toon.emoji.prepare_head` takes it."""
    generated: bool = False
    """Whether the picture is generated; then hair and ears are drawn."""
    painted: bool = True
    """Whether the head is painted, to match characters."""


def cast_actor(
    cartoonist: Cartoonist, ws: torch.Tensor, image: Image, points: Floats, costume: Costume
) -> Actor:
    """Prepare a person for drawing expressions.

    Args:
        cartoonist: The generators and networks that draw.
        ws: w+, (1, num_ws, w_dim): the face in the picture.
        image: (height, width, 3).
        points: (478, 3), its mesh, pixels.
        costume: Options of the head.

    Raises:
        InputError: The border of the picture cuts through the face, or the face is in profile.
    """
    picture = turn_upright(image, points)
    if not costume.generated:
        check_whole(points, (image.shape[1], image.shape[0]))
    drawn = costume.generated or costume.hair != "auto" or is_tight(picture)
    head = crown_head(picture, costume.hair) if drawn else cut_head(picture)
    if drawn or costume.painted:
        head = replace(head, image=np.clip(np.rint(paint_head(head)), 0, 255).astype(np.uint8))
    size = cartoonist.people.config.resolution
    crop = align(head.image, head.points, template=cartoonist.template, size=size)
    painted = drawn or costume.painted
    return Actor(cartoonist, ws, head, crop, _find_stage(head, painted=painted), painted)


def choose_step(actor: Actor, mood: Direction, name: Name) -> torch.Tensor:
    """Return the smallest step along an expression at which it is recognised.

    Args:
        actor: The person.
        mood: The direction, which has the name of the expression.
        name: Classifies expressions of generated faces.

    Returns:
        (num_ws, w_dim): the step in w+; the full reach of the direction if no smaller step is
        enough.
    """
    steps = torch.stack([part * mood.reach * mood.styles for part in PARTS])  # [parts num_ws w_dim]
    images = draw_styles(actor.cartoonist.people, actor.ws.cpu() + steps, batch=len(PARTS))
    named = name(list(images))
    enough = [step for step, said in zip(steps, named, strict=True) if said == mood.name]
    return enough[0] if enough else steps[-1]


def draw_act(actor: Actor, step: torch.Tensor, place: PlaceMeshes) -> Image:
    """Draw a person's head with an expression by the generators.

    The outline of the face stays that of the head. The generator of characters knows fewer
    expressions than that of people: the motion of eyes, brows and mouth of the person is added to
    the character.

    Args:
        actor: The person.
        step: (num_ws, w_dim): the step of the expression in w+.
        place: Finds the meshes in the generated pictures of the person.

    Returns:
        (SIDE, SIDE, 4), RGBA, as `toon.emoji.draw_emoji` returns it.
    """
    side = _TIMES * len(actor.crop.image)
    drawn = enlarge_drawing(draw_character(actor.cartoonist, actor.ws.cpu() + step), side)
    before, after = place(*_draw_person(actor, step))
    learned = actor.cartoonist.characters is actor.cartoonist.people
    wanted = after if learned else 2 * after - before
    wanted = wanted.copy()
    wanted[OVAL] = before[OVAL]
    moved = move_pixels(drawn.astype(np.float32), spread_motion(after, wanted, side))
    return _put(actor, np.clip(np.rint(moved), 0, 255).astype(np.uint8))


def change_photo(actor: Actor, step: torch.Tensor, place: PlaceMeshes) -> Image:
    """Give the face of a photo an expression: warp its pixels by the motion of generated ones.

    Args:
        actor: The person.
        step: (num_ws, w_dim): the step of the expression in w+.
        place: Finds the meshes in the generated pictures.

    Returns:
        (SIDE, SIDE, 4), RGBA, as `toon.emoji.draw_emoji` returns it.
    """
    drawn, about = _draw_person(actor, step)
    size, template = _OWN * len(actor.crop.image), actor.cartoonist.template
    own = align(actor.head.image, actor.head.points, template=template, size=size)
    return _put(actor, carry_over(own.image, drawn, place(drawn, about)))


def _draw_person(actor: Actor, step: torch.Tensor) -> tuple[list[Image], Floats]:
    """Generate the person without and with an expression, and return the approximate mesh."""
    cartoonist, side = actor.cartoonist, _TIMES * len(actor.crop.image)
    person = replace(cartoonist, characters=cartoonist.people)
    ways = (actor.ws.cpu(), actor.ws.cpu() + step)
    drawn = [enlarge_drawing(draw_character(person, ws), side) for ws in ways]
    mesh = transform_points(actor.head.points, actor.crop.matrix)
    return drawn, ((mesh + np.float32(0.5)) * _TIMES - np.float32(0.5)).astype(np.float32)


def _put(actor: Actor, face: Image) -> Image:
    """Paste a face into the head, and cut the head out."""
    larger, side = enlarge_crop(actor.crop, face), len(face)
    whole = fade_border(np.ones((side, side), np.float32), _BORDER * side)
    canvas = actor.head.image.astype(np.float32)
    put = paste(actor.head.image, larger, whole).astype(np.float32)
    inner = actor.stage > _INNER
    put += np.median(canvas[inner], axis=0) - np.median(put[inner], axis=0)  # the skin stays
    lay(canvas, actor.stage, put)
    if actor.painted:
        draw_edge(canvas, actor.head.alpha)
    alpha = np.rint(255 * actor.head.alpha)
    return np.dstack([np.clip(np.rint(canvas), 0, 255), alpha]).astype(np.uint8)


def _find_stage(head: Head, *, painted: bool) -> Floats:
    """Return the mask of the drawn face, without hair that falls into it."""
    face = head.skin if painted else draw_face_mask(head.points, (SIDE, SIDE))
    face = face * (1 - head.hair)
    if painted:
        jaw = round(EYES[1] * SIDE + _CHEEK * UNIT)
        face = np.concatenate([_shrink(face, _TEMPLE)[:jaw], _shrink(face, _RIM)[jaw:]])
    return np.asarray(cv2.GaussianBlur(face, (0, 0), _SOFT * UNIT), np.float32)


def _shrink(area: Floats, by: float) -> Floats:
    """Return an area without a rim of a width in eye distances."""
    side = int(2 * by * UNIT) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.erode(area, disc), np.float32)
