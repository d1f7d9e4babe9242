"""Faces are chosen by a word."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.faces.choose import check_choice, leave_out_minor, measure_area, select_faces
from facewright.faces.tracking.track import TrackedFace
from facewright.types import Face


def draw(left, top, side):
    box = np.float32([left, top, left + side, top + side])
    return Face(box, np.full((5, 3), left, np.float32), 0.9)


boxes = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(1, 50)), max_size=6)


def test_each_word_chooses_what_it_says():
    faces = [draw(50, 0, 20), draw(90, 5, 10), draw(5, 5, 30)]
    assert select_faces(faces, "largest") == [faces[2]]
    assert select_faces(faces, "left") == [faces[2]]
    assert select_faces(faces, "right") == [faces[1]]
    assert select_faces(faces, "all") == faces
    assert select_faces(faces, "2") == [faces[1]]


def test_middle_counts_and_not_the_edge():
    wide, narrow = draw(0, 0, 80), draw(10, 0, 10)
    assert select_faces([wide, narrow], "left") == [narrow]


@given(boxes, st.sampled_from(["largest", "left", "right", "all", "1", "3"]))
def test_chosen_faces_are_among_the_faces(places, choice):
    faces = [draw(*place) for place in places]
    chosen = select_faces(faces, choice)
    assert all(any(face is other for other in faces) for face in chosen)
    assert bool(chosen) == (len(faces) >= (3 if choice == "3" else 1))


@given(boxes)
def test_largest_has_the_largest_area(places):
    faces = [draw(*place) for place in places]
    for chosen in select_faces(faces, "largest"):
        assert measure_area(chosen) == max(map(measure_area, faces))


def test_tracked_faces_are_chosen_alike():
    tracked = [TrackedFace(n, draw(10 * n, 0, 5), 0.0) for n in (3, 1, 2)]
    assert [face.number for face in select_faces(tracked, "left")] == [1]


def test_choice_may_be_typed_loosely():
    assert check_choice(" LEFT ") == "left"
    assert check_choice("007") == "7"


@pytest.mark.parametrize("choice", ["", "0", "-1", "1.5", "²", "biggest", "like:a.jpg", "1" * 99])
def test_choice_that_makes_no_sense_is_refused(choice):
    with pytest.raises(InputError, match="chooses no face") as raised:
        select_faces([], choice)
    assert "largest" in raised.value.hint


def test_small_and_doubtful_faces_do_not_count_beside_the_main_one():
    main, small, doubtful = draw(0, 0, 60), draw(70, 0, 15), replace(draw(5, 70, 80), score=0.45)
    other = draw(90, 90, 40)

    def meant(*faces):
        return leave_out_minor(faces, lambda face: face.score)

    assert meant(small, main) == [main]
    assert meant(main, doubtful) == [main]
    assert meant(main, other) == [main, other]
    assert meant(doubtful) == [doubtful]
    assert meant() == []
