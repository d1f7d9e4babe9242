"""Live effects on frames that a client, such as a phone, sends one by one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facewright.errors import OptionError
from facewright.expressions.classifier import EXPRESSIONS
from facewright.media.decode import read_image
from facewright.pipelines.consent import resolve_consent
from facewright.pipelines.load import load
from facewright.pipelines.pipeline import Pipeline, Session
from facewright.pipelines.result import Result, build_manifest
from facewright.provenance.publish import render_image
from facewright.types import Json, Manifest

if TYPE_CHECKING:
    from facewright.expressions.reader import NamedFace

_MOST_PIXELS = 2_100_000  # of a frame
_QUALITY = 85
_computing = threading.Lock()  # networks are shared by all sessions

Options = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Shown:
    """Result for one frame."""

    data: bytes
    """The result as JPEG; the unchanged frame where it shows nobody."""
    faces: int
    expressions: list[dict[str, float]]
    """Per face: expression → probability; empty where expressions are not read."""
    milliseconds: float


class LiveEffect:
    """An effect on one camera."""

    def __init__(self, session: Session, manifest: Manifest) -> None:
        """Take a session, and how its frames come about."""
        self._session, self._manifest = session, manifest
        self._start = time.monotonic()

    def step(self, frame: bytes) -> Shown:
        """Apply the effect to the next frame.

        Args:
            frame: The frame as JPEG, PNG or WebP.

        Raises:
            FileError: It is no picture, damaged or too large.
            InputError: The effect cannot be applied with these options.
        """
        begin = time.monotonic()
        image = read_image(frame, name="the frame", max_pixels=_MOST_PIXELS)
        with _computing:
            made = self._session.step(image, begin - self._start)
        data = frame
        if made.faces:
            data = render_image(made.image, ".jpg", self._manifest, quality=_QUALITY)
        read = made.reading if isinstance(made.reading, list) else []
        expressions = [_read_scores(one) for one in read if one.seen]
        return Shown(data, len(made.faces), expressions, (time.monotonic() - begin) * 1e3)


def open_live(
    effect: str, options: Options, drawn: Result | None, consent: str | None
) -> LiveEffect:
    """Start an effect on a camera.

    Args:
        effect: One of `EFFECTS`.
        options: Options of the command of that name that apply to live effects.
        drawn: A generated person whose face is used, for effects that take one.
        consent: Who agreed to what; required, as a camera shows real people.

    Raises:
        OptionError: There is no such effect or option, or it needs a person or consent.
        InputError: An option is out of range.
        WeightsError: There are no such weights.
    """
    if effect not in EFFECTS:
        raise OptionError(f"`{effect}` is no live effect", "effect", hint=", ".join(EFFECTS))
    known, takes_face, begin = EFFECTS[effect]
    unknown = [name for name in options if name not in known]
    if unknown:
        hint = f"one of: {', '.join(known)}"
        raise OptionError(f"`{effect}` has no option `{unknown[0]}` live", unknown[0], hint=hint)
    if takes_face and drawn is None:
        raise OptionError(f"`{effect}` needs a face", "face", hint='such as {"seed": 7}')
    agreed = resolve_consent(effect, consent, ["the camera"])
    with _computing:
        pipeline, session = begin(options, drawn)
    used = replace(session.used, consent=agreed)
    manifest = build_manifest(effect, session.parameters, used, pipeline.device)
    return LiveEffect(session, manifest)


@cache
def _load(verb: Any, weights: str | None = None) -> Any:
    """Return a pipeline, which is then kept for all sessions."""
    return load(verb, weights)


def _begin_swap(options: Options, face: Result | None) -> tuple[Pipeline, Session]:
    """Put the face of somebody who does not exist onto whoever is seen."""
    pipeline = _load("swap")
    return pipeline, pipeline.start(face, consent=None, **_pick(options, "faces", "strength"))


def _begin_toonify(options: Options, _: Result | None) -> tuple[Pipeline, Session]:
    """Draw whoever is seen as a character."""
    pipeline = _load("toonify", _text(options, "style"))
    return pipeline, pipeline.start(**_pick(options, "faces", "strength"))


def _begin_emoji(options: Options, face: Result | None) -> tuple[Pipeline, Session]:
    """Lay the emoji of somebody who does not exist over whoever is seen."""
    pipeline = _load("emoji")
    return pipeline.expressions, pipeline.start(pipeline(face, **_pick(options, "style", "hair")))


def _begin_expressions(options: Options, _: Result | None) -> tuple[Pipeline, Session]:
    """Read the expressions of whoever is seen."""
    from facewright.pipelines.configs import ReadingConfig

    pipeline = _load("expressions")
    return pipeline, pipeline.start(config=ReadingConfig(**_pick(options, "smoothing")))


def _begin_convert(options: Options, _: Result | None) -> tuple[Pipeline, Session]:
    """Translate whoever is seen to another style."""
    pipeline = _load("convert", _text(options, "with") or "ageing")
    return pipeline, pipeline.start(**_pick(options, "faces", "strength"))


def _pick(options: Options, *names: str) -> dict[str, Any]:
    """Return those of the options that are given."""
    return {name: options[name] for name in names if options.get(name) is not None}


def _text(options: Options, name: str) -> str | None:
    """Return the name of weights; never a path.

    Raises:
        OptionError: It is one.
    """
    value = options.get(name)
    if value is not None and (not isinstance(value, str) or Path(value).name != value):
        raise OptionError(f"`{name}` is a name of weights", name)
    return value if isinstance(value, str) else None


def _read_scores(one: NamedFace) -> dict[str, float]:
    """Return expression → how likely it is."""
    return {
        name: round(float(value), 3)
        for name, value in zip(EXPRESSIONS, one.probabilities, strict=True)
    }


_Begin = Callable[[Options, "Result | None"], tuple[Pipeline, Session]]
EFFECTS: Mapping[str, tuple[tuple[str, ...], bool, _Begin]] = {
    "swap": (("faces", "strength"), True, _begin_swap),
    "toonify": (("faces", "strength", "style"), False, _begin_toonify),
    "emoji": (("style", "hair"), True, _begin_emoji),
    "expressions": (("smoothing",), False, _begin_expressions),
    "convert": (("with", "faces", "strength"), False, _begin_convert),
}
"""Effect → its options, whether it takes a face, and what begins it."""
