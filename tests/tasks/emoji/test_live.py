"""The emoji that fits lies over the face of whoever a camera sees."""

import contextlib
from fractions import Fraction

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.expressions.classifier import EXPRESSIONS as NAMED
from facewright.expressions.reader import NamedFace
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.tasks.emoji.live import Disguise, describe_live, watch_disguise
from facewright.tasks.emoji.options import EmojiOptions, check_emoji
from facewright.toon.emoji import EXPRESSIONS
from facewright.toon.heads.upright import SIDE
from facewright.types import Clip, Manifest


class Watcher:
    """A viewer that keeps what it sees, takes a snapshot, and has seen enough after six frames."""

    def __init__(self):
        self.views = []

    @contextlib.contextmanager
    def open(self, stage, _options):
        self.stage = stage
        yield self

    @property
    def closed(self):
        return len(self.views) >= 6

    def show(self, view):
        self.views.append(view)
        if len(self.views) == 1:
            self.stage.take_snapshot()


class Reader:
    """Reads one expression after the other."""

    def __init__(self, finder):
        self._finder, self._count = finder, 0

    def read(self, image, *, time):
        assert time >= 0
        self._count += 1
        shares = np.eye(len(NAMED), dtype=np.float32)[self._count % 2]
        (faces,) = self._finder.find([image])
        return [NamedFace(number, face, shares) for number, face in enumerate(faces, 1)]


@pytest.fixture
def emojis():
    """Emoji of one colour each, which tells which one it is."""
    colours = {name: (10 * number, 200, 50) for number, name in enumerate(EXPRESSIONS, 1)}
    return {name: np.full((SIDE, SIDE, 4), (*c, 255), np.uint8) for name, c in colours.items()}


def test_the_classifier_and_the_emoji_speak_of_the_same_expressions():
    assert set(EXPRESSIONS) == set(NAMED)


def test_the_emoji_follows_the_expression(emojis, lookout, paint, tmp_path):
    frames = (paint((20, 20, 55, 65), size=(96, 128)) for _ in range(8))
    clip = publish_clip(
        Clip((128, 96), Fraction(50), frames), tmp_path / "clip.mp4", Manifest("test", {})
    )
    manifest = describe_live(Manifest("emoji", {}, consent="self"), f"camera:{clip}", {"e": "1"})
    shown = Disguise(Reader(lookout.finder), emojis, manifest)
    options = EmojiOptions(seed=1, live=f"camera:{clip}", out=tmp_path / "kept")
    watcher = Watcher()
    watched = watch_disguise(shown, options, watcher.open)
    reds = [int(view.image[42, 37, 0]) for view in watcher.views]
    wanted = [emojis[NAMED[number % 2]][0, 0, 0] for number in range(1, 7)]
    assert reds == [int(red) for red in wanted]
    assert (watched.frames, watched.with_faces) == (6, 6)
    kept = read_manifest(watched.files[0])
    assert (kept.task, kept.consent) == ("emoji", "self")
    assert kept.parameters["live"] == "camera:clip.mp4"
    assert kept.models == {"e": "1"}


def test_a_frame_without_a_face_passes(emojis, lookout):
    image = np.full((96, 128, 3), 50, np.uint8)
    made, faces = Disguise(Reader(lookout.finder), emojis, Manifest("emoji", {})).put_on(image, 0.0)
    assert faces == 0
    assert (made == image).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"live": "webcam"}, "`webcam` is no camera"),
        ({"live": "camera:0", "out": "emoji.png"}, "what is shown live goes to a folder"),
        ({"show": True}, "--show needs a camera"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_loaded(options, said, tmp_path):
    if "out" in options:
        options = {**options, "out": tmp_path / options["out"]}
    with pytest.raises(InputError, match=said):
        check_emoji([], EmojiOptions(seed=1, consent="self", **options))


def test_whoever_a_camera_sees_has_to_agree():
    with pytest.raises(InputError, match="may show a real person"):
        check_emoji([], EmojiOptions(seed=1, live="camera:0"))
