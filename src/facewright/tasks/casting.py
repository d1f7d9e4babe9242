"""Cast a swap: the face, the body, who is chosen, what a manifest says."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from facewright.device import name_device
from facewright.errors import FileError, InputError
from facewright.faces.choose import check_choice
from facewright.faces.tracking.follow import FrameConfig
from facewright.faces.tracking.picking import CHOICES, LIKE, Picker
from facewright.hub.bundle import file_sha256
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options
from facewright.live.options import ShowOptions
from facewright.media.camera import PREFIX as CAMERA
from facewright.pipelines.consent import resolve_consent
from facewright.swap.blending.seam import PARTS
from facewright.swap.frames import FrameSwapper
from facewright.swap.swap import SwapOptions
from facewright.swap.warp import make_source
from facewright.tasks.drawing import DrawOptions
from facewright.tasks.lookout import Lookout
from facewright.tasks.portraits import Portraits, draw_portrait, list_references, read_portraits
from facewright.tasks.resemblance import PREFIX, Resemblance, open_resemblance
from facewright.types import TRUNCATION_PSI, Blend, Manifest, Part, WarpMethod
from facewright.version import __version__

_NOT_RECORDED = {"seed", "consent", "device", "out", "overwrite", "show", "port", "open", "lenient"}
_NOT_RECORDED |= {"finder", "mesh"}  # they may be paths, and are among the models


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapFacesOptions(ShowOptions):
    """Which face goes onto which, how, and where to."""

    out: Path | None = None
    """The picture (.png, .jpg, .webp) or clip (.mp4, .gif) to write; of a camera with --show, the
    folder for snapshots and recordings, otherwise `live`."""
    seed: int | None = None
    """Draw the face on the fly: a person who does not exist. Then BODY is named alone."""
    weights: str | None = None
    """The generator for --seed: a name that `facewright models list` shows, or a file."""
    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi for --seed, --psi for short: 1 is full variety, 0 is the average
    face."""
    faces: str | None = None
    """Whose face is covered: largest, all, left, right, a number (1 is the largest), or
    like:REFERENCE.jpg; needed where there are several. In a clip, it stays with a person."""
    pick: str | None = None
    """Which face of FACE is taken where it shows several: largest, left, right or a number."""
    consent: str | None = None
    """Who agreed to what, where a real person is shown; `self` if it is you, `generated` if nobody
    in it exists. It is written into the result."""
    warp: WarpMethod = "3d"
    """How pixels move: 3d turns the mesh and fills what is hidden by symmetry, 2d moves flat
    triangles."""
    match_colour: bool = True
    """Take over the light and the skin tone of the body."""
    blend: Blend = "poisson"
    """How the face meets the picture at its rim."""
    keep: str | None = None
    """What stays of the covered face: mouth, eyes, glasses, beard, or several such as
    mouth,eyes."""
    strength: float = 1.0
    """How much of the face shows: 0 nothing, 1 all of it."""
    shape: float = 0.5
    """How far eyes, nose and mouth move to the proportions of the face, 0 to 1."""
    smallest: float | None = None
    """The smallest face to look for in BODY, in pixels; otherwise 24, or 2 % of the longer side of
    a large picture."""
    threshold: float = 0.4
    """Leave out faces of which the detector is less sure, 0.01 to 0.99."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""
    finder: str | None = None
    """The network that finds faces: a name that `facewright models list` shows, or a file that
    `facewright train finder` wrote; the one that ships with the package if not given."""
    mesh: str | None = None
    """The network that places points on them: likewise, from `facewright train mesh`."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace a file that is there already."""
    lenient: bool = False
    """Exit with 0 even if a clip breaks off, once what is there of it was used."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A swap that is ready for its first frame."""

    swapper: FrameSwapper
    manifest: Manifest
    body: str
    references: tuple[str, ...]
    """The names of the pictures of the face, in the order of the swapper's sources."""


def check_cast(face_and_body: Sequence[str], options: SwapFacesOptions) -> tuple[str | None, str]:
    """Reject invalid options before anything is loaded.

    Args:
        face_and_body: FACE, unless the options have a seed, and BODY: a file or a camera.
        options: Which face, and how.

    Returns:
        FACE, if there is one, and BODY.

    Raises:
        InputError: An option is invalid, or there is no consent.
        FileError: A file is missing.
    """
    check_options(options)
    face, body = _split(face_and_body, options.seed)
    for name in (face, body):
        if name is not None and not name.startswith(CAMERA) and not Path(name).exists():
            raise FileError(f"there is no {name}", hint="check the name")
    if Path(body).is_dir():
        raise InputError(f"{body} is a folder", hint="name one picture or clip as BODY")
    if face is not None:
        list_references(face)
    for choice, option in ((options.faces, "--faces"), (options.pick, "--pick")):
        _check_choice(choice, option)
    _read_parts(options.keep)
    resolve_consent("swap", options.consent, _list_shown(face, body))
    return face, body


