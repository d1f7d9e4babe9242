"""A mark survives what programs do to pictures, is not seen, and is found only where it is."""

import io
from fractions import Fraction

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures
from skimage import data

from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.provenance.marking import (
    MARK_VARIABLE,
    choose_mark,
    explain_mark,
    marking,
    number_manifest,
)
from facewright.provenance.publish import publish_clip, publish_image, read_manifest
from facewright.provenance.verify import verify_file
from facewright.provenance.watermark import Marker, is_markable, read_watermark
from facewright.types import Clip, Manifest

VALUE = 0x02ABCDEF
MANIFEST = Manifest("swap", {"face": "a.png"}, sources={"face/a.png": "ab" * 32}, consent="self")


@pytest.fixture(scope="module")
def photo():
    return data.astronaut()


@pytest.fixture(scope="module")
def marked(photo):
    return Marker((512, 512), VALUE).mark(photo)


def save_jpeg(image, quality):
    file = io.BytesIO()
    Pictures.fromarray(image).save(file, "JPEG", quality=quality)
    return np.array(Pictures.open(file))


def show_on_phone(image):
    screen = np.full((1920, 1080, 3), 16, np.uint8)
    screen[420:1500] = cv2.resize(image, (1080, 1080), interpolation=cv2.INTER_LINEAR)
    return save_jpeg(screen, 75)


@pytest.mark.parametrize(
    "attack",
    [
        lambda image: image,
        lambda image: save_jpeg(image, 60),
        lambda image: cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA),
        lambda image: image[50:460, 61:471],
        show_on_phone,
        lambda image: np.clip(image * 0.8 + 30.0, 0, 255).astype(np.uint8),
    ],
    ids=["as it is", "JPEG 60", "half", "80 %", "phone", "paler"],
)
def test_a_mark_survives(marked, attack):
    assert read_watermark(attack(marked)).value == VALUE


def test_a_mark_is_not_seen(photo, marked):
    change = marked.astype(float) - photo
    assert 10 * np.log10(255**2 / np.mean(change**2)) > 42
    flat = np.full((300, 400, 3), 180, np.uint8)
    assert np.abs(Marker((400, 300), VALUE).mark(flat).astype(int) - 180).max() <= 3


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket", "brick", "page"])
def test_no_mark_is_seen_where_there_is_none(name):
    image = getattr(data, name)()
    image = np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image
    assert read_watermark(image) is None


def test_what_holds_nothing_is_not_marked():
    for image in (np.zeros((256, 256, 3), np.uint8), np.full((1, 9, 3), 255, np.uint8)):
        assert read_watermark(image) is None


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (1280, 300), (301, 257)])
@pytest.mark.parametrize("value", [0, 0xFFFFFFFF, 0x01020380])
def test_any_bits_are_read_from_any_shape(photo, size, value):
    image = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    assert read_watermark(Marker(size, value).mark(image)).value == value


def test_equal_pictures_are_marked_equally(photo, marked):
    assert np.array_equal(Marker((512, 512), VALUE).mark(photo), marked)


def test_transparency_stays_as_it_is(photo):
    alpha = np.tile(np.arange(512) // 2, (512, 1)).astype(np.uint8)
    out = Marker((512, 512), VALUE).mark(np.dstack([photo, alpha]))
    assert np.array_equal(out[..., 3], alpha)
    assert read_watermark(out).value == VALUE


def test_small_pictures_are_not_marked_and_say_so(photo, tmp_path):
    assert is_markable((128, 128))
    assert not is_markable((127, 128))
    assert not is_markable((63, 900))
    small = cv2.resize(photo, (64, 64), interpolation=cv2.INTER_AREA)
    path = publish_image(small, tmp_path / "x.png", MANIFEST)
    assert np.array_equal(read_image(path), small)
    assert read_manifest(path).marks["watermark"].startswith("none: 64×64 pixels are too few")


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.webp"])
def test_what_is_altered_is_marked_with_the_number_of_its_manifest(photo, tmp_path, name):
    path = publish_image(photo, tmp_path / name, MANIFEST)
    verdict = verify_file(path)
    assert verdict.watermark == number_manifest(MANIFEST)
    assert verdict.marked == explain_mark(number_manifest(MANIFEST))
    assert read_manifest(path).marks["watermark"] == f"{verdict.watermark:08x}"
    assert verdict.sound


def test_frames_of_clips_are_marked(photo, tmp_path):
    frames = (np.roll(photo, i, axis=1) for i in range(3))
    path = publish_clip(Clip((512, 512), Fraction(25), frames, 3), tmp_path / "x.mp4", MANIFEST)
    assert verify_file(path).watermark == number_manifest(MANIFEST)
    assert all(read_watermark(frame) for frame in read_clip(path).frames)


def test_what_is_only_drawn_over_is_not_marked(photo, tmp_path):
    path = publish_image(photo, tmp_path / "x.png", Manifest("find", {}))
    assert np.array_equal(read_image(path), photo)
    assert (verify_file(path).marked, read_manifest(path).marks) == ("", {})


def test_the_mark_can_be_left_out_and_the_manifest_says_so(photo, tmp_path, monkeypatch):
    with marking(wanted=False):
        path = publish_image(photo, tmp_path / "x.png", MANIFEST)
    assert np.array_equal(read_image(path), photo)
    assert read_manifest(path).marks == {"watermark": "off"}
    assert read_manifest(path) == MANIFEST
    monkeypatch.setenv(MARK_VARIABLE, "off")
    assert choose_mark(MANIFEST, (512, 512))[1] is None
    with marking(wanted=True):
        assert choose_mark(MANIFEST, (512, 512))[1]
    assert choose_mark(MANIFEST, (512, 512))[1] is None


def test_the_number_does_not_depend_on_the_machine():
    other = Manifest(
        "swap",
        {"face": "a.png"},
        sources={"face/a.png": "ab" * 32},
        consent="self",
        version="9",
        torch="9",
        device="cuda: Some GPU",
        marks={"watermark": "off"},
    )
    assert number_manifest(other) == number_manifest(MANIFEST)
    assert number_manifest(Manifest("swap", {"face": "b.png"})) != number_manifest(MANIFEST)
    assert number_manifest(Manifest("generate", {})) >> 24 == 1


def test_a_mark_that_belongs_to_another_picture_is_told(photo, tmp_path):
    marked = Marker((512, 512), VALUE).mark(photo)
    path = publish_image(marked, tmp_path / "x.png", Manifest("find", {}))
    assert verify_file(path).marked == "altered, number abcdef, that of another picture"
