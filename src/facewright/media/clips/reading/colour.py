"""Convert the colours of high dynamic range and wide gamut clips to sRGB."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, cast

import av
import numpy as np
from av.filter import Graph
from av.video.reformatter import ColorPrimaries, ColorTrc
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.buffer import Buffer

Array: TypeAlias = NDArray[np.float64]

_WHITE = 203.0  # cd/m² that show white of standard dynamic range (ITU-R BT.2408, 2.1)
_HLG_PEAK, _HLG_GAMMA = 1000.0, 1.2  # the display that BT.2100 refers HLG to
_PQ_PEAK = 10_000.0
_USUAL_PEAK = 1000.0  # cd/m² of what says nothing of it
_KNEE = 118.0  # cd/m² up to which nothing is compressed: sRGB 200
_LEVEL = 8  # of the table: its sides have 8² nodes
_D65, _C, _DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
_PRIMARIES: dict[int, tuple[tuple[float, float], ...]] = {
    ColorPrimaries.BT709: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    ColorPrimaries.BT470M: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    ColorPrimaries.BT470BG: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    ColorPrimaries.SMPTE170M: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    ColorPrimaries.SMPTE240M: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    ColorPrimaries.FILM: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    ColorPrimaries.BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    ColorPrimaries.SMPTE431: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),
    ColorPrimaries.SMPTE432: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    ColorPrimaries.EBU3213: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}  # x and y of red, green, blue and white (ITU-T H.273, table 2)
_NARROW = frozenset(
    {ColorPrimaries.BT470BG, ColorPrimaries.SMPTE170M}
    | {ColorPrimaries.SMPTE240M, ColorPrimaries.EBU3213}
)  # of standard definition: shown by players with the curve of BT.709 clips, which is left as it is
_GAMMAS = {ColorTrc.GAMMA22: 2.2, ColorTrc.GAMMA28: 2.8, ColorTrc.SMPTE428: 2.6}
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclass(frozen=True, slots=True)
class ColourSpace:
    """What the numbers of a frame mean, where they do not mean what an ordinary clip shows."""

    primaries: int
    """As ITU-T H.273 numbers them."""
    transfer: int
    """Likewise."""
    peak: float = _USUAL_PEAK
    """The brightest that a clip of high dynamic range shows, in cd/m²."""

    @property
    def is_hdr(self) -> bool:
        """Whether it goes beyond the white of standard dynamic range."""
        return self.transfer in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)


def find_space(frame: av.VideoFrame) -> ColourSpace | None:
    """Say how the colours of a frame are to be converted.

    Args:
        frame: As it was decoded.

    Returns:
        None for an ordinary frame, whose numbers are shown as they are.
    """
    primaries, transfer = frame.color_primaries, frame.color_trc
    hdr = transfer in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
    known = primaries in _PRIMARIES and primaries != ColorPrimaries.BT709
    if not known and not hdr:
        return None
    usual = ColorPrimaries.BT2020 if hdr and primaries not in _PRIMARIES else primaries
    if transfer == ColorTrc.UNSPECIFIED and primaries == ColorPrimaries.SMPTE432:
        transfer = ColorTrc.IEC61966_2_1  # of Display P3
    return ColourSpace(usual, transfer, _find_peak(frame) if hdr else _USUAL_PEAK)


def open_converter(space: ColourSpace) -> Callable[[av.VideoFrame], av.VideoFrame]:
    """Prepare to convert frames to sRGB.

    Args:
        space: What their numbers mean.

    Returns:
        A function from a frame in rgb48le to one of the same size and format.
    """
    look_up: _LookUp | None = None

    def convert(frame: av.VideoFrame) -> av.VideoFrame:
        nonlocal look_up
        if look_up is None or look_up.size != (frame.width, frame.height):
            look_up = _LookUp((frame.width, frame.height), build_table(space, _LEVEL**2))
        return look_up.read(frame)

    return convert


@lru_cache(maxsize=4)
def build_table(space: ColourSpace, nodes: int) -> NDArray[np.float32]:
    """Compute what numbers of a colour space are in sRGB.

    Light of high dynamic range is scaled so that 203 cd/m² are white (ITU-R BT.2408). As in BT.2390
    (5.4.1), highlights are compressed as PQ from a knee on, which has slope 1, up to the peak,
    which has slope 0. A power takes the place of the spline there: the spline would begin at sRGB
    178 already. It is applied to the largest of red, green and blue, so that hues stay.

    Args:
        space: What the numbers mean.
        nodes: How many along each side.

    Returns:
        (nodes, nodes, nodes, 3), by blue, green and red: from 0 to 1.
    """
    axis = np.linspace(0, 1, nodes)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    signal = np.stack([red, green, blue], axis=-1)  # [n n n 3]
    light = _to_light(signal, space) @ find_matrix(space.primaries).T
    if space.is_hdr:
        largest = light.max(axis=-1, keepdims=True).clip(1e-6)
        light *= _compress(largest * _WHITE, space.peak) / _WHITE / largest
    same_curve = space.primaries in _NARROW and not space.is_hdr
    encoded = light.clip(0, 1) ** (1 / _find_gamma(space)) if same_curve else _encode_srgb(light)
    return encoded.astype(np.float32)


def find_matrix(primaries: int) -> Array:
    """Return what turns light of some primaries into that of BT.709 (SMPTE RP 177).

    Args:
        primaries: As ITU-T H.273 numbers them.

    Returns:
        (3, 3). Whites other than D65 are adapted by the Bradford transform.
    """
    ours, theirs = (_find_xyz(_PRIMARIES[one]) for one in (ColorPrimaries.BT709, primaries))
    cones = [_BRADFORD @ xyz.sum(axis=1) for xyz in (ours, theirs)]
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(cones[0] / cones[1]) @ _BRADFORD
    return cast("Array", np.linalg.inv(ours) @ adapt @ theirs)


def _find_xyz(chromaticities: tuple[tuple[float, float], ...]) -> Array:
    """Return what turns light of some primaries into CIE XYZ, (3, 3)."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in chromaticities]).T  # [3 4]
    return cast("Array", xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3]))


