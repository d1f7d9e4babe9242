"""When which resolution is trained, and what is refused."""

from types import SimpleNamespace

import pytest
import torch

from facewright.errors import InputError
from facewright.gan.training.progressive.options import StyleGAN1Options
from facewright.gan.training.progressive.plan import plan_progressive

CPU = torch.device("cpu")


def plan(size=64, world=1, **changes):
    dataset = SimpleNamespace(resolution=size)
    return plan_progressive(dataset, StyleGAN1Options(**changes), CPU, world=world)


def test_resolutions_follow_each_other_and_fade_in():
    phases = plan(fade_kimg=600, stable_kimg=200).phases
    assert [(p.resolution, p.start, p.fade) for p in phases] == [
        (8, 0, 0),
        (16, 800_000, 600_000),
        (32, 1_600_000, 600_000),
        (64, 2_400_000, 600_000),
    ]


def test_alpha_rises_with_the_pictures_seen():
    steps = plan(fade_kimg=600, stable_kimg=200)
    found = [
        (steps.phase_at(images).resolution, steps.phase_at(images).alpha(images))
        for images in (0, 799_999, 800_000, 950_000, 1_400_000, 1_599_999, 1_600_000, 9_000_000)
    ]
    assert found == [(8, 1), (8, 1), (16, 0), (16, 0.25), (16, 1), (16, 1), (32, 0), (64, 1)]


def test_batches_and_learning_rates_belong_to_resolutions():
    phases = plan(batch=6, batch_at={"8": 64, "32": 12}, lr=0.001, lr_at={"64": 0.002}).phases
    assert [phase.batch for phase in phases] == [64, 6, 12, 6]
    assert [phase.lr for phase in phases] == [0.001, 0.001, 0.001, 0.002]


def test_networks_have_the_widths_of_the_paper():
    config = plan(1024).generator
    assert config.channels == (512, 512, 512, 512, 256, 128, 64, 32, 16)
    assert (config.z_dim, config.w_dim, config.mapping_layers) == (512, 512, 8)


def test_a_dataset_may_be_larger_than_what_is_drawn():
    assert plan(256, resolution=32).generator.resolution == 32


@pytest.mark.parametrize(
    "changes",
    [
        {"resolution": 128},
        {"resolution": 4},
        {"initial_resolution": 12},
        {"initial_resolution": 128},
        {"batch_at": {"16": 0}},
        {"batch_at": {"7": 8}},
        {"lr_at": {"16": -0.1}},
        {"lr": float("nan")},
        {"fade_kimg": 0, "stable_kimg": 0},
        {"fade_kimg": -1},
        {"n_critic": 0},
        {"style_mixing": 1.5},
        {"w_dim": 0},
        {"world": 3},
    ],
    ids=str,
)
def test_numbers_that_cannot_work_are_refused(changes):
    with pytest.raises(InputError):
        plan(**changes)
