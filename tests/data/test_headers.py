from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from facewright.data.headers import guess_suffix, read_size


def encode(kind: str, width: int, height: int, **options: object) -> bytes:
    file = BytesIO()
    mode = options.pop("mode", "RGB")
    Pillow.fromarray(np.zeros((height, width, 3), np.uint8)).convert(mode).save(
        file, kind, **options
    )
    return file.getvalue()


VARIANTS = [
    ("PNG", {}),
    ("PNG", {"mode": "P"}),
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"exif": b"Exif\0\0" + bytes(40000), "comment": "hello"}),
    ("WEBP", {"quality": 80}),
    ("WEBP", {"lossless": True}),
    ("WEBP", {"lossless": True, "exif": b"Exif\0\0" + bytes(10)}),
]


@pytest.mark.parametrize(("kind", "options"), VARIANTS)
@pytest.mark.parametrize("size", [(64, 64), (300, 17), (1, 2)])
def test_size_is_read_from_the_header(kind: str, options: dict, size: tuple[int, int]):
    picture = encode(kind, *size, **options)
    assert read_size(BytesIO(picture)) == size
    assert guess_suffix(picture) == {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}[kind]


@given(st.binary(max_size=60), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF"]))
def test_bytes_of_any_kind_are_no_accident(data: bytes, start: bytes):
    size = read_size(BytesIO(start + data))
    assert size is None or min(size) >= 0


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("length", [0, 1, 4, 12, 17])
def test_half_a_header_is_no_picture(kind: str, length: int):
    assert read_size(BytesIO(encode(kind, 8, 8)[:length])) is None
