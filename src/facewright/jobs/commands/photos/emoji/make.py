"""Make emoji of a person: a pack of files, or laid over whoever clips and cameras show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from facewright.errors import FileError, InputError
from facewright.jobs.effect import Effect, Item, Outcome, name_source
from facewright.jobs.options import Consent, Leniency, Runtime, Writing, record_options
from facewright.live.options import ShowOptions
from facewright.types import TRUNCATION_PSI, HairStyle, Manifest, StickerStyle

if TYPE_CHECKING:
    import torch

    from facewright.hub.store import Progress
    from facewright.jobs.commands.photos.emoji.files import Animate, Cut, PackFile
    from facewright.live.session import Watched
    from facewright.live.watch import OpenViewer
    from facewright.pipelines.find import FindPipeline
    from facewright.pipelines.photos.emoji import DisguiseSession, EmojiPipeline
    from facewright.pipelines.pipeline import Session
    from facewright.pipelines.result import Result

FOLDER = Path("emoji")
"""Default folder of a pack."""
STEPS = "steps"
"""Subfolder for intermediate results."""

_NOT_RECORDED = {"style", "classifier", "stickers", "keep"}
"""The style is recorded as "character", networks among the models; what is beside has its own."""
_OF_PACKS = {"only", "sizes", "animate"}
"""Options that concern packs only."""


@dataclass(frozen=True, kw_only=True)
class EmojiOptions(ShowOptions, Runtime, Leniency, Consent, Writing):
    """Person, style, and destination of emoji."""

    out: Path | None = None
    """The folder for the pack, otherwise `emoji`; or a file (.png, .webp): one emoji, or several on
    a sheet. With BODY the picture, clip or folder to write; of a camera that is only shown, the
    folder for snapshots and recordings."""
    classifier: str | None = None
    """The classifier of expressions of BODY: a name that `facewright models list` shows,
    or a file that `facewright train expressions` wrote; otherwise the one that ships."""
    seed: int | None = None
    """Seed of a generated person, instead of a photo."""
    weights: str | None = None
    """The generator for --seed: a name that `facewright models list` shows, or a
    file."""
    style: StickerStyle = "drawn"
    """How expressions are made. drawn: as a cartoon, sharp at any size. toon, baby, character: as a
    head in three dimensions with the shape, colours and hair of the person. cutout: none, but the
    head as the photo shows it, and the person without what is behind."""
    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi for --seed, --psi for short: 1 is full variety, 0 is the average face."""
    only: str | None = None
    """Draw only these expressions, such as happy,sad; otherwise angry, disgust, fear, happy, sad,
    surprise and neutral. With the style cutout these parts: head, mask, crop, person,
    person-mask."""
    sizes: str = "512,128,72"
    """Widths in pixels, separated by commas; a single file has the first one."""
    animate: bool = False
    """Also write a WebP of each expression that moves: from neutral to the expression and back, of
    the first size; or one such file (-o happy.webp or happy.webm). Neutral blinks."""
    stickers: str | None = None
    """Also write packs of stickers as these messengers take them, with their manifests: whatsapp,
    telegram or both; with --animate such that move, too."""
    keep: bool = False
    """Keep the steps of a photo in the folder `steps`: the crop around the face, the mask of the
    head, and the head cut out."""
    outline: bool = False
    """Add a white rim around the head, as on stickers."""
    hair: HairStyle = "auto"
    """Draw the hair: short or long. Otherwise it is cut out of the photo, and drawn only where the
    picture does not show it, as with --seed."""
    faces: str = "largest"
    """Which face to use if a photo shows several: largest, left, right or a number."""


