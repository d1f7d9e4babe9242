"""A choice of a person stays with that person."""

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.faces.tracking.picking import LIKE, Picker
from facewright.faces.tracking.track import TrackedFace
from facewright.types import Face

NOTHING = np.zeros((4, 4, 3), np.uint8)


def face(number, left=0.0, size=10.0, *, time=0.0, seen=True):
    box = np.array([left, 0, left + size, size], np.float32)
    return TrackedFace(number, Face(box, np.zeros((5, 3), np.float32), 0.9), time, seen=seen)


def numbers(picker, *faces):
    return [one.number for one in picker.pick(NOTHING, faces)]


def test_the_only_face_needs_no_choice():
    picker = Picker(None)
    assert numbers(picker) == []
    assert numbers(picker, face(1)) == [1]
    assert numbers(picker, face(1), face(2, 20, 30)) == [1]


def test_a_small_face_in_the_background_needs_no_choice():
    picker = Picker(None)
    assert numbers(picker, face(1, 50, size=3), face(2)) == [2]
    assert numbers(picker, face(1, 50, size=30), face(2)) == [2]


def test_several_faces_need_a_choice_from_the_first():
    with pytest.raises(InputError, match="2 faces, and none is chosen") as caught:
        Picker(None).pick(NOTHING, [face(1), face(2, 20)])
    assert "--faces" in caught.value.hint


@pytest.mark.parametrize(
    ("choice", "chosen"), [("largest", [2]), ("left", [1]), ("right", [3]), ("2", [1]), ("9", [])]
)
def test_words_and_numbers_choose(choice, chosen):
    picker = Picker(choice)
    assert numbers(picker, face(1, 0, 20), face(2, 30, 40), face(3, 90, 10)) == chosen


def test_who_comes_nearer_does_not_take_over_until_the_chosen_one_is_gone():
    picker = Picker("largest")
    assert numbers(picker, face(1, 0, 20), face(2, 30, 10)) == [1]
    assert numbers(picker, face(1, 0, 20), face(2, 30, 90)) == [1]
    assert numbers(picker, face(2, 30, 90)) == [2]


def test_all_are_all_there_are_now():
    picker = Picker("all")
    assert numbers(picker, face(1), face(2, 20)) == [1, 2]
    assert numbers(picker, face(2, 20), face(3, 40)) == [2, 3]


def test_a_face_that_is_lost_for_a_moment_stays_covered_and_then_not():
    picker = Picker(None)
    numbers(picker, face(1))
    assert numbers(picker, face(1, time=0.1, seen=False)) == [1]
    assert numbers(picker, face(1, time=0.3, seen=False)) == []
    assert numbers(picker, face(1, time=0.4)) == [1]


def test_the_face_that_is_like_a_reference_is_chosen_whoever_else_comes():
    scores = {1: 0.1, 2: 0.8, 3: 0.3}
    asked = []

    def score(_image, one):
        number = int(one.box[0])
        asked.append(number)
        return scores[number]

    picker = Picker(LIKE, score)
    assert numbers(picker, face(1, 1)) == [1]
    assert numbers(picker, face(1, 1), face(2, 2)) == [2]
    assert numbers(picker, face(1, 1), face(3, 3)) == []
    assert asked == [1, 2, 3]


@pytest.mark.parametrize("choice", ["nobody", "0", LIKE])
def test_a_choice_that_is_none_is_refused(choice):
    with pytest.raises(InputError):
        Picker(choice)
