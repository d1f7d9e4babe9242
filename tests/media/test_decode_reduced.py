"""JPEGs are read no larger than needed, and every pixel is where it should be."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pictures

from facewright.errors import FileError
from facewright.media.decode import read_image, read_reduced


def gradient(height: int = 24, width: int = 32) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, 255 - x * 255 // width], -1).astype("u1")


def to_bytes(picture: Pictures.Image, form: str = "PNG", **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    least=st.integers(0, 60),
    orientation=st.integers(1, 8),
)
def test_jpeg_is_reduced_no_further_than_asked(
    width: int, height: int, least: int, orientation: int
) -> None:
    exif = Pictures.Exif()
    exif[0x0112] = orientation
    data = to_bytes(Pictures.fromarray(gradient(height, width)), "JPEG", exif=exif)
    whole = read_image(data)
    image, factor = read_reduced(data, least=least)
    assert image.shape[:2] == tuple(-(-side // factor) for side in whole.shape[:2])
    assert max(image.shape) >= min(least, width, height)
    if orientation in (1, 5):
        assert factor == 8 or max(whole.shape) < 2 * factor * max(least, 1) or min(whole.shape) < 16


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("width", [256, 252, 253])
def test_reduced_pixels_of_a_turned_picture_are_centred_there_too(
    width: int, orientation: int
) -> None:
    rows, columns = np.mgrid[:200, :width]
    slopes = np.stack([columns, rows, rows * 0], -1).astype("u1")
    exif = Pictures.Exif()
    exif[0x0112] = orientation
    data = to_bytes(Pictures.fromarray(slopes), "JPEG", exif=exif, quality=100, subsampling=0)
    whole, (image, factor) = read_image(data), read_reduced(data, least=25)
    y, x = (((np.arange(side) + 0.5) * factor - 0.5) for side in image.shape[:2])
    y, x = (np.clip(a, 0, side - 1) for a, side in zip((y, x), whole.shape, strict=False))
    floor_y, floor_x = y.astype(int), x.astype(int)
    there = whole[floor_y][:, floor_x].astype(float)  # half a pixel away
    inside = (slice(2, -2), slice(2, -2))
    assert np.abs((image - there)[inside].mean((0, 1))).max() < 1
    assert factor == (
        8 if width == 256 or orientation in (1, 4, 5, 6) else 4 if width == 252 else 1
    )


def test_reduced_pixels_are_centred_where_the_docstring_says() -> None:
    x = np.arange(256, dtype=np.float64)
    ramp = np.repeat(np.repeat(x[None, :, None], 256, 0), 3, 2).astype("u1")
    data = to_bytes(Pictures.fromarray(ramp), "JPEG", quality=100)
    for factor in (2, 4, 8):
        image, reduction = read_reduced(data, least=256 // factor)
        assert reduction == factor
        expected = (np.arange(256 // factor) + 0.5) * factor - 0.5
        assert np.abs(image[5, :, 0] - expected).max() <= 1.5


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_what_is_no_jpeg_is_read_whole(form: str) -> None:
    data = to_bytes(Pictures.fromarray(gradient()), form)
    image, factor = read_reduced(data, least=2)
    assert factor == 1
    assert np.array_equal(image, read_image(data))


def test_reduced_picture_is_upright_in_rgb_and_damage_is_named() -> None:
    cmyk = to_bytes(Pictures.new("CMYK", (64, 32), (0, 0, 0, 0)), "JPEG")
    image, factor = read_reduced(cmyk, least=16)
    assert (image.shape, factor) == ((8, 16, 3), 4)
    assert image.min() > 250
    with pytest.raises(FileError, match="x.jpg is damaged or cut short"):
        read_reduced(to_bytes(Pictures.fromarray(gradient()), "JPEG")[:-90], least=4, name="x.jpg")
    with pytest.raises(FileError, match="too large"):
        read_reduced(cmyk, least=16, max_pixels=100)
