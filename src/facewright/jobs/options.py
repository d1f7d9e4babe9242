"""Options that several commands share, each declared once; no PyTorch, so that help is quick."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facewright.errors import InputError
from facewright.pipelines.configs import Truncation
from facewright.types import REFINE_STEPS, Json, Precision

if TYPE_CHECKING:
    from facewright.pipelines.draw.generate import Sampling

LABELS = ("age", "gender", "ethnicity")
"""Labels that have an option of their own."""

NOT_RECORDED = frozenset(
    {"out", "overwrite", "device", "consent", "detector", "finder", "mesh", "largest_mib"}
    | {
        "lenient",
        "seed",
        "seeds",
        "distinct",
        "show",
        "port",
        "open",
        "record",
        "live",
        "page",
        "format",
    }
    | set(LABELS)
    | {"limit", "crops", "no_refine"}
)
"""Options that manifests leave out: they have a place of their own there, or say where a file goes,
or are files, which count by name and sha256; of labels, `label` records all that were chosen."""


@dataclass(frozen=True, kw_only=True)
class Replacing:
    """What becomes of files that are there."""

    overwrite: bool = False
    """Replace files that are there already."""


@dataclass(frozen=True, kw_only=True)
class Writing(Replacing):
    """How results are written."""

    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""


@dataclass(frozen=True, kw_only=True)
class Destination(Replacing):
    """Where results go."""

    out: Path
    """The picture (.png, .jpg, .webp, .bmp) or clip (.mp4, .gif) to write; of a folder or several
    sources, a folder."""


@dataclass(frozen=True, kw_only=True)
class Output(Writing, Destination):
    """Where results go, and how they are written."""


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Who agreed."""

    consent: str | None = None
    """Who agreed to what, where a real person is shown; `self` if it is you, `generated` if nobody
    in it exists. It is written into the result."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Where to compute."""

    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""


@dataclass(frozen=True, kw_only=True)
class Detectors:
    """What finds faces."""

    finder: str | None = None
    """The network that finds faces: a name that `facewright models list` shows, or a file that
    `facewright train detector` wrote; the one that ships with the package if not given."""
    mesh: str | None = None
    """The network that places points on them: likewise, from `facewright train mesh`."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is looked at."""

    limit: int | None = None
    """Look at no more than this many pictures and clips, and at this many frames of each clip."""
    largest_mib: int = 256
    """Refuse pictures whose files are larger, in MiB."""


@dataclass(frozen=True, kw_only=True)
class Leniency:
    """What counts as success."""

    lenient: bool = False
    """Exit with 0 even if files were refused, or a clip broke off, once what is there was used."""


@dataclass(frozen=True, kw_only=True)
class FaceChoice:
    """Which face is meant."""

    faces: str = "largest"
    """Which face of a photo that shows several: largest, left, right or a number (1 is the
    largest)."""


@dataclass(frozen=True, kw_only=True)
class Refining:
    """How long latents are sought."""

    refine: int = REFINE_STEPS
    """Of photos: how many steps of optimisation follow the encoder; 0 takes what it says."""


@dataclass(frozen=True, kw_only=True)
class Generating(Runtime):
    """What draws faces."""

    weights: str | None = None
    """The generator: a name that `facewright models list` shows, or a file."""


@dataclass(frozen=True, kw_only=True)
class Enlarging:
    """How drawn faces get larger than they are drawn."""

    refiner: str = "auto"
    """What draws faces above the size that the generator draws: a name that `facewright models
    list` shows, or a file; auto is the one that ships for such faces."""
    no_refine: bool = False
    """Enlarge drawn faces without a network."""

    def pick_refiner(self) -> str:
        """Return what pipelines take for it."""
        return "none" if self.no_refine else self.refiner


@dataclass(frozen=True, kw_only=True)
class PeopleOptions(Generating, Truncation):
    """How people are drawn, whatever is made of them."""

    age: str | None = None
    """Draw only people of this age, such as 30-39; otherwise as it comes."""
    gender: str | None = None
    """Draw only people of this gender."""
    ethnicity: str | None = None
    """Draw only people of this ethnicity, such as 'East Asian'."""
    label: tuple[str, ...] = ()
    """Any other label as NAME=VALUE; may be repeated."""
    size: int | None = None
    """Width and height of each face in pixels; otherwise as drawn, on sheets at least 128 and in
    clips at least 256."""
    precision: Precision = "auto"
    """Number format of the convolutions; auto is bfloat16 where the processor has it."""

    def sampling(self) -> "Sampling":
        """Return how to draw, as pipelines take it.

        Raises:
            InputError: A label is not NAME=VALUE, or is chosen twice.
        """
        from facewright.pipelines.draw.generate import Sampling

        ways: Any = {one.name: getattr(self, one.name) for one in fields(Truncation)}
        return Sampling(labels=self.choose_labels(), **ways)

    def choose_labels(self) -> dict[str, str]:
        """Return label → value, as the options choose them.

        Raises:
            InputError: A label is not NAME=VALUE, or is chosen twice.
        """
        chosen = {name: value for name in LABELS if (value := getattr(self, name)) is not None}
        for text in self.label:
            name, equals, value = text.partition("=")
            if not (equals and name and value):
                raise InputError(f"`{text}` chooses no label", hint="--label NAME=VALUE")
            if name in chosen:
                raise InputError(f"the label `{name}` is chosen twice")
            chosen[name] = value
        return chosen


def record_options(options: Any) -> dict[str, Json]:
    """Return option → value, as a manifest records them."""
    said = {one.name: getattr(options, one.name) for one in fields(options)}
    return {
        name.rstrip("_"): list(value) if isinstance(value, tuple) else value
        for name, value in said.items()
        if name.rstrip("_") not in NOT_RECORDED
    }
