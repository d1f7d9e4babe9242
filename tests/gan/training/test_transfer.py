import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.gan.fixtures import train_generator

from facewright.datasets.dataset import Dataset, open_dataset
from facewright.errors import TrainingError, WeightsError
from facewright.gan.augment.pipeline import PIPES, Augment
from facewright.gan.generator import Generator
from facewright.gan.training.options import TrainOptions
from facewright.gan.training.plan import plan_training
from facewright.gan.training.snapshots import load_run
from facewright.gan.training.steps import AdversarialTrainer
from facewright.gan.training.transfer import (
    adopt_shape,
    check_start,
    shape_of_bundle,
    shape_of_run,
    transfer,
)
from facewright.gan.weights import pack_generator
from facewright.hub.bundle import load_bundle
from facewright.training.distributed import Processes
from facewright.types import Bundle, Card

CPU = torch.device("cpu")
SHAPE = ("channel_base", "channel_max", "mapping_layers", "z_dim", "w_dim")
OPEN: dict[str, Any] = dict.fromkeys(SHAPE)


@pytest.fixture(scope="module")
def finished(train, tiny_dataset, tmp_path_factory) -> Path:
    """The folder of a short run."""
    outdir = tmp_path_factory.mktemp("runs") / "short"
    train(tiny_dataset, outdir, kimg=0.008)
    return outdir


def test_transfer_copies_what_fits_and_leaves_the_rest(
    tiny_options, finished, tiny_dataset, tmp_path
):
    tensors = load_bundle(finished / "snapshot-000000.008.safetensors").tensors
    options = tiny_options(kimg=0.004, lr=1e-12, channel_max=4, aug="noaug", resume="finished")
    start = {"G_ema": tensors}
    train_generator(tiny_dataset, tmp_path, options, device=CPU, start=start)
    run: Any = load_run(tmp_path)
    fresh = build_contest(tiny_dataset, options)
    copied = set()
    for name in ("G", "G_ema"):
        for key, tensor in run["contest"][name].items():
            fits = tensors[key].shape == tensor.shape
            source = tensors[key].float() if fits else getattr(fresh, name).state_dict()[key]
            limit = 0.1 if key.endswith("w_avg") else 1e-6  # it moves with every step
            torch.testing.assert_close(tensor, source, rtol=0, atol=limit)
            copied |= {key} if fits else set()
    assert {"mapping.fc0.weight", "synthesis.b16.conv1.weight"} <= copied
    assert "synthesis.b4.const" not in copied
    for key, tensor in run["contest"]["D"].items():
        torch.testing.assert_close(tensor, fresh.D.state_dict()[key], rtol=0, atol=1e-6)


def test_transfer_from_a_run_takes_all_three_networks(
    tiny_options, finished, tiny_dataset, tmp_path
):
    earlier: Any = load_run(finished)
    start = {name: earlier["contest"][name] for name in ("G", "G_ema", "D")}
    options = tiny_options(kimg=0.004, lr=1e-12, aug="noaug", resume="finished", freezed=2)
    train_generator(tiny_dataset, tmp_path, options, device=CPU, start=start)
    run: Any = load_run(tmp_path)
    for name, network in start.items():
        for key in set(network) - {"mapping.w_avg"}:
            limit = 0.05 if name == "G_ema" else 1e-6  # the average moves towards G at once
            torch.testing.assert_close(run["contest"][name][key], network[key], rtol=0, atol=limit)


def test_transfer_from_something_else_is_refused(tiny_options, tiny_dataset, tmp_path):
    start = {"G_ema": {"other": torch.zeros(2), "mapping.w_avg": torch.zeros(3)}}
    with pytest.raises(TrainingError, match="none of the weights .* 0 of ") as error:
        train_generator(tiny_dataset, tmp_path, tiny_options(), device=CPU, start=start)
    assert "--channel-base" in error.value.hint


def build_contest(dataset: Dataset, options: TrainOptions) -> AdversarialTrainer:
    plan = plan_training(dataset, options, CPU)
    return AdversarialTrainer(
        plan.generator,
        plan.discriminator,
        plan.config,
        labels=dataset.labels,
        augment=Augment(PIPES["bgc"]),
        seed=options.seed,
        device=CPU,
        processes=Processes(),
    )


