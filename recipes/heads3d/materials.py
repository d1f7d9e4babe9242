"""Materials of Blender: skin, eyes, hair, teeth, cloth."""

from __future__ import annotations

from pathlib import Path

import bpy
import cv2
import numpy as np
from lips import find_lips, load_picture
from mesh import Assets, Floats

Colour = tuple[float, float, float]
"""Linear light."""

_OLD_SKIN = "old_darkskinned_male_diffuse"
_SIDE = 1024


def configure(thing, **values: object):
    """Set properties of something of Blender's, and return it."""
    for name, value in values.items():
        setattr(thing, name, value)
    return thing


class Shader:
    """A material that is built node by node."""

    def __init__(self, name: str) -> None:
        """Begin with a Principled surface."""
        self.material = bpy.data.materials.new(name)
        configure(self.material, use_nodes=True)
        self.nodes, self.links = self.material.node_tree.nodes, self.material.node_tree.links
        self.nodes.clear()
        self.output = self.node("ShaderNodeOutputMaterial")

    def node(self, kind: str, **settings: object):
        """Add a node."""
        return configure(self.nodes.new(kind), **settings)

    def set(self, socket, value: object) -> None:
        """Link an input to an output, or give it a value."""
        if isinstance(value, bpy.types.NodeSocket):
            self.links.new(value, socket)
        elif socket.type == "RGBA":
            configure(socket, default_value=(*value[:3], 1))
        else:
            configure(socket, default_value=value)

    def surface(self, **inputs: object):
        """Finish with a Principled surface; `Subsurface_Weight` stands for `Subsurface Weight`."""
        node = self.node("ShaderNodeBsdfPrincipled")
        for name, value in inputs.items():
            self.set(node.inputs[name.replace("_", " ")], value)
        self.links.new(node.outputs[0], self.output.inputs[0])
        return self.material

    def math(self, operation: str, a: object, b: object = 0.0):
        """Add a node that computes."""
        node = self.node("ShaderNodeMath", operation=operation)
        self.set(node.inputs[0], a)
        self.set(node.inputs[1], b)
        return node.outputs[0]

    def mix(self, share: object, a: object, b: object, mode: str = "MIX"):
        """Add a node that mixes colours."""
        node = self.node("ShaderNodeMix", data_type="RGBA", blend_type=mode)
        for number, value in ((0, share), (6, a), (7, b)):
            self.set(node.inputs[number], value)
        return node.outputs[2]

    def attribute(self, name: str):
        """Read a number of each vertex."""
        return self.node("ShaderNodeAttribute", attribute_name=name).outputs["Fac"]

    def image(self, image):
        """Look up a picture."""
        return self.node("ShaderNodeTexImage", image=image)

    def place(self):
        """Read where a point is in its object."""
        return self.node("ShaderNodeTexCoord").outputs["Object"]

    def noise(self, scale: float, detail: float = 2.0):
        """Add noise in space."""
        node = self.node("ShaderNodeTexNoise")
        self.set(node.inputs["Vector"], self.place())
        configure(node.inputs["Scale"], default_value=scale)
        configure(node.inputs["Detail"], default_value=detail)
        return node.outputs[0]

    def bump(self, height: object, strength: float, distance: float):
        """Tilt normals by a height."""
        node = self.node("ShaderNodeBump")
        configure(node.inputs["Strength"], default_value=strength)
        configure(node.inputs["Distance"], default_value=distance)
        self.set(node.inputs["Height"], height)
        return node.outputs[0]


def make_image(name: str, pixels: Floats, space: str = "sRGB"):
    """Give Blender a picture, (h, w, 3) or (h, w) in 0 to 1."""
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, 2)
    h, w = pixels.shape[:2]
    image = bpy.data.images.new(name, w, h)
    image.colorspace_settings.name = space
    full = np.ones((h, w, 4), np.float32)
    full[..., :3] = pixels
    image.pixels.foreach_set(full[::-1].ravel())
    return image


