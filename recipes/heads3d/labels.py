"""Turn the parameters of a picture into the numbers of a label."""

from __future__ import annotations

import numpy as np
from clothes import KINDS
from grounds import to_display
from hair import STYLES as HAIR
from head import SHAPES
from people import STYLES

from expressions import EXPRESSIONS

_PATTERNS = ("plain", "knit", "stripes", "bands", "dots")
_COVERS = ("none", "full", "goatee", "moustache")
_SPREAD = 0.4  # of shapes: a number of a label is about 1 for a parameter's standard deviation
_WARPS = {  # middle and spread over all styles
    "eye": (0.24, 0.05),
    "nose": (0.72, 0.1),
    "mouth": (1.12, 0.06),
    "jaw": (0.92, 0.07),
    "cheek": (0.04, 0.03),
    "skull": (1.08, 0.05),
}
_UNITS = (
    *(f"eye-{s}-{n}" for n in ("closure", "opened-up", "slit") for s in ("left", "right")),
    *(
        f"eyebrows-{s}-{n}"
        for n in ("down", "extern-up", "inner-up", "up")
        for s in ("left", "right")
    ),
    *(f"nose-{s}-{n}" for n in ("dilatation", "elevation") for s in ("left", "right")),
    *(
        f"mouth-{n}"
        for n in (
            *("compression", "corner-puller", "depression", "depression-retraction", "elevation"),
            *("open", "parling", "protusion", "pursing", "retraction", "upward-retraction"),
        )
    ),
)


def describe(person: dict, shot: dict, ground: tuple[float, float, float]) -> dict[str, float]:
    """Return every number of a label by name, in order; those of choices are "group: value".

    Args:
        person: Of `people.draw_person`.
        shot: Of `people.draw_shot`.
        ground: Colour of a plain ground, 0 to 1, display values.
    """
    glasses = person["glasses"]
    cover = person["beard"]["cover"]
    choices = {
        "style": (STYLES, person["style"]),
        "expression": (tuple(EXPRESSIONS), shot["expression"]),
        "gender": (("female", "male"), "male" if person["male"] > 0.5 else "female"),
        "hair": (HAIR, person["hair"]["style"]),
        "beard": (_COVERS, cover),
        "clothes": (KINDS, person["clothes"]["kind"]),
        "pattern": (_PATTERNS, person["clothes"]["pattern"]),
        "glasses": (("no", "yes"), "yes" if glasses else "no"),
    }
    chosen = {
        f"{group}: {value}": float(value == mine)
        for group, (values, mine) in choices.items()
        for value in values
    }
    return chosen | _measure_person(person) | _measure_shot(shot) | _colour("ground", ground)


def _colour(name: str, display: object) -> dict[str, float]:
    """Return three numbers about 0 of a colour, from 0 to 1 as displayed."""
    return {
        f"{name} {c}": 3 * float(v) - 1.5 for c, v in zip("rgb", np.array(display), strict=True)
    }


def _linear(name: str, linear: object) -> dict[str, float]:
    return _colour(name, to_display(np.array(linear)))


def _measure_person(person: dict) -> dict[str, float]:
    """Return the numbers of a person."""
    hair, brow, eyes, skin = (person[n] for n in ("hair", "brow", "eyes", "skin"))
    clothes, glasses = person["clothes"], person["glasses"]
    numbers = {
        "years": (person["years"] - 30) / 20,
        "muscle": (person["muscle"] - 0.5) * 6,
        "weight": (person["weight"] - 0.5) * 6,
        **{f"race {name}": (share - 1 / 3) * 3 for name, share in person["race"].items()},
        **{f"shape {name}": person["shape"][name] / _SPREAD for name in SHAPES},
        **{f"warp {n}": (person["warp"][n] - middle) / s for n, (middle, s) in _WARPS.items()},
        "blush": (skin["blush"] - 0.4) * 8,
        "lips": (skin["lips"] - 0.5) * 4,
        "freckles": skin["freckles"] * 3,
        "hair length": (hair["length"] - 1) * 8,
        "hair volume": (hair["volume"] - 1) * 8,
        "hair parting": hair["part"] * 5,
        "hair receding": hair["recede"] * 5,
        "brow height": (brow["height"] - 1.35) * 8,
        "brow arch": (brow["arch"] - 0.22) * 12,
        "brow slant": (brow["slant"] + 0.06) * 12,
        "brow length": (brow["length"] - 0.9) * 5,
        "brow thickness": (brow["thickness"] - 0.22) * 15,
        "beard length": person["beard"]["length"] * 15,
        "pupil": (eyes["pupil"] - 0.43) * 20,
        "eyes open": (eyes["open"] - 0.35) * 6,
        "glasses shape": (glasses["shape"] - 3) if glasses else 0.0,
        "glasses height": (glasses["height"] - 1) * 8 if glasses else 0.0,
        "trim": float(clothes["trim"]),
    }
    colours = _linear("skin", skin["colour"]) | _linear("lip", skin["lip_colour"])
    colours |= _linear("hair", hair["colour"]) | _linear("eye", eyes["colour"])
    colours |= _linear("cloth", clothes["colour"]) | _linear("cloth second", clothes["second"])
    return numbers | colours | _linear("frame", glasses["colour"] if glasses else (0.2, 0.2, 0.2))


def _measure_shot(shot: dict) -> dict[str, float]:
    """Return the numbers of a shot."""
    light = shot["light"]
    yaw, pitch, roll = shot["turn"]
    return {
        **{f"unit {name}": 2 * shot["units"].get(name, 0.0) for name in _UNITS},
        "yaw": yaw / 0.15,
        "pitch": pitch / 0.06,
        "roll": roll / 0.05,
        "gaze yaw": shot["gaze"][0] / 0.12,
        "gaze pitch": shot["gaze"][1] / 0.05,
        "light side": light["side"] * light["azimuth"] * 1.5,
        "light height": (light["height"] - 0.6) * 7,
        "light key": (light["key"] - 1) * 8,
        "light fill": (light["fill"] - 1.15) * 4,
        "light rim": (light["rim"] - 0.9) * 4,
        "light warm": (light["warm"] - 0.35) * 2.5,
        "light size": (light["size"] - 0.65) * 7,
    }


_TURNED = ("yaw", "roll", "gaze yaw", "light side", "hair parting")


def mirror(label: dict[str, float]) -> dict[str, float]:
    """Return the label of the same picture, flipped left to right."""
    out = {}
    for name in label:
        other = name
        if "-left-" in name:
            other = name.replace("-left-", "-right-")
        elif "-right-" in name:
            other = name.replace("-right-", "-left-")
        out[name] = -label[name] if name in _TURNED else label[other]
    return out
