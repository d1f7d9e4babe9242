"""Put a head, its hair and its clothes before a camera of Blender, and render it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from brows import grow_beard, grow_brows
from camera import add_camera, add_light, link, turned
from clothes import Piece, make_clothes
from eyes import eye_material, eyeball, paint_eye
from frame import frame_of
from glasses import make_glasses
from head import Head
from marks import find_marks
from materials import (
    Skins,
    cloth_material,
    configure,
    hair_material,
    lash_material,
    plain,
    real_skin,
    toon_skin,
    tooth_material,
)
from mesh import Floats, Ints, compact

_HAIR_WIDTH = {"character": (0.0010, 0.0004)}
_USUAL_HAIR_WIDTH = (0.0015, 0.0005)


@dataclass(frozen=True)
class Subject:
    """What a picture shows."""

    head: Head
    """With its expression."""
    person: dict
    """Of `people.draw_person`."""
    shot: dict
    """Of `people.draw_shot`."""
    hair: list[Floats]
    """Of `hair.grow_hair`."""


def render(subject: Subject, skins: Skins, path: Path, *, size: int, samples: int) -> None:
    """Render a picture with transparent ground.

    Args:
        subject: What it shows.
        skins: Pictures of skin.
        path: PNG to write.
        size: Its width and height.
        samples: Paths traced for each pixel.
    """
    head, person, shot = subject.head, subject.person, subject.shot
    _reset()
    rng = np.random.default_rng((person["seed"], 3))
    _add_head(head, person, skins)
    _add_eyes(head, person, shot, rng)
    _add_parts(head, person)
    _add_hair(subject, rng)
    cloth = {
        second: cloth_material(
            person["clothes"]
            | ({"colour": person["clothes"]["second"], "pattern": "plain"} if second else {})
        )
        for second in (False, True)
    }
    for piece in make_clothes(head, person["clothes"]):
        _add_cloth(head, piece, cloth[piece.second])
    if person["glasses"]:
        frame = plain("glasses", person["glasses"]["colour"], 0.25, Coat_Weight=0.5)
        for vertices, faces in make_glasses(head, person["glasses"]):
            _add_mesh(head.pose(vertices), faces, frame)
    middle, half = frame_of(head, person["style"])
    add_camera(middle, half)
    add_light(middle, person["style"], shot["light"])
    _trace(path, size, samples, person["style"])


def _reset() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    configure(scene.render, engine="CYCLES", threads_mode="FIXED", threads=1)
    world = configure(bpy.data.worlds.new("world"), use_nodes=True)
    configure(scene, world=world)


def _add_mesh(
    vertices: Floats, faces: Ints, material, *, uvs: Floats | None = None,
    subdivide: int = 0, attributes: dict[str, Floats] | None = None,
):  # fmt: skip
    """Add a mesh; `uvs` are those of each face's corners, (f, 4, 2)."""
    mesh = bpy.data.meshes.new("mesh")
    mesh.from_pydata(turned(vertices).tolist(), [], faces.tolist())
    if uvs is not None:
        mesh.uv_layers.new(name="uv").data.foreach_set("uv", uvs.astype(np.float32).ravel())
    for key, values in (attributes or {}).items():
        layer = mesh.attributes.new(key, "FLOAT", "POINT")
        layer.data.foreach_set("value", values.astype(np.float32))
    mesh.materials.append(material)
    mesh.polygons.foreach_set("use_smooth", np.full(len(mesh.polygons), True))
    mesh.update()
    thing = link(bpy.data.objects.new("mesh", mesh))
    if subdivide:
        modifier = thing.modifiers.new("smooth", "SUBSURF")
        configure(modifier, levels=subdivide, render_levels=subdivide)
    return thing


def _add_strands(name: str, strands: Floats, material, root: float, tip: float) -> None:
    count, steps, _ = strands.shape
    curves = bpy.data.hair_curves.new(name)
    curves.add_curves([steps] * count)
    places = curves.attributes.get("position") or curves.attributes.new(
        "position", "FLOAT_VECTOR", "POINT"
    )
    places.data.foreach_set("vector", turned(strands).astype(np.float32).ravel())
    t = np.linspace(0, 1, steps, dtype=np.float32) ** 2
    radius = curves.attributes.get("radius") or curves.attributes.new("radius", "FLOAT", "POINT")
    radius.data.foreach_set("value", np.tile(root * (1 - t) + tip * t, count).astype(np.float32))
    curves.materials.append(material)
    link(bpy.data.objects.new(name, curves))


