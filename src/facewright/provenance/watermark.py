"""An invisible watermark of pictures that survives re-encoding by other programs.

A tile of 128×128 units, noise between 4 and 18 cycles, is repeated over the picture and added to
its brightness, more strongly where the picture masks it. A unit is 1/512 of the square root of the
picture's area, so that the pattern is independent of scaling. 98 coefficients of the tile's
spectrum are the same in all pictures, and locate the tile and its size. The other 384 carry 32 bits
and their CRC-16: six bytes, each a word of a biorthogonal code of length 128.

Reading looks for the known coefficients at all scales from a half to two and at all offsets. Each
coefficient counts by its phase alone, so that how far chance comes does not depend on the picture.

Sources: Cox et al., "Secure spread spectrum watermarking for multimedia", IEEE Transactions on
Image Processing 6(12), 1997 (noise added to perceptually significant frequencies); Kutter,
"Watermarking resistant to translation, rotation and scaling", SPIE 3528, 1998 (repeated patterns);
Kuglin and Hines, "The phase correlation image alignment method", 1975 (phases alone).
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.types import Image

SMALLEST, NARROWEST = 128, 64
"""Smallest pictures to mark, in pixels: the square root of the area, and the shorter side."""

_Floats: TypeAlias = NDArray[np.float32]
_Waves: TypeAlias = NDArray[np.complex64]
_Pairs: TypeAlias = NDArray[np.float64]

_TILE, _UNITS = 128, 512
_LOW, _HIGH = 4.0, 18.0  # cycles per tile
_WORDS, _LENGTH = 6, 128  # of the code
_KNOWN = 1.4  # amplitude of the known coefficients; that of the others is one

_SHARE, _LEAST, _MOST = 0.6, 0.7, 4.0  # of the local contrast that is added; levels of 255
_LOUDEST = 1.8  # levels, root mean square over the picture: 43 dB

_LONGEST = 1000  # units of a side that are looked at
_RIM = 24  # units over which the picture fades out at its border
_SIZES = (512, 768, 1024, 1280, 1536, 2048)  # of spectra, at least 1.9 times the picture
_SCALES = np.concatenate([[1.0], np.exp(np.arange(np.log(0.5), np.log(2.05), 0.004))])
_SEARCHED = 64  # offsets per side that are looked at first
_CANDIDATES = 5  # scales that are looked at closely
_STEPS = np.arange(-4, 5) * 7e-4  # around a scale, each side by itself
_SHIFTS = np.arange(-4, 5) * 0.5  # units around an offset
_CERTAIN, _CLEAR = 4.5, 25.0  # least score of known coefficients; of each byte, of about 90


@dataclass(frozen=True, slots=True)
class Watermark:
    """A watermark that was read."""

    value: int
    """Its 32 bits."""
    score: float
    """Score of the known coefficients, in standard deviations of unmarked pictures; 14 at most."""


class Marker:
    """Marks pictures of one size with one value."""

    def __init__(self, size: tuple[int, int], value: int) -> None:
        """Compute the pattern.

        Args:
            size: Width and height in pixels.
            value: 32 bits.
        """
        self._size = size
        self._pattern = _draw_pattern(size, value)

    def mark(self, image: Image) -> Image:
        """Add the watermark to a picture; equal pictures give equal results.

        Args:
            image: (height, width, 3), or RGBA (height, width, 4), whose transparency stays.

        Returns:
            A marked copy; the picture itself if it has another size.
        """
        if image.shape[1::-1] != self._size:
            return image
        colours = np.ascontiguousarray(image[..., :3])
        weight = _weigh(np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY), np.uint8))
        levels = np.rint(cv2.multiply(self._pattern, weight)).astype(np.int16)
        marked = np.asarray(cv2.add(colours, cv2.merge([levels] * 3), dtype=cv2.CV_8U), np.uint8)
        return np.dstack([marked, image[..., 3:]]) if image.shape[2] > 3 else marked


def is_markable(size: tuple[int, int]) -> bool:
    """Return whether a picture is large enough to be marked, given its width and height."""
    return size[0] * size[1] >= SMALLEST**2 and min(size) >= NARROWEST


def read_watermark(image: Image) -> Watermark | None:
    """Detect and read the watermark of a picture.

    Args:
        image: (height, width, 3), also scaled, cropped, or shown on a larger canvas.

    Returns:
        The watermark; None if there is none.
    """
    spectrum, stretch = _transform(image)
    sides = np.repeat(_SCALES[:, None], 2, axis=1) * stretch  # [s 2] pixels per unit: down, across
    scores, offsets = _search(spectrum, sides)
    found = []
    for index in np.argsort(-scores)[:_CANDIDATES]:
        score, scale, offset = _refine(spectrum, sides[index], offsets[index])
        if score >= _CERTAIN:
            value = _decode(_align(spectrum, scale, offset))
            found += [] if value is None else [Watermark(value, float(score))]
    return max(found, key=lambda mark: mark.score, default=None)


def _weigh(grey: NDArray[np.uint8]) -> _Floats:
    """Return the amplitude in levels that the picture masks at each pixel, (height, width)."""
    height, width = grey.shape
    share = min(_UNITS / 2 / (height * width) ** 0.5, 1)
    coarse = (max(round(width * share), 1), max(round(height * share), 1))
    small = cv2.resize(grey, coarse, interpolation=cv2.INTER_AREA).astype(np.float32)
    mean = cv2.boxFilter(small, -1, (5, 5))
    variance = np.maximum(cv2.boxFilter(small * small, -1, (5, 5)) - mean * mean, 0)
    calm = cv2.erode(np.sqrt(variance), np.ones((5, 5), np.uint8))  # not beside a lone edge
    weight = cv2.boxFilter(np.clip(_SHARE * calm, _LEAST, _MOST), -1, (5, 5))
    weight *= min(1.0, _LOUDEST / float(np.sqrt(np.mean(weight * weight))))
    return np.asarray(
        cv2.resize(weight, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )


@lru_cache(maxsize=4)
def _draw_pattern(size: tuple[int, int], value: int) -> _Floats:
    """Repeat the tile over a picture, (height, width), with a variance of one."""
    at, known = _list_coefficients()
    rows, columns = at.T
    spectrum = np.zeros((_TILE, _TILE // 2 + 1), np.complex128)
    spectrum[rows % _TILE, columns] = np.concatenate([_KNOWN * known, _encode(value)])
    first = rows[columns == 0]  # their other halves are in the same column
    spectrum[-first % _TILE, 0] = np.conj(spectrum[first % _TILE, 0])
    tile = np.fft.irfft2(spectrum, s=(_TILE, _TILE))
    wrapped = np.pad((tile / tile.std()).astype(np.float32), 4, mode="wrap")
    unit = (size[0] * size[1]) ** 0.5 / _UNITS
    across, down = (
        (np.mod((np.arange(n) - (n - 1) / 2) / unit, _TILE) + 4).astype(np.float32) for n in size
    )
    grid = np.broadcast_arrays(across[None], down[:, None])
    return np.asarray(
        cv2.remap(wrapped, grid[0].copy(), grid[1].copy(), cv2.INTER_CUBIC), np.float32
    )


@lru_cache(maxsize=1)
def _list_coefficients() -> tuple[NDArray[np.int64], NDArray[np.complex128]]:
    """Return row and column of each coefficient, (482, 2), and what the first 98 always are."""
    rows, columns = np.mgrid[-_TILE // 2 : _TILE // 2, 0 : _TILE // 2]
    radius = np.hypot(rows, columns)
    half = (columns > 0) | (rows > 0)
    at = np.stack([rows, columns], -1)[half & (radius >= _LOW) & (radius <= _HIGH)]  # [n 2]
    noise = np.frombuffer(hashlib.shake_256(b"facewright watermark 1").digest(8 * len(at)), "<u4")
    at = at[np.argsort(noise[: len(at)], kind="stable")]
    count = len(at) - _WORDS * _LENGTH // 2
    phases = noise[len(at) : len(at) + count] / 2.0**32
    return at, np.exp(2j * np.pi * phases)


@lru_cache(maxsize=1)
def _list_words() -> NDArray[np.float64]:
    """Return the 128 rows of a Hadamard matrix."""
    matrix = np.ones((1, 1))
    while len(matrix) < _LENGTH:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


@lru_cache(maxsize=1)
def _list_signs() -> NDArray[np.float64]:
    """Return what the words are multiplied with, (6, 128), so that none is a pattern."""
    data = hashlib.shake_256(b"facewright watermark signs").digest(_WORDS * _LENGTH)
    signs = np.where(np.frombuffer(data, np.uint8) & 1, 1.0, -1.0)
    return signs.reshape(_WORDS, _LENGTH)


def _check_bytes(data: bytes) -> bytes:
    """Return the CRC-16 of four bytes."""
    return binascii.crc_hqx(data, 0xFACE).to_bytes(2, "big")


def _encode(value: int) -> NDArray[np.complex128]:
    """Turn 32 bits into 384 coefficients: of each byte, seven bits choose a word, one its sign."""
    data = value.to_bytes(4, "big")
    words = [_list_words()[b & 127] * (1 - b // 128 * 2) for b in data + _check_bytes(data)]
    chips = (np.stack(words) * _list_signs()).T.reshape(-1, 2)  # [384 2], words take turns
    return np.asarray((chips[:, 0] + 1j * chips[:, 1]) / 2**0.5, np.complex128)


def _decode(phases: _Waves) -> int | None:
    """Turn 384 coefficients into 32 bits, if all bytes are clear and the CRC is right."""
    chips = np.stack([phases.real, phases.imag], -1).reshape(_LENGTH, _WORDS).T * _list_signs()
    matches = chips @ _list_words().T  # [6 128]
    best = np.abs(matches).argmax(axis=1)
    clear = matches[np.arange(_WORDS), best]
    data = bytes((best + 128 * (clear < 0)).astype(np.uint8))
    right = np.abs(clear).min() >= _CLEAR and _check_bytes(data[:4]) == data[4:]
    return int.from_bytes(data[:4], "big") if right else None


def _transform(image: Image) -> tuple[_Waves, _Pairs]:
    """Flatten the contrast of a picture at one pixel per unit, and take its spectrum.

    Returns:
        Half of the spectrum, the origin in the middle of the picture; and how many pixels a unit
        really is, down and across, as sides are rounded.
    """
    height, width = image.shape[:2]
    scale = _UNITS / (height * width) ** 0.5
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    grey = cv2.cvtColor(np.ascontiguousarray(image[..., :3]), cv2.COLOR_RGB2GRAY)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    flat = np.asarray(cv2.resize(grey.astype(np.float32), size, interpolation=how), np.float32)
    flat = flat - np.asarray(cv2.GaussianBlur(flat, (0, 0), 4), np.float32)
    spread = np.sqrt(np.maximum(cv2.boxFilter(flat * flat, -1, (21, 21)), 0)) + 0.7
    flat = np.clip(flat / spread, -2.5, 2.5)
    top, left = (max(0, (n - _LONGEST) // 2) for n in flat.shape)
    flat = flat[top : top + _LONGEST, left : left + _LONGEST]
    fades = [np.minimum(np.arange(n) + 1, np.arange(n)[::-1] + 1) / _RIM for n in flat.shape]
    flat = flat * np.outer(*(np.minimum(fade, 1) for fade in fades)).astype(np.float32)
    padded = np.zeros([next(s for s in _SIZES if s >= 1.9 * n or s == 2048) for n in flat.shape])
    padded[: flat.shape[0], : flat.shape[1]] = flat
    middle = [n // 2 for n in flat.shape]
    turned = np.roll(padded.astype(np.float32), (-middle[0], -middle[1]), axis=(0, 1))
    spectrum = np.fft.rfft2(turned).astype(np.complex64)
    return spectrum, np.array([size[1] / height, size[0] / width]) / scale


def _sample(spectrum: _Waves, at: NDArray[np.int64], sides: _Pairs) -> _Waves:
    """Return phases at the coefficients of tiles of several sizes, (s, n), between the nearest."""
    rows, columns = spectrum.shape[0], 2 * (spectrum.shape[1] - 1)
    exact = at[None] / _TILE / sides[:, None] * np.array([rows, columns])  # [s n 2]
    low = np.floor(exact).astype(np.int64)
    down, across = np.moveaxis((exact - low).astype(np.float32), -1, 0)
    top, left = low[..., 0], low[..., 1]
    upper = spectrum[top % rows, left] * (1 - across) + spectrum[top % rows, left + 1] * across
    top = top + 1
    lower = spectrum[top % rows, left] * (1 - across) + spectrum[top % rows, left + 1] * across
    waves = upper * (1 - down) + lower * down
    return np.asarray(waves / (np.abs(waves) + np.float32(1e-9)), np.complex64)


def _search(spectrum: _Waves, sides: _Pairs) -> tuple[_Floats, _Pairs]:
    """Return for each size of the tile how well it fits at its best offset, and that, in units."""
    at, known = _list_coefficients()
    at, grid = at[: len(known)], _SEARCHED
    products = _sample(spectrum, at, sides) * np.conj(known).astype(np.complex64)  # [s k]
    folded = np.zeros((len(sides), grid, grid // 2 + 1), np.complex64)
    folded[:, at[:, 0] % grid, at[:, 1]] = products
    column = at[:, 1] == 0
    folded[:, -at[column, 0] % grid, 0] = np.conj(products[:, column])
    fits = np.fft.irfft2(folded, s=(grid, grid)).reshape(len(sides), -1)
    best = fits.argmax(axis=1)
    scores = fits[np.arange(len(sides)), best] * (grid * grid / 2 / (len(known) / 2) ** 0.5)
    return scores, np.stack(divmod(best, grid), -1) * (_TILE / grid)


def _refine(spectrum: _Waves, side: _Pairs, offset: _Pairs) -> tuple[float, _Pairs, _Pairs]:
    """Return the best score, size and offset of the tile near those that were found."""
    at, known = _list_coefficients()
    at = at[: len(known)]
    steps = np.stack(np.meshgrid(_STEPS, _STEPS), -1).reshape(-1, 2)
    shifts = np.stack(np.meshgrid(_SHIFTS, _SHIFTS), -1).reshape(-1, 2)
    sides, offsets = side * (1 + steps), offset + shifts
    products = _sample(spectrum, at, sides) * np.conj(known)  # [s k]
    turns = np.exp(2j * np.pi / _TILE * (at @ offsets.T))  # [k o]
    fits = (products @ turns).real  # [s o]
    one, two = np.unravel_index(int(fits.argmax()), fits.shape)
    return float(fits[one, two] / (len(known) / 2) ** 0.5), sides[one], offsets[two]


def _align(spectrum: _Waves, side: _Pairs, offset: _Pairs) -> _Waves:
    """Return the coefficients that carry bits, as if the tile began in the middle."""
    at, known = _list_coefficients()
    at = at[len(known) :]
    turns = np.exp(2j * np.pi / _TILE * (at @ offset))
    return np.asarray(_sample(spectrum, at, side[None])[0] * turns, np.complex64)
