"""Put a face onto whoever pictures, clips and cameras show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from facewright.errors import FacewrightError, FileError, InputError
from facewright.jobs.checks import read_parts
from facewright.jobs.effect import (
    Effect,
    Item,
    Outcome,
    Running,
    Still,
    Summary,
    name_source,
    name_written,
)
from facewright.jobs.options import Consent, Detectors, Enlarging, Leniency, Runtime, Writing
from facewright.live.options import ShowOptions
from facewright.pipelines.configs import SwapConfig
from facewright.types import TRUNCATION_PSI, Image, Json, Manifest

if TYPE_CHECKING:
    import torch

    from facewright.collect.sources.walk import Developed
    from facewright.hub.store import Progress
    from facewright.live.session import Watched
    from facewright.live.watch import OpenViewer
    from facewright.pipelines.find import FindPipeline
    from facewright.pipelines.photos.candidates import Choice
    from facewright.pipelines.photos.portraits import Prepared
    from facewright.pipelines.photos.swap import SwapSession
    from facewright.pipelines.pipeline import Session, Tally

    Swapped: TypeAlias = Outcome | Watched

AUTO = "auto"
"""The seed that is chosen for each body."""
TABLE, SHEET = "swaps.csv", "sheet-{}.jpg"
"""Beside the pictures of a folder: who was chosen, how well they fit; before and after."""
COLUMNS = (
    *("body", "seed", "written", "pose", "skin", "light", "looks"),
    *("person_like_body", "result_like_body", "result_like_person", "mouth_covered", "failed"),
)
_SHEET_TASK = "swap sheet"
_BY_PICTURE = "--seed auto chooses by a picture, not by a clip: name a number"
_COVERED = "something seems to cover the mouth, and a mouth was drawn over it"
_THUMBNAIL, _PAIRS, _ACROSS = 160, 40, 8  # pixels; pairs on a sheet; pictures side by side


@dataclass(frozen=True, kw_only=True)
class SwapOptions(
    ShowOptions, Runtime, Leniency, Detectors, Consent, Writing, Enlarging, SwapConfig
):
    """Options of swapping faces, and destination."""

    out: Path | None = None
    """The picture (.png, .jpg, .webp, .bmp) or clip (.mp4, .gif) to write; of a folder or several
    bodies, a folder; of a camera that is only shown, the folder for snapshots and recordings."""
    seed: int | Literal["auto"] | None = None
    """Draw the face on the fly: a person who does not exist. Then the bodies are named alone. With
    auto, whoever suits each body best is chosen, by pose, light, skin and age; into a folder, a
    table and contact sheets are written, too."""
    distinct: bool = False
    """With --seed auto, choose people who do not look alike for the bodies."""
    weights: str | None = None
    """The generator for --seed: a name that `facewright models list` shows, or a file."""
    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi for --seed, --psi for short: 1 is full variety, 0 is the average face."""
    faces: str = "largest"
    """Whose face is covered: largest, all, left, right, a number (1 is the largest), or
    like:REFERENCE.jpg. In a clip, it stays with a person."""
    keep: str | None = None
    """Parts of the covered face to keep: mouth, eyes, glasses, beard, or several such as
    mouth,eyes. Glasses with a clear frame stay by themselves."""
    strength: float = 1.0
    """Opacity of the face, 0 to 1."""


