"""Labels become numbers that mean the same to every trainer."""

from dataclasses import replace

from facewright.collect.preparing.assemble import Cropped, find_groups, list_cropped
from facewright.collect.preparing.originals import Original
from facewright.collect.preparing.resume import KeptPiece, KeptResult

ORIGINAL = Original(file="a.jpg", source="a.jpg", stamp="", labels={"age": "20-29"})


def crop(chosen):
    return Cropped(ORIGINAL, "ab", 0, KeptPiece("", {"chosen": chosen}, (0, 1)))


def test_labels_are_those_of_a_picture_with_one_face():
    assert crop(1).labels == {"age": "20-29"}
    assert crop(2).labels == {}


def test_a_smile_that_was_measured_is_a_label_unless_the_picture_has_one():
    facts = {"chosen": 2, "smile": 0.7, "smile_label": "broad"}
    measured = Cropped(ORIGINAL, "ab", 0, KeptPiece("", facts, (0, 1)))
    assert measured.labels == {"smile": "broad"}  # of several faces, too
    said = replace(ORIGINAL, labels={"smile": "no"})
    alone = Cropped(said, "ab", 0, KeptPiece("", {**facts, "chosen": 1}, (0, 1)))
    assert alone.labels == {"smile": "no"}


def test_only_what_is_cut_out_is_listed():
    pieces = (KeptPiece("too small", {}, (0, 1)), KeptPiece("", {}, (1, 1)))
    done = [(ORIGINAL, KeptResult("ab", "", pieces)), (ORIGINAL, KeptResult("", "is empty", ()))]
    assert list_cropped(done) == [Cropped(ORIGINAL, "ab", 1, pieces[1])]


def test_values_are_in_order_and_missing_ones_are_unknown():
    labels = [{"age": "70+", "gender": "f"}, {"age": "3-9"}, {"age": "10-19", "gender": "m"}]
    assert [(group.name, group.values) for group in find_groups(labels)] == [
        ("age", ("3-9", "10-19", "70+")),
        ("gender", ("f", "m", "unknown")),
    ]


def test_a_group_that_tells_nothing_apart_is_left_out():
    assert find_groups([{"age": "3-9"}, {"age": "3-9"}]) == ()
    assert find_groups([]) == ()


def test_words_that_differ_in_case_alone_are_one_value():
    (group,) = find_groups([{"mood": "Happy"}, {"mood": "happy"}, {"mood": "sad"}])
    assert [value.casefold() for value in group.values] == ["happy", "sad"]
