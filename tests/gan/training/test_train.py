import dataclasses
import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.gan.fixtures import train_generator

from facewright.datasets.dataset import open_dataset
from facewright.device import seeded
from facewright.errors import InputError, TrainingError
from facewright.gan.anchors.appearance import SIDE, average_shape, fit_appearance
from facewright.gan.anchors.find import Anchors
from facewright.gan.training.plan import plan_training
from facewright.gan.training.projected.anchored import Anchoring
from facewright.gan.training.projected.efficientnet import EfficientNetLite0
from facewright.gan.training.snapshots import load_run
from facewright.gan.weights import load_appearance, load_generator, load_labels
from facewright.hub.bundle import load_bundle
from facewright.provenance.publish import read_manifest
from facewright.training.checkpoint import flatten_state, latest_checkpoint, save_checkpoint
from facewright.training.lock import lock_run

CPU = torch.device("cpu")


def read_tensors(outdir: Path) -> tuple[dict[str, torch.Tensor], Any]:
    """Return everything that the newest checkpoint of a run holds, but for its options."""
    run: Any = load_run(outdir)
    return flatten_state({"contest": run["contest"], "position": run["position"]})


def assert_same_state(one: Path, two: Path) -> None:
    (tensors, rest), (others, other_rest) = read_tensors(one), read_tensors(two)
    assert rest == other_rest
    assert tensors.keys() == others.keys()
    assert [name for name in tensors if not torch.equal(tensors[name], others[name])] == []


def read_lines(outdir: Path) -> list[dict[str, Any]]:
    path = outdir / "stats.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture(scope="session")
def finished(train, tiny_dataset, tmp_path_factory) -> Path:
    """The folder of a run that nothing disturbed."""
    outdir = tmp_path_factory.mktemp("runs") / "finished"
    train(tiny_dataset, outdir)
    return outdir


# ---------------------------------------------------------------- what a run leaves behind


def test_a_run_leaves_pictures_weights_checkpoints_and_a_log(finished):
    names = {path.name for path in finished.iterdir() if not path.name.startswith("events.")}
    assert names == {
        "reals.png",
        "fakes_init.png",
        "fakes-000000.040.png",
        "fakes-000000.080.png",
        "snapshot-000000.040.safetensors",
        "snapshot-000000.080.safetensors",
        "checkpoint-0000000040.safetensors",
        "checkpoint-0000000080.safetensors",
        "stats.jsonl",
        ".lock",
    }


def test_the_log_has_a_line_per_tick(finished):
    lines = read_lines(finished)
    assert [line["images"] for line in lines] == list(range(8, 81, 8))
    always = {"images", "kimg", "seconds", "sec_per_kimg", "eta", "loss_G", "loss_D", "r_t", "p"}
    assert all(always | {"memory_GiB"} <= line.keys() for line in lines)
    assert {"r1", "path_length"} <= lines[0].keys()
    assert any(line["p"] > 0 for line in lines)
    assert lines[-1]["eta"] == 0


def test_every_picture_says_how_it_came_about(tiny_options, finished, tiny_dataset):
    for name, images in (("reals.png", 0), ("fakes_init.png", 0), ("fakes-000000.080.png", 80)):
        manifest = read_manifest(finished / name)
        assert manifest.task == "train generator"
        assert manifest.parameters == {**dataclasses.asdict(tiny_options()), "images": images}
        assert manifest.sources == {tiny_dataset.name: tiny_dataset.sha256}
        assert (manifest.torch, manifest.device) == (torch.__version__, "cpu")
        assert manifest.seeds == (3,)


def test_the_weights_are_those_of_the_averaged_generator(tiny_options, finished, tiny_dataset):
    bundle = load_bundle(finished / "snapshot-000000.080.safetensors")
    generator = load_generator(bundle)
    run: Any = load_run(finished)
    for name, tensor in run["contest"]["G_ema"].items():
        assert torch.equal(generator.state_dict()[name], tensor.half().float())
    assert generator.config == plan_training(tiny_dataset, tiny_options(), CPU).generator
    assert "tiny" in bundle.card.trained_on


def test_training_changes_every_tensor_that_can_learn(train, finished, tiny_dataset, tmp_path):
    train(tiny_dataset, tmp_path / "short", kimg=0.004)
    early, late = (load_run(folder)["contest"] for folder in (tmp_path / "short", finished))
    for name in ("G", "D", "G_ema"):
        same = {k for k in late[name] if torch.equal(early[name][k], late[name][k])}
        assert all(k.endswith("noise_const") for k in same)


# ---------------------------------------------------------------- stopping and going on


