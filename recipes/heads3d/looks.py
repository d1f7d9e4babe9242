"""Draw how somebody looks: skin, hair, brows, beard, eyes."""

from __future__ import annotations

import numpy as np

# Linear light, from light to dark.
_SKIN = np.array(
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
SKIN_RANGE = {"caucasian": (0.0, 2.6), "asian": (0.4, 3.4), "african": (3.2, 6.0)}
_HAIR = {
    "black": (0.012, 0.008, 0.006),
    "dark": (0.04, 0.02, 0.01),
    "brown": (0.10, 0.042, 0.016),
    "light": (0.28, 0.13, 0.05),
    "blond": (0.72, 0.47, 0.18),
    "pale": (0.85, 0.66, 0.38),
    "red": (0.40, 0.11, 0.03),
    "auburn": (0.25, 0.07, 0.03),
    "grey": (0.50, 0.48, 0.46),
    "white": (0.80, 0.78, 0.75),
}
_DYED = (
    (0.55, 0.08, 0.25),
    (0.08, 0.30, 0.55),
    (0.35, 0.12, 0.5),
    (0.05, 0.4, 0.3),
    (0.8, 0.3, 0.4),
)
_EYES = {
    "brown": (0.24, 0.115, 0.045),
    "dark": (0.13, 0.065, 0.035),
    "hazel": (0.36, 0.24, 0.08),
    "green": (0.18, 0.40, 0.26),
    "blue": (0.18, 0.38, 0.62),
    "grey": (0.36, 0.42, 0.47),
}
_MALE_HAIR = (
    "buzz",
    "crop",
    "parted",
    "quiff",
    "messy",
    "curly",
    "coils",
    "afro",
    "long",
    "bald",
    "topknot",
)
_FEMALE_HAIR = (
    "bob",
    "long",
    "wavy",
    "fringe",
    "afro",
    "curly",
    "bun",
    "topknot",
    "pony",
    "pigtails",
    "crop",
    "messy",
    "coils",
    "parted",
)
_CHANCE_MALE = (1.2, 2, 2.2, 2, 2, 1.2, 1.2, 0.5, 0.5, 0.7, 0.3)
_CHANCE_FEMALE = (2, 2.2, 2.2, 1.6, 1.0, 1.5, 1.3, 0.7, 1.4, 0.7, 0.5, 0.6, 0.6, 0.5)
_REAL_SKINS = {  # picture, the colour it has about, gender
    "young_lightskinned_female_diffuse2": (0.75, 0.50, 0.40),
    "young_lightskinned_female_diffuse3": (0.75, 0.50, 0.40),
    "middleage_lightskinned_female_diffuse2": (0.72, 0.48, 0.38),
    "young_lightskinned_male_diffuse": (0.66, 0.42, 0.32),
    "young_lightskinned_male_diffuse2": (0.66, 0.42, 0.32),
    "young_lightskinned_male_diffuse3": (0.66, 0.42, 0.32),
    "middleage_lightskinned_male_diffuse": (0.64, 0.40, 0.30),
    "middleage_lightskinned_male_diffuse2": (0.64, 0.40, 0.30),
}


def draw_skin(
    rng: np.random.Generator, who: tuple[str, int, float], depth: float, hair: dict
) -> dict:
    """Draw skin and make-up of somebody with a style, gender and years."""
    style, male, years = who
    colour = skin_colour(depth)
    lip = np.array(colour) * (0.80, 0.42, 0.42) + (0.02, 0.01, 0.01)
    made_up = not male and style in ("toon", "character") and rng.random() < 0.4
    if made_up:
        lip = lip * (1.0, 0.6, 0.7) + (rng.uniform(0, 0.12), 0, 0)
    freckled = hair["colour_name"] in ("red", "auburn", "light") and depth < 2
    skin = {
        "colour": colour,
        "depth": depth,
        "lip_colour": lip.tolist(),
        "lips": rng.uniform(0.3, 0.6) if male else rng.uniform(0.5, 0.9),
        "blush": rng.uniform(0.25, 0.6),
        "lids": rng.uniform(0.1, 0.3) + 0.3 * made_up,
        "freckles": rng.uniform(0.3, 0.6) if freckled and rng.random() < 0.6 else 0.0,
    }
    if style == "character":
        gender = "_male_" if male else "_female_"
        names = [n for n in _REAL_SKINS if gender in n and (years < 45 or "middleage" in n)]
        if male and depth > 4:
            skin["picture"] = (
                "young_darkskinned_male_diffuse"
                if years < 35
                else "middleage_darkskinned_male_diffuse"
            )
            about = np.array((0.24, 0.13, 0.085))
        else:
            skin["picture"] = str(rng.choice(names))
            about = np.array(_REAL_SKINS[skin["picture"]])
        tint = np.clip((np.array(colour) * 0.9 / about) ** 0.9, 0.1, 1.3)
        skin |= {"tint": tint.tolist(), "lips": skin["lips"] * 0.35}
    return skin


def draw_hair(
    rng: np.random.Generator, style: str, male: int, years: float, race: dict, depth: float
) -> dict:
    names, chance = (_MALE_HAIR, _CHANCE_MALE) if male else (_FEMALE_HAIR, _CHANCE_FEMALE)
    chance = np.array(chance, float)
    for number, name in enumerate(names):
        if name in ("coils", "afro"):
            chance[number] *= 0.15 + 2.2 * race["african"]
        if name in ("bald", "buzz") and style == "child":
            chance[number] *= 0.15
        if name == "pigtails":
            chance[number] *= 3 if style == "child" else 0.3
    kind = str(rng.choice(names, p=chance / chance.sum()))
    if style == "baby":
        kind = str(
            rng.choice(
                ("baby", "topknot", "crop", "coils", "buzz", "bald"),
                p=(0.6, 0.08, 0.1, 0.07, 0.1, 0.05),
            )
        )
    fair = float(np.clip(race["caucasian"] * (1.2 - depth / 4), 0, 1))
    weights = {
        "black": 1.5 - 1.2 * fair,
        "dark": 1.2 - 0.5 * fair,
        "brown": 0.25 + 0.9 * fair,
        "light": 0.9 * fair,
        "blond": 0.9 * fair,
        "pale": 0.4 * fair,
        "red": 0.4 * fair,
        "auburn": 0.1 + 0.3 * fair,
    }
    old = float(np.clip((years - 45) / 25, 0, 1))
    weights = {k: v * (1 - old) for k, v in weights.items()} | {
        "grey": 1.6 * old,
        "white": 1.4 * old**2,
    }
    shares = np.array(list(weights.values()))
    name = str(rng.choice(list(weights), p=shares / shares.sum()))
    colour = np.array(_HAIR[name]) * rng.uniform(0.8, 1.2, 3) ** 0.6
    if style in ("toon", "character") and rng.random() < 0.05:
        name, colour = "dyed", np.array(_DYED[rng.integers(len(_DYED))])
    recede = rng.uniform(0, 0.35) if male and years > 35 and rng.random() < 0.4 else 0.0
    return {
        "style": kind,
        "colour": np.clip(colour, 0, 1).tolist(),
        "colour_name": name,
        "length": rng.uniform(0.8, 1.15),
        "volume": rng.uniform(0.85, 1.15),
        "part": float(rng.choice([-1, 1]) * rng.uniform(0.08, 0.3)),
        "recede": recede,
    }


def draw_brow(rng: np.random.Generator, style: str, male: int, hair: dict) -> dict:
    bold = {"toon": 1.0, "child": 0.75, "baby": 0.5, "character": 0.9}[style] * (
        1.15 if male else 0.85
    )
    dark = 0.45 if hair["colour_name"] in ("blond", "pale", "white", "grey") else 0.6
    colour = np.array(_HAIR["brown"] if hair["colour_name"] == "dyed" else hair["colour"]) * dark
    real = style == "character"
    return {
        "height": rng.normal(1.32, 0.08) + (0.25 if real else 0.0) - 0.04 * male,
        "arch": rng.uniform(0.12, 0.34) * (0.8 if male else 1.0),
        "slant": rng.normal(-0.06, 0.08),
        "length": rng.uniform(0.6, 1.2),
        "thickness": rng.uniform(0.17, 0.32) * bold,
        "density": rng.uniform(0.8, 1.3) * (0.6 if style == "baby" else 1.0),
        "hair": rng.uniform(0.32, 0.48),
        "colour": colour.tolist(),
    }


def draw_beard(rng: np.random.Generator, style: str, male: int, years: float) -> dict:
    has = male and style in ("toon", "character") and years > 20 and rng.random() < 0.38
    cover = str(rng.choice(("full", "goatee", "moustache"), p=(0.6, 0.25, 0.15)))
    length = float(rng.choice([0.035, rng.uniform(0.06, 0.18)], p=(0.35, 0.65)))
    return {"cover": cover if has else "none", "length": length if has else 0.0}


def draw_eyes(rng: np.random.Generator, style: str, race: dict, depth: float) -> dict:
    fair = float(np.clip(race["caucasian"] * (1.2 - depth / 4), 0, 1))
    weights = {
        "brown": 1.0,
        "dark": 1.2 - fair,
        "hazel": 0.15 + 0.5 * fair,
        "green": 0.05 + 0.6 * fair,
        "blue": 0.02 + fair,
        "grey": 0.02 + 0.35 * fair,
    }
    shares = np.array(list(weights.values()))
    name = str(rng.choice(list(weights), p=shares / shares.sum()))
    real = style == "character"
    return {
        "colour": (np.array(_EYES[name]) * rng.uniform(0.8, 1.2)).tolist(),
        "colour_name": name,
        "iris": 0.158 if real else rng.normal(0.215, 0.012),
        "pupil": rng.uniform(0.36, 0.5),
        "open": rng.uniform(0.05, 0.3) if real else rng.uniform(0.2, 0.6),
        "lashes": int(rng.integers(1, 5)),
    }


def skin_colour(depth: float) -> list[float]:
    """Return the colour of skin, from 0, lightest, to 6."""
    return [float(np.interp(depth, range(len(_SKIN)), _SKIN[:, i])) for i in range(3)]
