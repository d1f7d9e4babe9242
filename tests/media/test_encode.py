"""Pictures become bytes that carry a text."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as Pictures

from facewright.errors import InputError
from facewright.media.decode import read_image, read_image_header, read_metadata
from facewright.media.encode import encode_animation, encode_image
from facewright.media.encode_video import encode_webm
from facewright.media.stills.bitmap import extract_text

SMALL = np.full((6, 8, 3), (200, 30, 90), np.uint8)
PLACES = {
    "png": "facewright",
    "jpeg": "UserComment",
    "webp": "UserComment",
    "bmp": "comment",
}


@pytest.mark.parametrize("form", PLACES)
def test_the_text_comes_back(form: str) -> None:
    text = '{"seeds": "0-3"} ' * 3000
    assert read_metadata(encode_image(SMALL, form, text=text))[PLACES[form]] == text


@pytest.mark.parametrize("form", PLACES)
def test_equal_pictures_give_equal_bytes(form: str) -> None:
    first, second = (encode_image(SMALL.copy(), form, text="t") for _ in range(2))
    assert first == second


@settings(deadline=None, max_examples=40)
@given(
    image=arrays(
        np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4]))
    ),
    form=st.sampled_from(["png", "webp", "bmp"]),
)
def test_png_bmp_and_quality_100_webp_keep_every_pixel(image: np.ndarray, form: str) -> None:
    image[..., 3:] = 255
    if form == "bmp":
        image = np.ascontiguousarray(image[..., :3])
    data = encode_image(image, form, text="t", quality=100)
    assert np.array_equal(read_image(data), image[..., :3])


def test_transparency_is_kept() -> None:
    clear = np.zeros((4, 4, 4), np.uint8)
    for form in ("png", "webp"):
        data = encode_image(clear, form, text="t")
        assert read_image_header(data)[2] == "RGBA"
        assert (read_image(data) == 255).all()


def test_jpeg_keeps_fine_colours() -> None:
    stripes = np.zeros((16, 16, 3), np.uint8)
    stripes[:, ::2] = 255, 0, 0
    stripes[:, 1::2] = 0, 0, 255
    back = read_image(encode_image(stripes, "jpeg", text="t")).astype(int)
    assert np.abs(back - stripes).mean() < 4  # halved chroma would give more than 60


@pytest.mark.parametrize(
    ("image", "form", "options"),
    [
        (SMALL, "tiff", {}),
        (SMALL, "jpeg", {"quality": 0}),
        (SMALL, "jpeg", {"text": "x" * 70_000}),
        (SMALL, "png", {"text": "ü"}),
        (SMALL.astype(np.float32), "png", {}),
        (SMALL[..., 0], "png", {}),
        (SMALL[:0], "png", {}),
        (np.zeros((4, 4, 4), np.uint8), "jpeg", {}),
        (np.zeros((1, 20_000, 3), np.uint8), "webp", {}),
    ],
)
def test_what_does_not_fit_is_refused(image: np.ndarray, form: str, options: dict) -> None:
    with pytest.raises(InputError):
        encode_image(image, form, **{"text": "t", **options})


def test_effort_changes_the_size_of_a_png_and_no_pixel() -> None:
    image = np.random.default_rng(0).integers(0, 4, (64, 64, 3), dtype=np.uint8)
    small, large = (encode_image(image, "png", text="t", effort=effort) for effort in (9, 0))
    assert len(small) < len(large)
    assert np.array_equal(read_image(small), read_image(large))
    with pytest.raises(InputError, match="effort is 0 to 9"):
        encode_image(image, "png", text="t", effort=10)


def test_a_bmp_without_a_text_has_none() -> None:
    out = BytesIO()
    Pictures.fromarray(SMALL).save(out, "BMP")
    assert read_metadata(out.getvalue()) == {}
    assert extract_text(b"BM") == ""
    whole = encode_image(SMALL, "bmp", text="t")
    assert extract_text(whole[:60]) == ""
    assert len(whole) == int.from_bytes(whole[2:6], "little")


def test_frames_that_move_keep_their_times_and_the_text() -> None:
    frames = [np.full((16, 16, 4), (value, 90, 30, value), np.uint8) for value in (40, 130, 220)]
    data = encode_animation(frames, [0.4, 0.04, 0.9], text="how", quality=100)
    assert read_metadata(data)["UserComment"] == "how"
    assert data == encode_animation(frames, [0.4, 0.04, 0.9], text="how", quality=100)
    with Pictures.open(BytesIO(data)) as picture:
        for number, (frame, shown) in enumerate(zip(frames, (400, 40, 900), strict=True)):
            picture.seek(number)
            assert (np.array(picture) == frame).all()
            assert picture.info["duration"] == shown


def test_frames_of_several_sizes_or_none_do_not_move() -> None:
    with pytest.raises(InputError, match="all of one size"):
        encode_animation([], [], text="")
    with pytest.raises(InputError, match="all of one size"):
        encode_animation([SMALL, SMALL[1:]], [1, 1], text="")
    with pytest.raises(InputError, match="even sides"):
        encode_webm([SMALL], [1], text="")