class Emoji(Effect[EmojiOptions]):
    """Emoji of one person, laid over the largest face of bodies."""

    verb: ClassVar[str] = "emoji"
    role: ClassVar[str] = "body"

    def __init__(
        self,
        options: EmojiOptions,
        progress: Progress | None = None,
        find: FindPipeline | None = None,
        *,
        person: int | str,
    ) -> None:
        """Take the options; nothing is loaded yet.

        Args:
            options: Of the command.
            progress: Called with the number of items done, and of all.
            find: The face detector; None loads the networks that ship.
            person: A picture, or the seed of somebody who does not exist.
        """
        super().__init__(options, progress, find)
        self.person = person

    def check(self, sources: Sequence[str]) -> None:  # noqa: ARG002
        """Raise unless a face can be chosen, and there is a place for what is made."""
        from facewright.faces.choose import check_choice

        check_choice(self.options.faces)
        if self.options.style == "cutout":
            raise InputError("a cut-out lies over no face", hint="another --style")
        if self.options.out is None and not self.options.show:
            raise InputError("nothing says where the result goes", hint="name a file: -o OUT")

    def list_shown(self, sources: Sequence[str]) -> list[str]:
        """Return the files that show somebody: the photo, and the bodies."""
        photo = [self.person] if isinstance(self.person, str) else []
        return photo + super().list_shown(sources)

    def open(self) -> None:
        """Load the networks, and draw the pack."""
        options = self.options
        if options.style == "cutout":
            raise InputError("a cut-out shows no expression", hint="another --style")
        self.pack = self.pipeline(
            self.person,
            style=options.style,
            hair=options.hair,
            rim=options.outline,
            faces=options.faces,
            truncation_psi=options.truncation_psi,
            consent=options.consent,
        )

    @cached_property
    def pipeline(self) -> EmojiPipeline:
        """The pipeline that draws the pack."""
        from facewright.pipelines.photos.emoji import EmojiPipeline

        options = self.options
        return EmojiPipeline(
            options.weights,
            find=self.find,
            classifier=options.classifier,
            device=options.device,
            dtype="float32",
            progress=self.progress,
        )

    @property
    def device(self) -> torch.device:
        """The device that computes."""
        return self.pipeline.device

    def start(self, *, moves: bool) -> DisguiseSession:  # noqa: ARG002
        """Return what lays emoji over the faces of one picture or clip."""
        return self.pipeline.start(self.pack)

    def describe(self, session: Session, item: Item, consent: str) -> Manifest:
        """Record how a picture or clip comes about."""
        found = super().describe(session, item, consent)
        left_out = _NOT_RECORDED | _OF_PACKS
        said = {k: v for k, v in found.parameters.items() if k not in left_out}
        return replace(found, parameters={**said, self.role: name_source(item)})

    def write_pack(self) -> Outcome:
        """Write the emoji themselves, in all sizes."""
        from facewright.jobs.commands.photos.emoji.files import PackWriter
        from facewright.pipelines.consent import resolve_consent
        from facewright.provenance.publish import write_bytes

        options, photo = self.options, self.list_shown([])
        plan = check_pack(photo, options)
        agreed = resolve_consent(self.verb, options.consent, photo)
        written: list[Path] = []

        def write(result: Result, files: Sequence[PackFile], cut: Cut, *move: Animate) -> None:
            said = {k: v for k, v in record_options(options).items() if k not in _NOT_RECORDED}
            parameters = {**said, **result.manifest.parameters}
            manifest = replace(result.manifest, parameters=parameters, consent=agreed)
            writer = PackWriter(cut, manifest, options.quality, *move)
            for one in files:
                written.append(writer.write(one))
                if self.progress:
                    self.progress(len(written), len(plan.files) + len(plan.parts))

        if plan.files:
            self.open()
            write(self.pack, plan.files, self.pack.cut, self.pack.animate)
        if plan.parts:
            rim, faces = options.outline, options.faces
            found = self.pipeline.cut_out(photo[0], rim=rim, faces=faces, consent=options.consent)
            write(found, plan.parts, found.cut)
        written += [write_bytes(path, data) for path, data in plan.texts.items()]
        return Outcome(files=written)


def make_emoji(
    photo_and_bodies: list[str] | None = None,
    /,
    *,
    options: EmojiOptions | None = None,
    progress: Progress | None = None,
    viewer: OpenViewer | None = None,
) -> Outcome | Watched:
    """Make emoji of a person: seven expressions as transparent PNG and WebP, or over faces.

    The head is cut out, hair and all, and drawn like a cartoon: colours and proportions are those
    of the person, the expression is drawn. With BODY, the emoji that fits the expression lies over
    the largest face of every frame.

    Args:
        photo_and_bodies: PHOTO, a picture that shows a face from the front; with --seed none. Then
            BODY, if emoji are to be laid over faces: a picture, a clip, several of them, a folder;
            or a camera: camera:0, or camera:clip.mp4 for a clip that stands in.
        options: Person, style, and destination.
        progress: Called with the number of files or frames done, and of all.
        viewer: Opens the live view of a clip or camera; if the options ask for it.

    Examples:
        facewright emoji me.jpg --consent self -o emoji
        facewright emoji --seed 7 --style toon --only happy,sad -o toons
        facewright emoji me.jpg camera:0 --show --consent self
    """
    from facewright.jobs.run import run

    options = options or EmojiOptions()
    person, bodies = split_person(photo_and_bodies or [], options.seed)
    effect = Emoji(options, progress, person=person)
    return run(effect, bodies, viewer) if bodies else effect.write_pack()


def split_person(names: Sequence[str], seed: int | None) -> tuple[int | str, list[str]]:
    """Return whose emoji are made, and the bodies.

    Raises:
        InputError: Neither a photo nor a seed is named, or the photo is a folder.
        FileError: The photo is missing.
    """
    if seed is not None:
        return seed, list(names)
    if not names:
        raise InputError(
            "emoji are made of a photo or of a seed, and none is named",
            hint="facewright emoji PHOTO, or facewright emoji --seed 42",
        )
    photo = Path(names[0])
    if photo.is_dir():
        raise InputError(f"{photo} is a folder", hint="name one picture")
    if not photo.is_file():
        raise FileError(f"there is no picture {photo}", hint="check the name")
    return str(photo), list(names[1:])