class Skins:
    """Pictures made once from those of the assets."""

    def __init__(self, assets: Assets) -> None:
        """Keep where they are."""
        self.assets = assets
        self._kept: dict[str, Floats] = {}

    def lips(self) -> Floats:
        """Return where lips are on the map of the skin, (h, w)."""
        if "lips" not in self._kept:
            self._kept["lips"] = find_lips(self.assets)
        return self._kept["lips"]

    def wrinkles(self) -> Floats:
        """Return the relief of an old skin against its own blur, (h, w), around 1."""
        if "wrinkles" not in self._kept:
            grey = load_picture(self.assets.folder / f"skins/{_OLD_SKIN}.jpg").mean(2) * 255 + 4
            self._kept["wrinkles"] = np.clip(grey / cv2.GaussianBlur(grey, (0, 0), 9), 0.55, 1.35)
        return self._kept["wrinkles"]

    def skin(self, name: str):
        """Return a picture of a whole skin as Blender's."""
        return bpy.data.images.load(
            str(self.assets.folder / f"skins/{name}.jpg"), check_existing=True
        )


def toon_skin(skins: Skins, skin: dict, under_hair: Colour, hair_share: float):
    """Skin of one colour, with blush, lips, freckles and light from below the surface."""
    colour = skin["colour"]
    s = Shader("skin")
    blush = [a * b for a, b in zip(colour, (1.02, 0.55, 0.50), strict=True)]
    c = s.mix(s.math("MULTIPLY", s.attribute("blush"), skin["blush"]), colour, blush)
    c = s.mix(s.math("MULTIPLY", s.noise(14), 0.22), c, [x * 0.82 for x in colour])
    if skin["freckles"] > 0:
        spots = s.node("ShaderNodeTexVoronoi")
        configure(spots.inputs["Scale"], default_value=240)
        s.set(spots.inputs["Vector"], s.place())
        near = s.math("LESS_THAN", spots.outputs["Distance"], 0.22)
        share = s.math("MULTIPLY", s.attribute("blush"), skin["freckles"])
        c = s.mix(s.math("MULTIPLY", near, share), c, [x * 0.5 for x in colour])
    dark = [a * b for a, b in zip(colour, (0.55, 0.40, 0.40), strict=True)]
    c = s.mix(s.math("MULTIPLY", s.attribute("lid"), skin["lids"]), c, dark)
    lips = s.image(make_image("lips", skins.lips(), "Non-Color")).outputs[0]
    c = s.mix(s.math("MULTIPLY", lips, skin["lips"]), c, skin["lip_colour"])
    c = s.mix(s.math("MULTIPLY", s.attribute("scalp"), hair_share), c, under_hair)
    return s.surface(
        Base_Color=c, Subsurface_Weight=0.7, Subsurface_Radius=(1.0, 0.38, 0.22),
        Subsurface_Scale=0.007, Roughness=0.42, Specular_IOR_Level=0.42, Coat_Weight=0.05,
        Coat_Roughness=0.3, Normal=s.bump(s.noise(700), 0.06, 0.0006),
    )  # fmt: skip


def real_skin(skins: Skins, skin: dict, years: float, under_hair: Colour, hair_share: float):
    """A painted skin, tinted, with wrinkles by age and pores."""
    s = Shader("skin")
    picture = s.image(skins.skin(skin["picture"])).outputs[0]
    c = s.mix(1.0, picture, skin["tint"], "MULTIPLY")
    grey = s.node("ShaderNodeRGBToBW")
    s.set(grey.inputs[0], picture)
    pores = s.math("MULTIPLY", s.noise(800), 0.4)
    height = s.math("ADD", pores, s.math("MULTIPLY", grey.outputs[0], 3.0))
    old = float(np.clip((years - 38) / 35, 0, 1))
    if old > 0:
        lines = s.image(make_image("lines", skins.wrinkles() / 1.4, "Non-Color")).outputs[0]
        share = s.math("ADD", s.math("MULTIPLY", lines, 1.75 * old), 1 - 1.25 * old)
        shade = s.node("ShaderNodeCombineColor")
        for number in range(3):
            s.set(shade.inputs[number], share)
        c = s.mix(1.0, c, shade.outputs[0], "MULTIPLY")
        height = s.math("ADD", height, s.math("MULTIPLY", lines, 4.5 * old))
    lips = s.image(make_image("lips", skins.lips(), "Non-Color")).outputs[0]
    c = s.mix(s.math("MULTIPLY", lips, skin["lips"]), c, skin["lip_colour"])
    cheeks = [a * b for a, b in zip(skin["colour"], (1.0, 0.5, 0.45), strict=True)]
    c = s.mix(s.math("MULTIPLY", s.attribute("blush"), skin["blush"] * 0.5), c, cheeks)
    c = s.mix(s.math("MULTIPLY", s.attribute("scalp"), hair_share), c, under_hair)
    rough = s.math("ADD", s.math("MULTIPLY", s.noise(60), 0.25), 0.34)
    return s.surface(
        Base_Color=c, Subsurface_Weight=0.3, Subsurface_Radius=(1.0, 0.36, 0.2),
        Subsurface_Scale=0.006, Specular_IOR_Level=0.5, Roughness=rough,
        Normal=s.bump(height, 0.35, 0.0009),
    )  # fmt: skip


