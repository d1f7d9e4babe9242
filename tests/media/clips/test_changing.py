from fractions import Fraction

import numpy as np
import pytest

from facewright.media.clips.changing import map_stream
from facewright.types import Clip


def map_each(clip, change):
    """Make something of each frame by itself."""
    return map_stream(clip, lambda shown: (change(image, seconds) for image, seconds in shown))


def frames(count):
    return (np.full((2, 2, 3), number, np.uint8) for number in range(count))


def test_frames_keep_their_order_and_their_times():
    clip = Clip((2, 2), Fraction(5), frames(4), times=iter([0, 3, 4, 9]), tick=Fraction(1, 10))
    made, times = map_each(clip, lambda image, seconds: (int(image[0, 0, 0]), seconds))
    seen = [(what, next(times)) for what in made]
    assert seen == [((0, 0.0), 0), ((1, 0.3), 3), ((2, 0.4), 4), ((3, 0.9), 9)]


def test_without_times_the_rate_says_when():
    made, times = map_each(Clip((2, 2), Fraction(4), frames(3)), lambda _, seconds: seconds)
    assert (list(made), times) == ([0.0, 0.25, 0.5], None)


def test_what_goes_wrong_is_raised_after_the_frames_before_it():
    def change(image, _seconds):
        if image[0, 0, 0] == 2:
            raise ValueError("broken")
        return int(image[0, 0, 0])

    made, _ = map_each(Clip((2, 2), Fraction(4), frames(3)), change)
    assert [next(made), next(made)] == [0, 1]
    with pytest.raises(ValueError, match="broken"):
        next(made)


def test_a_stream_may_look_ahead():
    def pair_up(shown):
        waiting = list(shown)
        return ((image[0, 0, 0] + waiting[-1][0][0, 0, 0], time) for image, time in waiting)

    clip = Clip((2, 2), Fraction(5), frames(3), times=iter([0, 3, 4]), tick=Fraction(1, 10))
    made, times = map_stream(clip, pair_up)
    assert [(what, next(times)) for what in made] == [((2, 0.0), 0), ((3, 0.3), 3), ((4, 0.4), 4)]
