"""Whatever a file holds, a picture comes out as people see it, or an error that names the file."""

import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pictures
from PIL import PngImagePlugin

from facewright.errors import FileError
from facewright.media.decode import read_image, read_image_header, read_metadata


def gradient(height: int = 24, width: int = 32) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, 255 - x * 255 // width], -1).astype("u1")


def to_bytes(picture: Pictures.Image, form: str = "PNG", **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "WEBP", "JPEG"])
def test_pixels_come_back(form: str) -> None:
    image = gradient()
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}.get(form, {})
    back = read_image(to_bytes(Pictures.fromarray(image), form, **options))
    assert (back.dtype, back.shape, back.flags.c_contiguous) == (np.uint8, image.shape, True)
    assert back.flags.writeable
    assert np.abs(back.astype(int) - image).max() <= (12 if form == "JPEG" else 0)


def test_the_first_frame_of_an_animation_is_read() -> None:
    frames = [Pictures.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = to_bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (read_image(data) == (255, 0, 0)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(orientation: int) -> None:
    upright = gradient()
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Pictures.Exif()
    exif[0x0112] = orientation
    picture = Pictures.fromarray(np.ascontiguousarray(stored))
    for form in ("PNG", "WEBP", "TIFF"):
        options = {"lossless": True} if form == "WEBP" else {}
        data = to_bytes(picture, form, exif=exif, **options)
        assert np.array_equal(read_image(data), upright), form
        assert read_image_header(data)[:2] == (32, 24)


def test_transparency_lies_over_white_or_what_is_asked_for() -> None:
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = 0, 128, 255
    data = to_bytes(Pictures.fromarray(pixels))
    assert read_image(data)[0, :, 0].tolist() == [255, 127, 0]
    assert read_image(data, background=(10, 20, 30))[0, 0].tolist() == [10, 20, 30]


def test_transparent_palettes_and_colour_keys_lie_over_white() -> None:
    palette = Pictures.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    assert read_image(to_bytes(palette, transparency=0))[0, 0].tolist() == [255, 255, 255]
    grey = Pictures.fromarray(np.array([[7, 9]], np.uint8), "L")
    assert read_image(to_bytes(grey, transparency=7))[0].tolist() == [[255] * 3, [9] * 3]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    white = Pictures.new("RGB", (5, 4), "white").convert(mode)
    image = read_image(to_bytes(white, "TIFF" if mode == "CMYK" else "PNG"))
    assert image.shape == (4, 5, 3)
    assert (image == 255).all()


def test_cmyk_jpegs_keep_their_colours() -> None:
    data = to_bytes(Pictures.new("RGB", (16, 16), (250, 120, 10)).convert("CMYK"), "JPEG")
    assert np.abs(read_image(data).astype(int) - (250, 120, 10)).max() < 8
    assert read_image_header(data) == (16, 16, "CMYK")


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_become_eight(form: str) -> None:
    deep = np.array([[0, 128, 257, 32768, 65535]], np.uint16)
    image = read_image(to_bytes(Pictures.fromarray(deep), form))
    assert image[0, :, 0].tolist() == [0, 0, 1, 128, 255]
    assert (image[..., 0] == image[..., 2]).all()


def test_real_numbers_are_refused() -> None:
    data = to_bytes(Pictures.fromarray(np.zeros((4, 4), np.float32)), "TIFF")
    with pytest.raises(FileError, match="real numbers"):
        read_image(data)


def test_errors_name_the_file_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("this is no picture")
    whole = to_bytes(Pictures.fromarray(gradient(64, 64)), "JPEG")
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    for name, reason in (
        ("empty.png", "is empty"),
        ("text.png", "is not a picture"),
        ("cut.jpg", "is damaged or cut short"),
        ("none.png", "cannot be read: No such file"),
        ("", "cannot be read"),
    ):
        with pytest.raises(FileError, match=reason) as caught:
            read_image(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)


def test_bytes_are_called_what_the_caller_calls_them() -> None:
    with pytest.raises(FileError, match=r"^faces.zip:7.png is empty"):
        read_image(b"", name="faces.zip:7.png")


def forged_exif() -> bytes:
    """Return a picture that Pillow warns of, but can read."""
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01\x03\0\x01\0\0\0\x06\0"
    return to_bytes(Pictures.fromarray(gradient(8, 8)), "JPEG", exif=exif)


def test_damage_beside_the_pixels_is_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(forged_exif())
    with pytest.warns(UserWarning, match="EXIF"):
        Pictures.open(BytesIO(forged_exif()))
    script = (
        "import pathlib; from facewright.media.decode import read_image; "
        "print(read_image(pathlib.Path('x.jpg')).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("(8, 8, 3)", "")


def test_threads_leave_the_filters_of_warnings_alone() -> None:
    data = forged_exif()
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
        warnings.simplefilter("ignore")
        before = list(warnings.filters)
        shapes = set(pool.map(lambda _: read_image(data).shape, range(64)))
        assert list(warnings.filters) == before
    assert shapes == {(8, 8, 3)}


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(100_000))
    chunks = (chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("size", [(10_001, 10_000), (60_000, 60_000)])
def test_bombs_are_refused_before_they_unpack(size: tuple[int, int]) -> None:
    with pytest.raises(FileError, match="is too large"):
        read_image(bomb(*size))


def test_the_limit_on_pixels_is_an_argument() -> None:
    data = to_bytes(Pictures.fromarray(gradient()))
    assert read_image(data, max_pixels=24 * 32).shape == (24, 32, 3)
    with pytest.raises(FileError, match="32×24 pixels; the limit is 767"):
        read_image(data, max_pixels=767)


def test_headers_tell_the_size_without_the_pixels(tmp_path: Path) -> None:
    data = to_bytes(Pictures.fromarray(gradient(200, 300)))
    (tmp_path / "x.png").write_bytes(data[:200])
    assert read_image_header(tmp_path / "x.png") == (300, 200, "RGB")


def test_texts_of_a_png_are_read_before_and_after_its_pixels() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("early", "a")
    texts.add_itxt("late", "ü", zip=True)
    data = to_bytes(Pictures.new("RGB", (4, 4)), pnginfo=texts)
    assert read_metadata(data) == {"early": "a", "late": "ü"}


WHOLE = {
    form: to_bytes(Pictures.fromarray(gradient(16, 16)), form)
    for form in ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
}


@settings(deadline=None, max_examples=300)
@given(
    form=st.sampled_from(sorted(WHOLE)),
    start=st.floats(0, 1, exclude_max=True),
    junk=st.binary(max_size=8),
    kept=st.sampled_from([0, 1]),
)
def test_damaged_files_never_crash(form: str, start: float, junk: bytes, kept: int) -> None:
    data = WHOLE[form]
    place = int(start * len(data))
    damaged = data[:place] + junk + kept * data[place + len(junk) :]
    for read in (read_image, read_image_header, read_metadata):
        try:
            result = read(damaged)
        except FileError:
            continue
        assert isinstance(result, np.ndarray | tuple | dict)
