"""Bend a natural head into that of a character: large eyes, small nose, rounder skull.

One smooth radial-basis warp, steered by some fifty vertices and both eyeballs, moves the whole
head. Local magnification leaves creases; this does not. The expression goes through the same warp.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mesh import Assets, Floats, Ints
from scipy.interpolate import RBFInterpolator
from scipy.sparse import csr_matrix, diags
from scipy.spatial import cKDTree


@dataclass(frozen=True)
class Warp:
    """Lengths are in parts of the height from chin to eyes."""

    eye: float
    """Radius of an eyeball."""
    apart: float = 0.045
    """How far each eye moves outwards."""
    sink: float = 0.8
    """How much of the growth of an eyeball goes back into the head."""
    eye_up: float = -0.03
    nose: float = 0.62
    """Size of the nose, 1 is natural."""
    nose_up: float = 0.06
    bridge: float = 0.06
    """How far the root of the nose goes back."""
    mouth: float = 1.12
    """Width of the mouth, 1 is natural."""
    mouth_up: float = 0.0
    mouth_back: float = 0.08
    """How far lips go back, beneath a smaller nose."""
    jaw: float = 0.84
    """Width of the jaw in front, 1 is natural."""
    jaw_back: float = 0.9
    chin_up: float = 0.04
    chin_back: float = 0.02
    cheek: float = 0.03
    """How far cheeks are puffed."""
    cheekbones: float = 0.97
    skull: float = 1.12
    neck: float = 0.74
    shoulders: float = 0.8
    smooth: float = 0.8
    """How strongly small relief is eased away."""


# Vertices of the base mesh nearest to these points steer the warp.
_POINTS = {
    "nose_tip": (0, 6.93, 1.68),
    "nose_base": (0, 6.84, 1.6),
    "wing+": (0.16, 6.9, 1.5),
    "bridge": (0, 7.15, 1.54),
    "root": (0, 7.3, 1.5),
    "mouth+": (0.27, 6.63, 1.38),
    "lip_upper": (0, 6.7, 1.6),
    "lip_lower": (0, 6.56, 1.56),
    "chin": (0, 6.35, 1.5),
    "under": (0, 6.3, 1.0),
    "jaw+": (0.4, 6.45, 1.05),
    "angle+": (0.6, 6.75, 0.55),
    "cheek+": (0.42, 6.95, 1.3),
    "bone+": (0.62, 7.15, 0.95),
    "temple+": (0.62, 7.55, 1.05),
    "forehead": (0, 7.75, 1.5),
    "brow_in+": (0.13, 7.45, 1.5),
    "brow+": (0.32, 7.52, 1.48),
    "brow_out+": (0.5, 7.45, 1.3),
    "top": (0, 8.5, 0.5),
    "back": (0, 7.6, -0.45),
    "side+": (0.72, 7.9, 0.35),
    "nape": (0, 6.95, -0.2),
    "hairline": (0, 8.2, 1.2),
    "ear+": (0.72, 7.2, 0.5),
    "neck_front": (0, 6.1, 0.55),
    "neck_back": (0, 6.35, -0.3),
    "neck_side+": (0.45, 6.15, 0.15),
    "neck_upper+": (0.5, 6.45, 0.1),
    "trunk_front": (0, 5.6, 0.75),
    "trunk_back": (0, 5.8, -0.5),
    "trunk_collar+": (0.7, 5.7, 0.5),
    "trunk_shoulder+": (1.2, 5.75, 0),
    "trunk_arm+": (1.9, 5.3, 0.1),
    "trunk_chest": (0, 4.6, 1.3),
    "trunk_spine": (0, 4.6, -0.8),
    "trunk_side+": (1.9, 4.3, 0.1),
}
_ROUND = ("top", "back", "side", "hairline", "forehead")
_LESS_ROUND = ("ear", "nape", "temple", "brow")
_RELIEF_ROUNDS = 6
_CREASE_ROUNDS = 14
_SOCKET_ROUNDS = 25


class Warper:
    """What does not depend on the person."""

    def __init__(self, assets: Assets) -> None:
        """Find the steering vertices, and the averaging of neighbours."""
        self.assets = assets
        base, vertices = assets.base.vertices, assets.bust_vertices
        tree = cKDTree(base[vertices])
        self.points: dict[str, int] = {}
        for name, place in _POINTS.items():
            for side in (1, -1) if name.endswith("+") else (1,):
                near = tree.query(np.array(place) * [side, 1, 1])[1]
                key = name if side == 1 else name.replace("+", "-")
                self.points[key] = int(vertices[near])
        a, b = assets.edges.T
        count = len(base)
        links = csr_matrix((np.ones(len(a)), (a, b)), shape=(count, count))
        self._average = diags(1 / np.maximum(np.asarray(links.sum(1)).ravel(), 1)) @ links

    def apply(self, rest: Floats, moved: Floats, warp: Warp) -> tuple[Floats, Floats]:
        """Return both forms of a head, warped.

        Args:
            rest: (n, 3), the natural head without expression.
            moved: (n, 3), with one.
            warp: How.
        """
        give = self._relief(rest) * warp.smooth * 0.6
        for _ in range(_RELIEF_ROUNDS):
            rest = rest + (self._average @ rest - rest) * give[:, None]
            moved = moved + (self._average @ moved - moved) * give[:, None]
        moved = rest + self._soften(rest, moved - rest, warp)
        sources, targets = self._steer(rest, warp)
        field = RBFInterpolator(sources, targets - sources, kernel="linear", degree=1)
        kept = self.kept
        rest, moved = rest.copy(), moved.copy()
        rest[kept] += field(rest[kept])
        moved[kept] += field(moved[kept])
        give = self._around_eyes(rest) * warp.smooth
        for _ in range(_SOCKET_ROUNDS):
            rest = rest + (self._average @ rest - rest) * give[:, None]
            moved = moved + (self._average @ moved - moved) * give[:, None]
        return rest, moved

    def _around_eyes(self, body: Floats) -> Floats:
        """Return how far the rims of grown eyes are eased, most below them, 0 to 1, (n,)."""
        left, right, radius = eyeballs(self.assets, body)
        far = np.minimum(*(np.linalg.norm(body - c, axis=1) for c in (left, right))) / radius
        below = np.clip((left[1] - body[:, 1]) / radius * 1.5 + 0.2, 0, 1)
        give = np.zeros(len(body))
        give[self.assets.bust_vertices] = 1
        give *= np.clip((far - 1.12) / 0.2, 0, 1) * fade(far, 1.7, 2.6)
        return give * (0.35 + 0.65 * below) * (body[:, 2] > 0) * 0.6

    def _soften(self, body: Floats, move: Floats, warp: Warp) -> Floats:
        """Smooth how an expression moves cheeks and chin, so that no crease stands out, (n, 3)."""
        left, right, radius = eyeballs(self.assets, body)
        mouth = body[np.unique(self.assets.region("lips"))]
        middle = (mouth.min(0) + mouth.max(0)) / 2
        middle[2] = mouth[:, 2].max()
        eye = np.minimum(*(np.linalg.norm(body - c, axis=1) for c in (left, right)))
        lips = np.linalg.norm((body - middle) * [0.75, 1.2, 0.8], axis=1)
        give = (
            (1 - fade(eye, radius * 1.3, radius * 2))
            * (1 - fade(lips, 0.17, 0.34))
            * 0.7
            * warp.smooth
        )
        for _ in range(_CREASE_ROUNDS):
            move = move + (self._average @ move - move) * give[:, None]
        return move

    @property
    def kept(self) -> Ints:
        """Vertices that matter: the bust, and the helpers that parts hang on."""
        names = [n for n in self.assets.groups if n.startswith(("helper-", "joint-"))]
        near = [n for n in names if any(w in n for w in _HELPERS)]
        groups = [self.assets.group(n) for n in near]
        return np.unique(np.concatenate([self.assets.bust_vertices, *groups]))

    def _relief(self, body: Floats) -> Floats:
        """Return where relief is eased, 0 to 1: not on lids, lips and ears, (n,)."""
        assets = self.assets
        left, right, radius = eyeballs(assets, body)
        mouth = body[np.unique(assets.region("lips"))]
        middle = (mouth.min(0) + mouth.max(0)) / 2
        middle[2] = mouth[:, 2].max()
        eye = np.minimum(*(np.linalg.norm(body - c, axis=1) for c in (left, right)))
        lips = np.linalg.norm((body - middle) * [0.8, 1.2, 1], axis=1)
        width = np.abs(body[np.unique(assets.region("scalp"))][:, 0]).max()
        high, low = (left[1] + 0.35, middle[1] - 0.3)
        ears = (np.abs(body[:, 0]) > 0.86 * width) & (body[:, 1] < high) & (body[:, 1] > low)
        give = np.zeros(len(body))
        give[assets.bust_vertices] = 1
        give *= (1 - fade(eye, radius * 1.5, radius * 3)) * (1 - fade(lips, 0.25, 0.5))
        give *= body[:, 1] > body[assets.group("joint-neck")].mean(0)[1] - 0.2
        return give * np.where(ears, 0.1, 1)

    def _steer(self, body: Floats, warp: Warp) -> tuple[Floats, Floats]:
        """Return where the steering points are, and where they go."""
        place = {name: body[i].copy() for name, i in self.points.items()}
        goal = {name: p.copy() for name, p in place.items()}
        left, right, radius = eyeballs(self.assets, body)
        eyes = (left + right) / 2
        height = eyes[1] - place["chin"][1]
        grown = warp.eye * height / radius
        lift = max(grown - 1, 0) * radius
        sources, targets = [], []
        for side, centre in ((1, left), (-1, right)):
            ball = body[self.assets.group(f"helper-{'l' if side == 1 else 'r'}-eye")]
            move = [side * warp.apart * height, warp.eye_up * height, -lift * warp.sink]
            sources.append(ball)
            targets.append(centre + move + (ball - centre) * grown)
        self._round(place, goal, eyes, warp)
        for name, rise, share in (
            ("brow_in", 0.05, 0.62),
            ("brow", 0.06, 0.6),
            ("brow_out", 0.04, 0.5),
        ):
            for side in "+-":
                goal[name + side][1] += rise * height + share * lift
        _shape_face(place, goal, height, warp)
        _shape_trunk(place, goal, warp)
        names = list(place)
        sources.append(np.array([place[n] for n in names]))
        targets.append(np.array([goal[n] for n in names]))
        return np.concatenate(sources), np.concatenate(targets)

    @staticmethod
    def _round(place: dict, goal: dict, eyes: Floats, warp: Warp) -> None:
        """Let the skull grow about its middle."""
        centre = np.array([0, eyes[1], eyes[2] - 0.8])
        for name, point in place.items():
            stem = name.rstrip("+-")
            if stem in _ROUND:
                goal[name] = centre + (point - centre) * warp.skull
            elif stem in _LESS_ROUND:
                goal[name] = centre + (point - centre) * (1 + (warp.skull - 1) * 0.6)


_HELPERS = ("eye", "teeth", "tongue", "neck", "head", "jaw", "mouth", "lid")


def _shape_face(place: dict, goal: dict, height: float, warp: Warp) -> None:
    """Move nose, mouth, jaw and cheeks, in place."""
    wing, base = place["wing+"], place["nose_base"]
    middle = np.array([0, base[1], (wing[2] + base[2]) / 2 - 0.12])
    for name in ("nose_tip", "nose_base", "wing+", "wing-"):
        goal[name] = middle + (place[name] - middle) * warp.nose + [0, warp.nose_up * height, 0]
    goal["bridge"][2] -= warp.bridge
    goal["root"][2] -= warp.bridge * 0.6
    for name in ("mouth+", "mouth-", "lip_upper", "lip_lower"):
        goal[name] += [0, warp.mouth_up * height, -0.02 - warp.mouth_back]
        goal[name][0] *= warp.mouth
    up = warp.chin_up * height
    goal["chin"] += [0, up, -warp.chin_back]
    goal["under"][1] += up
    for side, sign in (("+", 1), ("-", -1)):
        goal["jaw" + side] *= [warp.jaw, 1, 1]
        goal["jaw" + side][1] += up
        goal["angle" + side] *= [warp.jaw_back, 1, 1]
        goal["cheek" + side] += warp.cheek * height * np.array([sign * 0.6, -0.1, 0.7])
        goal["bone" + side] *= [warp.cheekbones, 1, 1]


def _shape_trunk(place: dict, goal: dict, warp: Warp) -> None:
    """Make neck and shoulders slim, in place."""
    axis = (place["neck_front"] + place["neck_back"]) / 2 * [0, 0, 1]
    for name, point in place.items():
        if name.startswith("neck"):
            depth = warp.neck if name in ("neck_front", "neck_back") else 1
            goal[name] = axis + (point - axis) * [warp.neck, 1, depth]
        elif name.startswith("trunk"):
            goal[name] = point * [warp.shoulders, 1, 0.92]


def eyeballs(assets: Assets, body: Floats) -> tuple[Floats, Floats, float]:
    """Return the centres of the left and the right eyeball, and their radius."""
    left, right = (body[assets.group(f"helper-{side}-eye")] for side in "lr")
    radius = 0.5 * float(np.ptp(left, 0)[:2].mean())
    return left.mean(0), right.mean(0), radius


def fade(distance: Floats, near: float, far: float) -> Floats:
    """Return 1 up to `near` and 0 from `far` on, smooth in between."""
    t = np.clip((distance - near) / (far - near), 0, 1)
    return 1 - t**3 * (t * (6 * t - 15) + 10)


def bend(
    points: Floats, turn: tuple[float, float, float], pivot: Floats, span: tuple[float, float]
) -> Floats:
    """Turn the head about the neck.

    Args:
        points: (..., 3).
        turn: Yaw, pitch and roll in radians.
        pivot: (3,), the middle of the neck.
        span: Heights at which the turn begins, and from which it is whole.
    """
    flat = points.reshape(-1, 3)
    share = np.clip((flat[:, 1] - span[0]) / (span[1] - span[0]), 0, 1)
    share = share * share * (3 - 2 * share)
    out = flat - pivot
    for angle, (a, b) in zip(turn, ((2, 0), (1, 2), (0, 1)), strict=True):
        cos, sin = np.cos(angle * share), np.sin(angle * share)
        one, other = out[:, a].copy(), out[:, b].copy()
        out[:, a], out[:, b] = cos * one - sin * other, sin * one + cos * other
    return (out + pivot).reshape(points.shape)
