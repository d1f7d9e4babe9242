"""From a photo and its mesh to a character: shape, colours, hair, beard, glasses; and its pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facewright.faces.pose import estimate_pose
from facewright.toon.colours import find_colours, measure_luma
from facewright.toon.heads.figure.character import Character, Colour, Pose, soften_shape
from facewright.toon.heads.figure.hairdo import insist, is_dark, look_at_hair, name_style
from facewright.toon.heads.model.basis import load_head_model
from facewright.toon.heads.model.fit import fit_head
from facewright.toon.heads.upright import Upright, turn_upright
from facewright.toon.shapes import Floats
from facewright.types import HairStyle, Image

_SKINS = np.array(  # linear light, from light to dark
    [
        (0.90, 0.67, 0.57),
        (0.84, 0.57, 0.44),
        (0.72, 0.47, 0.32),
        (0.56, 0.33, 0.20),
        (0.38, 0.20, 0.11),
        (0.22, 0.105, 0.06),
        (0.13, 0.065, 0.04),
    ]
)
_HAIRS = np.array(  # from dark to light
    [
        (0.012, 0.008, 0.006),
        (0.04, 0.02, 0.01),
        (0.10, 0.042, 0.016),
        (0.28, 0.13, 0.05),
        (0.72, 0.47, 0.18),
    ]
)
_EXAGGERATE = 1.25
_LUMA = np.array([0.2126, 0.7152, 0.0722])
_MOUSTACHE = (164, 167, 393, 165, 391, 92, 322)
_CHIN = (200, 199, 175, 201, 421, 208, 428)
_JAW = (172, 136, 150, 149, 397, 365, 379, 378)
_CHEEKS = (50, 280, 101, 330, 205, 425, 36, 266)
_BEARDED = 0.74  # of the light of the cheeks
_CHILD = 16.0  # years
_EYES = ((33, 133, 468), (263, 362, 473))  # outer and inner corner, iris


@dataclass(frozen=True, slots=True)
class Guess:
    """What a face says of a person."""

    male: float = 0.5
    """0 to 1."""
    years: float = 30.0
    glasses: float = 0.0
    """0 to 1."""


def portray(
    image: Image, points: NDArray[np.float32], guess: Guess, *, hair_style: HairStyle = "auto"
) -> Character:
    """Return the character of a person.

    Args:
        image: (height, width, 3).
        points: (478, 3), the mesh in pixels.
        guess: Of `FigureReader`.
        hair_style: How long the hair is; "auto" is as the picture shows.
    """
    picture = turn_upright(image, points)
    hair = look_at_hair(picture)
    colours = find_colours(picture.image, picture.points, hair.colour, detail=picture.detail)
    tone = hair.colour
    if np.isnan(hair.crown):  # little hair is seen, and brows are of its colour
        tone = np.minimum(tone, (tone + colours.brow) / 2)
    male = guess.male > 0.5
    old, child = (guess.years - 30) / 45, max(0.0, (_CHILD - guess.years) / 10)
    known = {"male": guess.male - 0.5, "old": max(0.0, old), "child": min(1.0, child)}
    fitted = fit_head(load_head_model(), points, known=known)
    shape = {n: v if n in known else v * _EXAGGERATE for n, v in fitted.identity.items()}
    brow = float(np.clip(0.6 + 1.0 * colours.contrast, 0.7, 1.35))
    return Character(
        shape=soften_shape(shape),
        skin=_tone(colours.skin),
        hair_style=insist(name_style(hair, male=male, dark=is_dark(colours.skin)), hair_style),
        hair=_tint_hair(tone),
        brow=_linear(np.minimum(colours.brow, hair.colour * 1.1), 0.5),
        eye=_linear(colours.iris, 1.1),
        lip=None if male else _linear(colours.lips, 1.0),
        beard=_find_beard(picture) if male and guess.years > _CHILD else "none",
        glasses="square"
        if guess.glasses > 0.5 and male
        else "round"
        if guess.glasses > 0.5
        else "none",
        brow_width=brow,
        lashes=0.35 if male else 0.85,
    )


def read_pose(points: NDArray[np.float32], *, known: Character | None = None) -> Pose:
    """Return expression, turn and gaze of a face.

    Args:
        points: (478, 3), the mesh in pixels.
        known: The person's character, whose gender and age are not found again.
    """
    names = ("male", "old", "child")
    fixed = {n: float(known.shape[n]) for n in names if n in known.shape} if known else {}
    fitted = fit_head(load_head_model(), points, known=fixed)
    turn = estimate_pose(points)
    yaw, pitch, roll = (float(np.radians(v)) for v in (turn.yaw, turn.pitch, turn.roll))
    units = {n: min(1.2, 1.15 * v) for n, v in fitted.expression.items()}
    return Pose(units, yaw=yaw, pitch=-pitch, roll=-roll, gaze=_find_gaze(points))


def _find_gaze(points: NDArray[np.float32]) -> tuple[float, float]:
    """Return how far the eyes look aside, radians."""
    found = []
    for outer, inner, iris in _EYES:
        one, other, middle = (points[i, :2] for i in (outer, inner, iris))
        across = (other - one) / max(float(np.linalg.norm(other - one)), 1e-6)
        half = max(float(np.linalg.norm(other - one)) / 2, 1e-6)
        away = float((middle - (one + other) / 2) @ across) / half
        found.append(away if outer == _EYES[0][0] else -away)
    return float(np.clip(0.7 * np.mean(found), -0.45, 0.45)), 0.0


def _linear(colour: Floats, gain: float) -> Colour:
    """Return a displayed colour, 0 to 255, as linear light."""
    x = np.clip(np.asarray(colour, np.float64) / 255, 0.01, 1) ** 2.2 * gain
    return _as_colour(x, 0.9)


def _tone(colour: Floats) -> Colour:
    """Return the colour of skin that is most like what a photo shows in its light."""
    seen = np.array(_linear(colour, 1.25))
    scale = np.linspace(0, len(_SKINS) - 1, 61)
    shades = np.stack([np.interp(scale, range(len(_SKINS)), _SKINS[:, i]) for i in range(3)], 1)
    best = shades[np.abs(np.log(shades @ _LUMA) - np.log(seen @ _LUMA)).argmin()]
    tint = seen / (seen @ _LUMA) * (best @ _LUMA)
    return _as_colour(0.65 * best + 0.35 * tint, 0.95)


def _tint_hair(colour: Floats) -> Colour:
    """Return the colour of hair: grey as it is, else nearer to the browns that hair has."""
    seen = np.array(_linear(colour, 0.75))
    light = float(seen @ _LUMA)
    brown = np.array([np.interp(light, _HAIRS @ _LUMA, _HAIRS[:, i]) for i in range(3)])
    share = 0.7 * np.clip((float(np.ptp(seen)) / max(float(seen.max()), 1e-6) - 0.25) / 0.25, 0, 1)
    return _as_colour(share * brown + (1 - share) * seen, 0.9)


def _as_colour(values: NDArray[np.float64], most: float) -> Colour:
    red, green, blue = np.clip(values, 0.004, most).tolist()
    return red, green, blue


def _find_beard(picture: Upright) -> str:
    """Tell by how dark lip, chin and jaw are against the cheeks."""
    lip, chin, jaw, cheek = (
        _measure_light(picture, rows) for rows in (_MOUSTACHE, _CHIN, _JAW, _CHEEKS)
    )
    above, below = lip < _BEARDED * cheek, chin < _BEARDED * cheek
    if below and jaw < 0.8 * cheek:
        return "full"
    if below:
        return "goatee"
    return "moustache" if above else "none"


def _measure_light(picture: Upright, rows: tuple[int, ...]) -> float:
    """Return the median light around points of the mesh, 0 to 255."""
    reach = 6
    values = []
    for x, y in np.rint(picture.points[list(rows), :2]).astype(int):
        patch = picture.image[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        if patch.size:
            values.append(measure_luma(np.median(patch.reshape(-1, 3), axis=0).astype(np.float32)))
    return float(np.median(values)) if values else 128.0
