import io
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from facewright.training.log import Averages, TrainingLog, format_duration, peak_memory


def clock_of(*times: float) -> Callable[[], float]:
    remaining: Iterator[float] = iter(times)
    last = [0.0]

    def read() -> float:
        last[0] = next(remaining, last[0])
        return last[0]

    return read


def read_lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "stats.jsonl").read_text().splitlines()]


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_each_tick_is_one_line(tmp_path: Path, screen: Console):
    with TrainingLog(
        tmp_path / "run", total=10_000, clock=clock_of(5, 15, 35), console=screen
    ) as log:
        log.advance(500)
        log.write(1000, {"loss_g": 0.5, "p": 0.1})
        log.write(3000, {"loss_g": math.nan, "p": 0.2})
    first, second = read_lines(tmp_path / "run")
    assert first["sec_per_kimg"] == 10
    assert (second["images"], second["kimg"], second["seconds"]) == (3000, 3, 30)
    assert (second["eta"], second["loss_g"], second["p"]) == (70, None, 0.2)
    printed = screen.file.getvalue().splitlines()
    assert printed[-2:] == [
        "kimg 1.0 of 10.0  10.0 s/kimg  ETA 1 min 30 s  loss_g 0.5  p 0.1",
        "kimg 3.0 of 10.0  10.0 s/kimg  ETA 1 min 10 s  loss_g nan  p 0.2",
    ]


def test_lines_are_on_the_disk_at_once(tmp_path: Path, screen: Console):
    with TrainingLog(tmp_path, total=10, clock=clock_of(0), console=screen) as log:
        written = log.write(1, {})
        assert read_lines(tmp_path) == [written]


def test_resumed_run_leaves_no_line_twice(tmp_path: Path, screen: Console):
    with TrainingLog(tmp_path, total=9000, clock=clock_of(0, 1, 2, 3), console=screen) as log:
        for images in (1000, 2000, 3000):
            log.write(images, {"a": 1})
    with (tmp_path / "stats.jsonl").open("a") as file:
        file.write('{"images": 40')  # a line that a dying process did not finish
    with TrainingLog(
        tmp_path, total=9000, clock=clock_of(100, 104), images=2000, console=screen
    ) as log:
        log.write(3000, {"a": 2})
    lines = read_lines(tmp_path)
    assert [(line["images"], line["a"]) for line in lines] == [(1000, 1), (2000, 1), (3000, 2)]
    assert lines[-1]["seconds"] == 6  # two of the first part, four of the second
    assert lines[-1]["sec_per_kimg"] == 4


def test_new_run_forgets_the_old_one(tmp_path: Path, screen: Console):
    for _ in range(2):
        with TrainingLog(tmp_path, total=9, clock=clock_of(0), console=screen) as log:
            log.write(3, {})
    assert len(read_lines(tmp_path)) == 1


def test_tick_without_progress_has_no_pace(tmp_path: Path, screen: Console):
    with TrainingLog(tmp_path, total=9, clock=clock_of(0, 1), console=screen) as log:
        line = log.write(0, {})
    assert (line["sec_per_kimg"], line["eta"]) == (None, None)


def test_bar_appears_on_a_terminal(tmp_path: Path):
    screen = Console(file=io.StringIO(), width=200, force_terminal=True)
    with TrainingLog(tmp_path, total=1000, clock=clock_of(0, 5), console=screen) as log:
        log.advance(250)
        log.write(500, {"p": 0.25})
        log.note("saved [1]")
    printed = screen.file.getvalue()
    assert "25 %" in printed
    assert "10.0 s/kimg  ETA 5 s  p 0.25" in printed
    assert "saved [1]" in printed


def test_missing_tensorboard_is_noted_once(
    tmp_path: Path, screen: Console, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with TrainingLog(tmp_path, total=9, clock=clock_of(0), console=screen) as log:
        log.write(3, {"a": 1.0})
    assert screen.file.getvalue().count("TensorBoard") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["stats.jsonl"]


def test_curves_are_written_for_tensorboard(tmp_path: Path, screen: Console):
    pytest.importorskip("tensorboard")
    with TrainingLog(tmp_path, total=9, clock=clock_of(0), console=screen) as log:
        log.write(3, {"loss/g": 1.0})
    (events,) = tmp_path.glob("events.*")
    assert b"loss/g" in events.read_bytes()


@given(st.lists(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1), min_size=1))
def test_averages_are_over_all_elements(steps: list[list[float]]):
    averages = Averages()
    for values in steps:
        averages.add("x", torch.tensor(values))
    everything = [value for values in steps for value in values]
    mean = averages.take()["x"]
    assert mean == pytest.approx(sum(everything) / len(everything), rel=1e-9, abs=1e-6)
    assert averages.take() == {}


def test_averages_keep_no_graph_and_come_by_name():
    averages = Averages()
    averages.add("b", torch.ones(3, requires_grad=True) * 2)
    averages.add("a", torch.tensor(4))
    assert list(averages.take().items()) == [("a", 4.0), ("b", 2.0)]


def test_spans_are_readable():
    spans = [0.4, 60, 3599.6, 86_399, 90_000, math.nan]
    texts = ["0 s", "1 min 00 s", "1 h 00 min", "23 h 59 min", "1 d 01 h", "–"]
    assert [format_duration(span) for span in spans] == texts


def test_process_uses_some_memory():
    assert 0.01 < peak_memory(torch.device("cpu")) < 1000
