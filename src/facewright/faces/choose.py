"""Choose faces of a picture: the largest, all, the leftmost, the third."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from facewright.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Boxed(Protocol):
    """An object with a box: a face, or a tracked face."""

    @property
    def box(self) -> NDArray[np.float32]:
        """(4,): left, top, right, bottom in pixels."""
        ...


B = TypeVar("B", bound=Boxed)


def select_faces(faces: Sequence[B], choice: str) -> list[B]:
    """Choose some of the faces of a picture.

    Args:
        faces: In any order; the detector returns the largest first.
        choice: "largest", "all", "left" (the leftmost in the picture), "right", or a number: 1 is
            the first of `faces`.

    Returns:
        The chosen faces; an empty list if there are none, or fewer than the number. Of two that
        are equally large or equally far left, the first.

    Raises:
        InputError: The choice is none of these.
    """
    choice = check_choice(choice)
    if choice in _KEYS:
        return [max(faces, key=_KEYS[choice])] if faces else []
    if choice == "all":
        return list(faces)
    number = int(choice)
    return list(faces[number - 1 : number])


def check_choice(choice: str) -> str:
    """Return a choice in normalised form, as `select_faces` takes it.

    Args:
        choice: As a user types it.

    Raises:
        InputError: The choice is none that `select_faces` knows.

    Example:
        >>> check_choice(" Largest"), check_choice("02")
        ('largest', '2')
    """
    word = choice.strip().lower()
    if word in _KEYS or word == "all":
        return word
    if word.isascii() and word.isdigit() and len(word) <= _DIGITS and int(word) > 0:
        return str(int(word))
    raise InputError(
        f"`{choice[:80]}` chooses no face",
        hint="largest, all, left, right, or a number from 1",
    )


def measure_area(face: Boxed) -> float:
    """Return the area of the box of a face, in square pixels."""
    left, top, right, bottom = face.box
    return float((right - left) * (bottom - top))


def leave_out_minor(faces: Sequence[B], score: Callable[[B], float]) -> list[B]:
    """Return the faces that may be meant if none is chosen.

    A small or doubtful face in the background does not make a picture ambiguous: a face is left
    out if it is less than a third as high as the largest of those with a high score, or if its own
    score is low.

    Args:
        faces: In any order.
        score: Returns the detector's score of a face, 0 to 1.

    Returns:
        The remaining faces, in the same order.
    """
    if not faces:
        return []
    least = _SURE * max(score(face) for face in faces)
    sure = [face for face in faces if score(face) >= least]
    high = max(face.box[3] - face.box[1] for face in sure)
    return [face for face in sure if face.box[3] - face.box[1] >= _LOW * high]


def _find_middle(face: Boxed) -> float:
    """Return the x coordinate of the middle of a face, in pixels."""
    return float(face.box[0] + face.box[2]) / 2


_DIGITS = 6
_LOW, _SURE = 0.33, 0.7  # parts of the height, and of the score, of the main face
_KEYS: dict[str, Callable[[Boxed], float]] = {
    "largest": measure_area,
    "left": lambda face: -_find_middle(face),
    "right": _find_middle,
}