def test_stop_and_resume_equals_never_stopped(train, finished, tiny_dataset, tmp_path):
    train(tiny_dataset, tmp_path, kimg=0.044)  # between two ticks
    assert load_run(tmp_path)["contest"]["images"] == 44
    train(tiny_dataset, tmp_path, snap=2)
    assert_same_state(tmp_path, finished)
    images = [line["images"] for line in read_lines(tmp_path)]
    assert images == [8, 16, 24, 32, 40, 44, 48, 56, 64, 72, 80]


def test_a_finished_run_stays_as_it_is(train, finished, tiny_dataset):
    before = latest_checkpoint(finished).read_bytes()
    path = train(tiny_dataset, finished)
    assert path == finished / "snapshot-000000.080.safetensors"
    assert path.exists()
    assert latest_checkpoint(finished).read_bytes() == before
    assert [line["images"] for line in read_lines(finished)] == list(range(8, 81, 8))


def test_ctrl_c_finishes_the_step_and_nothing_is_lost(
    train, tiny_options, finished, tiny_dataset, tmp_path, capfd
):
    """The clock, which is read at every tick, sends the signal as a user would."""
    readings = []

    def clock() -> float:
        readings.append(len(readings))
        if len(readings) == 3:
            signal.raise_signal(signal.SIGINT)
        return float(len(readings))

    train_generator(tiny_dataset, tmp_path, tiny_options(), device=CPU, clock=clock)
    assert "press Ctrl-C again to stop at once" in capfd.readouterr().err
    stopped = load_run(tmp_path)["contest"]["images"]
    assert 0 < stopped < 80
    assert read_lines(tmp_path)[-1]["images"] == stopped
    train(tiny_dataset, tmp_path)
    assert_same_state(tmp_path, finished)


def test_other_options_in_the_same_folder_are_refused(train, finished, tiny_dataset):
    with pytest.raises(TrainingError, match=r"other options: gamma 1\.0, seed 3") as error:
        train(tiny_dataset, finished, gamma=2.0, seed=4)
    assert "--outdir" in error.value.hint


def test_another_dataset_in_the_same_folder_is_refused(train, finished, tiny_dataset):
    other = dataclasses.replace(tiny_dataset, sha256="0" * 64)
    with pytest.raises(TrainingError, match="another dataset than tiny") as error:
        train(other, finished)
    assert "--outdir" in error.value.hint


def test_runs_that_say_less_about_themselves_go_on(train, tiny_dataset, tmp_path):
    """Older ones name no dataset, and the defaults of today were spelt out."""
    train(tiny_dataset, tmp_path, kimg=0.004)
    path = latest_checkpoint(tmp_path)
    run: Any = load_run(tmp_path)
    del run["dataset"]
    assert run["options"]["generator"] is None
    run["options"]["generator"] = "skip"
    save_checkpoint(path, *flatten_state(run))
    train(tiny_dataset, tmp_path, kimg=0.008)
    assert load_run(tmp_path)["contest"]["images"] == 8
    with pytest.raises(TrainingError, match="other options: generator skip"):
        train(tiny_dataset, tmp_path, generator="orig")


