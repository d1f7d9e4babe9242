"""No manifest inside a file, however damaged, is read as anything but a manifest, or refused."""

from fractions import Fraction

import numpy as np
import pytest
from tests.mutations import assert_survived

from facewright.provenance.manifest import from_text, to_text
from facewright.provenance.publish import publish_clip, publish_image, read_manifest
from facewright.types import Clip, Manifest

EXAMPLES = [40, pytest.param(1000, marks=pytest.mark.slow)]
MANIFEST = Manifest(
    "generate",
    {"truncation_psi": 0.7, "label": ["age=20-29"], "noise": "const", "size": None},
    seeds=(0, 1, 2, 70),
    models={"faces-128": "ab" * 32},
    sources={"a.png": "cd" * 32},
    consent="signed",
)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.webp", "x.gif", "x.mp4"])
def test_changed_files_tell_their_manifest_or_are_refused(tmp_path, name, examples):
    path, image = tmp_path / name, np.zeros((16, 16, 3), np.uint8)
    if name in {"x.gif", "x.mp4"}:
        publish_clip(Clip((16, 16), Fraction(5), iter([image, image])), path, MANIFEST)
    else:
        publish_image(image, path, MANIFEST)
    whole = path.read_bytes()
    text = to_text(MANIFEST).encode()
    before, found, after = whole.partition(text)

    def read(data):
        path.write_bytes(data)
        assert read_manifest(path).task

    def read_with_text(data):  # so that changes hit the text itself
        read(before + data + after)

    assert_survived(read, whole, examples=examples, other=text)
    if found:  # a GIF has it in parts
        assert_survived(read_with_text, text, examples=examples)


@pytest.mark.parametrize("examples", EXAMPLES)
def test_changed_texts_are_manifests_or_refused(examples):
    def read(data):
        manifest = from_text(data.decode("utf-8", "surrogateescape"))
        assert from_text(to_text(manifest)) == manifest

    assert_survived(read, to_text(MANIFEST).encode(), examples=10 * examples)
