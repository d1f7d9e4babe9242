import json
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from facewright.errors import InputError, TrainingError
from facewright.expressions.classifier import load_classifier, score_crops
from facewright.expressions.compact import FINE, WIDE
from facewright.expressions.measures import measure_names
from facewright.expressions.training.examples import PUBLIC, TRAINING, read_examples
from facewright.expressions.training.objective import (
    ExpressionObjective,
    ExpressionTrainOptions,
    plan_network,
)
from facewright.expressions.training.train import BEST, train_classifier
from facewright.hub.bundle import load_bundle
from facewright.provenance.publish import read_manifest
from facewright.training.checkpoint import load_latest

CPU = torch.device("cpu")
OPTIONS = ExpressionTrainOptions(
    kimg=0.02, batch=4, tick_kimg=0.004, network="mini-xception", size=32, blocks=1
)


@pytest.fixture(scope="module")
def collection(face_set):
    return read_examples(face_set)


def train(collection, outdir, options=OPTIONS, clock=None):
    more = {} if clock is None else {"clock": clock}
    return train_classifier(collection, outdir, options, device=CPU, **more)


@pytest.fixture(scope="module")
def finished(collection, tmp_path_factory):
    """The folder of a run that nothing disturbed."""
    outdir = tmp_path_factory.mktemp("runs") / "finished"
    train(collection, outdir)
    return outdir


class Interrupting:
    """A clock that asks for the end of the run when it is looked at for the third time."""

    def __init__(self):
        self.looked = 0

    def __call__(self):
        self.looked += 1
        if self.looked == 3:
            signal.raise_signal(signal.SIGTERM)
        return float(self.looked)


def test_a_stopped_run_ends_with_the_same_weights(collection, finished, tmp_path):
    train(collection, tmp_path, clock=Interrupting())
    assert load_latest(tmp_path)[1]["images"] < 20
    parts = train(collection, tmp_path)
    one, two = load_bundle(finished / parts.name), load_bundle(parts)
    assert one.config["temperature"] == two.config["temperature"]
    assert all(torch.equal(tensor, two.tensors[name]) for name, tensor in one.tensors.items())


def test_a_run_leaves_a_classifier_and_how_good_it_is(finished):
    bundle = load_bundle(finished / "weights.safetensors")
    assert load_classifier(bundle).size == 32
    assert bundle.card.trained_on == "tiny"
    measured = json.loads((finished / "measured-000000.020.json").read_text())
    assert measured["count"] == 21
    assert np.array(measured["confusion"]).sum(axis=1).tolist() == [3] * 7
    manifest = read_manifest(finished / "measured-000000.020.png")
    assert (manifest.task, list(manifest.sources)) == ("train expressions", ["tiny"])


def test_the_network_that_named_most_is_kept(collection, tmp_path):
    train(collection, tmp_path, replace(OPTIONS, kimg=0.048, tick_kimg=0.004, lr=0.01))
    reports = {p: json.loads(p.read_text()) for p in sorted(tmp_path.glob("measured-*.json"))}
    most = max(report["accuracy"] for report in reports.values())
    held = collection.parts[PUBLIC]
    scores = score_crops(load_classifier(load_bundle(tmp_path / BEST)), held.faces)
    assert measure_names(scores, held.labels).accuracy == pytest.approx(most, abs=0.1)
    (tmp_path / "measured-000999.json").write_text('{"accuracy": 2}')
    before = (tmp_path / BEST).read_bytes()
    train(collection, tmp_path, replace(OPTIONS, kimg=0.052, tick_kimg=0.004, lr=0.01))
    assert (tmp_path / BEST).read_bytes() == before


@pytest.mark.slow
def test_a_network_learns_to_tell_bars_apart(collection, tmp_path):
    options = replace(OPTIONS, kimg=2.5, batch=16, tick_kimg=0.5, lr=0.01, mixup=0, blocks=2)
    train(collection, tmp_path, options)
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert lines[-1]["names"] < 0.8 * lines[0]["names"]


def test_each_face_comes_once_before_any_comes_again(collection):
    objective = ExpressionObjective(collection.parts[TRAINING], replace(OPTIONS, mixup=0), CPU)
    kinds = torch.cat([objective.prepare(n, 7).wanted.argmax(1) for n in (0, 7, 14)])
    assert kinds.bincount().tolist() == [3] * 7


def test_examples_depend_on_their_number_alone(collection):
    one, other = (ExpressionObjective(collection.parts[TRAINING], OPTIONS, CPU) for _ in range(2))
    other.prepare(64, 8)
    assert all(map(torch.equal, one.prepare(8, 8), other.prepare(8, 8)))


def test_examples_before_the_first_are_whole(collection):
    batch = ExpressionObjective(collection.parts[TRAINING], OPTIONS, CPU).prepare(-8, 8)
    assert (batch.kept == 1).all()
    assert (batch.wanted.max(dim=1).values == 1).all()


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (1.0, 1.0)])
def test_labels_and_votes_can_be_mixed(collection, share, expected):
    options = replace(OPTIONS, votes_share=share, mixup=0)
    batch = ExpressionObjective(collection.parts[TRAINING], options, CPU).prepare(0, 7)
    torch.testing.assert_close(batch.wanted.sum(1), torch.full((7,), expected))
    torch.testing.assert_close(batch.votes.sum(1), torch.ones(7))


def test_balance_makes_rare_expressions_count_more(collection):
    part = collection.parts[TRAINING]
    rare = replace(part, labels=np.where(part.labels == 1, 0, part.labels))
    rare.labels[1] = 1
    objective = ExpressionObjective(rare, replace(OPTIONS, balance=1), CPU)
    assert objective._weights[1] == pytest.approx(float(objective._weights[0]) * 5, rel=1e-3)


def test_a_run_with_other_options_is_not_gone_on_with(collection, finished):
    with pytest.raises(TrainingError, match="votes_weight"):
        train(collection, finished, replace(OPTIONS, kimg=0.1, votes_weight=0.1))


@pytest.mark.parametrize(
    "options",
    [
        {"network": "vgg"},
        {"votes_share": 2},
        {"mixup": -1},
        {"blocks": 9},
        {"size": 8},
        {"dropout": 1},
        {"weight_decay": float("nan")},
    ],
)
def test_options_that_make_no_sense_are_refused(collection, tmp_path, options):
    with pytest.raises(InputError):
        train(collection, tmp_path, replace(OPTIONS, **options))


def test_networks_are_planned_as_published_unless_told():
    assert plan_network(ExpressionTrainOptions()) == FINE
    assert plan_network(ExpressionTrainOptions(network="compact-wide")) == WIDE
    assert plan_network(ExpressionTrainOptions(size=64)) == replace(FINE, size=64)
    assert plan_network(ExpressionTrainOptions(network="mini-xception")).size == 64
