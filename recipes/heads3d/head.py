"""From a person's parameters to the vertices of a head, without and with expression."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from mesh import Assets, Floats, Ints, split_quads, vertex_normals
from scipy.spatial import cKDTree
from warp import Warp, Warper, bend, eyeballs

HEIGHT = 2.25
"""From chin to crown; every head is scaled to it, whatever its age."""
EYES = (7.3, 1.2)
"""Height and depth to which the eyes are moved."""

_NEIGHBOURS = 32  # triangles looked at under a point
_AGES = (("baby", 0.0), ("child", 0.1875), ("young", 0.5), ("old", 1.0))
_STEPS = ("min", 0.0), ("average", 0.5), ("max", 1.0)

# Each shape is a pair of opposite targets (`{side}` stands for left and right): more, less.
SHAPES: dict[str, tuple[str, str]] = {
    "head_width": ("head/head-scale-horiz-incr", "head/head-scale-horiz-decr"),
    "head_height": ("head/head-scale-vert-incr", "head/head-scale-vert-decr"),
    "head_fat": ("head/head-fat-incr", "head/head-fat-decr"),
    "head_round": ("head/head-round", "head/head-rectangular"),
    "head_oval": ("head/head-oval", "head/head-square"),
    "head_diamond": ("head/head-diamond", "head/head-triangular"),
    "head_back": ("head/head-back-scale-depth-incr", "head/head-back-scale-depth-decr"),
    "forehead_height": ("forehead/forehead-scale-vert-incr", "forehead/forehead-scale-vert-decr"),
    "forehead_slope": ("forehead/forehead-trans-forward", "forehead/forehead-trans-backward"),
    "temples": ("forehead/forehead-temple-incr", "forehead/forehead-temple-decr"),
    "eye_size": ("eyes/{side}-eye-scale-incr", "eyes/{side}-eye-scale-decr"),
    "eye_open": ("eyes/{side}-eye-height2-incr", "eyes/{side}-eye-height2-decr"),
    "eye_height": ("eyes/{side}-eye-trans-up", "eyes/{side}-eye-trans-down"),
    "eye_apart": ("eyes/{side}-eye-trans-out", "eyes/{side}-eye-trans-in"),
    "eye_inner": ("eyes/{side}-eye-corner1-up", "eyes/{side}-eye-corner1-down"),
    "eye_outer": ("eyes/{side}-eye-corner2-up", "eyes/{side}-eye-corner2-down"),
    "eye_fold": ("eyes/{side}-eye-epicanthus-in", "eyes/{side}-eye-epicanthus-out"),
    "nose_width": ("nose/nose-scale-horiz-incr", "nose/nose-scale-horiz-decr"),
    "nose_length": ("nose/nose-scale-vert-incr", "nose/nose-scale-vert-decr"),
    "nose_depth": ("nose/nose-scale-depth-incr", "nose/nose-scale-depth-decr"),
    "nose_hump": ("nose/nose-hump-incr", "nose/nose-hump-decr"),
    "nose_curve": ("nose/nose-curve-convex", "nose/nose-curve-concave"),
    "nose_tip": ("nose/nose-point-up", "nose/nose-point-down"),
    "nose_tip_width": ("nose/nose-point-width-incr", "nose/nose-point-width-decr"),
    "nose_bridge": ("nose/nose-width1-incr", "nose/nose-width1-decr"),
    "nose_wings": ("nose/nose-flaring-incr", "nose/nose-flaring-decr"),
    "nose_volume": ("nose/nose-volume-incr", "nose/nose-volume-decr"),
    "mouth_width": ("mouth/mouth-scale-horiz-incr", "mouth/mouth-scale-horiz-decr"),
    "mouth_height": ("mouth/mouth-trans-up", "mouth/mouth-trans-down"),
    "mouth_depth": ("mouth/mouth-trans-forward", "mouth/mouth-trans-backward"),
    "mouth_corners": ("mouth/mouth-angles-up", "mouth/mouth-angles-down"),
    "lip_upper": ("mouth/mouth-upperlip-volume-incr", "mouth/mouth-upperlip-volume-decr"),
    "lip_lower": ("mouth/mouth-lowerlip-volume-incr", "mouth/mouth-lowerlip-volume-decr"),
    "lip_upper_height": ("mouth/mouth-upperlip-height-incr", "mouth/mouth-upperlip-height-decr"),
    "lip_lower_height": ("mouth/mouth-lowerlip-height-incr", "mouth/mouth-lowerlip-height-decr"),
    "cupids_bow": ("mouth/mouth-cupidsbow-incr", "mouth/mouth-cupidsbow-decr"),
    "chin_width": ("chin/chin-width-incr", "chin/chin-width-decr"),
    "chin_height": ("chin/chin-height-incr", "chin/chin-height-decr"),
    "chin_depth": ("chin/chin-prominent-incr", "chin/chin-prominent-decr"),
    "chin_bones": ("chin/chin-bones-incr", "chin/chin-bones-decr"),
    "jaw_drop": ("chin/chin-jaw-drop-incr", "chin/chin-jaw-drop-decr"),
    "cheek_bones": ("cheek/{side}-cheek-bones-incr", "cheek/{side}-cheek-bones-decr"),
    "cheek_volume": ("cheek/{side}-cheek-volume-incr", "cheek/{side}-cheek-volume-decr"),
    "cheek_height": ("cheek/{side}-cheek-trans-up", "cheek/{side}-cheek-trans-down"),
    "ear_size": ("ears/{side}-ear-scale-incr", "ears/{side}-ear-scale-decr"),
    "ear_wing": ("ears/{side}-ear-wing-incr", "ears/{side}-ear-wing-decr"),
    "neck_width": ("neck/neck-scale-horiz-incr", "neck/neck-scale-horiz-decr"),
}

# What every character has beside its own shapes.
_CHARACTER = {
    **{f"eyes/{s}-eye-height{n}-incr": w for s in "lr" for n, w in ((1, 0.5), (2, 0.8), (3, 0.3))},
    **{f"eyes/{s}-eye-bag-decr": 0.8 for s in "lr"},
    "mouth/mouth-laugh-lines-out": 0.7,
    "chin/chin-bones-decr": 0.5,
    "nose/nose-point-up": 0.3,
}


@dataclass(frozen=True)
class Head:
    """A head in place: what is drawn, and what hair and clothes hang on."""

    assets: Assets
    rest: Floats
    """(n, 3), without expression."""
    moved: Floats
    """(n, 3), with it."""
    turn: tuple[float, float, float]
    """Yaw, pitch and roll in radians."""

    @cached_property
    def triangles(self) -> Ints:
        """Of the bust, (t, 3)."""
        return split_quads(self.assets.bust_faces)

    @cached_property
    def normals(self) -> Floats:
        """Of the head with its expression, (n, 3)."""
        return vertex_normals(self.moved, self.triangles)

    @cached_property
    def tree(self) -> cKDTree:
        """The bust's vertices by place."""
        return cKDTree(self.moved[self.assets.bust_vertices])

    def nearest(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the nearest vertices of the bust to points, and their normals, (..., 3)."""
        found = self.assets.bust_vertices[self.tree.query(points)[1]]
        return self.moved[found], self.normals[found]

    def joint(self, name: str) -> Floats:
        """Return the middle of a joint without expression, (3,)."""
        return self.rest[self.assets.group(f"joint-{name}")].mean(0)

    @cached_property
    def eyes(self) -> tuple[Floats, Floats, float]:
        """Centres of both eyeballs and their radius."""
        return eyeballs(self.assets, self.rest)

    @cached_property
    def lips(self) -> Floats:
        """Vertices of the lips without expression, (m, 3)."""
        return self.rest[np.unique(self.assets.region("lips"))]

    @cached_property
    def scalp(self) -> Floats:
        """Vertices of the scalp, (m, 3)."""
        return self.rest[np.unique(self.assets.region("scalp"))]

    @property
    def top(self) -> float:
        """Height of the crown."""
        return float(self.scalp[:, 1].max())

    @property
    def chin(self) -> float:
        """Height of the chin without expression."""
        return float(self.joint("jaw")[1])

    def pose(self, points: Floats) -> Floats:
        """Turn points with the head."""
        neck, head = self.joint("neck"), self.joint("head")
        return bend(points, self.turn, neck + np.array([0, 0.3, 0]), (neck[1] - 0.1, head[1] - 0.1))


def build_head(warper: Warper, person: dict, units: dict[str, float], turn: tuple) -> Head:
    """Build a head.

    Args:
        warper: What bends it into a character.
        person: Of `people.draw_person`.
        units: Expression units with their weights.
        turn: Yaw, pitch and roll in radians.
    """
    rest, moved = build_natural(warper.assets, person, units)
    rest, moved = warper.apply(rest, moved, Warp(**person["warp"]))
    return Head(warper.assets, rest, moved, turn)


def build_natural(assets: Assets, person: dict, units: dict[str, float]) -> tuple[Floats, Floats]:
    """Build a head that is not warped, without and with expression, (n, 3) both.

    Args:
        assets: Mesh and targets.
        person: `race`, `years`, `male`, `muscle`, `weight` and `shape`; perhaps `style` and `eyes`.
        units: Expression units with their weights.
    """
    body, race = assets.base.vertices.copy(), person["race"]
    _add_macro(assets, body, person, race)
    for name, weight in person["shape"].items():
        add_shape(assets, body, name, weight)
    if person.get("style", "character") != "character":
        for target, weight in _CHARACTER.items():
            assets.add(body, target, weight)
    rest = body.copy()
    if "eyes" in person:
        for side in ("left", "right"):
            _add_unit(assets, rest, f"eye-{side}-opened-up", person["eyes"]["open"], race)
    moved = rest.copy()
    for name, weight in units.items():
        _add_unit(assets, moved, name, weight, race)
    return _normalise(assets, rest, moved)


def add_shape(assets: Assets, body: Floats, name: str, weight: float) -> None:
    """Add one of `SHAPES` to a body, in place; negative weights add its opposite."""
    more, less = SHAPES[name]
    target = more if weight > 0 else less
    for side in ("l", "r") if "{side}" in target else ("",):
        assets.add(body, target.format(side=side), abs(weight))


def _normalise(assets: Assets, rest: Floats, moved: Floats) -> tuple[Floats, Floats]:
    """Scale a head to the usual height, its eyes to their usual place."""
    left, right, _ = eyeballs(assets, rest)
    top = rest[np.unique(assets.region("scalp"))][:, 1].max()
    chin = rest[np.unique(assets.region("face"))][:, 1].min()
    scale = HEIGHT / (top - chin)
    middle = (left + right) / 2
    goal = np.array([0, *EYES])
    return (rest - middle) * scale + goal, (moved - middle) * scale + goal


def _add_macro(assets: Assets, body: Floats, person: dict, race: dict[str, float]) -> None:
    """Add age, gender, race, muscle and weight, in place."""
    ages = _between(_AGES, _age_slider(person["years"]))
    muscles, weights = (_between(_STEPS, person[n]) for n in ("muscle", "weight"))
    for gender, share in (("male", person["male"]), ("female", 1 - person["male"])):
        for age, amount in ages.items():
            for name, part in race.items():
                assets.add(body, f"macrodetails/{name}-{gender}-{age}", part * share * amount)
            for m, one in muscles.items():
                for w, other in weights.items():
                    target = f"macrodetails/universal-{gender}-{age}-{m}muscle-{w}weight"
                    assets.add(body, target, share * amount * one * other)


def _add_unit(assets: Assets, body: Floats, unit_name: str, weight: float, race: dict) -> None:
    for name, part in race.items():
        assets.add(body, f"expression/units/{name}/{unit_name}", weight * part)


def _age_slider(years: float) -> float:
    """Map years to MakeHuman's slider of age, 0 to 1."""
    return float(np.interp(years, (1, 12, 25, 90), [a for _, a in _AGES]))


def _between(steps: tuple, value: float) -> dict[str, float]:
    """Share a value between the two steps next to it."""
    names, places = zip(*steps, strict=True)
    shares = np.interp(value, places, range(len(places)))
    low = min(int(shares), len(names) - 2)
    part = float(shares - low)
    return {names[low]: 1 - part, names[low + 1]: part}


def bind(head: Head, places: Floats) -> tuple[Ints, Floats]:
    """Find points of the face under places seen from the front.

    Args:
        head: At rest.
        places: (n, 2), x and y.

    Returns:
        Vertices (n, 3) and weights (n, 3) of the foremost triangle at each place.
    """
    triangles = head.triangles
    corners = head.rest[triangles]
    flat = corners[..., :2]
    one, other = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    front = (area > 1e-7) & (corners[..., 2].mean(1) > EYES[1] - 1.2)
    triangles, corners, area = triangles[front], corners[front], area[front]
    near = cKDTree(corners[..., :2].mean(1)).query(places, _NEIGHBOURS)[1]  # [n k]
    a, b, c = (corners[near][:, :, i, :2] for i in range(3))
    p = places[:, None]
    u = ((b - p)[..., 0] * (c - p)[..., 1] - (b - p)[..., 1] * (c - p)[..., 0]) / area[near]
    v = ((c - p)[..., 0] * (a - p)[..., 1] - (c - p)[..., 1] * (a - p)[..., 0]) / area[near]
    weights = np.stack([u, v, 1 - u - v], -1)  # [n k 3]
    depth = (weights * corners[near][..., 2]).sum(-1)
    inside = (weights > -1e-6).all(-1)
    best = np.where(inside, depth, -np.inf).argmax(1)
    rows = np.arange(len(places))
    return triangles[near[rows, best]], np.clip(weights[rows, best], 0, 1)


def carry(vertices: Floats, bound: tuple[Ints, Floats]) -> Floats:
    """Return bound points on a form of the head, (n, 3)."""
    return (vertices[bound[0]] * bound[1][..., None]).sum(1)
