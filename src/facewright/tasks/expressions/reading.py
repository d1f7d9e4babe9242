"""Read the expressions in pictures, clips and what a camera sees."""

import sys
from collections.abc import Iterator, Sequence

from facewright.collect.sources.items import Refusal
from facewright.collect.sources.walk import (
    SourceItem,
    batch_up,
    check_paths,
    count_sources,
    develop,
    walk_sources,
)
from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options
from facewright.jobs.run import PIXELS_AT_ONCE
from facewright.live.session import Watched
from facewright.live.watch import OpenViewer, show_nobody
from facewright.media.camera import open_camera
from facewright.tasks.expressions.instruments import (
    ExpressionOptions,
    Instruments,
    describe_run,
    is_camera,
    open_instruments,
    read_seconds,
)
from facewright.tasks.expressions.places import plan_places
from facewright.tasks.expressions.records import Expressed, write_readings
from facewright.tasks.expressions.run import Run
from facewright.tasks.expressions.watching import check_watching, watch_expressions

_AT_ONCE = 16  # pictures that the networks see together, if they are not large


def read_expressions(
    sources: list[str],
    *,
    options: ExpressionOptions | None = None,
    progress: Progress | None = None,
    viewer: OpenViewer | None = None,
) -> Expressed | Watched:
    """Read expressions in pictures, clips or what a camera sees: seven bars beside each face.

    What is read is how a face looks to others, not what somebody feels. The European Union's AI Act
    forbids reading emotions of people at work and at school (article 5), and elsewhere whoever is
    read has to be told (article 50). Ctrl-C ends a clip in good order.

    Args:
        sources: Pictures, clips, folders, zip and tar archives; or a camera alone: camera:0, or
            camera:clip.mp4 for a clip that stands in.
        options: How to read, and what to write.
        progress: Called with how many pictures and frames are done, and of how many.
        viewer: Shows what a camera sees with bars, where the options say so.

    Returns:
        What was read, in order; of a camera that was shown, what was kept.

    Raises:
        InputError: An option is invalid, or a file is there already.
        FileError: A source does not exist, or a file cannot be written.
        WeightsError: There are no such weights.
    """
    options = options or ExpressionOptions()
    check_reading(sources, options)
    return read_with(open_instruments(options, progress), sources, options, progress, viewer)


def check_reading(sources: Sequence[str], options: ExpressionOptions) -> None:
    """Reject invalid options before anything is loaded.

    Raises:
        InputError: An option is invalid, or a file is there already.
        FileError: A source does not exist.
    """
    check_options(options)
    read_seconds(options.calibrate)
    if is_camera(list(sources)):
        if len(sources) > 1:
            raise InputError("a camera is read alone", hint="facewright expressions camera:0")
        check_watching(options)
    elif options.show:
        raise InputError("--show is for cameras", hint="leave it out, and open the file")
    else:
        check_paths(sources)
    if not options.show:
        plan_places(sources, options)


def read_with(
    instruments: Instruments,
    sources: Sequence[str],
    options: ExpressionOptions,
    progress: Progress | None = None,
    viewer: OpenViewer | None = None,
) -> Expressed | Watched:
    """Do what `read_expressions` does with networks that are open already.

    Args:
        instruments: The networks, calibrated.
        sources: Where to read.
        options: What to write.
        progress: Called with how many pictures and frames are done, and of how many.
        viewer: Shows what a camera sees.

    Returns:
        What was read.
    """
    if options.show:
        return watch_expressions(instruments, sources[0], options, viewer or show_nobody, progress)
    output, records = plan_places(sources, options)
    found = Expressed(options.lenient)
    avoid = [output.folder.path] if output.folder else []
    camera = is_camera(list(sources))
    total = 0 if camera else count_sources(sources, avoid=avoid)
    with write_readings(records) as write:
        run = Run(instruments, options, output, found, write, progress, total)
        if camera:
            manifest = describe_run(instruments, options)
            run.take_clip(sources[0], open_camera(sources[0]), output.file, manifest)
        else:
            items = walk_sources(sources, max_bytes=options.largest_mib << 20, avoid=avoid)
            seen = develop(_limit_items(items, options.limit))
            for batch in batch_up(seen, pictures=_AT_ONCE, pixels=PIXELS_AT_ONCE):
                run.take(batch)
                if run.stopped:
                    break
    found.files.extend(records)
    return found


def _limit_items(items: Iterator[SourceItem], limit: int | None) -> Iterator[SourceItem]:
    """Yield so many pictures and clips, and the refusals between them."""
    left = sys.maxsize if limit is None else limit
    for stop in items:
        yield stop
        left -= not isinstance(stop, Refusal)
        if not left:
            return
