"""Fill the gaps in which a face was lost, once it is found again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from facewright.errors import InputError
from facewright.faces.track import TrackedFace
from facewright.types import Face


def fill_gaps(
    frames: Iterable[Sequence[TrackedFace]], *, patience: int = 15
) -> Iterator[list[TrackedFace]]:
    """Put lost faces on the way between where they were last and where they are next.

    `Tracker` guesses where a lost face may be, because it cannot know what comes. A clip can wait:
    frames come out at most `patience` later than they go in, and no more of them are kept.

    Args:
        frames: What `Tracker.step` returned, frame after frame.
        patience: How many frames to wait for a lost face, at least 0. The tracker's own patience
            times the frame rate, so that it is found again or given up by then.

    Yields:
        As many frames. Faces that were found are as they were; those that were lost and found again
        lie between, still with `seen` false; those that are not found again within the patience are
        left out.

    Raises:
        InputError: The patience is negative.
    """
    if patience < 0:
        raise InputError(f"a patience of {patience} frames is invalid", hint="0 or more")
    ahead: deque[Sequence[TrackedFace]] = deque()
    last: dict[int, TrackedFace] = {}  # where each number was seen last, before what is ahead
    for frame in frames:
        ahead.append(frame)
        if len(ahead) > patience:
            yield _resolve(ahead.popleft(), ahead, last)
    while ahead:
        yield _resolve(ahead.popleft(), ahead, last)


def _resolve(
    frame: Sequence[TrackedFace],
    ahead: Iterable[Sequence[TrackedFace]],
    last: dict[int, TrackedFace],
) -> list[TrackedFace]:
    """Return a frame with its lost faces placed or left out, and note the ones that are seen."""
    resolved: list[TrackedFace] = []
    for tracked in frame:
        if tracked.seen:
            last[tracked.number] = tracked
            resolved.append(tracked)
            continue
        after = _find_next(tracked.number, ahead)
        before = last.get(tracked.number)
        if before and after:
            resolved.append(replace(tracked, face=_blend(before, after, tracked.time)))
    shown = {tracked.number for tracked in frame}
    for number in last.keys() - shown:  # given up by the tracker: numbers are never used again
        del last[number]
    return resolved


def _find_next(number: int, ahead: Iterable[Sequence[TrackedFace]]) -> TrackedFace | None:
    """Return where a face is seen next."""
    later = (tracked for frame in ahead for tracked in frame)
    return next((t for t in later if t.number == number and t.seen), None)


def _blend(before: TrackedFace, after: TrackedFace, time: float) -> Face:
    """Return the face at a time between two others; its score is the lower of theirs."""
    part = np.float32((time - before.time) / (after.time - before.time))
    one, other = before.face, after.face
    return Face(
        one.box + part * (other.box - one.box),
        one.points + part * (other.points - one.points),
        min(one.score, other.score),
    )