class Swap(Effect[SwapOptions]):
    """Puts one face onto bodies."""

    verb: ClassVar[str] = "swap"
    role: ClassVar[str] = "body"

    def __init__(
        self,
        options: SwapOptions,
        progress: Progress | None = None,
        find: FindPipeline | None = None,
        *,
        face: str | None = None,
    ) -> None:
        """Take the options; nothing is loaded yet.

        Args:
            options: Of the command.
            progress: Called with the number of items done, and of all.
            find: The face detector; None loads the networks that the options name.
            face: A picture, or a folder of pictures of one person; None for a seed.
        """
        super().__init__(options, progress, find)
        self.face = face
        self._covered: list[str] = []

    def check(self, sources: Sequence[str]) -> None:  # noqa: ARG002
        """Raise unless there is a face, the words are known, and what is written can be."""
        from facewright.faces.choose import check_choice

        options = self.options
        for path in list_references(self.face) if self.face else ():
            if options.out and options.out.exists() and options.out.samefile(path):
                raise InputError(f"{options.out} is one of the sources", hint="name another file")
        check_covered(options.faces)
        check_choice(options.source_face)
        read_parts(options.keep)
        if options.distinct and options.seed != AUTO:
            raise InputError("--distinct is for people who are chosen", hint="add --seed auto")
        if options.out is None and not options.show:
            raise InputError("nothing says where the result goes", hint="name a file: -o OUT")

    def list_shown(self, sources: Sequence[str]) -> list[str]:
        """Return the files that show somebody: the face, and the bodies."""
        face = [] if self.face is None else [self.face]
        return face + super().list_shown(sources)

    def open(self) -> None:
        """Load the networks, and read or draw the face."""
        from facewright.pipelines.photos.swap import SwapPipeline

        options = self.options
        self.pipeline = SwapPipeline(
            options.weights,
            refiner=options.pick_refiner(),
            find=self.find,
            device=options.device,
            progress=self.progress,
        )
        if self.face is not None:
            self.prepared = self._read_references(self.face)
        elif isinstance(options.seed, int):
            self.prepared = self._draw(options.seed)

    @property
    def device(self) -> torch.device:
        """The device that computes."""
        return self.pipeline.device

    def start(self, *, moves: bool) -> SwapSession:  # noqa: ARG002
        """Return what puts the face onto one picture or clip."""
        options = self.options
        session = self.pipeline.start(
            self.prepared,
            faces=options.faces,
            strength=options.strength,
            keep=read_parts(options.keep),
            truncation_psi=options.truncation_psi,
            config=options,
            consent=options.consent,
        )
        if self.face is not None:
            session.parameters["face"] = Path(self.face).resolve().name
        return session

    def draw(self, session: Any, one: Developed) -> Still:
        """Put the face onto a picture, and take note of mouths that something covers."""
        still = super().draw(session, one)
        self._covered += [one.photo.source] if session.covers_mouth else []
        return still

    def describe(self, session: Session, item: Item, consent: str) -> Manifest:
        """Record how a result comes about."""
        manifest = super().describe(session, item, consent)
        said = dict(manifest.parameters)
        said.setdefault(self.role, name_source(item))  # of a camera
        return replace(manifest, parameters=said)

    def sum_up(self, session: Any, tally: Tally, item: Item, size: tuple[int, int]) -> Summary:
        """Return what became of a clip: how steady the face is, and which references were used."""
        found: Summary = super().sum_up(session, tally, item, size)
        measured: dict[str, Json] = {"references": dict(session.references)}
        if flicker := session.flicker:
            measured["flicker"] = {"before": flicker.before, "after": flicker.after}
        return replace(found, measurements=measured)

    def report(self, outcome: Outcome) -> list[str]:
        """Say how many frames got the face, and how steady it is."""
        pictures = sum(one.frames for one in outcome.pictures)
        lines = [f"{pictures} pictures"] if pictures > 1 else []
        for clip in outcome.clips:
            lines += tell_clip(clip) if clip.frames else []
        lines += [f"{name}: {_COVERED}" for name in self._covered]
        return lines

    def _draw(self, seed: int) -> Prepared:
        """Draw the person of a seed."""
        options = self.options
        return self.pipeline.prepare(seed, options.truncation_psi, options, options.consent)

    def _read_references(self, face: str) -> Prepared:
        """Read the pictures of a face; of a folder, those that cannot be used are left out."""
        from facewright.pipelines.photos.portraits import join_portraits
        from facewright.pipelines.result import Ingredients

        paths, found, reasons = list_references(face), [], []
        for path in paths:
            try:
                found.append(self.pipeline.read_face(path, self.options.source_face))
            except FacewrightError as error:
                if len(paths) == 1:
                    raise
                reasons.append(error)
        if not found:
            first = reasons[0]
            raise InputError(f"no picture in {face} can be used: {first}", hint=first.hint)
        used = Ingredients()
        for one in found:
            used |= one.source.describe("face", self.options.consent)
        return join_portraits(found, used, self.options)


