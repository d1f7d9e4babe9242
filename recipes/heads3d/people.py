"""Draw people at random: everything behind a picture is a number with a name."""

from __future__ import annotations

import numpy as np
from clothes import KINDS
from head import SHAPES
from looks import SKIN_RANGE, draw_beard, draw_brow, draw_eyes, draw_hair, draw_skin

from expressions import draw_expression

STYLES = ("toon", "child", "baby", "character")
"""Adults and children as in an animated series, babies, and natural people as in a good game."""

_CLOTHES_CHANCE = {"baby": (3, 3, 0.3, 0.6, 1.5, 0.8, 0.6, 0.3)}
# By style: means of `warp.Warp`, and spread in parts of the mean (or as such below 0.1).
_WARPS: dict[str, dict[str, float]] = {
    "toon": {
        "eye": 0.265,
        "apart": 0.05,
        "eye_up": -0.05,
        "nose": 0.66,
        "nose_up": 0.01,
        "mouth": 1.02,
        "mouth_up": 0.05,
        "jaw": 0.84,
        "jaw_back": 0.9,
        "chin_up": 0.07,
        "cheek": 0.03,
        "skull": 1.1,
        "neck": 0.76,
        "shoulders": 0.8,
    },
    "child": {
        "eye": 0.28,
        "apart": 0.07,
        "eye_up": -0.06,
        "nose": 0.6,
        "nose_up": 0.02,
        "mouth": 0.98,
        "mouth_up": 0.04,
        "jaw": 0.9,
        "jaw_back": 0.95,
        "cheek": 0.06,
        "skull": 1.1,
        "neck": 0.72,
        "shoulders": 0.74,
    },
    "baby": {
        "eye": 0.31,
        "apart": 0.09,
        "nose": 0.68,
        "mouth": 1.12,
        "jaw": 0.95,
        "jaw_back": 1.0,
        "cheek": 0.09,
        "skull": 1.06,
        "neck": 0.85,
        "shoulders": 0.72,
    },
    "character": {
        "eye": 0.152,
        "apart": 0.01,
        "sink": 0.9,
        "eye_up": 0.0,
        "nose": 0.93,
        "nose_up": 0.01,
        "bridge": 0.0,
        "mouth": 1.04,
        "mouth_back": 0.0,
        "jaw": 0.96,
        "jaw_back": 0.98,
        "chin_up": 0.0,
        "chin_back": 0.0,
        "cheek": 0.0,
        "cheekbones": 1.0,
        "skull": 1.02,
        "neck": 0.92,
        "shoulders": 0.95,
        "smooth": 0.15,
    },
}
_TOON_MEN = {
    "eye": 0.245,
    "nose": 0.74,
    "jaw": 0.96,
    "jaw_back": 1.0,
    "neck": 0.9,
    "shoulders": 0.92,
    "chin_up": 0.04,
}
_FREE = {"toon": 0.42, "child": 0.4, "baby": 0.35, "character": 0.45}  # spread of shapes
_STIFF = {  # shapes that may not differ as much
    "head": 0.6,
    "forehead": 0.5,
    "eye": 0.5,
    "nose": 0.75,
    "cheek": 0.8,
    "neck": 0.5,
    "mouth_corners": 0.4,
    "mouth_height": 0.5,
    "mouth_depth": 0.4,
    "chin_depth": 0.5,
    "nose_curve": 0.5,
    "nose_tip": 0.5,
}


