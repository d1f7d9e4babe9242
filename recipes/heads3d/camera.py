"""Camera and light of Blender."""

from __future__ import annotations

import bpy
import numpy as np
from frame import DISTANCE
from materials import configure
from mathutils import Vector
from mesh import Floats

_METRES = 0.1  # in a unit of the mesh
_KEY = {"toon": 15.0, "character": 11.0}


def turned(points: Floats) -> Floats:
    """From the mesh's axes to Blender's, in metres."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1) * _METRES


def link(thing):
    bpy.context.scene.collection.objects.link(thing)
    return thing


def add_camera(middle: Floats, half: float) -> None:
    camera = bpy.data.cameras.new("camera")
    thing = link(bpy.data.objects.new("camera", camera))
    configure(camera, sensor_width=36, lens=18 * DISTANCE / half)
    away = Vector(turned(middle + np.array([0, 0, DISTANCE])))
    configure(thing, location=away, rotation_euler=(np.pi / 2, 0, 0))
    bpy.context.scene.camera = thing


def add_light(middle: Floats, style: str, light: dict) -> None:
    """A key from one side, a weak fill, two rims, and a weak sky."""
    target = Vector(turned(middle))
    side, azimuth, warm = light["side"], light["azimuth"], light["warm"]
    key, fill, rim = light["key"] * _KEY.get(style, _KEY["toon"]), light["fill"], light["rim"]
    lamps = [
        (
            side * azimuth,
            light["height"],
            1.1,
            light["size"],
            key,
            (1, 1 - 0.08 * warm, 1 - 0.18 * warm),
        ),
        (-side * azimuth * 1.4, 0.1, 1.3, 0.9, 2.8 * fill, (0.88 + 0.08 * warm, 0.93, 1)),
        (2.5 * side, 0.7, 1.1, 0.4, 8 * rim, (1, 0.95, 0.9)),
        (-2.5 * side, 0.4, 1.2, 0.4, 5 * rim, (0.75, 0.88, 1)),
        (0.12 * side, 0.42, 0.95, 0.32, 2.6, (1, 1, 1)),
    ]
    for turn, height, distance, size, power, colour in lamps:
        lamp = bpy.data.lights.new("lamp", "AREA")
        configure(lamp, size=size, energy=power, color=colour)
        thing = link(bpy.data.objects.new("lamp", lamp))
        away = (np.sin(turn) * np.cos(height), -np.cos(turn) * np.cos(height), np.sin(height))
        towards = Vector(away)
        euler = (-towards).to_track_quat("-Z", "Y").to_euler()
        configure(thing, location=target + towards * distance, rotation_euler=euler)
    sky = bpy.context.scene.world.node_tree.nodes["Background"]
    configure(sky.inputs[0], default_value=(0.8, 0.85, 0.95, 1))
    configure(sky.inputs[1], default_value=0.32)
