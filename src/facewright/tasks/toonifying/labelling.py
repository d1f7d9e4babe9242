"""Read the expressions of characters that are drawn, and draw bars beside them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from facewright.expressions.drawing import TIMELINE, History, label_picture
from facewright.expressions.reader import NamedFace, read_picture
from facewright.hub.store import Progress
from facewright.media.clips.fork import fork_clip
from facewright.provenance.publish import publish_clip, publish_image
from facewright.tasks.expressions.frames import Frame, label_frames
from facewright.tasks.expressions.instruments import ExpressionOptions, Instruments, equip
from facewright.tasks.expressions.records import Reading, describe_named, write_readings
from facewright.tasks.lookout import Lookout
from facewright.tasks.toonifying.casting import ToonifyOptions, name_kept
from facewright.types import Clip, Image, Manifest


@dataclass(frozen=True, slots=True)
class Labelling:
    """What reads the expressions of characters, and what a manifest says of it."""

    instruments: Instruments
    options: ToonifyOptions
    source: Path
    """Whom the characters are made of."""
    plain: Manifest
    """How the characters without bars come about."""

    @property
    def manifest(self) -> Manifest:
        """How the characters with bars come about."""
        said = {**self.plain.parameters, "expressions": True}
        return replace(self.plain, parameters=said, models=self.instruments.models)

    def publish_picture(self, drawn: Image) -> list[Path]:
        """Read the expressions in a picture of characters, and write it with bars.

        Args:
            drawn: (height, width, 3).

        Returns:
            What --keep wrote beside it.
        """
        options, known = self.options, self.instruments
        height, width = drawn.shape[:2]
        smallest, threshold = options.smallest, options.threshold
        found = known.lookout.finder.find([drawn], smallest=smallest, threshold=threshold)
        named = read_picture(known.classifier, drawn, found[0])
        publish = partial(publish_image, quality=options.quality, overwrite=options.overwrite)
        kept = name_kept(options.out, still=True) if options.keep else []
        with write_readings(kept[1:]) as write:
            write(self._describe(named, (width, height)))
            if kept:
                publish(drawn, kept[0], self.plain)
            publish(label_picture(drawn, named, widen=True), options.out, self.manifest)
        return kept

    def publish_clip(self, drawn: Clip, stopped: Callable[[], bool]) -> list[Path]:
        """Read the expressions in every frame of a clip of characters, and write it with bars.

        Args:
            drawn: Its frames are used up.
            stopped: As `provenance.publish_clip` takes it.

        Returns:
            What --keep wrote beside it.
        """
        options, history, size = self.options, History(), drawn.size
        publish = partial(publish_clip, overwrite=options.overwrite, stopped=stopped)
        kept = name_kept(options.out, still=False) if options.keep else []
        with ExitStack() as stack:
            write = stack.enter_context(write_readings(kept[1:3]))

            def tell(frame: Frame) -> None:
                write(self._describe(frame.faces, size, frame))
                history.add(frame.faces, frame.seconds)

            if kept:
                keep = partial(publish, path=kept[0], manifest=self.plain)
                drawn = stack.enter_context(fork_clip(drawn, keep))
            strip = size[0] // 4 * 2 if options.portrait else 0  # there is no room beside it
            labelled = label_frames(self.instruments.start_reader(), drawn, tell=tell, strip=strip)
            publish(labelled, options.out, self.manifest)
        if kept:
            drawn_by = replace(self.manifest, task=TIMELINE)
            publish_image(history.draw(), kept[3], drawn_by, overwrite=options.overwrite)
        return kept

    def _describe(
        self, faces: list[NamedFace], size: tuple[int, int], frame: Frame | None = None
    ) -> Reading:
        """Return what was read as a record."""
        told = tuple(describe_named(face) for face in faces)
        name, written = str(self.source), str(self.options.out)
        if frame is None:
            return Reading(name, *size, told, written=written)
        return Reading(name, *size, told, frame.number, round(frame.seconds, 4), written)


def open_labelling(
    lookout: Lookout,
    source: Path,
    options: ToonifyOptions,
    manifest: Manifest,
    progress: Progress | None = None,
) -> Labelling:
    """Load what reads expressions.

    Args:
        lookout: What finds faces.
        source: Whom the characters are made of.
        options: Where what is read goes, and which faces count.
        manifest: How the characters come about.
        progress: Called with how far a download of weights is.
    """
    how = ExpressionOptions(smallest=options.smallest, threshold=options.threshold)
    instruments = equip(lookout, how, progress)
    models = {**manifest.models, **instruments.models}
    plain = replace(manifest, parameters={**manifest.parameters, "expressions": False})
    return Labelling(replace(instruments, models=models), options, source, plain)
