"""Runs of StyleGAN 1: what they leave behind, and that nothing is lost when they stop."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from facewright.datasets.dataset import open_dataset
from facewright.errors import TrainingError
from facewright.gan.training.progressive.options import StyleGAN1Options
from facewright.gan.training.progressive.train import iterate_stylegan1
from facewright.gan.training.snapshots import load_run
from facewright.gan.weights import load_generator
from facewright.hub.bundle import load_bundle
from facewright.latents.sample import sample_people
from facewright.media.decode import read_image
from facewright.provenance.publish import read_manifest
from facewright.training.checkpoint import flatten_state

CPU = torch.device("cpu")


def assert_same_state(one: Path, two: Path) -> None:
    (tensors, rest), (others, other_rest) = (
        flatten_state({key: load_run(folder)[key] for key in ("contest", "position")})
        for folder in (one, two)
    )
    assert rest == other_rest
    assert tensors.keys() == others.keys()
    assert [name for name in tensors if not torch.equal(tensors[name], others[name])] == []


def count_images(outdir: Path) -> int:
    run: Any = load_run(outdir)
    return run["contest"]["images"] if run else 0


# ---------------------------------------------------------------- what a run leaves behind


def test_a_run_grows_report_by_report(grow, tiny_dataset, tmp_path):
    ticks = grow(tiny_dataset, tmp_path)
    grown = [(t.images, t.values["resolution"], t.values["alpha"], t.done) for t in ticks]
    assert grown == [
        (16, 4, 1, False),
        (24, 4, 1, False),
        (36, 8, 0.75, False),
        (48, 8, 1, False),
        (60, 16, 0.75, False),
        (72, 16, 1, True),
    ]
    assert all({"loss_G", "loss_D", "r1"} <= tick.values.keys() for tick in ticks)
    names = {path.name for path in tmp_path.glob("*.*") if not path.name.startswith("events.")}
    assert {"reals.png", "fakes_init.png", "stats.jsonl", "fakes-000000.036.png"} <= names
    assert {n for n in names if n.startswith("snapshot")} == {
        f"snapshot-000000.0{images}.safetensors" for images in (24, 48, 72)
    }


def test_sheets_have_the_final_size_and_say_how_they_came_about(grown_run, progressive_options):
    early, late = (grown_run / f"fakes-000000.0{n}.png" for n in (24, 72))
    assert read_image(early).shape == read_image(late).shape
    manifest = read_manifest(early)
    assert manifest.task == "train stylegan1"
    assert manifest.parameters == {**progressive_options().to_json(), "images": 24}


def test_weights_are_those_of_the_averaged_generator_as_far_as_it_has_grown(grown_run):
    state: Any = load_run(grown_run)["contest"]["G_ema"]
    generator = load_generator(load_bundle(grown_run / "snapshot-000000.072.safetensors"))
    for name, tensor in generator.state_dict().items():
        assert torch.equal(tensor, state[name].half().float()), name
    for images, resolution in ((24, 4), (48, 8), (72, 16)):
        path = grown_run / f"snapshot-000000.0{images}.safetensors"
        person = next(iter(sample_people(load_generator(load_bundle(path)), [0], batch=1)))
        assert person.image.shape == (resolution, resolution, 3)


def test_a_snapshot_in_a_fade_in_draws_what_was_trained(grow, tiny_dataset, tmp_path):
    grow(tiny_dataset, tmp_path, kimg=0.036)
    config = load_generator(load_bundle(tmp_path / "snapshot-000000.036.safetensors")).config
    assert (config.resolution, config.fade) == (8, 0.75)


# ---------------------------------------------------------------- stopping and going on


@pytest.mark.parametrize("changes", [{}, {"loss": "wgan-gp", "n_critic": 2}], ids=str)
def test_stops_in_fade_ins_change_no_bit(changes, grow, tiny_dataset, grown_run, tmp_path):
    whole = grown_run
    if changes:
        whole = tmp_path / "whole"
        grow(tiny_dataset, whole, **changes)
    for kimg in (0.016, 0.028, 0.036, 0.052, 0.072):  # in 4, and early and late in fade-ins
        grow(tiny_dataset, tmp_path / "parts", kimg=kimg, **changes)
    assert_same_state(tmp_path / "parts", whole)


def test_ctrl_c_in_a_fade_in_leaves_a_checkpoint(
    grow, progressive_options, tiny_dataset, grown_run, tmp_path, capfd
):
    ticks = iterate_stylegan1(tiny_dataset, tmp_path, progressive_options(), device=CPU)
    for tick in ticks:
        if tick.images == 24:
            signal.raise_signal(signal.SIGINT)
    assert "press Ctrl-C again" in capfd.readouterr().err
    assert count_images(tmp_path) == 28
    assert load_run(tmp_path)["contest"]["alpha"] == 0.25
    grow(tiny_dataset, tmp_path)
    assert_same_state(tmp_path, grown_run)


@pytest.mark.slow  # stops in fade-ins are tested above, killed runs with the loop that all share
def test_a_run_killed_in_a_fade_in_goes_on_to_the_same_bits(
    grow, progressive_options, tiny_archive, tiny_dataset, grown_run, tmp_path
):
    """The process is killed once it has reported the 36th picture; its last checkpoint has 24."""
    text = json.dumps(dataclasses.asdict(progressive_options()))
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, __file__, str(tiny_archive), str(tmp_path), text]
    with subprocess.Popen(arguments, env=environ, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline()
        process.kill()
    assert said == "36 0.75\n"
    assert count_images(tmp_path) == 24
    grow(tiny_dataset, tmp_path)
    assert_same_state(tmp_path, grown_run)


def test_other_options_are_refused(grow, tiny_dataset, grown_run):
    with pytest.raises(TrainingError, match="n_critic 1"):
        grow(tiny_dataset, grown_run, n_critic=2)
    with pytest.raises(TrainingError, match="batch_at"):
        grow(tiny_dataset, grown_run, batch_at={"8": 4})
    with pytest.raises(TrainingError, match="holds a run"):
        grow(tiny_dataset, grown_run, continue_=False)


def test_losses_that_are_no_numbers_end_the_run(grow, tiny_dataset, tmp_path):
    with pytest.raises(TrainingError, match="not a number"):
        grow(tiny_dataset, tmp_path, lr=1e30)


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.modules["torch.utils.tensorboard"] = None  # as if it were not installed: it starts slowly
    pictures = open_dataset(Path(sys.argv[1]), cond=True, mirror=True)
    asked = json.loads(sys.argv[3])
    for tick in iterate_stylegan1(
        pictures, Path(sys.argv[2]), StyleGAN1Options(**asked), device=CPU
    ):
        if tick.images == 36:
            print(tick.images, tick.values["alpha"], flush=True)  # noqa: T201
            time.sleep(60)  # until somebody kills it
