"""Open what reads expressions: the networks, and how a person's neutral face differs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from facewright.errors import FileError, InputError
from facewright.expressions.classifier import KIND, Classifier, Scores, load_classifier, score_faces
from facewright.expressions.reader import ExpressionReader, ReadConfig, measure_offset
from facewright.faces.tracking.follow import FaceFollower, FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.hub.bundle import file_sha256
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.live.options import ShowOptions
from facewright.media.video import read_clip
from facewright.pipelines.weights import open_weights
from facewright.tasks.lookout import Lookout, open_lookout, pick_kind

_RECORDED = ("smoothing", "calibrate", "smallest", "threshold", "quality", "limit")
_MOST_FRAMES = 600  # of a clip of a neutral face
_RATE = 30  # frames per second that are assumed of it, to follow the face
_LONGEST = 60.0  # seconds of calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionOptions(ShowOptions):
    """Where to read expressions, and what to write."""

    out: Path | None = None
    """A folder for pictures and clips with bars beside each face, the timeline of each clip, and
    expressions.jsonl and expressions.csv; or one picture (.png, .jpg, .webp), one clip (.mp4,
    .gif), or a .json, .jsonl or .csv alone. Of a camera with --show, the folder for snapshots and
    recordings, otherwise `live`."""
    record: Path | None = None
    """A .json, .jsonl or .csv to write what is read into, beside one picture or clip."""
    smoothing: float = 0.3
    """In clips, seconds over which what is read fades into what was read before; 0 for none."""
    calibrate: str | None = None
    """What your own neutral face looks like, if it is always read as sad or angry: a picture or
    clip of it, or so many seconds for which the largest face at the beginning of a clip or camera
    is neutral, such as 3. It suits one person, and changes nothing else."""
    weights: str | None = None
    """The network that names expressions: a name that `facewright models list` shows, or a file
    that `facewright train expressions` wrote; the one that ships with the package if not given."""
    smallest: float | None = None
    """The smallest face to look for, in pixels; otherwise 24, or 2 % of the longer side of a large
    picture."""
    threshold: float = 0.4
    """Leave out faces of which the detector is less sure, 0.01 to 0.99."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""
    finder: str | None = None
    """The network that finds faces: a name that `facewright models list` shows, or a file that
    `facewright train detector` wrote; the one that ships with the package if not given."""
    mesh: str | None = None
    """The network that places points on them: likewise, from `facewright train mesh`."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace files that are there already."""
    limit: int | None = None
    """Look at no more than this many pictures and clips, and at this many frames of each clip."""
    largest_mib: int = 256
    """Refuse pictures whose files are larger, in MiB."""
    lenient: bool = False
    """Exit with 0 even if files were refused."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """What reads expressions, and what a manifest says about it."""

    lookout: Lookout
    classifier: Classifier
    models: dict[str, str]
    """Name of the weights → sha256."""
    config: ReadConfig = field(default_factory=ReadConfig)
    offset: Scores | None = None
    sources: dict[str, str] = field(default_factory=dict)
    """What it was calibrated with → sha256."""

    def start_reader(self) -> ExpressionReader:
        """Return a reader for one clip."""
        return ExpressionReader(
            self.lookout.finder, self.classifier, self.config, offset=self.offset
        )


def open_instruments(options: ExpressionOptions, progress: Progress | None = None) -> Instruments:
    """Load the networks.

    Args:
        options: Which, and how to read.
        progress: Called with how far a download of weights is.

    Raises:
        InputError: There is no such device, or no face to calibrate with.
        FileError: What to calibrate with cannot be read.
        WeightsError: The weights are missing or damaged, or of another kind.
    """
    lookout = open_lookout(options.device, progress, finder=options.finder, mesh=options.mesh)
    return equip(lookout, options, progress)


def equip(
    lookout: Lookout, options: ExpressionOptions, progress: Progress | None = None
) -> Instruments:
    """Do what `open_instruments` does with networks that find faces already."""
    bundle = open_weights(options.weights or pick_kind(KIND, known_cards()), progress)
    classifier = load_classifier(bundle, lookout.device)
    models = {**lookout.models, bundle.card.name: bundle.card.sha256}
    return calibrate(Instruments(lookout, classifier, models), options)


def calibrate(instruments: Instruments, options: ExpressionOptions) -> Instruments:
    """Return instruments that read as the options say."""
    frames = FrameConfig(smallest=options.smallest, threshold=options.threshold)
    seconds = read_seconds(options.calibrate)
    config = ReadConfig(options.smoothing, seconds or 0.0, frames)
    offset, sources = None, dict[str, str]()
    if options.calibrate is not None and seconds is None:
        path = Path(options.calibrate)
        offset = _measure_file(instruments, path, frames)
        sources = {f"calibrate/{path.name}": file_sha256(path)}
    return replace(instruments, config=config, offset=offset, sources=sources)


def read_seconds(calibrate: str | None) -> float | None:
    """Return the seconds that --calibrate says; None if it names a file, or nothing.

    Raises:
        InputError: They are invalid.
        FileError: There is no such file.
    """
    if calibrate is None:
        return None
    try:
        seconds = float(calibrate)
    except ValueError:
        if not Path(calibrate).is_file():
            raise FileError(
                f"there is no {calibrate}",
                hint="--calibrate names a picture or clip of your neutral face, or seconds",
            ) from None
        return None
    if not 0 < seconds <= _LONGEST:
        raise InputError(
            f"--calibrate takes up to {_LONGEST:g} seconds, not {calibrate}", hint="3 are usual"
        )
    return seconds


def _measure_file(instruments: Instruments, path: Path, frames: FrameConfig) -> Scores:
    """Return how the neutral face in a picture or clip differs from that of others."""
    follower = FaceFollower(instruments.lookout.finder, Picker("largest"), frames)
    images = enumerate(islice(read_clip(path).frames, _MOST_FRAMES))
    faces = ((i, follower.follow(i, time=number / _RATE)) for number, i in images)
    scores = [
        score_faces(instruments.classifier, image, [mine[0].face])[0]
        for image, mine in faces
        if mine and mine[0].seen
    ]
    if not scores:
        raise InputError(f"{path}: no face was found to calibrate with", hint="show it from ahead")
    return measure_offset(np.stack(scores), instruments.classifier.neutral)
