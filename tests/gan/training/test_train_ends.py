"""Training runs in processes of their own, which someone stops or kills."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from tests.gan.fixtures import train_generator

from facewright.datasets.dataset import open_dataset
from facewright.device import seeded
from facewright.gan.training.options import TrainOptions
from facewright.gan.training.snapshots import load_run
from facewright.hub.bundle import load_bundle
from facewright.training.checkpoint import latest_checkpoint
from facewright.training.names import snapshot_path

TICK = 8  # pictures


@contextmanager
def running(archive: Path, outdir: Path, options: TrainOptions) -> Iterator[subprocess.Popen[str]]:
    """Train in a process of its own, and end it at the latest with the block."""
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    text = json.dumps(dataclasses.asdict(options))
    arguments = [sys.executable, __file__, str(archive), str(outdir), text]
    with subprocess.Popen(arguments, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def read_ticks(outdir: Path) -> list[int]:
    """Return after how many pictures each tick was."""
    path = outdir / "stats.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line)["images"] for line in lines]


def count_images(outdir: Path) -> int:
    """Return how many pictures the newest checkpoint has seen."""
    run: Any = load_run(outdir)
    return run["contest"]["images"]


def test_sigterm_leaves_a_checkpoint_and_the_same_command_goes_on(
    train, tiny_archive, tiny_dataset, tiny_options, tmp_path
):
    options = tiny_options(kimg=25000, snap=1000)
    with running(tiny_archive, tmp_path, options) as process:
        wait_until(lambda: read_ticks(tmp_path), process)
        assert latest_checkpoint(tmp_path) is None
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "the same command goes on" in said
    stopped = count_images(tmp_path)
    assert read_ticks(tmp_path)[-1] == stopped
    train(tiny_dataset, tmp_path, kimg=(stopped + 4) / 1000)
    assert count_images(tmp_path) == stopped + 4


def test_a_killed_run_loses_at_most_one_snapshot_interval(
    train, tiny_archive, tiny_dataset, tiny_options, tmp_path
):
    delay = float(torch.rand((), generator=seeded(time.time_ns() % 2**32))) / 2
    options = tiny_options(kimg=25000, snap=1)
    with running(tiny_archive, tmp_path, options) as process:
        wait_until(lambda: latest_checkpoint(tmp_path), process)
        time.sleep(delay)
        process.kill()
        process.communicate(timeout=60)
    reached = read_ticks(tmp_path)[-1]  # written before the snapshot of the same tick
    kept = count_images(tmp_path)
    assert reached - TICK <= kept <= reached, f"killed after {delay} s"
    load_bundle(snapshot_path(tmp_path, kept))
    train(tiny_dataset, tmp_path, snap=1, kimg=(kept + TICK) / 1000)
    assert count_images(tmp_path) == kept + TICK
    assert read_ticks(tmp_path) == list(range(TICK, kept + TICK + 1, TICK))
    assert not list(tmp_path.glob(".checkpoint*"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.modules["torch.utils.tensorboard"] = None  # as if it were not installed: it starts slowly
    train_generator(
        open_dataset(Path(sys.argv[1]), cond=True, mirror=True),
        Path(sys.argv[2]),
        TrainOptions(**json.loads(sys.argv[3])),
        device=torch.device("cpu"),
    )
