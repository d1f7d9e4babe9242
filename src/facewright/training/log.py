"""The log of a training run: JSON lines, TensorBoard, and the terminal."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from facewright.files import replacing
from facewright.training.distributed import Processes, all_gather_sum
from facewright.types import Json

_FILE = "stats.jsonl"


class Averages:
    """Averages of values that are added at every step and read once per report.

    Adding does not synchronise with the device; only `take` does.

    Example:
        >>> averages = Averages()
        >>> averages.add("loss", torch.tensor([1.0, 2.0]))
        >>> averages.add("loss", torch.tensor(6.0))
        >>> averages.take()
        {'loss': 3.0}
    """

    def __init__(self) -> None:
        self._sums: dict[str, torch.Tensor] = {}

    def add(self, name: str, values: torch.Tensor) -> None:
        """Add every element of a tensor of any shape."""
        total = values.detach().double().sum()
        count = torch.full_like(total, values.numel())
        pair = torch.stack([total, count])  # [2]
        self._sums[name] = self._sums[name] + pair if name in self._sums else pair

    def take(self, processes: Processes | None = None) -> dict[str, float]:
        """Return the averages since the last call, over all processes, and reset them.

        Args:
            processes: All processes, which must have added the same names; None is this one alone.

        Returns:
            Name → average, sorted by name.
        """
        names = sorted(self._sums)
        if not names:
            return {}
        sums = torch.stack([self._sums[name] for name in names])  # [names 2]
        self._sums = {}
        totals = all_gather_sum(sums, processes or Processes()).tolist()
        return {name: total / count for name, (total, count) in zip(names, totals, strict=True)}


class TrainingLog:
    """Writes reports to `stats.jsonl`, to TensorBoard, and to the terminal.

    A terminal shows a progress bar; other outputs get one plain line per report. Without the
    package tensorboard there are no curves. To be used in a `with` block.
    """

    def __init__(
        self,
        outdir: Path,
        *,
        total: int,
        clock: Callable[[], float],
        images: int = 0,
        console: Console | None = None,
    ) -> None:
        """Open the log, and drop reports that a resumed run will repeat.

        Args:
            outdir: The folder of the run; it is made.
            total: Number of pictures that the run will see in all.
            clock: Returns seconds, such as `time.monotonic`.
            images: Number of pictures that the run has seen already.
            console: The console for lines and the bar; None is standard error.
        """
        outdir.mkdir(parents=True, exist_ok=True)
        self._console = console or Console(stderr=True)
        self._clock, self._total = clock, total
        self._start = self._tick_start = clock()
        self._tick_images = images
        path = outdir / _FILE
        earlier = _keep_lines(path, images)
        self._seconds_before = float(earlier.get("seconds") or 0)
        self._file = path.open("a", buffering=1, encoding="utf-8")
        self._board = _open_board(outdir, images, self._console)
        self._bar, self._task = _open_bar(self._console, total, images, clock)

    def __enter__(self) -> TrainingLog:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the log."""
        self.close()

    def close(self) -> None:
        """Close the files and the bar."""
        if self._bar:
            self._bar.stop()
        if self._board:
            self._board.close()
        self._file.close()

    def advance(self, images: int) -> None:
        """Update the progress bar between two reports; cheap without a terminal.

        Args:
            images: Number of pictures that the run has seen.
        """
        if self._bar:
            self._bar.update(self._task, completed=images, refresh=True)

    def note(self, text: str) -> None:
        """Print a line above the bar."""
        self._console.print(text, soft_wrap=True, markup=False, highlight=False)

    def write(self, images: int, values: Mapping[str, float]) -> dict[str, Json]:
        """Write a report.

        Args:
            images: Number of pictures that the run has seen.
            values: Losses, the probability of augmentation, memory and the like, by name.

        Returns:
            The entry that was written: `images`, `kimg`, `seconds` (of the whole run),
            `sec_per_kimg` and `eta` (seconds; both null before anything was measured), and the
            values. Numbers that are not finite become null.
        """
        now = self._clock()
        done = images - self._tick_images
        pace = (now - self._tick_start) / done if done > 0 else math.nan
        self._tick_start, self._tick_images = now, images
        numbers = {
            "images": images,
            "kimg": images / 1000,
            "seconds": round(self._seconds_before + now - self._start, 3),
            "sec_per_kimg": pace * 1000,
            "eta": pace * max(0, self._total - images),
            **values,
        }
        line: dict[str, Json] = {k: v if math.isfinite(v) else None for k, v in numbers.items()}
        self._file.write(json.dumps(line) + "\n")
        if self._board:
            for name, value in values.items():
                self._board.add_scalar(name, value, images)
            self._board.flush()
        self._show(images, numbers)
        return line

    def _show(self, images: int, numbers: Mapping[str, float]) -> None:
        """Print a report, or change the text of the bar."""
        rest = [f"{name} {value:.4g}" for name, value in list(numbers.items())[5:]]
        pace = f"{numbers['sec_per_kimg']:.1f} s/kimg"
        text = "  ".join([pace, f"ETA {format_duration(numbers['eta'])}", *rest])
        if self._bar:
            self._bar.update(self._task, completed=images, description=text, refresh=True)
            return
        digits = 1 if self._total >= 10_000 else 3
        done, total = (f"{count / 1000:.{digits}f}" for count in (images, self._total))
        self.note(f"kimg {done} of {total}  {text}")


