"""Faces that look alike score high."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut

from facewright.errors import InputError, WeightsError
from facewright.faces.similarity.gradients import LENGTH
from facewright.faces.similarity.identity import (
    Likeness,
    compare_faces,
    embed_face,
    embed_faces,
    load_likeness,
    measure_likeness,
    pack_likeness,
)
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.hub.store import STARTER
from facewright.types import Bundle, Card, Crop

CARD = Card("test", "likeness")


def make_likeness(axes=6):
    rng = np.random.default_rng(0)
    return Likeness(
        rng.uniform(0, 1, LENGTH).astype(np.float32),
        rng.normal(size=(LENGTH, axes)).astype(np.float32),
        threshold=0.4,
        spread=0.1,
    )


def crop(image):
    return Crop(np.ascontiguousarray(image), np.eye(2, 3), "tight")


def paint(seed):
    small = np.random.default_rng(seed).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    return cv2.resize(small, (96, 96), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def shipped():
    return load_likeness(load_bundle(STARTER / "likeness.safetensors"))


@pytest.fixture(scope="module")
def face():
    return astronaut()[68:188, 160:280]  # framed as `tight` frames it


vectors = st.lists(st.floats(-1, 1), min_size=6, max_size=6).filter(
    lambda v: np.linalg.norm(v) > 0.1
)


def unit(values):
    vector = np.float32(values)
    return vector / np.linalg.norm(vector)


def test_vectors_have_length_1():
    embedded = embed_faces(make_likeness(), [crop(paint(seed)) for seed in range(3)])
    assert embedded.shape == (3, 6)
    np.testing.assert_allclose(np.linalg.norm(embedded, axis=1), 1, atol=1e-5)


def test_one_face_is_embedded_as_among_others():
    likeness, crops = make_likeness(), [crop(paint(seed)) for seed in range(3)]
    together = embed_faces(likeness, crops)
    np.testing.assert_allclose(embed_face(likeness, crops[1]), together[1], atol=1e-6)
    assert embed_faces(likeness, []).shape == (0, 6)


@given(vectors, vectors)
def test_likeness_is_symmetric_and_within_0_and_1(one, other):
    likeness, a, b = make_likeness(), unit(one), unit(other)
    score = measure_likeness(likeness, a, b)
    assert 0 <= score <= 1
    assert score == pytest.approx(measure_likeness(likeness, b, a))
    assert score <= measure_likeness(likeness, a, a) + 1e-6


def test_threshold_scores_one_half():
    likeness, a = make_likeness(2), np.float32([1, 0])
    at = np.float32([0.4, np.sqrt(1 - 0.16)])
    assert measure_likeness(likeness, a, at) == pytest.approx(0.5, abs=1e-4)


def test_table_of_scores_is_that_of_the_pairs():
    likeness = make_likeness()
    ones = embed_faces(likeness, [crop(paint(seed)) for seed in range(2)])
    others = embed_faces(likeness, [crop(paint(seed)) for seed in range(2, 5)])
    table = compare_faces(likeness, ones, others)
    assert table.shape == (2, 3)
    assert table[1, 2] == pytest.approx(measure_likeness(likeness, ones[1], others[2]))


def test_packing_and_loading_changes_nothing(tmp_path):
    likeness = make_likeness()
    save_bundle(tmp_path / "x.safetensors", pack_likeness(likeness, CARD))
    back = load_likeness(load_bundle(tmp_path / "x.safetensors"))
    np.testing.assert_array_equal(back.axes, likeness.axes)
    assert (back.threshold, back.spread) == (likeness.threshold, likeness.spread)


def test_weights_that_do_not_fit_are_refused():
    whole = pack_likeness(make_likeness(), CARD)
    wrong = [
        replace(whole, card=replace(CARD, kind="generator")),
        replace(whole, config={}),
        replace(whole, tensors={}),
        replace(whole, tensors={"mean": torch.zeros(3), "axes": torch.zeros(3, 2)}),
        Bundle(CARD, {"threshold": 0.4, "spread": 0}, whole.tensors),
    ]
    for bundle in wrong:
        with pytest.raises(WeightsError):
            load_likeness(bundle)
    with pytest.raises(InputError, match="kind `likeness`"):
        pack_likeness(make_likeness(), Card("test", "generator"))


def test_vectors_of_other_lengths_are_refused():
    with pytest.raises(InputError, match="one length"):
        compare_faces(make_likeness(), np.zeros((1, 6), np.float32), np.zeros((1, 5), np.float32))


def test_one_face_looks_like_itself_in_another_light_size_and_jpeg(shipped, face):
    small = cv2.resize(face, (64, 64), interpolation=cv2.INTER_AREA)
    dark = (face * np.linspace(0.35, 0.9, face.shape[1])[None, :, None]).astype(np.uint8)
    coded = cv2.imdecode(cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 1)
    shifted = np.roll(face, (2, -2), (0, 1))
    for other in (small, dark, coded, face[:, ::-1], shifted):
        pair = embed_faces(shipped, [crop(face), crop(other)])
        assert measure_likeness(shipped, *pair) > 0.9


def test_shipped_weights_are_small_and_listed():
    from facewright.hub.cards import known_cards

    entry = known_cards()["likeness"]
    assert entry.card.kind == "likeness"
    assert entry.card.size == (STARTER / entry.file).stat().st_size <= 2 << 20
