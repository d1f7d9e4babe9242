"""Make one picture with each command, and a page that shows them with the commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.errors import FacewrightError, FileError
from facewright.jobs.options import Runtime
from facewright.types import Json, Precision

if TYPE_CHECKING:
    from facewright.hub.store import Progress

PAGE, OVERVIEW = "index.html", "demo.jpg"


@dataclass(frozen=True, kw_only=True)
class DemoOptions(Runtime):
    """Generator and destination of the demo."""

    out: Path = Path("demo")
    """The folder. What an earlier demo left there is replaced; other files stay."""
    weights: str | None = None
    """The generator: a name that `facewright models list` shows, or a file."""
    precision: Precision = "auto"
    """Number format of the convolutions."""


def make_demo(*, options: DemoOptions | None = None, progress: Progress | None = None) -> Path:
    """Make one picture with each command, and a page that shows them with the commands.

    People, mixed styles, restyled and edited faces, a walk, a swap, a morph, faces made older,
    characters, toons, babies, emoji and expressions: all of generated people. The page holds its
    pictures, so that it can be sent alone; all of them on one picture are demo.jpg. What cannot be
    made, as its weights are not on this machine, is named with the reason.

    Args:
        options: Generator and destination; None means the defaults.
        progress: Called with the progress of each part.

    Returns:
        The page, index.html.

    Raises:
        WeightsError: There are no such weights.
        FileError: The folder cannot be written.

    Examples:
        facewright demo
        facewright demo --weights mine.safetensors -o tour
    """
    from facewright.device import pick_device
    from facewright.files import replacing
    from facewright.gan.weights import load_labels
    from facewright.jobs.commands.demo.exhibits import plan_exhibits
    from facewright.jobs.commands.demo.page import Shown, render_page, write_overview
    from facewright.pipelines.weights import open_weights, pick_weights

    options = options or DemoOptions()
    bundle = open_weights(pick_weights(options.weights), progress)
    asked = {"weights": options.weights, "device": options.device, "precision": options.precision}
    common: dict[str, Json] = {k: v for k, v in asked.items() if v not in (None, "auto")}
    shown: list[Shown] = []
    for exhibit in plan_exhibits(load_labels(bundle)):
        try:
            files, reason = exhibit.make(options.out, common, progress), ""
        except FacewrightError as error:
            if not shown:
                raise
            files, reason = [], str(error)
        shown.append(Shown(exhibit, exhibit.write_command(common), tuple(files), reason))
    write_overview(shown, options.out / OVERVIEW, pick_device(options.device))
    path = options.out / PAGE
    try:
        with replacing(path) as unfinished:
            unfinished.write_text(render_page(shown, bundle.card), encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error
    return path