def open_cast(
    lookout: Lookout,
    face_and_body: Sequence[str],
    options: SwapFacesOptions,
    progress: Progress | None = None,
) -> Cast:
    """Read or draw the face, and prepare to put it onto others.

    Args:
        lookout: What finds faces.
        face_and_body: FACE, unless the options have a seed, and BODY: a file or a camera.
        options: Which face, and how.
        progress: Called with how far a download of weights is.

    Returns:
        What swaps frame after frame.

    Raises:
        FileError: A file is missing or damaged.
        InputError: The face cannot be used, or there is no consent.
        WeightsError: There are no such weights.
    """
    face, body = check_cast(face_and_body, options)
    if face is None:
        drawn = DrawOptions(
            out=Path(),
            weights=options.weights,
            truncation_psi=options.truncation_psi,
            precision="float32",
            device=options.device,
        )
        portraits = draw_portrait(lookout, options.seed or 0, drawn, progress)
    else:
        portraits = read_portraits(lookout, face, options.pick)
    resemblance = _open_resemblance(lookout, options.faces)
    swapper = FrameSwapper(
        lookout.finder,
        [
            make_source([(one.image, one.face.points)], method=options.warp)
            for one in portraits.portraits
        ],
        Picker(LIKE, resemblance.score) if resemblance else Picker(options.faces),
        SwapOptions(
            blend=options.blend,
            match_colour=options.match_colour,
            keep=_read_parts(options.keep),
            strength=options.strength,
            shape=options.shape,
        ),
        FrameConfig(smallest=options.smallest, threshold=options.threshold),
    )
    manifest = _describe(lookout, (face, body), options, portraits, resemblance)
    names = tuple(one.name for one in portraits.portraits)
    return Cast(swapper, manifest, body, names)


def _split(names: Sequence[str], seed: int | None) -> tuple[str | None, str]:
    """Return FACE, if it is named, and BODY."""
    if seed is not None and len(names) == 1:
        return None, names[0]
    if seed is None and len(names) == 2:
        return names[0], names[1]
    if seed is not None:
        raise InputError(
            f"--seed draws the face; {len(names)} files are named beside it",
            hint="facewright swap --seed 42 BODY -o OUT",
        )
    raise InputError(
        f"a swap takes FACE and BODY, not {len(names)} files",
        hint="facewright swap FACE BODY -o OUT, or facewright swap --seed 42 BODY -o OUT",
    )


def _list_shown(face: str | None, body: str) -> list[str]:
    """Return the files that show somebody; of a camera, the clip that stands in for it."""
    shown = [] if face is None else [face]
    return [*shown, body.removeprefix(CAMERA)]


def _check_choice(choice: str | None, option: str) -> None:
    """Raise unless a choice of faces is one."""
    if choice is None:
        return
    if option == "--faces" and choice.startswith(PREFIX):
        reference = choice.removeprefix(PREFIX)
        if not Path(reference).is_file():
            raise FileError(f"there is no {reference}", hint="--faces like:REFERENCE.jpg")
        return
    try:
        check_choice(choice)
    except InputError as error:
        hint = CHOICES if option == "--faces" else error.hint
        raise InputError(f"{option}: {error}", hint=hint) from error


def _read_parts(text: str | None) -> tuple[Part, ...]:
    """Read which parts of a face stay."""
    words = [word.strip().lower() for word in (text or "").split(",") if word.strip()]
    unknown = [word for word in words if word not in PARTS]
    if unknown:
        raise InputError(f"--keep knows no `{unknown[0]}`", hint=", ".join(PARTS))
    return tuple(part for part in PARTS if part in words)


def _open_resemblance(lookout: Lookout, faces: str | None) -> Resemblance | None:
    """Return what scores faces, if they are chosen by a reference."""
    if faces is None or not faces.startswith(PREFIX):
        return None
    return open_resemblance(lookout, faces.removeprefix(PREFIX))


def _describe(
    lookout: Lookout,
    names: tuple[str | None, str],
    options: SwapFacesOptions,
    portraits: Portraits,
    resemblance: Resemblance | None,
) -> Manifest:
    """Say how the result comes about. Files count by name: the result may be published."""
    face, body = names
    said: dict[str, Any] = {k: v for k, v in asdict(options).items() if k not in _NOT_RECORDED}
    said["face"] = None if face is None else Path(face).resolve().name
    said["body"] = body if body.startswith(CAMERA) else Path(body).name
    if resemblance:
        said["faces"] = PREFIX + Path((options.faces or "").removeprefix(PREFIX)).name
    if portraits.seeds:
        said["weights"] = next(iter(portraits.models))
    sources = {f"face/{name}": sha256 for name, sha256 in portraits.sources.items()}
    if Path(body).is_file():
        sources[f"body/{Path(body).name}"] = file_sha256(Path(body))
    models = dict(lookout.models) | portraits.models
    if resemblance:
        sources |= {f"like/{name}": sha256 for name, sha256 in resemblance.sources.items()}
        models |= resemblance.models
    return Manifest(
        task="swap",
        parameters=said,
        seeds=portraits.seeds,
        models=models,
        sources=sources,
        consent=resolve_consent("swap", options.consent, _list_shown(face, body)),
        version=__version__,
        torch=torch.__version__,
        device=name_device(lookout.device),
    )
