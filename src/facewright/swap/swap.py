"""Put one face onto another: warp, light, detail, seam, blend."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from facewright.errors import InputError
from facewright.swap.blending.blend import BLENDS, blend_face, find_membrane
from facewright.swap.blending.detail import match_detail
from facewright.swap.blending.light import Relight, apply_light, keep_light, match_light
from facewright.swap.blending.seam import (
    PARTS,
    Layout,
    draw_eyes,
    draw_kept,
    draw_seam,
    draw_skin,
    find_foreign,
    find_glasses,
    recognise_glasses,
)
from facewright.swap.mesh.pixels import shrink, spread
from facewright.swap.mesh.raster import Floats
from facewright.swap.mesh.regions import check_mesh, measure_eyes, measure_unit
from facewright.swap.mesh.reshape import reshape_face
from facewright.swap.mesh.shape import lend_shape
from facewright.swap.warp import Source, Warped, warp_face
from facewright.types import Blend, Image, Part, check_image


@dataclass(frozen=True, slots=True)
class SwapOptions:
    """How a face is put onto another."""

    blend: Blend = "multiband"
    """How the face meets the picture."""
    match_colour: bool = True
    """Whether the face takes the light and the skin tone of the one that it covers."""
    keep: tuple[Part, ...] = ()
    """What stays of the covered face."""
    strength: float = 1.0
    """How much of the face shows: 0 nothing, 1 all of it."""
    shape: float = 1.0
    """How far the face takes the proportions of the source, 0 to 1."""

    def __post_init__(self) -> None:
        """Check the options."""
        if self.blend not in BLENDS:
            raise InputError(
                f"no blend is called `{self.blend}`", hint=f"one of: {', '.join(BLENDS)}"
            )
        for name, value in (("strength", self.strength), ("shape", self.shape)):
            if not 0 <= value <= 1:
                raise InputError(f"the {name} of a swap is 0 to 1, not {value}")
        unknown = set(self.keep) - set(PARTS)
        if unknown:
            raise InputError(
                f"a swap cannot keep {', '.join(sorted(unknown))}", hint=", ".join(PARTS)
            )


_DEFAULT = SwapOptions()
_SEAM, _FOREHEAD = 0.05, 0.16
"""How broad the rim is over which a face fades in, and that below the hair, in eye distances."""
_STUDY = 64
"""Pixels on the longer side of the grid on which light and skin are studied."""
_EYES_LENT, _BLURRED = 0.7, (2.2, 3.2)
"""How much of the eyes stays under a source too coarse for pupils and glints, and how many pixels
of the picture each of its pixels covers where that begins, and where it is so."""
_SHUT, _SHUTS = 0.19, 0.05
"""Height over width of an eye from which on it begins to be shut, and the range until it is: the
covered eyes stay where the source's are shut, or they are."""


def swap_face(
    source: Source,
    image: Image,
    points: Floats,
    options: SwapOptions = _DEFAULT,
    *,
    out: Image | None = None,
) -> Image:
    """Put a face onto one in a picture.

    Pose, expression and light stay those of the picture. What is seen between open lips stays too,
    and so does hair that hangs over the face. Where the proportions of the source are lent, the
    picture is bent around the face so that hair, ears and neck follow its outline.

    Args:
        source: Who is pasted.
        image: (height, width, 3).
        points: (478, 3): the mesh of the face to cover, in pixels.
        options: How.
        out: Where the result goes, of the same size; `image` itself to change it in place, which
            spares a copy. Otherwise a new picture.

    Returns:
        The picture; not a bit changes farther from the face than its outline reaches, and none
        outside of it where no proportions are lent.

    Raises:
        InputError: The picture or the mesh is malformed, or `out` has another size.
    """
    height, width = check_image(image).shape[:2]
    result = image.copy() if out is None else check_image(out)
    if result.shape != image.shape:
        raise InputError(f"the result of a swap is {image.shape}, not {result.shape}")
    if out is not None and out is not image:
        out[...] = image
    check_mesh(points)
    if options.strength == 0:
        return result
    moved = lend_shape(points, source.shape, options.shape * options.strength)
    warped = warp_face(source, moved, (width, height))
    if warped is None:
        return result
    bent = reshape_face(image, points, moved)
    if bent is not image:
        result[...] = bent
    points, below = moved, np.ascontiguousarray(bent[warped.box.window])
    seam, shown, light = _study(source, warped, below, points, options)
    pasted = apply_light(warped.colours.astype(np.float32), light)
    size = (warped.box.width, warped.box.height)
    seam, shown = spread(seam, size), spread(shown, size)
    coarseness = measure_unit(points) / source.unit
    pasted = np.clip(match_detail(pasted, below, seam * shown, coarseness), 0, 255)
    masks = seam, shown * np.float32(options.strength)
    result[warped.box.window] = blend_face(pasted, below, masks, options.blend)
    return result


def _study(
    source: Source, warped: Warped, below: Image, points: Floats, options: SwapOptions
) -> tuple[Floats, Floats, Relight]:
    """Return where the face lies and what of it shows, on the grid of the warp, and the light."""
    rows, columns = warped.inside.shape
    layout = Layout(warped.box.to_grid(points[:, :2], (columns, rows)), (columns, rows))
    seam = draw_seam(layout, warped.inside, _SEAM, _FOREHEAD)
    seam *= warped.sure
    shown = 1 - _find_kept(source, points, layout, below, options)
    share = min(1.0, _STUDY / max(rows, columns))
    size = (max(2, round(columns * share)), max(2, round(rows * share)))
    layout = Layout(warped.box.to_grid(points[:, :2], size), size)
    ours, theirs, known, inside, mask = (
        shrink(field, size)
        for field in (warped.colours, below, warped.known, warped.inside, seam * shown)
    )
    skin = draw_skin(layout, inside)
    clear = known * (1 - find_foreign(theirs, skin, layout, inside)) / np.float32(255)
    light = keep_light(size)
    if options.match_colour:
        light = match_light(ours, theirs, skin * clear, draw_eyes(layout))
    if options.blend == "poisson":
        light = _join_rim(light, ours, theirs, mask * clear, skin)
    return seam, shown * spread(clear, (columns, rows)), light


def _join_rim(light: Relight, ours: Floats, theirs: Floats, mask: Floats, skin: Floats) -> Relight:
    """Add the membrane that lets the face meet the picture at its rim."""
    apart = theirs - apply_light(ours, light)
    rim = 4 * mask * (1 - mask) * (skin > 0)
    return replace(light, base=light.base + find_membrane(apart, rim, mask))


def _find_kept(
    source: Source, points: Floats, layout: Layout, below: Image, options: SwapOptions
) -> Floats:
    """Return which parts of the covered face stay, (rows, columns), 0 to 1."""
    opened = measure_eyes(points)
    wider = opened / np.maximum(source.eyes, 1e-3)
    shut, blank = (np.clip((_SHUT - open_) / _SHUTS, 0, 1) for open_ in (opened, source.eyes))
    eyes = np.maximum(np.clip((wider - 2) / 0.8, 0, 1), np.maximum(shut, blank))
    first, last = _BLURRED
    coarse = np.clip((measure_unit(points) / source.unit - first) / (last - first), 0, 1)
    eyes = np.maximum(eyes, _EYES_LENT * coarse)
    kept = draw_kept(layout, options.keep, eyes)
    small = shrink(below, layout.size)
    worn = 1.0 if "glasses" in options.keep else recognise_glasses(small, layout)
    return np.maximum(kept, find_glasses(small, layout) * worn) if worn > 0 else kept
