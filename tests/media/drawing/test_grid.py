"""Tables of pictures."""

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.media.drawing.grid import header_grid


def plain(value, side=32):
    return np.full((side, side, 3), value, np.uint8)


def test_every_picture_is_on_the_sheet_once():
    rows, columns = [plain(10), plain(11)], [plain(20), plain(21), plain(22)]
    cells = [plain(30 + n) for n in range(6)]
    sheet = header_grid(rows, columns, cells)
    for image in (*rows, *columns, *cells):
        value = image[0, 0, 0]
        assert (sheet == value).all(axis=2).sum() == 32 * 32


def test_cells_stand_right_of_their_row_and_below_their_column():
    rows, columns = [plain(10), plain(11)], [plain(20), plain(21)]
    sheet = header_grid(rows, columns, [plain(30 + n) for n in range(4)], row_labels=["a", "b"])

    def corner(value):
        return np.argwhere((sheet == value).all(axis=2)).min(axis=0)

    for number in range(4):
        row, column = divmod(number, 2)
        top, left = corner(30 + number)
        assert top == corner(10 + row)[0]
        assert left == corner(20 + column)[1]
        assert top > corner(20 + column)[0] + 32
        assert left > corner(10 + row)[1] + 32


def test_labels_make_room_for_themselves():
    images = [plain(10)], [plain(20)], [plain(30)]
    bare, labelled = header_grid(*images), header_grid(*images, column_labels=["seed 1"])
    assert labelled.shape[0] > bare.shape[0]
    assert labelled.shape[1] == bare.shape[1]


@pytest.mark.parametrize(
    ("arguments", "labels", "message"),
    [
        (([], [plain(1)], []), (), "do not have 0 cells"),
        (([plain(1)], [plain(1)], [plain(1)] * 2), (), "do not have 2 cells"),
        (([plain(1)], [plain(1, 16)], [plain(1)]), (), "squares of one size"),
        (([plain(1)], [plain(1)], [plain(1)]), ("a", "b"), "2 labels do not fit 1 headers"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, labels, message):
    with pytest.raises(InputError, match=message):
        header_grid(*arguments, row_labels=labels)