def format_duration(seconds: float) -> str:
    """Format a duration with its two largest units.

    Args:
        seconds: Any number; one that is not finite gives a dash.

    Returns:
        The text.

    Example:
        >>> format_duration(59), format_duration(3700), format_duration(200_000)
        ('59 s', '1 h 01 min', '2 d 07 h')
    """
    if not math.isfinite(seconds):
        return "–"
    whole = round(seconds)
    for unit, smaller, size in (("d", "h", 86400), ("h", "min", 3600), ("min", "s", 60)):
        if whole >= size:
            part = {"h": 3600, "min": 60, "s": 1}[smaller]
            return f"{whole // size} {unit} {whole % size // part:02d} {smaller}"
    return f"{whole} s"


def peak_memory(device: torch.device) -> float:
    """Return the peak memory of the run so far, in GiB.

    Args:
        device: A GPU (memory allocated by PyTorch) or the CPU (the whole process; NaN on Windows).
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    if sys.platform == "win32":
        return math.nan
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**30 if sys.platform == "darwin" else 2**20)  # bytes there, KiB elsewhere


def _keep_lines(path: Path, images: int) -> dict[str, Any]:
    """Drop the lines of a log beyond `images` and damaged ones; return the last remaining one."""
    if not path.exists():
        return {}
    kept, last = [], {}
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
            is_earlier = line["images"] <= images
        except (ValueError, KeyError, TypeError):
            continue
        if is_earlier:
            kept.append(text)
            last = line
    with replacing(path) as unfinished:
        unfinished.write_text("".join(f"{text}\n" for text in kept), encoding="utf-8")
    return last


def _open_board(outdir: Path, images: int, console: Console) -> Any | None:
    """Return a writer for TensorBoard, if that is installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        text = "no curves without TensorBoard: pip install 'facewright[train]'"
        console.print(text, markup=False, highlight=False)
        return None
    return SummaryWriter(outdir, purge_step=images + 1 if images else None)


def _open_bar(
    console: Console, total: int, images: int, clock: Callable[[], float]
) -> tuple[Progress | None, TaskID]:
    """Return a bar, if there is a terminal to show it on."""
    if not console.is_terminal:
        return None, TaskID(0)
    columns = (
        TextColumn("{task.percentage:3.0f} %"),
        BarColumn(20),
        TextColumn("{task.description}"),
    )
    bar = Progress(*columns, console=console, auto_refresh=False, get_time=clock)
    bar.start()
    return bar, bar.add_task("", total=total, completed=images)
