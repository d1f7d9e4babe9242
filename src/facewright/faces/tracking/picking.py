"""Pick the faces of a clip that are changed, and stay with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from facewright.errors import InputError
from facewright.faces.choose import check_choice, leave_out_minor, select_faces
from facewright.faces.tracking.track import TrackedFace
from facewright.types import Face, Image

LIKE = "like"
"""The choice of the face that a score prefers."""

CHOICES = "largest, all, left, right, a number, or like:REFERENCE.jpg"
"""What can be chosen, for hints."""

Score = Callable[[Image, Face], float]
"""Says how much a face in a picture looks like a reference, 0 to 1."""

_BRIDGE = 0.15
"""Seconds for which a face that is lost is still changed, where it is thought to be."""
_MUCH_LESS = 0.5
"""A face that scores less than this part of the best so far is somebody else."""


class Picker:
    """Chooses among the faces of successive frames, and stays with a choice while it is there.

    A person who comes nearer than the one that is changed does not take over: the choice is made
    again when the chosen face is gone.
    """

    def __init__(self, choice: str | None, score: Score | None = None) -> None:
        """Prepare to choose.

        Args:
            choice: As `select_faces` takes it, or `LIKE`; None for the only face.
            score: For `LIKE`.

        Raises:
            InputError: There is no such choice.
        """
        if choice == LIKE and score is None:
            raise InputError("no reference says whom to choose", hint="like:REFERENCE.jpg")
        self._choice = choice if choice in (None, LIKE) else check_choice(choice)
        self._score = score
        self._chosen: set[int] = set()
        self._asked = choice is None
        self._seen: dict[int, float] = {}  # number → when it was seen last
        self._scores: dict[int, float] = {}

    def pick(self, image: Image, tracked: Sequence[TrackedFace]) -> list[TrackedFace]:
        """Return the faces of the next frame that are changed.

        Args:
            image: The frame.
            tracked: Its faces, as `Tracker.step` returns them.

        Returns:
            Those that are chosen; of those that are lost only if they were there a moment ago.

        Raises:
            InputError: Nothing was chosen, and the first frame with a face has several that may be
                meant (`leave_out_minor`).
        """
        seen = [one for one in tracked if one.seen]
        self._seen.update((one.number, one.time) for one in seen)
        there = [one for one in tracked if one.time - self._seen[one.number] <= _BRIDGE]
        self._forget({one.number for one in tracked})
        self._choose(image, seen, {one.number for one in there})
        return [one for one in there if one.number in self._chosen]

    def _choose(self, image: Image, seen: Sequence[TrackedFace], there: set[int]) -> None:
        """Decide whom to change, where that is open."""
        if self._choice == LIKE:
            self._chosen = self._compare(image, seen) or self._chosen
        elif self._choice == "all":
            self._chosen = there
        elif seen and not self._chosen & there:
            rivals = leave_out_minor(seen, lambda one: one.face.score) if self._asked else []
            if len(rivals) > 1:
                raise InputError(
                    f"there are {len(rivals)} faces, and none is chosen",
                    hint=f"say which with --faces: {CHOICES}",
                )
            self._asked = False
            chosen = select_faces(rivals or _by_size(seen), self._choice or "largest")
            self._chosen = {one.number for one in chosen}

    def _compare(self, image: Image, seen: Sequence[TrackedFace]) -> set[int]:
        """Return the face that scores most; nobody, where it scores much less than one before."""
        for one in seen:
            if self._score is not None and one.number not in self._scores:
                self._scores[one.number] = self._score(image, one.face)
        if not seen:
            return set()
        best = max(seen, key=lambda one: self._scores[one.number])
        usual = max(self._scores.values())
        return {best.number} if self._scores[best.number] >= _MUCH_LESS * usual else set()

    def _forget(self, numbers: set[int]) -> None:
        """Forget when faces were seen that are gone, so that memory does not grow with a clip."""
        self._seen = {number: time for number, time in self._seen.items() if number in numbers}
        best = max(self._scores, key=lambda number: self._scores[number], default=0)
        kept = numbers | {best}
        self._scores = {number: score for number, score in self._scores.items() if number in kept}


def _by_size(tracked: Sequence[TrackedFace]) -> list[TrackedFace]:
    """Return faces, the largest first."""
    return sorted(
        tracked, key=lambda one: -float((one.box[2:] - one.box[:2]).prod(dtype="float64"))
    )
