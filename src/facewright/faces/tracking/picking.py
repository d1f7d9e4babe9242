"""Choose the faces of a clip to change, and keep the choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from facewright.errors import InputError
from facewright.faces.choose import check_choice, leave_out_minor, select_faces
from facewright.faces.tracking.track import TrackedFace
from facewright.types import Face, Image

LIKE = "like"
"""The choice of the face with the highest similarity to a reference."""

CHOICES = "largest, all, left, right, a number, or like:REFERENCE.jpg"
"""The possible choices, for hints."""

Score = Callable[[Image, Face], float]
"""Returns the similarity of a face in a picture to a reference, 0 to 1."""

_BRIDGE = 0.15
"""Seconds for which a lost face is still changed, at its predicted position."""
_MUCH_LESS = 0.5
"""A face with less than this share of the best score so far is someone else."""


class Picker:
    """Chooses among the faces of successive frames, and keeps a choice while the face is there.

    A face that becomes larger than the chosen one does not replace it: the choice is made again
    only when the chosen face is gone.
    """

    def __init__(self, choice: str | None, score: Score | None = None) -> None:
        """Set up a choice.

        Args:
            choice: As `select_faces` takes it, or `LIKE`; None for the only face.
            score: Similarity to the reference; needed for `LIKE`.

        Raises:
            InputError: The choice is unknown.
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
        """Return the chosen faces of the next frame.

        Args:
            image: The frame.
            tracked: Its faces, as `Tracker.step` returns them.

        Returns:
            The chosen faces; a lost one is included for a moment after it was last seen.

        Raises:
            InputError: There is no choice, and the first frame with a face has several that may be
                meant (`leave_out_minor`).
        """
        seen = [one for one in tracked if one.seen]
        self._seen.update((one.number, one.time) for one in seen)
        there = [one for one in tracked if one.time - self._seen[one.number] <= _BRIDGE]
        self._forget({one.number for one in tracked})
        self._choose(image, seen, {one.number for one in there})
        return [one for one in there if one.number in self._chosen]

    def _choose(self, image: Image, seen: Sequence[TrackedFace], there: set[int]) -> None:
        """Make the choice, if it is open."""
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
        """Return the face of the highest score; none if a face before scored much higher."""
        for one in seen:
            if self._score is not None and one.number not in self._scores:
                self._scores[one.number] = self._score(image, one.face)
        if not seen:
            return set()
        best = max(seen, key=lambda one: self._scores[one.number])
        usual = max(self._scores.values())
        return {best.number} if self._scores[best.number] >= _MUCH_LESS * usual else set()

    def _forget(self, numbers: set[int]) -> None:
        """Drop the times of faces that are gone, so that memory does not grow with a clip."""
        self._seen = {number: time for number, time in self._seen.items() if number in numbers}
        best = max(self._scores, key=lambda number: self._scores[number], default=0)
        kept = numbers | {best}
        self._scores = {number: score for number, score in self._scores.items() if number in kept}


def _by_size(tracked: Sequence[TrackedFace]) -> list[TrackedFace]:
    """Return faces, the largest first."""
    return sorted(
        tracked, key=lambda one: -float((one.box[2:] - one.box[:2]).prod(dtype="float64"))
    )
