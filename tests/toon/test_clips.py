"""Characters keep their looks from frame to frame."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.tiny import RedDetector, build_generator

from facewright.errors import InputError
from facewright.faces.tracking.follow import FaceFollower
from facewright.faces.tracking.picking import Picker
from facewright.toon.cartoon import Cartoonist
from facewright.toon.clips import ClipCartoonist, ClipOptions, LatentPath

LEFT, RIGHT = (20, 10), (100, 20)


class Encoder:
    """Tells how red a face is, and counts how often it was asked."""

    def __init__(self, generator):
        self.config = SimpleNamespace(size=32)
        self.latent_avg = torch.zeros(generator.num_ws, generator.config.w_dim)
        self.asked = 0

    def __call__(self, images):
        self.asked += 1
        return self.latent_avg[None] + 9 * images[:, :1].mean()


def start(**how):
    """Return a film, and its encoder."""
    people, characters = build_generator(c_dim=0), build_generator(c_dim=0, seed=2)
    encoder = Encoder(people)
    cartoonist = Cartoonist(people, characters, "ffhq", encoder)
    options = ClipOptions(**{"temporal_smoothing": 0, **how})
    return ClipCartoonist(cartoonist, FaceFollower(RedDetector(), Picker("all")), options), encoder


def fade(count, *corners):
    """Yield frames of faces that fade, each with its time."""
    for number in range(count):
        image = np.full((80, 150, 3), (20, 90, 160), np.uint8)
        for x, y in corners:
            image[y : y + 50, x + number % 2 : x + number % 2 + 40] = (255 - 6 * number, 0, 0)
        yield image, number / 10


def draw(film, frames, every):
    made = list(film.draw_stream(iter(frames), every=every))
    return [image.astype(int) for image, _ in made], [count for _, count in made]


def test_path_begins_where_the_first_frame_is():
    first = torch.randn(1, 4, 8)
    assert torch.equal(LatentPath(0.5).follow(first, time=3.0), first)


@given(rate=st.sampled_from([5, 10, 30, 60]), temporal_smoothing=st.floats(0.05, 2))
def test_path_is_the_same_at_any_frame_rate(rate, temporal_smoothing):
    path = LatentPath(temporal_smoothing)
    path.follow(torch.zeros(1), time=0.0)
    for frame in range(1, rate + 1):
        at = path.follow(torch.ones(1), time=frame / rate)
    assert at.item() == pytest.approx(
        1 - torch.tensor(-1 / temporal_smoothing).exp().item(), abs=1e-4
    )


def test_path_steadies_noise_and_reaches_what_stays():
    rng, path = torch.Generator().manual_seed(0), LatentPath(0.5)
    places = [path.follow(torch.randn(1, generator=rng), time=n / 30).item() for n in range(300)]
    assert torch.tensor(places[30:]).std() < 0.4
    for n in range(300, 600):
        last = path.follow(torch.full((1,), 5.0), time=n / 30)
    assert last.item() == pytest.approx(5, abs=1e-3)


def test_without_calm_the_path_is_what_was_found():
    path = LatentPath(0)
    for n in range(3):
        ws = torch.full((2,), float(n))
        assert torch.equal(path.follow(ws, time=n), ws)


def test_negative_calm_is_refused():
    with pytest.raises(InputError, match="0 seconds or more"):
        ClipOptions(temporal_smoothing=-1)


def test_frames_are_drawn_one_by_one_as_in_a_stream():
    (one, _), (other, _) = start(temporal_smoothing=0.2), start(temporal_smoothing=0.2)
    single = [one.draw(image, time=time) for image, time in fade(3, LEFT)]
    stream, counts = draw(other, fade(3, LEFT), 1)
    assert counts == [1, 1, 1]
    assert all(np.array_equal(a, b) for a, b in zip(single, stream, strict=True))


@pytest.mark.parametrize("portrait", [None, 48])
def test_frames_with_latents_of_their_own_are_as_ever(portrait):
    (full, often), (filled, seldom) = start(portrait=portrait), start(portrait=portrait)
    each, _ = draw(full, fade(9, LEFT), 1)
    some, counts = draw(filled, fade(9, LEFT), 3)
    assert (often.asked, seldom.asked, counts) == (9, 4, [1] * 9)  # 0, 3, 6, and the last
    same = [np.array_equal(a, b) for a, b in zip(each, some, strict=True)]
    assert all(same[n] for n in (0, 3, 6, 8))
    assert not all(same)
    gaps = [np.abs(a - b).mean() for a, b in zip(each, some, strict=True)]
    steps = [np.abs(a - b).mean() for a, b in pairwise(each)]
    assert max(gaps) < max(steps)  # between is not far from either


def test_faces_are_filled_while_they_are_there():
    film, encoder = start()
    frames = [*fade(4, LEFT), *fade(10, LEFT, RIGHT), *fade(16, LEFT)]
    timed = [(image, number / 10) for number, (image, _) in enumerate(frames)]
    made, counts = draw(film, timed, 6)
    assert counts[:14] == [1] * 4 + [2] * 10
    assert counts[-1] == 1
    assert encoder.asked < 15
    changed = [
        np.abs(a - b[0])[30:55, 105:135].mean() > 1 for a, b in zip(made, timed, strict=True)
    ]
    assert changed[4:14] == [True] * 10  # from the first frame that shows it


def test_short_clips_are_whole():
    film, encoder = start()
    assert draw(film, fade(1, LEFT), 10)[1] == [1]
    assert encoder.asked == 1
    assert draw(start()[0], (), 10) == ([], [])
    assert draw(start()[0], fade(3), 2)[1] == [0, 0, 0]
