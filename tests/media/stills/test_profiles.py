"""Colours come out as sRGB, whatever space a file writes them in."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pictures
from tests.media.stills.icc import D50, encode_in, grey_profile, ink_profile, profile_of

from facewright.media.decode import read_image, read_reduced, read_with_alpha

PATCHES = np.array(
    [(200, 60, 50), (70, 150, 80), (60, 80, 170), (220, 180, 60), (90, 120, 150), (128, 128, 128)]
)
SPACES = ["Display P3", "Adobe RGB", "ProPhoto"]


def draw_patches(colours):
    """A picture of 16×16 pixels per colour, side by side."""
    return np.repeat(np.tile(colours, (16, 1, 1)), 16, axis=1).astype(np.uint8)


def to_bytes(pixels, form="PNG", mode=None, **options):
    out = BytesIO()
    Pictures.fromarray(pixels, mode).save(out, form, **options)
    return out.getvalue()


def as_srgb(linear):
    """Levels of linear light."""
    light = linear.clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255


def read_patches(image):
    return image[8, 8::16].astype(int)


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("space", SPACES)
def test_colours_of_every_space_become_those_of_srgb(space, version):
    stored = draw_patches(encode_in(space, PATCHES))
    for form, options, off in (
        ("PNG", {}, 2),
        ("TIFF", {}, 2),
        ("WEBP", {"lossless": True}, 2),
        ("JPEG", {"quality": 100, "subsampling": 0}, 4),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}, 5),
    ):
        data = to_bytes(stored, form, icc_profile=profile_of(space, version=version), **options)
        assert np.abs(read_patches(read_image(data)) - PATCHES).max() <= off, form


def test_heic_has_profiles_too():
    pillow_heif = pytest.importorskip("pillow_heif")
    stored = Pictures.fromarray(draw_patches(encode_in("Display P3", PATCHES)))
    stored.info["icc_profile"] = profile_of("Display P3")
    out = BytesIO()
    pillow_heif.from_pillow(stored).save(out, quality=100, chroma=444)
    assert np.abs(read_patches(read_image(out.getvalue())) - PATCHES).max() <= 5


def test_reduced_and_transparent_pictures_are_converted():
    profile = profile_of("Adobe RGB")
    stored = np.repeat(np.repeat(draw_patches(encode_in("Adobe RGB", PATCHES)), 4, 0), 4, 1)
    data = to_bytes(stored, "JPEG", icc_profile=profile, quality=100, subsampling=0)
    small, reduction = read_reduced(data, least=100)
    assert reduction == 2
    assert np.abs(small[16, 16::32].astype(int) - PATCHES).max() <= 5
    clear = np.dstack([stored, np.full(stored.shape[:2], 100, np.uint8)])
    colours, alpha = read_with_alpha(to_bytes(clear, icc_profile=profile))
    assert np.abs(colours[32, 32::64].astype(int) - PATCHES).max() <= 2
    assert (alpha == 100).all()


def test_the_colours_of_a_palette_are_converted():
    stored = Pictures.fromarray(draw_patches(encode_in("ProPhoto", PATCHES))).quantize(6)
    out = BytesIO()
    stored.save(out, "PNG", icc_profile=profile_of("ProPhoto"))
    assert np.abs(read_patches(read_image(out.getvalue())) - PATCHES).max() <= 3


def test_grey_is_converted_by_a_profile_for_grey_or_for_rgb():
    grey = np.array([[20, 64, 128, 200, 255]], np.uint8)
    meant = as_srgb(grey[0] / 255)
    for data in (
        to_bytes(grey, icc_profile=grey_profile(1.0)),
        to_bytes(grey.astype(np.uint16) * 257, icc_profile=grey_profile(1.0)),
    ):
        assert np.abs(read_image(data)[0, :, 0] - meant).max() <= 1.5
    clear = np.dstack([grey, np.full_like(grey, 90)])
    colours, alpha = read_with_alpha(to_bytes(clear, mode="LA", icc_profile=grey_profile(1.0)))
    assert np.abs(colours[0, :, 0] - meant).max() <= 1.5
    assert (alpha == 90).all()
    wide = read_image(to_bytes(grey, icc_profile=profile_of("ProPhoto")))
    assert np.abs(encode_in("ProPhoto", wide[0])[:, 0].astype(int) - grey[0]).max() <= 2


def test_sixteen_bits_of_colour_are_converted():
    import cv2

    deep = draw_patches(encode_in("Adobe RGB", PATCHES)).astype(np.uint16) * 257
    profile = zlib.compress(profile_of("Adobe RGB"))
    for alpha in ([], [np.full(deep.shape[:2], 0x9090, np.uint16)]):
        data = cv2.imencode(".png", np.dstack([deep[..., ::-1], *alpha]))[1].tobytes()
        body = b"iCCPAdobe RGB\0\0" + profile
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        read = read_with_alpha(data[:33] + chunk + data[33:])
        assert np.abs(read_patches(read.colours) - PATCHES).max() <= 2


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_ink_is_converted_by_the_profile_of_its_press(form):
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[..., 1] = 255  # nothing but the second ink
    ink = np.array([1.0, 0.4, 1.0])
    data = to_bytes(inks, form, "CMYK", icc_profile=ink_profile(ink))
    light = np.array([1.0, 0.6, 1.0]) * D50
    srgb = np.array(
        [[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.229, 1.4052]]
    )
    linear = (srgb @ light).clip(0, 1)  # from XYZ at D50
    meant = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    assert np.abs(read_image(data)[8, 8] - meant).max() <= 3


def test_damaged_and_unsuited_profiles_are_passed_over():
    stored = draw_patches(PATCHES)
    whole = profile_of("ProPhoto")
    for profile in (b"no profile", whole[:200], whole[:300] + bytes(20), grey_profile(1.0)):
        assert np.array_equal(read_image(to_bytes(stored, icc_profile=profile)), stored)


def test_a_profile_larger_than_pillow_reads_is_read():
    stored = draw_patches(encode_in("Adobe RGB", PATCHES))
    profile = profile_of("Adobe RGB")
    size = len(profile) + (2 << 20)
    large = size.to_bytes(4, "big") + profile[4:] + bytes(2 << 20)
    assert (
        np.abs(read_patches(read_image(to_bytes(stored, icc_profile=large))) - PATCHES).max() <= 2
    )


def test_pixels_of_srgb_stay_bit_for_bit():
    from PIL import ImageCms

    stored = draw_patches(PATCHES)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(read_image(to_bytes(stored, icc_profile=profile)), stored)


def insert_chunks(data, *chunks):
    """Put chunks behind the header of a PNG."""
    packed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return data[:33] + b"".join(packed) + data[33:]


def test_adobe_rgb_is_read_from_exif_as_cameras_write_it():
    exif = Pictures.Exif()
    exif.get_ifd(0x8769)[0xA001] = 2
    stored = draw_patches(encode_in("Adobe RGB", PATCHES))
    data = to_bytes(stored, "JPEG", quality=100, subsampling=0, exif=exif)
    assert np.abs(read_patches(read_image(data)) - PATCHES).max() <= 4
    exif.get_ifd(0x8769)[0xA001] = 1
    plain = to_bytes(stored, "JPEG", quality=100, subsampling=0, exif=exif)
    assert np.abs(read_patches(read_image(plain)) - stored[8, 8::16]).max() <= 3


def test_spaces_that_a_png_names_by_code_are_converted():
    stored = to_bytes(draw_patches(encode_in("P3 as sRGB curves", PATCHES)))
    named = insert_chunks(stored, (b"cICP", bytes([12, 13, 0, 1])))
    assert np.abs(read_patches(read_image(named)) - PATCHES).max() <= 1
    for code in ([1, 13, 0, 1], [2, 2, 0, 1]):
        as_it_is = insert_chunks(stored, (b"cICP", bytes(code)))
        assert np.array_equal(read_image(as_it_is), read_image(stored))


def encode_wide(transfer):
    """The patches as PQ and HLG write them in BT.2020, white at 203 cd/m²."""
    levels = PATCHES / 255
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    to_wide = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    light = light @ np.array(to_wide).T  # ITU-R BT.2087
    if transfer == 16:
        power = (light * 203 / 10_000) ** (2610 / 16384)
        signal = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    else:
        shown = light * 203 / 1000
        luma = shown @ [0.2627, 0.678, 0.0593]
        scene = shown * (luma ** ((1 - 1.2) / 1.2))[:, None]
        high = 0.17883277 * np.log((12 * scene - 0.28466892).clip(1e-9)) + 0.55991073
        signal = np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)
    return (signal * 255).round()


@pytest.mark.parametrize("transfer", [16, 18])
def test_a_high_dynamic_range_is_compressed_in_pictures_too(transfer):
    stored = draw_patches(encode_wide(transfer))
    png = insert_chunks(to_bytes(stored), (b"cICP", bytes([9, transfer, 0, 1])))
    assert np.abs(read_patches(read_image(png)) - PATCHES).max() <= 10  # of 8 bits
    avif = to_bytes(stored, "AVIF", quality=100, subsampling="4:4:4")
    place = avif.index(b"colrnclx") + 8
    avif = avif[:place] + bytes([0, 9, 0, transfer]) + avif[place + 4 :]
    assert np.abs(read_patches(read_image(avif)) - PATCHES).max() <= 12


def test_the_primaries_that_an_avif_names_count():
    stored = draw_patches(encode_in("P3 as sRGB curves", PATCHES))
    avif = to_bytes(stored, "AVIF", quality=100, subsampling="4:4:4")
    place = avif.index(b"colrnclx") + 8
    named = avif[:place] + bytes([0, 12, 0, 13]) + avif[place + 4 :]
    assert np.abs(read_patches(read_image(named)) - PATCHES).max() <= 4


def test_gamma_of_a_png_counts_where_it_is_not_that_of_screens():
    grey = np.array([[20, 64, 128, 200, 255]], np.uint8)
    linear = insert_chunks(to_bytes(grey), (b"gAMA", struct.pack(">I", 100_000)))
    assert np.abs(read_image(linear)[0, :, 0] - as_srgb(grey[0] / 255)).max() <= 1.5
    usual = insert_chunks(to_bytes(grey), (b"gAMA", struct.pack(">I", 45_455)))
    assert np.array_equal(read_image(usual)[0, :, 0], grey[0])
    adobe = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
    chromaticity = struct.pack(">8I", *(round(x * 100_000) for x in adobe))
    stored = to_bytes(draw_patches(encode_in("Adobe RGB", PATCHES)))
    both = insert_chunks(stored, (b"gAMA", struct.pack(">I", 45_455)), (b"cHRM", chromaticity))
    assert np.abs(read_patches(read_image(both)) - PATCHES).max() <= 4
