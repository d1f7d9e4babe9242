from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tests.gan.fixtures import train_generator

from facewright.datasets.labels import LabelGroup
from facewright.device import seeded
from facewright.errors import InputError
from facewright.gan.anchors.find import anchor_by_labels
from facewright.gan.training.plan import FREE_Z, check_options
from facewright.gan.training.projected.anchored import Anchoring
from facewright.gan.training.projected.efficientnet import EfficientNetLite0
from facewright.gan.training.snapshots import load_run
from facewright.gan.weights import load_appearance, load_generator, load_labels
from facewright.hub.bundle import load_bundle
from facewright.training.checkpoint import flatten_state

CPU = torch.device("cpu")


def read_tensors(outdir):
    run: Any = load_run(outdir)
    return flatten_state(run["contest"])[0]


def describe_pictures(dataset):
    """Return the dataset with labels of its own: the mean colour of each picture and noise."""
    colours = torch.from_numpy(dataset.images(np.arange(len(dataset))).mean((1, 2))) / 128 - 1
    rest = torch.randn(len(dataset), 3, generator=seeded(5))
    labels = torch.cat([colours.float(), rest], 1)
    groups = (LabelGroup("parameters", tuple("abcdef")),)
    return replace(dataset, labels=labels, label_groups=groups)


def train_described(dataset, outdir, options):
    torch.default_generator.set_state(seeded(0).get_state())
    backbone = EfficientNetLite0().eval().requires_grad_(False)
    anchoring = Anchoring(backbone, anchor_by_labels(dataset))
    return train_generator(dataset, outdir, options, device=CPU, anchoring=anchoring)


def test_a_run_anchored_by_labels_that_stopped_goes_on_to_the_same_bits(
    tiny_dataset, tiny_options, tmp_path
):
    described = describe_pictures(tiny_dataset)
    anchored = {"anchor": "labels", "anchor_kimg": 0.004, "w_dim": 80}
    short, long = (
        tiny_options(kimg=kimg, discriminator="projected", **anchored) for kimg in (0.008, 0.016)
    )
    weights = train_described(described, tmp_path / "whole", long)
    train_described(described, tmp_path / "parts", short)
    train_described(described, tmp_path / "parts", long)
    one, other = (read_tensors(tmp_path / name) for name in ("whole", "parts"))
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []
    bundle = load_bundle(weights)
    assert load_generator(bundle).config.z_dim == FREE_Z
    assert load_appearance(bundle) is None
    assert load_labels(bundle).vectors.shape == (len(described), 6)


def test_labels_steer_what_is_drawn_before_the_first_step(tiny_dataset, tiny_options, tmp_path):
    described = describe_pictures(tiny_dataset)
    options = tiny_options(kimg=0.004, anchor="labels", anchor_kimg=1, lr=1e-9, ema_kimg=0.001)
    generator = load_generator(load_bundle(train_described(described, tmp_path / "run", options)))
    z = torch.randn(len(described), FREE_Z, generator=seeded(1))
    drawn = generator(z, described.labels).mean((2, 3))  # [n 3]
    agreement = torch.corrcoef(torch.stack([drawn[:, 0], described.labels[:, 0]]))[0, 1]
    assert agreement > 0.9


def test_labels_that_many_pictures_share_do_not_say_what_each_looks_like(tiny_dataset):
    with pytest.raises(InputError, match="different labels"):
        anchor_by_labels(tiny_dataset)
    with pytest.raises(InputError, match="0 different labels"):
        anchor_by_labels(tiny_dataset.unlabelled())


def test_labels_are_learned_with_cond_alone(tiny_options):
    with pytest.raises(InputError, match="--cond"):
        check_options(tiny_options(anchor="labels", cond=False))
