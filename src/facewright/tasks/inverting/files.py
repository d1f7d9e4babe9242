"""From photos to files of latents, each with a picture of before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

import torch

from facewright.device import name_device
from facewright.errors import FacewrightError, FileError, InputError
from facewright.hub.bundle import file_sha256
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options
from facewright.jobs.outputs import Folder, is_done
from facewright.latents.files import LATENTS
from facewright.latents.invert import REFINE_STEPS, RefineOptions
from facewright.latents.tune import TuneOptions
from facewright.pipelines.consent import resolve_consent
from facewright.provenance.publish import PICTURES, check_destination, publish_image
from facewright.tasks.cropping import TemplateName
from facewright.tasks.inverting.inverter import Inverter, open_inverter
from facewright.tasks.inverting.photo import (
    Reading,
    cut_photo,
    draw_before_and_after,
    invert_crop,
    take_aligned,
)
from facewright.tasks.inverting.stored import name_tuning, save_inverted
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.tasks.portraits import list_references
from facewright.types import Crop, Json, Manifest
from facewright.version import __version__

_NOT_RECORDED = {"seed", "consent", "device", "out", "overwrite"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InvertOptions:
    """How to look for latents, and where to write them."""

    out: Path
    """The file of latents, such as face.latents; before and after go beside it, as face.png. Or a
    folder, for several photos. A picture (.png, .jpg, .webp) has the latents beside it."""
    refine: int = REFINE_STEPS
    """How many steps of optimisation follow the encoder; 0 takes what it says."""
    tune: bool = False
    """Change the generator, too, so that it draws this face better: pivotal tuning. What changed
    goes beside the latents, as face.tuning.safetensors."""
    weights: str | None = None
    """The generator: a name that `facewright models list` shows, or a file."""
    encoder: str | None = None
    """Where the search begins: an encoder by name or file, or none for the average face; the one
    that belongs to the generator if not given."""
    template: TemplateName | None = None
    """How faces are cut that the generator draws; otherwise what its weights say, or tight."""
    aligned: bool = False
    """The photos show faces as the generator draws them already: look for none, cut nothing."""
    pick: str | None = None
    """Which face is taken of photos that show several: largest, left, right or a number."""
    consent: str | None = None
    """Who agreed to what, where a real person is shown; `self` if it is you, `generated` if nobody
    in it exists. It is written into the results."""
    seed: int = 0
    """Of the noise in the search."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace files that are there already."""


@dataclass(frozen=True, slots=True)
class InvertedFile:
    """The latents of one photo."""

    photo: str
    files: list[Path]
    """The latents, what was changed of the generator, if anything, and before and after."""
    readings: list[dict[str, Json]]
    """After each stage: its name, RMSE, perceptual distance and likeness."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A photo, and where what is found goes."""

    photo: Path
    latents: Path
    picture: Path