def draw_person(seed: int, style: str) -> dict:
    """Draw a person: shapes, colours, hair, brows, beard, eyes, clothes, glasses."""
    rng = np.random.default_rng((seed, STYLES.index(style)))
    years = {
        "toon": lambda: 18 + 50 * rng.beta(1, 1.6),
        "child": lambda: rng.uniform(4, 12),
        "baby": lambda: rng.uniform(1, 2.5),
        "character": lambda: 18 + 57 * rng.beta(1, 1.5),
    }[style]()
    male = int(rng.random() < 0.5)
    race = _draw_race(rng)
    depth = float(np.clip(sum(w * rng.uniform(*SKIN_RANGE[r]) for r, w in race.items()), 0, 6))
    hair = draw_hair(rng, style, male, years, race, depth)
    person = {
        "seed": seed,
        "style": style,
        "years": years,
        "male": float(male),
        "race": race,
        "muscle": rng.uniform(0.35, 0.75),
        "weight": rng.uniform(0.3, 0.75),
        "shape": _draw_shape(rng, style, race),
        "warp": _draw_warp(rng, style, male),
        "skin": draw_skin(rng, (style, male, years), depth, hair),
        "hair": hair,
        "brow": draw_brow(rng, style, male, hair),
        "eyes": draw_eyes(rng, style, race, depth),
        "clothes": _draw_clothes(rng, style),
    }
    person["beard"] = draw_beard(rng, style, male, years)
    person["glasses"] = _draw_glasses(rng, style, years)
    return person


PLAIN_LIGHT = {
    "side": 1.0,
    "azimuth": 0.6,
    "height": 0.6,
    "key": 1.0,
    "fill": 1.2,
    "rim": 0.8,
    "warm": 0.35,
    "size": 0.65,
}
_PLAIN_HAIR = {"quiff": "parted", "topknot": "bun", "pigtails": "bob", "pony": "bun"}


def simplify(person: dict) -> None:
    """Leave out, in place, what a photo cannot tell: the cut of clothes, hair that is alike.

    With `PLAIN_LIGHT` for each shot, so that fewer pictures show every number often enough.
    """
    hair, clothes = person["hair"], person["clothes"]
    hair["style"] = _PLAIN_HAIR.get(hair["style"], hair["style"])
    person["clothes"] = clothes | {"kind": "jumper", "pattern": "plain", "wide": 1.0, "trim": False}
    person["clothes"]["second"] = clothes["colour"]


def draw_shot(seed: int, style: str, expression: str | None) -> dict:
    """Draw a picture of a person: expression, turn, gaze, light, ground.

    Args:
        seed: Of the person.
        style: One of `STYLES`.
        expression: Which; None leaves it to chance.
    """
    rng = np.random.default_rng((seed, STYLES.index(style), 7))
    turn = (
        float(np.clip(rng.normal(0, 0.16), -0.4, 0.4)),
        rng.normal(0.02, 0.06),
        rng.normal(0, 0.05),
    )
    gaze = (
        -turn[0] * rng.uniform(0.3, 1) + rng.normal(0, 0.06),
        -turn[1] * 0.8 + rng.normal(0, 0.04),
    )
    light, ground = _draw_light(rng), _draw_ground(rng)
    kinds = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    number = 99 if expression is None else kinds.index(expression)
    own = np.random.default_rng((seed, STYLES.index(style), 8, number))
    name, units = draw_expression(own, expression, small=style in ("child", "baby"))
    if expression is not None:  # a set of seven: nearly from the front, each a little different
        turn = tuple(0.5 * a + float(own.normal(0, 0.025)) for a in turn)
        gaze = (-turn[0] * 0.8, -turn[1] * 0.8)
    pitch = turn[1] + {"sad": 0.07, "angry": 0.05, "surprise": -0.04}.get(name, 0.0)
    return {
        "expression": name,
        "units": units,
        "turn": [turn[0], pitch, turn[2]],
        "gaze": [*gaze],
        "light": light,
        "ground": ground,
    }


def _draw_race(rng: np.random.Generator) -> dict[str, float]:
    """Draw shares of MakeHuman's three poles: often one, often a mix."""
    shares = rng.dirichlet([0.55] * 3)
    return {n: float(s) for n, s in zip(("african", "asian", "caucasian"), shares, strict=True)}


def _draw_shape(rng: np.random.Generator, style: str, race: dict[str, float]) -> dict[str, float]:
    free = _FREE[style]
    shape = {
        name: float(
            np.clip(
                rng.normal(0, free * _STIFF.get(name, _STIFF.get(name.split("_")[0], 1.0))),
                -1.2,
                1.2,
            )
        )
        for name in SHAPES
    }
    shape["eye_open"] += 0.15 if style == "character" else 0.3
    shape["mouth_corners"] += 0.2
    shape["eye_fold"] += 0.3 * race["asian"]
    return shape


