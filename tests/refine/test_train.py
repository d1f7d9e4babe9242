import json
import signal
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from facewright.datasets.stored import Gathered
from facewright.device import seeded
from facewright.errors import InputError, TrainingError
from facewright.gan.training.projected.efficientnet import EfficientNetLite0
from facewright.hub.bundle import load_bundle
from facewright.provenance.publish import read_manifest
from facewright.refine.examples import cut_examples, pick_sharpest
from facewright.refine.network import load_refiner
from facewright.refine.options import RefinerTrainOptions
from facewright.refine.train import RefinerData, train_refiner
from facewright.training.checkpoint import load_latest

CPU = torch.device("cpu")
OPTIONS = RefinerTrainOptions(
    kimg=0.008, batch=2, tick_kimg=0.004, filters=4, blocks=1, patch=16, sharpest=1, warm_kimg=0.004
)


def paint(count, side, blur=1.0):
    rng = np.random.default_rng(side)
    noise = (rng.normal(128, 100, (side, side, 3)) for _ in range(count))
    return [cv2.GaussianBlur(x, (0, 0), blur).clip(0, 255).astype(np.uint8) for x in noise]


@pytest.fixture
def data():
    faces, drawn = (
        Gathered("faces", "0" * 64, paint(4, 44)),
        Gathered("drawn", "1" * 64, paint(3, 20)),
    )
    return RefinerData(faces, drawn, "tight", 20)


@pytest.fixture(scope="module")
def train():
    with torch.random.fork_rng():
        torch.default_generator.set_state(seeded(0).get_state())
        backbone = EfficientNetLite0().eval().requires_grad_(False)
    return lambda *given: train_refiner(*given, backbone=backbone, device=CPU)


class Stopping(list):
    """Pictures that ask for the end of the run when the third step is prepared."""

    asked = 0

    def __getitem__(self, index):
        self.asked += 1
        if self.asked == 5:
            signal.raise_signal(signal.SIGTERM)
        return super().__getitem__(index)


def test_a_stopped_run_ends_with_the_same_weights(data, train, tmp_path):
    whole = train(data, tmp_path / "whole", OPTIONS)
    faces = replace(data.drawn, images=Stopping(data.drawn.images))
    train(replace(data, drawn=faces), tmp_path / "parts", OPTIONS)
    seen = load_latest(tmp_path / "parts")[1]["images"]
    parts = train(data, tmp_path / "parts", OPTIONS)
    one, two = load_bundle(whole), load_bundle(parts)
    assert 0 < seen < 8
    assert all(torch.equal(tensor, two.tensors[name]) for name, tensor in one.tensors.items())


def test_a_run_leaves_a_refiner_a_log_and_a_sheet(data, train, tmp_path):
    bundle = load_bundle(train(data, tmp_path, OPTIONS))
    config = load_refiner(bundle).config
    assert (config.resolution, config.template) == (20, "tight")
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert "projected" not in lines[0]
    assert {"pixels", "features", "kept", "projected"} <= lines[1].keys()
    manifest = read_manifest(tmp_path / "samples-000000.png")
    assert manifest.sources == {"faces": "0" * 64, "drawn": "1" * 64}
    other = replace(data, drawn=None)
    with pytest.raises(TrainingError, match="a refiner of other pictures"):
        train(other, tmp_path, OPTIONS)


def test_without_drawn_faces_it_learns_from_real_ones(data, train, tmp_path):
    lines = train(replace(data, drawn=None), tmp_path, OPTIONS).with_name("stats.jsonl").read_text()
    assert "projected" in lines
    assert "kept" not in lines


def test_an_example_is_the_same_in_any_batch(data):
    def cut(first, count):
        sets = data.faces.images, data.drawn.images
        return cut_examples(*sets, range(first, first + count), replace(OPTIONS, patch=8))

    whole, parts = cut(3, 2), [cut(3, 1), cut(4, 1)]
    for name in ("small", "truth", "drawn"):
        one = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(getattr(whole, name), one)
    assert whole.truth.shape == (2, 16, 16, 3)
    assert whole.places.shape == (4, 2, 8, 8)


def test_faces_that_are_not_square_are_refused():
    tall = [paint(1, 40)[0][:, :38]]
    with pytest.raises(InputError, match="38×40 pixels"):
        cut_examples(tall, (), range(1), OPTIONS)


def test_flipped_parts_keep_the_order_of_their_places():
    faces = paint(1, 20)
    batch = cut_examples(faces, (), range(20), replace(OPTIONS, patch=8, shrink=1))
    steps = np.diff(batch.places[:, 0], axis=-1)
    assert np.allclose(steps, 2 / 10)
    assert np.allclose(np.diff(batch.places[:, 1], axis=-2), 2 / 10)


def test_the_sharpest_pictures_are_picked():
    images = [*paint(2, 32, 3.0), *paint(2, 32, 0.5), *paint(2, 32, 2.0)]
    assert pick_sharpest(images, 0.34) == [2, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"patch": 10}, "patch=10 is no multiple of 4"),
        ({"sharpest": 0}, "`sharpest` is above 0"),
        ({"feature_weight": -1}, "`feature_weight` is 0 or more"),
        ({"filters": 6}, "cannot be built"),
    ],
)
def test_wrong_options_are_refused(data, train, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        train(data, tmp_path, replace(OPTIONS, **change))
