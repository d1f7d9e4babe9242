"""Notes and signatures that somebody forged are refused in a sentence, and waive no consent."""

import json
import struct
import zlib
from fractions import Fraction
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pictures

from facewright.errors import FileError, InputError
from facewright.media.encode_video import write_clip
from facewright.provenance.consent import ask_consent, shows_nobody
from facewright.provenance.publish import publish_image, read_manifest
from facewright.provenance.verify import verify_file
from facewright.types import Clip, Manifest

PHOTO = (127 + 60 * np.sin(np.arange(48 * 48 * 3.0) / 7)).astype(np.uint8).reshape(48, 48, 3)
FORGED = '{"facewright": 1, "task": "generate", "parameters": {}}'


def make_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def save_photo(path, *chunks):
    """Write a photo as any program can, with any chunks in it."""
    out = BytesIO()
    Pictures.fromarray(PHOTO).save(out, "PNG")
    whole = out.getvalue()
    path.write_bytes(whole[:33] + b"".join(make_chunk(*one) for one in chunks) + whole[33:])
    return path


def write_note(path, text):
    return save_photo(path, (b"tEXt", b"facewright\0" + text.encode()))


def assert_waives_nothing(path):
    assert not shows_nobody(path)
    for task in ("swap", "emoji"):
        with pytest.raises(InputError, match="may show a real person"):
            ask_consent(task, None, [path])
    assert not verify_file(path).sound


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "webp", "mp4"])
def test_what_anybody_can_write_into_a_file_is_a_claim_alone(tmp_path, ending):
    path, picture = tmp_path / f"x.{ending}", Pictures.fromarray(PHOTO)
    if ending == "png":
        write_note(path, FORGED)
    elif ending == "mp4":
        write_clip(Clip((48, 48), Fraction(5), iter([PHOTO])), path, "mp4", text=FORGED)
    elif ending == "webp":
        exif = Pictures.Exif()
        exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + FORGED.encode()
        picture.save(path, exif=exif)
    else:
        picture.save(path, comment=FORGED.encode())
    assert read_manifest(path).task == "generate"
    assert verify_file(path).claims == "generate"
    assert_waives_nothing(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FORGED[:-20], "not JSON"),
        (FORGED.replace("{}", "[" * 60 + "]" * 60), "nested more than 32 times"),
        (FORGED.replace("{}", "[" * 20_000 + "]" * 20_000), "not JSON"),
        (FORGED.replace("{}", '{"a": NaN}'), "not JSON"),
        (FORGED.replace("{}", '{"a": 1e999}'), "not JSON"),
        (FORGED.replace("{}", "9" * 10_000), "not JSON"),
        (FORGED.replace("{}", '{}, "seeds": "0-999999999"'), "no range of seeds"),
        (FORGED.replace("1,", "7,"), "format 7"),
        (FORGED.replace('"generate"', '["generate"]'), "task is not readable"),
    ],
    ids=["cut", "nested", "deep", "nan", "infinite", "long", "seeds", "later", "list"],
)
def test_a_note_that_is_no_manifest_is_refused_in_a_sentence(tmp_path, text, said):
    path = write_note(tmp_path / "x.png", text)
    with pytest.raises(FileError, match=said) as caught:
        read_manifest(path)
    assert len(str(caught.value)) < 300
    assert_waives_nothing(path)


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_a_note_that_would_fill_the_memory_is_left_out(tmp_path, kind):
    text = FORGED.encode() + b" " * (8 << 20)
    packed = {b"tEXt": b"\0" + text, b"zTXt": b"\0\0" + zlib.compress(text)}
    packed[b"iTXt"] = b"\0\1\0\0\0" + zlib.compress(text)
    path = save_photo(tmp_path / "x.png", (kind, b"facewright" + packed[kind]))
    with pytest.raises(FileError, match="carries no manifest"):
        read_manifest(path)
    assert_waives_nothing(path)


def test_a_signed_manifest_that_was_edited_is_told(tmp_path):
    path = publish_image(PHOTO, tmp_path / "x.jpg", Manifest("sculpted", {}))
    edited = path.read_bytes().replace(b"sculpted", b"generate")
    path.write_bytes(edited)
    found = verify_file(path).credentials
    assert found.signed
    assert found.problems
    assert found.manifest is None
    assert_waives_nothing(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_credentials_that_were_cut_short_count_for_nothing(tmp_path, share):
    whole = publish_image(PHOTO, tmp_path / "a.png", Manifest("generate", {})).read_bytes()
    start = whole.index(b"caBX") + 4
    size = int.from_bytes(whole[start - 8 : start - 4], "big")
    part = whole[start : start + int(share * size)]
    assert_waives_nothing(save_photo(tmp_path / "x.png", (b"caBX", part)))


@pytest.mark.parametrize("junk", [b"", b"\0" * 64, b"[" * 5000, json.dumps({"a": 1}).encode()])
def test_credentials_that_are_none_count_for_nothing(tmp_path, junk):
    assert_waives_nothing(save_photo(tmp_path / "x.png", (b"caBX", junk)))
