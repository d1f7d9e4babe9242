"""Train in a notebook: pictures and losses appear while the run goes on."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from facewright.errors import InputError
from facewright.jobs.commands.train.generator import TrainOptions, iterate_generator
from facewright.jobs.commands.train.runs import RunFolder
from facewright.jobs.commands.train.stylegan1 import StyleGAN1Options, iterate_stylegan1
from facewright.jobs.table import COMMANDS

_TRAINERS: dict[str, tuple[Any, Any]] = {
    "generator": (iterate_generator, TrainOptions),
    "stylegan1": (iterate_stylegan1, StyleGAN1Options),
}
Trainable: TypeAlias = Literal["generator", "stylegan1"]
"""What `train` trains."""


def train(name: Trainable, parameters: Mapping[str, Any]) -> Path:
    """Train, or go on training, and show the newest pictures and all losses below the cell.

    Interrupting the kernel finishes the step and leaves a checkpoint. Running the cell again goes
    on from there, in a new kernel too.

    Args:
        name: What to train.
        parameters: `dataset`, `outdir`, `device` and the options of the command `facewright train`
            with that name, with underscores; for StyleGAN 1 also the names of older notebooks.

    Returns:
        The folder of the run.

    Raises:
        InputError: A parameter is unknown, missing or invalid.
        TrainingError: The folder holds another run or an active one, or the losses are no longer
            finite.
    """
    iterate, kind = _TRAINERS[name]
    command = next(one for one in COMMANDS if one.name == f"train {name}")
    told = command.rename(dict(parameters))
    missing = [key for key in ("dataset", "outdir") if key not in told]
    if missing:
        raise InputError(f"{' and '.join(missing)} must be among the parameters")
    dataset, outdir = Path(told.pop("dataset")), Path(told.pop("outdir"))
    run = RunFolder(outdir=outdir, device=told.pop("device", "auto"))
    known = {field.name.rstrip("_"): field.name for field in fields(kind)}
    unknown = sorted(told.keys() - known.keys())
    if unknown:
        raise InputError(
            f"no parameter is called {', '.join(unknown)}", hint=f"those are {', '.join(known)}"
        )
    options = kind(**{known[key]: value for key, value in told.items()})
    show(iterate(dataset, run=run, options=options), outdir)
    return outdir


def show(ticks: Iterable[object], outdir: Path) -> None:
    """Show a run while it goes on: one place for pictures, one for losses, renewed at each report.

    Args:
        ticks: Reports, which the run goes on between.
        outdir: The folder of the run.
    """
    from IPython.display import DisplayHandle, Image

    places = [DisplayHandle(), DisplayHandle()]
    for number, _ in enumerate(ticks):
        sheet = max(outdir.glob("fakes*.png"), key=lambda path: path.stat().st_mtime_ns)
        shown = [Image(filename=str(sheet)), Image(data=draw_losses(outdir))]
        for place, picture in zip(places, shown, strict=True):
            if number:
                place.update(picture)
            else:
                place.display(picture)


def draw_losses(outdir: Path) -> bytes:
    """Return a chart of the losses of a run so far, as PNG.

    Args:
        outdir: The folder of the run; its `stats.jsonl` has a line per report.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError(
            "charts are drawn with Matplotlib, which is not installed",
            hint="pip install 'facewright[notebook,train]'",
        ) from error
    text = (outdir / "stats.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    for name in sorted({name for line in lines for name in line if name.startswith("loss")}):
        points = [(line["kimg"], line[name]) for line in lines if line.get(name) is not None]
        axes.plot(*zip(*points, strict=True), label=name, marker=".")
    for before, after in itertools.pairwise(lines):
        if before.get("resolution") != after.get("resolution"):
            axes.axvline(after["kimg"], color="grey", linestyle=":")
    axes.set_xlabel("thousands of pictures")
    axes.legend()
    last = lines[-1]
    axes.set_title(
        "  ".join(f"{name} {last[name]:g}" for name in ("resolution", "alpha", "p") if name in last)
    )
    written = io.BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()
