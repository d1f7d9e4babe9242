"""Clips of any colour space come as sRGB, within the levels that people do not see."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace, Interpolation

from facewright.media.encode_video import write_clip
from facewright.media.stills.light import ColourSpace, build_table, find_matrix
from facewright.media.video import read_clip

PATCHES = np.array([[90, 118, 150], [200, 160, 140], [60, 80, 60], [128, 128, 128], [20, 20, 24]])
EXACT = int(
    Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND
)
TO_2020 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]  # BT.2087
TO_P3 = [[0.8225, 0.1774, 0.0000], [0.0332, 0.9669, 0.0000], [0.0171, 0.0724, 0.9108]]
BT709, P3, BT2020, BT601 = 1, 12, 9, 6
SRGB, PQ, HLG, GAMMA = 13, 16, 18, 1
MATRICES = {BT709: Colorspace.ITU709, BT2020: Colorspace.BT2020, BT601: Colorspace.ITU601}


def to_linear(levels):
    value = levels / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def encode_pq(light):  # SMPTE ST 2084, equation 5.2, of 203 cd/m² for white
    power = (light * 203 / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def encode_hlg(light):  # ARIB STD-B67, of 203 cd/m² for white on a display of 1000
    shown = light * 0.203
    luma = shown @ [0.2627, 0.6780, 0.0593]
    scene = shown * luma[:, None] ** (1 / 1.2 - 1)
    return np.where(
        scene <= 1 / 12,
        np.sqrt(3 * scene),
        0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073,
    )


ENCODINGS = {
    PQ: lambda levels: encode_pq(to_linear(levels) @ np.transpose(TO_2020)),
    HLG: lambda levels: encode_hlg(to_linear(levels) @ np.transpose(TO_2020)),
}


def write_patches(path, signal, tags, *, form="yuv420p10le", matrix=BT709, full=False):
    """Write stripes of a signal, (n, 3) from 0 to 1, tagged with primaries and transfer."""
    stripes = np.repeat(np.repeat(signal[None], 32, axis=0), 16, axis=1)  # [32 16n 3]
    image = av.VideoFrame.from_ndarray((stripes * 65_535).round().astype(np.uint16), "rgb48le")
    reach = "JPEG" if full else "MPEG"
    frame = image.reformat(
        format=form, dst_colorspace=MATRICES[matrix], src_color_range="JPEG",
        dst_color_range=reach, interpolation=EXACT,
    )  # fmt: skip
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = image.width, image.height, form
        context = stream.codec_context
        context.color_primaries, context.color_trc = tags
        context.colorspace, context.color_range = matrix, 2 if full else 1
        frame.color_primaries, frame.color_trc = tags
        for _ in range(2):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def read_patches(path):
    image = next(read_clip(path).frames).astype(int)
    return image[16, 8::16]


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_high_dynamic_range_looks_as_it_would_without(tmp_path, transfer):
    write_patches(
        tmp_path / "x.mkv", ENCODINGS[transfer](PATCHES), (BT2020, transfer), matrix=BT2020
    )
    assert np.abs(read_patches(tmp_path / "x.mkv") - PATCHES).max() <= 3
    write_clip(read_clip(tmp_path / "x.mkv"), tmp_path / "y.mp4", "mp4", text="{}")
    assert np.abs(read_patches(tmp_path / "y.mp4") - PATCHES).max() <= 5
    with av.open(str(tmp_path / "y.mp4")) as file:
        context = file.streams.video[0].codec_context
        tags = (context.color_primaries, context.color_trc, context.colorspace)
        assert (*tags, context.color_range, context.pix_fmt) == (1, 1, 1, 1, "yuv420p")


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_highlights_rise_and_are_not_cut_off(tmp_path, transfer):
    ramp = np.repeat(np.linspace(0, 0.75 if transfer == PQ else 1, 24)[:, None], 3, axis=1)
    write_patches(tmp_path / "x.mkv", ramp, (BT2020, transfer), matrix=BT2020)
    greys = read_patches(tmp_path / "x.mkv")[:, 1]
    assert (np.diff(greys) >= 0).all()
    assert len(set(greys[greys > 200])) >= 5
    white = encode_pq(np.ones((1, 3))) if transfer == PQ else encode_hlg(np.ones((1, 3)))
    write_patches(tmp_path / "y.mkv", white, (BT2020, transfer), matrix=BT2020)
    assert 228 <= read_patches(tmp_path / "y.mkv").min() <= 245


@pytest.mark.parametrize(("primaries", "matrix"), [(P3, TO_P3), (BT2020, TO_2020)])
@pytest.mark.parametrize("transfer", [SRGB, GAMMA])
def test_wide_colours_come_as_srgb(tmp_path, primaries, matrix, transfer):
    light = to_linear(PATCHES) @ np.transpose(matrix)
    signal = light ** (1 / 2.4)
    if transfer == SRGB:
        signal = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    write_patches(tmp_path / "x.mkv", signal, (primaries, transfer))
    assert np.abs(read_patches(tmp_path / "x.mkv") - PATCHES).max() <= 2


@pytest.mark.parametrize("matrix", [BT709, BT601])
@pytest.mark.parametrize("form", ["yuv420p", "yuv422p10le", "yuv444p12le"])
@pytest.mark.parametrize("full", [False, True])
def test_matrices_ranges_and_depths_are_read_as_tagged(tmp_path, matrix, form, full):
    options = {"form": form, "matrix": matrix, "full": full}
    write_patches(tmp_path / "x.mkv", PATCHES / 255, (BT709, GAMMA), **options)
    assert np.abs(read_patches(tmp_path / "x.mkv") - PATCHES).max() <= 2


def test_primaries_of_standard_definition_keep_their_curve():
    space = ColourSpace(BT601, 6)
    table = build_table(space, 17)
    greys = np.array([table[n, n, n] for n in range(17)])
    assert np.allclose(greys, np.linspace(0, 1, 17)[:, None], atol=0.002)


@pytest.mark.parametrize(("primaries", "matrix"), [(P3, TO_P3), (BT2020, TO_2020)])
def test_matrices_are_those_of_the_standards(primaries, matrix):
    assert np.allclose(find_matrix(primaries) @ matrix, np.eye(3), atol=0.002)


def test_ordinary_clips_are_not_converted(tmp_path, record):
    record(tmp_path / "x.mp4", [0, 40])
    with av.open(str(tmp_path / "x.mp4")) as file:
        frame = next(file.decode(video=0))
    wanted = frame.reformat(format="rgb24", interpolation=EXACT | int(Interpolation.BICUBIC))
    image = next(read_clip(tmp_path / "x.mp4").frames)
    assert np.abs(image.astype(int) - wanted.to_ndarray()).max() <= 1
    assert read_clip(tmp_path / "x.mp4").rate == Fraction(25)
