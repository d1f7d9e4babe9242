"""Make a pack of emoji out of a photo or a seed: one for each expression, in several sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from facewright.device import name_device
from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.live.session import Watched
from facewright.live.watch import OpenViewer, show_nobody
from facewright.pipelines.consent import resolve_consent
from facewright.provenance.publish import publish_image
from facewright.tasks.drawing import DrawOptions
from facewright.tasks.emoji.acting import draw_acts
from facewright.tasks.emoji.live import Disguise, describe_live, watch_disguise
from facewright.tasks.emoji.options import EmojiOptions, check_emoji, plan_files
from facewright.tasks.expressions.instruments import ExpressionOptions, equip
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.tasks.portraits import Portraits, draw_portrait, read_portraits
from facewright.toon.emoji import (
    EXPRESSIONS,
    Window,
    draw_emoji,
    find_window,
    lay_sheet,
    outline,
    sit,
    trim,
)
from facewright.types import Image, Manifest
from facewright.version import __version__

_NOT_RECORDED = {"seed", "consent", "device", "out", "overwrite", "show", "port", "open"}
_NOT_RECORDED |= {"style"}  # as "character": in manifests, a style is a file
_NOT_RECORDED |= {"live", "classifier"}  # what is shown says of itself which they were


@dataclass(frozen=True, slots=True)
class Pack:
    """Someone's emoji, before they are cut to size."""

    emojis: dict[str, Image]
    """Expression → (height, width, 4)."""
    window: Window
    """What is cut out of each."""
    portraits: Portraits


def make_emoji(
    photo: list[str] | None = None,
    *,
    options: EmojiOptions | None = None,
    progress: Progress | None = None,
    viewer: OpenViewer | None = None,
) -> list[Path] | Watched:
    """Make emoji of a person: seven expressions as transparent PNG and WebP.

    The head is cut out, hair and all, and drawn like a cartoon: colours and proportions are those
    of the person, the expression is drawn.

    Args:
        photo: A picture that shows a face from the front; with --seed none.
        options: Whose emoji, which, and where to.
        progress: Called with how many files are written, and of how many.
        viewer: Shows what a camera sees, where the options name one.

    Returns:
        The files that were written; of a camera, what was kept.

    Raises:
        InputError: An option is invalid, a file is there already, there is no consent, or no
            face that can be used.
        FileError: The photo is missing or damaged.
        WeightsError: There are no such weights.
    """
    options = options or EmojiOptions()
    check_emoji(photo or [], options)
    lookout = open_lookout(options.device, progress)
    if options.live is None:
        return make_with(lookout, photo or [], options, progress)
    wanted = ExpressionOptions(weights=options.classifier, device=options.device)
    instruments = equip(lookout, wanted, progress)
    pack = draw_pack(lookout, photo or [], options, progress)
    manifest = describe(lookout, photo or [], options, pack.portraits)
    manifest = describe_live(manifest, options.live, instruments.models)
    shown = Disguise(instruments.start_reader(), pack.emojis, manifest)
    return watch_disguise(shown, options, viewer or show_nobody, progress)


def make_with(
    lookout: Lookout,
    photo: Sequence[str],
    options: EmojiOptions,
    progress: Progress | None = None,
) -> list[Path]:
    """Do what `make_emoji` does with networks that are open already.

    Args:
        lookout: What finds the face.
        photo: One picture; none if the options have a seed.
        options: Whose emoji, which, and where to.
        progress: Called with how many files are written, and of how many.

    Returns:
        The files that were written.
    """
    items = plan_files(options)
    pack = draw_pack(lookout, photo, options, progress)
    manifest = describe(lookout, photo, options, pack.portraits)
    written = []
    for item in items:
        parameters = {"only": ",".join(item.expressions), "sizes": str(item.size)}
        own = replace(manifest, parameters={**manifest.parameters, **parameters})
        cut = [trim(pack.emojis[name], pack.window, item.size) for name in item.expressions]
        image = cut[0] if len(cut) == 1 else lay_sheet(cut)
        quality, overwrite = options.quality, options.overwrite
        publish_image(image, item.path, own, quality=quality, overwrite=overwrite)
        written.append(item.path)
        if progress:
            progress(len(written), len(items))
    return written


def draw_pack(
    lookout: Lookout,
    photo: Sequence[str],
    options: EmojiOptions,
    progress: Progress | None = None,
) -> Pack:
    """Draw all expressions of a person; each is cut out in the same way, whichever are wanted.

    Args:
        lookout: What finds the face.
        photo: One picture; none if the options have a seed.
        options: Whose emoji.
        progress: Called with how far a download of weights is.

    Raises:
        InputError: There is no face that can be used.
    """
    draw = _draw_moods if options.style == "drawn" else draw_acts
    emojis, portraits = draw(lookout, photo, options, progress)
    if options.outline:
        emojis = {name: outline(emoji) for name, emoji in emojis.items()}
    return Pack(emojis, find_window(list(emojis.values())), portraits)


def describe(
    lookout: Lookout, photo: Sequence[str], options: EmojiOptions, portraits: Portraits
) -> Manifest:
    """Say how emoji come about. Files count by name: the result may be published.

    Args:
        lookout: What found the face.
        photo: One picture, or none.
        options: What was asked for.
        portraits: The face.
    """
    said = {k: v for k, v in asdict(options).items() if k not in _NOT_RECORDED}
    said["character"] = options.style
    said["face"] = Path(photo[0]).name if photo else None
    if portraits.models:
        said["weights"] = next(iter(portraits.models))
    return Manifest(
        task="emoji",
        parameters=said,
        seeds=portraits.seeds,
        models=lookout.models | portraits.models,
        sources={f"face/{name}": sha256 for name, sha256 in portraits.sources.items()},
        consent=resolve_consent("emoji", options.consent, photo),
        version=__version__,
        torch=torch.__version__,
        device=name_device(lookout.device),
    )


def _draw_moods(
    lookout: Lookout, photo: Sequence[str], options: EmojiOptions, progress: Progress | None = None
) -> tuple[dict[str, Image], Portraits]:
    """Draw all expressions of a person by the table of moods."""
    if photo:
        portraits = read_portraits(lookout, photo[0], options.pick)
    else:
        drawn = DrawOptions(
            out=Path(),
            weights=options.weights,
            truncation_psi=options.truncation_psi,
            precision="float32",
            device=options.device,
        )
        portraits = draw_portrait(lookout, options.seed or 0, drawn, progress)
    one = portraits.portraits[0]
    try:
        sitter = sit(one.image, one.face.points, style=options.hair, generated=not photo)
    except InputError as error:
        raise InputError(f"{one.name}: {error}", hint=error.hint) from error
    return {name: draw_emoji(sitter, name) for name in EXPRESSIONS}, portraits
