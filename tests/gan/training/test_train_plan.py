import dataclasses

import pytest
import torch

from facewright.errors import InputError
from facewright.gan.training.options import TrainOptions
from facewright.gan.training.plan import plan_training

CPU = torch.device("cpu")


def test_a_plan_resolves_what_was_left_open(tiny_dataset):
    plan = plan_training(tiny_dataset, TrainOptions(cond=True, precision="float32"), CPU)
    config, G, D = plan.config, plan.generator, plan.discriminator
    assert (config.batch, config.lr, config.path_length_weight) == (32, 0.0025, 2)
    assert config.gamma == pytest.approx(0.0002 * 16**2 / 32)
    assert (config.ema_kimg, config.ema_rampup) == (10, 0.05)
    assert (config.ada_target, config.ada_kimg, config.dtype) == (0.6, 500, torch.float32)
    assert (G.resolution, G.c_dim, G.z_dim, G.w_dim, G.mapping_layers) == (16, 4, 512, 512, 2)
    assert (G.architecture, D.architecture) == ("skip", "resnet")
    assert (G.channel_base, D.channel_base, D.group_size, D.c_dim) == (16384, 16384, 4, 4)
    assert G.conv_clamp is None


def test_a_plan_keeps_what_was_asked_for(tiny_dataset):
    asked = {"batch": 6, "gamma": 0.0, "lr": 0.001, "channel_base": 128, "mapping_layers": 3}
    options = TrainOptions(
        cfg="stylegan2",
        path_length_weight=0,
        discriminator_architecture="orig",
        generator="resnet",
        **asked,
    )
    plan = plan_training(tiny_dataset, options, CPU)
    config = dataclasses.asdict(plan.config) | dataclasses.asdict(plan.generator)
    assert {name: config[name] for name in asked} == asked
    assert (config["path_length_weight"], plan.generator.architecture) == (0, "resnet")
    assert (plan.discriminator.architecture, plan.discriminator.group_size) == ("orig", 3)


@pytest.mark.parametrize(("aug", "target"), [("ada", 0.6), ("fixed", None), ("noaug", None)])
def test_only_adaptive_augmentation_has_a_target(aug, target, tiny_dataset):
    assert plan_training(tiny_dataset, TrainOptions(aug=aug), CPU).config.ada_target == target


def test_transfer_adapts_sooner_and_averages_at_once(tiny_dataset):
    config = plan_training(tiny_dataset, TrainOptions(resume="x"), CPU).config
    assert (config.ada_kimg, config.ema_rampup) == (100, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kimg": 0}, "--kimg"),
        ({"tick_kimg": 0}, "--tick-kimg"),
        ({"snap": 0}, "--snap"),
        ({"aug": "some"}, "--aug"),
        ({"p": 1.5}, "--p"),
        ({"target": 0}, "--target"),
        ({"gamma": -1}, "--gamma"),
        ({"lr": 0}, "--lr"),
        ({"freezed": -1}, "--freezed"),
        ({"augpipe": "bgx"}, "bgcfnc"),
        ({"batch": 0}, "--batch is above 0"),
        ({"kimg": float("inf")}, "--kimg is a number, not inf"),
        ({"gamma": float("nan")}, "--gamma is a number, not nan"),
        ({"target": float("nan")}, "--target is a number"),
        ({"mapping_layers": 0}, "--mapping-layers is above 0"),
        ({"channel_base": 0}, "--channel-base is above 0"),
        ({"channel_max": -4}, "--channel-max is above 0"),
        ({"path_length_weight": -1}, "--path-length-weight is 0 or more"),
        ({"seed": -1}, "--seed is 0 or more"),
        ({"seed": 1 << 60}, "--seed is below"),
        ({"cfg": "paper64"}, "paper64"),
        ({"precision": "float16"}, "float16"),
        ({"generator": "dense"}, "dense"),
        ({"kimg": -1, "snap": 0}, "--kimg is above 0; --snap"),
    ],
)
def test_options_that_make_no_sense_are_refused(changes, message, train, tiny_dataset, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        train(tiny_dataset, tmp_path / "run", **changes)
    assert error.value.hint
    assert not (tmp_path / "run").exists()
