"""Sticker packs for messengers: sizes, limits and manifests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from facewright.errors import InputError
from facewright.types import Json
from facewright.version import __version__

SIZE = 512
"""Width and height of a sticker in pixels."""
TRAY, TRAY_SIZE, TRAY_LIMIT = "tray.png", 96, 50_000
"""File name, width in pixels and largest size in bytes of a pack's icon."""

_SIGNS = {
    "angry": "😠",
    "disgust": "🤢",
    "fear": "😨",
    "happy": "😄",
    "sad": "😢",
    "surprise": "😮",
    "neutral": "😐",
}
_TITLE, _PUBLISHER = "Emoji", "Facewright"


@dataclass(frozen=True, slots=True)
class Messenger:
    """Requirements of a messenger."""

    endings: tuple[str, str]
    """File extensions of still and of animated stickers."""
    limits: tuple[int, int]
    """Largest size in bytes of still and of animated stickers."""
    least: int
    """Least number of stickers in a pack."""
    manifest: str
    """The name of the file that describes a pack."""
    describe: Callable[[Mapping[str, str], bool], Json]
    """Returns its content, given expression → file, and whether they are animated."""
    tray: bool = False
    """Whether the pack has an icon."""

    def write_manifest(self, files: Mapping[str, str], *, moving: bool) -> bytes:
        """Return the bytes of the file that describes a pack.

        Args:
            files: Expression → name of its file.
            moving: Whether they are animated.
        """
        said = self.describe(files, moving)
        return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def _describe_whatsapp(files: Mapping[str, str], moving: bool) -> Json:  # noqa: FBT001
    """Return contents.json as the sample apps for WhatsApp read it."""
    stickers: list[Json] = [
        {"image_file": file, "emojis": [_SIGNS[name]], "accessibility_text": name}
        for name, file in files.items()
    ]
    pack: dict[str, Json] = {
        "identifier": "facewright-emoji-moving" if moving else "facewright-emoji",
        "name": _TITLE,
        "publisher": _PUBLISHER,
        "tray_image_file": TRAY,
        "image_data_version": __version__,
        "avoid_cache": False,
        "animated_sticker_pack": moving,
        "stickers": stickers,
    }
    return {"sticker_packs": [pack]}


def _describe_telegram(files: Mapping[str, str], moving: bool) -> Json:  # noqa: FBT001
    """Return the arguments of createNewStickerSet, but for the user and the name of the bot."""
    kind = "video" if moving else "static"
    stickers: list[Json] = [
        {"sticker": f"attach://{file}", "format": kind, "emoji_list": [_SIGNS[name]]}
        for name, file in files.items()
    ]
    return {"title": _TITLE, "sticker_type": "regular", "stickers": stickers}


MESSENGERS: Mapping[str, Messenger] = {
    "whatsapp": Messenger(
        (".webp", ".webp"), (100_000, 500_000), 3, "contents.json", _describe_whatsapp, tray=True
    ),
    "telegram": Messenger(
        (".webp", ".webm"), (512_000, 256_000), 1, "stickers.json", _describe_telegram
    ),
}
"""By name. Sources: the sample apps of WhatsApp (github.com/WhatsApp/stickers), and
core.telegram.org/stickers with the documentation of its bots."""


def read_messengers(text: str | None, count: int) -> dict[str, Messenger]:
    """Parse names of messengers.

    Args:
        text: Names such as "whatsapp,telegram"; None means no messengers.
        count: Number of expressions in the pack.

    Raises:
        InputError: A name is unknown, or the pack has too few stickers for a messenger.
    """
    if text is None:
        return {}
    named = [word.strip().lower() for word in text.split(",") if word.strip()]
    unknown = [word for word in named if word not in MESSENGERS]
    if unknown or not named:
        raise InputError(
            f"`stickers` knows no `{unknown[0] if unknown else text}`",
            hint=f"some of: {', '.join(MESSENGERS)}",
        )
    found = {name: one for name, one in MESSENGERS.items() if name in named}
    small = [name for name, one in found.items() if count < one.least]
    if small:
        least = found[small[0]].least
        raise InputError(
            f"a pack for {small[0]} has {least} stickers at least, not {count}",
            hint="name more expressions with --only, or leave it out",
        )
    return found
