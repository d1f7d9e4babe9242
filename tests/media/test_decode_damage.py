"""No picture, however damaged, gets past the reader as anything but a picture or an error."""

import contextlib
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pictures
from PIL import PngImagePlugin
from tests.mutations import assert_survived

from facewright.errors import FacewrightError
from facewright.media.decode import read_image, read_image_header, read_metadata, read_reduced

EXAMPLES = [20, pytest.param(1000, marks=pytest.mark.slow)]


def draw(form, mode="RGB", **options):
    rng = np.random.default_rng(0)
    coarse = Pictures.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
    out = BytesIO()
    coarse.resize((24, 16), Pictures.Resampling.BICUBIC).convert(mode).save(out, form, **options)
    return out.getvalue()


def animate(form):
    frames = [Pictures.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:])
    return out.getvalue()


def exif():
    data = Pictures.Exif()
    data[0x0112] = 6
    data.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0hello"
    return data


def texts():
    data = PngImagePlugin.PngInfo()
    data.add_text("early", "a" * 40, zip=True)
    data.add_itxt("late", "b" * 40, zip=True)
    return data


WHOLE = {
    "png": draw("PNG", pnginfo=texts(), icc_profile=b"x" * 40),
    "palette.png": draw("PNG", "P"),
    "jpeg": draw("JPEG", exif=exif()),
    "progressive.jpeg": draw("JPEG", progressive=True),
    "cmyk.jpeg": draw("JPEG", "CMYK"),
    "webp": draw("WEBP", exif=exif()),
    "lossless.webp": draw("WEBP", lossless=True),
    "gif": draw("GIF", "P"),
    "bmp": draw("BMP"),
    "tiff": draw("TIFF", exif=exif()),
    "lzw.tiff": draw("TIFF", compression="tiff_lzw"),
    "jpeg.tiff": draw("TIFF", compression="jpeg"),
    "animated.png": animate("PNG"),
    "animated.gif": animate("GIF"),
    "animated.webp": animate("WEBP"),
}


def read_all(data):
    for read in (read_image_header, read_metadata, _reduce):
        with contextlib.suppress(FacewrightError):
            assert isinstance(read(data), tuple | dict)
    image = read_image(data)
    assert image.dtype == np.uint8
    assert image.shape[2] == 3


def _reduce(data):
    return read_reduced(data, least=4)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("name", WHOLE)
def test_changed_pictures_are_read_or_refused(name, examples):
    others = [data for other, data in WHOLE.items() if other != name]
    assert_survived(read_all, WHOLE[name], examples=examples, other=b"".join(others))


def test_jpeg_of_endless_scans_is_refused_at_once():
    data = WHOLE["progressive.jpeg"]
    last = data.rindex(b"\xff\xda")
    endless = data[:last] + data[last:-2] * 20_000 + b"\xff\xd9"
    start = time.process_time()
    with pytest.raises(FacewrightError, match=r"has \d+ scans: it is made to keep programs busy"):
        read_image(endless)
    assert time.process_time() - start < 5


def test_markers_beyond_the_end_of_a_jpeg_are_no_scans():
    data = WHOLE["jpeg"]
    assert np.array_equal(read_image(data + b"\xff\xda\0\x08" * 500), read_image(data))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK", "I;16"])
def test_large_pictures_are_read_in_parts_to_the_same_pixels(mode):
    tile = np.random.default_rng(0).integers(0, 256, (41, 30, 4), dtype=np.uint8)
    small = (
        Pictures.fromarray(tile, "RGBA") if mode == "RGBA" else Pictures.fromarray(tile[..., :3])
    )
    if mode == "I;16":
        small = Pictures.fromarray(tile[..., 0].astype(np.uint16) * 257)
    small = small if mode == "I;16" else small.convert(mode)
    large = Pictures.new(mode, (30, 41 * 4000))
    large.putpalette(small.getpalette()) if mode == "P" else None
    for top in range(0, large.height, 41):
        large.paste(small, (0, top))
    found = {}
    for name, picture in (("small", small), ("large", large)):
        out = BytesIO()
        picture.save(out, "TIFF")
        found[name] = read_image(out.getvalue())
    assert np.array_equal(found["large"], np.tile(found["small"], (4000, 1, 1)))
