"""Copies of a picture are told from other pictures."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from facewright.collect.duplicates import (
    MOST,
    SAME,
    HashIndex,
    distance,
    find_pairs,
    perceptual_hash,
)
from facewright.errors import InputError


def to_hash(number):
    return f"{number:064x}"


def test_copies_of_other_size_quality_and_brightness_are_the_same(paint):
    for seed in range(5):
        image = paint(seed, (256, 192))
        file = BytesIO()
        Pillow.fromarray(image).resize((128, 96)).save(file, "JPEG", quality=60)
        small = np.array(Pillow.open(file))
        bright = (image * 0.8 + 25).astype(np.uint8)
        assert distance(perceptual_hash(image), perceptual_hash(small)) <= SAME
        assert distance(perceptual_hash(image), perceptual_hash(bright)) <= SAME


def test_other_pictures_and_flipped_ones_are_far(paint):
    hashes = [perceptual_hash(paint(seed)) for seed in range(12)]
    flipped = [perceptual_hash(np.ascontiguousarray(paint(seed)[:, ::-1])) for seed in range(12)]
    assert list(find_pairs([*hashes, *flipped])) == []


def test_even_pictures_are_all_alike():
    levels = (0, 17, 128, 255)
    assert {perceptual_hash(np.full((40, 50, 3), level, np.uint8)) for level in levels} == {
        "00" * 32
    }


@given(
    st.integers(0, 2**256 - 1),
    st.lists(st.integers(0, 255), min_size=0, max_size=40, unique=True),
    st.integers(0, MOST),
)
def test_index_finds_whatever_is_within_the_limit(number, flips, limit):
    other = number
    for bit in flips:
        other ^= 1 << bit
    index = HashIndex()
    index.add(to_hash(number))
    found = index.nearest(to_hash(other), limit=limit)
    assert found == ((0, len(flips)) if len(flips) <= limit else None)


def test_nearest_is_the_closest_and_then_the_first():
    index = HashIndex()
    for number in (0b1111, 0b1, 0b10):
        index.add(to_hash(number))
    assert index.nearest(to_hash(0)) == (1, 1)
    assert index.near(to_hash(0)) == [(0, 4), (1, 1), (2, 1)]
    assert len(index) == 3


def test_pairs_are_those_of_comparing_all():
    rng = np.random.default_rng(0)
    numbers = [int(n) for n in rng.integers(0, 1 << 40, 60)]
    hashes = [to_hash(number) for number in numbers]
    wanted = [
        (i, j, (numbers[i] ^ numbers[j]).bit_count())
        for j in range(60)
        for i in range(j)
        if (numbers[i] ^ numbers[j]).bit_count() <= 14
    ]
    assert wanted
    assert list(find_pairs(hashes, limit=14)) == wanted


@pytest.mark.parametrize("limit", [-1, MOST + 1])
def test_limit_that_the_search_cannot_keep_is_refused(limit):
    with pytest.raises(InputError, match="up to a distance of 31"):
        HashIndex().near("00" * 32, limit=limit)


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 31, "-0" + "00" * 31])
def test_what_is_no_hash_is_refused(text):
    with pytest.raises(InputError, match="no perceptual hash"):
        HashIndex().add(text)