class ChosenSwap(Swap):
    """Puts whoever suits it best onto each body."""

    choice: Choice

    def __init__(
        self,
        options: SwapOptions,
        progress: Progress | None = None,
        find: FindPipeline | None = None,
    ) -> None:
        """Take the options, as `Swap` does."""
        super().__init__(options, progress, find)
        self._next: Developed | None = None
        self._taken: list[Choice] = []
        self._rows: list[tuple[Any, ...]] = []
        self._pairs: list[tuple[Image, str]] = []
        self._bodies: dict[str, str] = {}  # name → sha256

    def check(self, sources: Sequence[str]) -> None:
        """Raise for what moves, and where a table is there that another program wrote."""
        from facewright.collect.sources.walk import is_clip
        from facewright.media.camera import PREFIX

        super().check(sources)
        if any(one.startswith(PREFIX) or is_clip(Path(one)) for one in sources):
            raise InputError(_BY_PICTURE, hint="--seed 42")
        if self.folder is not None and not self.options.overwrite:
            _check_own(self.folder)

    def preview(self, batch: Sequence[Developed]) -> None:
        """Note whose turn it is."""
        (self._next,) = batch

    def start(self, *, moves: bool) -> SwapSession:
        """Choose a person for the next body, and return what puts them there."""
        from facewright.pipelines.inputs import naming

        if moves or self._next is None:
            raise InputError(_BY_PICTURE, hint="--seed 42")
        options, one = self.options, self._next
        with naming(one.photo.source):
            self.choice = self.pipeline.choose(
                one.image,
                faces=options.faces,
                truncation_psi=options.truncation_psi,
                apart=self._taken if options.distinct else (),
                config=options,
            )
        self.prepared = self._draw(self.choice.seed)
        return super().start(moves=False)

    def keep(self, still: Still, item: Item, manifest: Manifest) -> Any:
        """Measure a picture that was made."""
        if self._next is not None:
            self._note(self._next, still.image, item)
        return super().keep(still, item, manifest)

    def recall(self, one: Developed, item: Item) -> Any:
        """Measure a picture that is there already."""
        from facewright.media.decode import read_image
        from facewright.swap.cover import measure_cover

        kept = "mouth" in read_parts(self.options.keep)
        if not kept and measure_cover(one.image, self.choice.points) > 0:
            self._covered.append(one.photo.source)
        if item.path:
            self._note(one, read_image(item.path), item)
        return super().recall(one, item)

    def finish(self, run: Running) -> None:
        """Write the table and the contact sheets of a folder."""
        folder, refused = self.folder, run.outcome.refused
        if folder is None or not (self._rows or refused):
            return
        from facewright.jobs.records import write_records

        with write_records([table := folder / TABLE], COLUMNS, lambda row: [row]) as write:
            for row in self._rows:
                write(row)
            for one in refused:
                write((one.source, *[""] * (len(COLUMNS) - 2), one.reason))
        run.outcome.files.append(table)
        for number in range(0, len(self._pairs), _PAIRS):
            path = folder / SHEET.format(1 + number // _PAIRS)
            run.outcome.files.append(self._write_sheet(path, self._pairs[number : number + _PAIRS]))

    def report(self, outcome: Outcome) -> list[str]:
        """Say who was chosen, or how much results look like whom."""
        lines = super().report(outcome)
        lines += [f"seed {self.choice.seed}"] if len(self._rows) == 1 else []
        if self._rows:
            body, person = (median(row[n] for row in self._rows) for n in (8, 9))
            lines.append(
                f"likeness of the result: {body:.2f} to the body, {person:.2f} to the person"
            )
        return lines

    @property
    def folder(self) -> Path | None:
        """The folder that results go to; None for a single picture."""
        from facewright.provenance.publish import PICTURES

        out = self.options.out
        return out if out and out.suffix.lower() not in PICTURES else None

    def _note(self, one: Developed, result: Image, item: Item) -> None:
        """Take down who was chosen for a body, and how much everybody looks like everybody."""
        from facewright.faces.align import align

        choice, points, resemblance = self.choice, self.choice.points, self.pipeline.resemblance
        self._taken.append(choice)
        after = resemblance.embed(result, points)
        alike = resemblance.compare_vectors
        to_body = alike(after, resemblance.embed(one.image, points))
        to_person = alike(after, choice.vector)
        fit = choice.fit
        measured = (fit.turn, fit.skin, fit.light, fit.rest, choice.likeness, to_body, to_person)
        numbers = (round(value, 3) for value in measured)
        covered = "yes" if one.photo.source in self._covered else "no"
        row = (item.source, choice.seed, name_written(item.path), *numbers, covered, "")
        self._rows.append(row)
        self._bodies[item.name] = item.sha256
        for image, caption in ((one.image, item.name), (result, f"seed {choice.seed}")):
            self._pairs.append(
                (align(image, points, template="ffhq", size=_THUMBNAIL).image, caption)
            )

    def _write_sheet(self, path: Path, pairs: Sequence[tuple[Image, str]]) -> Path:
        """Write bodies and results side by side."""
        from facewright.media.drawing.sheets import contact_sheet
        from facewright.pipelines.result import Ingredients, build_manifest
        from facewright.provenance.publish import publish_image

        images, captions = zip(*pairs, strict=True)
        sheet = contact_sheet(images, columns=min(_ACROSS, len(images)), labels=captions)
        used = Ingredients(
            models=self.pipeline.generate.models | self.find.models,
            sources={f"{self.role}/{name}": sha256 for name, sha256 in self._bodies.items()},
            seeds=tuple(choice.seed for choice in self._taken),
            consent=(self.options.consent or "").strip(),
        )
        manifest = build_manifest(_SHEET_TASK, {}, used, self.device)
        return publish_image(sheet, path, manifest, quality=self.options.quality, overwrite=True)


def swap_faces(
    face_and_bodies: list[str],
    *,
    options: SwapOptions | None = None,
    progress: Progress | None = None,
    viewer: OpenViewer | None = None,
) -> Swapped:
    """Put a face onto the bodies of pictures and clips, or onto whoever a camera sees.

    Pose, expression and light stay those of the body, and not a bit changes outside of the face. In
    folders, what shows no face is listed with the reason, the rest goes on, and the exit status is
    1. Ctrl-C ends a clip in good order: what is there by then plays.

    Args:
        face_and_bodies: FACE, then BODY. FACE is a picture, or a folder of pictures of one person,
            of which the one is taken whose pose fits best; with --seed there is none. BODY is a
            picture, a clip, several of them, a folder or an archive; or a camera: camera:0, or
            camera:clip.mp4 for a clip that stands in.
        options: Which face, how, and where to.
        progress: Called with the number of pictures and frames done, and of all.
        viewer: Shows the frames of a camera or clip while they are made, where the options say so.

    Examples:
        facewright swap face.jpg body.jpg --consent "both agreed" -o swapped.jpg
        facewright swap --seed 42 walk.mp4 --consent self -o swapped.mp4
        facewright swap face.jpg camera:0 --consent "both agreed" --show
    """
    from facewright.jobs.run import run

    options = options or SwapOptions()
    face, bodies = split_sources(face_and_bodies, options.seed)
    if options.seed == AUTO:
        return run(ChosenSwap(options, progress), bodies, viewer)
    return run(Swap(options, progress, face=face), bodies, viewer)


def _check_own(folder: Path) -> None:
    """Raise if a table or a sheet is there that no run of this command wrote."""
    table = folder / TABLE
    said = table.read_text(encoding="utf-8", errors="replace") if table.is_file() else ""
    if said.startswith(",".join(COLUMNS)):
        return
    for path in (table, folder / SHEET.format(1)):
        if path.exists():
            raise InputError(f"{path} is there already", hint="name another folder")


def split_sources(names: Sequence[str], seed: int | str | None) -> tuple[str | None, list[str]]:
    """Return FACE, if it is named, and the bodies.

    Raises:
        InputError: One of them is missing.
        FileError: There is no such face.
    """
    if seed is not None and names:
        return None, list(names)
    if len(names) < 2:
        raise InputError(
            f"a swap takes FACE and BODY, not {len(names)} file{'s' * (len(names) != 1)}",
            hint="facewright swap FACE BODY -o OUT, or facewright swap --seed 42 BODY -o OUT",
        )
    if not Path(names[0]).exists():
        raise FileError(f"there is no {names[0]}", hint="check the name")
    return names[0], list(names[1:])


def list_references(face: str) -> list[Path]:
    """Return the pictures that show the face.

    Args:
        face: A picture, or a folder of them.

    Returns:
        The picture, or those in the folder by name.

    Raises:
        InputError: The folder has no pictures, or what is named is a clip.
    """
    from facewright.media.formats import find_kind

    path = Path(face)
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if find_kind(file) == "picture")
        if not found:
            raise InputError(f"{path} has no pictures in it", hint="name a folder of references")
        return found
    if path.is_file() and (kind := find_kind(path)) != "picture":
        what = ", but a clip" if kind else ""
        raise InputError(
            f"{path} is no picture{what}", hint="a face comes from a picture: JPEG, PNG, WebP"
        )
    return [path]