def test_a_damaged_checkpoint_is_set_aside(train, tiny_dataset, finished, tmp_path, capsys):
    train(tiny_dataset, tmp_path, kimg=0.04)
    train(tiny_dataset, tmp_path, kimg=0.044)
    path = latest_checkpoint(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    train(tiny_dataset, tmp_path)
    assert "checkpoint-0000000044.safetensors" in capsys.readouterr().err
    assert path.with_suffix(".damaged").exists()
    assert_same_state(tmp_path, finished)


def test_a_folder_takes_one_run_at_a_time(train, tiny_dataset, tmp_path):
    with lock_run(tmp_path), pytest.raises(TrainingError, match="a run is going on"):
        train(tiny_dataset, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


# ---------------------------------------------------------------- what goes wrong


def test_losses_that_are_no_numbers_end_the_run_and_spare_the_checkpoint(
    train, tiny_dataset, tmp_path
):
    train(tiny_dataset, tmp_path, kimg=0.016)
    spoilt = dataclasses.replace(tiny_dataset, labels=tiny_dataset.labels * float("nan"))
    with pytest.raises(TrainingError, match="loss_D, loss_G.* not a number") as error:
        train(spoilt, tmp_path, kimg=0.032)
    assert "sound" in error.value.hint
    tensors, _ = read_tensors(tmp_path)
    assert latest_checkpoint(tmp_path).name == "checkpoint-0000000016.safetensors"
    assert all(tensor.isfinite().all() for tensor in tensors.values())
    train(tiny_dataset, tmp_path, kimg=0.02)
    assert load_run(tmp_path)["contest"]["images"] == 20


# ---------------------------------------------------------------- other runs


def test_a_fixed_probability_stays(train, tiny_dataset, tmp_path):
    train(tiny_dataset, tmp_path, aug="fixed", p=0.3, kimg=0.016)
    assert load_run(tmp_path)["contest"]["p"] == 0.3


def test_datasets_without_labels_can_be_learned(train, tiny_archive, tmp_path):
    plain = open_dataset(tiny_archive)
    path = train(plain, tmp_path, cond=False, mirror=False, kimg=0.004)
    generator = load_generator(load_bundle(path))
    assert generator.config.c_dim == 0
    assert generator(torch.randn(1, 16, generator=seeded(0))).isfinite().all()


# ---------------------------------------------------------------- anchors


def anchor_pictures(dataset) -> Anchors:
    """Return anchors of pictures that need not be faces: what is tested here is the run."""
    count = len(dataset)
    shapes = np.zeros((count, 478, 2), np.float32)
    shapes += torch.randn(count, 1, 2, generator=seeded(1)).numpy() * 0.01
    textures = torch.rand(count, SIDE, SIDE, 3, generator=seeded(2)).numpy()
    model = fit_appearance(textures, shapes, dataset.labels, size=4, mean=average_shape(shapes))
    return Anchors(model, model.encode(textures, shapes, dataset.labels))


def train_anchored(dataset, outdir, options):
    torch.default_generator.set_state(seeded(0).get_state())
    backbone = EfficientNetLite0().eval().requires_grad_(False)
    anchoring = Anchoring(backbone, anchor_pictures(dataset))
    return train_generator(dataset, outdir, options, device=CPU, anchoring=anchoring)


def test_an_anchored_run_that_stopped_goes_on_to_the_same_bits(
    tiny_dataset, tiny_options, tmp_path
):
    anchored = {"anchor": "components", "anchor_size": 4, "anchor_kimg": 0.004, "w_dim": 80}
    short, long = (
        tiny_options(kimg=kimg, discriminator="projected", **anchored) for kimg in (0.008, 0.016)
    )
    weights = train_anchored(tiny_dataset, tmp_path / "whole", long)
    train_anchored(tiny_dataset, tmp_path / "parts", short)
    train_anchored(tiny_dataset, tmp_path / "parts", long)
    assert_same_state(tmp_path / "whole", tmp_path / "parts")
    bundle = load_bundle(weights)
    assert load_generator(bundle).config.linear_rgb == 8
    appearance = load_appearance(bundle)
    assert appearance is not None
    assert appearance.size == 4


def test_anchors_that_were_asked_for_have_to_be_there(tiny_dataset, tiny_options, tmp_path):
    options = tiny_options(anchor="components", anchor_size=4, w_dim=80)
    with pytest.raises(InputError, match="not handed over"):
        train_generator(tiny_dataset, tmp_path / "run", options, device=CPU)


# ---------------------------------------------------------------- groups drawn equally often


def test_a_balanced_run_stopped_and_resumed_equals_one_never_stopped(train, tiny_dataset, tmp_path):
    balanced = tiny_dataset.balanced(["age", "gender"])
    train(balanced, tmp_path / "whole", balance="age,gender")
    train(balanced, tmp_path / "parts", balance="age,gender", kimg=0.044)
    train(balanced, tmp_path / "parts", balance="age,gender")
    assert_same_state(tmp_path / "parts", tmp_path / "whole")


def test_a_balanced_run_records_its_weights(train, tiny_dataset, tmp_path):
    balanced = tiny_dataset.balanced(["gender"])
    path = train(balanced, tmp_path, balance="gender", kimg=0.004)
    weights = [
        {"labels": "female", "pictures": 8, "weight": 1.5},
        {"labels": "male", "pictures": 16, "weight": 0.75},
    ]
    run: Any = load_run(tmp_path)
    assert run["dataset"]["weights"] == weights
    assert read_manifest(tmp_path / "fakes_init.png").parameters["weights"] == weights
    table = load_labels(load_bundle(path))
    female = table.vectors[:, 2] == 1
    assert table.counts[female].sum() == table.counts[~female].sum()


def test_a_run_does_not_go_on_with_another_balance(train, tiny_dataset, tmp_path):
    train(tiny_dataset, tmp_path, kimg=0.004)
    with pytest.raises(TrainingError, match="other options: balance None"):
        train(tiny_dataset.balanced(["age"]), tmp_path, balance="age")


def test_generated_people_get_labels_as_often_as_pictures_are_drawn(tiny_dataset):
    balanced = tiny_dataset.balanced(["gender"])
    assert balanced.drawn_labels[:, 2].mean() == balanced.drawn_labels[:, 3].mean() == 0.5
    assert tiny_dataset.drawn_labels is tiny_dataset.labels
