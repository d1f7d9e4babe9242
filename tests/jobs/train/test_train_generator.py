"""From a dataset to weights, as a user asks for it."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch

from facewright.cli.outcome import print_training
from facewright.errors import DatasetError, InputError, TrainingError, WeightsError
from facewright.gan.training.options import TrainOptions
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.train.generator import train_generator
from facewright.jobs.commands.train.runs import Outlook, RunFolder, Trained
from facewright.provenance.publish import read_manifest
from facewright.version import __version__

SHAPE = {"channel_base": 64, "channel_max": 8, "z_dim": 16, "w_dim": 16}
TINY = {"batch": 4, "precision": "float32", **SHAPE}


def train(dataset, outdir, **options):
    options = TrainOptions(**{**TINY, "kimg": 0.008, "tick_kimg": 0.004, **options})
    return train_generator(dataset, run=RunFolder(outdir=outdir, device="cpu"), options=options)


@pytest.fixture(scope="module")
def run(dataset, tmp_path_factory):
    """A short run, and how it ended."""
    outdir = tmp_path_factory.mktemp("runs") / "first"
    return outdir, train(dataset, outdir, cond=True, snap=1)


def test_dry_run_tells_the_plan_and_writes_nothing(dataset, tmp_path):
    options = TrainOptions(**TINY, cond=True, mirror=True)
    outlook = train_generator(
        dataset, run=RunFolder(outdir=tmp_path / "run", device="cpu"), options=options, dry_run=True
    )
    assert isinstance(outlook, Outlook)
    assert outlook.dataset["pictures"] == 24
    assert outlook.dataset["labels"] == ["age: 20-29", "age: 30-39", "age: 40-49"]
    assert outlook.plan["generator"]["resolution"] == 16
    assert outlook.plan["config"]["dtype"] == "float32"
    assert not (tmp_path / "run").exists()


def test_run_leaves_weights_that_draw_by_label(run, tmp_path):
    _, trained = run
    assert isinstance(trained, Trained)
    assert (trained.kimg, trained.finished) == (0.008, True)
    options = GenerateOptions(
        seeds="1", age="30-39", out=tmp_path / "x.png", weights=str(trained.weights)
    )
    assert generate_faces(options) == [tmp_path / "x.png"]


def test_sheets_say_which_version_drew_them(run):
    manifest = read_manifest(run[0] / "fakes-000000.008.png")
    assert (manifest.version, manifest.seeds) == (__version__, (0,))


def test_same_command_goes_on(dataset, tmp_path):
    assert train(dataset, tmp_path).kimg == 0.008
    assert train(dataset, tmp_path, kimg=0.016).kimg == 0.016


def test_folder_of_another_run_is_refused(dataset, run):
    outdir, _ = run
    with pytest.raises(TrainingError, match="holds a run with other options: mirror"):
        train(dataset, outdir, cond=True, mirror=True)


@pytest.mark.parametrize("kind", ["run", "weights"])
def test_training_starts_from_a_run_or_weights(dataset, run, tmp_path, kind):
    outdir, trained = run
    resume = str(outdir if kind == "run" else trained.weights)
    assert train(dataset, tmp_path, cond=True, resume=resume).finished


def test_what_cannot_be_resumed_is_refused(dataset, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="holds no checkpoint"):
        train(dataset, tmp_path / "run", resume=str(tmp_path / "empty"))
    with pytest.raises(WeightsError, match="no weights called"):
        train(dataset, tmp_path / "run", resume="nobody")


def test_resuming_takes_the_shape_of_the_weights(dataset, weights, run, tmp_path):
    options = {"cond": True, **dict.fromkeys(SHAPE), "resume": weights}
    assert look_ahead(dataset, tmp_path, **options)["mapping_layers"] == 2
    assert look_ahead(dataset, tmp_path, **options)["channel_max"] == 8
    options["resume"] = str(run[0])
    assert look_ahead(dataset, tmp_path / "x", **options).items() >= SHAPE.items()
    assert train(dataset, tmp_path / "x", **options).finished
    trained = train(dataset, tmp_path / "x", **{**options, "kimg": 0.012})
    assert trained.kimg == 0.012  # goes on with the shape that it began with


def look_ahead(dataset, outdir, **options):
    """Return the configuration of the generator that a run would have."""
    options = TrainOptions(**{**TINY, **options})
    outlook = train_generator(
        dataset, run=RunFolder(outdir=outdir, device="cpu"), options=options, dry_run=True
    )
    assert outlook.options["channel_max"] == outlook.plan["generator"]["channel_max"]
    return outlook.plan["generator"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_damaged_pictures_stop_a_run_before_it_begins(dataset, tmp_path, dry_run):
    folder = shutil.copytree(dataset, tmp_path / "damaged")
    for name in ("03.png", "05.png"):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(DatasetError, match=r"03\.png .*; 1 more files cannot be used"):
        train_generator(
            folder, run=RunFolder(outdir=tmp_path / "run", device="cpu"), dry_run=dry_run
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_can_be_known_before_is_checked_before_anything_is_read(tmp_path, dry_run):
    def attempt(outdir=tmp_path / "run", **options):
        nowhere = tmp_path / "nowhere"
        train_generator(
            nowhere,
            run=RunFolder(outdir=outdir, device="cpu"),
            options=TrainOptions(**options),
            dry_run=dry_run,
        )

    with pytest.raises(InputError, match="--kimg is a number, not inf"):
        attempt(kimg=float("inf"))
    with pytest.raises(TrainingError, match="--freezed 3"):
        attempt(freezed=3)
    (tmp_path / "file").write_text("")
    for outdir in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(InputError, match="file is a file") as error:
            attempt(outdir)
        assert "outdir" in error.value.hint


def test_one_gpu_for_several_processes_is_refused(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="device=cuda:1 is one GPU") as error:
        train_generator(dataset, run=RunFolder(outdir=tmp_path / "run", device="cuda:1"))
    assert "device=cuda" in error.value.hint


@pytest.mark.parametrize("rank", [0, 1])
def test_only_the_first_process_prints_a_dry_run(dataset, tmp_path, monkeypatch, capsys, rank):
    for name, value in {"WORLD_SIZE": "2", "RANK": str(rank), "LOCAL_RANK": str(rank)}.items():
        monkeypatch.setenv(name, value)
    options = TrainOptions(**TINY)
    outlook = train_generator(
        dataset, run=RunFolder(outdir=tmp_path, device="cpu"), options=options, dry_run=True
    )
    assert outlook.plan["discriminator"]["group_size"] == 2  # of four pictures for two processes
    assert print_training(outlook) == 0
    assert bool(capsys.readouterr().out) == (rank == 0)


def test_options_that_make_no_sense_are_refused(dataset, tmp_path):
    with pytest.raises(InputError, match="--kimg is above 0"):
        train(dataset, tmp_path, kimg=0)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_leaves_a_checkpoint_and_the_same_command_goes_on(dataset, tmp_path, number):
    words = [sys.executable, "-m", "facewright", "train", "generator", str(dataset)]
    words += ["--outdir", str(tmp_path), "--batch", "4", "--tick-kimg", "0.004"]
    words += ["--channel-base", "64", "--channel-max", "8", "--device", "cpu"]
    with subprocess.Popen([*words, "--kimg", "1000"], env=os.environ) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "stats.jsonl").exists() or not _has_reported(tmp_path):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(60) == 130
    seen = int(next(tmp_path.glob("checkpoint-*")).stem.rpartition("-")[2])
    more = str((seen + 4) / 1000)
    done = subprocess.run([*words, "--kimg", more], check=False)
    assert done.returncode == 0


def _has_reported(folder):
    return bool((folder / "stats.jsonl").read_text(encoding="utf-8"))


def test_dry_run_tells_how_often_groups_are_drawn(dataset, tmp_path):
    options = TrainOptions(**TINY, balance="age", balance_limit=2)
    outlook = train_generator(
        dataset, run=RunFolder(outdir=tmp_path, device="cpu"), options=options, dry_run=True
    )
    assert [row["labels"] for row in outlook.dataset["weights"]] == ["20-29", "30-39", "40-49"]
    assert outlook.dataset["labels"] == []  # without --cond, the networks learn none


def test_a_label_that_the_dataset_does_not_have_cannot_be_balanced(dataset, tmp_path):
    with pytest.raises(InputError, match="no label `mood` to balance") as error:
        train(dataset, tmp_path, balance="age,mood")
    assert "age" in error.value.hint
    with pytest.raises(InputError, match="--balance-limit is 1 or more"):
        train(dataset, tmp_path, balance="age", balance_limit=0.5)
