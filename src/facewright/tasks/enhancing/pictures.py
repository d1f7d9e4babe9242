"""Make small or dull pictures and clips large and clear."""

from collections.abc import Sequence
from dataclasses import replace

from facewright.collect.sources.walk import count_sources, develop, walk_sources
from facewright.hub.store import Progress
from facewright.tasks.destinations import plan_results
from facewright.tasks.enhancing.optics import open_optics
from facewright.tasks.enhancing.options import EnhanceOptions, check_enhance
from facewright.tasks.enhancing.run import Enhanced, Run
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.training.stop import StopSignal

__all__ = ["EnhanceOptions", "Enhanced", "check_enhance", "enhance_pictures", "enhance_with"]

_LARGEST = 256 << 20  # bytes of a picture's file
_NOTICE = "stopping: what is written so far stays"


def enhance_pictures(
    sources: list[str], *, options: EnhanceOptions, progress: Progress | None = None
) -> Enhanced:
    """Make small or dull pictures and clips large and clear.

    A picture is enlarged by a network, smoothed and sharpened, in this order; large ones tile by
    tile, without seams. Nobody becomes somebody else: how much each face still looks like itself is
    measured and printed. Files that cannot be read are listed with the reason, and the exit
    status is 1. Run the same command again to go on after an interruption.

    Args:
        sources: Pictures, clips, folders, zip and tar archives.
        options: How, and where to.
        progress: Called with how many pictures and frames are done, and of how many.

    Returns:
        What was made.

    Raises:
        InputError: An option is invalid, or a file is there already.
        FileError: A source does not exist.
        WeightsError: There are no such weights, or they enlarge by another factor.
    """
    check_enhance(sources, options)
    lookout = open_lookout(options.device, progress)
    return enhance_with(lookout, sources, options, progress)


def enhance_with(
    lookout: Lookout,
    sources: Sequence[str],
    options: EnhanceOptions,
    progress: Progress | None = None,
) -> Enhanced:
    """Do what `enhance_pictures` does with networks that are open already.

    Args:
        lookout: What finds faces.
        sources: What to make clear.
        options: How, and where to.
        progress: Called with how many pictures and frames are done, and of how many.

    Returns:
        What was made.
    """
    output = plan_results(options.out, sources, overwrite=options.overwrite)
    avoid = [output.folder.path] if output.folder else []
    optics = open_optics(lookout, options, progress)
    total = count_sources(sources, avoid=avoid)
    seen = develop(walk_sources(sources, max_bytes=_LARGEST, avoid=avoid))
    with StopSignal(_NOTICE) as stop:
        run = Run(optics, options, output, lambda: stop.requested, progress, total)
        for one in seen:
            if stop.requested:
                break
            run.take(one)
        finished = not stop.requested
    return replace(run.made, finished=finished)
