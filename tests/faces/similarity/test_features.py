"""Feature maps of faces: shapes, a distance that behaves like one, and what is kept."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.faces.detection.blocks import fold_norms
from facewright.faces.similarity.features import (
    FaceFeatures,
    FeaturesConfig,
    compare_traits,
    load_face_features,
    pack_features,
)
from facewright.types import Bundle, Card

TINY = FeaturesConfig(size=16, widths=(3, 4), depths=(0, 1))
CARD = Card("tiny", "face-features")


def build() -> FaceFeatures:
    with torch.random.fork_rng():
        torch.default_generator.set_state(seeded(0).get_state())
        return fold_norms(FaceFeatures(TINY).eval())


def draw(seed: int, *, size: int = 16) -> torch.Tensor:
    return torch.rand(2, 3, size, size, generator=seeded(seed)) * 2 - 1


def test_every_stage_halves_the_picture() -> None:
    assert [tuple(x.shape) for x in build()(draw(0))] == [(2, 3, 8, 8), (2, 4, 4, 4)]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.integers(100, 199))
def test_equal_faces_are_at_no_distance_and_others_are(one: int, other: int) -> None:
    network = build()
    assert network.compare(draw(one), draw(one)).tolist() == [0, 0]
    there, back = network.compare(draw(one), draw(other)), network.compare(draw(other), draw(one))
    assert torch.allclose(there, back)
    assert ((there > 0) & (there <= 4)).all()


def test_traits_are_those_of_the_whole_face() -> None:
    network = build()
    seen, mirrored, others = network(draw(0)), network(draw(0).flip(3)), network(draw(1))
    last = seen[-1]
    turned = [*seen[:-1], last.flip(3)]
    assert torch.allclose(compare_traits(seen, turned), torch.zeros(2), atol=1e-6)
    assert (compare_traits(seen, others) > 0).all()
    assert (compare_traits(seen, mirrored) <= 1).all()


def test_faces_of_other_sizes_are_resized() -> None:
    network = build()
    for size in (8, 32):
        assert network(draw(0, size=size))[0].shape == (2, 3, 8, 8)


def test_the_distance_has_gradients() -> None:
    picture = draw(0).requires_grad_()
    build().compare(picture, draw(1)).sum().backward()
    assert picture.grad is not None
    assert picture.grad.any()


def test_a_bundle_keeps_a_network() -> None:
    network = build()
    loaded = load_face_features(pack_features(network, CARD))
    pairs = zip(loaded(draw(0)), network(draw(0)), strict=True)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in pairs)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match="compared"):
        build().compare(draw(0), draw(0, size=8))
    with pytest.raises(InputError, match="halved"):
        FeaturesConfig(size=10)
    with pytest.raises(InputError, match="depth"):
        FeaturesConfig(depths=(1,))
    with pytest.raises(InputError, match="kind"):
        pack_features(build(), Card("tiny", "generator"))
    with pytest.raises(WeightsError, match="generator"):
        load_face_features(Bundle(Card("tiny", "generator"), {}, {}))
