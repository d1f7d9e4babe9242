"""Filters as matrices: equal to the same filters as convolutions."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from facewright.device import seeded
from facewright.gan.augment import banded
from facewright.gan.ops.upfirdn import downsample2d, upfirdn2d, upsample2d


def noise(*shape):
    return torch.randn(*shape, generator=seeded(0), dtype=torch.float64)


def close(ours, theirs):
    return ours.shape == theirs.shape and torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("margins", [(0, 0, 0, 0), (3, 7, 1, 0), (8, 8, 8, 8)])
def test_doubling_equals_mirroring_and_upsampling(margins):
    x, (left, right, top, bottom) = noise(2, 3, 9, 9), margins
    rows, columns = banded.doubling_matrix(9, left, right), banded.doubling_matrix(9, top, bottom)
    plain = upsample2d(F.pad(x, margins, mode="reflect"), banded.warp_taps())
    assert close(banded.filter_axes(x, rows, columns), plain)


def test_halving_equals_downsampling():
    x = noise(2, 3, 30, 30)
    matrix = banded.halving_matrix(9, 3)
    plain = downsample2d(x, banded.warp_taps().flip(0), padding=-6)
    assert close(banded.filter_axes(x, matrix, matrix), plain)


def test_long_axes_are_filtered_in_blocks():
    x, matrix = noise(1, 1, 300, 4), banded.doubling_matrix(300, 5, 5)
    assert close(banded.filter_axes(x, torch.eye(4), matrix), matrix @ x)


@pytest.mark.parametrize("size", [8, 40])
def test_band_matrices_equal_the_filters(size):
    x = noise(2, 1, size, size)
    places = banded.reflect(torch.arange(-21, size + 21), size)
    wide = x[:, :, places][:, :, :, places]
    for band in range(banded.BANDS):
        f = torch.from_numpy(banded.band_filters()[band].copy())
        matrix = banded.band_matrices(size)[band]
        assert close(banded.filter_axes(x, matrix, matrix), upfirdn2d(wide, f))


def test_bands_add_up_to_the_picture():
    total = banded.band_matrices(24).sum(0)
    assert torch.allclose(total, torch.eye(24, dtype=torch.float64), atol=1e-6)


def test_places_are_mirrored_as_often_as_needed():
    places = banded.reflect(torch.arange(-5, 8), 3)
    assert places.tolist() == [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]


@pytest.mark.oracle
def test_filters_equal_the_fields(oracles):
    oracle = np.load(oracles / "ada_augment.npz")
    np.testing.assert_allclose(banded.warp_taps(), oracle["Hz_geom"], atol=1e-7)
    np.testing.assert_allclose(banded.band_filters(), oracle["Hz_fbank"], atol=1e-7)