def test_exactly_the_tensors_that_fit_are_copied(tiny_options, tiny_dataset):
    trainer = build_contest(tiny_dataset, tiny_options())
    fresh = build_contest(tiny_dataset, tiny_options())
    wide = build_contest(tiny_dataset, tiny_options(seed=9, channel_max=4))
    tensors = wide.G_ema.state_dict() | {"mapping.of_another": torch.zeros(3)}
    transfer(trainer, {"G_ema": tensors})
    for name in ("G", "G_ema", "D"):
        for key, tensor in getattr(trainer, name).state_dict().items():
            fits = name != "D" and tensors[key].shape == tensor.shape
            source = tensors if fits else getattr(fresh, name).state_dict()
            assert torch.equal(tensor, source[key]), (name, key)


def test_transfer_says_how_much_it_copied(tiny_options, tiny_dataset):
    trainer, other = (build_contest(tiny_dataset, tiny_options(seed=seed)) for seed in (1, 2))
    said = transfer(trainer, {"G_ema": other.G.state_dict()})
    every, own = len(trainer.G.state_dict()), len(trainer.D.state_dict())
    assert said == (
        f"copied {every} of {every} tensors of the generator and 0 of {own} tensors of the "
        "discriminator"
    )


def test_a_run_that_leaves_the_labels_out_hears_of_it(tiny_options, tiny_archive, tiny_dataset):
    other = build_contest(tiny_dataset, tiny_options())
    plain = build_contest(open_dataset(tiny_archive), tiny_options(cond=False))
    assert "with --cond" in transfer(plain, {"G_ema": other.G.state_dict()})


def test_transfer_of_the_mapping_alone_is_refused(tiny_options, tiny_dataset):
    trainer = build_contest(tiny_dataset, tiny_options())
    wide = build_contest(tiny_dataset, tiny_options(channel_base=128, channel_max=16))
    with pytest.raises(TrainingError, match="layers that draw") as error:
        transfer(trainer, {"G_ema": wide.G.state_dict()})
    assert "--channel-base" in error.value.hint


def test_the_log_tells_what_was_copied(tiny_options, tiny_dataset, finished, tmp_path, capsys):
    earlier: Any = load_run(finished)
    start = {"G_ema": earlier["contest"]["G_ema"]}
    options = tiny_options(kimg=0.004, resume="x")
    train_generator(tiny_dataset, tmp_path, options, device=CPU, start=start)
    assert "tensors of the generator and 0 of" in capsys.readouterr().err


def test_what_is_left_open_is_taken_from_the_weights(tiny_config, tiny_options):
    config = tiny_config(architecture="resnet", channel_base=32)
    bundle = pack_generator(Generator(config), Card(name="x", kind="generator"))
    options = adopt_shape(tiny_options(**OPEN), shape_of_bundle(bundle))
    assert (options.channel_base, options.channel_max) == (32, 8)
    assert (options.mapping_layers, options.generator) == (2, "resnet")
    assert (options.z_dim, options.w_dim, options.linear_rgb) == (8, 8, 0)
    assert options.discriminator_architecture is None
    kept = tiny_options(generator="orig", z_dim=16, w_dim=16, linear_rgb=0)
    assert adopt_shape(kept, shape_of_bundle(bundle)) == kept


def test_what_is_left_open_is_taken_from_a_run(tiny_options, finished):
    run: Any = load_run(finished)
    options = adopt_shape(tiny_options(**OPEN), shape_of_run(run))
    sizes = {"z_dim": 16, "w_dim": 16, "linear_rgb": 0}
    same = tiny_options(generator="skip", discriminator_architecture="resnet", **sizes)
    assert options == same
    run["options"] |= {"cfg": "cifar", "channel_base": None, "mapping_layers": None}
    shape = shape_of_run(run)
    assert (shape["channel_base"], shape["mapping_layers"]) == (32768, 2)
    assert (shape["channel_max"], shape["discriminator_architecture"]) == (8, "orig")


def test_weights_of_another_kind_have_no_shape():
    with pytest.raises(WeightsError, match="`x` is a encoder, not a generator"):
        shape_of_bundle(Bundle(Card(name="x", kind="encoder"), {}, {}))


@pytest.mark.parametrize("start", [None, {"G_ema": {"x": torch.zeros(1)}}])
def test_freezing_layers_that_have_learned_nothing_is_refused(
    start, tiny_options, tiny_dataset, tmp_path
):
    options = dataclasses.replace(tiny_options(), freezed=2)
    with pytest.raises(TrainingError, match="--freezed 2") as error:
        train_generator(tiny_dataset, tmp_path / "run", options, device=CPU, start=start)
    assert "--resume RUNFOLDER" in error.value.hint
    assert not (tmp_path / "run").exists()
    check_start(options, {"G_ema": {}, "D": {"x": torch.zeros(1)}})