def _to_light(signal: Array, space: ColourSpace) -> Array:
    """Return the light that a display shows of a signal, where white is 1."""
    if space.transfer == ColorTrc.SMPTE2084:  # BT.2100, table 4
        m1, m2 = 2610 / 16384, 2523 / 4096 * 128
        c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
        root = signal ** (1 / m2)
        light: Array = ((root - c1).clip(0) / (c2 - c3 * root)) ** (1 / m1)
        return _PQ_PEAK / _WHITE * light
    if space.transfer == ColorTrc.ARIB_STD_B67:  # BT.2100, table 5
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
        luma = scene @ _find_xyz(_PRIMARIES[space.primaries])[1]  # [...]
        bright: Array = luma[..., None] ** (_HLG_GAMMA - 1) * scene
        return _HLG_PEAK / _WHITE * bright
    if space.transfer == ColorTrc.IEC61966_2_1:
        return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    return signal ** _find_gamma(space)


def _find_gamma(space: ColourSpace) -> float:
    """Return the power by which displays show a signal of standard dynamic range (BT.1886)."""
    return 1.0 if space.transfer == ColorTrc.LINEAR else _GAMMAS.get(ColorTrc(space.transfer), 2.4)


def _encode_srgb(light: Array) -> Array:
    """Return light as sRGB (IEC 61966-2-1)."""
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _compress(luminance: Array, peak: float) -> Array:
    """Bring light up to a peak below that of white, both in cd/m²."""
    if peak <= _WHITE:
        return luminance
    top = _to_pq(np.array(peak))
    most, knee = _to_pq(np.array(_WHITE)) / top, _to_pq(np.array(_KNEE)) / top
    level = (_to_pq(luminance) / top).clip(0, 1)
    left = ((1 - level) / (1 - knee)).clip(0, 1)
    shoulder = knee + (most - knee) * (1 - left ** ((1 - knee) / (most - knee)))
    return _from_pq(np.where(level < knee, level, shoulder) * top)


def _to_pq(luminance: Array) -> Array:
    """Return luminance in cd/m² as a signal of PQ (BT.2100, table 4)."""
    power = (luminance.clip(0) / _PQ_PEAK) ** (2610 / 16384)
    scaled = (3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)
    return scaled ** (2523 / 32)


def _from_pq(signal: Array) -> Array:
    """Return the luminance of a signal of PQ, in cd/m²."""
    return _WHITE * _to_light(signal, ColourSpace(ColorPrimaries.BT2020, ColorTrc.SMPTE2084))


def _find_peak(frame: av.VideoFrame) -> float:
    """Return how bright a frame says that its clip becomes, in cd/m²."""
    if frame.color_trc == ColorTrc.ARIB_STD_B67:
        return _HLG_PEAK
    said = []
    light = cast("Buffer | None", frame.side_data.get("CONTENT_LIGHT_LEVEL"))
    if light is not None and (most := struct.unpack_from("=I", bytes(light))[0]):
        said.append(float(most))
    display = cast("Buffer | None", frame.side_data.get("MASTERING_DISPLAY_METADATA"))
    if display is not None:  # AVMasteringDisplayMetadata: the luminance follows 9 rationals
        *_, over, under, _, known = struct.unpack_from("=22i", bytes(display))
        said += [over / under] if known and over > 0 and under > 0 else []
    return min(max(min(said, default=_USUAL_PEAK), _WHITE), _PQ_PEAK)


def _lay_out(table: NDArray[np.float32]) -> av.VideoFrame:
    """Return a table as the picture that FFmpeg's filter `haldclut` takes."""
    side = round(table.size / 3) ** 0.5
    levels = (table * 65_535).round().astype(np.uint16).reshape(round(side), round(side), 3)
    frame = av.VideoFrame.from_ndarray(levels, format="rgb48le")
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return frame


class _LookUp:
    """FFmpeg's filter `haldclut`, which looks every pixel up in a table.

    Attributes:
        size: Width and height of its frames.
    """

    def __init__(self, size: tuple[int, int], table: NDArray[np.float32]) -> None:
        self.size = size
        clut = _lay_out(table)
        self._graph, self._count = Graph(), 0
        form = "video_size={}x{}:pix_fmt=rgb48le:time_base=1/25"
        sizes = (size, (clut.width, clut.height))
        self._source, tables = (self._graph.add("buffer", form.format(*one)) for one in sizes)
        look_up = self._graph.add("haldclut", "interp=tetrahedral:clut=first")
        self._sink = self._graph.add("buffersink")
        self._source.link_to(look_up, 0, 0)
        tables.link_to(look_up, 0, 1)
        look_up.link_to(self._sink)
        self._graph.configure()
        tables.push(clut)
        tables.push(None)

    def read(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a frame whose pixels were looked up."""
        frame.pts, frame.time_base = self._count, Fraction(1, 25)
        self._count += 1
        self._source.push(frame)
        return cast("av.VideoFrame", self._sink.pull())
