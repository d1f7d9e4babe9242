"""Pictures are read by their bytes: as telephones, browsers and editors write them."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pictures
from PIL import PngImagePlugin

from facewright.errors import FileError
from facewright.media.decode import read_image, read_image_header, read_metadata, read_reduced


def gradient(height=48, width=64):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, 255 - x * 255 // width], -1).astype("u1")


def to_bytes(form, image=None, **options):
    out = BytesIO()
    Pictures.fromarray(gradient() if image is None else image).save(out, form, **options)
    return out.getvalue()


def to_heic(image, **options):
    pillow_heif = pytest.importorskip("pillow_heif")
    out = BytesIO()
    pillow_heif.from_pillow(Pictures.fromarray(image)).save(out, quality=95, **options)
    return out.getvalue()


def test_heic_and_avif_are_read():
    for data in (to_heic(gradient()), to_bytes("AVIF", quality=95)):
        assert np.abs(read_image(data).astype(int) - gradient()).mean() < 3
        assert read_image_header(data)[:2] == (64, 48)


def test_heic_is_known_by_any_of_its_brands():
    data = to_heic(gradient())
    other = data[:8] + b"mif1" + data[12:]
    assert np.array_equal(read_image(other), read_image(data))


def test_the_turn_of_a_telephone_is_applied_to_heic_once():
    exif = Pictures.Exif()
    exif[0x0112] = 6
    image = gradient()
    data = to_heic(image, exif=exif.tobytes())
    back = read_image(data)
    assert back.shape == (64, 48, 3)
    assert np.abs(back.astype(int) - np.rot90(image, -1)).mean() < 3
    assert read_image_header(data)[:2] == (48, 64)


def test_damaged_and_huge_heic_is_refused():
    data = to_heic(gradient())
    for broken in (data[: len(data) // 2], data[:40]):
        with pytest.raises(FileError, match="damaged|not a picture"):
            read_image(broken)
    with pytest.raises(FileError, match="too large"):
        read_image(data, max_pixels=1000)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_without_an_end_marker_is_read(mode, progressive):
    out = BytesIO()
    picture = Pictures.fromarray(gradient(200, 300)).convert(mode)
    picture.save(out, "JPEG", quality=90, progressive=progressive)
    whole = out.getvalue()
    assert whole.endswith(b"\xff\xd9")
    for cut in (whole[:-2], whole[:-1]):
        assert np.array_equal(read_image(cut), read_image(whole))
        assert np.array_equal(read_reduced(cut, least=100)[0], read_reduced(whole, least=100)[0])


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_pixels_is_refused(progressive):
    whole = to_bytes("JPEG", gradient(200, 300), quality=90, progressive=progressive)
    for lost in (6, 20, 500, len(whole) // 2):
        with pytest.raises(FileError, match="damaged or cut short"):
            read_image(whole[:-lost])


def write_texts(*chunks):
    """A picture with some chunks after its header."""
    data = to_bytes("PNG")
    head, rest = data[:33], data[33:]
    for kind, body in chunks:
        check = struct.pack(">I", zlib.crc32(kind + body))
        head += struct.pack(">I", len(body)) + kind + body + check
    return head + rest


LONG = b"workflow " * (1 << 18)
CHUNKS = [
    (b"zTXt", b"long\0\0" + zlib.compress(LONG)),
    (b"iTXt", b"long\0\1\0\0\0" + zlib.compress(LONG)),
    (b"tEXt", b"long\0" + LONG),
]


@pytest.mark.parametrize("chunk", CHUNKS, ids=["zTXt", "iTXt", "tEXt"])
def test_a_png_with_a_long_text_is_read(chunk):
    data = write_texts(chunk, (b"tEXt", b"note\0kept"))
    assert np.array_equal(read_image(data), gradient())
    assert read_metadata(data) == {"note": "kept"}


def test_texts_that_would_fill_the_memory_are_left_out():
    bomb = zlib.compress(bytes(1 << 20))
    data = write_texts(*[(b"zTXt", b"bomb%d\0\0" % n + bomb) for n in range(100)])
    assert np.array_equal(read_image(data), gradient())
    assert len(read_metadata(data)) <= 64


def test_short_texts_of_every_kind_are_kept():
    texts = PngImagePlugin.PngInfo()
    texts.add_text("plain", "one")
    texts.add_text("packed", "two", zip=True)
    texts.add_itxt("far", "drei ü", zip=True)
    data = to_bytes("PNG", pnginfo=texts)
    assert read_metadata(data) == {"plain": "one", "packed": "two", "far": "drei ü"}


def test_what_hosts_send_instead_of_a_picture_is_named():
    for data, name in (
        (b"<!DOCTYPE html>\n<html><head><title>Sign in</title>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "a pointer of Git LFS"),
    ):
        with pytest.raises(FileError, match=f"face.jpg is {name}, not a picture") as caught:
            read_image(data, name="face.jpg")
        assert caught.value.hint