def hair_material(colour: Colour, *, rough: float = 0.4, spread: float = 0.25):
    """Hair whose strands differ a little in colour."""
    s = Shader("hair")
    chance = s.node("ShaderNodeHairInfo").outputs["Random"]
    share = s.math("ADD", s.math("MULTIPLY", chance, spread), 1 - spread / 2)
    mixed = s.node("ShaderNodeCombineColor")
    for number in range(3):
        s.set(mixed.inputs[number], s.math("MULTIPLY", share, colour[number]))
    node = s.node("ShaderNodeBsdfHairPrincipled", parametrization="COLOR")
    s.set(node.inputs["Color"], mixed.outputs[0])
    values = {
        "Roughness": rough,
        "Radial Roughness": rough + 0.08,
        "IOR": 1.33,
        "Random Roughness": 0.2,
    }
    for name, value in values.items():
        configure(node.inputs[name], default_value=value)
    s.links.new(node.outputs[0], s.output.inputs[0])
    return s.material


def plain(name: str, colour: Colour, roughness: float = 0.5, **inputs: object):
    """A surface of one colour."""
    return Shader(name).surface(Base_Color=colour, Roughness=roughness, **inputs)


def lash_material(path: Path, strength: float):
    """Dark lashes, cut out by their picture."""
    s = Shader("lashes")
    picture = s.image(bpy.data.images.load(str(path), check_existing=True))
    alpha = s.math("MINIMUM", s.math("MULTIPLY", picture.outputs["Alpha"], strength), 1.0)
    return s.surface(
        Base_Color=(0.02, 0.013, 0.01), Roughness=0.5, Specular_IOR_Level=0.1, Alpha=alpha
    )


def tooth_material(path: Path):
    """Teeth, a little lighter than painted."""
    s = Shader("teeth")
    lighter = s.node("ShaderNodeHueSaturation")
    configure(lighter.inputs["Value"], default_value=1.25)
    configure(lighter.inputs["Saturation"], default_value=0.8)
    picture = s.image(bpy.data.images.load(str(path), check_existing=True))
    s.set(lighter.inputs["Color"], picture.outputs[0])
    return s.surface(
        Base_Color=lighter.outputs[0], Roughness=0.2, Subsurface_Weight=0.25, Subsurface_Scale=0.004
    )


_SCALES = {"plain": 0.0, "stripes": 26.0, "bands": 9.0, "dots": 30.0, "knit": 0.0}


def cloth_material(clothes: dict):
    """Cloth of one colour or two."""
    s = Shader("cloth")
    first, second, pattern = clothes["colour"], clothes["second"], clothes["pattern"]
    colour: object = first
    if pattern in ("stripes", "bands"):
        wave = s.node("ShaderNodeTexWave", wave_type="BANDS", bands_direction="Z")
        configure(wave.inputs["Scale"], default_value=_SCALES[pattern])
        s.set(wave.inputs["Vector"], s.place())
        colour = s.mix(s.math("GREATER_THAN", wave.outputs[1], 0.55), first, second)
    elif pattern == "dots":
        cells = s.node("ShaderNodeTexVoronoi")
        configure(cells.inputs["Scale"], default_value=_SCALES[pattern])
        configure(cells.inputs["Randomness"], default_value=0.1)
        s.set(cells.inputs["Vector"], s.place())
        colour = s.mix(s.math("LESS_THAN", cells.outputs["Distance"], 0.28), first, second)
    weave = s.node("ShaderNodeTexWave")
    configure(weave.inputs["Scale"], default_value=60 if pattern == "knit" else 220)
    s.set(weave.inputs["Vector"], s.place())
    bump = s.bump(
        weave.outputs[1], 0.8 if pattern == "knit" else 0.3, 0.002 if pattern == "knit" else 0.001
    )
    return s.surface(Base_Color=colour, Roughness=0.85, Sheen_Weight=0.4, Normal=bump)
