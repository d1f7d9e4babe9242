import json
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from facewright.enhance.network import load_enhancer
from facewright.enhance.options import EnhancerTrainOptions
from facewright.enhance.train import EnhancerObjective, train_enhancer
from facewright.errors import InputError, TrainingError
from facewright.hub.bundle import load_bundle
from facewright.provenance.publish import read_manifest
from facewright.training.checkpoint import load_latest

CPU = torch.device("cpu")
OPTIONS = EnhancerTrainOptions(
    kimg=0.004, batch=2, tick_kimg=0.002, filters=4, blocks=1, patch=8, scale=2
)


class Stopping(list):
    """Pictures that ask for the end of the run when the third step is prepared."""

    asked = 0

    def __getitem__(self, index):
        self.asked += 1
        if self.asked == 5:
            signal.raise_signal(signal.SIGTERM)
        return super().__getitem__(index)


def test_a_stopped_run_ends_with_the_same_weights(pictures, tmp_path):
    options = replace(OPTIONS, kimg=0.01)
    whole = train_enhancer(pictures, tmp_path / "whole", options, device=CPU)
    stopping = replace(pictures, images=Stopping(pictures.images))
    train_enhancer(stopping, tmp_path / "parts", options, device=CPU)
    assert 0 < load_latest(tmp_path / "parts")[1]["images"] < 10
    parts = train_enhancer(pictures, tmp_path / "parts", options, device=CPU)
    one, two = load_bundle(whole), load_bundle(parts)
    assert all(torch.equal(tensor, two.tensors[name]) for name, tensor in one.tensors.items())


def test_a_run_leaves_an_enhancer_a_log_and_a_sheet(pictures, tmp_path):
    bundle = load_bundle(train_enhancer(pictures, tmp_path, OPTIONS, device=CPU))
    assert load_enhancer(bundle).config.scale == 2
    assert bundle.card.trained_on == "blurs"
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines] == [2, 4]
    assert "distance" in lines[0]
    manifest = read_manifest(tmp_path / "samples-000000.png")
    assert (manifest.task, manifest.sources) == ("train enhancer", {"blurs": "0" * 64})


def test_learning_beats_bicubic_interpolation(pictures, tmp_path):
    options = replace(OPTIONS, kimg=0.9, batch=3, tick_kimg=0.9, lr=0.02, filters=8, clean_share=1)
    network = load_enhancer(load_bundle(train_enhancer(pictures, tmp_path, options, device=CPU)))
    objective = EnhancerObjective(pictures.images, replace(options, shrink=1), CPU)
    batch, plain = objective.prepare(-50, 50), objective.build()
    learned, before = (objective.measure(n, batch)["distance"].item() for n in (network, plain))
    assert learned < 0.9 * before


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_patches_fit_what_they_were(pictures, scale):
    objective = EnhancerObjective(
        pictures.images, replace(OPTIONS, scale=scale, clean_share=1), CPU
    )
    batch = objective.prepare(0, 5)
    assert batch.small.shape == (5, 8, 8, 3)
    assert batch.truth.shape == (5, 8 * scale, 8 * scale, 3)
    means = batch.small.mean(axis=(1, 2)), batch.truth.mean(axis=(1, 2))
    assert np.abs(means[0] - means[1]).max() < 2


def test_an_example_is_the_same_in_any_batch(pictures):
    objective = EnhancerObjective(pictures.images, OPTIONS, CPU)
    whole, parts = objective.prepare(3, 4), [objective.prepare(3, 1), objective.prepare(4, 3)]
    assert np.array_equal(whole.small, np.concatenate([part.small for part in parts]))
    assert np.array_equal(whole.truth, np.concatenate([part.truth for part in parts]))


def test_a_picture_as_small_as_a_patch_is_taken_whole(pictures):
    objective = EnhancerObjective(pictures.images[:1], replace(OPTIONS, patch=20), CPU)
    truth = objective.prepare(0, 1).truth[0]
    whole = pictures.images[0]
    assert any(np.array_equal(truth, one) for one in (whole, whole[:, ::-1]))


def test_other_pictures_in_the_same_folder_are_refused(pictures, tmp_path):
    train_enhancer(pictures, tmp_path, OPTIONS, device=CPU)
    with pytest.raises(TrainingError, match="other pictures"):
        train_enhancer(replace(pictures, sha256="1" * 64), tmp_path, OPTIONS, device=CPU)


@pytest.mark.parametrize(
    "change",
    [{"scale": 3}, {"patch": 2}, {"clean_share": 1.5}, {"shrink": 0}, {"shrink": float("nan")}],
)
def test_options_that_make_no_sense_are_refused(pictures, tmp_path, change):
    with pytest.raises(InputError):
        train_enhancer(pictures, tmp_path, replace(OPTIONS, **change), device=CPU)
