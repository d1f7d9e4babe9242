"""What is transparent stays so, and nothing shines through at its edges."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pictures

from facewright.media.decode import read_image, read_with_alpha
from facewright.media.stills.alpha import attach, fill_hidden, fit, lay_over
from facewright.provenance.publish import render_image
from facewright.types import Manifest

GREEN, RED = (0, 255, 0), (200, 40, 30)
MANIFEST = Manifest("convert", {})


def draw_disc(size=64, hidden=GREEN):
    """A red disc with a soft edge; what lies hidden around it is green."""
    y, x = np.mgrid[:size, :size] - size / 2
    alpha = ((size * 0.35 - np.hypot(x, y)) * 64 + 128).clip(0, 255).astype(np.uint8)
    return np.where(alpha[..., None] > 0, RED, hidden).astype(np.uint8), alpha


def to_bytes(picture, form="PNG", **options):
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def test_colours_and_alpha_come_back_and_hidden_colours_do_not():
    colours, alpha = draw_disc()
    data = to_bytes(Pictures.fromarray(np.dstack([colours, alpha])))
    read = read_with_alpha(data)
    assert np.array_equal(read.alpha, alpha)
    assert np.abs(read.colours.astype(int) - RED).max() <= 1, "green shines through"
    assert np.array_equal(read_image(data), lay_over(colours, alpha))


@pytest.mark.parametrize("mode", ["LA", "P", "PA", "RGBA"])
def test_every_mode_that_can_be_transparent_is_read(mode):
    colours, alpha = draw_disc()
    alpha = np.where(alpha > 127, 255, 0).astype(np.uint8)
    picture = Pictures.fromarray(np.dstack([colours, alpha]))
    if mode == "P":
        flat = np.where(alpha > 0, 1, 0).astype(np.uint8)
        picture = Pictures.fromarray(flat, "P")
        picture.putpalette([*GREEN, *RED])
        data = to_bytes(picture, transparency=0)
    elif mode == "PA":
        data = to_bytes(picture.quantize(8), transparency=None)
    else:
        data = to_bytes(picture.convert(mode))
    read = read_with_alpha(data)
    assert np.array_equal(read.alpha, alpha)
    seen = read.colours[alpha > 0].astype(int)
    assert np.abs(seen - (RED if mode != "LA" else seen[:1])).max() <= 2


def test_sixteen_bits_of_colour_and_of_grey_keep_their_alpha():
    import cv2

    colours, alpha = draw_disc()
    deep = np.dstack([colours[..., ::-1], alpha]).astype(np.uint16) * 257
    read = read_with_alpha(cv2.imencode(".png", deep)[1].tobytes())
    assert np.array_equal(read.alpha, alpha)
    assert np.abs(read.colours.astype(int) - RED).max() <= 1
    grey = Pictures.fromarray(np.array([[0, 700, 65535]], np.uint16))
    assert read_with_alpha(to_bytes(grey, transparency=700)).alpha.tolist() == [[255, 0, 255]]


def test_an_opaque_picture_has_no_alpha():
    colours, _ = draw_disc()
    whole = Pictures.fromarray(np.dstack([colours, np.full((64, 64), 255, np.uint8)]))
    for picture in (whole, Pictures.fromarray(colours)):
        assert read_with_alpha(to_bytes(picture)).alpha is None


def test_a_picture_that_nobody_sees_is_white():
    hidden, nothing = np.zeros((5, 7, 3), np.uint8), np.zeros((5, 7), np.uint8)
    assert (fill_hidden(hidden, nothing) == 255).all()


def test_transparency_is_turned_upright_and_read_in_parts():
    exif = Pictures.Exif()
    exif[0x0112] = 6
    colours, alpha = np.full((2100, 2100, 3), 7, np.uint8), np.full((2100, 2100), 255, np.uint8)
    alpha[:2050] = 9  # of more pixels than are converted at once
    data = to_bytes(Pictures.fromarray(np.dstack([colours, alpha])), exif=exif, compress_level=1)
    read = read_with_alpha(data)
    assert (read.alpha[:, -2050:] == 9).all()
    assert (read.alpha[:, :50] == 255).all()
    assert (read.colours == 7).all()


@pytest.mark.parametrize("ending", [".png", ".webp"])
def test_results_keep_their_transparency(ending):
    colours, alpha = draw_disc()
    data = render_image(colours, ending, MANIFEST, alpha=alpha, quality=100)
    back = np.asarray(Pictures.open(BytesIO(data)))
    assert np.array_equal(back, attach(colours, alpha))


@pytest.mark.parametrize("ending", [".jpg", ".bmp"])
def test_white_stands_for_transparency_in_other_files(ending):
    colours, alpha = draw_disc()
    data = render_image(colours, ending, MANIFEST, alpha=alpha, quality=100)
    back = np.asarray(Pictures.open(BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(back - lay_over(colours, alpha)).max() <= (6 if ending == ".jpg" else 0)


def test_an_enlarged_picture_has_soft_edges_without_a_halo():
    colours, alpha = draw_disc()
    enlarged = np.asarray(Pictures.fromarray(fill_hidden(colours, alpha)).resize((256, 256)))
    larger = attach(enlarged, alpha)
    assert larger.shape == (256, 256, 4)
    assert np.abs(larger[..., :3].astype(int) - RED).max() <= 1
    _, wanted = draw_disc(256)
    inside, outside = wanted == 255, wanted == 0
    assert fit(alpha, enlarged)[128, 128] == 255
    assert (larger[inside, 3] > 100).mean() > 0.99
    assert (larger[outside, 3] < 155).all()
    smaller = fit(alpha, colours[:32, :32])
    assert (smaller[16, 16], smaller[0, 0]) == (255, 0)
