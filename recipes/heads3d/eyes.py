"""Eyeballs of our own: a sphere with a bulged cornea, and a computed iris."""

from __future__ import annotations

import numpy as np
from materials import Shader, make_image
from mesh import Floats, Ints

_MERIDIANS, _RINGS = 48, 32
_SIDE = 192


def eyeball(radius: float, gaze: tuple[float, float], bulge: float) -> tuple[Floats, Ints, Floats]:
    """Build an eyeball.

    Args:
        radius: Of the ball.
        gaze: Yaw and pitch in radians.
        bulge: How far the cornea stands out, in parts of the radius.

    Returns:
        Vertices, faces, and places on the polar picture of `paint_eye` by vertex, (n, 2).
    """
    theta = np.linspace(0, np.pi, _RINGS + 1)[:, None]
    phi = np.linspace(0, 2 * np.pi, _MERIDIANS, endpoint=False)[None]
    r = radius * (1 + bulge * np.exp(-((theta / 0.6) ** 4)))
    sphere = np.stack(
        [
            r * np.sin(theta) * np.cos(phi),
            r * np.sin(theta) * np.sin(phi),
            r * np.cos(theta) + 0 * phi,
        ],
        -1,
    )
    share = theta / np.pi + 0 * phi
    uvs = np.stack([0.5 + 0.5 * share * np.cos(phi), 0.5 + 0.5 * share * np.sin(phi)], -1)
    yaw, pitch = gaze
    turn_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    turn_x = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    ring, spoke = np.meshgrid(np.arange(_RINGS), np.arange(_MERIDIANS), indexing="ij")
    after = (spoke + 1) % _MERIDIANS
    corners = [(ring, spoke), (ring + 1, spoke), (ring + 1, after), (ring, after)]
    faces = np.stack([a * _MERIDIANS + b for a, b in corners], -1).reshape(-1, 4)
    return sphere.reshape(-1, 3) @ (turn_y @ turn_x).T, faces, uvs.reshape(-1, 2)


def paint_eye(rng: np.random.Generator, eyes: dict, *, painted: bool) -> Floats:
    """Draw an eye as a polar picture, (h, w, 3): the iris in the middle, the nerve at the rim.

    Args:
        rng: For the fibres.
        eyes: `colour`, `iris` (its radius in parts of half a turn), `pupil` (in parts of the iris).
        painted: Whether as in an animated film: light pools below the pupil, the white is clean.
    """
    y, x = np.mgrid[0:_SIDE, 0:_SIDE]
    x, y = (x + 0.5) / _SIDE * 2 - 1, 1 - (y + 0.5) / _SIDE * 2
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    white = np.ones((_SIDE, _SIDE, 3)) * ((0.93, 0.92, 0.91) if painted else (0.86, 0.83, 0.80))
    if not painted:
        pink = np.clip((radius - 0.25) / 0.3, 0, 1)[..., None]
        white = white * (1 - 0.18 * pink * [0.2, 1, 1])
    t = radius / eyes["iris"]
    fibres = sum(
        np.cos(angle * rng.integers(12, 70) + rng.uniform(0, 6.3) + rng.normal() * t)
        for _ in range(40)
    )
    fibres = fibres / 40**0.5 * 0.5
    colour = np.array(eyes["colour"])
    outward = np.clip((t - eyes["pupil"]) / (1 - eyes["pupil"]), 0, 1)[..., None]
    iris = (colour * 1.55 + 0.05) * (1 - outward) + colour * 0.62 * outward
    iris = iris * (1 + (0.12 if painted else 0.28) * fibres[..., None] * (1 - 0.5 * outward))
    if painted:
        iris = iris * (1 + 0.6 * np.clip(-y / eyes["iris"], -1, 1)[..., None])
    iris = iris * (1 - np.clip((t - 0.80) / 0.2, 0, 1)[..., None] * 0.75)
    open_ = _step(t - eyes["pupil"], 0.03)
    iris = iris * open_ + 0.008 * (1 - open_)
    rim = _step(t - 1, 0.02 if painted else 0.035)
    return np.clip(iris * (1 - rim) + white * rim, 0, 1)


def _step(x: Floats, width: float) -> Floats:
    """Go from 0 to 1 around 0, (h, w, 1)."""
    return (1 / (1 + np.exp(-np.clip(x / width, -40, 40))))[..., None]


def eye_material(picture: Floats, *, painted: bool):
    """Wet white and iris."""
    s = Shader("eye")
    image = s.image(make_image("iris", picture)).outputs[0]
    below = {} if painted else {"Subsurface_Weight": 0.15, "Subsurface_Scale": 0.002}
    return s.surface(
        Base_Color=image,
        Roughness=0.2,
        Coat_Weight=1.0,
        Coat_Roughness=0.01,
        Specular_IOR_Level=0.5,
        **below,
    )
