from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.expressions.conftest import TINY, build

from facewright.errors import InputError, WeightsError
from facewright.expressions.classifier import (
    EXPRESSIONS,
    KIND,
    describe_scores,
    load_classifier,
    pack_classifier,
    read_keras,
    score_crops,
    score_faces,
    to_probabilities,
)
from facewright.expressions.compact import FINE, WIDE, CompactConfig
from facewright.expressions.xception import XceptionConfig
from facewright.faces.detection.blocks import fold_norms
from facewright.faces.geometry.topology import CANONICAL
from facewright.types import Bundle, Card, Face

CARD = Card("tiny", KIND)


def noise(count, size):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, size, size), dtype=np.uint8)


@pytest.mark.parametrize("config", [TINY, XceptionConfig(32, 2)])
def test_a_packed_classifier_says_the_same(config):
    network = fold_norms(build(config).eval())
    bundle = pack_classifier(network, CARD, temperature=2.0, neutral=np.arange(7) / 10)
    loaded = load_classifier(bundle)
    assert (loaded.size, loaded.temperature, loaded.neutral[3]) == (
        config.size,
        2.0,
        np.float32(0.3),
    )
    crops = noise(3, config.size)
    x = torch.from_numpy(crops)[:, None].float() / 127.5 - 1
    with torch.no_grad():
        expected = (network(x) + network(x.flip(3))) / 4
    found = score_crops(loaded, crops)
    np.testing.assert_allclose(found, expected, atol=0.05)  # bfloat16, where it is fast


def test_folding_leaves_what_is_named():
    network = build(TINY)
    network(torch.randn(64, 1, 16, 16))  # statistics that are not those of a fresh network
    network.eval()
    x = torch.randn(2, 1, 16, 16)
    with torch.no_grad():
        before = network(x)
        after = fold_norms(network)(x)
    torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-4)


def test_a_mirrored_face_says_the_same(classifier):
    crops = noise(5, 16)
    plain, mirrored = (score_crops(classifier, c) for c in (crops, crops[:, :, ::-1].copy()))
    np.testing.assert_allclose(plain, mirrored, atol=1e-5)


def test_light_and_contrast_do_not_matter_to_the_compact_network(classifier):
    crops = noise(4, 16) // 4
    lighter = crops * 2 + 40
    one, other = score_crops(classifier, crops), score_crops(classifier, lighter)
    assert np.abs(one - other).max() < 0.15 * np.abs(one).max()


def test_many_crops_are_scored_as_one_by_one(classifier):
    crops = noise(70, 16)
    together = score_crops(classifier, crops)
    single = np.concatenate([score_crops(classifier, crops[n : n + 1]) for n in range(70)])
    np.testing.assert_allclose(together, single, atol=1e-5)
    assert score_crops(classifier, crops[:0]).shape == (0, 7)


def test_colour_and_size_of_crops_do_not_matter(classifier):
    grey = np.full((40, 40), 90, np.uint8)
    grey[10:20, 5:35] = 200
    colour = np.repeat(grey[..., None], 3, axis=2)
    np.testing.assert_allclose(
        score_crops(classifier, [grey]), score_crops(classifier, [colour]), atol=0.02
    )


def test_faces_are_cut_out_of_their_picture(classifier):
    image = np.full((120, 120, 3), 100, np.uint8)
    points = (CANONICAL * 25 + np.float32([60, 55, 0])).astype(np.float32)
    box = np.concatenate([points[:, :2].min(0), points[:, :2].max(0)])
    scores = score_faces(classifier, image, [Face(box, points, 0.9)] * 2)
    assert scores.shape == (2, 7)
    assert score_faces(classifier, image, []).shape == (0, 7)


def test_probabilities_are_positive_and_sum_up():
    shares = to_probabilities(np.array([[1000, 0, 0, 0, 0, 0, -1000], [0] * 7], np.float32))
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert shares[0, 0] == pytest.approx(1)
    assert describe_scores(shares[1]) == dict.fromkeys(EXPRESSIONS, 0.1429)
    with pytest.raises(InputError, match="7 probabilities"):
        describe_scores(shares[:, 0])


def test_weights_of_another_kind_are_refused():
    bundle = pack_classifier(fold_norms(build(TINY).eval()), CARD)
    with pytest.raises(WeightsError, match="is of the kind mesh, not expressions"):
        load_classifier(replace(bundle, card=Card("x", "mesh")))
    told = {**bundle.config, "names": ["a", "b"]}
    with pytest.raises(WeightsError, match="names other expressions"):
        load_classifier(replace(bundle, config=told))
    told = {**bundle.config, KIND: {"network": "huge"}}
    with pytest.raises(WeightsError, match="no network is called `huge`"):
        load_classifier(replace(bundle, config=told))


def test_other_models_of_keras_are_left_alone():
    assert read_keras(Bundle(Card("x", "keras"), {}, {"dense/kernel": torch.zeros(1)})) is None
    assert read_keras(Bundle(Card("x", "generator"), {}, {})) is None


@pytest.mark.parametrize("config", [CompactConfig(), FINE, WIDE])
def test_the_compact_network_is_small(config):
    count = sum(p.numel() for p in build(config).parameters())
    assert count < 2_000_000  # 4 MiB in float16


@pytest.mark.parametrize(("size", "blocks"), [(48, 4), (64, 4), (96, 5), (96, 6)])
def test_the_family_of_xception_scales(size, blocks):
    network = build(XceptionConfig(size, blocks)).eval()
    with torch.no_grad():
        assert network(torch.zeros(1, 1, size, size)).shape == (1, 7)
