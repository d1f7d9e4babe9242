"""A clip goes two ways at once."""

from fractions import Fraction

import numpy as np
import pytest

from facewright.errors import FileError
from facewright.media.clips.fork import fork_clip
from facewright.types import Clip


def frames(count, upto=None):
    for number in range(count):
        if number == upto:
            raise ValueError("no more")
        yield np.full((2, 2, 3), number, np.uint8)


def copy_into(copy):
    def write(clip):
        for image in clip.frames:
            copy.append((int(image[0, 0, 0]), None if clip.times is None else next(clip.times)))
        copy.append("whole")

    return write


@pytest.mark.parametrize("count", [1, 3, 50])
def test_both_halves_have_all_frames_and_times(count):
    copy, read = [], []
    times = [number * number for number in range(count)]
    clip = Clip((2, 2), Fraction(5), frames(count), times=iter(times), tick=Fraction(1, 10))
    with fork_clip(clip, copy_into(copy)) as half:
        read.extend((int(image[0, 0, 0]), next(half.times)) for image in half.frames)
    assert read == list(enumerate(times))
    assert copy == [*read, "whole"]


def test_the_copy_ends_where_reading_does():
    copy = []
    with fork_clip(Clip((2, 2), Fraction(5), frames(50)), copy_into(copy)) as half:
        assert half.times is None
        for _ in range(7):
            next(half.frames)
    assert copy == [*((number, None) for number in range(7)), "whole"]


def test_the_copy_is_given_up_if_reading_fails():
    copy = []
    clip = Clip((2, 2), Fraction(5), frames(50, upto=9))
    with pytest.raises(ValueError, match="no more"), fork_clip(clip, copy_into(copy)) as half:
        list(half.frames)
    assert "whole" not in copy


@pytest.mark.parametrize("kind", [FileError, OSError, RuntimeError])
def test_what_fails_in_the_copy_ends_reading(kind):
    def fail(clip):
        next(clip.frames)
        raise kind("the disk is full")

    read = []
    clip = Clip((2, 2), Fraction(5), frames(200))
    with pytest.raises(kind, match="full"), fork_clip(clip, fail) as half:
        read.extend(half.frames)
    assert len(read) < 200


def test_a_copy_that_ends_early_does_not_hold_reading_up():
    with fork_clip(Clip((2, 2), Fraction(5), frames(50)), lambda clip: next(clip.frames)) as half:
        assert len(list(half.frames)) == 50
