"""Convert colour spaces, including those of high dynamic range, to sRGB."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]


class _Primaries(IntEnum):
    """Codes of primaries in ITU-T H.273."""

    BT709 = 1
    BT470M = 4
    BT470BG = 5
    SMPTE170M = 6
    SMPTE240M = 7
    FILM = 8
    BT2020 = 9
    SMPTE431 = 11
    SMPTE432 = 12
    EBU3213 = 22


class _Transfer(IntEnum):
    """Codes of transfers, likewise."""

    GAMMA22 = 4
    GAMMA28 = 5
    LINEAR = 8
    IEC61966_2_1 = 13
    SMPTE2084 = 16
    SMPTE428 = 17
    ARIB_STD_B67 = 18


WHITE = 203.0
"""Luminance of white of standard dynamic range in cd/m² (ITU-R BT.2408, 2.1)."""
HLG_PEAK = 1000.0
"""cd/m² of the display that BT.2100 refers HLG to."""

_HLG_GAMMA = 1.2  # of that display
PQ_PEAK = 10_000.0
"""Highest luminance of PQ in cd/m²."""

USUAL_PEAK = 1000.0
"""Default of the peak luminance in cd/m²."""
_KNEE = 118.0  # cd/m² up to which nothing is compressed: sRGB 200
_D65, _C, _DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
PRIMARIES: dict[int, tuple[tuple[float, float], ...]] = {
    _Primaries.BT709: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    _Primaries.BT470M: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    _Primaries.BT470BG: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    _Primaries.SMPTE170M: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    _Primaries.SMPTE240M: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    _Primaries.FILM: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    _Primaries.BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    _Primaries.SMPTE431: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),
    _Primaries.SMPTE432: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    _Primaries.EBU3213: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
"""x and y of red, green, blue and white (ITU-T H.273, table 2)."""

_NARROW = frozenset(
    {_Primaries.BT470BG, _Primaries.SMPTE170M} | {_Primaries.SMPTE240M, _Primaries.EBU3213}
)  # of standard definition: shown by players with the curve of BT.709 clips, which is left as it is
_GAMMAS: dict[int, float] = {
    _Transfer.GAMMA22: 2.2,
    _Transfer.GAMMA28: 2.8,
    _Transfer.SMPTE428: 2.6,
}
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclass(frozen=True, slots=True)
class ColourSpace:
    """The colour space of a frame, if it is not that of ordinary clips."""

    primaries: int
    """As ITU-T H.273 numbers them."""
    transfer: int
    """Likewise."""
    peak: float = USUAL_PEAK
    """Peak luminance of a clip of high dynamic range, in cd/m²."""

    @property
    def is_hdr(self) -> bool:
        """Whether it goes beyond the white of standard dynamic range."""
        return self.transfer in (_Transfer.SMPTE2084, _Transfer.ARIB_STD_B67)


@lru_cache(maxsize=4)
def build_table(space: ColourSpace, nodes: int) -> NDArray[np.float32]:
    """Compute the lookup table from a colour space to sRGB.

    Light of high dynamic range is scaled so that 203 cd/m² are white (ITU-R BT.2408). As in BT.2390
    (5.4.1), highlights are compressed as PQ from a knee on, which has slope 1, up to the peak,
    which has slope 0. A power takes the place of the spline there: the spline would begin at sRGB
    178 already. It is applied to the largest of red, green and blue, so that hues stay.

    Args:
        space: The colour space.
        nodes: Nodes along each side of the table.

    Returns:
        (nodes, nodes, nodes, 3), indexed by blue, green and red; 0 to 1.
    """
    axis = np.linspace(0, 1, nodes)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    signal = np.stack([red, green, blue], axis=-1)  # [n n n 3]
    light = _to_light(signal, space) @ find_matrix(space.primaries).T
    if space.is_hdr:
        largest = light.max(axis=-1, keepdims=True).clip(1e-6)
        light *= _compress(largest * WHITE, space.peak) / WHITE / largest
    same_curve = space.primaries in _NARROW and not space.is_hdr
    encoded = light.clip(0, 1) ** (1 / _find_gamma(space)) if same_curve else _encode_srgb(light)
    return encoded.astype(np.float32)


def find_matrix(primaries: int) -> Array:
    """Return the matrix from linear light of some primaries to BT.709 (SMPTE RP 177).

    Args:
        primaries: As ITU-T H.273 numbers them.

    Returns:
        (3, 3). Whites other than D65 are adapted by the Bradford transform.
    """
    ours, theirs = (_find_xyz(PRIMARIES[one]) for one in (_Primaries.BT709, primaries))
    cones = [_BRADFORD @ xyz.sum(axis=1) for xyz in (ours, theirs)]
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(cones[0] / cones[1]) @ _BRADFORD
    return cast("Array", np.linalg.inv(ours) @ adapt @ theirs)


def _find_xyz(chromaticities: tuple[tuple[float, float], ...]) -> Array:
    """Return the matrix from linear light of some primaries to CIE XYZ, (3, 3)."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in chromaticities]).T  # [3 4]
    return cast("Array", xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3]))


def _to_light(signal: Array, space: ColourSpace) -> Array:
    """Return the light that a display shows of a signal, where white is 1."""
    if space.transfer == _Transfer.SMPTE2084:  # BT.2100, table 4
        m1, m2 = 2610 / 16384, 2523 / 4096 * 128
        c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
        root = signal ** (1 / m2)
        light: Array = ((root - c1).clip(0) / (c2 - c3 * root)) ** (1 / m1)
        return PQ_PEAK / WHITE * light
    if space.transfer == _Transfer.ARIB_STD_B67:  # BT.2100, table 5
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
        luma = scene @ _find_xyz(PRIMARIES[space.primaries])[1]  # [...]
        bright: Array = luma[..., None] ** (_HLG_GAMMA - 1) * scene
        return HLG_PEAK / WHITE * bright
    if space.transfer == _Transfer.IEC61966_2_1:
        return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    return signal ** _find_gamma(space)


def _find_gamma(space: ColourSpace) -> float:
    """Return the power by which displays show a signal of standard dynamic range (BT.1886)."""
    return 1.0 if space.transfer == _Transfer.LINEAR else _GAMMAS.get(space.transfer, 2.4)


def _encode_srgb(light: Array) -> Array:
    """Return light as sRGB (IEC 61966-2-1)."""
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _compress(luminance: Array, peak: float) -> Array:
    """Bring light up to a peak below that of white, both in cd/m²."""
    if peak <= WHITE:
        return luminance
    top = _to_pq(np.array(peak))
    most, knee = _to_pq(np.array(WHITE)) / top, _to_pq(np.array(_KNEE)) / top
    level = (_to_pq(luminance) / top).clip(0, 1)
    left = ((1 - level) / (1 - knee)).clip(0, 1)
    shoulder = knee + (most - knee) * (1 - left ** ((1 - knee) / (most - knee)))
    return _from_pq(np.where(level < knee, level, shoulder) * top)


def _to_pq(luminance: Array) -> Array:
    """Return luminance in cd/m² as a signal of PQ (BT.2100, table 4)."""
    power = (luminance.clip(0) / PQ_PEAK) ** (2610 / 16384)
    scaled = (3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)
    return scaled ** (2523 / 32)


def _from_pq(signal: Array) -> Array:
    """Return the luminance of a signal of PQ, in cd/m²."""
    return WHITE * _to_light(signal, ColourSpace(_Primaries.BT2020, _Transfer.SMPTE2084))
