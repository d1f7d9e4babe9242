"""Build ICC profiles of colour spaces that a file names without a profile."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageFilter

from facewright.media.stills.exif import DAMAGE
from facewright.media.stills.light import ColourSpace, build_table

_D65 = (0.3127, 0.3290)
_SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_PRIMARIES = {
    1: _SRGB,
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}  # by their code in ITU-T H.273, x and y of red, green and blue; the white of all is D65
_BT2020, _WIDE_RANGE = 9, frozenset({16, 18})  # transfers of PQ and HLG
_NODES = 65  # along each side of a table of colours
_CURVED = 13  # code of the transfer of sRGB
_GAMMAS = {1: _CURVED, 4: 2.2, 6: _CURVED, 8: 1.0, 13: _CURVED, 14: _CURVED, 15: _CURVED}
# code of a transfer → gamma; video of standard range is shown as sRGB is; those of HDR are missing
_ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
_ADOBE_GAMMA = 563 / 256
_EXIF_TABLE, _INTEROP_TABLE, _COLOUR_SPACE, _INTEROP_INDEX = 0x8769, 0xA005, 0xA001, 1
_USUAL_GAMMA = (0.43, 0.48)  # 1 / 2.2, which is written for sRGB
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)

_Point = tuple[float, float]
_Primaries = tuple[_Point, _Point, _Point]


def find_codes(picture: Pictures.Image, written: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the codes of primaries and transfer (ITU-T H.273) of a file; None without them.

    Args:
        picture: As Pillow opened it.
        written: From `chunks.read_codes`.
    """
    nclx: Mapping[str, Any] = picture.info.get("nclx_profile") or {}
    if nclx:
        return nclx.get("color_primaries", 0), nclx.get("transfer_characteristics", 0)
    return written


def find_wide_range(coded: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the codes if they name a high dynamic range (PQ or HLG), otherwise None."""
    return coded if coded and coded[1] in _WIDE_RANGE else None


@lru_cache(maxsize=2)
def build_filter(coded: tuple[int, int]) -> ImageFilter.Color3DLUT:
    """Return the lookup table from a high dynamic range to sRGB, as for clips.

    Args:
        coded: From `find_wide_range`.
    """
    primaries = coded[0] if coded[0] in _PRIMARIES else _BT2020
    table = build_table(ColourSpace(primaries, coded[1]), _NODES)
    return ImageFilter.Color3DLUT(_NODES, table.reshape(-1), channels=3)


def find_named_space(picture: Pictures.Image, coded: tuple[int, int] | None) -> bytes | None:
    """Return the profile of a colour space that a file names; None for sRGB.

    Args:
        picture: As Pillow opened it.
        coded: From `find_codes`.

    Returns:
        The profile of Adobe RGB, if EXIF names it (DCF, option R03); or that of the chunks cICP,
        gAMA and cHRM of a PNG, or of the nclx box of HEIC and AVIF; None for sRGB.
    """
    if coded:
        primaries, gamma = _PRIMARIES.get(coded[0]), _GAMMAS.get(coded[1])
        if not primaries or not gamma or (primaries, gamma) == (_SRGB, _CURVED):
            return None
        return _write_profile(primaries, _D65, gamma)
    if _says_adobe_rgb(picture):
        return _write_profile(_ADOBE_RGB, _D65, _ADOBE_GAMMA)
    return _read_gamma(picture.info)


def _says_adobe_rgb(picture: Pictures.Image) -> bool:
    """Return whether EXIF names Adobe RGB."""
    try:
        exif = picture.getexif()
        space = exif.get_ifd(_EXIF_TABLE).get(_COLOUR_SPACE)
        index = exif.get_ifd(_INTEROP_TABLE).get(_INTEROP_INDEX, "")
    except DAMAGE:
        return False
    return space == 2 or (space == 0xFFFF and str(index).startswith("R03"))


def _read_gamma(info: Mapping[Any, Any]) -> bytes | None:
    """Return the profile of what gAMA and cHRM say, if that is not sRGB."""
    written, points = info.get("gamma"), info.get("chromaticity")
    if not written or "srgb" in info or not 0.2 < written <= 2:
        return None
    gamma = _CURVED if _USUAL_GAMMA[0] < written < _USUAL_GAMMA[1] else 1 / written
    if not points:
        return _write_profile(_SRGB, _D65, gamma) if gamma != _CURVED else None
    white, red, green, blue = zip(points[0::2], points[1::2], strict=True)
    try:
        return _write_profile((red, green, blue), white, gamma)
    except (ArithmeticError, np.linalg.LinAlgError, struct.error):
        return None


@lru_cache(maxsize=8)
def _write_profile(primaries: _Primaries, white: _Point, gamma: float) -> bytes:
    """Write a profile with a matrix and one curve, as ICC.1:2001 lays it out."""
    columns = np.stack([_to_xyz(point) for point in primaries], axis=1)
    matrix = columns * np.linalg.solve(columns, _to_xyz(white))  # [3 3], linear RGB to XYZ
    scale = (_BRADFORD @ _D50) / (_BRADFORD @ _to_xyz(white))
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD @ matrix
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 1) + bytes(79), b"wtpt": _xyz(_D50)}
    for number, name in enumerate((b"r", b"g", b"b")):
        tags |= {name + b"XYZ": _xyz(adapted[:, number]), name + b"TRC": _curve(gamma)}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + len(table) + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = start + len(body)
    head = struct.pack(">I4xI4s4s4s", size, 2 << 24, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + table + body


def _to_xyz(point: _Point) -> NDArray[np.float64]:
    """Return a colour of brightness 1 by its chromaticity."""
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _xyz(numbers: NDArray[np.float64]) -> bytes:
    """Write a colour as a tag."""
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(float(n) * 65536) for n in numbers))


def _curve(gamma: float) -> bytes:
    """Write how levels become light as a tag."""
    levels = np.linspace(0, 1, 1024)
    srgb = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    light = srgb if gamma == _CURVED else levels**gamma
    values = (light * 65535).round().astype(">u2").tobytes()
    return b"curv" + bytes(4) + struct.pack(">I", len(levels)) + values
