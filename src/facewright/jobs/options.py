"""Options that several commands share, without PyTorch, so that help is quick."""

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
"""Options that parameters of manifests leave out: they are recorded elsewhere in manifests, or name
destinations, or are files, which are recorded by name and sha256; `label` records all labels."""


@dataclass(frozen=True, kw_only=True)
class Replacing:
    """Whether existing files are replaced."""

    overwrite: bool = False
    """Replace existing files."""


@dataclass(frozen=True, kw_only=True)
class Writing(Replacing):
    """Quality of result files."""

    quality: int = 95
    """Quality of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""


@dataclass(frozen=True, kw_only=True)
class Destination(Replacing):
    """Destination of results."""

    out: Path
    """The picture (.png, .jpg, .webp, .bmp) or clip (.mp4, .gif) to write; of a folder or several
    sources, a folder."""


@dataclass(frozen=True, kw_only=True)
class Output(Writing, Destination):
    """Destination and quality of results."""


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Consent of the people shown."""

    consent: str | None = None
    """Consent of the people shown, if they are real: who agreed to what; `self` for yourself,
    `generated` if all people are generated. It is recorded in the result."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The device that computes."""

    device: str = "auto"
    """Device that computes: auto (the first GPU, else the CPU), cpu, cuda or cuda:1."""


@dataclass(frozen=True, kw_only=True)
class Detectors:
    """Networks of face detection."""

    finder: str | None = None
    """The face detector: a name that `facewright models list` shows, or a file that
    `facewright train detector` wrote; the one that ships with the package if not given."""
    mesh: str | None = None
    """The network of 478 points: a name, or a file that `facewright train mesh` wrote; the one that
    ships if not given."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of the sources."""

    limit: int | None = None
    """Most pictures and clips to process, and most frames of each clip; all if not given."""
    largest_mib: int = 256
    """Largest file of a picture in MiB; larger ones are refused."""


@dataclass(frozen=True, kw_only=True)
class Leniency:
    """Whether refused files count as success."""

    lenient: bool = False
    """Exit with status 0 even if files were refused or a clip was truncated."""


@dataclass(frozen=True, kw_only=True)
class FaceChoice:
    """Choice of a face."""

    faces: str = "largest"
    """Which face to use if a photo shows several: largest, left, right or a number (1 is the
    largest)."""


@dataclass(frozen=True, kw_only=True)
class Refining:
    """Optimisation of latents."""

    refine: int = REFINE_STEPS
    """Optimisation steps after the encoder, for photos; 0 keeps the latents of the encoder."""


@dataclass(frozen=True, kw_only=True)
class Generating(Runtime):
    """The generator."""

    weights: str | None = None
    """The generator: a name that `facewright models list` shows, or a file."""


@dataclass(frozen=True, kw_only=True)
class Enlarging:
    """Enlargement of generated faces."""

    refiner: str = "auto"
    """The refiner, which enlarges faces beyond the resolution of the generator: a name that
    `facewright models list` shows, or a file; auto is the one that ships for such faces."""
    no_refine: bool = False
    """Enlarge generated faces by interpolation alone, without a refiner."""

    def pick_refiner(self) -> str:
        """Return the `refiner` argument of pipelines."""
        return "none" if self.no_refine else self.refiner


@dataclass(frozen=True, kw_only=True)
class PeopleOptions(Generating, Truncation):
    """Options of generated people."""

    age: str | None = None
    """Age label of the people, such as 30-39; as often as in the training data if not given."""
    gender: str | None = None
    """Gender label of the people."""
    ethnicity: str | None = None
    """Ethnicity label of the people, such as 'East Asian'."""
    label: tuple[str, ...] = ()
    """Any other label as NAME=VALUE; may be repeated."""
    size: int | None = None
    """Width and height of each face in pixels; if not given the resolution of the generator, on
    sheets at least 128 and in clips at least 256."""
    precision: Precision = "auto"
    """Number format of the convolutions; auto is bfloat16 if the processor supports it."""

    def sampling(self) -> "Sampling":
        """Return the options as pipelines take them.

        Raises:
            InputError: A label is not NAME=VALUE, or is chosen twice.
        """
        from facewright.pipelines.draw.generate import Sampling

        ways: Any = {one.name: getattr(self, one.name) for one in fields(Truncation)}
        return Sampling(labels=self.choose_labels(), **ways)

    def choose_labels(self) -> dict[str, str]:
        """Return label → value, from all options that set labels.

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
