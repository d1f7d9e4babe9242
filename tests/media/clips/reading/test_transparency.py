"""Where a clip is transparent, it is white."""

import av
import numpy as np
import pytest

from facewright.media.video import read_clip

KINDS = {
    "mov": [("png", "rgba"), ("prores_ks", "yuva444p10le"), ("qtrle", "argb")],
    "webm": [("libvpx-vp9", "yuva420p")],
    "mkv": [("ffv1", "yuva420p"), ("libvpx-vp9", "yuva420p")],
}


def draw_sticker():
    """A red square, half of it half transparent, on hidden green."""
    sticker = np.zeros((48, 64, 4), np.uint8)
    sticker[..., 1] = 200
    sticker[8:40, 8:40] = (200, 0, 0, 255)
    sticker[8:40, 24:40, 3] = 128
    return sticker


CASES = [(ending, *kind, "") for ending, kinds in KINDS.items() for kind in kinds]
TAGGED = [("webm", "libvpx-vp9", "yuva420p", "1")]  # which says so in a tag, too


@pytest.mark.parametrize(("ending", "codec", "form", "tag"), CASES + TAGGED)
def test_hidden_colours_stay_hidden(tmp_path, ending, codec, form, tag):
    path = tmp_path / f"x.{ending}"
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, form
        if codec == "libvpx-vp9":
            stream.options = {"crf": "4", "b": "0", "deadline": "realtime", "cpu-used": "8"}
        if tag:
            stream.metadata["alpha_mode"] = tag
        for _ in range(2):
            frame = av.VideoFrame.from_ndarray(draw_sticker(), format="rgba")
            out.mux(stream.encode(frame.reformat(format=form)))
        out.mux(stream.encode(None))
    images = [image.astype(int) for image in read_clip(path).frames]
    assert len(images) == 2
    for image in images:
        assert np.abs(image[2, 2:62] - 255).max() <= 3
        assert np.abs(image[20, 14] - [200, 0, 0]).max() <= 12
        assert np.abs(image[20, 32] - [227, 127, 127]).max() <= 12