@dataclass(frozen=True, slots=True)
class PackPlan:
    """Files to write."""

    files: list[PackFile] = field(default_factory=list)
    """Files that show expressions."""
    parts: list[PackFile] = field(default_factory=list)
    """Files with parts cut out of the photo."""
    texts: dict[Path, bytes] = field(default_factory=dict)
    """Manifests of sticker packs: path → content."""


def check_pack(photo: Sequence[str], options: EmojiOptions) -> PackPlan:
    """Check the options before anything is loaded, and return the files to write.

    Raises:
        InputError: An option is out of range, or a file exists already.
    """
    from facewright.faces.choose import check_choice
    from facewright.jobs.checks import check_options
    from facewright.jobs.outputs import check_absent
    from facewright.provenance.publish import MOVING, PICTURES, check_destination

    check_options(options)
    check_choice(options.faces)
    if options.show:
        raise InputError("`show` needs a camera or clip", hint="facewright emoji PHOTO camera:0")
    plan = plan_files(options)
    if plan.parts and not photo:
        raise InputError("something is cut out of a photo alone", hint="facewright emoji PHOTO")
    for one in (*plan.files, *plan.parts):
        check_destination(one.path, [*PICTURES, *MOVING], overwrite=options.overwrite)
        if any(one.path.exists() and one.path.samefile(name) for name in photo):
            raise InputError(f"{one.path} is the photo itself", hint="name another file")
    for path in plan.texts:
        check_absent(path, overwrite=options.overwrite)
    return plan


def plan_files(options: EmojiOptions) -> PackPlan:
    """Plan the files that the options ask for.

    Raises:
        InputError: An expression, a part or a size is invalid, or the file has another extension.
    """
    from facewright.jobs.commands.photos.emoji import files
    from facewright.jobs.outputs import MEANT_AS_FILE
    from facewright.provenance.publish import CLIPS, PICTURES
    from facewright.toon.emoji import EXPRESSIONS
    from facewright.toon.heads.person import PARTS

    cuts = options.style == "cutout"
    if cuts and (options.animate or options.stickers):
        raise InputError("a cut-out does not move, and is no pack", hint="another --style")
    chosen = files.read_chosen(options.only, PARTS if cuts else EXPRESSIONS)
    sizes, out = files.read_sizes(options.sizes), options.out or FOLDER
    if out.suffix.lower() in {*files.KINDS, *files.MOVING} and not out.is_dir():
        if options.stickers or options.keep:
            raise InputError(f"{out} is one file", hint="name a folder")
        chosen = chosen if options.only or not cuts else PARTS[:1]
        if cuts and len(chosen) > 1:
            raise InputError(f"{out} holds one part", hint="--only head")
        one = files.plan_single(out, chosen, sizes[0], moving=options.animate)
        return PackPlan(parts=[one]) if cuts else PackPlan([one])
    meant_as_file = out.suffix.lower() in {*PICTURES, *CLIPS, *MEANT_AS_FILE}
    if out.is_file() or (meant_as_file and not out.is_dir()):
        raise InputError(
            f"{out} is no place for emoji", hint="name a folder, or one file: .png or .webp"
        )
    if cuts:
        return PackPlan(parts=files.plan_cutout(out, chosen, sizes))
    return _plan_folder(options, out, chosen, sizes)


def _plan_folder(
    options: EmojiOptions, out: Path, chosen: Sequence[str], sizes: Sequence[int]
) -> PackPlan:
    """List what goes into a folder: the pack, its steps, and packs of stickers."""
    from facewright.jobs.commands.photos.emoji import files, stickers
    from facewright.toon.heads.person import PARTS

    moving = chosen if options.animate else []
    plan = PackPlan(files.plan_folder(out, chosen, sizes, moving))
    if options.keep:
        plan.parts.extend(files.plan_cutout(out / STEPS, PARTS[:3], sizes[:1]))
    ways = {"": chosen, "-moving": moving} if options.animate else {"": chosen}
    for suffix, names in ways.items():
        messengers = stickers.read_messengers(options.stickers, len(names))
        for name, messenger in messengers.items():
            folder = out / f"{name}{suffix}"
            pack = files.plan_stickers(folder, messenger, names, moving=bool(suffix))
            named = {one.expressions[0]: one.path.name for one in pack[: len(names)]}
            said = messenger.write_manifest(named, moving=bool(suffix))
            plan.texts[folder / messenger.manifest] = said
            plan.files.extend(pack)
    return plan