def _add_head(head: Head, person: dict, skins: Skins) -> None:
    assets, hair = head.assets, person["hair"]
    marks = find_marks(head)
    under = [x * 0.65 for x in hair["colour"]]
    share = {"bald": 0.0, "baby": 0.35, "buzz": 0.75}.get(hair["style"], 0.8)
    if person["style"] == "character":
        material = real_skin(skins, person["skin"], person["years"], under, share)
    else:
        material = toon_skin(skins, person["skin"], under, share)
    used, faces = compact(assets.bust_faces)
    uvs = assets.base.uvs[assets.base.face_uvs[assets.bust]]
    attributes = {name: values[used] for name, values in marks.items()}
    _add_mesh(
        head.pose(head.moved[used]),
        faces,
        material,
        uvs=uvs,
        subdivide=1,
        attributes=attributes,
    )


def _add_eyes(head: Head, person: dict, shot: dict, rng: np.random.Generator) -> None:
    painted = person["style"] != "character"
    material = eye_material(paint_eye(rng, person["eyes"], painted=painted), painted=painted)
    left, right, radius = head.eyes
    for centre in (left, right):
        ball, faces, uvs = eyeball(radius * 0.99, tuple(shot["gaze"]), 0.05 if painted else 0.03)
        _add_mesh(head.pose(ball + centre), faces, material, uvs=uvs[faces])


def _add_parts(head: Head, person: dict) -> None:
    """Add teeth, tongue and lashes."""
    folder = head.assets.folder
    things = [("tongue/tongue01/tongue01", plain("tongue", (0.60, 0.2, 0.19), 0.35))]
    if person["style"] != "baby":
        things.append(
            ("teeth/teeth_base/teeth_base", tooth_material(folder / "teeth/materials/teeth.png"))
        )
    if person["style"] != "baby":
        name = f"eyelashes0{person['eyes']['lashes']}"
        strength = 0.55 if person["male"] else 1.2
        things.append(
            (
                f"eyelashes/{name}/{name}",
                lash_material(folder / f"eyelashes/{name}/{name}.png", strength),
            )
        )
    for path, material in things:
        part = head.assets.part(path)
        surface, places = part.surface, part.fit(head.moved)
        if person["style"] == "child" and path.startswith(("teeth", "tongue")):
            places = places - [0, 0, 0.07]  # behind lips that are thinner than an adult's
        _add_mesh(head.pose(places), surface.faces, material, uvs=surface.uvs[surface.face_uvs])


def _add_hair(subject: Subject, rng: np.random.Generator) -> None:
    """Add hair, brows and beard."""
    head, person, shot = subject.head, subject.person, subject.shot
    colour, real = person["hair"]["colour"], person["style"] == "character"
    root, tip = _HAIR_WIDTH.get(person["style"], _USUAL_HAIR_WIDTH)
    material = hair_material(colour, rough=0.32 if real else 0.42, spread=0.4 if real else 0.25)
    for strands in subject.hair:
        _add_strands("hair", head.pose(strands), material, root, tip)
    brows = grow_brows(head, person["brow"], shot["units"], rng)
    fine = (0.0005, 0.0002) if real else (0.0009, 0.0004)
    _add_strands(
        "brows", head.pose(brows), hair_material(person["brow"]["colour"], rough=0.45), *fine
    )
    beard = grow_beard(head, person["beard"], rng)
    if beard is not None:
        fine = (0.0005, 0.0002) if real else (0.0009, 0.0003)
        _add_strands(
            "beard", head.pose(beard), hair_material([x * 0.7 for x in colour], rough=0.45), *fine
        )


def _add_cloth(head: Head, piece: Piece, material) -> None:
    thing = _add_mesh(head.pose(piece.vertices), piece.faces, material, subdivide=1)
    if piece.thick:
        modifier = thing.modifiers.new("thick", "SOLIDIFY")
        configure(modifier, thickness=0.007, offset=1)


def _trace(path: Path, size: int, samples: int, style: str) -> None:
    scene, natural = bpy.context.scene, style == "character"
    configure(
        scene.cycles, device="CPU", samples=samples, use_adaptive_sampling=False,
        use_denoising=True, denoiser="OPENIMAGEDENOISE",
        denoising_prefilter="FAST", max_bounces=4, diffuse_bounces=2,
        glossy_bounces=2, transmission_bounces=3, transparent_max_bounces=10,
        caustics_reflective=False, caustics_refractive=False, sample_clamp_indirect=4,
    )  # fmt: skip
    configure(scene.cycles_curves, shape="RIBBONS")
    configure(
        scene.view_settings, view_transform="AgX" if natural else "Standard",
        look="AgX - Medium High Contrast" if natural else "None",
        exposure=0.4 if natural else -0.05,
    )  # fmt: skip
    configure(scene.render.image_settings, file_format="PNG", color_mode="RGBA")
    configure(
        scene.render, resolution_x=size, resolution_y=size, resolution_percentage=100,
        film_transparent=True, filepath=str(path),
    )  # fmt: skip
    bpy.ops.render.render(write_still=True)