@dataclass(slots=True)
class Inverted:
    """What was found."""

    faces: list[InvertedFile] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Of several photos: name of each that shows no face or cannot be read → the reason."""
    known: int = 0
    """How many were there already, from the same photo and made in the same way."""

    @property
    def failed(self) -> bool:
        """Whether photos were refused."""
        return bool(self.refused)


def invert_photos(
    photos: list[str], *, options: InvertOptions, progress: Progress | None = None
) -> Inverted:
    """Find the latents from which a generator draws the faces of photos.

    The face is found and cut out, an encoder says where to begin, and optimisation in w+ refines
    that. Latents know their generator: another one says that they are not its own. Of several
    photos, those that show no face are listed with the reason; run the same command again to go on
    after an interruption.

    Args:
        photos: Pictures that show a face, or folders of them.
        options: How to search, and where to write.
        progress: Called with how many steps are done, and of how many.

    Returns:
        What was found, and how well it draws the faces.

    Raises:
        InputError: An option is invalid, a file is there already, there is no consent, or the
            only photo shows no face.
        FileError: A photo is missing or damaged.
        WeightsError: There are no such weights.
    """
    check_invert(photos, options)
    lookout = open_lookout(options.device, progress)
    inverter = open_inverter(
        options.weights,
        encoder=options.encoder,
        template=options.template,
        device=options.device,
        progress=progress,
    )
    return invert_with(lookout, inverter, photos, options, progress)


def check_invert(photos: Sequence[str], options: InvertOptions) -> None:
    """Reject invalid options before anything is loaded.

    Raises:
        InputError: An option is invalid, a file is there already, or there is no consent.
        FileError: A photo is missing.
    """
    check_options(options)
    for photo in photos:
        if not Path(photo).exists():
            raise FileError(f"there is no {photo}", hint="check the name")
    resolve_consent("invert", options.consent, photos)
    plan = _plan(photos, options)
    if len(plan) == 1:
        _check_absent(plan[0], options)


def invert_with(
    lookout: Lookout,
    inverter: Inverter,
    photos: Sequence[str],
    options: InvertOptions,
    progress: Progress | None = None,
) -> Inverted:
    """Do what `invert_photos` does with networks that are open already.

    Args:
        lookout: What finds faces.
        inverter: What finds their latents.
        photos: Pictures or folders.
        options: How to search, and where to write.
        progress: Called with how many steps are done, and of how many.

    Returns:
        What was found.
    """
    plan, found = _plan(photos, options), Inverted()
    for number, place in enumerate(plan):
        manifest = _describe(lookout, inverter, place.photo, options)
        if len(plan) > 1 and place.latents.is_file() and is_done(place.picture, manifest):
            found.known += 1
            continue
        told = _count_on(progress, number, len(plan))
        try:
            _check_absent(place, options)
            crop = _cut(lookout, inverter, place.photo, options)
        except FacewrightError as error:
            if len(plan) == 1:
                raise
            found.refused[str(place.photo)] = str(error)
            continue
        found.faces.append(_invert(inverter, crop, place, options, manifest, told))
    return found


def _check_absent(place: _Place, options: InvertOptions) -> None:
    """Raise InputError if files are there already that must not be replaced."""
    check_destination(place.picture, PICTURES, overwrite=options.overwrite)
    wanted = [place.latents, *([name_tuning(place.latents)] if options.tune else [])]
    for path in wanted:
        if path.exists() and not options.overwrite:
            raise InputError(
                f"{path} is there already", hint="pass --overwrite to replace it, or another name"
            )


def _cut(lookout: Lookout, inverter: Inverter, photo: Path, options: InvertOptions) -> Crop:
    """Return the face of a photo."""
    if options.aligned:
        return take_aligned(inverter, photo)
    return cut_photo(lookout, inverter, photo, pick=options.pick)


def _invert(
    inverter: Inverter,
    crop: Crop,
    place: _Place,
    options: InvertOptions,
    manifest: Manifest,
    progress: Progress | None,
) -> InvertedFile:
    """Find the latents of one face, and write them with a picture of before and after."""
    found = invert_crop(
        inverter,
        crop,
        options=RefineOptions(steps=options.refine, seed=options.seed),
        tune=TuneOptions(seed=options.seed) if options.tune else None,
        progress=progress,
    )
    files = save_inverted(place.latents, inverter, found, consent=manifest.consent)
    sheet = draw_before_and_after(found)
    files.append(publish_image(sheet, place.picture, manifest, overwrite=True))
    return InvertedFile(str(place.photo), files, [_sum_up(one) for one in found.readings])


def _plan(photos: Sequence[str], options: InvertOptions) -> list[_Place]:
    """Return where everything goes, by the name of the destination."""
    sources = [path for photo in photos for path in list_references(photo)]
    out, suffix = options.out, options.out.suffix.lower()
    if suffix in (LATENTS, *PICTURES) and not out.is_dir():
        if len(sources) > 1:
            raise InputError(f"{out} holds one face, not {len(sources)}", hint="name a folder")
        picture = out if suffix in PICTURES else out.with_suffix(".png")
        if picture.exists() and picture.samefile(sources[0]):
            raise InputError(f"{picture} would be replaced, and is the photo", hint="another name")
        return [_Place(sources[0], out.with_suffix(LATENTS), picture)]
    if suffix and not out.is_dir():
        raise InputError(
            f"{out} is no file of latents", hint="such as -o face.latents; or a folder"
        )
    folder = Folder(out)
    if any(out.resolve() == source.parent.resolve() for source in sources):
        raise InputError(f"{out} is where the photos lie", hint="name another folder")
    files = [folder.name_file(PurePosixPath(s.name), (LATENTS,), LATENTS) for s in sources]
    return [_Place(s, f, f.with_suffix(".png")) for s, f in zip(sources, files, strict=True)]


def _count_on(progress: Progress | None, number: int, total: int) -> Progress | None:
    """Return what counts the steps of one photo among those of all."""
    if progress is None:
        return None
    return lambda done, steps: progress(number * steps + done, total * steps)


def _sum_up(reading: Reading) -> dict[str, Json]:
    """Return the numbers of a stage."""
    numbers = {"rmse": reading.error, "perceptual": reading.perceptual}
    numbers["likeness"] = reading.likeness
    return {"stage": reading.name, **{name: round(value, 4) for name, value in numbers.items()}}


def _describe(
    lookout: Lookout, inverter: Inverter, photo: Path, options: InvertOptions
) -> Manifest:
    """Say how before and after come about. Files count by name: the picture may be published."""
    said: dict[str, Json] = {k: v for k, v in asdict(options).items() if k not in _NOT_RECORDED}
    said |= {"photo": photo.name, "weights": inverter.name}
    said |= {"encoder": inverter.begins, "template": inverter.template}
    return Manifest(
        task="invert",
        parameters=said,
        seeds=(options.seed,),
        models=inverter.models if options.aligned else {**inverter.models, **lookout.models},
        sources={f"photo/{photo.name}": file_sha256(photo)},
        consent=resolve_consent("invert", options.consent, [str(photo)]),
        version=__version__,
        torch=torch.__version__,
        device=name_device(inverter.device),
    )