def check_covered(faces: str) -> None:
    """Raise unless a word, a number or a reference says whose face is covered."""
    from facewright.faces.choose import check_choice
    from facewright.faces.tracking.picking import CHOICES
    from facewright.pipelines.photos.swap import PREFIX

    if not faces.startswith(PREFIX):
        try:
            check_choice(faces)
        except InputError as error:
            raise InputError(f"--faces: {error}", hint=CHOICES) from error
        return
    reference = faces.removeprefix(PREFIX)
    if not Path(reference).is_file():
        raise FileError(f"there is no {reference}", hint="--faces like:REFERENCE.jpg")


def tell_clip(clip: Summary) -> list[str]:
    """Say how many frames of a clip got the face, how steady it is, and from which reference."""
    missed = clip.frames - clip.changed
    lines = [f"{clip.name}: {clip.changed} of {clip.frames} frames swapped"]
    if missed:
        lines.append(f"{missed} frame{'s' * (missed > 1)} without a face to swap, left as before")
    flicker: Any = clip.measurements.get("flicker")
    if flicker:
        before, after = flicker["before"], flicker["after"]
        said = f"{before:.2f} before, {after:.2f} after, {after - before:+.2f}"
        lines.append(f"flicker (change of the face from frame to frame, levels of 255): {said}")
    used: Any = clip.measurements.get("references", {})
    return lines + [
        f"reference that fits best in {count} frame{'s' * (count > 1)}: {name}"
        for name, count in used.items()
    ]
