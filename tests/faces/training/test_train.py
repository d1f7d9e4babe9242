import dataclasses
import json
import signal

import numpy as np
import pytest
import torch

from facewright.errors import InputError, TrainingError
from facewright.faces.detection.detector import DetectorConfig, load_detector
from facewright.faces.detection.landmarks import MeshConfig, load_mesh
from facewright.faces.geometry.topology import CANONICAL
from facewright.faces.training.examples import Labelled
from facewright.faces.training.objectives import DetectorObjective, MeshObjective
from facewright.faces.training.train import train_faces
from facewright.hub.bundle import load_bundle
from facewright.training.checkpoint import load_latest
from facewright.training.options import SupervisedOptions

CPU = torch.device("cpu")
TINY_MESH = MeshConfig(size=32, widths=(4, 4, 4), depths=(1, 1, 1), squeeze=2, shapes=4)
TINY_FINDER = DetectorConfig(widths=(4, 4, 4, 4), depths=(1, 1, 1), shared=4)
OPTIONS = SupervisedOptions(kimg=0.008, batch=2, tick_kimg=0.002)


@pytest.fixture(scope="module")
def labelled() -> Labelled:
    points = (CANONICAL * 20 + np.array([32, 34, 0])).astype(np.float32)
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (64, 64, 3), np.uint8)
    return Labelled([image] * 2, np.stack([points] * 2), np.array([0.5, 0.5]), [image[::-1].copy()])


@pytest.fixture(scope="module", params=["mesh", "finder"])
def objective(request, labelled):
    if request.param == "mesh":
        return MeshObjective(labelled, TINY_MESH, CPU, shapes_of=8)
    return DetectorObjective(labelled, TINY_FINDER, CPU, size=64)


@pytest.fixture(scope="module")
def finished(objective, tmp_path_factory):
    """The folder of a run that nothing disturbed."""
    outdir = tmp_path_factory.mktemp("runs") / "finished"
    train_faces(objective, outdir, OPTIONS, device=CPU)
    return outdir


def read(outdir):
    _, state = load_latest(outdir)
    return state


def assert_same(one, two):
    for part in ("network", "average"):
        for name, tensor in one[part].items():
            assert torch.equal(tensor, two[part][name]), name


def test_a_stopped_run_ends_with_the_same_weights(objective, finished, tmp_path):
    calls = []

    class Interrupted(type(objective)):
        def measure(self, network, batch):
            calls.append(1)
            if len(calls) == 3:
                signal.raise_signal(signal.SIGTERM)
            return super().measure(network, batch)

    stopped = Interrupted.__new__(Interrupted)
    stopped.__dict__ = objective.__dict__
    train_faces(stopped, tmp_path, OPTIONS, device=CPU)
    assert read(tmp_path)["images"] == 6
    parts = train_faces(objective, tmp_path, OPTIONS, device=CPU)
    assert_same(read(finished), read(tmp_path))
    one, two = load_bundle(finished / parts.name), load_bundle(parts)
    assert all(torch.equal(t, two.tensors[name]) for name, t in one.tensors.items())


def test_a_run_leaves_weights_that_load_and_a_log(objective, finished):
    bundle = load_bundle(finished / "weights.safetensors")
    load = load_mesh if objective.kind == "mesh" else load_detector
    load(bundle)
    assert not [name for name in bundle.tensors if "running" in name]
    lines = [json.loads(line) for line in (finished / "stats.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines] == [2, 4, 6, 8]
    assert all(line["loss"] > 0 for line in lines)


def test_learning_lowers_the_loss(labelled, tmp_path):
    options = SupervisedOptions(kimg=0.24, batch=8, tick_kimg=0.04, lr=0.01)
    train_faces(MeshObjective(labelled, TINY_MESH, CPU, shapes_of=8), tmp_path, options, device=CPU)
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert lines[-1]["points"] < lines[0]["points"]


def test_another_seed_in_the_same_folder_is_refused(objective, finished):
    with pytest.raises(TrainingError, match="seed 0"):
        train_faces(objective, finished, dataclasses.replace(OPTIONS, seed=1), device=CPU)


def test_a_loss_that_is_no_number_ends_the_run(objective, tmp_path):
    class Broken(type(objective)):
        def measure(self, network, batch):
            return {
                name: value * torch.nan for name, value in super().measure(network, batch).items()
            }

    broken = Broken.__new__(Broken)
    broken.__dict__ = objective.__dict__
    with pytest.raises(TrainingError, match="not a number"):
        train_faces(broken, tmp_path, OPTIONS, device=CPU)


@pytest.mark.parametrize(
    "options", [{"kimg": 0}, {"batch": 0}, {"lr": float("nan")}, {"threads": 0}, {"tick_kimg": -1}]
)
def test_options_that_make_no_sense_are_refused(objective, tmp_path, options):
    with pytest.raises(InputError, match="is invalid"):
        train_faces(objective, tmp_path, SupervisedOptions(**options), device=CPU)