def toon_warp(male: float) -> dict[str, float]:
    """Return the mean warp of adult toons, between women, 0, and men, 1."""
    mean = _WARPS["toon"]
    return {n: v + male * (_TOON_MEN.get(n, v) - v) for n, v in mean.items()}


def _draw_warp(rng: np.random.Generator, style: str, male: int) -> dict[str, float]:
    mean = toon_warp(male) if style == "toon" else dict(_WARPS[style])
    if style == "character" and not male:
        mean |= {"eye": 0.165, "neck": 0.86, "jaw": 0.93, "nose": 0.88, "shoulders": 0.88}
    spread = 0.35 if style == "character" else 1.0
    return {
        name: float(value + rng.normal(0, spread) * (0.06 * abs(value) if value > 0.1 else 0.01))
        for name, value in mean.items()
    }


def _draw_clothes(rng: np.random.Generator, style: str) -> dict:
    chance = np.array(_CLOTHES_CHANCE.get(style, (2, 2, 1.5, 2.2, 2, 1.2, 1, 0.7)))
    colours = [_draw_colour(rng) for _ in range(2)]
    return {
        "kind": str(rng.choice(KINDS, p=chance / chance.sum())),
        "colour": colours[0],
        "second": colours[1],
        "pattern": str(
            rng.choice(("plain", "knit", "stripes", "bands", "dots"), p=(0.5, 0.16, 0.14, 0.1, 0.1))
        ),
        "wide": rng.uniform(0.94, 1.08),
        "trim": bool(rng.random() < 0.35),
    }


def _draw_colour(rng: np.random.Generator) -> list[float]:
    """Draw a colour of cloth: hue at random, often muted, at times black or white."""
    grey = rng.uniform(0.02, 0.8) ** 1.5
    hue = rng.uniform(0, 2 * np.pi) + np.array([0, 2.1, 4.2])
    vivid = rng.uniform(0, 0.9)
    colour = grey * (1 - vivid) + vivid * rng.uniform(0.1, 0.6) * (0.5 + 0.5 * np.cos(hue)) ** 1.3
    return np.clip(colour, 0.01, 0.85).tolist()


def _draw_glasses(rng: np.random.Generator, style: str, years: float) -> dict | None:
    chance = {"toon": 0.14, "child": 0.08, "baby": 0.0, "character": 0.14}[style] + (
        0.15 if years > 55 else 0
    )
    if rng.random() > chance:
        return None
    dark = rng.random() < 0.6
    return {
        "shape": rng.uniform(2.0, 4.5),
        "width": rng.uniform(1.12, 1.3),
        "height": rng.uniform(0.9, 1.2),
        "thickness": rng.uniform(0.02, 0.05),
        "colour": [0.02, 0.018, 0.016] if dark else _draw_colour(rng),
    }


def _draw_light(rng: np.random.Generator) -> dict:
    return {
        "side": float(rng.choice([-1, 1])),
        "azimuth": rng.uniform(0.35, 1.0),
        "height": rng.uniform(0.4, 0.85),
        "key": rng.uniform(0.8, 1.15),
        "fill": rng.uniform(0.7, 1.6),
        "rim": rng.uniform(0.5, 1.3),
        "warm": rng.uniform(-0.3, 1.0),
        "size": rng.uniform(0.4, 0.9),
    }


def _draw_ground(rng: np.random.Generator) -> dict:
    return {
        "kind": str(
            rng.choice(
                ("plain", "gradient", "glow", "blurred", "stripes"), p=(0.15, 0.25, 0.2, 0.32, 0.08)
            )
        ),
        "colour": _draw_ground_colour(rng),
        "second": _draw_ground_colour(rng),
        "seed": int(rng.integers(2**31)),
    }


def _draw_ground_colour(rng: np.random.Generator) -> list[float]:
    """Draw a colour of middle lightness, seldom vivid."""
    hue = rng.uniform(0, 2 * np.pi) + np.array([0, 2.1, 4.2])
    vivid, light = rng.beta(1.2, 2.2), rng.uniform(0.06, 0.6)
    return np.clip(light * (1 + vivid * np.cos(hue)), 0.01, 0.9).tolist()
