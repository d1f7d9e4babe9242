"""Convert faces from one style to another, in pictures, folders and clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from facewright.errors import InputError
from facewright.jobs.checks import Rule
from facewright.jobs.effect import Effect, Item, Outcome, Running, Still, Summary
from facewright.jobs.options import Consent, Detectors, Leniency, Output, Runtime
from facewright.pipelines.configs import ConvertConfig
from facewright.types import Manifest

if TYPE_CHECKING:
    import torch

    from facewright.collect.sources.walk import Developed
    from facewright.hub.store import Progress
    from facewright.jobs import outputs
    from facewright.pipelines.photos.convert import ConvertSession

_PAGE = ".html"
_MOST_STEPS = 24


@dataclass(frozen=True, kw_only=True)
class ConvertOptions(Runtime, Leniency, Detectors, Consent, Output, ConvertConfig):
    """Options of conversion, and destination."""

    rules: ClassVar[Mapping[str, Rule]] = {
        "strength": Rule(0, 2, "1 is what the translator does, 0.5 half of it")
    }

    with_: str
    """The translator: a name that `facewright models list` shows, such as ageing, or a file that
    `facewright train translator` wrote. With :reverse after it, the opposite direction."""
    out: Path
    """The picture (.png, .jpg, .webp, .bmp) or clip (.mp4, .gif) to write; of a folder or several
    sources, a folder; with --page a page (.html)."""
    faces: str = "all"
    """Which faces: all, largest, left, right, or a number (1 is the largest)."""
    strength: float = 1.0
    """Factor on the change, 0 to 2: 0 is none, 1 that of the translator, more exaggerates it."""
    steps: int | None = None
    """Draw a strip of so many pictures, from strength 0 to --strength."""
    strip: bool = False
    """Draw before and after side by side."""
    page: bool = False
    """Write a page that shows before and after with a slider, all in one file."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the convolutions; auto is bfloat16 where the processor multiplies it
    natively."""


class Convert(Effect[ConvertOptions]):
    """Translates faces, whole pictures, or strips of growing strength."""

    verb: ClassVar[str] = "convert"

    def check(self, sources: Sequence[str]) -> None:
        """Raise unless numbers, and strips and pages are asked for where they fit."""
        from facewright.collect.sources.walk import is_clip
        from facewright.convert.generators import check_strength
        from facewright.faces.choose import check_choice
        from facewright.pipelines.photos.enhance import check_scale

        options = self.options
        check_scale(options.scale)
        check_strength(options.strength)
        check_choice(options.faces)
        check_translator(options.with_)
        if options.steps is not None and not 2 <= options.steps <= _MOST_STEPS:
            hint = "the number of pictures in the strip, the one before among them"
            raise InputError(f"--steps is 2 to {_MOST_STEPS}, not {options.steps}", hint=hint)
        views = {"--steps": options.steps is not None, "--strip": options.strip}
        wanted = [name for name, asked in {**views, "--page": options.page}.items() if asked]
        if wanted and any(is_clip(Path(source)) for source in sources):
            raise InputError(f"{wanted[0]} is for pictures", hint="leave it out for clips")
        if options.strip and len(wanted) > 1:
            hint = "leave out --strip"
            raise InputError(f"{wanted[-1 if options.page else 0]} shows before already", hint=hint)

    def plan(self, sources: Sequence[str]) -> tuple[outputs.Output, list[Path]]:
        """Return where results go: a page is one file."""
        from facewright.jobs.outputs import Output, check_absent

        out = self.options.out
        if not self.options.page:
            return super().plan(sources)
        if out.suffix.lower() != _PAGE or out.is_dir():
            hint = f"a page ends in {_PAGE}: -o ageing{_PAGE}"
            raise InputError(f"{out} is no page", hint=hint)
        check_absent(out, overwrite=self.options.overwrite)
        return Output(), []

    def open(self) -> None:
        """Load the translator, and what finds faces."""
        from facewright.pipelines.photos.convert import ConvertPipeline

        options = self.options
        self.pipeline = ConvertPipeline(
            options.with_,
            find=self.find,
            device=options.device,
            dtype=options.precision,
            progress=self.progress,
        )
        self._leaves: list[str] = []  # of the page, as HTML: pictures would fill the memory

    @property
    def device(self) -> torch.device:
        """The device that computes."""
        return self.pipeline.device

    def start(self, *, moves: bool) -> ConvertSession:  # noqa: ARG002
        """Return what converts one picture or clip."""
        options = self.options
        return self.pipeline.start(strength=options.strength, faces=options.faces, config=options)

    def draw(self, session: Any, one: Developed) -> Still:
        """Convert a picture, or draw a strip of it."""
        from facewright.jobs.commands.photos.convert_views.strips import draw_strip, plan_strengths
        from facewright.pipelines.pipeline import Step

        options = self.options
        if not (options.strip or options.page or options.steps):
            return super().draw(session, one)
        strengths = plan_strengths(options.strength, options.steps)
        made, faces = session.convert(one.image, strengths)
        step = Step(made[-1], faces)
        if not options.page:
            return Still(draw_strip(made, strengths, faces, scale=options.scale), None, step)
        return Still(made[-1], None, replace(step, reading=(made, strengths)))

    def recall(self, one: Developed, item: Item) -> Summary:
        """Return what the outcome says of a picture that is there already."""
        found, scale = super().recall(one, item), self.options.scale
        return replace(found, width=found.width * scale, height=found.height * scale)

    def keep(self, still: Still, item: Item, manifest: Manifest) -> None:
        """Add a picture to the page."""
        from facewright.jobs.commands.photos.convert_views.page import Leaf, render_leaf

        if self.options.page:
            made, strengths = still.step.reading
            self._leaves.append(render_leaf(Leaf(item.name, made, strengths, manifest)))

    def finish(self, run: Running) -> None:
        """Write the page."""
        from facewright.jobs.commands.photos.convert_views.page import write_page

        if self._leaves:
            write_page(self._leaves, self.options.out, self.pipeline.direction)
            run.outcome.files.append(self.options.out)


def convert_pictures(
    sources: list[str], *, options: ConvertOptions, progress: Progress | None = None
) -> Outcome:
    """Convert faces from one style to another, such as young to old, and put them back.

    Each face is found, cut out and translated, and the change is put into the untouched picture,
    which keeps its detail and everything around the face. What a translator shows is what its two
    sets of pictures differ in. It predicts nothing about anybody.

    In folders, what cannot be converted is listed with the reason, the rest goes on, and the exit
    status is 1. Run the same command again to go on after an interruption. Ctrl-C ends a clip in
    good order, and the run with it: what is there by then plays. In a folder, the same command
    makes it whole.

    Args:
        sources: Pictures, clips, folders, zip and tar archives.
        options: With which translator, how, and where to.
        progress: Called with the number of pictures and frames done, and of all.

    Examples:
        facewright convert portrait.jpg --with ageing --consent self -o older.png
        facewright convert clip.mp4 --with ageing:reverse --consent self -o younger.mp4
        facewright convert small.jpg --with ageing --scale 2 --consent self -o older.png
    """
    from facewright.jobs.run import run_files

    return run_files(Convert(options, progress), sources)


def check_translator(with_: str) -> None:
    """Raise InputError unless a translator is named: one that is known, or a file."""
    from facewright.pipelines.photos.convert import list_translators, read_direction

    name, _ = read_direction(with_)
    known = list_translators()
    if name not in known and not Path(name).is_file():
        hint = f"one of: {', '.join(known)}; or a file of `facewright train translator`"
        raise InputError(f"no translator is called `{name}`", hint=hint)
