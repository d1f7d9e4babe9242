import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from facewright.device import seeded
from facewright.errors import InputError, TrainingError
from facewright.training.checkpoint import load_latest
from facewright.training.options import SupervisedOptions
from facewright.training.stop import StopSignal
from facewright.training.supervised import recompute_norms, train_network

CPU = torch.device("cpu")
OPTIONS = SupervisedOptions(kimg=0.016, batch=2, tick_kimg=0.002, lr=0.05)


class Doubling:
    """Teaches a linear network, with a normalisation behind it, to double numbers."""

    def __init__(self, *, normalised=False, stop_after=None):
        self.normalised, self.stop_after, self.steps = normalised, stop_after, 0

    def build(self):
        layer = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.constant_(layer.weight, 0.5)
        return nn.Sequential(layer, nn.BatchNorm2d(1)) if self.normalised else layer

    def prepare(self, first, count):
        rows = [
            torch.randn(1, 1, 1, generator=seeded(i + 10**6)) for i in range(first, first + count)
        ]
        return torch.stack(rows)

    def measure(self, network, batch):
        self.steps += 1
        if self.steps == self.stop_after:
            import signal

            signal.raise_signal(signal.SIGTERM)
        return {"distance": (network(batch) - 2 * batch).square().mean()}


def keep(written):
    def write(path, network, images):
        written.append((path.name, images, network.training, network.state_dict()))

    return write


def teach(objective, outdir, options=OPTIONS, written=None):
    write = keep([] if written is None else written)
    train_network(objective, outdir, options, write=write, device=CPU)
    return load_latest(outdir)[1]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_stopped_run_ends_as_one_that_was_not(tmp_path, threads):
    options = replace(OPTIONS, threads=threads)
    whole = teach(Doubling(), tmp_path / "whole", options)
    stopped = teach(Doubling(stop_after=3), tmp_path / "parts", options)
    assert (stopped["images"], whole["images"]) == (6, 16)
    parts = teach(Doubling(), tmp_path / "parts", options)
    for part in ("network", "average"):
        assert torch.equal(whole[part]["weight"], parts[part]["weight"])


def test_a_stop_while_a_report_is_written_leaves_a_checkpoint(tmp_path):
    import signal

    looked = []

    def clock():
        looked.append(len(looked))
        if len(looked) == 3:
            signal.raise_signal(signal.SIGTERM)
        return float(len(looked))

    write = keep([])
    train_network(Doubling(), tmp_path, OPTIONS, write=write, device=CPU, clock=clock)
    assert load_latest(tmp_path)[1]["images"] < 16


def test_the_network_learns_and_says_so(tmp_path):
    teach(Doubling(), tmp_path, replace(OPTIONS, kimg=1, tick_kimg=0.1, batch=10, lr=0.3))
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert lines[-1]["loss"] < 0.5 * lines[0]["loss"]
    assert lines[-1]["distance"] == lines[-1]["loss"]


def test_the_average_is_written_with_every_fourth_report_and_at_the_end(tmp_path):
    written = []
    teach(Doubling(), tmp_path, replace(OPTIONS, kimg=0.02), written)
    assert [images for _, images, _, _ in written] == [8, 16, 20]
    assert {name for name, *_ in written} == {"weights.safetensors"}
    assert not any(training for _, _, training, _ in written)


def test_a_run_goes_on_with_more_examples_but_with_no_other_option(tmp_path):
    teach(Doubling(), tmp_path)
    assert teach(Doubling(), tmp_path, replace(OPTIONS, kimg=0.02))["images"] == 20
    with pytest.raises(TrainingError, match=r"lr 0\.05"):
        teach(Doubling(), tmp_path, replace(OPTIONS, lr=0.01))


def test_a_loss_that_is_no_number_ends_the_run(tmp_path):
    class Broken(Doubling):
        def measure(self, network, batch):
            return {"distance": network(batch).sum() * torch.nan}

    with pytest.raises(TrainingError, match="not a number"):
        teach(Broken(), tmp_path)


def test_settled_norms_hold_the_mean_and_spread_of_fresh_examples():
    objective = Doubling(normalised=True)
    network = recompute_norms(objective.build(), objective)
    seen = objective.prepare(-16 * 64, 16 * 64) / 2
    assert not network.training
    assert network[1].running_mean == pytest.approx(float(seen.mean()), abs=1e-6)
    assert network[1].running_var == pytest.approx(float(seen.var()), rel=0.02)


def test_without_norms_nothing_is_measured():
    objective = Doubling()
    recompute_norms(objective.build(), objective)
    assert objective.steps == 0


@pytest.mark.parametrize(
    "change", [{"kimg": 0}, {"batch": 0}, {"lr": float("inf")}, {"threads": 0}]
)
def test_options_that_make_no_sense_are_refused(tmp_path, change):
    with pytest.raises(InputError, match="is invalid") as caught:
        teach(Doubling(), tmp_path, replace(OPTIONS, **change))
    assert caught.value.hint.startswith("a number")


def test_nothing_listens_for_signals_after_a_run(tmp_path):
    import signal

    before = signal.getsignal(signal.SIGTERM)
    teach(Doubling(stop_after=2), tmp_path)
    assert signal.getsignal(signal.SIGTERM) == before
    assert StopSignal("").requested is False
