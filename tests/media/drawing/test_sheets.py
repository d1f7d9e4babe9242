"""Sheets are tidy."""

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.media.drawing.sheets import WHITE, SheetStyle, contact_sheet


def squares(count: int, size: int = 40) -> list[np.ndarray]:
    return [np.full((size, size, 3), 10 + 5 * i, np.uint8) for i in range(count)]


def test_pictures_lie_row_by_row_with_even_gaps() -> None:
    images = squares(4)
    sheet = contact_sheet(images, columns=2, style=SheetStyle(gap=3))
    assert sheet.shape == (3 + 43 * 2, 3 + 43 * 2, 3)
    for number, image in enumerate(images):
        row, column = divmod(number, 2)
        top, left = 3 + 43 * row, 3 + 43 * column
        assert np.array_equal(sheet[top : top + 40, left : left + 40], image)
        sheet[top : top + 40, left : left + 40] = WHITE
    assert (sheet == 255).all()


def test_no_gap_gives_pictures_edge_to_edge() -> None:
    assert contact_sheet(squares(6), columns=3, style=SheetStyle(gap=0)).shape == (80, 120, 3)


def test_captions_stand_below_their_pictures() -> None:
    sheet = contact_sheet(squares(1), labels=["seed 7"], style=SheetStyle(gap=4))
    below = sheet[44:-4]
    assert below.shape[0] > 9
    assert below.min() < 120


def test_row_and_column_labels_stand_outside() -> None:
    plain = contact_sheet(squares(4), columns=2)
    labelled = contact_sheet(
        squares(4), columns=2, row_labels=["a", "bb"], column_labels=["1", "2"]
    )
    extra = np.array(labelled.shape) - plain.shape
    assert (extra[:2] > 9).all()
    assert np.array_equal(labelled[extra[0] :, extra[1] :], plain)
    assert labelled[: extra[0], extra[1] :].min() < 120
    assert labelled[extra[0] :, : extra[1]].min() < 120


def test_letters_are_light_on_dark() -> None:
    night = (17, 17, 19)
    sheet = contact_sheet(squares(1), labels=["x"], style=SheetStyle(background=night))
    assert (sheet[0, 0] == night).all()
    assert sheet[46:].max() > 150


def test_long_captions_stay_below_their_own_picture() -> None:
    sheet = contact_sheet(squares(2), columns=2, labels=["a" * 99, ""], style=SheetStyle(gap=4))
    assert (sheet[44:, 45:] == 255).all()


@pytest.mark.parametrize(
    ("images", "options"),
    [
        ([], {}),
        ([*squares(1), *squares(1, 20)], {}),
        (squares(2), {"columns": -1}),
        (squares(2), {"labels": ["one"]}),
        (squares(2), {"row_labels": ["one", "two", "three"]}),
        (squares(2), {"columns": 2, "column_labels": ["one"]}),
    ],
)
def test_what_does_not_fit_is_refused(images: list[np.ndarray], options: dict) -> None:
    with pytest.raises(InputError):
        contact_sheet(images, **options)
