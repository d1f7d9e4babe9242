"""Clips as cameras and other programs write them."""

from fractions import Fraction

import av
import numpy as np
import pytest

SIZE = (32, 24)


def draw_frame(number):
    """A picture with another colour at each side, brighter from frame to frame."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    image = np.stack([x * 6, y * 8, np.full_like(x, 40 + number * 5 % 200)], axis=-1)
    return image.clip(0, 255).astype(np.uint8)


def write_recording(
    path, times, *, base=Fraction(1, 1000), rate=25, prepare=lambda _: None, sound=None
):
    """Write one frame at each time, in units of `base`.

    `prepare` is given the stream of pictures; `sound` is a codec, how many packets, and at which
    sample they start.
    """
    with av.open(str(path), "w") as out:
        if times:
            stream = out.add_stream("libx264", rate=rate, options={"crf": "0", "bf": "0"})
            (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
            stream.codec_context.time_base = base
            prepare(stream)
        if sound:
            codec, count, start = sound
            _write_tone(out, out.add_stream(codec, rate=48_000, layout="stereo"), count, start)
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(draw_frame(number), format="rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = time, base
            out.mux(stream.encode(frame))
        if times:
            out.mux(stream.encode(None))


def _write_tone(out, stream, count, start):
    """Write a tone of `count` times 1024 samples, with a click in its middle."""
    wave = np.sin(np.arange(count * 1024) / 30) * 8000
    wave[count * 512] = 32_000
    for number in range(count):
        part = np.repeat(wave[None, number * 1024 : (number + 1) * 1024], 2, axis=0)
        data = np.ascontiguousarray(part.T.reshape(1, -1)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(data, format="s16", layout="stereo")
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        frame.pts = start + number * 1024
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


@pytest.fixture
def record():
    """Write a clip: `write_recording`."""
    return write_recording
